"""Senn 2013, 26 trials of 10 treatments: the printed results through the engine."""

import csv
from collections import defaultdict
from functools import cache

import pytest

from reference import senn

from .networks import arm, fit, study

VAGUE = 1e4
DIGITS = 5.1e-5  # half a unit of the fourth decimal


@cache
def studies():
    rows = defaultdict(list)
    with (senn.PUBLISHED / "senn2013.csv").open(encoding="utf-8", newline="") as file:
        for r in csv.DictReader(file):
            variance = float(r["sd"]) ** 2 / float(r["n"])
            name = "" if r["treatment"] == "placebo" else r["treatment"]
            rows[r["study"]].append(arm(name, (float(r["mean"]), variance)))
    return tuple(study(name, *arms) for name, arms in rows.items())


@cache
def fitted(tau):
    return fit(*studies(), tau=tau, level_sd=VAGUE)


def tau_of(model):
    return 0.0 if model == "common" else senn.reml_tau2() ** 0.5


def test_the_heterogeneity_is_the_printed_one() -> None:
    assert len(studies()) == 26
    assert round(senn.reml_tau2(), 4) == senn.expected()["reml"]["tau2"]


@pytest.mark.parametrize("model", ["common", "reml"])
@pytest.mark.parametrize("treatment", list(senn.expected()["reml"]["values"]))
def test_printed_effects(model, treatment) -> None:
    printed = senn.expected()[model]["values"][treatment]
    effects = fitted(tau_of(model))
    found = effects.summary(effects.contrast(6, (treatment,)))
    assert found.mean == pytest.approx(printed["estimate"], abs=DIGITS)
    assert found.sd == pytest.approx(printed["se"], abs=DIGITS)


LEAGUE = {k: v for k, v in senn.expected()["reml_league_pi"]["values"].items() if k[0] != "_"}


@pytest.mark.parametrize("names", LEAGUE)
def test_printed_league_with_prediction_intervals(names) -> None:
    effects = fitted(tau_of("reml"))
    plus, minus = names.split(" - ")
    row = effects.contrast(6, (plus,), (minus,))
    average, new = effects.summary(row), effects.summary(row, new_setting=True)
    ours = [average.mean, average.sd, average.low, average.high, new.low, new.high]
    assert ours == pytest.approx(LEAGUE[names], abs=DIGITS)


def test_random_effects_posterior_equals_the_dense_one() -> None:
    effects = fit(*studies(), level_sd=2.0, tau_scale=0.5, check=True)
    dense = senn.bayes_random(2.0, 0.5, nodes=2001)
    for k, name in enumerate(effects.network.components):
        theirs, ours = dense.summary(k), effects.summary(effects.contrast(6, (name,)))
        assert (ours.mean, ours.sd, ours.low, ours.high) == pytest.approx(theirs, abs=1e-7)
    moments = dense.tau_moments()
    assert effects.tau().mean == pytest.approx(moments["mean"], abs=1e-7)
    assert effects.tau().sd == pytest.approx(moments["sd"], abs=1e-7)
    assert effects.error < 1e-6
