"""Each kind of fault, planted alone, is found where it was planted, and nothing else is."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from needlewise.topic.check import Finding, Report, check_draft
from needlewise.topic.checks.reading import Draft

from .conftest import change, new_findings

PLANTED = tomllib.loads((Path(__file__).parent / "faults.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PLANTED["faults"])
def test_a_planted_fault_is_found(name: str, draft: Draft, shipped: Report) -> None:
    fault = PLANTED["faults"][name]
    cells = fault["change"]
    where = PLANTED["rows"][fault["row"]] if isinstance(fault["row"], str) else fault["row"]
    (row,) = (r for r in draft.tables[fault["table"]] if where.items() <= r.items())
    whole = dict(row)
    assert cells.keys() <= whole.keys()
    try:
        row.update(cells)
        found = new_findings(check_draft(draft), shipped)
    finally:
        row.update(whole)
    print(*found, sep="\n")
    assert [(f.severity, f.file, f.line, f.column) for f in found] == [
        ("error", row.file, row.line, fault["column"])
    ]
    assert fault["says"] in found[0].wrong
    assert found[0].value == cells.get(fault["column"], found[0].value)
    assert found[0].do.endswith((".", "?"))


def test_the_line_is_the_line_in_the_file(copy: Path, news: Callable[[], list[Finding]]) -> None:
    where = PLANTED["rows"]["counted harm"]
    line = change(copy, "harms", where, {"setting": "=1+1"})
    (found,) = news()
    assert (found.file, found.line, found.column) == ("harms.csv", line, "setting")
    assert "=1+1" in (copy / "harms.csv").read_text(encoding="utf-8").splitlines()[line - 1]


def test_a_needled_site_that_its_arm_does_not_name(
    copy: Path, news: Callable[[], list[Finding]]
) -> None:
    arm = {"study_id": "heo-2020", "arm_id": "ea"}
    change(copy, "arms", arm, {"needling_points_or_muscles": ""})
    (found,) = news()
    assert (found.file, found.column, found.value) == ("needling.csv", "name", "EX-B2-lumbar")


def test_a_repeated_row(copy: Path, news: Callable[[], list[Finding]]) -> None:
    path = copy / "harms.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*rows, rows[1]]), encoding="utf-8")
    (found,) = news()
    assert (found.file, found.line, found.column) == ("harms.csv", len(rows) + 1, "source_id")
    assert "repeats the row at line 2" in found.wrong


def test_a_trial_left_with_one_arm(copy: Path, news: Callable[[], list[Finding]]) -> None:
    path = copy / "arms.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(
        "".join(row for row in rows if not row.startswith("frsc-2024,dn")), encoding="utf-8"
    )
    found = news()
    assert ("studies.csv", "study_id", "arms") in {(f.file, f.column, f.check) for f in found}
