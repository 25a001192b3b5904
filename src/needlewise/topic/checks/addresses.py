"""Addresses that may not last or cannot be trusted, by the patterns of `schema.toml`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from needlewise.topic.checks.finding import Finding, note
from needlewise.topic.checks.reading import Draft
from needlewise.topic.checks.schema import Column
from needlewise.topic.pack import Row, Table

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s;|,\"'<>]+")
DOMAIN = re.compile(r"\b[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}(/\S*)?")
NO_SCHEME = "Write the full address, beginning with https://."
NO_ADDRESS = "Find the page again, or cite the DOI or the PMID."


def check_addresses(draft: Draft) -> Iterator[Finding]:
    """One note for each doubtful address of a file and column, at the first row that has it."""
    patterns = [(re.compile(rule["pattern"]), rule) for rule in draft.schema.addresses]
    for name, table in draft.tables.items():
        shape = draft.schema.tables.get(name)
        for column in table.columns:
            spec = shape.columns.get(column) if shape else None
            for address, first, count in distinct(table, column, spec):
                kind, do = judge(address, patterns)
                if kind:
                    more = f", also in {count - 1} more" if count > 1 else ""
                    remark = note(first, column, "address", f"{kind}{more}", do)
                    yield replace(remark, value=address)


def distinct(table: Table, column: str, spec: Column | None) -> Iterator[tuple[str, Row, int]]:
    """Each address of a column once, with the first row that has it and how many do."""
    typed = spec is not None and spec.type == "address"
    cells = Counter(row[column] for row in table if typed or "://" in row[column])
    counts: Counter[str] = Counter()
    for cell, rows in cells.items():
        for address in addresses_in(cell, typed):
            counts[address] += rows
    for address, count in counts.items():
        yield address, next(row for row in table if address in row[column]), count


def addresses_in(cell: str, typed: bool) -> list[str]:
    """The addresses of a cell; of an address column also what is none."""
    addresses = [a.rstrip(".)") for a in ADDRESS.findall(cell)]
    if typed and cell:
        addresses += [match[0] for match in DOMAIN.finditer(ADDRESS.sub(" ", cell))]
        if not addresses:
            addresses.append(cell)
    return addresses


def judge(
    address: str, patterns: list[tuple[re.Pattern[str], Mapping[str, str]]]
) -> tuple[str, str]:
    if "://" not in address:
        words = not DOMAIN.fullmatch(address)
        return ("words in place of an address", NO_ADDRESS) if words else ("no https://", NO_SCHEME)
    for pattern, rule in patterns:
        if pattern.search(address):
            return rule["kind"], rule["do"]
    return "", ""
