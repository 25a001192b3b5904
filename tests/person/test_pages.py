"""The questions as pages: every question stands on one, and what a page shows is what it takes."""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.person.people import calm, cases, put, with_unnamed_signs_no

from needlewise.person import Person
from needlewise.person.intake import load_intake, words
from needlewise.person.pages import TICKED, UNIT, Form, load_pages, page_of
from needlewise.topic import load_topic

# Asked where the values are (`ranking` there, beside weights), or by a clinician and not here.
NOT_ON_A_PAGE = {"ranking", "budget", "max_visits"}
TOPIC = load_topic()
PAGES = {page.id: page for page in load_pages(TOPIC)}


def sent_by(form, page):
    """What a browser sends when the page is sent as it stands."""
    sent = {}
    for c in form.controls(page):
        chosen = [o.value for o in c.options if o.chosen]
        if chosen:
            sent[c.field] = chosen
        if c.kind == "list":
            sent[f"{c.field}.line"] = [c.text]
        elif c.kind not in TICKED | {"choice", "scale"}:
            sent[c.field] = [c.text]
        if c.kind == "duration":
            sent[c.unit] = [next((u.value for u in c.units if u.chosen), c.units[0].value)]
    return sent


def round_trip(topic, answers):
    for page in load_pages(topic):
        form = Form(topic, answers)
        again, problems = form.take(page, sent_by(form, page))
        assert problems == {}, page.id
        assert again == answers, page.id


# What the file says ----------------------------------------------------------------------------


def test_every_question_stands_on_one_page_or_is_known_not_to(topic):
    asked = {field.name for field in load_intake(topic).fields.values() if field.question}
    on_pages = Counter(chain.from_iterable(page.every for page in load_pages(topic)))
    assert [field for field, times in on_pages.items() if times > 1] == []
    assert asked - set(on_pages) == NOT_ON_A_PAGE
    assert set(on_pages) <= set(load_intake(topic).fields)


def test_every_page_has_words_and_questions_of_its_own(topic):
    pages = load_pages(topic)
    assert len({page.id for page in pages}) == len(pages)
    for page in pages:
        assert page.fields, page.id
        assert page.title, page.id
        assert page.intro.endswith("."), page.id
        assert page.id.isidentifier(), f"{page.id} stands in an address"
        assert page.id != "again", "this address is taken"


def test_every_key_of_the_wording_names_a_question_of_a_page(topic):
    wording, on_pages = topic.texts["pages"], {f for p in load_pages(topic) for f in p.every}
    for part in ("widgets", "common", "questions", "hints", "answers_to"):
        assert set(wording[part]) <= on_pages, part
    assert set(wording["durations"]) == set(wording["duration_words"])
    assert "weeks" in wording["durations"]


def test_every_word_to_choose_can_be_taken_and_has_a_label(topic):
    intake = load_intake(topic)
    for page in load_pages(topic):
        form = Form(topic, {})
        for name in page.every:
            control = form._control(page, name, None, "")
            assert control.question, name
            assert control.why, name
            labels = [option.label for option in control.options]
            assert len(set(labels)) == len(labels), name
            assert not any("_" in label for label in labels), name
            known = words(intake, intake.fields[name])
            if control.kind in {"choice", "ticks"}:
                assert [option.value for option in control.options] == list(known), name
            if control.kind == "list":
                assert {o.value for o in control.options} <= {*known, "none"}, name
            if control.kind == "duration":
                assert [unit.value for unit in control.units if unit.chosen] == ["weeks"]


def test_answers_with_a_word_of_their_own_are_words_of_that_question(topic):
    intake = load_intake(topic)
    for name, own in topic.texts["pages"]["answers_to"].items():
        field = intake.fields[name]
        if field.type == "number":
            assert all(field.low <= float(value) <= field.high for value in own), name
        else:
            assert set(own) <= set(words(intake, field)), name


def test_no_to_the_rest_is_offered_on_pages_of_signs_alone(topic):
    intake = load_intake(topic)
    for page in load_pages(topic):
        if page.signs:
            assert all(intake.fields[name].section == "safety" for name in page.every), page.id
            assert any(intake.fields[name].type == "choice" for name in page.every), page.id


