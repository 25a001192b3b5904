"""What trials measured: arm results and contrasts, each row by itself and the rows in use."""

from __future__ import annotations

import math
from collections.abc import Iterator

from needlewise.topic.checks.finding import Finding, error, note
from needlewise.topic.checks.numbers import number, numbers, plain, rounding
from needlewise.topic.checks.reading import Draft
from needlewise.topic.pack import Row

Z = 1.959963984540054  # two-sided 95 % of the normal distribution
RATIOS = {"risk-ratio", "odds-ratio"}
MEDIAN = "median"  # a note with this word explains an interval that is not even


def check_arm_results(draft: Draft) -> Iterator[Finding]:
    people = {
        (arm["study_id"], arm["arm_id"]): number(arm, "n_randomised") for arm in draft.rows("arms")
    }
    for row in draft.rows("arm_results"):
        yield from check_scale(row)
        yield from check_mean(row)
        yield from check_spread_size(row, draft)
        if MEDIAN not in row["notes"]:
            yield from check_evenness(row, "mean", draft)
        yield from check_marker(row)
        yield from check_people(row, "n", people.get((row["study_id"], row["arm_id"])))
        if row["use"] == "yes":
            yield from check_used(row, spread_of_arm(row))
            yield from check_pooled_scale(row, draft)
    yield from check_once(draft, "arm_results", "study_id", "arm_id", "outcome", "week")
    yield from check_same_scale(draft)


def check_contrasts(draft: Draft) -> Iterator[Finding]:
    for row in draft.rows("contrast_results"):
        yield from check_scale(row)
        yield from check_estimate(row, draft)
        yield from check_printed_interval(row, draft)
        yield from check_marker(row)
        if row["arm_a"] == row["arm_b"]:
            yield error(row, "arm_b", "arms", "is the same arm as arm_a", "Name the other arm.")
        if row["use"] == "yes":
            yield from check_used(row, spread_of_contrast(row))
            if row["measure"] == "mean-difference":
                yield from check_pooled_scale(row, draft)
    yield from check_once(
        draft, "contrast_results", "study_id", "arm_a", "arm_b", "outcome", "week"
    )
    yield from check_double_use(draft)


def check_scale(row: Row) -> Iterator[Finding]:
    if bool(row["scale_min"]) != bool(row["scale_max"]):
        empty = "scale_max" if row["scale_min"] else "scale_min"
        yield error(row, empty, "scale", "one end of the scale is missing", "Give both or none.")


def width(row: Row) -> float | None:
    """The length of the row's scale, in its own points."""
    ends = numbers(row, "scale_min", "scale_max")
    return ends[1] - ends[0] if ends and ends[1] > ends[0] else None


def check_mean(row: Row) -> Iterator[Finding]:
    if (row["measure"] == "change") != bool(row["change_sign"]):
        wrong = "a change needs the sign that improves, a final score has none"
        yield error(row, "change_sign", "sign", wrong, "Fill it for a change, else empty it.")
    mean, ends, length = number(row, "mean"), numbers(row, "scale_min", "scale_max"), width(row)
    if mean is None or ends is None or length is None:
        return
    if row["measure"] == "final" and not ends[0] <= mean <= ends[1]:
        wrong = f"lies outside the scale {row['scale_min']} to {row['scale_max']}"
        yield error(row, "mean", "scale", wrong, "Compare the value and the scale.")
    elif abs(mean) > length:
        wrong = f"is a change larger than the scale of {plain(length)} points"
        yield error(row, "mean", "scale", wrong, "Compare the value and the scale.")


def check_spread_size(row: Row, draft: Draft) -> Iterator[Finding]:
    """SDs on 0-100, printed or implied, must be of a size people have."""
    length, n = width(row), number(row, "n")
    if length is None:
        return
    sd, se, ends = number(row, "sd"), number(row, "se"), numbers(row, "ci_low", "ci_high")
    implied = {"sd": sd}
    if n:
        implied["se"] = se * math.sqrt(n) if se else None
        implied["ci_low"] = (ends[1] - ends[0]) / (2 * Z) * math.sqrt(n) if ends else None
    smallest, largest = draft.schema.limits["smallest_sd"], draft.schema.limits["largest_sd"]
    for column, value in implied.items():
        if value is None or value <= 0:
            continue
        common = value / length * 100
        means = "is" if column == "sd" else f"with n = {row['n']} means"
        if common < smallest:
            wrong = f"{means} an SD of {plain(common)} on 0-100, too small for people"
            yield error(row, column, "spread", wrong, "Is it a standard error, or another unit?")
        elif common > largest:
            wrong = f"{means} an SD of {plain(common)} on 0-100, more than the scale can hold"
            yield error(row, column, "spread", wrong, "Is it an SD in another column or unit?")
    if sd and se and n and abs(se * math.sqrt(n) / sd - 1) > 0.1 + rounding(row["se"]) / se:
        wrong = f"does not match sd / sqrt(n) = {plain(sd / math.sqrt(n))}"
        yield error(row, "se", "spread", wrong, "Compare sd, se and n with the source.")


