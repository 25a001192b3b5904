"""Influence of each row: the posterior mean is the weighted sum of the rows, whatever the level."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from needlewise.evidence import audience_all, audience_default, build_network
from needlewise.synthesis.influence import influences
from needlewise.synthesis.synthesise import settings_of, synthesise

from .networks import SHIPPED, fit, pair


@pytest.fixture(scope="module", params=["pain", "disability"])
def effects(request):
    return synthesise(build_network(SHIPPED, request.param, audience_all(SHIPPED)), support=False)


CONTRASTS = [
    (6, ("acupuncture",), ()),
    (13, ("dry-needling",), ("acupuncture",)),
    (20, ("acupuncture",), ("sham-penetrating",)),
    (52, ("electroacupuncture",), ("no-treatment",)),
]


@pytest.mark.parametrize(("week", "plus", "minus"), CONTRASTS)
def test_weights_times_values_are_the_posterior_mean(effects, week, plus, minus) -> None:
    row = effects.contrast(week, plus, minus)
    found = influences(effects, row)
    assert sum(i.weight * i.value for i in found) == pytest.approx(effects.summary(row).mean)
    rows = sum(len(a.weeks) for s in effects.network.studies for a in s.arms)
    assert len(found) == rows
    assert all(i.places and i.error > 0 for i in found)


@pytest.mark.parametrize(("week", "plus", "minus"), CONTRASTS)
def test_weights_of_a_study_and_week_add_up_to_nothing(effects, week, plus, minus) -> None:
    """So a constant in all arms of a study's week moves no result."""
    sums = defaultdict(float)
    for i in influences(effects, effects.contrast(week, plus, minus)):
        sums[i.study, i.week] += i.weight
    assert np.abs(list(sums.values())).max() < 1e-9


def test_a_weight_is_how_far_the_result_moves() -> None:
    """At fixed tau: raise one value by one point and refit."""
    made = build_network(SHIPPED, "pain", audience_default(SHIPPED))
    settings = replace(settings_of(made), fixed_tau=4.0)
    before = synthesise(made, settings, support=False)
    row = before.contrast(13, ("acupuncture",))
    found = iter(influences(before, row))
    for s in made.studies[:4]:
        for a in s.arms:
            for k in range(len(a.weeks)):
                raised = replace(a, values=a.values + np.eye(len(a.weeks))[k])
                arms = tuple(raised if x is a else x for x in s.arms)
                studies = tuple(replace(x, arms=arms) if x is s else x for x in made.studies)
                after = synthesise(made.keep(studies), settings, support=False)
                moved = after.summary(row).mean - before.summary(row).mean
                assert next(found).weight == pytest.approx(moved, abs=1e-9)


def test_the_more_precise_trial_weighs_more() -> None:
    effects = fit(
        pair("exact", "acupuncture", "", -10, 1), pair("vague", "acupuncture", "", -10, 50), tau=0.0
    )
    by_study = {
        (i.study, i.arm): i.weight
        for i in influences(effects, effects.contrast(6, ("acupuncture",)))
    }
    exact, vague = by_study["exact", "acupuncture"], by_study["vague", "acupuncture"]
    assert exact / vague == pytest.approx(50.0)
    assert exact + vague == pytest.approx((1 + 1 / 50) / (1 + 1 / 50 + 1 / 900))
