"""Advice by thresholds that stand in the pack, and the safety questions before any of it."""

from dataclasses import replace

import pytest
from tests.followup.courses import course, look_back, office, scores

import needlewise as nw
from needlewise.followup import CourseRecord
from needlewise.followup.progress import progress
from needlewise.followup.thresholds import measures, threshold
from needlewise.person.instruments import load_scoring

FLAT = scores(pain_nrs=[6, 7, 6, 5, 6, 6], rmdq24=[12, 12, 11, 12, 11, 11])
BETTER = scores(pain_nrs=[6, 5, 4, 3, 3, 3], rmdq24=[12, 11, 9, 7, 6, 5])
WORSE = scores(pain_nrs=[6, 6, 7, 8, 8, 9], rmdq24=[12, 13, 14, 15, 16, 17])


def advised(topic, given):
    found = look_back(topic, given)
    return found.advice.word, [b.key for b in found.advice.why]


# ---- Each advice ----


@pytest.mark.parametrize(
    ("sessions", "given", "word", "keys"),
    [
        (4, FLAT, "continue", ["no_clear", "before_review"]),
        (6, FLAT, "change", ["no_clear", "review_reached", "below_partial"]),
        (11, FLAT, "change", ["no_clear", "review_reached", "below_partial"]),
        (12, FLAT, "stop", ["no_clear", "no_gain"]),
        (6, BETTER, "continue", ["meaningful", "to_the_block"]),
        (10, BETTER, "continue", ["meaningful", "partial"]),
        (15, BETTER, "stop", ["meaningful", "block_done"]),
        (10, scores(pain_nrs=[8, 3]), "stop", ["meaningful", "full_response"]),
        (20, BETTER, "stop", ["most_sessions"]),
        (3, scores(pain_nrs=[6, None]), "continue", ["too_few_scores"]),
        (3, [], "continue", ["too_few_scores"]),
    ],
)
def test_the_advice_and_its_reasons(topic, sessions, given, word, keys):
    assert advised(topic, course(sessions=sessions, score=given)) == (word, keys)


def test_a_goal_that_is_reached_ends_the_course(topic):
    goal = {"instrument": "pain_nrs", "target": 3}
    assert advised(topic, course(score=BETTER, goal=goal)) == ("stop", ["goal_met"])
    goal["target"] = 2
    assert advised(topic, course(score=BETTER, goal=goal))[0] == "continue"


def test_no_change_after_a_decision_to_go_on_is_the_end(topic):
    decided = [{"date": "2026-10-29", "choice": "continue", "reason": "some days are better"}]
    found = advised(topic, course(score=FLAT, sessions=8, decision=decided))
    assert found == ("stop", ["no_clear", "tried_before"])
    # A decision made at this very review does not turn its own advice round.
    decided[0]["date"] = "2026-11-05"
    found = advised(topic, course(score=FLAT, sessions=8, decision=decided))
    assert found[0] == "change"


def test_someone_to_refer_is_referred(topic):
    person = office(topic).model_copy(update={"age": 74.0, "leg_pain": "both"})
    person = nw.Person.from_mapping(
        {**person.model_dump(mode="json", by_alias=True, exclude_none=True),
         "red_flags": {**person.red_flags, "bilateral_leg_symptoms": "yes",
                       "bilateral_new_or_worse_14_days": "no"}}, topic,
    )  # fmt: skip
    found = look_back(topic, course(score=BETTER), person)
    assert found.triage.outcome == "refer_routine"
    assert found.advice.word == "refer"


# ---- Thresholds come from the pack ----


def test_every_threshold_is_printed_in_the_pack_or_says_why(topic):
    for name, entry in topic.settings["review"].items():
        found = threshold(topic, name)
        assert found.unit
        if "table" in entry:
            rows = [r for r in topic[entry["table"]] if r.place == found.place]
            assert len(rows) == 1
            assert entry["printed"] in rows[0][entry["column"]]
            told = entry["printed"].replace("MDC90", "0.90")
            assert f"{found.value:g}" in told.replace("0.90", "0.9")
            assert found.source == rows[0]["source"]
        elif found.source:
            assert found.source.startswith("rule: ")
            assert found.source.endswith("clinician to confirm")
        else:
            assert entry["assumption"] is True
            assert len(found.reason) > 40


@pytest.mark.parametrize("name", ["first_review", "block", "no_gain", "most_sessions"])
def test_another_threshold_in_the_pack_gives_another_advice(topic, name):
    """No number stands in the code: moved in the settings, the advice moves."""
    sessions = int(threshold(topic, name).value)
    given = course(sessions=sessions, score=BETTER if name == "block" else FLAT)
    entries = {**topic.settings["review"]}
    entries[name] = {**entries[name], "value": sessions + 1}
    moved = replace(topic, settings={**topic.settings, "review": entries}, _memo={})
    before, after = (advised(t, given) for t in (topic, moved))
    assert before != after


def test_changes_that_count_are_those_of_the_scoring_table(topic):
    for instrument in load_scoring(topic).values():
        measure = measures(topic)[instrument.row["field"]]
        assert measure.important == (instrument.change[1] if instrument.change else None)
        if instrument.detectable:
            assert measure.detectable == instrument.detectable[1]
            assert not measure.stands_in
        else:
            assert measure.detectable == measure.important