def check_marker(row: Row) -> Iterator[Finding]:
    """Notes and `spread_basis` name the same way to the spread, the strongest word first."""
    marks = (("P-ONLY", "p-only"), ("DERIVED", "derived-"), ("IMPUTED", "imputed"))
    basis = next((basis for mark, basis in marks if mark in row["notes"]), "")
    if not (row["spread_basis"].startswith(basis) if basis else not row["spread_basis"]):
        expected = f"'{basis}...'" if basis.endswith("-") else f"'{basis}'" if basis else "nothing"
        wrong = f"the notes ask for {expected} here (P-ONLY, DERIVED, IMPUTED)"
        yield error(row, "spread_basis", "marker", wrong, "Let notes and column agree.")


def check_people(row: Row, column: str, randomised: float | None) -> Iterator[Finding]:
    n = number(row, column)
    if n is not None and randomised is not None and n > randomised:
        wrong = f"is more than the {plain(randomised)} people of the arm in arms.csv"
        yield error(row, column, "people", wrong, "Compare both with the source.")


def spread_of_arm(row: Row) -> bool:
    return bool(row["se"] or row["ci_low"] or (row["sd"] and row["n"]))


def spread_of_contrast(row: Row) -> bool:
    return bool(row["se"] or row["ci_low"] or (row["p_value"] and row["p_relation"] == "="))


def check_used(row: Row, has_spread: bool) -> Iterator[Finding]:
    if not row["week"]:
        yield error(
            row, "week", "use", "use=yes without a week", "Give the week, or set use to no."
        )
    if not has_spread:
        wrong = "use=yes with no way to a standard error (se; interval; sd and n; exact p)"
        yield error(row, "use", "use", wrong, "Give one of them, or set use to no.")
    if "favours_a_sign" in row and not row["estimate"]:
        yield error(row, "estimate", "use", "use=yes without an estimate", "Set use to no.")


def check_pooled_scale(row: Row, draft: Draft) -> Iterator[Finding]:
    """A row in use for a pooled outcome must be convertible to that outcome's scale."""
    scale = draft.part("outcomes", row["outcome"], "scale")
    sds = draft.part("instrument_sd")
    if scale == "points" and width(row) is None:
        wrong = "use=yes on a scale without a range cannot be put on 0-100"
        yield error(row, "scale_max", "pooled-scale", wrong, "Give the range, or set use to no.")
    elif scale == "standardised" and row["instrument"] not in (sds or {}):
        wrong = "use=yes on an instrument without an SD in topic.toml, [instrument_sd]"
        yield error(row, "instrument", "pooled-scale", wrong, "Add its SD, or set use to no.")


def check_once(draft: Draft, table: str, *key: str) -> Iterator[Finding]:
    """One row in use for each arm (or pair), outcome and week."""
    first: dict[tuple[str, ...], Row] = {}
    for row in draft.rows(table):
        if row["use"] != "yes":
            continue
        name = tuple(row[column] for column in key)
        if name in first:
            wrong = f"a second row in use beside line {first[name].line} (same {', '.join(key)})"
            yield error(row, "use", "used-twice", wrong, "Set one of the two to no, with a reason.")
        first.setdefault(name, row)


def check_same_scale(draft: Draft) -> Iterator[Finding]:
    """An instrument has one range and one direction wherever it is used."""
    ranges: dict[str, Row] = {}
    directions: dict[str, Row] = {}
    for table in ("arm_results", "contrast_results"):
        for row in draft.rows(table):
            name = row["instrument"]
            if not name:
                continue
            if row["scale_min"] and row["scale_max"]:
                first = ranges.setdefault(name, row)
                theirs = (first["scale_min"], first["scale_max"])
                if (row["scale_min"], row["scale_max"]) != theirs:
                    wrong = f"{name} runs from {' to '.join(theirs)} at {first.place}"
                    do = "Use one range for one instrument, or name the instruments apart."
                    yield error(row, "scale_max", "scale", wrong, do)
            if row.get("higher_is"):
                first = directions.setdefault(name, row)
                if row["higher_is"] != first["higher_is"]:
                    wrong = f"{name} has higher_is = {first['higher_is']} at {first.place}"
                    yield error(row, "higher_is", "scale", wrong, "Correct one of the two.")


