"""Direct against indirect evidence: exact splits, the test between designs, and what is neither."""

import csv
import json
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from needlewise.evidence import audience_all, build_network
from needlewise.synthesis.incoherence import (
    between_designs,
    chi_square_tail,
    direct_studies,
    incoherence_of,
)
from needlewise.synthesis.synthesise import settings_of, synthesise
from reference import senn

from .networks import SHIPPED, arm, fit, pair, study

COURSE = {"week": 6, "window": [0.0, 8.8]}
WINDOW = (0.0, 8.8)
ACUPUNCTURE = ("acupuncture",)


def loop(direct, detour, variance=2.0, **rest):
    """Acupuncture against usual care: head to head, and through laser, three trials each."""
    return fit(
        *(pair(f"direct {k}", "acupuncture", "", direct + k, variance) for k in range(3)),
        *(pair(f"one {k}", "acupuncture", "laser", detour + k, variance) for k in range(3)),
        *(pair(f"two {k}", "laser", "", 0.0 + k, variance) for k in range(3)),
        **rest,
    )


def incoherence(effects, plus=ACUPUNCTURE, minus=(), horizon=COURSE):
    return incoherence_of(effects, plus, minus, horizon)


# ---- The split ----


def test_what_agrees_agrees() -> None:
    found = incoherence(loop(-15.0, -15.0))
    assert found.kind == "both"
    assert found.trials == ("direct 0", "direct 1", "direct 2")
    assert found.p > 0.5
    assert found.direct.mean == pytest.approx(found.indirect.mean, abs=1.5)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_planted_contradiction_is_found(sign) -> None:
    found = incoherence(loop(-30.0 * sign, 2.0 * sign))
    assert found.p < 0.001
    low, high = sorted([found.direct, found.indirect], key=lambda s: s.mean)
    assert low.high < high.low


def test_the_more_they_differ_the_smaller_p() -> None:
    found = [incoherence(loop(-10.0 - gap, -10.0)).p for gap in (0.0, 5.0, 10.0, 20.0, 40.0)]
    assert found == sorted(found, reverse=True)
    assert 0.0 <= found[-1] < 1e-4


def refit(effects, direct, plus, minus, week):
    """The split as one more model: the direct studies get components of their own."""
    network, mark = effects.network, "apart "

    def named(components):
        return tuple(mark + c for c in components)

    studies = tuple(
        replace(s, arms=tuple(replace(a, components=named(a.components)) for a in s.arms))
        if s.id in direct else s
        for s in network.studies
    )  # fmt: skip
    priors = effects.priors
    separate = priors.separate | frozenset(named(sorted(priors.separate)))
    settings = replace(
        settings_of(network), priors=replace(priors, separate=separate), nodes=120
    )  # fmt: skip
    split = synthesise(network.keep(studies), settings, support=False)
    one, other = split.contrast(week, named(plus), named(minus)), split.contrast(week, plus, minus)
    below = split.probability_below(one - other, 0.0)
    return split.summary(one), split.summary(other), 2 * min(below, 1 - below)


def same(found, direct, indirect, p) -> None:
    for ours, theirs in ((found.direct, direct), (found.indirect, indirect)):
        for name in ("mean", "sd", "low", "high"):
            miss = abs(getattr(ours, name) - getattr(theirs, name)) / theirs.sd
            assert miss < 2e-3, name
    assert found.p == pytest.approx(p, abs=1e-3)


@pytest.mark.parametrize(
    ("outcome", "option", "week"),
    [("pain", "acupuncture", 6), ("pain", "dry-needling", 6), ("pain", "electroacupuncture", 6),
     ("disability", "acupuncture", 26)],
)  # fmt: skip
def test_it_equals_a_model_with_effects_of_their_own(outcome, option, week) -> None:
    effects = synthesise(build_network(SHIPPED, outcome, audience_all(SHIPPED)))
    (horizon,) = [h for h in SHIPPED.settings["horizons"] if h["week"] == week]
    found = incoherence(effects, (option,), (), horizon)
    assert found.kind == "both"
    same(found, *refit(effects, found.trials, (option,), (), float(week)))


@pytest.mark.parametrize("gap", [0.0, 8.0])
def test_it_equals_that_model_in_a_network_by_hand(gap) -> None:
    effects = loop(-15.0 - gap, -15.0)
    found = incoherence(effects, ACUPUNCTURE, ("laser",))
    same(found, *refit(effects, found.trials, ACUPUNCTURE, ("laser",), 6.0))


# ---- Which studies are direct ----


