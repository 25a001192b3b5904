"""Counted things: events of trials, harms, and the other tables with percents and spreads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from needlewise.topic.checks.finding import Finding, error
from needlewise.topic.checks.numbers import number, plain, rounding
from needlewise.topic.checks.reading import Draft
from needlewise.topic.checks.results import check_people
from needlewise.topic.pack import Row

PRINTED_PERCENT = re.compile(r"\bprint(?:s|ed)(?: as)? (\d+(?:\.\d+)?) ?%", re.ASCII)


def check_events(draft: Draft) -> Iterator[Finding]:
    people = {
        (arm["study_id"], arm["arm_id"]): number(arm, "n_randomised") for arm in draft.rows("arms")
    }
    for row in draft.rows("event_results"):
        yield from check_total(row)
        yield from check_percent(row)
        yield from check_people(row, "total", people.get((row["study_id"], row["arm_id"])))
        if row["use"] == "yes":
            if not row["week"]:
                wrong = "use=yes without a week"
                yield error(row, "week", "use", wrong, "Give the week, or set use to no.")
            if not row["total"] or not (row["events"] or row["percent"]):
                wrong = "use=yes without a total and a count or percent"
                yield error(row, "use", "use", wrong, "Give them, or set use to no.")


def check_total(row: Row) -> Iterator[Finding]:
    events, total = number(row, "events"), number(row, "total")
    if events is not None and total is not None and events > total:
        wrong = f"is more than the total of {row['total']}"
        yield error(row, "events", "counts", wrong, "Compare both with the source.")


def check_percent(row: Row) -> Iterator[Finding]:
    """A percent must follow from its count, or be a percent that some count gives."""
    events, total, percent = (number(row, c) for c in ("events", "total", "percent"))
    if percent is None or not total:
        return
    if events is None:
        if total > 100:  # every whole percent is some count of so many people
            return
        events = round(total * percent / 100)
        wrong = f"no count of {row['total']} people gives it (nearest {plain(events)}:"
        wrong += f" {100 * events / total:.2f})"
    else:
        wrong = f"{row['events']} of {row['total']} is {100 * events / total:.2f} %"
    if abs(100 * events / total - percent) > rounding(row["percent"]) + 1e-9:
        yield error(row, "percent", "counts", wrong, "Compare count and percent with the source.")


def check_harms(draft: Draft) -> Iterator[Finding]:
    for row in draft.rows("harms"):
        yield from check_total(row)
        yield from check_rate(row)
        yield from check_pooling(row)


def check_rate(row: Row) -> Iterator[Finding]:
    """Rates against their counts, the printed ones too, wherever they are printed."""
    events, total = number(row, "events"), number(row, "total")
    rate, printed = number(row, "rate_per_10000"), number(row, "rate_printed")
    if row["design"].startswith("case") and rate is not None:
        wrong = "a case report has no denominator, so no rate"
        yield error(row, "rate_per_10000", "rate", wrong, "Empty the rate.")
    if events is None or not total:
        if rate is not None and printed is not None and rate != printed:
            wrong = f"without counts it must be the printed rate ({row['rate_printed']})"
            yield error(row, "rate_per_10000", "rate", wrong, "Copy the printed rate.")
        return
    true = events / total * 10_000
    counted = f"{row['events']} of {row['total']} is {plain(true)} per 10,000"
    if rate is None or abs(rate - true) > rounding(row["rate_per_10000"]) + 1e-9:
        yield error(row, "rate_per_10000", "rate", counted, "Write events / total x 10,000.")
    slack = rounding(row["rate_printed"], significant=True)
    if printed is not None and abs(printed - true) > slack + 1e-9:
        yield error(row, "rate_printed", "rate", counted, "Compare with the source.")
    for match in PRINTED_PERCENT.finditer(row["notes"]):
        if abs(float(match[1]) - true / 100) > rounding(match[1]) + 1e-9:
            wrong = f"the source prints {match[1]} %, but {row['events']} of {row['total']} is "
            wrong += f"{plain(true / 100)} %"
            yield error(row, "notes", "rate", wrong, "Never quote the printed rate as it is.")


def check_pooling(row: Row) -> Iterator[Finding]:
    if row["denominator_kind"] == "treatments" and row["per"] == "course":
        wrong = "a rate per treatment is not a rate per course"
        yield error(row, "per", "pool", wrong, "Write treatment.")
    if row["pool"] != "yes":
        return
    for column in ("reporter", "per", "counts", "total"):
        if not row[column]:
            wrong = f"pool=yes without {column}"
            yield error(row, column, "pool", wrong, "Fill it, or set pool to no.")
    if not row["events"] and not row["rate_per_10000"]:
        wrong = "pool=yes without a count or a rate"
        yield error(row, "events", "pool", wrong, "Fill one, or set pool to no.")
    if row["design"].startswith("case"):
        wrong = "a case report has no denominator and cannot be pooled"
        yield error(row, "pool", "pool", wrong, "Set pool to no.")


def check_spread(draft: Draft) -> Iterator[Finding]:
    """SDs of `spread.csv`, all on 0-100."""
    smallest, largest = draft.schema.limits["smallest_sd"], draft.schema.limits["largest_sd"]
    for row in draft.rows("spread"):
        for column in ("sd_baseline", "sd_followup"):
            sd = number(row, column)
            if sd is not None and not smallest <= sd <= largest:
                wrong = f"an SD on 0-100 lies between {plain(smallest)} and {plain(largest)}"
                yield error(row, column, "spread", wrong, "Is it a standard error, or on 0-10?")
        if row["correlation"] and not (row["sd_baseline"] and row["sd_followup"]):
            wrong = "a correlation needs the SDs of both times beside it"
            yield error(row, "correlation", "spread", wrong, "Add the SDs from the same source.")


def check_context(draft: Draft) -> Iterator[Finding]:
    yield from check_spread(draft)
    for row in draft.rows("benchmarks"):
        estimate = number(row, "estimate")
        largest = draft.schema.limits["largest_standardised"]
        if estimate is not None and row["measure"].startswith("standardised"):
            if abs(estimate) > largest:
                wrong = f"a standardised difference cannot well be beyond {plain(largest)}"
                yield error(row, "estimate", "scale", wrong, "Compare with the source.")
            wanted = row["sign"] == "positive-favours-option"
            if wanted != (estimate > 0) and estimate:
                wrong = "the benchmark comes out against its option"
                yield error(row, "sign", "sign", wrong, "Check the sign with the source.")
