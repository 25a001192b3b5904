"""The SD between trials in short: from the nodes of its posterior to mean, median and range."""

from __future__ import annotations

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.synthesis.nma.exact import Marginal
from needlewise.synthesis.nma.fit import Heterogeneity

FINE = 4001  # points on which the density of tau is read off


def of_nodes(values: Array, weights: Array) -> Heterogeneity:
    """Mean, SD and quantiles of a quantity known at the nodes alone."""
    order = np.argsort(values)
    whole = np.cumsum(weights[order]) - 0.5 * weights[order]
    low, median, high = np.interp([0.025, 0.5, 0.975], whole, values[order])
    mean = float(weights @ values)
    sd = float(np.sqrt(weights @ np.square(values - mean)))
    return Heterogeneity(mean, float(low), float(high), float(median), sd)


def heterogeneity(known: Marginal) -> tuple[Heterogeneity, tuple[Array, Array]]:
    """Mean, SD, median and central 95 % of tau, and its density (tau, density).

    The log density between the nodes is a spline in the variable of the grid.
    """
    from scipy.interpolate import CubicSpline

    mean = float(known.weights @ known.taus)
    sd = float(np.sqrt(known.weights @ np.square(known.taus - mean)))
    s, order = np.unique(known.grid.s, return_index=True)
    log_density = known.log_density[order]
    usable = np.isfinite(log_density) & (
        log_density > np.nanmax(log_density, initial=-np.inf) - 700
    )
    if usable.sum() < 2:
        raise InputError(
            "How much trials differ could not be worked out: the trials and the priors tell too "
            "little for this model, or numbers are too far apart in size; use fewer parameters or "
            "model = common."
        )
    spline = CubicSpline(s[usable], log_density[usable])
    fine = np.linspace(s[usable][0], s[usable][-1], FINE)
    density = np.exp(spline(fine) - log_density.max())
    steps = 0.5 * (density[1:] + density[:-1]) * np.diff(fine)
    first = 0.5 * density[0] * fine[0]
    whole = np.concatenate([[first], first + np.cumsum(steps)])
    at = np.interp([0.025, 0.5, 0.975], whole / whole[-1], fine)
    low, median, high = (float(v) for v in known.grid.tau_at(at))
    taus = known.grid.tau_at(fine)
    slope = np.gradient(taus, fine)
    curve = density / slope / (whole[-1] * np.ones_like(fine))
    return Heterogeneity(mean, max(low, 0.0), high, median, sd), (taus, curve)
