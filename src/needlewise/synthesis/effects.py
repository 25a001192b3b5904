"""`Effects`: what the trials say, as an exact mixture, with what may be shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array, cdf, pdf
from needlewise.evidence import Network
from needlewise.synthesis.design import Priors, TimeBasis
from needlewise.synthesis.gaussian import Mixture


@dataclass(frozen=True)
class Support:
    """Whether a contrast may be shown at a horizon, and what is behind it.

    `status` is supported, not-studied (no row in the window varies it), not-comparable (rows do
    not link to the reference) or too-vague (the data hardly move the prior). `trials` vary it in
    the window; `kind` is direct, add-on (through a common co-treatment) or indirect.
    """

    status: str
    trials: tuple[str, ...]
    people: int | None
    kind: str

    @property
    def supported(self) -> bool:
        return self.status == "supported"


@dataclass(frozen=True)
class Summary:
    """Mean, SD and central 95 % range of one quantity."""

    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True)
class Effects:
    """The posterior of every component's effect over time.

    `mixture` has one column per component and knot, components slowest; effects are against the
    reference, on the network's scale, negative is better. `error` is the largest change of any
    printed contrast, in its SDs, when the grid is made half as fine again.
    """

    network: Network
    basis: TimeBasis
    priors: Priors
    mixture: Mixture
    support: Mapping[tuple[str, float], Support]
    error: float

    def vector(self, components: tuple[str, ...], week: float, sign: float = 1.0) -> Array:
        """Row that picks the sum of components at a week, shape (p,)."""
        knots = self.basis.at(week)[0]
        row = np.zeros(len(self.network.components) * len(knots))
        for component in components:
            start = self.network.components.index(component) * len(knots)
            row[start : start + len(knots)] += sign * knots
        return row

    def contrast(self, week: float, plus: tuple[str, ...], minus: tuple[str, ...] = ()) -> Array:
        """Row for one set of components against another (the reference where empty)."""
        return self.vector(plus, week) + self.vector(minus, week, -1.0)

    def known(self, components: tuple[str, ...]) -> bool:
        """Whether all components stand in the network."""
        return all(c in self.network.components for c in components)

    def mean(self, row: Array) -> float:
        """Posterior mean of a contrast; heterogeneity does not move it."""
        return float(self.mixture.weights @ self.mixture.project(row[None, :])[0][0])

    def summary(self, row: Array, *, new_setting: bool = False) -> Summary:
        """Mean, SD and range of a contrast; `new_setting` adds the heterogeneity."""
        return self.summaries(row[None, :], new_setting=new_setting)[0]

    def summaries(self, rows: Array, *, new_setting: bool = False) -> list[Summary]:
        """`summary` of several contrasts at once, rows (k, p)."""
        means, variances = self.mixture.project(rows)
        if new_setting:
            variances = variances + self.tau_squares
        return summarise(self.mixture.weights, means, variances)

    @property
    def tau_squares(self) -> Array:
        """tau squared per node, shape (n,); the first heterogeneity where there are several."""
        return np.square(self.mixture.taus[:, 0])

    def probability_below(self, row: Array, bound: float, *, new_setting: bool = False) -> float:
        """P(contrast < bound)."""
        means, variances = self.mixture.project(row[None, :])
        if new_setting:
            variances = variances + self.tau_squares
        z = (bound - means[0]) / np.sqrt(np.maximum(variances[0], 1e-300))
        return float(self.mixture.weights @ cdf(z))

    def tau(self) -> Summary:
        """Heterogeneity SD on the network's scale."""
        weights, taus = self.mixture.weights, self.mixture.taus[:, 0]
        mean = float(weights @ taus)
        order = np.argsort(taus)
        mass = np.cumsum(weights[order]) - 0.5 * weights[order]
        low, high = np.interp([0.025, 0.975], mass, taus[order])
        return Summary(
            mean, float(np.sqrt(weights @ np.square(taus - mean))), float(low), float(high)
        )


def summarise(weights: Array, means: Array, variances: Array) -> list[Summary]:
    """Mean, SD and 2.5 and 97.5 % quantiles of Gaussian mixtures.

    Args:
        weights: (n,), shared by the mixtures.
        means, variances: (k, n), one row a mixture.
    """
    centres = means @ weights
    sds = np.sqrt((variances + np.square(means - centres[:, None])) @ weights)
    ends = mixture_quantiles(weights, means, variances, np.array([0.025, 0.975]))
    return [
        Summary(float(c), float(s), float(low), float(high))
        for c, s, (low, high) in zip(centres, sds, ends, strict=True)
    ]


def mixture_quantiles(weights: Array, means: Array, variances: Array, levels: Array) -> Array:
    """Quantiles of Gaussian mixtures by Newton kept inside a bracket.

    Args:
        weights: (n,); nodes without weight are passed over.
        means, variances: (k, n).
        levels: (q,).

    Returns: (k, q).
    """
    heavy = weights > 1e-18 * np.max(weights)
    weights, means, variances = weights[heavy], means[:, None, heavy], variances[:, None, heavy]
    sds = np.sqrt(np.maximum(variances, 1e-300))
    shape = (len(means), len(levels))
    low = np.broadcast_to(np.min(means - 12.0 * sds, axis=2), shape)
    high = np.broadcast_to(np.max(means + 12.0 * sds, axis=2), shape)
    centre = means @ weights
    spread = np.sqrt((variances + np.square(means - centre[:, :, None])) @ weights)
    x = np.clip(centre + spread * np.where(levels < 0.5, -2.0, 2.0), low, high)
    moved = high - low
    for _ in range(200):
        z = (x[:, :, None] - means) / sds
        miss = cdf(z) @ weights - levels
        low, high = np.where(miss < 0, x, low), np.where(miss < 0, high, x)
        step = miss / np.maximum((pdf(z) / sds) @ weights, 1e-300)
        new = x - step
        # Newton alone can circle an inflection: where it does not halve its move, bisect; where it
        # has arrived, stay.
        arrived = np.abs(step) <= 1e-11 * (1.0 + np.abs(x))
        if np.all(arrived):
            return np.asarray(x)
        newton = (new > low) & (new < high) & (np.abs(step) < 0.5 * moved)
        new = np.where(arrived, x, np.where(newton, new, 0.5 * (low + high)))
        moved, x = np.abs(new - x), new
    return np.asarray(x)
