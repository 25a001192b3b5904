"""The exact Gaussian posterior: a finite mixture over a quadrature grid in tau.

Given tau every effect integrates in closed form, so the posterior is a mixture of Gaussians whose
weights are the marginal likelihood at each node times its quadrature weight (methods, section 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from needlewise.distributions import Array

STEPS = 12  # grid points on which the range of tau is looked for
DEPTH = 30.0  # how far below its maximum the log posterior of tau is followed


@dataclass(frozen=True, eq=False)
class Block:
    """Observations that share errors: one study, or one source of a course.

    Attributes:
        y: observations, shape (r,).
        errors: their error covariance, (r, r).
        effects: covariance of their random effects per unit of tau squared, (r, r).
        design: (r, p).
        baselines: (r, k) columns of free nuisance means (study and week), k may be 0.
        group: which heterogeneity parameter it follows.
    """

    y: Array
    errors: Array
    effects: Array
    design: Array
    baselines: Array
    group: int = 0


@dataclass(frozen=True)
class Mixture:
    """A mixture of Gaussians over tau.

    Only the s effects the data touch have a posterior of their own; the others follow from them
    by the prior: all p effects are `lift` times the touched ones plus noise of covariance `rest`.

    Attributes:
        weights: (n,), sum to one.
        taus: (n, groups).
        means, covariances: of the touched effects, (n, s) and (n, s, s).
        touched: columns of the touched effects, (s,).
        lift, rest: (p, s) and (p, p).
        log_evidence: log of the marginal likelihood, up to a constant of the data.
    """

    weights: Array
    taus: Array
    means: Array
    covariances: Array
    touched: NDArray[np.intp]
    lift: Array
    rest: Array
    log_evidence: float

    def project(self, combinations: Array) -> tuple[Array, Array]:
        """Mean and variance of linear combinations (k, p) at each node: two arrays (k, n)."""
        touched = combinations @ self.lift
        spread = (self.covariances @ touched.T).transpose(0, 2, 1)
        variances = (spread * touched).sum(axis=2).T
        own = np.einsum("kp,pq,kq->k", combinations, self.rest, combinations)
        return touched @ self.means.T, np.maximum(variances + own[:, None], 0.0)

    def joint(self, combinations: Array) -> tuple[Array, Array]:
        """Means (n, k) and covariances (n, k, k) of linear combinations (k, p)."""
        touched = combinations @ self.lift
        own = combinations @ self.rest @ combinations.T
        return self.means @ touched.T, touched @ self.covariances @ touched.T + own


@dataclass(frozen=True)
class _Sums:
    """What the data say at each tau of a grid: precision (n, p, p), X'Py (n, p), log terms (n,)."""

    precision: Array
    score: Array
    log_terms: Array

    def take(self, nodes: Array) -> _Sums:
        return _Sums(self.precision[nodes], self.score[nodes], self.log_terms[nodes])

    def plus(self, other: _Sums) -> _Sums:
        return _Sums(
            self.precision + other.precision,
            self.score + other.score,
            self.log_terms + other.log_terms,
        )


@dataclass(frozen=True)
class _Diagonal:
    """A block turned so that errors are the identity and random effects are diagonal.

    One eigendecomposition per study makes every node of the grid a weighting and not a
    factorisation. `outer` holds the products of the turned columns (design, y, baselines).
    """

    values: Array
    outer: Array
    log_errors: float
    used: NDArray[np.intp]
    nuisances: int


@lru_cache(maxsize=2048)
def _diagonal(block: Block) -> _Diagonal:
    used = np.flatnonzero(np.any(block.design != 0, axis=0))
    factor = np.linalg.cholesky(block.errors)
    columns = [block.design[:, used], block.y[:, None], block.baselines, block.effects]
    turned = np.linalg.solve(factor, np.concatenate(columns, axis=1))
    width = turned.shape[1] - len(block.y)
    values, vectors = np.linalg.eigh(np.linalg.solve(factor, turned[:, width:].T))
    white = vectors.T @ turned[:, :width]
    outer = (white[:, :, None] * white[:, None, :]).reshape(len(white), -1)
    log_errors = float(np.log(np.diagonal(factor)).sum())
    return _Diagonal(np.maximum(values, 0.0), outer, log_errors, used, block.baselines.shape[1])


def _study_sums(block: _Diagonal, squares: Array) -> _Sums:
    """Contribution of one block at each tau squared, nuisance means integrated out."""
    p, k = len(block.used), block.nuisances
    spread = 1.0 + squares[:, None] * block.values
    gram = ((1.0 / spread) @ block.outer).reshape(len(squares), p + 1 + k, p + 1 + k)
    log_terms = -0.5 * np.log(spread).sum(axis=1) - block.log_errors
    inner = gram[:, : p + 1, : p + 1]
    cross, own = gram[:, p + 1 :, : p + 1], gram[:, p + 1 :, p + 1 :]
    if k == 1:
        log_terms -= 0.5 * np.log(own[:, 0, 0])
        inner = inner - cross.transpose(0, 2, 1) * (cross / own)
    elif k:
        log_terms -= 0.5 * np.linalg.slogdet(own)[1]
        inner = inner - cross.transpose(0, 2, 1) @ np.linalg.solve(own, cross)
    return _Sums(inner[:, :p, :p], inner[:, :p, p], log_terms - 0.5 * inner[:, p, p])


Placed = tuple[_Diagonal, NDArray[np.intp]]  # a block and where its columns stand in the sum


