"""The cases of a course: taken away, what they ask for is missed."""

import re
import shutil

import pytest

from needlewise.cases import follow_up, run_cases
from needlewise.cases.finding import HOLDS, SHORT
from needlewise.topic import load_topic

pytestmark = pytest.mark.usefixtures("without_pdf")


def states(result, id_):
    outcome = next(o for o in result.outcomes if o.id == id_)
    return {(f.key, f.state) for f in outcome.findings}


@pytest.fixture
def reworded(topic, tmp_path):
    """A copy of the topic with a sentence of review.toml changed."""

    def change(key, text):
        folder = tmp_path / "topic"
        shutil.copytree(topic.folder, folder)
        path = folder / "review.toml"
        before = path.read_text("utf-8")
        after = re.sub(rf'(?m)^{key} = ".*"$', f'{key} = "{text}"', before, count=1)
        assert after != before
        path.write_text(after, "utf-8")
        return load_topic(folder)

    return change


def test_the_case_without_real_change_holds(topic, given, written):
    result = run_cases(topic, written(given("C23", ("a", "b", "c"))))
    assert result.passed
    assert {("plan", HOLDS), ("record", HOLDS), ("must_show", HOLDS)} <= states(result, "C23")
    assert states(result, "C23a") == {("must_show", HOLDS), ("status", HOLDS)}
    assert states(result, "C23c") == {("display", HOLDS)}


def test_a_wrong_status_is_told(topic, given, written):
    case = given("C23", ("a",))
    case["variants"][0]["then"] = {"status": "no_clear_change"}
    assert ("status", SHORT) in states(run_cases(topic, written(case)), "C23a")


def test_without_the_sentence_on_a_new_decision_the_plan_falls_short(reworded, given, written):
    result = run_cases(reworded("renew", "All goes on."), written(given("C23")))
    assert ("plan", SHORT) in states(result, "C23")


def test_without_the_measurement_error_it_falls_short(reworded, given, written):
    topic = reworded("stands_in", "Of the {}: {} ({}).")
    folder = topic.folder / "review.toml"
    text = folder.read_text("utf-8").replace("The measurement error of the score: a", "A")
    folder.write_text(text, "utf-8")
    result = run_cases(load_topic(topic.folder), written(given("C23")))
    assert ("must_show", SHORT) in states(result, "C23")


def test_gaps_that_are_filled_fall_short(topic, given, written, monkeypatch):
    def filled(shown):
        return {"progress": [{"instrument": "pain_nrs", "scores": [{"score": 6.0}] * 6}]}

    monkeypatch.setattr("needlewise.cases.shown.Shown.review_data", property(filled))
    result = run_cases(topic, written(given("C23", ("c",))))
    assert ("display", SHORT) in states(result, "C23c")


def test_every_sentence_checked_here_stands_in_the_cases(topic):
    text = (topic.folder / "cases.json").read_text("utf-8")
    assert all(sentence in text for sentence in follow_up.SENTENCES)
