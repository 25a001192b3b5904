"""Small networks by adding up the joint density on a fine grid, with no algebra at all."""

import numpy as np
import pytest
from scipy import integrate, special
from scipy.interpolate import CubicSpline

from .networks import arm, fit, pair, study

Y = np.array([-12.0, -3.0, -20.0, -9.0])
V = np.array([9.0, 16.0, 4.0, 25.0])


def log_normal(x, mean, variance):
    return -0.5 * np.log(variance) - 0.5 * (x - mean) ** 2 / variance


def half_normal(tau, scale):
    return -0.5 * (tau / scale) ** 2


def distribution(x, density):
    """The distribution function of a density given on a grid."""
    whole = CubicSpline(x, density).antiderivative()
    return lambda at: (whole(at) - whole(x[0])) / (whole(x[-1]) - whole(x[0]))


@pytest.mark.parametrize(("level_sd", "scale"), [(30.0, 10.0), (5.0, 2.0), (200.0, 40.0)])
def test_four_trials_of_one_treatment(level_sd, scale) -> None:
    trials = [pair(f"s{k}", "acupuncture", "", Y[k], V[k]) for k in range(4)]
    effects = fit(*trials, level_sd=level_sd, tau_scale=scale, check=True)
    d = np.linspace(-10 - 12 * scale - 30, -10 + 12 * scale + 30, 3001)
    tau = np.linspace(0, 10 * scale, 1001)
    log = log_normal(d[:, None], 0.0, level_sd**2) + half_normal(tau, scale)
    for y, v in zip(Y, V, strict=True):
        log = log + log_normal(y, d[:, None], v + tau**2)
    joint = np.exp(log - log.max())
    in_d, in_tau = integrate.simpson(joint, x=tau, axis=1), integrate.simpson(joint, x=d, axis=0)
    total = integrate.simpson(in_d, x=d)
    mean = integrate.simpson(d * in_d, x=d) / total
    variance = integrate.simpson((d - mean) ** 2 * in_d, x=d) / total
    row = effects.contrast(6, ("acupuncture",))
    found = effects.summary(row)
    assert found.mean == pytest.approx(mean, abs=1e-7)
    assert found.sd == pytest.approx(variance**0.5, abs=1e-7)
    assert distribution(d, in_d)(found.low) == pytest.approx(0.025, abs=1e-8)
    assert distribution(d, in_d)(found.high) == pytest.approx(0.975, abs=1e-8)
    assert effects.tau().mean == pytest.approx(
        integrate.simpson(tau * in_tau, x=tau) / total, rel=1e-5
    )
    # the ends of tau are read off the nodes, to half a percent
    assert distribution(tau, in_tau)(effects.tau().low) == pytest.approx(0.025, abs=0.005)
    assert distribution(tau, in_tau)(effects.tau().high) == pytest.approx(0.975, abs=0.005)
    below = special.ndtr((-5.0 - d[:, None]) / np.maximum(tau, 1e-9))
    chance = integrate.simpson(integrate.simpson(joint * below, x=tau, axis=1), x=d) / total
    assert effects.probability_below(row, -5.0, new_setting=True) == pytest.approx(chance, abs=1e-4)
    assert effects.error < 1e-6


def test_three_arms_and_a_loop_by_a_grid_over_three_unknowns() -> None:
    """One three-arm trial (values, variances of its arms) and two trials that close the loop."""
    (v0, v1, v2), (y1, y2) = (4.0, 6.0, 5.0), (-10.0, -4.0)
    effects = fit(
        study("three", arm("", (50.0, v0)), arm("a", (50.0 + y1, v1)), arm("b", (50.0 + y2, v2))),
        pair("ab", "a", "b", -2.0, 8.0), pair("b0", "b", "", -9.0, 10.0),
        tau_scale=5.0,
    )  # fmt: skip
    a = np.linspace(-75, 60, 201)[:, None, None]
    b = np.linspace(-75, 60, 201)[None, :, None]
    tau = np.linspace(0, 45, 121)[None, None, :]
    log = log_normal(a, 0, 900) + log_normal(b, 0, 900) + half_normal(tau, 5.0)
    # the three-arm trial as two contrasts against usual care, covariance v0 + tau^2 / 2
    p, q, r = v0 + v1 + tau**2, v0 + v2 + tau**2, v0 + tau**2 / 2
    determinant, e, f = p * q - r**2, y1 - a, y2 - b
    log = log - 0.5 * np.log(determinant)
    log = log - 0.5 * (q * e**2 - 2 * r * e * f + p * f**2) / determinant
    log = log + log_normal(-2.0, a - b, 8.0 + tau**2) + log_normal(-9.0, b, 10.0 + tau**2)
    joint = np.exp(log - log.max())
    joint[:, :, 0] /= 2  # trapezoid: the density is even in tau, so this converges fast
    total = joint.sum()
    for row, quantity in (
        (effects.contrast(6, ("a",)), a),
        (effects.contrast(6, ("b",)), b),
        (effects.contrast(6, ("a",), ("b",)), a - b),
    ):
        mean = (joint * quantity).sum() / total
        variance = (joint * (quantity - mean) ** 2).sum() / total
        found = effects.summary(row)
        assert (found.mean, found.sd) == pytest.approx((mean, variance**0.5), abs=1e-6)


