"""One file for one person: what it takes, what it refuses, and that nothing is lost."""

import json
import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.followup import Record

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def table(name):
    return tomllib.loads((EXAMPLES / name).read_text("utf-8"))


def whole():
    course = table("courses/no_change.toml")
    course.pop("person")
    return {
        "person": table("office_worker.toml"),
        "examination": table("examinations/trigger_points.toml"),
        "plan": {"option": "dry-needling", **table("edits/confirmed.toml")},
        "course": course,
        "past": [{"plan": {"option": "acupuncture"}}],
        "log": [{"kind": "referral", "at": "2026-11-02", "value": "yes"}],
    }


def test_nothing_is_lost_on_the_way(topic, tmp_path):
    record = Record.from_mapping(whole(), topic)
    path = tmp_path / "record.json"
    path.write_text(record.to_json(), "utf-8")
    again = Record.from_file(path, topic)
    assert again == record
    assert again.to_mapping() == record.to_mapping()
    as_toml = tmp_path / "record.toml"
    as_toml.write_text(tomli_w.dumps(record.to_mapping()), "utf-8")
    assert Record.from_file(as_toml, topic) == record


def test_answers_alone_are_a_record(topic):
    record = Record.from_mapping(table("office_worker.toml"), topic)
    assert (record.option, record.course, record.edits) == ("", None, ())
    assert list(record.to_mapping()) == ["person"]
    assert record.plan() is None


def test_the_plan_of_a_record_is_the_plan_of_its_parts(topic):
    made = Record.from_mapping(whole(), topic).plan()
    assert made.status == "signed"
    assert made.option.id == "dry-needling"


BAD = {
    "an unknown part": ({"person": {}, "bill": {}}, "bill is no part of a record"),
    "two plans at once": ({"person": {}, "plan": [{}, {}]}, "2 tables plan at once"),
    "two courses at once": ({"person": {}, "course": [{}, {}]}, "2 tables course at once"),
    "a plan that is a word": ({"person": {}, "plan": "both"}, "plan must be a table"),
    "an unknown option": ({"person": {}, "plan": {"option": "magic"}}, "'magic' but must be one"),
    "an unknown part of a plan": ({"person": {}, "plan": {"points": []}}, "plan.points"),
    "a wrong answer": ({"person": {"pain_nrs": 11}}, "pain_nrs"),
    "a wrong finding": ({"person": {}, "examination": {"regions": ["x"]}}, "examination: "),
    "a wrong edit": ({"person": {}, "plan": {"option": "both", "edit": [{}]}}, "edit 1"),
    "a course without an option": ({"person": {}, "course": {"started": "2026-10-01"}}, "option"),
    "a past that is no list": ({"person": {}, "past": {"plan": {}}}, "past must be a list"),
    "a log that is none": ({"person": {}, "log": [{"kind": "party"}]}, "log: kind"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told(topic, name):
    given_, told = BAD[name]
    with pytest.raises(InputError) as refused:
        Record.from_mapping(given_, topic, where="record.json: ")
    text = str(refused.value)
    assert told in text
    assert text.startswith("record.json: ")
    assert text.endswith(".")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from(["option", "edit", "session", "date", "regions", "kind", "x"]), inner,
        max_size=2),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["person", "examination", "plan", "course", "past", "log"]),
                       VALUES, min_size=1, max_size=3))  # fmt: skip
def test_whatever_is_given_is_taken_or_refused_in_a_sentence(mapping):
    try:
        record = Record.from_mapping(mapping)
    except InputError:
        return
    assert Record.from_mapping(json.loads(record.to_json())) == record
