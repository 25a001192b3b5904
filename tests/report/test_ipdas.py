"""The IPDAS self-check: every item once, and nothing counted as met without a check that exists."""

import ast
import re
from pathlib import Path

import pytest
from tests.report.seen import compared, flat
from typer.main import get_command

from needlewise.cli import app
from needlewise.report.document import Bullets, plain
from needlewise.report.ipdas import ipdas_text, totals
from needlewise.report.view import document
from needlewise.topic import load_topic

ROOT = Path(__file__).parents[2]
TOPIC = load_topic()
ITEMS = list(TOPIC["ipdas"])


def exists(check):
    """Whether a check names a test that stands in its file or a command of the program."""
    if "::" in check:
        file, name = check.split("::")
        path = ROOT / file
        if not path.is_file():
            return False
        tree = ast.parse(path.read_text(encoding="utf-8"))
        return name in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
    program, *path = check.split()
    command = get_command(app)
    for part in path:
        command = getattr(command, "commands", {}).get(part)
        if command is None:
            return False
    return program == "needlewise" and bool(path)


def test_the_minimum_standards_have_6_10_and_28_items():
    groups = [r["group"] for r in ITEMS]
    assert [groups.count(g) for g in ("qualifying", "certification", "quality")] == [6, 10, 28]
    assert [r["number"] for r in ITEMS[16:]] == [f"Q{k}" for k in range(1, 29)]
    assert ITEMS[0]["number"] == "1.1.1"
    assert ITEMS[15]["number"] == "2.4.4"


@pytest.mark.parametrize("row", ITEMS, ids=lambda r: r["number"])
def test_what_is_met_names_a_check_that_exists(row):
    if row["status"] == "met":
        assert exists(row["check"]), f"{row.place}: there is no {row['check']}"
    else:
        assert not row["check"]
        assert row["note"], "says why it is not met"


def test_the_check_of_checks_can_fail():
    assert exists("needlewise evidence list")
    assert not exists("needlewise evidence lost")
    assert not exists("needlewise")
    assert not exists("tests/report/test_ipdas.py::test_that_is_not_there")
    assert not exists("tests/report/nowhere.py::test_x")


def test_what_needs_people_is_never_met():
    """Items on asking, reviewing, trying out and measuring with people."""
    people = re.compile(r"people who face|health workers|took no part|shown to", re.IGNORECASE)
    found = [r for r in ITEMS if people.search(r["item"])]
    assert len(found) == 8
    assert {r["status"] for r in found} == {"needs-people"}
    assert {r["status"] for r in ITEMS if r["item"].startswith("Tests only")} == {"does-not-apply"}


def test_the_sum_counts_met_alone():
    tally = totals(TOPIC)
    text = flat(ipdas_text(TOPIC))
    for group, count in tally.items():
        met = sum(r["status"] == "met" and r["group"] == group for r in ITEMS)
        applies = sum(r["status"] != "does-not-apply" and r["group"] == group for r in ITEMS)
        assert count["met"] == met
        assert f"{met} met of {applies} that apply" in text
    for row in ITEMS:
        assert f"{row['number']} {row['item']}:" in text
    assert "doi.org/10.1177/0272989X13501721" in text


def test_the_text_fits_a_terminal_but_for_names_of_checks():
    for line in ipdas_text(TOPIC).splitlines():
        assert len(line) <= 80 or "::" in line


def test_items_are_told_in_our_own_words():
    """None of the printed sentences: they speak of "the patient decision aid"."""
    for row in ITEMS:
        assert "decision aid" not in row["item"].lower()
        assert len(row["item"].split()) <= 16


def test_the_update_policy_is_written_down():
    policy = (ROOT / "docs" / "evidence-policy.md").read_text(encoding="utf-8")
    assert "Update:" in policy
    assert "next review date" in flat(policy)
    assert any(label == "Next review due" for label, _ in document(compared(TOPIC)).facts)


def test_the_page_has_questions_for_the_visit():
    part = next(s for s in document(compared(TOPIC)).sections if s.id == "next")
    asked = next(b for b in part.blocks if isinstance(b, Bullets) and "visit" in b.title)
    assert len(asked.items) >= 5
    assert all(plain(item).endswith("?") for item in asked.items)
