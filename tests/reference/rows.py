"""From the CSV files to one value per arm and week (methods, sections 0 and 1), read afresh.

Nothing here is shared with `needlewise.evidence`. Where the methods leave a choice, `Choices`
names it; the defaults are the reading of the methods' own words.
"""

from __future__ import annotations

import csv
import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

PACK = Path(__file__).resolve().parents[2] / "src" / "needlewise" / "topics" / "low_back_pain"
WINDOW_ENDS = (8.8, 18.4, 36.8)
REFERENCE = "usual-care"
WAITING = "no-treatment"
Row = Mapping[str, str]


@dataclass(frozen=True)
class Choices:
    """Every choice of the reference that a test may want to change."""

    waiting: str = "drift"  # prior of no-treatment: level, drift, zero, or removed
    weeks: str = "all"  # all, or latest: only the last week of each window
    within_group: str = "own"  # two components of one group: a component of their own, or add
    t_quantiles: bool = True
    derived_p: float = 1.25
    imputed: float = 1.25
    pain_sd: float = 20.0
    printed_only: bool = False
    level_factor: float = 1.0
    drift_factor: float = 1.0
    tau_factor: float = 1.0
    nodes: int = 20_001


class Value(NamedTuple):
    """One arm at one week: mean on the common scale (higher is worse) and error variance."""

    study: str
    arm: str
    parts: tuple[str, ...]
    week: float
    mean: float
    variance: float


