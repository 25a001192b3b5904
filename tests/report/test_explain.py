"""Hard rule 10: every number traces to its rows, and the rows hold what is said of them."""

import re
from pathlib import Path

import pytest
from tests.report.seen import compared, differences, flat

import needlewise as nw
from needlewise.choice import Values, compare
from needlewise.errors import InputError
from needlewise.report.document import numbers
from needlewise.report.explain import FORMULAS, explain_number
from needlewise.report.view import document
from needlewise.synthesis.influence import influences
from needlewise.topic import load_topic

TOPIC = load_topic()
EXAMPLES = Path(__file__).parents[2] / "examples"
PLACE = re.compile(r"\b([a-z_]+\.csv):(\d+)")
TRIAL_ROW = re.compile(
    r"((?:[a-z_]+\.csv:\d+(?:, )?)+) ([^,:]+), ([^,:]+), week ([\d.]+): (-?[\d.e+-]+) "
    r"\(standard error ([\d.e+-]+), [\w-]+\), weight ([+-][\d.]+)"
)


@pytest.fixture(scope="module", params=["office_worker", "acute_lifter", "warfarin_user"])
def example(request):
    person = nw.Person.from_file(EXAMPLES / f"{request.param}.toml", TOPIC)
    return nw.compare(nw.look_ahead(TOPIC, None, person))


@pytest.fixture
def page(example, monkeypatch):
    """The example's document, made once for the many numbers that are explained from it."""
    doc = document(example)
    monkeypatch.setattr("needlewise.report.explain.document", lambda comparison: doc)
    return doc


def rows_at(text):
    for file, at in PLACE.findall(text):
        table = TOPIC[file.removesuffix(".csv")]
        yield next(r for r in table if r.line == int(at))  # StopIteration: no such line


def test_every_number_of_the_examples_is_explained(example, page):
    ids = {n.id for n in numbers(page)}
    assert len(ids) > 40
    for number in sorted(ids):
        told = explain_number(example, number)
        assert told.startswith(f"{number}: ")
        assert "Formula" in told
        assert f"hash {TOPIC.hash}" in flat(told)
        kind = number.split(".")[0]
        found = list(rows_at(flat(told)))
        unmeasured = number == "visits.no-needling"
        assert found or unmeasured or kind in {"fit", "flip", "trials"}, number
        if kind in {"trials", "people", "fit", "flip"}:
            assert found or re.search(r"\([\w-]+\)|from the person", told), number


def test_the_lines_named_hold_the_study_and_week_named(example, page):
    labels = {s["study_id"]: s["label"] for s in TOPIC["studies"]}
    checked = 0
    for number in sorted({n.id for n in numbers(page) if n.id.startswith("effect.")}):
        told = flat(explain_number(example, number))
        for places, label, _, week, _, _, _ in TRIAL_ROW.findall(told):
            for row in rows_at(places):
                assert labels[row["study_id"]] == label.strip(), (number, places)
                assert float(row["week"]) == float(week)
                checked += 1
    assert checked > 50


def test_the_rows_times_their_weights_are_the_number(example, page):
    """The posterior mean is linear in the rows; what is left out is less than a point."""
    for number in sorted({n for n in numbers(page) if n.id.startswith("effect.pain")},
                         key=lambda n: n.id):  # fmt: skip
        told = flat(explain_number(example, number.id))
        total = sum(float(v) * float(w) for *_, v, _, w in TRIAL_ROW.findall(told))
        assert differences(number.text)[0] == pytest.approx(total, abs=1.6), number


def test_pretend_needles_too_are_explained_by_the_effects_that_gave_them(example, page):
    for sham in example.outlook.shams:
        if sham.effect is not None:
            told = flat(explain_number(example, f"effect.{sham.key}"))
            total = sum(float(v) * float(w) for *_, v, _, w in TRIAL_ROW.findall(told))
            assert sham.effect.mean == pytest.approx(total, abs=1.6), sham.key


def test_all_influences_together_are_exactly_the_mean(example):
    base = example.outlook.base
    for effects in (base.effects("pain", example.outlook.subject.audience), base.everyone("pain")):
        if effects is not None:
            row = effects.contrast(13.0, ("acupuncture",))
            total = sum(i.weight * i.value for i in influences(effects, row))
            assert total == pytest.approx(effects.summary(row).mean, abs=1e-6)


def test_harms_name_the_surveys(example):
    told = flat(explain_number(example, "harm.bruising.acupuncture"))
    (row,) = rows_at(told.split("Other cells")[0])
    assert (row["event"], row["reporter"], row["option"]) == ("bruising", "patient", "acupuncture")
    others = list(rows_at(told.split("Other cells")[1]))
    assert others
    assert all(r["event"] == "bruising" for r in others)


def test_assumptions_come_with_value_and_reason():
    told = flat(explain_number(compared(TOPIC), "chance.pain.13.acupuncture"))
    for name in ("clearly_better", "effect_shrinks_with_pain", "slope_low", "course_tau_scale"):
        entry = TOPIC.settings["assumptions"][name]
        assert f"{name} = {entry['value']:g} {entry['unit']}: {entry['reason']}" in told
    assert "wallwork-2024" in told
    assert "pain now: 60.0 of 100" in told


def test_the_fit_tells_weights_values_and_ends():
    comparison = compared(TOPIC, Values.weighted({"pain": 3, "visits": 1}))
    told = flat(explain_number(comparison, "fit.acupuncture"))
    assert "pain: 0.750 (from the person)" in told
    assert "visits: 0.250" in told
    assert "visits: 20.0 to 0.0 visits" in told
    value = comparison.fit.parts["acupuncture", "visits"]
    assert f"acupuncture, visits: {value:.3f}" in told


def test_other_people_s_numbers_say_whose_trials_and_which_range():
    told = flat(explain_number(compared(TOPIC, pain_weeks=2), "effect.pain.13.acupuncture"))
    assert "evidence: other-people" in told
    assert "new setting" in told


def test_an_unknown_id_is_told_the_nearest():
    with pytest.raises(InputError, match=r"effect\.pain\.13\.acupuncture"):
        explain_number(compared(TOPIC), "effect.pain.13.acupunture")
    with pytest.raises(InputError, match="--ids lists them"):
        explain_number(compared(TOPIC), "zzz")


@pytest.mark.parametrize(
    "number", ["effect.pain.26.acupuncture", "effect.pain.13.both", "", "fit."]
)
def test_a_number_that_is_not_shown_is_not_explained(number):
    with pytest.raises(InputError, match="no number"):
        explain_number(compared(TOPIC), number)


def test_a_stop_explains_nothing():
    stopped = compare(compared(TOPIC, red_flags__saddle_numbness="yes").outlook)
    with pytest.raises(InputError, match="safety check comes first"):
        explain_number(stopped, "effect.pain.13.acupuncture")


def test_every_kind_of_number_has_a_formula(example):
    kinds = {n.id.split(".")[0] for n in numbers(document(example))}
    assert kinds <= set(FORMULAS)