def test_follow_ups_hang_on_a_condition(topic):
    intake = load_intake(topic)
    for page in load_pages(topic):
        for name in page.then:
            assert intake.fields[name].asked_when is not None, name


# Which pages and questions are shown -------------------------------------------------------------


def test_a_page_of_which_nothing_applies_is_left_out(topic):
    def ids(answers):
        return [page.id for page in Form(topic, answers).pages()]

    assert "pregnancy" in ids({})
    assert "pregnancy" in ids({"sex": "female", "age": 30})
    assert "pregnancy" not in ids({"sex": "male"})
    assert "pregnancy" not in ids({"sex": "female", "age": 60})


@pytest.mark.parametrize(
    ("page", "answers", "follow_ups"),
    [
        ("pregnancy", {"pregnant": "yes"}, PAGES["pregnancy"].then),
        ("pregnancy", {"pregnant": "no"}, ()),
        ("pregnancy", {}, ()),
        ("nerves", {"red_flags": {"bilateral_leg_symptoms": "yes"}}, PAGES["nerves"].then),
        ("nerves", {"red_flags": {"bilateral_leg_symptoms": "no"}, "leg_pain": "none"}, ()),
        ("needles", {"mood": {"low": "yes"}}, ("mood.suicidal_thoughts",)),
        ("needles", {"mood": {"low": "no"}}, ()),
        ("needles", {"mood": {"low": "yes", "suicidal_thoughts": "yes"}}, PAGES["needles"].then),
        ("health", {"medicines": [{"name": "warfarin"}]}, ("labs.inr", "labs.inr_days_old")),
        ("health", {"medicines": []}, ()),
    ],
)
def test_a_follow_up_comes_once_its_answer_is_given(topic, page, answers, follow_ups):
    shown = Form(topic, answers).shown(PAGES[page])
    assert [name for name in PAGES[page].then if name in shown] == list(follow_ups)


def test_a_question_knows_its_page(topic):
    assert page_of(topic, "mood.low") == PAGES["needles"]
    assert page_of(topic, "insurer") is None


# What is taken -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "unit", "weeks"),
    [("14", "days", 2), ("3", "weeks", 3), ("2", "months", 8.7), ("3", "years", 156.53),
     ("1,5", "years", 78.27), ("0", "days", 0)],
)  # fmt: skip
def test_a_duration_is_kept_in_weeks(topic, number, unit, weeks):
    sent = {"pain_weeks": [number], "pain_weeks" + UNIT: [unit]}
    answers, problems = Form(topic, {}).take(PAGES["pain"], sent)
    assert problems == {}
    assert answers["pain_weeks"] == pytest.approx(weeks, abs=0.01)


@pytest.mark.parametrize(
    ("number", "unit"),
    [("3", "fortnights"), ("-1", "weeks"), ("nan", "weeks"), ("inf", "days"), ("1e9", "years"),
     ("soon", "weeks")],
)  # fmt: skip
def test_a_duration_that_cannot_be_is_refused_and_nothing_changes(topic, number, unit):
    before = {"pain_weeks": 12.0}
    sent = {"pain_weeks": [number], "pain_weeks" + UNIT: [unit]}
    answers, problems = Form(topic, before).take(PAGES["pain"], sent)
    assert list(problems) == ["pain_weeks"]
    assert problems["pain_weeks"].startswith("Weeks of pain") or "'soon'" in str(problems)
    assert answers["pain_weeks"] == 12.0


def test_a_duration_that_is_not_known_is_left_open(topic):
    sent = {"pain_weeks": ["unknown"], "pain_weeks" + UNIT: ["days"]}
    assert Form(topic, {"pain_weeks": 3.0}).take(PAGES["pain"], sent) == ({}, {})


