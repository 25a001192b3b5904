"""How people differ: rows of spread.csv and the trials' own SDs, never borrowed."""

import math

import numpy as np
import pytest
from tests.outlook.looks import look, with_rows

from needlewise.evidence.inclusion import audience
from needlewise.outlook.prediction import draw_slope
from needlewise.outlook.spread import spread_of, trial_baselines


def horizon(topic, week):
    return next(h for h in topic.settings["horizons"] if h["week"] == week)


def test_chronic_slopes_are_the_declared_assumption_within_a_year(topic):
    for week in (6, 13, 26, 52):
        spread = spread_of(topic, "chronic", audience(topic, "chronic"), horizon(topic, week))
        assert spread.assumed
        assert (spread.slope_low, spread.slope_high) == (
            topic.assumption("slope_low"),
            topic.assumption("slope_high"),
        )


def test_a_row_near_the_horizon_gives_the_slope(topic):
    """Two and five years: beta is correlation x later SD / first SD of each row."""
    people = audience(topic, "chronic")
    late = {"week": 104, "window": [36.8, 1000.0]}
    spread = spread_of(topic, "chronic", people, late)
    assert not spread.assumed
    slopes = sorted([0.53 * 21.8 / 19.1, 0.66 * 22.2 / 20.4])
    assert [spread.slope_low, spread.slope_high] == pytest.approx(slopes)


def test_pooled_sd_by_hand(topic):
    """The first SD: rows of spread.csv and every baseline SD of the audience's trials."""
    people = audience(topic, "chronic")
    studies = topic["studies"].by("study_id")
    found = [
        (r.number("sd_baseline"), r.number("n"))
        for r in topic["spread"]
        if r["population"] == "chronic" and r["outcome"] == "pain" and r["sd_baseline"]
    ]
    for r in topic["arm_results"]:
        wide = r["scale_max"] and float(r["scale_max"]) - float(r["scale_min"])
        about = people.refusal(studies[r["study_id"]]) is None
        start = r["outcome"] == "pain" and r["week"] and float(r["week"]) == 0
        if about and start and r["measure"] == "final" and r["sd"] and r["n"] and wide:
            found.append((float(r["sd"]) * 100 / wide, float(r["n"])))
    top = sum((n - 1) * sd**2 for sd, n in found)
    pooled = math.sqrt(top / sum(n - 1 for _, n in found))
    spread = spread_of(topic, "chronic", people, horizon(topic, 13))
    assert spread.start == pytest.approx(pooled)


def test_residual_is_what_pain_now_leaves(topic):
    spread = spread_of(topic, "chronic", audience(topic, "chronic"), horizon(topic, 13))
    middle = (spread.slope_low + spread.slope_high) / 2
    assert spread.residual**2 + (middle * spread.start) ** 2 == pytest.approx(spread.later**2)


@pytest.mark.parametrize(("population", "weeks"), [("acute", 2), ("subacute", 8)])
def test_no_spread_row_means_no_count_of_100_and_the_reason(topic, population, weeks):
    assert spread_of(topic, population, audience(topic, population), horizon(topic, 13)) is None
    seen = look(topic, pain_weeks=weeks)
    assert seen.subject.population == population
    cells = [c for c in seen.cells if c.outcome == "pain"]
    assert all(c.chance is None and c.you is None for c in cells)
    assert {c.why_no_chance for c in cells if c.expected is not None} == {"no-spread"}
    assert all(s.people is None for s in seen.shams)


def test_a_horizon_without_any_sd_has_no_spread(topic):
    """A pack that lost its follow-up SDs gives no count; it does not fall over."""
    bare = with_rows(topic, "arm_results", lambda r: not r["sd"])
    seen = look(bare)
    assert seen.cell("no-needling", "pain", 13.0).why_no_chance == "no-spread"


def test_slopes_are_uniform_over_their_range(topic):
    spread = spread_of(topic, "chronic", audience(topic, "chronic"), horizon(topic, 13))
    slopes = np.sort(draw_slope(spread))
    expected = np.linspace(spread.slope_low, spread.slope_high, len(slopes))
    assert np.abs(slopes - expected).max() < 0.01


def test_trial_baselines_are_weighted_by_people(topic):
    mean, between, places = trial_baselines(topic, ("cho-2013", "haake-2007"))
    assert mean == pytest.approx((64.5 * 130 + 67.8 * 1162) / (130 + 1162))
    assert between == pytest.approx(
        math.sqrt((130 * (64.5 - mean) ** 2 + 1162 * (67.8 - mean) ** 2) / 1292)
    )
    assert len(places) == 2
