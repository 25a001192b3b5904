"""Reading a posterior: quantiles, chances, rows, and the words for what may be shown."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from needlewise.errors import InputError
from needlewise.evidence import audience_all, audience_default, build_network
from needlewise.synthesis.design import TimeBasis, basis_of, in_row_space, priors_of
from needlewise.synthesis.effects import mixture_quantiles, summarise
from needlewise.synthesis.synthesise import settings_of, support_of, synthesise

from .networks import SHIPPED, arm, fit, network, pair, study

HORIZON = {float(h["week"]): h for h in SHIPPED.settings["horizons"]}


@settings(max_examples=100, deadline=None)
@given(
    parts=st.lists(st.tuples(st.floats(0.01, 1), st.floats(-100, 100), st.floats(0.01, 30)),
                   min_size=1, max_size=6),
    level=st.floats(1e-6, 1 - 1e-6),
)  # fmt: skip
@example(parts=[(1.0, 0.0, 4.0), (1.0, 4.0, 5.0), (0.5, 0.0, 0.5)], level=0.375)
def test_mixture_quantiles_against_brent(parts, level) -> None:
    weights, means, sds = np.array(parts).T
    weights = weights / weights.sum()

    def gap(x):
        return float(weights @ stats.norm.cdf((x - means) / sds)) - level

    expected = optimize.brentq(gap, -1000, 1000, xtol=1e-12)
    ((found,),) = mixture_quantiles(weights, means[None], sds[None] ** 2, np.array([level]))
    # between far apart parts the quantile is flat: what counts is the probability it cuts off
    assert gap(found) == pytest.approx(0.0, abs=1e-9) or found == pytest.approx(expected, abs=1e-8)


def test_a_mixture_of_points_and_a_single_normal() -> None:
    (one,) = summarise(np.array([1.0]), np.array([[3.0]]), np.array([[4.0]]))
    assert (one.mean, one.sd) == (3.0, 2.0)
    assert (one.low, one.high) == pytest.approx(stats.norm.interval(0.95, 3.0, 2.0))
    (none,) = summarise(np.array([1.0]), np.array([[3.0]]), np.array([[0.0]]))
    assert (none.mean, none.sd, none.low, none.high) == (3.0, 0.0, 3.0, 3.0)


def test_chances_agree_with_quantiles() -> None:
    effects = synthesise(build_network(SHIPPED, "pain"))
    row = effects.contrast(13, ("acupuncture",))
    for new in (False, True):
        found = effects.summary(row, new_setting=new)
        for bound, p in ((found.low, 0.025), (found.high, 0.975)):
            assert effects.probability_below(row, bound, new_setting=new) == pytest.approx(p)
    assert effects.probability_below(row, 1e9) == pytest.approx(1.0, abs=1e-12)
    assert effects.probability_below(np.zeros_like(row), -1.0) == 0.0


def test_rows_add_up() -> None:
    effects = synthesise(build_network(SHIPPED, "pain"), support=False)
    plus, minus = ("acupuncture",), ("no-treatment",)
    row = effects.contrast(20, plus, minus)
    np.testing.assert_allclose(row, effects.vector(plus, 20) - effects.vector(minus, 20))
    assert effects.mean(row) == pytest.approx(effects.summary(row).mean)
    assert effects.summaries(np.stack([row, -row]))[1].high == pytest.approx(
        -effects.summary(row).low
    )
    assert effects.known(plus + minus)
    assert not effects.known(("acupuncture", "nothing"))
    means, covariances = effects.mixture.joint(np.stack([row, 2 * row]))
    one, spread = effects.mixture.project(row[None, :])
    np.testing.assert_allclose(means, np.stack([one[0], 2 * one[0]], axis=1))
    np.testing.assert_allclose(covariances[:, 0, 1], 2 * spread[0], rtol=1e-9)
    assert effects.mixture.weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("outcome", ["pain", "disability"])
@pytest.mark.parametrize("audience", [audience_default, audience_all])
def test_the_grid_is_fine_enough(outcome, audience) -> None:
    made = build_network(SHIPPED, outcome, audience(SHIPPED))
    assert synthesise(made, check=True).error < 1e-6
    assert np.isnan(synthesise(made, support=False).error)


def test_a_coarse_grid_is_reported() -> None:
    made = build_network(SHIPPED, "pain")
    coarse = synthesise(made, replace(settings_of(made), nodes=4), check=True)
    assert coarse.error > 1e-4


def test_fixed_tau_is_the_tau_of_new_settings() -> None:
    effects = fit(pair("s", "acupuncture", "", -10.0, 4.0), tau=3.0)
    row = effects.contrast(6, ("acupuncture",))
    average, new = effects.summary(row), effects.summary(row, new_setting=True)
    assert new.sd**2 - average.sd**2 == pytest.approx(9.0)
    assert effects.tau().mean == effects.tau().low == effects.tau().high == 3.0


def test_nothing_to_combine_is_said() -> None:
    with pytest.raises(InputError, match="No trial of pain can be used for all conditions"):
        synthesise(network())


def test_one_study_is_enough() -> None:
    effects = fit(pair("s", "acupuncture", "", -10.0, 4.0), support=True, check=True)
    assert effects.summary(effects.contrast(6, ("acupuncture",))).mean < -5
    assert effects.support["acupuncture", 6.0].trials == ("s",)
    assert effects.error < 1e-6


# ---- Time and priors ----


@given(st.floats(0.01, 2000))
def test_weights_of_knots(week) -> None:
    weights = basis_of(SHIPPED.settings).at(week)[0]
    assert weights.sum() == pytest.approx(1.0)
    assert np.all(weights >= 0)
    assert np.count_nonzero(weights) <= 2


def test_knots_are_their_own_weights_and_the_ends_are_flat() -> None:
    basis = basis_of(SHIPPED.settings)
    np.testing.assert_allclose(basis.at(basis.knots), np.eye(4), atol=1e-15)
    np.testing.assert_allclose(basis.at([1.0, 400.0]), np.eye(4)[[0, 3]])
    np.testing.assert_allclose(basis.at((13 * 26) ** 0.5), [[0, 0.5, 0.5, 0]], atol=1e-12)


@given(st.lists(st.floats(0.5, 300), min_size=1, max_size=6))
def test_random_effects_correlate_properly(weeks) -> None:
    kernel = basis_of(SHIPPED.settings).kernel(weeks)
    np.testing.assert_allclose(np.diag(kernel), 1.0)
    assert np.all(kernel <= 1 + 1e-12)
    assert np.all(kernel >= 0.95**3 - 1e-12)
    assert np.linalg.eigvalsh(kernel).min() > -1e-10


def test_priors_of_a_component() -> None:
    basis = TimeBasis((6.0, 12.0, 48.0), 0.95)
    priors = priors_of(SHIPPED.settings, "points")
    expected = 900 + 25 * np.array([[0, 0, 0], [0, 1, 1], [0, 1, 3]])
    np.testing.assert_allclose(priors.covariance("acupuncture", basis), expected)
    np.testing.assert_allclose(priors.covariance("no-treatment", basis), expected - 875)
    wider = priors.scaled(level=2, drift=3, tau=4)
    assert (wider.level_sd, wider.drift_sd, wider.tau_scale) == (60, 15, 40)
    assert wider.separate_sd == priors.separate_sd


def test_row_space() -> None:
    rows = np.array([[1.0, -1, 0], [0, 1, -1]])
    assert in_row_space(rows, np.array([1.0, 0, -1]), 1e-8)
    assert not in_row_space(rows, np.array([1.0, 0, 0]), 1e-8)
    assert not in_row_space(np.zeros((0, 3)), np.array([1.0, 0, 0]), 1e-8)
    assert in_row_space(np.zeros((0, 3)), np.zeros(3), 1e-8)


# ---- What may be shown ----

ACU, DRY, SHAM = "acupuncture", "dry-needling", "sham-penetrating"
SHOWN = {
    "direct": ([pair("s", ACU, "", -9, 4)], (ACU,), (), "supported", "direct", ("s",)),
    "add-on": (
        [pair("s", f"{ACU}+exercise", "exercise", -9, 4)],
        (ACU,), (), "supported", "add-on", ("s",),
    ),
    "indirect": (
        [pair("s", ACU, SHAM, -4, 4), pair("u", SHAM, "", -6, 4)],
        (ACU,), (), "supported", "indirect", ("s",),
    ),
    "between two": (
        [pair("s", ACU, "", -9, 4), pair("u", DRY, "", -8, 4)],
        (DRY,), (ACU,), "supported", "indirect", ("s", "u"),
    ),
    "direct wins over add-on": (
        [pair("s", f"{ACU}+exercise", "exercise", -9, 4), pair("u", ACU, "", -9, 4)],
        (ACU,), (), "supported", "direct", ("s", "u"),
    ),
    "not in the network": ([pair("s", ACU, "", -9, 4)], (DRY,), (), "not-studied", "none", ()),
    "in both arms": (
        [pair("s", f"{DRY}+exercise", DRY, -9, 4)], (DRY,), (), "not-studied", "none", (),
    ),
    "at another time": (
        [pair("s", DRY, "", -9, 4, week=13.0)], (DRY,), (), "not-studied", "none", (),
    ),
    "no link": ([pair("s", DRY, SHAM, -9, 4)], (DRY,), (), "not-comparable", "indirect", ("s",)),
    "too vague": ([pair("s", DRY, "", -9, 900)], (DRY,), (), "too-vague", "direct", ("s",)),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_what_may_be_shown(name) -> None:
    studies, plus, minus, status, kind, trials = SHOWN[name]
    found = support_of(fit(*studies, tau=1.0), plus, minus, HORIZON[6.0])
    assert (found.status, found.kind, found.trials) == (status, kind, trials)
    assert found.supported == (status == "supported")
    assert found.people == (100 * len(trials) or None)


def test_supported_means_half_the_prior_sd() -> None:
    """Without heterogeneity the SD is sqrt(1 / (1/900 + 1/v)): half of 30 at v = 300."""
    for variance, status in ((299.0, "supported"), (301.0, "too-vague")):
        effects = fit(pair("s", ACU, "", 0.0, variance), tau=0.0)
        assert support_of(effects, (ACU,), (), HORIZON[6.0]).status == status


def test_windows_split_where_the_methods_say() -> None:
    for week, shown in (
        (8.7, 6.0),
        (8.8, 13.0),
        (18.3, 13.0),
        (18.4, 26.0),
        (36.8, 52.0),
        (99, 52.0),
    ):
        effects = fit(pair("s", ACU, "", 0.0, 4.0, week=week), tau=0.0)
        supported = [w for w, h in HORIZON.items() if support_of(effects, (ACU,), (), h).supported]
        assert supported == [shown], week


def test_a_trial_of_unknown_size_makes_the_number_of_people_unknown() -> None:
    one, other = (
        pair("s", ACU, "", -9, 4),
        study("u", arm(ACU, (1, 2)), arm("", (2, 3)), people=None),
    )
    assert support_of(fit(one, other), (ACU,), (), HORIZON[6.0]).people is None
