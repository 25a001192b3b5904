"""Hard rule 1: more signs, or less known, never calms."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.person.people import calm, put

from needlewise.person import Person, no_answers, triage
from needlewise.person.intake import load_intake
from needlewise.topic import load_topic

TOPIC = load_topic()
INTAKE = load_intake(TOPIC)
SIGNS = [
    name
    for name, field in INTAKE.fields.items()
    if field.sign and field.type == "choice" and name not in {"pregnant"}
]
WORST = {"red_flags.morning_stiffness_min": 120}
LISTED = {
    "conditions": [r["term"].replace("*", "right_arm") for r in INTAKE.terms["conditions"]][1:],
    "devices": [r["term"].replace("*", "nerve") for r in INTAKE.terms["devices"]][1:],
    "allergies": [r["term"] for r in INTAKE.terms["allergies"]][1:],
}
MEDICINES = [
    {"class": r["term"], "name": "tablet"} for r in INTAKE.terms["medicines"] if r["term"] != "none"
] + [{"name": r["term"].replace("*", "")} for r in INTAKE.terms["medicine_names"]]
PROFILE = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def run(answers):
    return triage(TOPIC, Person.from_mapping(answers, TOPIC))


@st.composite
def intakes(draw):
    """Any mix of signs, ages, durations and lists."""
    answers = calm(TOPIC)
    for sign in draw(st.lists(st.sampled_from(SIGNS), max_size=6, unique=True)):
        answers = put(answers, sign, draw(st.sampled_from(["yes", "no", "unknown", ...])))
    answers["age"] = draw(st.integers(10, 100))
    answers["sex"] = draw(st.sampled_from(["female", "male"]))
    answers["pregnant"] = draw(st.sampled_from(["yes", "no", "unknown", "not_applicable"]))
    answers["pain_weeks"] = draw(st.sampled_from([0.5, 1.9, 4, 8, 30, 400, None]))
    answers["leg_pain"] = draw(st.sampled_from(["none", "left", "both", "unknown"]))
    answers["red_flags"]["morning_stiffness_min"] = draw(st.sampled_from([0, 45, None]))
    for name, words in LISTED.items():
        answers[name] = draw(st.lists(st.sampled_from(words), max_size=2, unique=True))
    answers["medicines"] = draw(st.lists(st.sampled_from(MEDICINES), max_size=2, unique_by=repr))
    answers["clearance"] = draw(
        st.sampled_from([{}, {"fracture": "excluded"}, {"malignancy": "cleared", "by": "doctor"}])
    )
    return answers


def severity(result):
    return result.rank, not result.comparison_shown


def shows(result):
    """What stands open: the comparison and for each option how strictly it is held."""
    order = ("available", "precaution", "deferred", "not_feasible", "not_offered", "hidden")
    return [order.index(status.status) for status in result.options.values()]


@PROFILE
@given(intakes(), st.sampled_from(SIGNS))
def test_no_unknown_yes_only_ever_climb(answers, sign):
    no, unknown, yes = (run(put(answers, sign, word)) for word in ("no", "unknown", "yes"))
    assert severity(no) <= severity(unknown)
    assert severity(no) <= severity(yes)
    # A yes never shows more than an unknown.
    assert unknown.comparison_shown or not yes.comparison_shown
    assert all(a <= b for a, b in zip(shows(no), shows(unknown), strict=True))
    assert all(a <= b for a, b in zip(shows(no), shows(yes), strict=True))


@PROFILE
@given(intakes(), st.sampled_from(SIGNS))
def test_leaving_a_sign_out_never_calms(answers, sign):
    no, gone = run(put(answers, sign, "no")), run(put(answers, sign, ...))
    assert severity(no) <= severity(gone)


@PROFILE
@given(intakes(), st.sampled_from(sorted(LISTED)), st.data())
def test_one_more_condition_device_or_allergy_never_calms(answers, name, data):
    word = data.draw(st.sampled_from(LISTED[name]))
    more = {**answers, name: sorted({*answers[name], word})}
    assert severity(run(answers)) <= severity(run(more))
    assert all(a <= b for a, b in zip(shows(run(answers)), shows(run(more)), strict=True))


@PROFILE
@given(intakes(), st.sampled_from(MEDICINES))
def test_one_more_medicine_never_calms(answers, medicine):
    if medicine in answers["medicines"]:
        return
    more = run({**answers, "medicines": [*answers["medicines"], medicine]})
    assert severity(run(answers)) <= severity(more)


@PROFILE
@given(intakes(), st.text(max_size=200))
def test_free_text_only_raises(answers, text):
    assert severity(run(answers)) <= severity(run({**answers, "free_text": text}))


@PROFILE
@given(intakes(), st.randoms())
def test_order_of_lists_means_nothing(answers, random):
    mixed = dict(answers)
    for name in ("conditions", "devices", "allergies", "medicines"):
        mixed[name] = random.sample(answers[name], len(answers[name]))
    assert run(mixed) == run(answers)
    ours, theirs = (Person.from_mapping(a, TOPIC).hash for a in (answers, mixed))
    assert ours == theirs


@PROFILE
@given(
    intakes(),
    st.fixed_dictionaries(
        {"name": st.text(max_size=50), "ethnicity": st.text(max_size=50),
         "insurer": st.text(max_size=50), "language": st.sampled_from(["en", "ar", "other"])}
    ),
)  # fmt: skip
def test_who_someone_is_changes_nothing(answers, words):
    before, after = run(answers), run({**answers, **words})
    assert before.outcome == after.outcome
    assert before.options == after.options


@PROFILE
@given(intakes())
def test_both_is_as_strict_as_its_parts_together(answers):
    options = run(answers).options
    order = ("available", "precaution", "deferred", "not_feasible", "not_offered", "hidden")
    parts = [options["dry-needling"], options["acupuncture"]]
    both = options["both"]
    assert order.index(both.status) == max(order.index(part.status) for part in parts)
    limits = {limit.text for part in parts for limit in part.constraints}
    assert {limit.text for limit in both.constraints} == limits
    assert options["no-needling"].status in {"available", "hidden"}
    assert options["no-needling"].reasons == options["no-needling"].constraints == ()


ALONE_A_STOP = [
    name
    for name in no_answers(TOPIC)
    if not run(put(calm(TOPIC), name, WORST.get(name, "yes"))).comparison_shown
]
ALSO_NEEDED = ["age", "pregnant", "conditions", "medicines", "devices"]


def test_most_signs_stop_alone():
    assert len(ALONE_A_STOP) >= 16
    assert {"red_flags.saddle_numbness", "red_flags.fever", "red_flags.trauma"} <= {*ALONE_A_STOP}


@pytest.mark.parametrize("name", ALONE_A_STOP + ALSO_NEEDED)
@pytest.mark.parametrize("nothing", [..., None, "", "  "])
def test_a_calm_person_without_one_answer_is_asked(name, nothing):
    if name in {"red_flags.contractions", "red_flags.vaginal_bleeding"} or "pelvic" in name:
        answers = put(put(calm(TOPIC), "pregnant", "yes"), name, nothing)
    else:
        answers = put(calm(TOPIC), name, nothing)
    result = run(answers)
    assert result.rank >= 2
    assert not result.comparison_shown
    assert result.ask_clinician


@pytest.mark.parametrize("name", ["conditions", "medicines", "devices"])
def test_an_unknown_entry_is_kept_shown_and_asked_about(name):
    entry = {"conditions": "blue_fever_of_x", "medicines": {"name": "zzz"}, "devices": "gizmo"}
    person = Person.from_mapping(calm(TOPIC, **{name: [entry[name]]}), TOPIC)
    result = triage(TOPIC, person)
    assert result.outcome == "clarify"
    told = " ".join(answer for reason in result.reasons for answer in reason.answers)
    assert any(word in told for word in ("blue fever", "zzz", "gizmo"))
    assert any(word in person.canonical for word in ("blue_fever_of_x", "zzz", "gizmo"))
