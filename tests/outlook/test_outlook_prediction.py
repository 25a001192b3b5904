"""One person against plain Monte Carlo, and the rules about when a number may be shown."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special
from tests.outlook.looks import look, with_assumption

from needlewise.outlook.course import shape
from needlewise.outlook.prediction import (
    Item,
    chance_better,
    draw_effects,
    sources_disagree,
    unlike_the_trials,
    without_needling,
)

SETTINGS = 20_000


def settings_drawn(seen, option, week, pain, seed):
    """Plain Monte Carlo over new settings: pain without, pain with, each (SETTINGS,)."""
    rng = np.random.default_rng(seed)
    course, spread = seen.course, seen.spreads[week]
    node = rng.choice(len(course.mixture.weights), SETTINGS, p=course.mixture.weights)
    m, v = course.mixture.project(shape(course.basis, [week]))
    tau = course.mixture.taus[:, 0] * np.sqrt(course.basis.kernel([week])[0, 0])
    change = rng.normal(m[0][node], np.sqrt(v[0][node] + tau[node] ** 2))
    slope = rng.uniform(spread.slope_low, spread.slope_high, SETTINGS)
    without = np.clip(course.baseline + change + slope * (pain - course.baseline), 0.1, 99.9)
    if option is None:
        return without, without
    base = baseline_of_trials(seen)
    trials = np.clip(course.baseline + change + slope * (base - course.baseline), 0.1, 99.9)
    effects = seen.base.effects("pain", seen.subject.audience)
    row = effects.contrast(week, (option,))
    means, variances = effects.mixture.project(row[None, :])
    node = rng.choice(len(effects.mixture.weights), SETTINGS, p=effects.mixture.weights)
    kernel = effects.basis.kernel([week])[0, 0]
    spread_of_effect = variances[0][node] + effects.tau_squares[node] * kernel
    effect = rng.normal(means[0][node], np.sqrt(spread_of_effect))
    return without, np.clip(without + np.minimum(1, without / trials) * effect, 0.1, 99.9)


def baseline_of_trials(seen):
    studies = {s.id for s in seen.base.effects("pain", seen.subject.audience).network.studies}
    rows = [
        (float(r["baseline_pain_0_100"]), float(r["n_randomised"] or 1))
        for r in seen.topic["studies"]
        if r["study_id"] in studies and r["baseline_pain_0_100"]
    ]
    return sum(b * n for b, n in rows) / sum(n for _, n in rows)


def people_later(expected, residual, seed, people):
    """Simulated people whose mean on the scale is as expected, shape (settings, people)."""
    rng = np.random.default_rng(seed)
    phi = special.ndtr
    low, high = np.full(len(expected), -400.0), np.full(len(expected), 500.0)
    for _ in range(60):
        mid = (low + high) / 2
        a, b = -mid / residual, (100 - mid) / residual
        mean = mid * (phi(b) - phi(a)) + 100 * (1 - phi(b))
        mean += residual * (np.exp(-a * a / 2) - np.exp(-b * b / 2)) / np.sqrt(2 * np.pi)
        low, high = np.where(mean < expected, mid, low), np.where(mean < expected, high, mid)
    return np.clip(rng.normal(mid[:, None], residual, (len(expected), people)), 0, 100)


def responders(expected, pain, residual, seed):
    """Share of simulated people who lost 30 % of their pain or more."""
    return (people_later(expected, residual, seed, 300) <= 0.7 * pain).mean(axis=1)


@pytest.fixture(scope="module")
def office(topic):
    return look(topic)


@pytest.mark.parametrize("pain_nrs", [4.5, 6, 8])
@pytest.mark.parametrize("week", [6.0, 52.0])
def test_the_course_regresses_to_the_mean_as_the_formula_says(topic, pain_nrs, week):
    seen = look(topic, pain_nrs=pain_nrs)
    without, _ = settings_drawn(seen, None, week, 10 * pain_nrs, seed=1)
    cell = seen.cell("no-needling", "pain", week)
    assert cell.expected.mean == pytest.approx(without.mean(), abs=0.3)
    low, high = np.quantile(without, [0.025, 0.975])
    assert (cell.expected.low, cell.expected.high) == pytest.approx((low, high), abs=1.5)


@pytest.mark.parametrize(("option", "week"), [("acupuncture", 13.0), ("dry-needling", 6.0)])
def test_expected_pain_and_chances_equal_a_simulation_of_people(office, option, week):
    without, with_it = settings_drawn(office, option, week, 60.0, seed=2)
    cell, none = office.cell(option, "pain", week), office.cell("no-needling", "pain", week)
    assert cell.expected.mean == pytest.approx(with_it.mean(), abs=0.4)
    ends = np.quantile(with_it, [0.025, 0.975])
    assert (cell.expected.low, cell.expected.high) == pytest.approx(tuple(ends), abs=2.0)

    residual = office.spreads[week].residual
    p0 = responders(without[:6000], 60.0, residual, seed=3)
    p1 = responders(with_it[:6000], 60.0, residual, seed=3)
    assert none.chance.mean == pytest.approx(p0.mean(), abs=0.012)
    assert cell.chance.mean == pytest.approx(p1.mean(), abs=0.015)
    assert cell.difference.mean == pytest.approx((p1 - p0).mean(), abs=0.015)
    assert cell.difference.mean == pytest.approx(cell.chance.mean - none.chance.mean, abs=1e-9)
    for shown, drawn in ((cell.chance, p1), (cell.difference, p1 - p0)):
        low, high = np.quantile(drawn, [0.025, 0.975])
        assert (shown.low, shown.high) == pytest.approx((low, high), abs=0.05)


def test_the_range_for_one_person_holds_how_people_differ(office):
    """A simulated person of this kind lands inside in 95 of 100."""
    without, with_it = settings_drawn(office, "acupuncture", 13.0, 60.0, seed=4)
    residual = office.spreads[13.0].residual
    for cell, pain in (
        (office.cell("no-needling", "pain", 13.0), without),
        (office.cell("acupuncture", "pain", 13.0), with_it),
    ):
        people = people_later(pain, residual, 5, 1)
        assert (people > cell.you.high).mean() == pytest.approx(0.025, abs=0.008)
        below = (people < cell.you.low).mean()  # nobody is below no pain at all
        assert below == pytest.approx(0.025 if cell.you.low else 0.0, abs=0.008)
        assert cell.you.low < cell.expected.low
        assert cell.you.high > cell.expected.high


def test_joint_draws_have_the_covariance_of_a_new_setting(office):
    """C_q + (tau_q^2 / 2)(I + 11') for options against one reference at one week."""
    effects = office.base.effects("pain", office.subject.audience)
    items = [Item(("acupuncture",), (), 6.0), Item(("dry-needling",), (), 6.0)]
    draws = np.array(draw_effects(effects, items, 0, slice(8, 28)))
    rows = np.array([effects.contrast(6.0, i.plus) for i in items])
    means, covariances = effects.mixture.joint(rows)
    w = effects.mixture.weights
    centre = w @ means
    share = effects.basis.kernel([6.0])[0, 0] * 0.5 * (np.eye(2) + 1)
    total = np.einsum("n,nij->ij", w, covariances + effects.tau_squares[:, None, None] * share)
    total = total + np.einsum("n,ni,nj->ij", w, means - centre, means - centre)
    assert draws.mean(axis=1) == pytest.approx(centre, abs=0.2)
    assert np.cov(draws) == pytest.approx(total, rel=0.12)


def test_the_effect_shrinks_below_the_trials_pain_and_never_grows(topic):
    course = look(topic).course
    change, slope = np.array([-10.0, -20.0, -5.0, 0.0]), np.array([0.3, 0.5, 0.7, 0.6])
    less = without_needling(20.0, course, change, slope, 66.0, True)
    assert (less.share < 1).all()
    assert less.share == pytest.approx(less.pain / less.trials)
    more = without_needling(90.0, course, change, slope, 66.0, True)
    assert (more.share == 1).all()
    whole = without_needling(20.0, course, change, slope, 66.0, False)
    assert (whole.share == 1).all()


def test_lambda_is_an_assumption_that_can_be_switched_off(topic):
    scaled = look(topic, pain_nrs=4.5)
    whole = look(with_assumption(topic, "effect_shrinks_with_pain", 0.0), pain_nrs=4.5)
    one, other = (s.cell("acupuncture", "pain", 13.0).expected.mean for s in (scaled, whole))
    assert other < one - 0.5
    assert float(np.mean(whole.share(13.0))) == 1.0
    none = (s.cell("no-needling", "pain", 13.0).expected for s in (scaled, whole))
    assert next(none) == next(none)


def test_a_higher_pain_than_the_trials_gets_the_average_effect(topic):
    high = look(topic, pain_nrs=8)
    assert (high.share(13.0) == 1.0).all()
    cell, none = (high.cell(o, "pain", 13.0) for o in ("acupuncture", "no-needling"))
    gain = cell.expected.mean - none.expected.mean
    assert gain == pytest.approx(cell.effect.mean, abs=0.5)


@pytest.mark.parametrize(("pain_nrs", "shown"), [(1.9, False), (2, True), (0, False)])
def test_below_two_of_ten_there_is_no_chance_and_the_page_says_why(topic, pain_nrs, shown):
    seen = look(topic, pain_nrs=pain_nrs)
    for option in ("no-needling", "acupuncture"):
        cell = seen.cell(option, "pain", 13.0)
        assert cell.expected is not None
        assert (cell.chance is not None) is shown
        assert cell.why_no_chance == ("" if shown else "low-pain")
    assert all(s.people is None for s in seen.shams) is not shown
    assert shown or "sources-disagree" not in seen.notes


def test_chance_counts_those_at_or_below_seven_tenths():
    at, below, above = chance_better(np.array([42.0, 22.0, 62.0]), 60.0, 0.30, 5.0)
    assert at == pytest.approx(0.5, abs=1e-6)
    assert below > 0.999
    assert above < 0.001


@pytest.mark.parametrize("pain_nrs", [1, 10])
def test_few_like_you_is_said_and_both_ranges_are_covered(topic, pain_nrs):
    seen = look(topic, pain_nrs=pain_nrs)
    assert "few-like-you" in seen.notes
    whole = look(with_assumption(topic, "effect_shrinks_with_pain", 0.0), pain_nrs=pain_nrs)
    for week in (6.0, 13.0, 52.0):
        cell, other = (s.cell("acupuncture", "pain", week) for s in (seen, whole))
        assert cell.expected.low <= other.expected.low + 1e-9
        assert cell.expected.high >= other.expected.high - 1e-9
        assert cell.you.low <= other.you.low + 1e-9
        if cell.chance is not None:
            assert cell.chance.low <= other.chance.low + 1e-9
            assert cell.difference.high >= other.difference.high - 1e-9


def test_most_people_are_like_those_studied(topic):
    assert "few-like-you" not in look(topic, pain_nrs=6).notes
    assert unlike_the_trials(10.0, 60.0, 5.0, 18.0)
    edge = 1.645 * np.hypot(5.0, 18.0)
    assert not unlike_the_trials(60.0 - edge + 0.1, 60.0, 5.0, 18.0)
    assert unlike_the_trials(60.0 + edge + 0.1, 60.0, 5.0, 18.0)


def test_a_source_that_moves_the_chance_is_named_and_covered(topic):
    assert sources_disagree({"a": 0.31, "b": 0.45, "c": 0.20}, 0.32, 10.0) == ("b", "c")
    seen = look(topic, pain_nrs=6)
    settings = {
        **topic.settings,
        "course": {**topic.settings["course"], "disagreement": 2.0},
    }
    strict = look(replace(topic, settings=settings, _memo={}), pain_nrs=6)
    named = strict.notes["sources-disagree"]
    assert named
    assert set(named) <= {s.id for s in seen.course.sources}
    assert "sources-disagree" not in seen.notes or set(seen.notes["sources-disagree"]) <= set(named)
    wider = False
    for option in ("no-needling", "acupuncture"):
        for week in (6.0, 13.0, 52.0):
            one, two = (s.cell(option, "pain", week).chance for s in (seen, strict))
            assert two.mean == pytest.approx(one.mean)
            assert two.low <= one.low + 1e-12
            assert two.high >= one.high - 1e-12
            wider |= two.high - two.low > one.high - one.low + 1e-6
    assert wider


def test_disability_has_effects_and_no_expected_level(office):
    for cell in office.cells:
        if cell.outcome == "disability":
            assert cell.expected is None
            assert cell.chance is None
            assert cell.why_no_level


def test_function_is_shown_in_points_of_the_display_instrument(office):
    effects = office.base.effects("disability", office.subject.audience)
    cell = office.cell("acupuncture", "disability", 13.0)
    sd = office.topic.settings["instrument_sd"]["RMDQ24"]["value"]
    summary = effects.summary(effects.contrast(13.0, ("acupuncture",)))
    assert cell.effect.mean == pytest.approx(sd * summary.mean)
    assert cell.effect.low == pytest.approx(sd * summary.low)
