"""The shipped topic checked once, and copies of it to break."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from needlewise.topic.check import Finding, Report, check_topic
from needlewise.topic.checks.reading import Draft, read_draft
from needlewise.topic.pack import TOPICS

SHIPPED = TOPICS / "low_back_pain"


@pytest.fixture(scope="session")
def shipped() -> Report:
    return check_topic()


@pytest.fixture(scope="session")
def draft() -> Draft:
    """The shipped topic as read; whoever changes it puts it back."""
    return read_draft(SHIPPED)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A topic folder that may be broken."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "low_back_pain"))


@pytest.fixture
def news(copy: Path, shipped: Report) -> Callable[[], list[Finding]]:
    """What a check of the copy says that the shipped topic does not, notes left aside."""

    return lambda: new_findings(check_topic(copy), shipped)


def new_findings(report: Report, shipped: Report) -> list[Finding]:
    left = Counter(report.findings) - Counter(shipped.findings)
    return [finding for finding in left.elements() if finding.severity != "note"]


def change(folder: Path, table: str, where: Mapping[str, str], changes: Mapping[str, str]) -> int:
    """Write cells of the one row that fits; its line number in the file comes back."""
    path = folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or ())
        rows = list(reader)
    fits = [i for i, row in enumerate(rows) if all(row[k] == v for k, v in where.items())]
    assert len(fits) == 1, f"{table} {where} fits {len(fits)} rows"
    assert set(changes) <= set(columns)
    rows[fits[0]].update(changes)
    write(path, columns, rows)
    return fits[0] + 2  # the header is line 1, and no cell of the pack holds a line break


def write(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
