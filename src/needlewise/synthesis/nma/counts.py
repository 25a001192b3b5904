"""Counts with their own likelihood: the posterior by nested integration, corrected and certified.

Each trial's own likelihood, with its baseline and random effects integrated out (`inner`), depends
on few numbers: its contrasts, and the slope on the baseline where there is one. At every node of
tau the joint mode and curvature of the parameters give a Gaussian; each trial's log likelihood is
worked out to quadrature on a small set of points about it and carried to the Sobol points of that
Gaussian by a polynomial; importance weights there correct the Gaussian and certify it (methods,
section 4). `effective` is the smallest effective share of that set; where it is small, or a slope
on the baseline bends the likelihood, a closer look works it out at more points, all to quadrature.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.arms import Group, groups_of
from needlewise.synthesis.nma.design import Design
from needlewise.synthesis.nma.exact import Grid, Marginal
from needlewise.synthesis.nma.inner import (
    BASELINE,
    EFFECT,
    LEAST,
    Mode,
    integral,
    moved_start,
)
from needlewise.synthesis.nma.joint_mode import joint_modes
from needlewise.synthesis.nma.latent import Model
from needlewise.synthesis.nma.polynomials import DEGREES, cast, terms
from needlewise.synthesis.nma.priors import TauPrior

CHUNK = 30_000_000  # numbers held at once
INNER = EFFECT * BASELINE  # nodes of the quadrature within one arm
MOST = 40_000_000  # numbers a closer look may take, a few seconds
DOUBTFUL = 0.3  # effective share of the first look below which there is a closer one
HEAVY, COUNTS = 1e-4, 1e-3  # of the largest mass: nodes worked out, and nodes certified


@dataclass(frozen=True)
class Look:
    """How the Gaussian at a mode is corrected: Sobol points, how much wider than the Gaussian they
    lie, so that no tail is missed, and whether polynomials carry the likelihood to them.
    """

    points: int
    wider: float
    carried: bool


FIRST = Look(256, 1.15, True)


def closer_look(nodes: int, arms: int, size: int) -> Look:
    """More points, farther out, with the likelihood worked out at each of them.

    In many dimensions they lie less far out: else most of them would lie where nothing is.
    """
    points = 1024
    while points > FIRST.points and nodes * points * arms * INNER > MOST:
        points //= 2
    return Look(points, 1.0 + min(0.5, 0.5 * (2.0 / size) ** 0.5), False)


@dataclass(frozen=True, eq=False)
class Counted(Marginal):
    """As `Posterior`, with the smallest effective share of the importance weights, and mean
    deviance of the arms and the deviance at their mean expected counts.
    """

    means: Array
    covariances: Array
    effective: float
    deviance: tuple[float, float]


def counted(
    trials: Trials, design: Design, grid: Grid, prior: TauPrior | None, effect_sd: float, *,
    baseline_sd: float = 100.0, baseline: float | None = None,
) -> Counted:  # fmt: skip
    """The posterior at the nodes of a grid; without a prior of tau the grid is one node.

    Parameters are the design's, then cut-offs after the first for ordered categories, then, where
    `baseline` is given, the slope on the trials' own baselines, which are counted from it and have
    their prior about it.
    """
    groups, cuts = groups_of(trials, design), max(len(trials.cuts) - 1, 0)
    model = Model(groups, effect_sd, baseline_sd, cuts, baseline is not None, baseline or 0.0)
    size = design.made_of.shape[1] + model.extra
    half = np.maximum(0.5 * np.square(grid.taus), LEAST)[:, None, None]
    top, mean, covariance, modes = joint_modes(model, half, size)
    # Laplace's own masses say which nodes matter; the others stay as Laplace has them.
    extra = grid.log_weights + (prior.log_density(grid.taus) if prior is not None else 0.0)
    logs = top + _log_diagonal(np.linalg.cholesky(covariance)) - size * np.log(effect_sd)
    heavy = np.flatnonzero(logs + extra > np.max(logs + extra) + np.log(HEAVY))
    modes = [Mode(m.log[heavy], m.eta[:, heavy], m.bend[:, heavy]) for m in modes]
    arms = sum(group.said.observed.size for group in model.groups)
    # A slope on the baseline bends the likelihood more than a polynomial can.
    for look in (FIRST, closer_look(len(heavy), arms, size))[int(model.sloped) :]:
        found = _weighted(model, half[heavy], mean[heavy], covariance[heavy], modes, look)
        log_mass = logs + extra
        log_mass[heavy] += found.logs - logs[heavy]
        share = np.exp(log_mass - log_mass.max())
        share /= share.sum()
        effective = float(found.effective[share[heavy] > COUNTS * share.max()].min())
        if effective >= DOUBTFUL:
            break
    logs[heavy], mean[heavy], covariance[heavy] = found.logs, found.means, found.covariances
    log_density = logs + extra - grid.log_weights + np.log(grid.jacobian)
    return Counted(
        share, grid, log_density, mean, covariance, effective,
        _deviance(found, share[heavy] / share[heavy].sum()),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Weighted:
    """Nodes with importance weights (n, q): log marginal likelihoods, moments, effective shares of
    the weights, and each group with its mean log likelihood (n, q, m) and expected counts
    (n, q, m, categories times k).
    """

    logs: Array
    means: Array
    covariances: Array
    effective: Array
    weights: Array
    arms: list[tuple[Group, Array, Array]]


def _weighted(
    model: Model, half: Array, centre: Array, covariance: Array, modes: list[Mode], look: Look
) -> _Weighted:
    size = centre.shape[1]
    normal = _normal_points(size, look.points)
    factor = look.wider * np.linalg.cholesky(covariance)
    shift = normal @ factor.transpose(0, 2, 1)  # (n, q, p)
    log = -0.5 * np.square((centre[:, None] + shift) / model.sd).sum(axis=2)
    log += 0.5 * np.square(normal).sum(axis=1) + _log_diagonal(factor)[:, None]
    arms = []
    for group, mode in zip(model.groups, modes, strict=True):
        own, of_counts, fitted = _carried(model, group, half, (centre, factor, shift), mode, look)
        log = log + own
        arms.append((group, of_counts, fitted))
    peak = log.max(axis=1, keepdims=True)
    weight = np.exp(log - peak)
    logs = peak[:, 0] + np.log(weight.mean(axis=1)) - size * np.log(model.sd)
    weight /= weight.sum(axis=1, keepdims=True)
    moved = np.matmul(weight[:, None], shift)
    off = shift - moved
    covariance = np.matmul((off * weight[..., None]).transpose(0, 2, 1), off)
    shares = 1.0 / (weight.shape[1] * np.square(weight).sum(axis=1))
    return _Weighted(logs, centre + moved[:, 0], covariance, shares, weight, arms)


def _deviance(found: _Weighted, share: Array) -> tuple[float, float]:
    """Mean deviance, and the deviance at the mean expected counts."""
    both = share[:, None] * found.weights
    mean, at_mean = 0.0, 0.0
    for group, log, fitted in found.arms:
        said = group.said
        best = said.at_means(said.observed)
        mean += 2.0 * (best - float(np.einsum("nq,nqm->", both, log)))
        told = np.tensordot(both, fitted, axes=2).T.reshape(said.observed.shape)
        at_mean += 2.0 * (best - said.at_means(told))
    return mean, at_mean


@cache
def _normal_points(size: int, points: int) -> Array:
    from scipy.special import ndtri
    from scipy.stats import qmc

    uniform = qmc.Sobol(size, seed=1).random(points)
    return np.asarray(ndtri(np.clip(uniform, 1e-9, 1 - 1e-9)))


def _log_diagonal(factor: Array) -> Array:
    return np.asarray(np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1))


def _carried(
    model: Model, group: Group, half: Array, proposal: tuple[Array, Array, Array], mode: Mode,
    look: Look,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """At the points of the proposal: log likelihood of the group (n, q), each trial's mean log
    likelihood given its predictors (n, q, m) and mean expected counts (n, q, m, categories * k).
    """
    centre, factor, shift = proposal
    rows = model.rows(group)
    size = rows.shape[1]
    middle = np.einsum("mdp,np->nmd", rows, centre, optimize=True)[:, None]
    off = np.einsum("mdp,nqp->nqmd", rows, shift, optimize=True)
    own = cast(size) if look.carried and size in DEGREES else None
    if own is not None and shift.shape[1] > len(own.points):
        white, radius, back = _ball(rows, factor, off, own.points)
        if model.rises(group, middle + back):  # where cut-offs cross nothing is a polynomial
            log, of_counts, fitted = _exactly(model, group, half, middle + back, (middle, mode))
            told = np.concatenate([log[..., None], of_counts[..., None], fitted], axis=-1)
            carried = np.einsum("tc,ncmv->nmtv", own.solve, told, optimize=True)
            products = terms(white / radius, own.powers).transpose(0, 2, 1, 3)
            found = np.matmul(products, carried).transpose(0, 2, 1, 3)  # (n, q, m, 2 + arms)
            return found[..., 0].sum(axis=2), found[..., 1], found[..., 2:]
    log, of_counts, fitted = _exactly(model, group, half, middle + off, (middle, mode))
    return log.sum(axis=2), of_counts, fitted


def _ball(rows: Array, factor: Array, off: Array, points: Array) -> tuple[Array, float, Array]:
    """Trials' numbers whitened by what the proposal leaves open about each, (n, q, m, D), the
    radius of a ball that holds them, and the points of a polynomial in it, turned back
    (n, points, m, D).
    """
    turned = np.einsum("mdp,npr->nmdr", rows, factor, optimize=True)
    values, vectors = np.linalg.eigh(turned @ turned.transpose(0, 1, 3, 2))
    scale = np.sqrt(np.maximum(values, 1e-12 * values.max(axis=-1, keepdims=True) + LEAST**2))
    white = np.einsum("nqmd,nmde->nqme", off, vectors / scale[:, :, None, :], optimize=True)
    radius = max(1.01 * float(np.sqrt(np.square(white).sum(axis=-1).max())), LEAST)
    back = np.einsum("ce,nmde->ncmd", radius * points, vectors * scale[:, :, None, :])
    return white, radius, back


def _exactly(
    model: Model, group: Group, half: Array, at: Array, known: tuple[Array, Mode]
) -> tuple[Array, Array, Array]:
    """By quadrature: log likelihood, its mean given the predictors (n, q, m), expected counts."""
    n, q, m, _ = at.shape
    k = len(group.said.observed) * len(group.moved)
    step = max(1, int(CHUNK // (q * m * k * 63)))
    found = []
    for low in range(0, n, step):
        own = slice(low, low + step)
        before = model.latent(group, half[own], known[0][own])
        mode = Mode(known[1].log[own], known[1].eta[:, own], known[1].bend[:, own])
        latent = model.latent(group, half[own], at[own])
        said = model.said(group, at[own])
        log, moments = integral(said, latent, moved_start(mode, before, latent))
        fitted = moments.fitted.reshape(-1, *log.shape)
        found.append((log, moments.log.sum(axis=0), np.moveaxis(fitted, 0, -1)))
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))  # type: ignore[return-value]
