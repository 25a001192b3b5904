"""What a check says: one finding a fault, and the report that holds them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from needlewise.topic.pack import Row

Severity = Literal["error", "open", "note"]
ORDER: dict[str, int] = {"error": 0, "open": 1, "note": 2}


@dataclass(frozen=True)
class Finding:
    """One thing to look at.

    `line` is 0 where the whole file is meant; `check` names the check in a word, and is how a
    row of `open_questions.csv` says which fault it speaks of. An error makes the pack unfit for
    use, an open finding is a known question, a note asks for nothing.
    """

    severity: Severity
    file: str
    line: int
    column: str
    value: str
    check: str
    wrong: str
    do: str

    @property
    def place(self) -> str:
        """File, line and column as far as they are known."""
        line = f":{self.line}" if self.line else ""
        return f"{self.file}{line}{' ' + self.column if self.column else ''}"


@dataclass(frozen=True)
class Report:
    """Everything `check_topic` found, errors first, in file order within a severity."""

    topic: str
    tables: int
    rows: int
    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return self.only("error")

    @property
    def passed(self) -> bool:
        return not self.errors

    def only(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.severity == severity)


def error(row: Row, column: str, check: str, wrong: str, do: str) -> Finding:
    """A fault in one cell."""
    return Finding("error", row.file, row.line, column, row.get(column, ""), check, wrong, do)


def note(row: Row, column: str, check: str, wrong: str, do: str) -> Finding:
    """A remark on one cell."""
    return Finding("note", row.file, row.line, column, row.get(column, ""), check, wrong, do)


def file_error(file: str, check: str, wrong: str, do: str, line: int = 0, **at: str) -> Finding:
    """A fault of a whole file, or of a line in a file that is not a table."""
    return Finding("error", file, line, at.get("column", ""), at.get("value", ""), check, wrong, do)