def dense_split(open_trials, sham_trials, level_sd, scale, widest):
    """Two heterogeneities on a square grid; y ~ N(0, level^2 11' + diag(v + tau_group^2))."""
    tau = np.linspace(0, widest, 241)
    y = np.array([t[0] for t in open_trials + sham_trials])
    v = np.array([t[1] for t in open_trials + sham_trials])
    sham = np.arange(len(y)) >= len(open_trials)
    one, two = np.meshgrid(tau, tau, indexing="ij")
    variances = v + np.where(sham, two[..., None], one[..., None]) ** 2
    precision = 1 / level_sd**2 + (1 / variances).sum(-1)
    score = (y / variances).sum(-1)
    log = -0.5 * np.log(variances).sum(-1) - 0.5 * np.log(precision) + 0.5 * score**2 / precision
    log = log - 0.5 * (y**2 / variances).sum(-1) + half_normal(one, scale) + half_normal(two, scale)
    weight = np.exp(log - log.max())
    weight[0] /= 2
    weight[:, 0] /= 2
    weight /= weight.sum()
    mean = (weight * score / precision).sum()
    square = (weight * (1 / precision + (score / precision) ** 2)).sum()
    return mean, (square - mean**2) ** 0.5, (weight * one).sum()


MILD = ([(-14.0, 9.0), (-8.0, 16.0), (-16.0, 12.0)], [(-5.0, 6.0), (-6.0, 5.0)])
APART = ([(-20.0 + 0.1 * k, 1.0) for k in range(30)], [(0.1 * k, 1.0) for k in range(30)])


@pytest.mark.parametrize(("trials", "widest"), [(MILD, 70.0), (APART, 80.0)], ids=["mild", "apart"])
def test_two_heterogeneities(trials, widest) -> None:
    """Sham and open trials inform one effect, here even where each kind agrees with itself only."""
    studies = [
        pair(f"open{k}", "acupuncture", "", y, v) for k, (y, v) in enumerate(trials[0])
    ] + [
        # acupuncture and sham together against sham: the same effect, but sham-controlled
        pair(f"sham{k}", "acupuncture+sham-other", "sham-other", y, v)
        for k, (y, v) in enumerate(trials[1])
    ]  # fmt: skip
    effects = fit(*studies, split_tau=True, nodes=64)
    mean, sd, tau = dense_split(*trials, 30.0, 10.0, widest)
    found = effects.summary(effects.contrast(6, ("acupuncture",)))
    assert found.mean == pytest.approx(mean, abs=2e-3 * sd)
    assert found.sd == pytest.approx(sd, rel=2e-3)
    assert float(effects.mixture.weights @ effects.mixture.taus[:, 0]) == pytest.approx(
        tau, rel=0.02
    )


@pytest.mark.parametrize("size", [30.0, 300.0, 2000.0])
def test_trials_that_differ_far_more_than_the_prior_expects(size) -> None:
    """The grid must follow tau beyond its prior."""
    y = size * np.array([1.0, -1.0, 2.0, 0.0, 0.3])
    effects = fit(*(pair(f"s{k}", "acupuncture", "", value, 1.0) for k, value in enumerate(y)))
    tau = np.linspace(0, 3 * size + 120, 200_001)[:, None]
    variances = 1.0 + tau**2
    precision, score = 1 / 900 + (5 / variances)[:, 0], (y / variances).sum(1)
    log = -0.5 * (5 * np.log(variances)[:, 0] + np.log(precision) + (y**2 / variances).sum(1))
    log = log + 0.5 * score**2 / precision + half_normal(tau[:, 0], 10.0)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    assert effects.tau().mean == pytest.approx(float(weight @ tau[:, 0]), rel=1e-3)
    found = effects.summary(effects.contrast(6, ("acupuncture",)))
    assert found.mean == pytest.approx(float(weight @ (score / precision)), abs=0.01 * found.sd)


def test_an_effect_wanders_with_time_after_its_last_trial() -> None:
    """One trial at 6 weeks: at 52 weeks the same mean, and 25 more variance for each doubling."""
    effects = fit(pair("s", "acupuncture", "", -10.0, 4.0), tau=0.0)
    early, late = (effects.summary(effects.contrast(w, ("acupuncture",))) for w in (6, 52))
    assert early.mean == pytest.approx(-10.0 * 900 / 904)
    assert early.sd**2 == pytest.approx(1 / (1 / 900 + 1 / 4))
    assert late.mean == pytest.approx(early.mean)
    assert late.sd**2 - early.sd**2 == pytest.approx(25.0 * np.log2(52 / 6))
    middle = effects.summary(effects.contrast((6 * 13) ** 0.5, ("acupuncture",)))
    assert middle.sd**2 - early.sd**2 == pytest.approx(25.0 * np.log2(13 / 6) / 4)
