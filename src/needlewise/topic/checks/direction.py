"""A contrast against the arms it was made from: the same side ahead, by about as much."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from needlewise.topic.checks.finding import Finding, error
from needlewise.topic.checks.numbers import number, plain, rounding
from needlewise.topic.checks.reading import Draft
from needlewise.topic.checks.results import standard_error
from needlewise.topic.pack import Row

DIFFERENCES = {"mean-difference", "standardised-mean-difference"}


def check_directions(draft: Draft) -> Iterator[Finding]:
    if not {"arm_results", "contrast_results"} <= draft.whole:
        return
    arms: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in draft.rows("arm_results"):
        arms[tuple(row[c] for c in ("study_id", "arm_id", *SAME))].append(row)
    for row in draft.rows("contrast_results"):
        if row["measure"] in DIFFERENCES and row["week"]:
            same = tuple(row[c] for c in SAME)
            first = arms[row["study_id"], row["arm_a"], *same]
            second = arms[row["study_id"], row["arm_b"], *same]
            yield from check_direction(row, first, second)
    yield from check_event_directions(draft)


SAME = ("outcome", "instrument", "week")


def gain(row: Row, column: str, better: bool) -> float | None:
    """A value turned so that more is better."""
    value = number(row, column)
    return value if value is None or better else -value


def improves(row: Row) -> bool:
    """Whether a higher value of an arm row is the better one."""
    if row["measure"] == "change":
        return row["change_sign"] == "positive-improves"
    return row["higher_is"] == "better"


def check_direction(contrast: Row, first: list[Row], second: list[Row]) -> Iterator[Finding]:
    """Compared with every kind of arm value there is (final, change); one that fits is enough."""
    lead = gain(contrast, "estimate", contrast["favours_a_sign"] == "positive")
    if lead is None or not contrast["favours_a_sign"]:
        return
    standardised = contrast["measure"] == "standardised-mean-difference"
    seen: list[tuple[bool, bool, float]] = []
    for a in first:
        for b in second:
            ours, theirs = gain(a, "mean", improves(a)), gain(b, "mean", improves(b))
            if a["measure"] != b["measure"] or ours is None or theirs is None:
                continue
            difference = ours - theirs
            slack = rounding(a["mean"], b["mean"])
            spread = pooled_sd(a, b) if standardised else 1.0
            expected = difference / spread if spread else None
            allowed = tolerance(contrast, slack / (spread or 1.0))
            seen.append(
                (
                    lead * difference >= 0 or abs(difference) <= slack,
                    expected is None or abs(lead - expected) <= allowed,
                    difference if expected is None else expected,
                )
            )
    if not seen or any(side and size for side, size, _ in seen):
        return
    arms = " or ".join(dict.fromkeys(plain(value) for *_, value in seen))
    if not any(side for side, *_ in seen):
        wrong = f"favours the other arm than the arms' own means do (they give {arms} for arm_a)"
        yield error(contrast, "favours_a_sign", "direction", wrong, "Check the sign and the arms.")
    else:
        wrong = f"means {plain(lead)} for arm_a, while the arms' own means give {arms}"
        do = "Compare estimate, sign and arm rows with the source."
        yield error(contrast, "estimate", "direction", wrong, do)


def tolerance(contrast: Row, slack: float) -> float:
    """Rounding, and one standard error for what an adjustment may shift."""
    return slack + rounding(contrast["estimate"]) + (standard_error(contrast) or 0.0) + 1e-9


def pooled_sd(a: Row, b: Row) -> float | None:
    first, second = number(a, "sd"), number(b, "sd")
    return math.sqrt((first**2 + second**2) / 2) if first and second else None


def check_event_directions(draft: Draft) -> Iterator[Finding]:
    """Differences and ratios of risk against the counts of both arms at that week."""
    shares: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
    for row in draft.rows("event_results"):
        share = event_share(row)
        if share is not None and row["week"]:
            shares[row["study_id"], row["arm_id"], row["event"], row["week"]].append(share)
    events = {"responder": "responder", "side-effects": "adverse-event-any"}
    for row in draft.rows("contrast_results"):
        event, estimate = events.get(row["outcome"]), number(row, "estimate")
        neutral = {"risk-difference": 0.0, "risk-ratio": 1.0, "odds-ratio": 1.0}
        if event is None or estimate is None or row["measure"] not in neutral or not row["week"]:
            continue
        first, second = (
            shares[row["study_id"], row[arm], event, row["week"]] for arm in ("arm_a", "arm_b")
        )
        signs = {math.copysign(1, a - b) for a in first for b in second if a != b}
        side = estimate - neutral[row["measure"]]
        if signs and side and math.copysign(1, side) not in signs:
            wrong = "points the other way than the events of both arms in event_results.csv"
            yield error(row, "estimate", "direction", wrong, "Check the estimate and the arms.")


def event_share(row: Row) -> float | None:
    """Percent of people with the event, from counts where there are counts."""
    events, total = number(row, "events"), number(row, "total")
    if events is not None and total:
        return 100 * events / total
    return number(row, "percent")