def check_estimate(row: Row, draft: Draft) -> Iterator[Finding]:
    estimate, length = number(row, "estimate"), width(row)
    if bool(row["p_value"]) != bool(row["p_relation"]):
        empty = "p_relation" if row["p_value"] else "p_value"
        yield error(row, empty, "p-value", "p needs its value and its relation", "Give both.")
    if row["measure"] and not row["estimate"]:
        wrong = "a measure stands without an estimate"
        yield note(row, "measure", "no-estimate", wrong, "Nothing is counted from this row.")
    if not row["estimate"]:
        return
    for column, what in (("measure", "measure"), ("favours_a_sign", "sign that favours arm_a")):
        if not row[column]:
            wrong = f"an estimate stands without its {what}"
            yield error(row, column, "sign", wrong, "Add it from the source.")
    if row["measure"] in RATIOS:
        for column in ("estimate", "ci_low", "ci_high"):
            value = number(row, column)
            if value is not None and value <= 0:
                wrong = "a ratio is above 0"
                yield error(row, column, "ratio", wrong, "Is it on a log scale, or a difference?")
    if estimate is None:
        return
    largest = {
        "mean-difference": length,
        "standardised-mean-difference": draft.schema.limits["largest_standardised"],
        "risk-difference": 100.0,
    }.get(row["measure"])
    if largest is not None and abs(estimate) > largest:
        wrong = f"a {row['measure']} cannot well be beyond {plain(largest)}"
        yield error(row, "estimate", "scale", wrong, "Compare the value and its measure.")


def check_printed_interval(row: Row, draft: Draft) -> Iterator[Finding]:
    """The interval lies evenly about its estimate, and the printed p fits it."""
    if row["spread_basis"] or not row["measure"] or MEDIAN in row["notes"]:
        return
    uneven = list(check_evenness(row, "estimate", draft))
    yield from uneven or check_p_value(row, draft)


def check_evenness(row: Row, column: str, draft: Draft) -> Iterator[Finding]:
    triple = numbers(row, column, "ci_low", "ci_high")
    ratio = row["measure"] in RATIOS
    if triple is None or (ratio and min(triple) <= 0):
        return
    value, low, high = (math.log(v) for v in triple) if ratio else triple
    half_units = [rounding(row[c]) for c in (column, "ci_low", "ci_high")]
    slack = sum(u / v if ratio else u for u, v in zip(half_units, triple, strict=True))
    skew = abs((low + high) / 2 - value) - slack
    if low < high and skew > draft.schema.limits["skew"] * (high - low):
        wrong = f"does not lie in the middle of {row['ci_low']} to {row['ci_high']}"
        do = "Compare with the source; say so in the notes if it is a median."
        yield error(row, column, "skew", wrong, do)


def check_p_value(row: Row, draft: Draft) -> Iterator[Finding]:
    size, value, p = standard_error(row), number(row, "estimate"), number(row, "p_value")
    ratio = row["measure"] in RATIOS
    if size is None or value is None or p is None or (ratio and value <= 0):
        return
    implied = math.erfc(abs(math.log(value) if ratio else value) / size / math.sqrt(2))
    factor = draft.schema.limits["p_factor"]
    slack = rounding(row["p_value"]) + draft.schema.limits["p_slack"]
    too_large = implied > p * factor + slack
    too_small = implied < p / factor - slack
    if (too_large and row["p_relation"] != ">") or (too_small and row["p_relation"] != "<"):
        wrong = f"the printed spread gives p = {plain(implied)}"
        do = "Compare estimate, spread and p with the source."
        yield error(row, "p_value", "p-value", wrong, do)


def standard_error(row: Row) -> float | None:
    """Of a contrast, from its se or its interval; on the log scale for ratios."""
    se, ends = number(row, "se"), numbers(row, "ci_low", "ci_high")
    if se:
        return se
    if ends and row["measure"] in RATIOS:
        ends = (math.log(ends[0]), math.log(ends[1])) if min(ends) > 0 else None
    return (ends[1] - ends[0]) / (2 * Z) if ends and ends[1] > ends[0] else None


def check_double_use(draft: Draft) -> Iterator[Finding]:
    """A contrast in use beside its own arm rows would count the people twice."""
    used = {
        (row["study_id"], row["arm_id"], row["outcome"], row["week"])
        for row in draft.rows("arm_results")
        if row["use"] == "yes"
    }
    for row in draft.rows("contrast_results"):
        if row["use"] == "yes" and all(
            (row["study_id"], row[arm], row["outcome"], row["week"]) in used
            for arm in ("arm_a", "arm_b")
        ):
            wrong = "use=yes while the rows of both arms are in use too"
            yield error(row, "use", "used-twice", wrong, "Use the contrast or the arms, not both.")
