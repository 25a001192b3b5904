"""The exact posterior with a normal likelihood: a mixture of Gaussians over a grid in tau."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from needlewise.distributions import Array
from needlewise.synthesis.nma.priors import HEAVY, TauPrior
from needlewise.synthesis.nma.whitened import Sums, Whitened

DEPTH = 30.0  # how far below its maximum the log posterior of tau is followed
STEPS = 12
NARROW = 24  # nodes where the trials leave no mass near zero
FAR = 0.2


@dataclass(frozen=True, eq=False)
class Grid:
    """Nodes of tau (n,), log of quadrature weight (n,), the variable s they stand in, and the slope
    of tau in s. Tau is `size` s^2, or that over 1 - s where the half line is `whole`, or
    `low` + `size` s where the trials leave no mass near zero.
    """

    taus: Array
    log_weights: Array
    s: Array
    jacobian: Array
    size: float = 0.0
    whole: bool = False
    low: float = 0.0

    def tau_at(self, s: Array) -> Array:
        if self.low > 0.0:
            return np.asarray(self.low + self.size * s)
        return np.asarray(self.size * s * s / ((1 - s) if self.whole else 1.0))


@dataclass(frozen=True, eq=False)
class Marginal:
    """One SD's own posterior: weights of its nodes (n,), their grid, and its log density there in
    the grid's own variable.
    """

    weights: Array
    grid: Grid
    log_density: Array

    @property
    def taus(self) -> Array:
        return self.grid.taus


@dataclass(frozen=True, eq=False)
class Posterior(Marginal):
    """The mixture at those nodes: means (n, p), covariances (n, p, p); `log_evidence` with all
    constants.
    """

    means: Array
    covariances: Array
    log_evidence: float


def second_grid(prior: TauPrior, nodes: int) -> Grid:
    """Nodes of a second SD, from 0 to where its prior ends: no posterior is followed for it."""
    s, weights = _legendre(nodes)
    size = prior.one if prior.kind == "uniform" else 5.0 * prior.scale
    jacobian = 2 * size * s
    return Grid(size * s * s, np.log(jacobian * weights), s, jacobian, size)


def over_second(
    parts: list[Posterior], grid: Grid, prior: TauPrior
) -> tuple[Posterior, Array, Marginal]:
    """Posteriors at each node of a second SD as one mixture, that SD at each of the mixture's
    nodes, and its own posterior.
    """
    log_density = np.array([p.log_evidence for p in parts]) + prior.log_density(grid.taus)
    logs = log_density + grid.log_weights
    share = np.exp(logs - logs.max())
    evidence = float(np.log(share.sum()) + logs.max())
    share = share / share.sum()
    grids = [p.grid for p in parts]
    whole = Grid(
        np.concatenate([g.taus for g in grids]), np.concatenate([g.log_weights for g in grids]),
        np.concatenate([g.s for g in grids]), np.concatenate([g.jacobian for g in grids]),
    )  # fmt: skip
    mixture = Posterior(
        np.concatenate([w * p.weights for w, p in zip(share, parts, strict=True)]), whole,
        np.concatenate([p.log_density for p in parts]), np.concatenate([p.means for p in parts]),
        np.concatenate([p.covariances for p in parts]), evidence,
    )  # fmt: skip
    at = np.repeat(grid.taus, [len(p.weights) for p in parts])
    return mixture, at, Marginal(share, grid, log_density + np.log(grid.jacobian))


EffectPrior = float | Array  # SD of independent effects, or a whole covariance (p, p)


def posterior(white: Whitened, prior: TauPrior, effect_sd: EffectPrior, nodes: int) -> Posterior:
    """Effects normal about zero before the trials; `nodes` of Gauss-Legendre."""
    grid = grid_of(white, prior, effect_sd, nodes)
    log_part, means, covariances = at_tau(white, grid.taus, effect_sd)
    log_part = log_part + prior.log_density(grid.taus)
    log_mass = log_part + grid.log_weights
    peak = float(log_mass.max())
    mass = np.exp(log_mass - peak)
    constant = -0.5 * len(white.y) * np.log(2 * np.pi)
    return Posterior(
        mass / mass.sum(), grid, log_part + np.log(grid.jacobian), means, covariances,
        peak + float(np.log(mass.sum())) + constant,
    )  # fmt: skip


def at_tau(white: Whitened, taus: Array, effect_sd: EffectPrior) -> tuple[Array, Array, Array]:
    """Log marginal likelihood, posterior means and covariances at each tau."""
    sums = white.sums(np.square(taus))
    log_part, factor = _marginal(sums, effect_sd)
    covariances = _inverses(factor[:, :-1, :-1])
    means = np.matmul(covariances, sums.score[:, :, None])[:, :, 0]
    return log_part, means, covariances


def _inverses(factor: Array) -> Array:
    """Inverses (n, p, p) of matrices given by their Cholesky factors."""
    from scipy.linalg.lapack import dpotri

    found = factor.copy()
    for one in found:
        one[:] = dpotri(one.T, overwrite_c=1)[0].T  # the lower half alone
    lower = np.tril(found, -1)
    found += lower.transpose(0, 2, 1)
    return found


def _marginal(sums: Sums, effect_sd: EffectPrior) -> tuple[Array, Array]:
    """Log marginal likelihood at each tau, and Cholesky factors of the precisions with the score.

    The prior is added to the sums.
    """
    precision = sums.precision
    p = precision.shape[1]
    if isinstance(effect_sd, np.ndarray):
        precision += np.linalg.inv(effect_sd)
        log_prior = float(np.linalg.slogdet(effect_sd)[1])
    else:
        precision[:, np.arange(p), np.arange(p)] += 1.0 / effect_sd**2
        log_prior = 2 * p * float(np.log(effect_sd))
    factor, log_determinant, unexplained = sums.factored()
    log_part = -0.5 * (sums.log_determinant + log_determinant + log_prior + unexplained)
    return np.asarray(log_part), factor


@cache
def _legendre(nodes: int) -> tuple[Array, Array]:
    points, weights = np.polynomial.legendre.leggauss(nodes)
    return 0.5 * (points + 1.0), 0.5 * weights


def grid_of(white: Whitened, prior: TauPrior, effect_sd: EffectPrior, nodes: int) -> Grid:
    middle, low, upper = _range(white, prior, effect_sd)
    if low > 0.0:
        s, weights = _legendre(min(nodes, NARROW))
        jacobian = np.full(len(s), upper - low)
        grid = Grid(s, np.log(jacobian * weights), s, jacobian, upper - low, False, low)
        return replace(grid, taus=grid.tau_at(s))
    s, weights = _legendre(nodes)
    whole = prior.kind in HEAVY  # heavy tails: the whole half line
    size = middle if whole else upper
    if prior.kind == "uniform":
        size = min(prior.one, 1.5 * upper)
    jacobian = size * (s * (2 - s) / np.square(1 - s) if whole else 2 * s)
    grid = Grid(s, np.log(jacobian * weights), s, jacobian, size, whole)
    return replace(grid, taus=grid.tau_at(s))


def _range(white: Whitened, prior: TauPrior, effect_sd: EffectPrior) -> tuple[float, float, float]:
    """A middle of the log posterior of tau, and where it has fallen 30 below its maximum on either
    side; below is 0 where it never does or where tau may be anything.
    """
    widest = prior.scale * np.sqrt(2.0 * DEPTH + 20.0)
    middle, low = prior.scale, 0.0
    for _ in range(16):
        grid = low + (widest - low) * np.linspace(0.0, 1.0, STEPS) ** 2
        grid[0] = max(grid[0], 1e-4 * grid[1])
        curve = _marginal(white.sums(np.square(grid)), effect_sd)[0] + prior.log_density(grid)
        peak = int(np.argmax(curve))
        middle = max(float(grid[peak]), float(grid[1]))
        above = np.flatnonzero(curve[:peak] < curve[peak] - DEPTH)
        if len(above) and prior.kind in {"half-normal", "uniform"}:
            low = float(grid[above[-1]])
        below = np.flatnonzero(curve[peak:] < curve[peak] - DEPTH)
        if not len(below):
            if prior.kind == "uniform" and widest >= prior.one:
                return middle, low, prior.one
            widest *= 3.0  # the trials differ far more than the prior expects
            continue
        narrower = float(grid[peak + below[0]])
        if narrower - low > 0.6 * (widest - low):
            return middle, low if low > FAR * narrower else 0.0, narrower
        widest = narrower
    return middle, 0.0, widest