def test_pain_has_no_detectable_change_so_the_important_one_stands_in(topic):
    pain, function = (measures(topic)[f] for f in ("pain_nrs", "rmdq24"))
    assert (pain.detectable, pain.stands_in) == (2.0, True)
    assert (function.detectable, function.stands_in) == (5.0, False)
    assert pain.error == pytest.approx(2.0 / (1.959964 * 2**0.5), abs=1e-6)
    assert function.error == pytest.approx(5.0 / (1.644854 * 2**0.5), abs=1e-6)


@pytest.mark.parametrize(
    ("field", "first", "last", "status"),
    [
        ("pain_nrs", 6, 4, "meaningful-change"),
        ("pain_nrs", 6, 4.5, "no-clear-change"),
        ("pain_nrs", 3, 2, "no-clear-change"),  # a third less, but within what chance may bring
        ("rmdq24", 12, 7, "meaningful-change"),
        ("rmdq24", 12, 8, "no-clear-change"),
        ("rmdq24", 6, 3, "no-clear-change"),
        ("psfs", 3, 5, "some-change"),  # more is better; no source says what matters
        ("psfs", 5, 6, "no-clear-change"),
        ("peg", 6, 4, "meaningful-change"),
        ("odi", 40, 29, "meaningful-change"),
    ],
)
def test_a_change_inside_the_error_is_no_clear_change(topic, field, first, last, status):
    record = CourseRecord.from_mapping(course(score=scores(**{field: [first, last]})), topic)
    assert progress(topic, record)[0].status == status


# ---- Worse, or something happened: the safety questions again, and no number ----


def stopped(found):
    assert found.stopped
    assert not found.progress
    assert found.trajectory is None
    assert found.goal is None
    assert not found.switches
    return found.triage.outcome, found.advice.word


def test_worse_scores_open_the_safety_questions_again(topic):
    assert stopped(look_back(topic, course(score=WORSE))) == ("clarify", "stop-and-ask")


@pytest.mark.parametrize(("field", "series"), [("odi", [20, 40]), ("psfs", [6, 3]),
                                               ("peg", [4, 7])])  # fmt: skip
def test_so_do_scores_no_safety_rule_looks_at(topic, field, series):
    found = look_back(topic, course(score=scores(**{field: series})))
    assert stopped(found) == ("clarify", "stop-and-ask")
    assert found.triage.text
    assert found.triage.handover
    assert found.triage.reasons[0].rule == "worsening"


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        ({"kind": "breathless"}, "emergency"),
        ({"kind": "chest pain"}, "emergency"),
        ({"kind": "collapse"}, "emergency"),
        ({"kind": "infection"}, "urgent"),
        ({"kind": "numbness", "over": "no"}, "urgent"),
        ({"kind": "bruise", "size_cm": 12}, "urgent"),
        ({"kind": "broken_needle"}, "urgent"),
        ({"kind": "soreness", "hours": 200}, "clarify"),
        ({"kind": "dizziness", "grade": "severe"}, "clarify"),
        ({"kind": "rash", "grade": "serious"}, "urgent"),
        ({"kind": "unknown"}, "clarify"),
    ],
)
def test_an_event_opens_the_safety_questions_again(topic, event, outcome):
    found = look_back(topic, course(score=BETTER, event=[event]))
    assert stopped(found)[0] == outcome
    assert found.advice.word == ("stop-and-ask" if outcome == "clarify" else "refer")


@pytest.mark.parametrize("event", [
    {"kind": "soreness", "hours": 20, "grade": "mild", "over": "yes"},
    {"kind": "bruise", "size_cm": 2, "over": "yes"},
    {"kind": "fainting", "grade": "moderate"},
    {"kind": "breathless", "over": "yes", "seen_by": "emergency department"},
])  # fmt: skip
def test_small_events_and_those_a_clinician_saw_do_not(topic, event):
    assert not look_back(topic, course(score=BETTER, event=[event])).stopped


def test_an_emergency_is_not_hidden_by_a_later_small_event(topic):
    events = [{"kind": "breathless", "date": "2026-10-08"},
              {"kind": "soreness", "date": "2026-10-09", "hours": 10}]  # fmt: skip
    for order in (events, events[::-1]):
        found = look_back(topic, course(score=BETTER, event=order))
        assert found.triage.outcome == "emergency"


def test_limits_of_every_event_are_kept(topic):
    events = [{"kind": "fainting"}, {"kind": "bruise", "size_cm": 1}]
    found = look_back(topic, course(score=BETTER, event=events))
    limits = [c.text for c in found.triage.options["acupuncture"].constraints]
    assert "lying down" in limits
    assert "no needle through the bruise" in limits


@pytest.mark.parametrize("place", ["session", "notes", "decision", "goal"])
def test_words_of_alarm_anywhere_in_the_record_stop(topic, place):
    text = "I can't feel it when I wipe"
    given = course(score=BETTER)
    if place == "session":
        given["session"][-1] = {**given["session"][-1], "after": text}
    elif place == "decision":
        given["decision"] = [{"date": "2026-11-05", "choice": "continue", "reason": text}]
    else:
        given[place] = {"words": text} if place == "goal" else text
    assert stopped(look_back(topic, given))[0] == "clarify"