@cache
def table(name: str) -> tuple[Row, ...]:
    with (PACK / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def settings() -> dict[str, Any]:
    return tomllib.loads((PACK / "topic.toml").read_text(encoding="utf-8"))


def number(cell: str) -> float | None:
    return float(cell) if cell.strip() else None


def quantile(sizes: Sequence[float | None], choices: Choices) -> float:
    """What an interval's half width is divided by: t for known small groups, else 1.96."""
    known = [size for size in sizes if size is not None]
    if choices.t_quantiles and len(known) == len(sizes) and min(known) < 60:
        return float(stats.t.ppf(0.975, sum(known) - len(known)))
    return 1.96


def error_variance(row: Row, sizes: Sequence[float | None], choices: Choices) -> float:
    """Printed SE, else interval, else SD and n; times the allowance of its `spread_basis`."""
    se, low, high = number(row["se"]), number(row["ci_low"]), number(row["ci_high"])
    if se is None and low is not None and high is not None:
        se = (high - low) / (2 * quantile(sizes, choices))
    if se is None:
        sd, n = number(row["sd"]), number(row["n"])
        assert sd is not None, row
        assert n is not None, row
        se = sd / math.sqrt(n)
    factors = {"derived-p": choices.derived_p, "imputed": choices.imputed}
    return se * se * factors.get(row["spread_basis"], 1.0)


def scale(row: Row, outcome: str, choices: Choices) -> float | None:
    """Factor onto the common scale; None where the row cannot be put there."""
    if row.get("measure") == "standardised-mean-difference":
        return choices.pain_sd if outcome == "pain" else 1.0
    if outcome == "disability":
        known = settings()["instrument_sd"].get(row["instrument"])
        return None if known is None else 1 / float(known["value"])
    low, high = number(row["scale_min"]), number(row["scale_max"])
    return None if low is None or high is None else 100 / (high - low)


def late_enough(week: float, weeks_treatment: float | None) -> bool:
    return week >= (3.0 if weeks_treatment is None else weeks_treatment / 2)


def used_rows(name: str, outcome: str, network: str, choices: Choices) -> Iterator[Row]:
    """Rows meant for analysis, of the studies and weeks that the network rules admit."""
    studies = {study["study_id"]: study for study in table("studies")}
    for row in table(name):
        study = studies[row["study_id"]]
        inside = study["population"] in {"chronic", "mixed", "unclear"} and study["condition"] in {
            "nonspecific",
            "myofascial",
        }
        if (
            row["use"] == "yes"
            and row["outcome"] == outcome
            and (network == "all" or inside)
            and not (choices.printed_only and row["spread_basis"])
            and late_enough(float(row["week"]), number(study["weeks_treatment"]))
            and scale(row, outcome, choices) is not None
        ):
            yield row


def arms_of_contrasts(
    contrasts: Sequence[tuple[str, str, float, float]], sizes: Mapping[str, float | None]
) -> dict[str, tuple[float, float]]:
    """A star of contrasts (a, b, a minus b, variance) as arms: mean up to a constant, variance.

    Each contrast's variance is split by 1/n (equally where a size is unknown); the shared arm
    takes the average of what the contrasts give it, the others what is left of theirs.
    """
    hub = Counter(arm for a, b, _, _ in contrasts for arm in (a, b)).most_common(1)[0][0]
    means, shares = {hub: 0.0}, defaultdict[str, list[float]](list)
    for a, b, difference, variance in contrasts:
        assert hub in (a, b), "contrasts of one week must share an arm"
        means[b if a == hub else a] = -difference if a == hub else difference
        n_a, n_b = sizes[a], sizes[b]
        share = 0.5 if n_a is None or n_b is None else n_b / (n_a + n_b)
        shares[a].append(share * variance)
        shares[b].append((1 - share) * variance)
    variances = {arm: float(np.mean(shares[arm])) for arm in means}
    if len(contrasts) > 1:
        for a, b, _, variance in contrasts:
            variances[b if a == hub else a] = max(variance - variances[hub], 0.05 * variance)
    return {arm: (means[arm], variances[arm]) for arm in means}


def raw_values(outcome: str, network: str, choices: Choices) -> Iterator[Value]:
    """Every used row as arms on the common scale, before identical arms are merged."""
    arms = {(arm["study_id"], arm["arm_id"]): arm for arm in table("arms")}

    def value(study: str, arm: str, week: float, mean: float, variance: float) -> Value:
        parts = tuple(sorted(arms[study, arm]["components"].split(" + ")))
        return Value(study, arm, parts, week, mean, variance)

    for row in used_rows("arm_results", outcome, network, choices):
        factor = scale(row, outcome, choices)
        assert factor is not None
        change = row["measure"] == "change"
        worse = row["change_sign"] == "negative-improves" if change else row["higher_is"] == "worse"
        variance = error_variance(row, [number(row["n"])], choices)
        mean = float(row["mean"]) * factor * (1 if worse else -1)
        study, arm, week = row["study_id"], row["arm_id"], float(row["week"])
        yield value(study, arm, week, mean, variance * factor**2)

    weeks = defaultdict[tuple[str, float], list[tuple[str, str, float, float]]](list)
    sizes = {key: number(arm["n_randomised"]) for key, arm in arms.items()}
    for row in used_rows("contrast_results", outcome, network, choices):
        factor = scale(row, outcome, choices)
        assert factor is not None
        study, a, b = row["study_id"], row["arm_a"], row["arm_b"]
        variance = error_variance(row, [sizes[study, a], sizes[study, b]], choices) * factor**2
        sign = 1 if row["favours_a_sign"] == "negative" else -1
        weeks[study, float(row["week"])].append(
            (a, b, sign * float(row["estimate"]) * factor, variance)
        )
    for (study, week), contrasts in weeks.items():
        own = {arm: size for (name, arm), size in sizes.items() if name == study}
        for arm, (mean, variance) in arms_of_contrasts(contrasts, own).items():
            yield value(study, arm, week, mean, variance)


def merged(values: Iterable[Value]) -> Iterator[Value]:
    """Arms of one trial and week with identical components, by inverse variance."""
    same = defaultdict[tuple[str, float, tuple[str, ...]], list[Value]](list)
    for value in values:
        same[value.study, value.week, value.parts].append(value)
    for (study, week, parts), group in same.items():
        weights = np.array([1 / value.variance for value in group])
        mean = float(weights @ [value.mean for value in group] / weights.sum())
        name = "+".join(value.arm for value in group)
        yield Value(study, name, parts, week, mean, float(1 / weights.sum()))


def components(parts: Sequence[str], choices: Choices) -> tuple[str, ...]:
    """What an arm is made of in the model; the reference adds nothing."""
    left = [part for part in parts if part != REFERENCE]
    if choices.within_group == "own":
        for group in settings()["component_groups"]:
            joint = sorted(set(group["components"]).intersection(left))
            if len(joint) > 1:
                left = [part for part in left if part not in joint] + [" + ".join(joint)]
    if choices.waiting == "zero":
        left = [part for part in left if part != WAITING]
    return tuple(sorted(left))


def window(week: float) -> int:
    return sum(week > end for end in WINDOW_ENDS)


@cache
def arm_values(outcome: str, network: str, choices: Choices) -> tuple[Value, ...]:
    """What enters the model: weeks with at least two different arms, sorted."""
    values = list(merged(raw_values(outcome, network, choices)))
    if choices.waiting == "removed":
        values = [value for value in values if WAITING not in value.parts]
    arms_present = Counter((value.study, value.week) for value in values)
    values = [value for value in values if arms_present[value.study, value.week] > 1]
    if choices.weeks == "latest":
        last: dict[tuple[str, int], float] = {}
        for value in values:
            key = value.study, window(value.week)
            last[key] = max(value.week, last.get(key, 0.0))
        values = [v for v in values if last[v.study, window(v.week)] == v.week]
    return tuple(sorted(values))


def studies_used(outcome: str, network: str, **variant: Any) -> list[str]:
    return sorted({value.study for value in arm_values(outcome, network, Choices(**variant))})
