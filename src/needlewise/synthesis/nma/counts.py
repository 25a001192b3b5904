"""Counts with their own likelihood: the posterior by nested Laplace, corrected and certified.

A trial has a free baseline m_i ~ N(0, effect_sd^2) and arms with linear predictor
eta_j = m_i + x_j d + u_j; contrasts of the u_j have covariance tau^2 (I + J) / 2, which is
u_j ~ N(0, tau^2 / 2) with the common shift taken up by the free baseline. Binomial counts are logit
or cloglog, Poisson counts log. Given tau and d a trial's latent (m, u) is integrated by Laplace;
the joint mode over everything gives a Gaussian in d, which is corrected by importance weights on a
fixed Sobol set (methods, section 4). `effective` is the smallest effective share of that set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.design import Design
from needlewise.synthesis.nma.exact import Grid, Marginal
from needlewise.synthesis.nma.priors import TauPrior

NEWTON = 60
HALVINGS = 8
POINTS = 256
WIDER = 1.15  # the proposal is wider than the Gaussian at the mode, so that no tail is missed
CLOSE = 1e-7  # of the joint mode
NEAR = 1e-3  # of modes at the points: errors of the log likelihood are of its square
LEAST = 1e-8  # of tau^2 / 2: below it the trials are as if they did not differ


@dataclass(frozen=True, eq=False)
class _Arms:
    """All arms as rows, trials padded to the same number of arms: (m, k) and (m, k, p)."""

    events: Array
    size: Array
    offset: Array
    there: Array
    rows: Array
    link: str


def _arms(trials: Trials, design: Design) -> _Arms:
    most = max(len(t.options) for t in trials.trials)
    m, p = len(trials.trials), design.made_of.shape[1]
    events, size, offset = np.zeros((m, most)), np.ones((m, most)), np.zeros((m, most))
    there, rows = np.zeros((m, most)), np.zeros((m, most, p))
    start = 0
    for i, trial in enumerate(trials.trials):
        k = len(trial.options)
        assert trial.arms is not None
        events[i, :k], size[i, :k] = trial.arms.events, trial.arms.size
        offset[i, :k], there[i, :k] = trial.arms.offset, 1.0
        # The first arm is the zero of the trial's own rows, whatever its option.
        rows[i, 1:k] = design.rows[start : start + k - 1]
        start += k - 1
    link = {"IRR": "log", "HR": "cloglog"}.get(trials.measure, "logit")
    return _Arms(events, size, offset, there, rows, link)


def _likelihood(arms: _Arms, eta: Array) -> tuple[Array, Array, Array]:
    """Log likelihood, its slope and minus its curvature in eta, each like eta."""
    r, n = arms.events, arms.size
    if arms.link == "log":
        mean = n * np.exp(np.minimum(eta, 50.0))
        value, slope, bend = r * eta - mean, r - mean, mean
    elif arms.link == "logit":
        share = 1.0 / (1.0 + np.exp(-np.clip(eta, -500, 500)))
        value = r * eta - n * np.logaddexp(0.0, eta)
        slope, bend = r - n * share, n * share * (1 - share)
    else:
        hazard = np.exp(np.clip(eta + arms.offset, -700, 50.0))
        none = -np.expm1(-hazard)
        safe = np.maximum(none, 1e-300)
        value = r * np.log(safe) - (n - r) * hazard
        inside = hazard * np.exp(-hazard) / safe
        slope = r * inside - (n - r) * hazard
        # Expected information: positive, and the observed one at the mode to first order.
        bend = n * hazard * hazard * np.exp(-hazard) / safe
    return value * arms.there, slope * arms.there, bend * arms.there


@dataclass(frozen=True, eq=False)
class Counted(Marginal):
    """As `Posterior`, with the smallest effective share of the importance weights."""

    means: Array
    covariances: Array
    effective: float


@dataclass(frozen=True, eq=False)
class _Prior:
    """Precision a I - b J of a trial's predictors about x d, over the arms that are there."""

    a: float
    b: Array
    log_constant: Array


def _prior(arms: _Arms, tau: float, sd: float) -> _Prior:
    half = max(0.5 * tau * tau, LEAST)
    count = arms.there.sum(axis=1)
    whole = half + count * sd * sd
    log_constant = -0.5 * ((count - 1) * np.log(half) + np.log(whole))
    return _Prior(1.0 / half, sd * sd / (half * whole), log_constant)


