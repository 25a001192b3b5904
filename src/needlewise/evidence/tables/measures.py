"""Arms to contrasts against the first arm, with the covariance that the shared arm makes."""

from __future__ import annotations

import math

import numpy as np

from needlewise.distributions import Array


def continuous(measure: str, means: Array, errors: Array, sds: Array, sizes: Array) -> _Found:
    """Contrasts of means.

    Args:
        means, errors, sds, sizes: (k,) per arm; `errors` are standard errors, `sds` and `sizes`
            may hold nan where `measure` does not need them.

    SMD is Hedges' g with the SD pooled over all arms; its covariances are those of Gleser and
    Olkin (2009): 1/n1 + g_b g_c / (2 N).
    """
    if measure == "ROM":
        return _from_arms(np.log(means), np.square(errors / means))
    if measure != "SMD":
        return _from_arms(means, np.square(errors))
    total, arms = sizes.sum(), len(sizes)
    freedom = total - arms
    pooled = math.sqrt(float(((sizes - 1.0) * sds * sds).sum() / freedom))
    small = math.exp(
        math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2) - 0.5 * math.log(freedom / 2)
    )
    g = small * (means[1:] - means[0]) / pooled
    covariance = 1.0 / sizes[0] + np.outer(g, g) / (2.0 * total)
    return g, covariance + np.diag(1.0 / sizes[1:]), float(1.0 / sizes[0])


def counts(measure: str, events: Array, sizes: Array, offset: Array) -> _Found:
    """Contrasts of counts, (k,) per arm; sizes are people, or person-time for IRR.

    `offset` is added to each arm's log hazard (minus the log of its follow-up time) for HR.
    """
    if measure == "OR":
        return _from_arms(np.log(events / (sizes - events)), 1 / events + 1 / (sizes - events))
    if measure == "RR":
        return _from_arms(np.log(events / sizes), 1 / events - 1 / sizes)
    if measure == "IRR":
        return _from_arms(np.log(events / sizes), 1 / events)
    share = events / sizes
    if measure == "RD":
        return _from_arms(share, share * (1 - share) / sizes)
    hazard = -np.log1p(-share)  # cumulative; proportional hazards make its ratio the HR
    return _from_arms(np.log(hazard) - offset, share / ((1 - share) * sizes * hazard**2))


def needs_increment(measure: str, events: Array, sizes: Array) -> bool:
    """Whether a zero (or full) cell leaves the measure or its variance without a value."""
    if measure in {"RR", "IRR"}:
        return bool((events == 0).any())
    return bool(((events == 0) | (events == sizes)).any())


_Found = tuple[Array, Array, float]  # contrasts, covariance, the first arm's own variance


def _from_arms(at: Array, variances: Array) -> _Found:
    return at[1:] - at[0], variances[0] + np.diag(variances[1:]), float(variances[0])