def test_no_to_the_rest_answers_open_choices_and_nothing_else(topic):
    bones = PAGES["bones"]
    sent = {"red_flags.osteoporosis": ["yes"], "red_flags.uveitis": ["unknown"]}
    answers, problems = Form(topic, {"age": 20}).take(bones, sent, rest="no")
    assert problems == {}
    assert answers["red_flags"].pop("osteoporosis") == "yes"
    assert answers["red_flags"].pop("uveitis") == "unknown"
    assert set(answers["red_flags"].values()) == {"no"}
    assert "morning_stiffness_min" not in answers["red_flags"]
    assert set(answers["red_flags"]) == {
        name.removeprefix("red_flags.")
        for name in bones.every
        if load_intake(topic).fields[name].type == "choice"
        and name not in sent
    }  # fmt: skip


def test_no_to_the_rest_answers_nothing_that_is_not_asked(topic):
    """Bending back in sport is asked of the young alone."""
    answers, _ = Form(topic, {"age": 70}).take(PAGES["bones"], {}, rest="no")
    assert "sport_extension_pain" not in answers["red_flags"]


def test_left_empty_is_not_answered(topic):
    before = {"age": 46.0, "sex": "male", "mood": {"low": "no"}}
    answers, problems = Form(topic, before).take(PAGES["you"], {"age": [""], "sex": []})
    assert (answers, problems) == ({"mood": {"low": "no"}}, {})
    answers, _ = Form(topic, answers).take(PAGES["needles"], {})
    assert answers == {}


def test_taking_a_page_leaves_the_given_answers_alone(topic):
    before = {"red_flags": {"fever": "no"}}
    Form(topic, before).take(PAGES["illness"], {"red_flags.fever": ["yes"]})
    assert before == {"red_flags": {"fever": "no"}}


def test_what_is_not_on_the_page_is_not_taken(topic):
    sent = {"age": ["46"], "insurer": ["x"], "pain_nrs": ["3"], "red_flags.fever": ["no"]}
    answers, problems = Form(topic, {}).take(PAGES["you"], sent)
    assert (answers, problems) == ({"age": 46.0}, {})


@pytest.mark.parametrize(
    ("field", "value", "page", "sent"),
    [
        ("medicines", [{"name": "prednisolone", "class": "corticosteroid", "daily_mg": 4}],
         "health", {"medicines.line": ["prednisolone"]}),
        ("access_limits", [{"kind": "cast", "region": "left_lower_leg", "removable": "no"}],
         "health", {"access_limits.line": ["cast left_lower_leg"]}),
        ("pain_nrs", 6.123456789012, "pain", {"pain_nrs": ["6.123456789"]}),
        ("name", " Ada  Lovelace ", "life", {"name": [" Ada  Lovelace "]}),
        ("goals", [" walk", "garden "], "life", {"goals": [" walk\r\ngarden "]}),
    ],
)  # fmt: skip
def test_what_is_finer_than_the_page_survives_it_unchanged(topic, field, value, page, sent):
    answers, problems = Form(topic, {field: value}).take(PAGES[page], sent)
    assert (answers, problems) == ({field: value}, {})


@pytest.mark.parametrize(
    ("page", "sent", "label"),
    [
        ("life", {"psfs": [", ".join(f"thing {n} 5" for n in "abcdef")]}, "Activities"),
        ("life", {"odi.form": ["yes"], "odi.section_1": ["2.5"]}, "Oswestry section 1"),
        ("health", {"medicines.line": ["x" * 200]}, "Medicines"),
        ("health", {"devices.line": ["x" * 200]}, "Implants"),
        ("health", {"skin.line": ["x" * 100]}, "Skin"),
        ("health", {"access_limits.line": ["cast " + "x" * 100]}, "Casts"),
        ("health", {"conditions.line": ["x" * 100]}, "Health conditions"),
        ("life", {"name": ["x" * 10_001]}, "Name"),
        ("where", {"pain_site": ["lumbar", "not a place"]}, "Where"),
        ("health", {"conditions": ["none"], "conditions.line": ["asthma"]}, "Health conditions"),
        ("health", {"medicines": ["none"], "medicines.line": ["warfarin"]}, "Medicines"),
    ],
)  # fmt: skip
def test_what_a_person_cannot_be_made_of_is_a_problem_of_its_question(topic, page, sent, label):
    """Never an answer that only breaks on the next page."""
    before = put({}, "odi.form", "yes")
    answers, problems = Form(topic, before).take(PAGES[page], sent)
    assert len(problems) == 1
    (said,) = problems.values()
    assert said.startswith(label)
    assert said.endswith((".", "?"))
    Person.from_mapping(answers, topic)


