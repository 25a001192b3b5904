"""Each cell by itself: is it there, is it of its type, is it one of the allowed words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from difflib import get_close_matches

from needlewise.topic.checks.finding import Finding, error, file_error
from needlewise.topic.checks.numbers import NUMBER, parsed
from needlewise.topic.checks.reading import Draft
from needlewise.topic.checks.schema import Column, TableShape
from needlewise.topic.pack import Row, Table, listed

RANGE = r"\d+(\.\d+)?(-\d+(\.\d+)?)?"
TYPES: dict[str, tuple[re.Pattern[str], str]] = {
    "slug": (re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"), "small letters, digits and single hyphens"),
    "token": (re.compile(r"\S+"), "one word without spaces"),
    "number": (NUMBER, "a plain number such as 12.5"),
    "integer": (re.compile(r"\d+", re.ASCII), "a whole number"),
    "range": (re.compile(RANGE, re.ASCII), "a number or a range such as 10-20"),
    "date": (re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII), "a date such as 2026-11-22"),
    "doi": (re.compile(r"10\.\d{4,9}/\S+", re.ASCII), "a DOI such as 10.1000/xyz"),
    "yes-no": (re.compile("yes|no"), "yes or no"),
}
FREE = {"text", "address"}  # types whose cells hold words, so hostile text is looked for
MARKUP = re.compile(
    r"<[A-Za-z/!?][^<>]*>|&(#\d+|#x[0-9a-fA-F]+|[A-Za-z]{2,8});|\{\{|\{%|\$\{|#[a-z]+\(|javascript:"
)
SUSPECT = frozenset("<&{$#:")  # one of these begins or ends every kind of markup
FORMULA = re.compile(r"[=@]|[-+](?![\d.]+(\s|%|$))")


def check_tables(draft: Draft) -> Iterator[Finding]:
    """Every table present, known, with exactly its columns; then each cell of each."""
    shapes = draft.schema.tables
    unreadable = {f.file for f in draft.findings}
    for name, shape in shapes.items():
        if name not in draft.tables and not shape.optional and f"{name}.csv" not in unreadable:
            yield file_error(f"{name}.csv", "missing-table", "the table is missing", "Add it.")
    for name, table in draft.tables.items():
        if name not in shapes:
            near = nearest(name, shapes)
            yield file_error(
                f"{name}.csv",
                "unknown-table",
                f"no such table is declared{near}",
                "Rename or remove it, or declare it in the checker's schema.toml.",
            )
            continue
        wrong = list(check_header(table, shapes[name]))
        yield from wrong
        if not any(f.check == "missing-column" for f in wrong):
            draft.whole.add(name)
    for name, table in draft.tables.items():
        if name in shapes:
            yield from check_cells(draft, table, shapes[name])


def check_header(table: Table, shape: TableShape) -> Iterator[Finding]:
    file = f"{table.name}.csv"
    unknown = [c for c in table.columns if c not in shape.columns]
    for column in shape.columns:
        if column not in table.columns:
            yield file_error(
                file,
                "missing-column",
                f"the column is missing{nearest(column, unknown)}",
                "Add it, empty where nothing is known.",
                line=1,
                column=column,
            )
    for column in unknown:
        yield file_error(
            file,
            "unknown-column",
            f"no such column is declared{nearest(column, shape.columns)}",
            "Rename or remove it, or declare it in the checker's schema.toml.",
            line=1,
            column=column,
        )


def check_cells(draft: Draft, table: Table, shape: TableShape) -> Iterator[Finding]:
    for name in table.columns:
        column = shape.columns.get(name)
        if column is None:
            continue
        known = draft.known(column.among) if column.among else None
        # Most cells of a column repeat one another, so each value is looked at once.
        values = {row[name]: row for row in table}
        faulty = {v for v, row in values.items() if next(check_cell(row, column, known), None)}
        for row in table if faulty else ():
            if row[name] in faulty:
                yield from check_cell(row, column, known)


def check_cell(row: Row, column: Column, known: set[str] | None) -> Iterator[Finding]:
    """At most one finding: the first thing that is wrong with the cell."""
    cell = row[column.name]
    if not cell.strip():
        if column.required:
            yield error(row, column.name, "required", "the cell is empty", "Fill it.")
        elif cell:
            yield error(row, column.name, "space", "holds only spaces", "Leave it empty.")
    elif cell != cell.strip():
        yield error(row, column.name, "space", "has spaces around it", "Remove them.")
    elif column.type in TYPES and not fits(column.type, cell):
        what = TYPES[column.type][1]
        yield error(row, column.name, "type", f"is not {what}", f"Write {what}.")
    elif column.values:
        if cell not in column.values:
            yield not_among(row, column, cell, column.values, "allowed", "is not an allowed value")
    elif column.among:
        yield from check_words(row, column, known)
    elif column.type in FREE:
        yield from check_text(row, column.name, cell)
    else:
        yield from check_limits(row, column)


def fits(type_: str, cell: str) -> bool:
    if not TYPES[type_][0].fullmatch(cell):
        return False
    if type_ == "number":
        return parsed(cell) is not None
    if type_ == "date":
        try:
            date.fromisoformat(cell)
        except ValueError:
            return False
    return len(cell) <= 300 if type_ == "integer" else True


def check_words(row: Row, column: Column, known: set[str] | None) -> Iterator[Finding]:
    cell = row[column.name]
    parts = listed(cell, column.separator) if column.separator else (cell,)
    if known is not None:
        for part in parts:
            if part not in known:
                where = column.among.removeprefix("topic:").replace("-", " ")
                source = "topic.toml" if column.among.startswith("topic:") else "the tables"
                wrong = f"'{part}' is not known among the {where} of {source}"
                yield not_among(row, column, part, known, "reference", wrong)
                return
    if column.sorted and list(parts) != sorted(set(parts)):
        yield error(
            row,
            column.name,
            "order",
            "is not in alphabetical order, each named once",
            f"Write {column.separator.join(sorted(set(parts)))}.",
        )


def not_among(
    row: Row, column: Column, part: str, known: Iterable[str], check: str, wrong: str
) -> Finding:
    words = sorted(known)
    do = f"Use one of: {', '.join(words)}." if len(words) <= 12 else "Correct the word."
    return error(row, column.name, check, f"{wrong}{nearest(part, words)}", do)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint at the most likely word meant, or nothing."""
    near = get_close_matches(word[:100], list(known), n=1, cutoff=0.75)
    return f"; perhaps {near[0]} is meant" if near else ""


