"""What cases ask of plans and records, and that it is missed when it is taken away."""

import csv
import json
import shutil

import pytest

from needlewise.cases import run_cases
from needlewise.cases.finding import HOLDS, SHORT
from needlewise.topic import load_topic


@pytest.fixture
def one_case(topic, tmp_path):
    """A file with one of the given cases, its variants left out unless asked for."""

    def write(name, keys=("plan", "record"), variants=()):
        whole = json.loads((topic.folder / "cases.json").read_text("utf-8"))
        (case,) = [c for c in whole["cases"] if c["id"] == name]
        case["expect"] = {k: v for k, v in case["expect"].items() if k in keys}
        case["variants"] = [v for v in case["variants"] if v["id"] in variants]
        whole["cases"] = [case]
        path = tmp_path / "cases.json"
        path.write_text(json.dumps(whole), "utf-8")
        return path

    return write


def states(result):
    return {f.state for outcome in result.outcomes for f in outcome.findings}


ALL = ["C01", "C03", "C06", "C08", "C10", "C11", "C15", "C16", "C17", "C20", "C23", "C25"]


@pytest.mark.parametrize("name", ALL)
def test_every_sentence_is_checked_and_holds(topic, one_case, name):
    result = run_cases(topic, one_case(name))
    assert states(result) == {HOLDS}, result.text


@pytest.mark.parametrize(("name", "variant"), [("C08", "c"), ("C08", "d"), ("C11", "b"),
                                                ("C11", "c"), ("C16", "l")])  # fmt: skip
def test_variants_that_speak_of_points_hold(topic, one_case, name, variant):
    result = run_cases(topic, one_case(name, keys=(), variants=(variant,)))
    assert states(result) == {HOLDS}, result.text


def changed(topic, tmp_path, table, change):
    """The topic with one table changed."""
    folder = tmp_path / "topic"
    shutil.copytree(topic.folder, folder)
    path = folder / f"{table}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(row for row in rows if change(row))
    return load_topic(folder)


def no_cover(row):
    """No rule says any more that a cover cannot be reached through."""
    row["effect"] = "limit" if row["effect"] == "unreachable" else row["effect"]
    row["effect"] = "limit" if "cast" in row["rule"] and row["effect"] == "block" else row["effect"]
    return True


def test_a_cast_that_blocks_nothing_is_missed(topic, one_case, tmp_path):
    broken = changed(topic, tmp_path, "plan_rules", no_cover)
    assert SHORT in states(run_cases(broken, one_case("C11")))


def test_staying_active_taken_away_is_missed(topic, one_case, tmp_path):
    broken = changed(
        topic, tmp_path, "plan_adjuncts", lambda row: row["adjunct"] != "staying-active"
    )
    assert SHORT in states(run_cases(broken, one_case("C15")))


def test_a_later_review_is_missed(topic, one_case, tmp_path):
    folder = tmp_path / "topic"
    shutil.copytree(topic.folder, folder)
    path = folder / "plan.toml"
    path.write_text(path.read_text("utf-8").replace("weeks = 2\n", "weeks = 3\n", 1), "utf-8")
    assert SHORT in states(run_cases(load_topic(folder), one_case("C15")))
