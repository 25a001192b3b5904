"""Known questions: open while they hold, errors when they do not."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from needlewise.topic import load_topic
from needlewise.topic.check import Finding, Report, check_topic, format_report
from needlewise.topic.checks.questions import questions_page

from .conftest import change, write

News = Callable[[], list[Finding]]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence-questions.md"


def questions(folder: Path) -> list[dict[str, str]]:
    with (folder / "open_questions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_shipped_topic_passes(shipped: Report) -> None:
    assert not shipped.errors, "\n" + format_report(shipped).split("NOTES")[0]
    assert shipped.passed


def test_each_question_is_printed_as_open(shipped: Report) -> None:
    asked = [f for f in shipped.only("open") if f.check != "clinician"]
    rows = list(load_topic()["open_questions"])
    assert len(asked) == len(rows)
    assert {(f.file, f.column, f.value, f.wrong, f.do) for f in asked} == {
        (f"{r['table']}.csv", r["column"], r["value"], r["question"], r["meanwhile"]) for r in rows
    }


def test_the_page_of_questions_equals_the_data() -> None:
    """Write it anew with `questions_page(load_topic()["open_questions"])`."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == questions_page(load_topic()["open_questions"])
    assert "## Rules that wait for a clinician" in page


def test_without_their_questions_the_faults_are_errors(copy: Path, news: News) -> None:
    rows = questions(copy)
    (copy / "open_questions.csv").unlink()
    back = {(f.severity, f.file, f.column, f.value, f.check) for f in news()}
    assert back == {
        ("error", f"{q['table']}.csv", q["column"], q["value"], q["check"])
        for q in rows
        if q["check"]
    }
    assert len(back) > 10


def test_one_question_excuses_one_cell(copy: Path, news: News) -> None:
    rows = questions(copy)
    gone = next(q for q in rows if q["row"] == "study_id=lehmann-1986")
    write(copy / "open_questions.csv", list(gone), [q for q in rows if q is not gone])
    (found,) = news()
    assert (found.severity, found.file, found.column) == ("error", "studies.csv", "n_randomised")


@pytest.mark.parametrize(
    ("changes", "column", "says"),
    [
        ({"value": "0.1"}, "value", "now reads"),
        ({"row": "study_id=lehmann-1987"}, "row", "fits 0 rows"),
        ({"row": "study_id=lehmann-1986; arm=ea"}, "row", "no column 'arm'"),
        ({"column": "n_randomized"}, "column", "no column 'n_randomized'"),
        ({"table": "study"}, "table", "is no table"),
    ],
)
def test_a_question_that_does_not_hold(
    changes: dict[str, str], column: str, says: str, copy: Path, news: News
) -> None:
    """The question is faulted, and the fault it excused is back."""
    where = {"table": "studies", "row": "study_id=lehmann-1986"}
    line = change(copy, "open_questions", where, changes)
    about, back = sorted(news(), key=lambda f: f.file)
    assert (about.file, about.line, about.column) == ("open_questions.csv", line, column)
    assert says in about.wrong
    assert (back.file, back.column, back.check) == ("studies.csv", "n_randomised", "people")


def test_an_answered_question_must_go(copy: Path, news: News) -> None:
    change(copy, "studies", {"study_id": "lehmann-1986"}, {"n_randomised": "53"})
    (found,) = news()
    assert (found.file, found.column) == ("open_questions.csv", "value")


def test_a_question_about_no_fault_must_go(copy: Path, news: News) -> None:
    change(copy, "arms", {"study_id": "lehmann-1986", "arm_id": "ea"}, {"n_randomised": "18"})
    (found,) = news()
    assert (found.file, found.column) == ("open_questions.csv", "check")
    assert "any longer" in found.wrong


def test_a_fault_elsewhere_comes_before_answered_questions(copy: Path, news: News) -> None:
    """While arms.csv cannot be read, nobody knows which questions are answered."""
    (copy / "arms.csv").write_bytes(b"study_id,arm_id\n\xff,x\n")
    assert [f.file for f in news()] == ["arms.csv"]


def test_a_question_excuses_one_check_only(copy: Path, news: News) -> None:
    """Another fault in the same cell stays an error."""
    change(copy, "studies", {"study_id": "lehmann-1986"}, {"n_randomised": "many"})
    assert {(f.file, f.check) for f in news()} == {
        ("studies.csv", "type"),
        ("open_questions.csv", "question"),
    }


def test_rules_that_wait_for_a_clinician(copy: Path, shipped: Report) -> None:
    waiting = [f for f in shipped.only("open") if f.check == "clinician"]
    tables = [t for t in load_topic().tables.values() if "source" in t.columns]
    rules = [row.place for t in tables for row in t if row["source"].startswith("rule:")]
    assert sorted(f"{f.file}:{f.line}" for f in waiting) == sorted(rules)
    assert len(waiting) >= 8
    text = format_report(shipped)
    assert f"{len(waiting):6,}  rules that wait for a clinician" in text
    change(
        copy,
        "precautions",
        {"condition": "needle phobia", "option": "acupuncture"},
        {"source": "A. Doctor, 2027"},
    )
    assert (
        len([f for f in check_topic(copy).findings if f.check == "clinician"]) == len(waiting) - 1
    )