def _modes(
    arms: _Arms, base: Array, prior: _Prior, start: Array, close: float
) -> tuple[Array, Array, Array]:
    """Modes of the predictors given their means `base` (q, m, k): log marginal likelihood by
    Laplace (q, m), modes (q, m, k), curvatures there.
    """
    here, a, b = arms.there, prior.a, prior.b

    def at(eta: Array) -> tuple[Array, Array, Array]:
        gap = (eta - base) * here
        total = gap.sum(axis=2)
        value, slope, bend = _likelihood(arms, eta)
        log = value.sum(axis=2) - 0.5 * (a * np.square(gap).sum(axis=2) - b * np.square(total))
        return log, slope - a * gap + (b * total)[:, :, None] * here, bend

    eta = start
    log, gradient, bend = at(eta)
    for _ in range(NEWTON):
        inverse = here / (bend + a)  # (diag(bend + a) - b J)^-1 by Sherman and Morrison
        step = inverse * gradient
        left = 1.0 - b * inverse.sum(axis=2)
        step = np.clip(step + inverse * (b * step.sum(axis=2) / left)[:, :, None], -4.0, 4.0)
        for _ in range(HALVINGS):
            new = at(eta + step)
            worse = new[0] < log - 1e-9 * (1.0 + np.abs(log))
            if not worse.any():
                break
            step = np.where(worse[:, :, None], 0.5 * step, step)
        eta = eta + step
        log, gradient, bend = new
        if float(np.abs(step).max()) < close:
            break
    inverse = here / (bend + a)
    log_determinant = (np.log(bend + a) * here).sum(axis=2) + np.log(1.0 - b * inverse.sum(axis=2))
    return log + prior.log_constant - 0.5 * log_determinant, eta, bend


def _gaussian(
    arms: _Arms, prior: _Prior, sd: float, d: Array, eta: Array
) -> tuple[Array, Array, Array]:
    """Joint mode of d and the predictors: d (p,), the covariance of d there, predictors."""
    _, k, p = arms.rows.shape
    precision = np.eye(k) * prior.a - prior.b[:, None, None]
    precision = precision * arms.there[:, :, None] * arms.there[:, None, :]
    inner = np.eye(p) / sd**2
    for _ in range(NEWTON):
        base = (arms.rows @ d)[None]
        _, eta, bend = _modes(arms, base, prior, eta, CLOSE)
        gap = (eta[0] - base[0]) * arms.there
        pull = np.einsum("mij,mj->mi", precision, gap)
        own = precision + np.eye(k) * (bend[0] + (1 - arms.there))[:, :, None]
        weight = precision - precision @ np.linalg.solve(own, precision)
        inner = np.einsum("mip,mij,mjq->pq", arms.rows, weight, arms.rows, optimize=True)
        inner = inner + np.eye(p) / sd**2
        step = np.linalg.solve(inner, np.einsum("mip,mi->p", arms.rows, pull) - d / sd**2)
        step = np.clip(step, -2.0, 2.0)
        d = d + step
        eta = eta + (arms.rows @ step)[None]
        if float(np.abs(step).max()) < 1e-7:
            break
    return d, np.linalg.inv(inner), eta


def counted(
    trials: Trials, design: Design, grid: Grid, prior: TauPrior | None, effect_sd: float
) -> Counted:
    """The posterior at the nodes of a grid; without a prior of tau the grid is one node."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    arms = _arms(trials, design)
    p = arms.rows.shape[2]
    points: Array = ndtri(np.clip(qmc.Sobol(p, seed=1).random(POINTS), 1e-9, 1 - 1e-9))
    d: Array = np.zeros(p)
    share = (arms.events + 0.5) / (arms.size + 1.0)
    first = np.log(share / np.maximum(1 - share, 1e-9)) if arms.link == "logit" else np.log(share)
    eta = (first - (arms.offset if arms.link == "cloglog" else 0.0))[None] * arms.there
    logs, means, covariances, shares = [], [], [], []
    for tau in grid.taus[::-1]:  # from the loosest, whose modes are easiest to find
        own = _prior(arms, float(tau), effect_sd)
        d, covariance, eta = _gaussian(arms, own, effect_sd, d, eta)
        factor = WIDER * np.linalg.cholesky(covariance)
        at = d + points @ factor.T
        shift = np.einsum("mkp,qp->qmk", arms.rows, at - d, optimize=True)
        base = np.einsum("mkp,qp->qmk", arms.rows, at, optimize=True)
        log = _modes(arms, base, own, eta + shift, NEAR)[0].sum(axis=1)
        log = log - 0.5 * np.square(at / effect_sd).sum(axis=1) - p * np.log(effect_sd)
        log_proposal = -0.5 * np.square(points).sum(axis=1) - np.log(np.diagonal(factor)).sum()
        ratio = log - log_proposal
        peak = float(ratio.max())
        weight = np.exp(ratio - peak)
        logs.append(peak + float(np.log(weight.mean())))
        weight = weight / weight.sum()
        shares.append(1.0 / (len(weight) * float(np.square(weight).sum())))
        mean = weight @ at
        means.append(mean)
        covariances.append((weight[:, None] * (at - mean)).T @ (at - mean))
    log_part = np.array(logs[::-1])
    if prior is not None:
        log_part = log_part + prior.log_density(grid.taus)
    log_mass = log_part + grid.log_weights
    mass = np.exp(log_mass - log_mass.max())
    heavy = mass[::-1] > 1e-3 * mass.max()
    return Counted(
        mass / mass.sum(), grid, log_part + np.log(grid.jacobian), np.array(means[::-1]),
        np.array(covariances[::-1]), float(np.min(np.array(shares)[heavy])),
    )  # fmt: skip
