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
STEPS = 48
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


def _minus_log_likelihood(white: Whitened, *, restricted: bool) -> Callable[[Array], Array]:
    def value(squares: Array) -> Array:
        sums = white.sums(squares)
        _, log_determinant, q = sums.factored()
        found = sums.log_determinant + q
        return np.asarray(0.5 * (found + log_determinant if restricted else found))

    return value


def estimate_tau(white: Whitened, method: str) -> TauEstimate:
    """Tau and its 95 % interval; with no degree of freedom left it is 0 and unknown (0 to inf)."""
    freedom = len(white.y) - white.rows.shape[1]
    if freedom <= 0:
        return TauEstimate(0.0, 0.0, np.inf)
    upper = _upper(white)
    if method in {"reml", "ml"}:
        return _by_likelihood(_minus_log_likelihood(white, restricted=method == "reml"), upper)
    low, high = _q_profile(white, freedom, upper)
    if method == "pm":
        return TauEstimate(_where_q_is(white, float(freedom), upper), low, high)
    return TauEstimate(_dersimonian_laird(white, freedom), low, high)


def _upper(white: Whitened) -> float:
    """A tau far above what the trials show: Q there is far below its degrees of freedom."""
    upper = float(np.sqrt(1.0 / max(float(np.median(white.values)), 1e-300)))
    for _ in range(60):
        q = float(q_at(white, np.array([upper**2]))[0])
        if q < 0.02 * (len(white.y) - white.rows.shape[1]):
            break
        upper *= 2.0
    return upper


def _by_likelihood(minus: Callable[[Array], Array], upper: float) -> TauEstimate:
    from scipy.optimize import minimize_scalar

    grid = upper * np.linspace(0.0, 1.0, STEPS) ** 2
    curve = minus(np.square(grid))
    best = int(np.argmin(curve))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, STEPS - 1)]
    found = minimize_scalar(
        lambda t: float(minus(np.array([t * t]))[0]), bounds=(low, high), method="bounded",
        options={"xatol": 1e-10 * max(high, 1e-12)},
    )  # fmt: skip
    tau, least = float(found.x), float(found.fun)
    if float(minus(np.zeros(1))[0]) <= least + 1e-9:
        tau, least = 0.0, float(minus(np.zeros(1))[0])

    def above(t: float) -> float:
        return float(minus(np.array([t * t]))[0]) - least - HALF_CHI

    lower = 0.0 if tau == 0.0 or above(0.0) <= 0 else _root(above, 0.0, tau)
    top = max(upper, 2 * tau)
    while above(top) < 0 and top < 1e6 * upper:
        top *= 2.0
    return TauEstimate(tau, lower, _root(above, tau, top) if above(top) > 0 else np.inf)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-12))


def _where_q_is(white: Whitened, target: float, upper: float) -> float:
    """The tau at which Q equals a target; 0 where it is below it already."""

    def above(t: float) -> float:
        return float(q_at(white, np.array([t * t]))[0]) - target

    if above(0.0) <= 0:
        return 0.0
    top = upper
    while above(top) > 0 and top < 1e9 * upper:
        top *= 2.0
    return _root(above, 0.0, top)


def _q_profile(white: Whitened, freedom: int, upper: float) -> tuple[float, float]:
    from scipy.special import chdtri

    return (
        _where_q_is(white, float(chdtri(freedom, 0.025)), upper),
        _where_q_is(white, float(chdtri(freedom, 0.975)), upper),
    )


def _dersimonian_laird(white: Whitened, freedom: int) -> float:
    _, covariance, q = solved(white.sums(np.zeros(1)))
    turned = (white.rows * white.values[:, None]).T @ white.rows
    trace = float(white.values.sum() - np.trace(covariance[0] @ turned))
    return float(np.sqrt(max(0.0, (float(q[0]) - freedom) / trace))) if trace > 0 else 0.0
