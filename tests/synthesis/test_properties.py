"""What must not change when the data are written differently, and what must not get worse."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needlewise.evidence import build_network
from needlewise.synthesis.synthesise import settings_of, synthesise

from .networks import SHIPPED, arm, fit, network, pair, study

TREATMENTS = ["", "acupuncture", "dry-needling", "exercise", "sham-other", "acupuncture+exercise"]
WEEKS = [6.0, 9.0, 13.0, 52.0]
taus = st.sampled_from([0.0, 2.0, 8.0])
measures = st.tuples(st.floats(-40, 40), st.floats(0.5, 50))


@st.composite
def studies(draw, least=1):
    """One to four random studies of two or three different arms over one or two shared weeks."""
    made = []
    for k in range(draw(st.integers(least, 4))):
        names = draw(st.lists(st.sampled_from(TREATMENTS), min_size=2, max_size=3, unique=True))
        weeks = draw(st.lists(st.sampled_from(WEEKS), min_size=1, max_size=2, unique=True))
        arms = [arm(name, {week: draw(measures) for week in weeks}) for name in names]
        made.append(study(f"s{k}", *arms))
    return made


def moments(effects, components=None):
    """Mean and SD of every component at every knot."""
    names = components or effects.network.components
    rows = [effects.contrast(w, (c,)) for c in names for w in effects.basis.knots]
    return np.array([[s.mean, s.sd] for s in map(effects.summary, rows)])


def same(one, two, tolerance=1e-7):
    np.testing.assert_allclose(one, two, rtol=tolerance, atol=tolerance)


@settings(max_examples=15, deadline=None)
@given(made=studies(), random=st.randoms(use_true_random=False), tau=st.sampled_from([None, 3.0]))
def test_order_of_studies_and_arms_does_not_matter(made, random, tau) -> None:
    before = fit(*made, tau=tau)
    turned = [replace(s, arms=tuple(random.sample(s.arms, len(s.arms)))) for s in made]
    random.shuffle(turned)
    after = fit(*turned, tau=tau)
    same(moments(before), moments(after))
    same(before.mixture.log_evidence, after.mixture.log_evidence)


@settings(max_examples=15, deadline=None)
@given(made=studies())
def test_names_of_treatments_do_not_matter(made) -> None:
    names = {"acupuncture": "zz", "dry-needling": "aa", "exercise": "mm", "sham-other": "sham-x"}
    renamed = [
        replace(s, arms=tuple(
            replace(a, components=tuple(sorted(names[c] for c in a.components))) for a in s.arms
        )) for s in made
    ]  # fmt: skip
    before, after = fit(*made), fit(*renamed)
    order = tuple(names[c] for c in before.network.components)
    same(moments(before), moments(after, order))


@settings(max_examples=15, deadline=None)
@given(made=studies(), shift=st.floats(-1000, 1000))
def test_a_constant_in_all_arms_of_a_study_does_not_matter(made, shift) -> None:
    moved = [
        replace(s, arms=tuple(replace(a, values=a.values + shift * (k + 1)) for a in s.arms))
        for k, s in enumerate(made)
    ]
    same(moments(fit(*made)), moments(fit(*moved)), 1e-5)


@settings(max_examples=15, deadline=None)
@given(made=studies(), factor=st.sampled_from([0.01, 0.05, 10.0]))
def test_units_do_not_matter_when_all_scales_follow(made, factor) -> None:
    scaled = [
        replace(s, arms=tuple(
            replace(a, values=factor * a.values, variances=factor**2 * a.variances) for a in s.arms
        )) for s in made
    ]  # fmt: skip
    before = fit(*made)
    plain = settings_of(before.network)
    priors = plain.priors
    other = replace(
        priors, level_sd=factor * priors.level_sd, drift_sd=factor * priors.drift_sd,
        separate_sd=factor * priors.separate_sd, tau_scale=factor * priors.tau_scale,
    )  # fmt: skip
    after = synthesise(network(*scaled), replace(plain, priors=other), support=False)
    same(factor * moments(before), moments(after), 1e-7)
    same(factor * before.tau().mean, after.tau().mean)


def doubled(s, copy):
    """One of two copies that together say as much as the study."""
    arms = tuple(replace(a, variances=2.0 * a.variances) for a in s.arms)
    return replace(s, id=f"{s.id}-{copy}", arms=arms)


@settings(max_examples=15, deadline=None)
@given(made=studies())
def test_a_study_in_two_halves_says_the_same_without_heterogeneity(made) -> None:
    halves = [doubled(s, copy) for s in made for copy in "ab"]
    same(moments(fit(*made, tau=0.0)), moments(fit(*halves, tau=0.0)), 1e-8)


@settings(max_examples=15, deadline=None)
@given(made=studies(), tau=taus, difference=measures)
def test_a_disconnected_study_changes_nothing_at_fixed_tau(made, tau, difference) -> None:
    before = fit(*made, tau=tau)
    after = fit(*made, pair("apart", "laser", "cupping", *difference), tau=tau)
    same(moments(before), moments(after, before.network.components), 1e-8)


@settings(max_examples=15, deadline=None)
@given(made=studies(least=2), tau=taus)
def test_precision_never_falls_when_a_study_is_added(made, tau) -> None:
    *some, _ = made
    before, after = fit(*some, tau=tau), fit(*made, tau=tau)
    names = before.network.components
    rows = {w: [e.contrast(w, (c,)) for e in (before, after) for c in names] for w in WEEKS}
    for both in rows.values():
        (few, many) = both[: len(names)], both[len(names) :]
        for one, two in zip(few, many, strict=True):
            assert after.summary(two).sd <= before.summary(one).sd * (1 + 1e-9)
    for k in range(1, len(names)):
        sds = [e.summary(e.contrast(6, (names[0],), (names[k],))).sd for e in (before, after)]
        assert sds[1] <= sds[0] * (1 + 1e-9)


@settings(max_examples=15, deadline=None)
@given(made=studies())
def test_the_range_holds_the_mean_and_a_new_setting_is_wider(made) -> None:
    effects = fit(*made)
    for c in effects.network.components:
        row = effects.contrast(13, (c,))
        average, new = effects.summary(row), effects.summary(row, new_setting=True)
        assert average.low < average.mean < average.high
        assert new.mean == average.mean
        assert new.low < average.low
        assert new.high > average.high


@pytest.mark.parametrize("value", [1e-6, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("variance", [1e-6, 1.0, 1e3, 1e6])
def test_extreme_numbers_give_numbers(value, variance) -> None:
    effects = fit(
        pair("one", "acupuncture", "", value, variance),
        pair("two", "acupuncture", "dry-needling", -value, 2 * variance),
        pair("three", "dry-needling", "", 0.5 * value, 1.0),
        check=True,
    )
    assert np.all(np.isfinite(moments(effects)))
    assert np.isfinite(effects.error)
    for c in effects.network.components:
        found = effects.summary(effects.contrast(6, (c,)))
        assert found.low < found.mean < found.high
    if value <= 1e3:
        assert effects.error < 1e-4


@pytest.mark.parametrize("outcome", ["pain", "disability"])
def test_the_pack_in_another_order(outcome) -> None:
    made = build_network(SHIPPED, outcome)
    turned = made.keep(
        tuple(replace(s, arms=tuple(reversed(s.arms))) for s in reversed(made.studies))
    )
    one, two = (synthesise(n, support=False) for n in (made, turned))
    same(moments(one), moments(two), 1e-8)