def check_limits(row: Row, column: Column) -> Iterator[Finding]:
    if column.low is column.high is column.above is None:
        return
    for part in row[column.name].split("-") if column.type == "range" else [row[column.name]]:
        value = parsed(part)
        if value is None:
            continue
        if column.above is not None and not value > column.above:
            limit = f"is not above {column.above:g}"
        elif column.low is not None and value < column.low:
            limit = f"is below {column.low:g}"
        elif column.high is not None and value > column.high:
            limit = f"is above {column.high:g}"
        else:
            continue
        yield error(row, column.name, "limit", limit, "Correct it, or leave it empty.")
        return


def check_text(row: Row, column: str, cell: str) -> Iterator[Finding]:
    """Words that could act as something else in a terminal, a page or a spreadsheet."""
    hidden = next((c for c in cell if not shows(c)), None) if not cell.isprintable() else None
    if hidden is not None:
        wrong = f"holds a character that cannot be seen (U+{ord(hidden):04X})"
        yield error(row, column, "text", wrong, "Remove it; keep each cell on one line.")
    elif "\N{REPLACEMENT CHARACTER}" in cell:
        wrong = "holds a character that was lost in a conversion (U+FFFD)"
        yield error(row, column, "text", wrong, "Write the character anew from the source.")
    elif FORMULA.match(cell):
        wrong = "begins like a spreadsheet formula"
        yield error(row, column, "text", wrong, "Begin it with a word or a number.")
    elif not SUSPECT.isdisjoint(cell) and MARKUP.search(cell):
        wrong = "holds markup"
        yield error(row, column, "text", wrong, "Write it as plain words.")


def shows(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
