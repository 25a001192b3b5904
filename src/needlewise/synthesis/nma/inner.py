"""One trial's likelihood with its baseline and its random effects integrated out.

Predictors eta_j = w_j m + b_j + u_j; a common part m ~ N(0, sd^2), u_j ~ N(0, h_j), b the effects.
Usually m is the trial's baseline, w = 1 and h = tau^2 / 2: contrasts have covariance
tau^2 (I + J) / 2, as the shift that random effects share is taken up by the free baseline. Where
the baseline moves the effects, m is what the moved arms share (`counts`). `laplace` expands about
the mode; `integral` is exact to quadrature: Gauss-Hermite over m, and within it over each u_j,
centred and scaled where the mode says. Axes: arms (k), nodes of tau (n), points (q), trials (m);
sums run over the first axes, which is fastest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from needlewise.distributions import Array
from needlewise.synthesis.nma.arms import Said

NEWTON, HALVINGS, LONGEST = 60, 8, 4.0
CLOSE = 1e-9  # twice the height still to climb at which a mode is found
LEAST = 1e-8  # of tau^2 / 2: below it the trials are as if they did not differ
BASELINE, EFFECT = 9, 7  # nodes of Gauss-Hermite for m and for each u


@dataclass(frozen=True, eq=False)
class Latent:
    """What predictors are before the counts: base, weight of the common part and variance h of
    each, that broadcast to (k, n, q, m), and the SD of the common part, to (n, q, m).
    """

    base: Array
    w: Array
    half: Array
    sd: float | Array

    @cached_property
    def known(self) -> Array:
        """Precision of the baseline were the predictors known, (n, q, m)."""
        return np.asarray(self.sd**-2 + (np.square(self.w) / self.half).sum(axis=0))

    def baseline(self, gap: Array) -> Array:
        """The likeliest baseline where the predictors lie `gap` from their base."""
        return np.asarray((self.w * gap / self.half).sum(axis=0) / self.known)

    @property
    def log_determinant(self) -> Array:
        """Of the predictors' precision about their base."""
        logs = np.broadcast_to(np.log(self.half), self.base.shape).sum(axis=0)
        return np.asarray(-logs - np.log(self.sd**2 * self.known))

    def left(self, bend: Array) -> tuple[Array, Array]:
        """With curvatures `bend` of the counts: precision of the baseline alone (n, q, m), and
        variance of each predictor given it.
        """
        given = self.half / (1.0 + self.half * bend)
        return self.sd**-2 + (np.square(self.w) * bend * given / self.half).sum(axis=0), given

    def inverse(self, bend: Array, right: Array) -> Array:
        """The whole precision's inverse times a vector, by Sherman and Morrison."""
        alone, given = self.left(bend)
        first, share = given * right, self.w * given / self.half
        return np.asarray(first + share * ((self.w * first / self.half).sum(axis=0) / alone))


@dataclass(frozen=True, eq=False)
class Mode:
    """Log likelihood by Laplace (n, q, m), predictors and curvatures at the mode (k, n, q, m)."""

    log: Array
    eta: Array
    bend: Array


def laplace(said: Said, latent: Latent, start: Array) -> Mode:
    """Modes by Newton from `start`, all at once."""

    def height(eta: Array) -> tuple[Array, Array]:
        """The log posterior of the predictors, and how far each is from base and baseline."""
        gap = eta - latent.base
        m = latent.baseline(gap)
        off = gap - latent.w * m
        far = (np.square(off) / latent.half).sum(axis=0) + np.square(m / latent.sd)
        return said.log_likelihood(eta).sum(axis=0) - 0.5 * far, off

    eta = np.broadcast_to(start, latent.base.shape)
    log, off = height(eta)
    for _ in range(NEWTON):
        slope, bend = said.slopes(eta)
        gradient = slope - off / latent.half
        step = latent.inverse(bend, gradient)
        # Shortened as a whole: where h is small predictors may move together only.
        step *= np.minimum(1.0, LONGEST / np.maximum(np.abs(step).max(axis=0), LONGEST))
        if float((step * gradient).sum(axis=0).max()) < CLOSE:
            break
        new, off = height(eta + step)
        for _ in range(HALVINGS):
            worse = new < log - 1e-9 * (1.0 + np.abs(log))
            if not worse.any():
                break
            step = np.where(worse, 0.5 * step, step)
            new, off = height(eta + step)
        eta, log = eta + step, new
    _, bend = said.slopes(eta)
    alone, given = latent.left(bend)
    log_own = np.log(alone / latent.known) - np.log(given).sum(axis=0)
    return Mode(log + 0.5 * (latent.log_determinant - log_own), eta, bend)


