"""Maximum likelihood of log odds that differ between trials by a normal distribution.

A trial's count x has the log likelihood x theta - K(theta) in its own log odds (or log odds ratio)
theta = x'beta + tau z, z standard normal; z is integrated by adaptive Gauss-Hermite quadrature
about its mode, and slopes and curvatures are those of the same integral.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.synthesis.nma.classic import HALF_CHI

NODES = 24
STEPS, HALVINGS = 100, 30
CALM = 1e-12  # twice the height still to climb at which the top is near enough
FAR = 20.0  # a log odds ratio that no count can show: the likelihood has no top
STARTS = (0.1, 0.4, 1.0, 2.0)
LEAST = 1e-5  # taus below it are zero
BLOCK = 2_000_000  # numbers held at once
FEW = 64  # possible counts of trials that are worked out together

Places = NDArray[np.intp]
Height = tuple[float, Array, Array]  # log likelihood, its slopes (p,) and curvature (p, p)


class Family(Protocol):
    """What the counts are, given theta."""

    def cumulant(self, theta: Array) -> tuple[Array, Array, Array]:
        """K, its slope (expected count) and curvature (variance) at theta (m, q), each (m, q)."""
        ...


@dataclass(frozen=True, eq=False)
class Binomial:
    """Counts of `size` (m,) at log odds theta + `offset` (m,)."""

    size: Array
    offset: Array

    def cumulant(self, theta: Array) -> tuple[Array, Array, Array]:
        eta, size = theta + self.offset[:, None], self.size[:, None]
        share = 1.0 / (1.0 + np.exp(-np.clip(eta, -500.0, 500.0)))
        return size * np.logaddexp(0.0, eta), size * share, size * share * (1.0 - share)


@dataclass(frozen=True, eq=False)
class Table:
    """Counts `low` + 0, 1, ... (m,) with log weights (m, s) at theta 0, -inf beyond `width` (m,)
    of them.
    """

    low: Array
    logs: Array
    width: Array

    def cumulant(self, theta: Array) -> tuple[Array, Array, Array]:
        found = np.empty((3, *theta.shape))
        for own in self._alike:
            step = max(1, BLOCK // (theta.shape[1] * int(self.width[own[-1]])))
            for start in range(0, len(own), step):
                some = own[start : start + step]
                found[:, some] = self._block(some, theta[some])
        return found[0], found[1], found[2]

    @cached_property
    def _alike(self) -> list[Places]:
        """Trials with about as many possible counts, the most last."""
        order = np.argsort(self.width, kind="stable")
        doubled = np.ceil(np.log2(np.maximum(self.width[order] / FEW, 1.0)))
        return np.split(order, np.flatnonzero(np.diff(doubled)) + 1)

    def _block(self, own: Places, theta: Array) -> Array:
        above = np.arange(int(self.width[own].max()), dtype=float)
        logs = self.logs[own, None, : len(above)] + theta[:, :, None] * above
        top = logs.max(axis=2)
        middle = 0.5 * (len(above) - 1)  # moments about it lose least to rounding
        powers = np.stack([np.ones_like(above), above - middle, np.square(above - middle)], axis=1)
        whole, first, second = np.moveaxis(np.exp(logs - top[:, :, None]) @ powers, 2, 0)
        mean = first / whole
        low = self.low[own, None]
        log = top + np.log(whole) + low * theta
        return np.stack([log, low + middle + mean, second / whole - mean * mean])


@dataclass(frozen=True, eq=False)
class Top:
    """Parameters at the maximum (p,), their covariance (p, p), tau with its profile interval and
    standard error (nan at zero), and the log likelihood (less the counts' own constants).
    """

    means: Array
    covariance: Array
    tau: float
    low: float
    high: float
    tau_se: float
    log_likelihood: float


@cache
def _hermite(nodes: int) -> tuple[Array, Array]:
    """Nodes, and logs of weight times exp of the node squared."""
    at, weight = np.polynomial.hermite.hermgauss(nodes)
    return at, np.log(weight) + np.square(at)


def integrated(family: Family, counts: Array, rows: Array, at: Array, nodes: int = NODES) -> Height:
    """The log likelihood of all trials at (beta, tau) (p + 1,), slopes and curvature."""
    mean, tau = rows @ at[:-1], at[-1]
    mode, spread = _modes(family, counts, mean, tau)
    points, logs = _hermite(nodes)
    z = mode[:, None] + np.sqrt(2.0) * spread[:, None] * points
    value, expected, variance = family.cumulant(mean[:, None] + tau * z)
    own = counts[:, None]
    log = own * (mean[:, None] + tau * z) - value - 0.5 * z * z + logs
    peak = log.max(axis=1, keepdims=True)
    weight = np.exp(log - peak)
    whole = weight.sum(axis=1, keepdims=True)
    height = peak[:, 0] + np.log(whole[:, 0] * spread) - 0.5 * np.log(np.pi)
    weight /= whole
    slope, bend = own - expected, np.square(own - expected) - variance
    by_mean, by_tau = (weight * slope).sum(axis=1), (weight * slope * z).sum(axis=1)
    mean2 = (weight * bend).sum(axis=1) - by_mean**2
    cross = (weight * bend * z).sum(axis=1) - by_mean * by_tau
    tau2 = (weight * bend * z * z).sum(axis=1) - by_tau**2
    p = len(at) - 1
    curve = np.empty((p + 1, p + 1))
    curve[:p, :p] = (rows * mean2[:, None]).T @ rows
    curve[:p, p] = curve[p, :p] = rows.T @ cross
    curve[p, p] = tau2.sum()
    return float(height.sum()), np.append(rows.T @ by_mean, by_tau.sum()), curve


def _modes(family: Family, counts: Array, mean: Array, tau: float) -> tuple[Array, Array]:
    """Mode of each trial's z and the SD of the normal there, (m,) each."""
    z = np.zeros_like(mean)
    for _ in range(STEPS):
        _, expected, variance = (v[:, 0] for v in family.cumulant((mean + tau * z)[:, None]))
        curve = tau * tau * variance + 1.0
        step = (tau * (counts - expected) - z) / curve
        reach = 2.0 / max(abs(tau), 1e-9)  # no further than 2 in log odds at once
        z = z + np.clip(step, -reach, reach)
        if float(np.abs(step).max(initial=0.0)) < 1e-8:
            break
    return z, 1.0 / np.sqrt(curve)


def climbed(height: Callable[[Array], Height], start: Array) -> tuple[Array, Height]:
    """The top of a log likelihood from a start (p,), by Newton uphill. It may be far away."""
    at, here = start, height(start)
    for _ in range(STEPS):
        values, vectors = np.linalg.eigh(-here[2])
        values = np.maximum(np.abs(values), 1e-14 * max(float(np.abs(values).max()), 1e-10))
        step = vectors @ ((vectors.T @ here[1]) / values)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        if float(step @ here[1]) < CALM or float(np.abs(at).max()) > 2 * FAR:
            break
        for _ in range(HALVINGS):
            new = height(at + step)
            if new[0] >= here[0] - 1e-13 * abs(here[0]):
                break
            step = 0.5 * step
        else:
            break
        at, here = at + step, new
    return at, here


def check_top(means: Array, names: tuple[str, ...], what: str) -> None:
    """Raise InputError naming parameters whose likelihood rises without end."""
    lost = [n for n, v in zip(names, means, strict=True) if not abs(v) < FAR]
    if lost:
        raise InputError(
            f"The likelihood has no maximum for {', '.join(lost[:6])} {what}; leave it out, or "
            "use likelihood = counts, whose prior holds it."
        )


def common_top(
    height: Callable[[Array], Height], names: tuple[str, ...], what: str
) -> tuple[Array, Height]:
    """The top where effects do not differ. Raises InputError where there is none."""
    at, here = climbed(height, np.zeros(len(names)))
    check_top(at, names, what)
    return at, here


def random_top(
    family: Family, counts: Array, rows: Array, names: tuple[str, ...], what: str
) -> Top:
    """Beta and tau by maximum likelihood; covariances from the observed information of both.

    Raises InputError where there is no maximum.
    """

    def height(at: Array) -> Height:
        return integrated(family, counts, rows, at)

    def at_tau(tau: float, start: Array) -> tuple[Array, Height]:
        def own(beta: Array) -> Height:
            value, slope, curve = height(np.append(beta, tau))
            return value, slope[:-1], curve[:-1, :-1]

        return climbed(own, start)

    p = len(names)
    beta, here = common_top(lambda b: _less(height(np.append(b, 0.0))), names, what)
    tau, top = 0.0, here
    ways = [np.append(at_tau(t, beta)[0], t) for t in STARTS]
    whole, found = climbed(height, max(ways, key=lambda at: height(at)[0]))
    check_top(whole[:p], names, what)
    tau_se = float("nan")
    if abs(whole[p]) > LEAST and found[0] > here[0]:
        covariance = np.linalg.inv(-found[2])
        beta, tau, top = whole[:p], abs(float(whole[p])), found
        tau_se = float(np.sqrt(covariance[p, p]))
        covariance = covariance[:p, :p]
    else:
        covariance = np.linalg.inv(-here[2])
    low, high = _profile(lambda t: at_tau(t, beta)[1][0] - top[0] + HALF_CHI, tau)
    return Top(beta, covariance, tau, low, high, tau_se, top[0])


def _less(height: Height) -> Height:
    return height[0], height[1][:-1], height[2][:-1, :-1]


def _profile(above: Callable[[float], float], tau: float) -> tuple[float, float]:
    """Where the profile likelihood of tau falls 1.92 below its top."""
    from scipy.optimize import brentq

    low = 0.0
    if tau > 0 and above(0.0) < 0:
        low = float(brentq(above, 0.0, tau, xtol=1e-6))
    end = max(2 * tau, 0.5)
    while above(end) > 0:
        end *= 2.0
        if end > FAR:
            return low, float("inf")
    return low, float(brentq(above, tau, end, xtol=1e-6))
