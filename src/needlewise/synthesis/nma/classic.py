"""The frequentist twin: tau by DL, ML, REML or Paule-Mandel, and its interval.

DL for any network: Jackson, White and Riley (2012), Q less its degrees of freedom over the trace
of P S. Paule-Mandel solves Q(tau) = degrees of freedom. Intervals: profile likelihood for ML and
REML, Q-profile (Viechtbauer 2007) for DL and PM.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array
from needlewise.synthesis.nma.whitened import Sums, Whitened

METHODS = ("reml", "ml", "dl", "pm")
DOUBLED = 2.0 ** np.arange(6)
GRID = np.linspace(0.0, 1.0, 48) ** 2
ZOOMS = 8
SMALL = 128  # contrasts up to which their independent parts are worked out
HALF_CHI = 1.920729410347062  # half the 0.95 quantile of chi squared with one degree of freedom


@dataclass(frozen=True)
class TauEstimate:
    tau: float
    low: float
    high: float


def solved(sums: Sums) -> tuple[Array, Array, Array]:
    """Estimates (n, p), their covariance (n, p, p) and Q (n,) at each tau."""
    covariance = np.linalg.inv(sums.precision)
    means = np.matmul(covariance, sums.score[:, :, None])[:, :, 0]
    return means, covariance, sums.square - (means * sums.score).sum(axis=1)


def q_at(white: Whitened, squares: Array) -> Array:
    return white.sums(squares).factored()[2]


class _Small:
    """Contrasts less all that effects can explain, as m parts independent at every tau: part z has
    variance 1 + tau^2 spread. The residual likelihood is theirs, and Q the sum of squares.
    """

    def __init__(self, white: Whitened) -> None:
        p = white.rows.shape[1]
        rest = np.linalg.qr(white.rows, mode="complete")[0][:, p:]
        self.spread, vectors = np.linalg.eigh((rest.T * white.values) @ rest)
        self.square = np.square((white.y @ rest) @ vectors)
        self.values = white.values

    def q(self, squares: Array) -> Array:
        """Q at each tau squared (n,)."""
        return np.asarray((self.square / (1.0 + squares[:, None] * self.spread)).sum(axis=1))

    def minus(self, squares: Array, *, restricted: bool) -> Array:
        """Minus the log likelihood at each tau squared (n,), but for a constant."""
        variances = self.spread if restricted else self.values
        logs = np.log1p(squares[:, None] * variances).sum(axis=1)
        return np.asarray(0.5 * (logs + self.q(squares)))

    def slope(self, square: float, *, restricted: bool) -> float:
        """Of `minus` in tau squared."""
        variances = self.spread if restricted else self.values
        weight = 1.0 / (1.0 + square * self.spread)
        return 0.5 * float(
            (variances / (1.0 + square * variances)).sum()
            - (self.spread * weight * weight) @ self.square
        )


class _Large:
    """As `_Small`, where that many parts would take long, from the sums at each tau."""

    def __init__(self, white: Whitened) -> None:
        self.white = white

    def q(self, squares: Array) -> Array:
        return q_at(self.white, squares)

    def minus(self, squares: Array, *, restricted: bool) -> Array:
        sums = self.white.sums(squares)
        _, log_determinant, q = sums.factored()
        found = sums.log_determinant + q
        return np.asarray(0.5 * (found + log_determinant if restricted else found))

    def slope(self, square: float, *, restricted: bool) -> float:
        white = self.white
        means, covariance, _ = solved(white.sums(np.array([square])))
        weight = 1.0 / (1.0 + square * white.values)
        miss = np.square(white.y - white.rows @ means[0])
        if restricted:
            miss = miss + white.hat(covariance[0])
        return 0.5 * float((white.values * weight).sum() - (white.values * weight**2) @ miss)


def _known(white: Whitened) -> _Small | _Large:
    small = isinstance(white.rows, np.ndarray) and len(white.y) <= SMALL
    return _Small(white) if small else _Large(white)


def estimate_tau(white: Whitened, method: str) -> TauEstimate:
    """Tau and its 95 % interval; with no degree of freedom left it is 0 and unknown (0 to inf)."""
    freedom = len(white.y) - white.rows.shape[1]
    if freedom <= 0:
        return TauEstimate(0.0, 0.0, np.inf)
    known = _known(white)
    upper = _upper(white, known.q)
    if method in {"reml", "ml"}:
        return _by_likelihood(known, upper, restricted=method == "reml")
    low, high = _q_profile(known.q, freedom, upper)
    if method == "pm":
        return TauEstimate(_where_q_is(known.q, float(freedom), upper), low, high)
    return TauEstimate(_dersimonian_laird(white, freedom), low, high)


def _upper(white: Whitened, q: Callable[[Array], Array]) -> float:
    """A tau far above what the trials show: Q there is far below its degrees of freedom."""
    upper = float(np.sqrt(1.0 / max(float(np.median(white.values)), 1e-300)))
    least = 0.02 * (len(white.y) - white.rows.shape[1])
    for _ in range(10):
        tried = upper * DOUBLED
        far = np.flatnonzero(q(np.square(tried)) < least)
        if len(far):
            return float(tried[far[0]])
        upper = 2.0 * float(tried[-1])
    return upper


def _by_likelihood(known: _Small | _Large, upper: float, *, restricted: bool) -> TauEstimate:
    """Where the slope is zero, and where the profile has fallen by half a chi squared."""

    def minus(t: float) -> float:
        return float(known.minus(np.array([t * t]), restricted=restricted)[0])

    def slope(t: float) -> float:
        return known.slope(t * t, restricted=restricted)

    grid = upper * GRID
    curve = known.minus(np.square(grid), restricted=restricted)
    tau, least = 0.0, float(curve[0])
    found = _lowest(slope, lambda t: known.minus(t * t, restricted=restricted), grid, curve)
    if found > 0.0 and (lowest := minus(found)) < least - 1e-9:
        tau, least = found, lowest

    def above(t: float) -> float:
        return minus(t) - least - HALF_CHI

    over = np.flatnonzero(curve - least > HALF_CHI)
    below, beyond = over[grid[over] < tau], over[grid[over] > tau]
    low = 0.0
    if len(below) and over[0] == 0:
        low = _root(above, float(grid[below[-1]]), min(float(grid[below[-1] + 1]), tau))
    if len(beyond):
        start = max(float(grid[beyond[0] - 1]), tau)
        return TauEstimate(tau, low, _root(above, start, float(grid[beyond[0]])))
    top = max(upper, 2 * tau)
    while above(top) < 0 and top < 1e6 * upper:
        top *= 2.0
    return TauEstimate(tau, low, _root(above, tau, top) if above(top) > 0 else np.inf)


def _lowest(
    slope: Callable[[float], float], minus: Callable[[Array], Array], grid: Array, curve: Array
) -> float:
    """The tau of the least value near the lowest point of a grid, which is drawn closer until the
    slope changes its sign in it.
    """
    for _ in range(ZOOMS):
        best = int(np.argmin(curve))
        low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
        if slope(low) < 0 < slope(high):
            return _root(slope, low, high)
        if best == 0 and low == 0.0 <= slope(0.0):
            return 0.0
        grid = np.linspace(low, high, len(grid))
        curve = minus(grid)
    return float(grid[int(np.argmin(curve))])


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-12))


def _where_q_is(q: Callable[[Array], Array], target: float, upper: float) -> float:
    """The tau at which Q equals a target; 0 where it is below it already."""

    def above(t: float) -> float:
        return float(q(np.array([t * t]))[0]) - target

    if above(0.0) <= 0:
        return 0.0
    top = upper
    while above(top) > 0 and top < 1e9 * upper:
        top *= 2.0
    return _root(above, 0.0, top)


def _q_profile(q: Callable[[Array], Array], freedom: int, upper: float) -> tuple[float, float]:
    from scipy.special import chdtri

    return (
        _where_q_is(q, float(chdtri(freedom, 0.025)), upper),
        _where_q_is(q, float(chdtri(freedom, 0.975)), upper),
    )


def _dersimonian_laird(white: Whitened, freedom: int) -> float:
    _, covariance, q = solved(white.sums(np.zeros(1)))
    turned = (white.rows * white.values[:, None]).T @ white.rows
    trace = float(white.values.sum() - np.trace(covariance[0] @ turned))
    return float(np.sqrt(max(0.0, (float(q[0]) - freedom) / trace))) if trace > 0 else 0.0