def moved_start(mode: Mode, before: Latent, after: Latent) -> Array:
    """Where the predictors will be at another base, to first order."""
    shift = after.base - before.base
    pull = (shift - before.w * before.baseline(shift)) / before.half
    return np.asarray(mode.eta + before.inverse(mode.bend, pull))


@cache
def _hermite(nodes: int) -> tuple[Array, Array]:
    """Points and log weights, with exp(x^2 / 2) taken up, of an integral over the real line."""
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return points, np.log(weights) + 0.5 * np.square(points)


def _lead(values: Array, axes: int) -> Array:
    return values.reshape(len(values), *(1,) * axes)


@dataclass(frozen=True, eq=False)
class Moments:
    """Means over a trial's own predictors of its arms' log likelihood (k, n, q, m) and expected
    counts (categories, k, n, q, m).
    """

    log: Array
    fitted: Array


def integral(said: Said, latent: Latent, start: Array) -> tuple[Array, Moments]:
    """Log likelihood (n, q, m) by quadrature about the mode, and moments.

    Arrays have leading axes: nodes of u, nodes of m.
    """
    mode = laplace(said, latent, start)
    half, w, base, sd = latent.half, latent.w, latent.base, latent.sd
    sd_m = 1.0 / np.sqrt(latent.left(mode.bend)[0])
    centre = latent.baseline(mode.eta - base)
    points, logs = _hermite(BASELINE)
    far = _lead(points, 3) * sd_m  # (M, n, q, m)
    m = centre + far
    x = base + w * m[:, None]
    eta = mode.eta + w * far[:, None] / (1.0 + half * mode.bend)
    # One step from the straight line to each predictor's own mode at that baseline.
    slope, bend = said.slopes(eta)
    eta = eta + np.clip((half * slope - (eta - x)) / (half * bend + 1.0), -2.0, 2.0)
    _, bend = said.slopes(eta)
    sd_u = np.sqrt(half / (1.0 + half * bend))
    own, log_own = _hermite(EFFECT)
    at = eta + _lead(own, 5) * sd_u  # (U, M, k, n, q, m)
    of_counts = said.log_likelihood(at)
    log = of_counts - np.square(at - x) / (2.0 * half) + _lead(log_own, 5)
    peak = log.max(axis=0)
    share = np.exp(log - peak)
    total = share.sum(axis=0)
    # The density of u has 1 / sqrt(2 pi h); sd_u and the weights of Hermite bring sqrt(2 pi).
    smooth = peak + np.log(total * sd_u) - 0.5 * np.log(2 * np.pi * half)
    outer = smooth.sum(axis=1) - 0.5 * np.square(m / sd) + _lead(logs, 3)
    top = outer.max(axis=0)
    weight = np.exp(outer - top)
    whole = weight.sum(axis=0)
    found = top + np.log(whole * sd_m / sd) - 0.5 * np.log(2 * np.pi)
    both = weight[:, None] / (whole * total)  # (M, k, n, q, m)
    fitted = said.expected(at)
    return found, Moments(
        ((of_counts * share).sum(axis=0) * both).sum(axis=0),
        ((fitted * share).sum(axis=1) * both).sum(axis=1),
    )
