"""Course records: read, written back, and what is wrong with one said in a sentence each."""

import copy
import datetime as dt
import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.followup.courses import ROOT, START, course, day, look_back, office, scores

import needlewise as nw
from needlewise.errors import InputError
from needlewise.followup import CourseRecord
from needlewise.topic import load_topic

TOPIC = load_topic()
EXAMPLES = sorted((ROOT / "examples" / "courses").glob("*.toml"))
GOOD = course(score=scores(pain_nrs=[6, 5, 5], rmdq24=[12, 11, 10]))
TODAY = dt.date(2026, 11, 26)


def with_(**changes):
    return {**copy.deepcopy(GOOD), **changes}


def entry(after, **values):
    return {"date": day(after), **values}


BAD = {
    "no option": ({"started": START}, "the option is missing"),
    "unknown option": (with_(option="needels"), "option 'needels' is no course of needling"),
    "no needling": (with_(option="no-needling"), "is no course of needling;"),
    "two options": (with_(option=["acupuncture", "dry-needling"]), "two courses at once"),
    "two courses": ({"course": [GOOD, GOOD]}, "two courses stand in one record"),
    "overlapping courses": (
        with_(earlier=[{"option": "dry-needling", "started": "2026-08-01",
                        "ended": "2026-10-09"}]),
        "two courses cannot run at once",
    ),
    "an earlier course without days": (
        with_(earlier=[{"option": "dry-needling"}]), "needs the days it started and ended"),
    "a score before the start": (
        with_(score=[entry(-1, pain_nrs=6)]), "score 1 is dated 2026-09-24, before the start"),
    "a session before the start": (
        with_(session=[{"date": day(-2)}]), "session 1 is dated 2026-09-17, before the start"),
    "an event before the start": (
        with_(event=[{"kind": "bruise", "date": day(-1)}]), "event 1 is dated 2026-09-24"),
    "far in the past": (with_(started=dt.date(1026, 10, 1)), "correct the year"),
    "years ago": (with_(started=dt.date(2016, 10, 1)), "more than 260 weeks before"),
    "sessions out of order": (
        with_(session=[{"date": day(2)}, {"date": day(1)}]), "session 2 is before session 1"),
    "a session twice": (
        with_(session=[{"date": day(1)}, {"date": day(1)}]), "are of the same day; keep one"),
    "scores out of order": (
        with_(score=[entry(2, pain_nrs=5), entry(1, pain_nrs=6)]), "score 2 is before score 1"),
    "a score twice": (
        with_(score=[entry(1, pain_nrs=5), entry(1, pain_nrs=6)]), "score 1 and score 2 are of"),
    "a score too high": (
        with_(score=[entry(0, pain_nrs=11)]), "score 1, pain_nrs is 11 but must be from 0 to 10"),
    "a score too low": (
        with_(score=[entry(0, rmdq24=-1)]), "score 1, rmdq24 is -1 but must be from 0 to 24"),
    "a score in words": (with_(score=[entry(0, pain_nrs="bad")]), "score 1, pain_nrs must be a"),
    "a true score": (with_(score=[entry(0, pain_nrs=True)]), "must be a number, not true"),
    "no time": (with_(score=[{"pain_nrs": 5}]), "score 1 has neither a date nor a week"),
    "two times": (with_(score=[entry(0, week=1, pain_nrs=5)]), "has a date and a week"),
    "a date without a start": (
        {"option": "acupuncture", "score": [entry(0, pain_nrs=5)]}, "add started = the first day"),
    "not a day": (with_(started="October"), "started must be a day such as 2026-10-01"),
    "no such day": (with_(started="2026-02-30"), "started must be a day such as"),
    "an unknown questionnaire": (with_(score=[entry(0, pain_vas=5)]), "pain_vas is not a field"),
    "an unknown event": (with_(event=[{"kind": "brusie"}]), "did you mean 'bruise'?"),
    "an event without kind": (with_(event=[{"date": day(1)}]), "event 1, kind is missing"),
    "an unknown grade": (
        with_(event=[{"kind": "bruise", "grade": "awful"}]), "grade 'awful' is not known"),
    "an unknown decision": (with_(decision=[{"choice": "renew"}]), "decision 1, choice must be"),
    "an unknown goal": (with_(goal={"instrument": "vas"}), "instrument 'vas' is not scored"),
    "a goal out of range": (
        with_(goal={"instrument": "pain_nrs", "target": 40}), "target is 40 but must be from 0"),
    "a goal before the start": (
        with_(goal={"by": "2026-09-01"}), "goal, by 2026-09-01 is not after the start"),
    "a next score before the decision": (
        with_(decision=[{"date": day(3), "choice": "stop", "next_measure": day(2)}]),
        "next_measure 2026-10-15 is before the decision"),
    "an unknown field": (with_(colour="blue"), "colour is not a field of a course record"),
    "a list that is none": (with_(score=6), "score must be a list of tables"),
    "a person that is none": (with_(person=7), "person must be a table of answers or a file"),
    "too long a note": (with_(notes="a" * 3000), "notes has 3,000 letters"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_in_a_sentence(name):
    mapping, told = BAD[name]
    with pytest.raises(InputError) as caught:
        CourseRecord.from_mapping(mapping, TOPIC, where="course.toml: ", today=TODAY)
    text = str(caught.value)
    assert text.startswith("course.toml: ")
    assert told in text
    assert text.endswith((".", "?"))
    assert "\n" not in text
    assert "Traceback" not in text
    assert len(text) < 400


def test_everything_wrong_is_told_together():
    bad = with_(score=[entry(0, pain_nrs=11)], session=[{"date": day(-1)}],
                event=[{"kind": "brusie"}])  # fmt: skip
    with pytest.raises(InputError) as caught:
        CourseRecord.from_mapping(bad, TOPIC)
    assert all(w in str(caught.value) for w in ("score 1", "session 1", "event 1"))


def test_no_day_lies_after_the_day_of_the_review():
    with pytest.raises(InputError, match="after today"):
        look_back(TOPIC, GOOD, today=dt.date(2026, 10, 3))
    with pytest.raises(InputError, match="started 2026-10-01 is after today"):
        look_back(TOPIC, GOOD, today=dt.date(2026, 9, 3))


def test_a_record_without_a_person_says_how_to_name_one():
    with pytest.raises(InputError, match="names no person"):
        nw.review(TOPIC, None, CourseRecord.from_mapping(GOOD, TOPIC))


def test_a_person_file_that_is_missing_is_told(tmp_path):
    path = tmp_path / "course.toml"
    path.write_text('person = "nobody.toml"\noption = "acupuncture"\n', "utf-8")
    with pytest.raises(InputError, match="There is no file"):
        CourseRecord.from_file(path, TOPIC)


@pytest.mark.parametrize("content", ["", "option = ", "option = 1", "[[score]]\n" * 3])
def test_broken_files_are_told(tmp_path, content):
    path = tmp_path / "course.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError):
        CourseRecord.from_file(path, TOPIC)


# ---- There and back ----


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_a_record_comes_back_as_it_was_written(path):
    record = CourseRecord.from_file(path, TOPIC)
    for again in (
        CourseRecord.from_mapping(record.to_mapping(), TOPIC, folder=path.parent),
        CourseRecord.from_mapping(tomllib.loads(record.to_toml()), TOPIC, folder=path.parent),
        CourseRecord.from_mapping(
            json.loads(json.dumps(record.to_mapping(), default=str)), TOPIC, folder=path.parent
        ),
    ):
        assert again == record
        assert again.hash == record.hash


def test_the_three_examples_are_a_start(tmp_path):
    told = {p.stem: nw.review(TOPIC, None, CourseRecord.from_file(p, TOPIC)) for p in EXAMPLES}
    assert {name: (r.status, r.advice.word) for name, r in told.items()} == {
        "no_change": ("no-clear-change", "change"),
        "good_change": ("meaningful-change", "continue"),
        "worse": ("stopped", "stop-and-ask"),
    }


@settings(max_examples=50, deadline=None)
@given(
    pain=st.lists(st.one_of(st.none(), st.floats(0, 10)), max_size=9),
    kinds=st.lists(st.sampled_from(["soreness", "bruise", "dizziness"]), max_size=3),
    words=st.text(max_size=40),
    target=st.one_of(st.none(), st.floats(0, 10)),
)
def test_any_record_comes_back(pain, kinds, words, target):
    made = course(
        score=[entry(k, pain_nrs=p) for k, p in enumerate(pain)],
        event=[{"kind": k} for k in kinds],
        goal={"words": words, "target": target},
    )
    record = CourseRecord.from_mapping(made, TOPIC)
    assert CourseRecord.from_mapping(tomllib.loads(record.to_toml()), TOPIC).hash == record.hash
    assert [s for _, s in record.series("pain_nrs")] == pain


def test_what_a_form_sends_is_taken():
    """Numbers as text, a comma for a point, empty fields, `_` for `-`."""
    record = CourseRecord.from_mapping(
        {"option": "dry_needling", "started": "2026-10-01", "notes": "",
         "score": [{"date": "2026-10-01", "pain_nrs": "6", "rmdq24": ""},
                   {"date": "2026-10-08", "pain_nrs": "5,5", "rmdq24": "11"}]},
        TOPIC,
    )  # fmt: skip
    assert record.option == "dry-needling"
    assert record.series("pain_nrs") == ((0.0, 6.0), (1.0, 5.5))
    assert record.series("rmdq24") == ((0.0, None), (1.0, 11.0))


def test_a_persons_whole_file_is_taken(tmp_path):
    answers = office(TOPIC).model_dump(mode="json", by_alias=True, exclude_none=True)
    whole = {
        "person": answers, "examination": {}, "plan": {"option": "acupuncture"},
        "course": {k: v for k, v in GOOD.items() if k != "option"},
    }  # fmt: skip
    record = CourseRecord.from_mapping(whole, TOPIC)
    assert record.option == "acupuncture"
    assert record.person == office(TOPIC)
    found = nw.review(TOPIC, None, record)
    assert found.progress


# ---- From a person's history ----


def history(**more):
    answers = office(TOPIC).model_dump(mode="json", by_alias=True, exclude_none=True)
    return nw.Person.from_mapping({**answers, "history": {"option": "acupuncture", **more}}, TOPIC)


def test_a_history_is_a_course_without_days():
    person = history(sessions=6, pain_nrs=[6, None, 5], rmdq24=[12, 11])
    record = CourseRecord.from_history(person, TOPIC)
    assert not record.dated
    assert record.number_of_sessions == 6
    assert record.series("pain_nrs") == ((0.0, 6.0), (1.0, None), (2.0, 5.0))
    assert record.series("rmdq24") == ((0.0, 12.0), (1.0, 11.0), (2.0, None))


def test_no_history_is_told():
    with pytest.raises(InputError, match=r"history\.option is missing"):
        CourseRecord.from_history(office(TOPIC), TOPIC)


def test_nothing_is_written_by_reading(tmp_path):
    before = sorted(Path(ROOT / "examples" / "courses").iterdir())
    CourseRecord.from_file(EXAMPLES[0], TOPIC).to_toml()
    assert sorted(Path(ROOT / "examples" / "courses").iterdir()) == before


# ---- Whatever is given, a sentence or a record ----

ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(),
        st.text(max_size=8), st.dates(), st.datetimes(), st.times(),
        st.sampled_from(["acupuncture", "bruise", "2026-10-08", "continue", "pain_nrs"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(
            ["date", "week", "pain_nrs", "rmdq24", "kind", "grade", "hours", "choice", "option",
             "started", "ended", "instrument", "target", "by", "values", "items", "x"]),
            inner, max_size=4),
    ),
    max_leaves=8,
)  # fmt: skip
KEYS = ["score", "session", "event", "decision", "earlier", "goal", "person", "started", "option",
        "sessions_done", "hours_since_last", "next_review", "notes", "course", "plan", "values",
        "scores"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=4))
def test_anything_is_taken_or_refused_in_words(changes):
    try:
        record = CourseRecord.from_mapping({**copy.deepcopy(GOOD), **changes}, TOPIC)
    except InputError as refused:
        assert str(refused).endswith((".", "?"))  # noqa: PT017
        return
    assert CourseRecord.from_mapping(record.to_mapping(), TOPIC).hash == record.hash
