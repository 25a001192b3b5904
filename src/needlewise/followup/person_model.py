"""One person's departure from the expected course as a Gaussian process (methods, section 7).

    Y(t) = m(t) + f(t) + e

m is the expected course, e the error of one score. f has SD s_f(t), where s_f(t)^2 + error^2 is the
squared spread between people at t, and is a Matern 3/2 process in x = log(1 + weeks) whose tie to
the start is set by how far pain now carries over:

    f(t) = s_f(t) [ c(t) z + sqrt(1 - c(t)^2) h(t) ],    z standard normal,
    Cov(h(t), h(t')) = (k(x - x') - k(x) k(x')) / sqrt((1 - k(x)^2)(1 - k(x')^2)),
    k(d) = (1 + a) exp(-a),  a = sqrt(3) |d| / length    (Rasmussen and Williams 2006, eq. 4.17).

h is the Matern process given its value at the start, so with c = k this is the Matern process
itself. The slope of section 5 follows from the model,

    beta_t = Cov(Y(0), Y(t)) / Var(Y(0)) = s_f(0) s_f(t) c(t) / s_0^2,

and c(t) is what makes it the slope of the outlook at each horizon; the length is the one at which
c = k at the first of them, and up to there c is k.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from needlewise.distributions import Array

TIGHTEST = 0.999  # the start can tell no more of a later score than the error of scores lets it


def matern(distance: Array, length: Array) -> Array:
    """Matern 3/2 correlation at a distance in log(1 + weeks)."""
    a = np.sqrt(3.0) * np.abs(distance) / length
    return np.asarray((1.0 + a) * np.exp(-a))


def length_for(distance: float, correlation: Array) -> Array:
    """The length at which the correlation at a distance is as given (0.001 to 0.999)."""
    low, high = np.full_like(correlation, 1e-4), np.full_like(correlation, 40.0)
    for _ in range(80):  # (1 + a) exp(-a) falls in a: halve the bracket to rounding error
        middle = 0.5 * (low + high)
        above = (1.0 + middle) * np.exp(-middle) > correlation
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.asarray(np.sqrt(3.0) * distance / (0.5 * (low + high)))


@dataclass(frozen=True)
class PersonModel:
    """f and e for every draw of the slope.

    Attributes:
        weeks: the horizons, rising, shape (K,).
        start, later: spread between people's scores at the start and at each horizon, points of
            0-100, (K,).
        slopes: how far a point now carries over to each horizon, shape (draws, K).
        error: SD of the error of one score, points of 0-100.
    """

    weeks: Array
    start: float
    later: Array
    slopes: Array
    error: float

    def carried_sd(self, weeks: Array) -> Array:
        """s_f at each week, shape (T,); between horizons the spread is linear in log(1 + weeks)."""
        knots = np.concatenate([[0.0], np.log1p(self.weeks)])
        spread = np.interp(np.log1p(weeks), knots, np.concatenate([[self.start], self.later]))
        return np.asarray(np.sqrt(np.maximum(spread**2 - self.error**2, 1.0)))

    @cached_property
    def ties(self) -> Array:
        """c at each horizon, shape (draws, K)."""
        carried = self.carried_sd(np.concatenate([[0.0], self.weeks]))
        ties = self.slopes * self.start**2 / (carried[0] * carried[1:])
        return np.asarray(np.clip(ties, 0.001, TIGHTEST))

    @cached_property
    def length(self) -> Array:
        """Length of the process in log(1 + weeks), shape (draws,)."""
        return length_for(float(np.log1p(self.weeks[0])), self.ties[:, 0])

    def tie(self, weeks: Array) -> Array:
        """c at each week, shape (draws, T): Matern up to the first horizon, then linear in x."""
        x, knots = np.log1p(weeks), np.log1p(self.weeks)
        early = matern(x, self.length[:, None])
        at = np.clip(np.searchsorted(knots, x), 1, max(len(knots) - 1, 1))
        if len(knots) == 1:
            late = np.repeat(self.ties, len(x), axis=1)
        else:
            share = np.clip((x - knots[at - 1]) / (knots[at] - knots[at - 1]), 0.0, 1.0)
            late = self.ties[:, at - 1] * (1.0 - share) + self.ties[:, at] * share
        return np.where(x[None, :] < knots[0], early, late)

    def carried(self, weeks: Array) -> Array:
        """Covariance of f over weeks, shape (draws, T, T)."""
        x, length = np.log1p(weeks), self.length[:, None, None]
        tie, sd = self.tie(weeks), self.carried_sd(weeks)
        own = matern(x, self.length[:, None])
        left = np.sqrt(np.maximum(1.0 - own**2, 1e-14))
        away = matern(x[:, None] - x[None, :], length) - own[:, :, None] * own[:, None, :]
        away = away / (left[:, :, None] * left[:, None, :])
        free = np.sqrt(np.maximum(1.0 - tie**2, 0.0))
        shape = tie[:, :, None] * tie[:, None, :] + free[:, :, None] * free[:, None, :] * away
        return np.asarray(shape * (sd[:, None] * sd[None, :]))

    def slope(self, weeks: Array) -> Array:
        """beta_t, derived: Cov(Y(0), Y(t)) / Var(Y(0)), shape (draws, T)."""
        carried = self.carried(np.concatenate([[0.0], weeks]))
        return np.asarray(carried[:, 0, 1:] / (carried[:, 0, :1] + self.error**2))

    def given(
        self, seen_at: Array, seen: Array, expected: Array, weeks: Array, ahead: Array
    ) -> tuple[Array, Array]:
        """Scores at `weeks` given the scores seen: mean and SD, each (draws, T).

        Args:
            seen_at, seen: weeks and scores, points of 0-100, shape (n,); no score: the model alone.
            expected: m at `seen_at`, shape (draws, n).
            ahead: m at `weeks`, shape (draws, T).

        Exact conditioning of a Gaussian (Rasmussen and Williams 2006, eq. 2.23 and 2.24), with the
        error of the score to come in the SD.
        """
        n = len(seen_at)
        whole = self.carried(np.concatenate([seen_at, weeks]))
        own = np.einsum("dtt->dt", whole[:, n:, n:]) + self.error**2
        if n == 0:
            return ahead, np.sqrt(own)
        among = whole[:, :n, :n] + self.error**2 * np.eye(n)
        across = whole[:, :n, n:]
        gain = np.linalg.solve(among, across)
        mean = ahead + np.einsum("dnt,dn->dt", gain, seen[None, :] - expected)
        left = own - np.einsum("dnt,dnt->dt", gain, across)
        return mean, np.sqrt(np.maximum(left, self.error**2))
