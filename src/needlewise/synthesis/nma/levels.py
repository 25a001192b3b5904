"""Ordered categories by a probit model: reaching cut-off c has chance Phi(eta - z_c).

The first cut-off is zero, the others are parameters that all trials share; a trial that does not
report a cut-off has the categories about it in one (Dias et al. 2011, TSD 2, example 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence.tables import Arms

FAR = 1e3  # where a category has no end
LEAST = 1e-100  # chance of a category: its square still is a number
APART = 0.5  # first guess of the distance between cut-offs


@dataclass(frozen=True, eq=False)
class Levels:
    """Counts of C categories (C, k, 1, 1, m), and the places of their lower and upper ends among
    the ends -far, 0, cut-offs, far.
    """

    counts: Array
    lower: Array
    upper: Array
    ends: tuple[Array, Array] | None = None

    @property
    def observed(self) -> Array:
        return self.counts

    def first_guess(self) -> Array:
        from scipy.special import ndtri

        whole = self.counts.sum(axis=0)
        return np.asarray(ndtri(1.0 - (self.counts[0] + 0.5) / (whole + 1.0)))

    def at(self, cuts: Array) -> Levels:
        n, q, m, _ = cuts.shape
        far = np.full((n, q, m, 1), FAR)
        ends = np.concatenate([-far, 0.0 * far, cuts, far], axis=-1)
        ends = np.moveaxis(ends, -1, 0)  # (ends, n, q, m)
        trial = np.arange(m)

        def of(place: Array) -> Array:
            # Two indices with slices between: their axes come first, (C, k, m, n, q).
            return np.moveaxis(ends[place[:, :, 0, 0], :, :, trial], 2, -1)

        return replace(self, ends=(of(self.lower), of(self.upper)))

    def _about(self, eta: Array) -> tuple[Array, Array, Array]:
        """How far eta lies above both ends of each category, and the category's chance.

        Categories are the first axis, before those of eta.
        """
        from scipy.special import ndtr

        assert self.ends is not None
        more = (slice(None), *(None,) * (eta.ndim - 4))
        a, b = (eta - end[more] for end in self.ends)
        high = b > 0.0  # the upper tails, which do not cancel
        chance = np.where(high, ndtr(-b) - ndtr(-a), ndtr(a) - ndtr(b))
        return a, b, np.maximum(chance, LEAST)

    def _weights(self, eta: Array) -> Array:
        return np.asarray(self.counts[(slice(None), *(None,) * (eta.ndim - 4))])

    def log_likelihood(self, eta: Array) -> Array:
        return np.asarray((self._weights(eta) * np.log(self._about(eta)[2])).sum(axis=0))

    def slopes(self, eta: Array) -> tuple[Array, Array]:
        a, b, chance = self._about(eta)
        at_a, at_b = (np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi) for x in (a, b))
        slope = (at_a - at_b) / chance
        bend = (a * at_a - b * at_b) / chance + np.square(slope)
        weights = self._weights(eta)
        return (weights * slope).sum(axis=0), np.maximum((weights * bend).sum(axis=0), 0.0)

    def expected(self, eta: Array) -> Array:
        return np.asarray(self.counts.sum(axis=0) * self._about(eta)[2])

    def at_means(self, mean: Array) -> float:
        share = np.maximum(mean / self.counts.sum(axis=0), LEAST)
        return float((self.counts * np.log(share)).sum())


def levels_of(arms: Sequence[Arms]) -> Levels:
    """Trials with the same number of arms; a category that is not reported joins the one below."""
    many = max(a.levels.shape[1] for a in arms if a.levels is not None)
    size, count = len(arms[0].size), len(arms)
    counts = np.zeros((many + 1, size, count))
    lower = np.zeros((many + 1, size, count), dtype=int)
    upper = np.full((many + 1, size, count), many + 1, dtype=int)
    for k, own in enumerate(arms):
        assert own.levels is not None
        told = np.flatnonzero(np.isfinite(own.levels[0]))
        places = [0, *(told + 1), many + 1]
        cells = [own.size - own.levels[:, told].sum(axis=1), *own.levels[:, told].T]
        for c, cell in enumerate(cells):
            counts[c, :, k], lower[c, :, k], upper[c, :, k] = cell, places[c], places[c + 1]
    room = (slice(None), slice(None), None, None)
    return Levels(counts[room], lower[room], upper[room])
