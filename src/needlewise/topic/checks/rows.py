"""Whole rows by the rules the schema declares: keys, references, reasons, intervals, order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from needlewise.topic.checks.finding import Finding, error
from needlewise.topic.checks.numbers import number, rounding
from needlewise.topic.checks.reading import Draft
from needlewise.topic.checks.schema import TableShape
from needlewise.topic.pack import Row


def check_rows(draft: Draft) -> Iterator[Finding]:
    for name, shape in draft.schema.tables.items():
        rows = draft.rows(name)
        yield from check_key(rows, shape)
        for reference in shape.rules.get("refers", ()):
            yield from check_reference(draft, rows, reference)
        for kind, check in ROW_RULES.items():
            for rule in shape.rules.get(kind, ()):
                for row in rows:
                    yield from check(row, rule)


def check_key(rows: tuple[Row, ...], shape: TableShape) -> Iterator[Finding]:
    """A row repeated under its key would be counted twice."""
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = tuple(row[column] for column in shape.key)
        if key in first:
            yield error(
                row,
                shape.key[0],
                "key",
                f"repeats the row at line {first[key].line} (same {', '.join(shape.key)})",
                "Remove one of the two, or correct what should differ.",
            )
        else:
            first[key] = row


def check_reference(
    draft: Draft, rows: tuple[Row, ...], reference: Mapping[str, Any]
) -> Iterator[Finding]:
    """Several columns together name a row of another table."""
    table = str(reference["to"])
    if table not in draft.whole:
        return
    columns = [str(c) for c in reference["columns"]]
    theirs = [str(c) for c in reference["as"]]
    known = {tuple(row[c] for c in theirs) for row in draft.rows(table)}
    for row in rows:
        names = tuple(row[c] for c in columns)
        if names not in known:
            among = [last for *before, last in known if tuple(before) == names[:-1]]
            do = f"Use one of: {', '.join(sorted(among))}." if among else f"Add it to {table}.csv."
            wrong = f"{' / '.join(names)} is not in {table}.csv"
            blame = columns[-1] if among else columns[0]
            yield error(row, blame, "reference", wrong, do)


def check_either(row: Row, columns: list[str]) -> Iterator[Finding]:
    if not any(row[column] for column in columns):
        wrong = f"none of {', '.join(columns)} is given"
        yield error(row, columns[0], "required", wrong, "Say where the row comes from.")


def check_switch(row: Row, rule: dict[str, str]) -> Iterator[Finding]:
    """What is left out has a reason, what is used has none."""
    column, reason = rule["column"], rule["reason"]
    if row[column] == "no" and not row[reason]:
        yield error(row, reason, "reason", f"{column}=no without a reason", "Write the reason.")
    if row[column] == "yes" and row[reason]:
        wrong = f"{column}=yes with a reason against it"
        yield error(row, reason, "reason", wrong, f"Empty it, or set {column} to no.")


def check_interval(row: Row, columns: list[str]) -> Iterator[Finding]:
    low_column, column, high_column = columns
    low, value, high = (number(row, c) for c in columns)
    if not row[low_column] and not row[high_column]:
        return
    if not row[low_column] or not row[high_column]:
        # Where nothing was seen the upper limit stands alone.
        if value != 0 or row[low_column]:
            empty = low_column if not row[low_column] else high_column
            wrong = "one end of the interval is missing"
            yield error(row, empty, "interval", wrong, "Give both ends or neither.")
        return
    if low is None or high is None:
        return
    if low > high:
        wrong = f"the interval runs from {row[low_column]} down to {row[high_column]}"
        yield error(row, low_column, "interval", wrong, "Put the lower end first.")
    elif not row[column]:
        wrong = "an interval stands without its estimate"
        yield error(row, column, "interval", wrong, "Give the estimate, or empty the interval.")
    elif value is not None:
        slack = rounding(row[column])
        if not low - slack <= value <= high + slack:
            wrong = f"lies outside its interval {row[low_column]} to {row[high_column]}"
            yield error(row, column, "interval", wrong, "Compare the three with the source.")


def check_ordered(row: Row, columns: list[str]) -> Iterator[Finding]:
    small, large = columns
    low, high = number(row, small), number(row, large)
    if low is not None and high is not None and low > high:
        wrong = f"is above {large} ({row[large]})"
        yield error(row, small, "order", wrong, "Compare both with the source.")


ROW_RULES: dict[str, Callable[..., Iterator[Finding]]] = {
    "either": check_either,
    "switch": check_switch,
    "interval": check_interval,
    "ordered": check_ordered,
}
