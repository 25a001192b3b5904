"""Quantiles and probabilities of mixtures of normals, many at once."""

from __future__ import annotations

import numpy as np

from needlewise.distributions import Array

NO_MASS = 1e-14  # weights below are left out of quantiles
CLOSE = 1e-4  # of the smallest SD: the error after such a step is its cube


def below(weights: Array, means: Array, sds: Array, at: Array) -> Array:
    """Probability of lying below `at` (k,): means and sds (n, k)."""
    from scipy.special import ndtr

    return np.asarray(weights @ ndtr(_scaled(means, sds, at)))


def _scaled(means: Array, sds: Array, at: Array) -> Array:
    """Distance from the means in SDs, (n, k); at an SD of 0 plus or minus infinity, or 0."""
    if (sds > 0).all():
        return np.asarray((at - means) / sds)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(sds > 0, (at - means) / sds, np.sign(at - means) * np.inf)
    return np.nan_to_num(found, nan=0.0, posinf=np.inf, neginf=-np.inf)


def moments(weights: Array, means: Array, variances: Array) -> tuple[Array, Array]:
    """Mean and SD (k,) of mixtures with means and variances (n, k)."""
    mean = weights @ means
    return mean, np.sqrt(weights @ (variances + np.square(means - mean)))


def quantile(weights: Array, means: Array, sds: Array, share: float) -> Array:
    """Quantiles (k,) by Halley's steps kept inside a bracket."""
    from scipy.special import ndtr, ndtri

    held = weights > NO_MASS
    weights, means, sds = weights[held], means[held], sds[held]
    z = float(ndtri(share))
    ends = means + z * sds
    low, high = ends.min(axis=0), ends.max(axis=0)
    at = np.clip(_first(weights, means, sds, z), low, high)
    close = CLOSE * np.maximum(sds.min(axis=0), 1e-13 * np.abs(at))
    for _ in range(60):
        scaled = _scaled(means, sds, at)
        miss = weights @ ndtr(scaled) - share
        low, high = np.where(miss < 0, at, low), np.where(miss > 0, at, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            density = np.exp(-0.5 * scaled * scaled) / (sds * np.sqrt(2 * np.pi))
            slope = weights @ density
            step = miss / slope
            step = step / (1.0 + 0.5 * step * (weights @ (scaled * density / sds)) / slope)
            new = at - step
        inside = np.isfinite(new) & (new >= low) & (new <= high)
        new = np.where(inside, new, 0.5 * (low + high))
        if np.all(np.abs(new - at) <= close):
            return np.asarray(new)
        at = new
    return np.asarray(at)


def _first(weights: Array, means: Array, sds: Array, z: float) -> Array:
    """A first guess by the mixture's moments (Cornish and Fisher 1938), z from the normal."""
    mean = weights @ means / weights.sum()
    off, variances = np.square(means - mean), np.square(sds)
    variance = weights @ (off + variances)
    third = weights @ ((means - mean) * (off + 3 * variances))
    fourth = weights @ (off * (off + 6 * variances) + 3 * np.square(variances))
    with np.errstate(divide="ignore", invalid="ignore"):
        skew = third / variance**1.5
        excess = fourth / np.square(variance) - 3
        moved = (
            z + (z * z - 1) * skew / 6 + z * (z * z - 3) * excess / 24
            - z * (2 * z * z - 5) * np.square(skew) / 36
        )  # fmt: skip
    return np.asarray(np.where(np.isfinite(moved), mean + moved * np.sqrt(variance), mean))