def _data_sums(blocks: Sequence[Placed], squares: Array, p: int) -> _Sums:
    """Sum over blocks; only the columns a block touches are computed."""
    n = len(squares)
    total = _Sums(np.zeros((n, p, p)), np.zeros((n, p)), np.zeros(n))
    for block, places in blocks:
        sums = _study_sums(block, squares)
        total.precision[:, places[:, None], places] += sums.precision
        total.score[:, places] += sums.score
        total.log_terms[:] += sums.log_terms
    return total


def _factor(sums: _Sums, prior_precision: Array) -> tuple[Array, Array]:
    """Cholesky factor of the posterior precision, and the log marginal but for its priors."""
    factor = np.linalg.cholesky(sums.precision + prior_precision)
    turned = np.linalg.solve(factor, sums.score[:, :, None])[:, :, 0]
    log_part = (
        sums.log_terms
        - np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
        + 0.5 * np.square(turned).sum(axis=1)
    )
    return factor, log_part


def half_normal(taus: Array, scale: float) -> Array:
    """Log density of a half-normal, summed over the last axis."""
    per_tau = 0.5 * np.log(2.0 / np.pi) - np.log(scale) - 0.5 * np.square(taus / scale)
    return np.asarray(per_tau.sum(axis=-1))


def posterior(
    blocks: Sequence[Block],
    prior_covariance: Array,
    tau_scale: float,
    nodes: int,
    upper: float | None = None,
) -> Mixture:
    """The posterior mixture of the effects.

    Args:
        blocks: the studies.
        prior_covariance: prior covariance of the effects, (p, p).
        tau_scale: scale of the half-normal prior of each heterogeneity SD.
        nodes: Gauss-Legendre nodes for each heterogeneity SD.
        upper: how far to follow tau where that is known from a like fit (None: it is looked for).
    """
    touched = np.flatnonzero(np.any([np.any(b.design != 0, axis=0) for b in blocks], axis=0))
    prior = prior_covariance[np.ix_(touched, touched)]
    lift = np.linalg.solve(prior, prior_covariance[touched]).T
    rest = prior_covariance - lift @ prior_covariance[touched]
    p = len(touched)
    groups = sorted({block.group for block in blocks}) or [0]
    parts = [
        [
            (_diagonal(b), np.searchsorted(touched, _diagonal(b).used))
            for b in blocks
            if b.group == g
        ]
        for g in groups
    ]
    prior_precision = np.linalg.inv(prior)
    _, log_determinant = np.linalg.slogdet(prior)
    grids = [_grid(upper or _bound(parts, g, p, prior_precision, tau_scale), nodes) for g in parts]
    sums = [_data_sums(part, np.square(g[0]), p) for part, g in zip(parts, grids, strict=True)]
    index = np.indices([nodes] * len(groups)).reshape(len(groups), -1)
    joint = sums[0].take(index[0])
    for part, chosen in zip(sums[1:], index[1:], strict=True):
        joint = joint.plus(part.take(chosen))
    taus = np.stack([g[0][i] for g, i in zip(grids, index, strict=True)], axis=1)
    log_weight = sum(np.log(g[1][i]) for g, i in zip(grids, index, strict=True))
    factor, log_part = _factor(joint, prior_precision)
    inverse = np.linalg.inv(factor)
    covariances = np.matmul(inverse.transpose(0, 2, 1), inverse)
    means = np.matmul(covariances, joint.score[:, :, None])[:, :, 0]
    log_mass = log_part + half_normal(taus, tau_scale) + log_weight
    peak = float(np.max(log_mass))
    mass = np.exp(log_mass - peak)
    evidence = peak + float(np.log(mass.sum())) - 0.5 * float(log_determinant)
    return Mixture(mass / mass.sum(), taus, means, covariances, touched, lift, rest, evidence)


@cache
def _legendre(nodes: int) -> tuple[Array, Array]:
    points, weights = np.polynomial.legendre.leggauss(nodes)
    return points, weights


def _grid(upper: float, nodes: int) -> tuple[Array, Array]:
    """Nodes and weights of Gauss-Legendre in tau = upper s^2."""
    points, weights = _legendre(nodes)
    s = 0.5 * (points + 1.0)
    return upper * s * s, upper * s * weights


def _bound(
    parts: Sequence[Sequence[Placed]],
    own: Sequence[Placed],
    p: int,
    prior_precision: Array,
    tau_scale: float,
) -> float:
    """How far to follow the tau of one part: alone, and where the others do not differ at all.

    Parts that each agree within but not with each other need the second.
    """
    others = [block for part in parts if part is not own for block in part]
    alone = _upper(own, [], p, prior_precision, tau_scale)
    return max(alone, _upper(own, others, p, prior_precision, tau_scale)) if others else alone


def _upper(
    blocks: Sequence[Placed],
    others: Sequence[Placed],
    p: int,
    prior_precision: Array,
    tau_scale: float,
) -> float:
    """Where the log posterior of tau has fallen 30 below its maximum; `others` have tau zero."""
    widest = tau_scale * np.sqrt(2.0 * DEPTH + 20.0)
    rest = _data_sums(others, np.zeros(STEPS), p)
    for _ in range(12):
        grid = widest * np.linspace(0.0, 1.0, STEPS) ** 2
        sums = _data_sums(blocks, np.square(grid), p).plus(rest)
        curve = _factor(sums, prior_precision)[1] + half_normal(grid[:, None], tau_scale)
        peak = int(np.argmax(curve))
        below = np.flatnonzero(curve[peak:] < curve[peak] - DEPTH)
        if not len(below):  # the trials differ far more than the prior expects
            widest *= 3.0
            continue
        narrower = float(grid[peak + below[0]])
        if narrower > 0.6 * widest:
            return narrower
        widest = narrower
    return float(widest)
