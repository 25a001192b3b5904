"""Which trials stand behind each number, and why a number is missing."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.outlook.looks import look
from tests.person.people import calm, person

import needlewise as nw
from needlewise.outlook.cells import NO_FIGURE

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
NEEDLING = ("dry-needling", "acupuncture", "electroacupuncture", "both")

# Every dry-needling number the office worker sees, with the trials behind it.
DRY_NEEDLING = {
    ("pain", 6.0): ("own", {"dn-exercise-jhwcr", "fujimoto-2011", "inoue-2009", "liu-2023"}),
    ("pain", 13.0): ("other-people", {"mahmoudzadeh-2016"}),
    ("disability", 6.0): (
        "other-people",
        {"dn-exercise-jhwcr", "lara-palomo-2023", "liu-2023", "mahmoudzadeh-2016"},
    ),
    ("disability", 13.0): ("other-people", {"mahmoudzadeh-2016"}),
    ("disability", 26.0): ("own", {"liaocheng-2021"}),
}


@pytest.fixture(scope="module")
def office(topic):
    return look(topic)


def test_the_trials_behind_each_dry_needling_number(topic, office):
    shown = {
        (c.outcome, c.week): (c.evidence, set(c.trials))
        for c in office.cells
        if c.option == "dry-needling" and c.effect is not None
    }
    assert shown == DRY_NEEDLING
    for _, trials in shown.values():
        for trial in trials:
            arms = [a["components"] for a in topic["arms"] if a["study_id"] == trial]
            assert any("dry-needling" in a for a in arms), trial


def test_dry_needling_against_a_pretend_needle_is_one_trial_of_32(office):
    cell = next(
        s for s in office.shams
        if (s.option, s.sham, s.week) == ("dry-needling", "sham-penetrating", 6.0)
    )  # fmt: skip
    assert cell.trials == ("fujimoto-2011",)
    assert cell.size == 32


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_missing_number_has_a_reason(topic, path):
    seen = nw.look_ahead(topic, None, nw.Person.from_file(path, topic))
    if not seen.triage.comparison_shown:
        assert path.stem == "emergency"
        assert (seen.cells, seen.harms, seen.shams, seen.benchmarks) == ((), (), (), ())
        assert (seen.draws, seen.burdens, seen.course) == ({}, (), None)
        return
    options, outcomes, weeks = len(topic.options), 2, 4
    assert len(seen.cells) == options * outcomes * weeks
    for cell in seen.cells:
        reference = cell.option == "no-needling"
        if cell.effect is None and not reference:
            assert cell.why in NO_FIGURE, cell.key
            assert cell.certainty is None
            assert cell.expected is None
        if cell.expected is None:
            assert cell.why_no_level in NO_FIGURE, cell.key
        if cell.chance is None:
            assert cell.why_no_chance in NO_FIGURE, cell.key
        if cell.effect is not None:
            assert not cell.why
            assert cell.certainty.level
            assert cell.trials
    for sham in seen.shams:
        assert (sham.effect is None) == bool(sham.why)


def test_both_is_shown_without_a_number_because_nobody_measured_it(office):
    for cell in office.cells:
        if cell.option == "both":
            assert (cell.effect, cell.expected, cell.chance) == (None, None, None)
            assert cell.why == "together"


def test_effects_of_the_default_audience_are_those_of_the_engine(topic, office):
    for outcome in ("pain", "disability"):
        effects = nw.synthesise(nw.build_network(topic, outcome))
        unit = 1.0 if outcome == "pain" else 4.7
        seen = 0
        for cell in office.cells:
            if (cell.outcome, cell.evidence) == (outcome, "own") and cell.effect is not None:
                row = effects.contrast(cell.week, topic.option(cell.option).components)
                summary = effects.summary(row)
                ours = cell.effect.mean, cell.effect.low, cell.effect.high
                theirs = (unit * x for x in (summary.mean, summary.low, summary.high))
                assert ours == pytest.approx(tuple(theirs), abs=1e-9)
                seen += 1
        assert seen >= 4


def test_effects_given_are_used(topic):
    """`look_ahead(topic, effects, person)` does not fit the given network again."""
    effects = nw.synthesise(nw.build_network(topic, "pain"))
    moved = replace(effects, mixture=replace(effects.mixture, means=effects.mixture.means - 5.0))
    fresh = replace(topic, _memo={})
    someone = person(fresh, calm(fresh))
    plain, other = (nw.look_ahead(fresh, e, someone) for e in (effects, moved))
    cells = [s.cell("acupuncture", "pain", 13.0).effect.mean for s in (plain, other)]
    assert cells[1] == pytest.approx(cells[0] - 5.0)


def test_unsupported_contrasts_enter_no_draw(office):
    supported = {(c.outcome, c.week, c.option) for c in office.cells if c.effect is not None}
    assert set(office.draws) == supported


def test_other_people_get_the_prediction_and_the_lowest_certainty(topic, office):
    cells = [c for c in office.cells if c.evidence == "other-people"]
    assert cells
    for cell in cells:
        assert cell.certainty.level == "very low"
        assert cell.effect == cell.new_setting
        assert cell.audience.startswith("people") or "older adults" in cell.audience
    own = office.cell("acupuncture", "pain", 13.0)
    assert own.new_setting.high - own.new_setting.low > own.effect.high - own.effect.low


def test_an_acute_person_is_never_told_other_people_s_trials_are_theirs(topic):
    seen = look(topic, pain_weeks=2)
    needled = [c for c in seen.cells if c.option != "no-needling"]
    assert {c.evidence for c in needled} == {"other-people", "none"}
    for sham in seen.shams:
        assert sham.effect is None or sham.audience
    for benchmark in seen.benchmarks:
        assert "more than 12 weeks" in benchmark.audience


def test_trials_of_people_with_leg_pain_are_theirs_to_those_who_have_it(topic, office):
    leg = look(topic, leg_pain="left")
    assert leg.cell("dry-needling", "pain", 13.0).evidence == "own"
    assert office.cell("dry-needling", "pain", 13.0).evidence == "other-people"
    assert "leg pain" in office.cell("dry-needling", "pain", 13.0).audience


@pytest.mark.parametrize(
    ("changes", "population", "conditions"),
    [
        ({"pain_weeks": 0}, "acute", ()),
        ({"pain_weeks": 6}, "acute", ()),
        ({"pain_weeks": 6.1}, "subacute", ()),
        ({"pain_weeks": 12}, "subacute", ()),
        ({"pain_weeks": 12.1}, "chronic", ()),
        ({"pain_weeks": ...}, None, ()),
        ({"age": 64.9}, "chronic", ()),
        ({"age": 65}, "chronic", ("older-adults",)),
        ({"pregnant": "yes", "age": 30}, "chronic", ("pregnancy",)),
        ({"leg_pain": "right"}, "chronic", ("radicular",)),
    ],
)
def test_whose_trials_count(topic, changes, population, conditions):
    subject = look(topic, **changes).subject
    assert subject.population == population
    assert subject.conditions == conditions
    assert subject.maybe == ()


def test_a_man_s_pregnancy_is_no_open_question(topic):
    assert look(topic, sex="male", pregnant=...).subject.maybe == ()
    assert look(topic, leg_pain="unknown").subject.maybe == ("radicular",)


def test_benchmarks_stand_beside_supported_effects_only(topic, office):
    for cell in office.benchmarks:
        assert cell.audience == ""
        assert abs(cell.distance) < 4
    found = {b.id: b for b in office.benchmarks}
    usual = found["vickers-2018-usual-care"]
    row = next(r for r in topic["benchmarks"] if r["id"] == "vickers-2018-usual-care")
    assert usual.published.mean == pytest.approx(-20 * float(row["estimate"]))
    assert usual.published.low == pytest.approx(-20 * float(row["ci_high"]))
    ours = office.cell("acupuncture", "pain", 13.0).effect
    assert (usual.ours.mean, usual.ours.low) == pytest.approx((ours.mean, ours.low))