def test_ticking_none_is_shown_as_ticked(topic):
    for name, page in (("conditions", "health"), ("access_needs", "life")):
        answers, _ = Form(topic, {}).take(PAGES[page], {name: ["none"]})
        assert answers[name] == []
        control = next(c for c in Form(topic, answers).controls(PAGES[page]) if c.field == name)
        assert [o.value for o in control.options if o.chosen] == ["none"], name


# There and back ----------------------------------------------------------------------------------


def test_pages_sent_as_they_stand_change_nothing_of_any_given_case(topic):
    for _, answers, then in cases(topic):
        if "input" not in then:  # those are refused
            filled = with_unnamed_signs_no(topic, answers)
            round_trip(topic, json.loads(Person.from_mapping(filled, topic).canonical))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ENTRY = TEXT.map(str.strip).filter(lambda t: t and "," not in t and t.strip("_- ") != "")


@st.composite
def sent(draw):
    """A page of a person, with every control filled in one of the ways a browser can."""
    page = draw(st.sampled_from(load_pages(TOPIC)))
    opened = {"sex": "female", "age": 20, "pregnant": "yes", "leg_pain": "both",
              "mood": {"low": "yes", "suicidal_thoughts": "unknown"},
              "medicines": [{"name": "warfarin"}, {"name": "methotrexate"}],
              "peg": {"form": "yes"}, "odi": {"form": "yes"}}  # fmt: skip
    answers = draw(st.sampled_from([{}, opened, calm(TOPIC)]))
    form, found = Form(TOPIC, answers), {}
    for c in form.controls(page):
        values = [o.value for o in c.options]
        hard = st.sampled_from(["", "nan", "-1", "1e999", "٣", "x" * 300, "<b>", "=1+1", "none",
                                "unknown", "none, none", "a, a", ",", "\x00", "5,5"])  # fmt: skip
        number = st.floats(0, 130).map(lambda x: f"{x:.3g}")
        typed = st.one_of(number, hard, TEXT, ENTRY)
        if c.kind in {"choice", "scale"}:
            found[c.field] = draw(st.lists(st.sampled_from([*values, "?"]), max_size=1))
        elif c.kind in TICKED:
            found[c.field] = draw(st.lists(st.sampled_from(values), max_size=4))
            if c.kind == "list":
                found[f"{c.field}.line"] = [draw(typed)]
        else:
            found[c.field] = draw(st.lists(typed, max_size=2))
        if c.kind == "duration":
            found[c.unit] = [draw(st.sampled_from([*(u.value for u in c.units), "eons"]))]
    return page, answers, found, draw(st.sampled_from(["", "no"]))


@settings(max_examples=300, deadline=None, phases=[Phase.generate])
@given(case=sent())
def test_whatever_is_sent_is_taken_or_refused_and_comes_back_as_it_was_kept(case):
    page, before, found, rest = case
    answers, problems = Form(TOPIC, before).take(page, found, rest)
    Person.from_mapping(answers, TOPIC)
    for name, said in problems.items():
        assert name in page.every
        assert said.endswith((".", "?"))
        assert "\n" not in said
    form = Form(TOPIC, answers)
    again, wrong = form.take(page, sent_by(form, page))
    assert wrong == {}
    assert again == answers


@settings(max_examples=60, deadline=None, phases=[Phase.generate])
@given(case=sent())
def test_what_is_wrong_is_shown_as_it_was_typed(case):
    page, before, found, _ = case
    form = Form(TOPIC, before)
    _, problems = form.take(page, found)
    for c in form.controls(page, found, problems):
        assert c.error == problems.get(c.field, "")
        name = f"{c.field}.line" if c.kind == "list" else c.field
        if c.kind not in {"choice", "scale", "ticks", "body"}:
            assert c.text == next(iter(found.get(name, [""])), "")
        chosen = {o.value for o in c.options if o.chosen}
        assert chosen == set(found.get(c.field, ())) & {o.value for o in c.options}