def test_head_to_head_comes_before_adding_to_a_treatment() -> None:
    added = pair("added", "acupuncture+exercise", "exercise", -10, 4.0)
    plain = pair("plain", "acupuncture", "", -10, 4.0)
    late = pair("late", "acupuncture", "", -10, 4.0, week=13.0)
    both, only = fit(added, plain, late), fit(added, late)
    assert direct_studies(both.network, ACUPUNCTURE, (), WINDOW) == ("plain",)
    assert direct_studies(only.network, ACUPUNCTURE, (), WINDOW) == ("added",)
    assert direct_studies(both.network, ACUPUNCTURE, ("laser",), WINDOW) == ()
    assert incoherence(both).kind == "both"  # what is added to exercise is the other way


def test_one_way_alone_cannot_disagree() -> None:
    effects = fit(pair("a", "acupuncture", "", -10, 4.0), pair("b", "acupuncture", "laser", 1, 4.0))
    found = incoherence(effects)
    assert (found.kind, found.trials, found.p) == ("direct", ("a",), None)


def test_a_detour_outside_the_window_is_none() -> None:
    direct = pair("a", "acupuncture", "", -10, 4.0)
    detour = [pair("b", "acupuncture", "laser", 0, 4.0, 13.0), pair("c", "laser", "", -9, 4.0, 13)]
    assert incoherence(fit(direct, *detour)).kind == "direct"


# ---- Between designs ----


def test_without_a_second_way_nothing_can_be_tested() -> None:
    tree = fit(pair("b", "acupuncture", "laser", 0, 4.0), pair("c", "laser", "", -9, 4.0))
    found = incoherence(tree)
    assert (found.kind, found.trials, found.p) == ("indirect", (), None)


def square(closing, **rest):
    """Acupuncture to usual care only through laser or through massage."""
    return fit(
        *(pair(f"a{k}", "acupuncture", "laser", -5.0 + k, 1.0) for k in range(2)),
        *(pair(f"b{k}", "laser", "", -10.0 + k, 1.0) for k in range(2)),
        *(pair(f"c{k}", "acupuncture", "massage", -7.0 + k, 1.0) for k in range(2)),
        *(pair(f"d{k}", "massage", "", closing + k, 1.0) for k in range(2)),
        **rest,
    )


def test_two_detours_that_meet_agree_or_clash() -> None:
    agree, clash = incoherence(square(-8.0)), incoherence(square(20.0))
    assert agree.kind == clash.kind == "indirect"
    assert agree.p > 0.5
    assert clash.p < 0.01


def test_that_effects_do_not_add_up_is_seen_too() -> None:
    def added(joint):
        return fit(
            *(pair(f"a{k}", "acupuncture", "", -5.0, 1.0) for k in range(2)),
            *(pair(f"b{k}", "exercise", "", -5.0, 1.0) for k in range(2)),
            *(pair(f"c{k}", "acupuncture+exercise", "", joint, 1.0) for k in range(2)),
        )

    assert between_designs(added(-10.0), WINDOW) > 0.5
    assert between_designs(added(20.0), WINDOW) < 0.01


def test_only_the_window_counts() -> None:
    assert between_designs(square(20.0), (8.8, 18.4)) is None


def test_the_printed_chi_square_of_franchini() -> None:
    """Q between designs 0.68 on 2 degrees of freedom, p 0.7121, under a common effect."""
    path = senn.PUBLISHED / "franchini2012"
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    (printed,) = [p["Q"]["between"] for p in expected["published"] if "between" in p.get("Q", ())]
    arms = defaultdict(list)
    with path.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        for r in csv.DictReader(file):
            name = "" if r["treatment"] == "Placebo" else r["treatment"]
            arms[r["study"]].append(
                arm(name, (float(r["mean"]), float(r["sd"]) ** 2 / float(r["n"])))
            )
    effects = fit(
        *(study(name, *given) for name, given in arms.items()), level_sd=1e3, tau_scale=1e-7
    )
    assert between_designs(effects, WINDOW) == pytest.approx(printed["p"], abs=5e-5)


def test_labels_and_order_do_not_matter() -> None:
    effects = square(-2.0)
    turned = tuple(replace(s, arms=s.arms[::-1]) for s in reversed(effects.network.studies))
    again = replace(effects, network=effects.network.keep(turned))
    assert between_designs(again, WINDOW) == pytest.approx(between_designs(effects, WINDOW))


@pytest.mark.parametrize("freedom", range(1, 12))
def test_chi_square_tail(freedom) -> None:
    x = np.array([0.0, 1e-6, 0.3, 1.0, 4.0, 17.0, 90.0])
    assert chi_square_tail(x, freedom) == pytest.approx(chi2.sf(x, freedom), rel=1e-10, abs=1e-300)
