"""Quantiles and probabilities of mixtures of normals, many at once."""

from __future__ import annotations

import numpy as np

from needlewise.distributions import Array


def below(weights: Array, means: Array, sds: Array, at: Array) -> Array:
    """Probability of lying below `at` (k,): means and sds (n, k)."""
    from scipy.special import ndtr

    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where(sds > 0, (at - means) / sds, np.sign(at - means) * np.inf)
    return np.asarray(weights @ np.nan_to_num(ndtr(scaled), nan=0.5))


def quantile(weights: Array, means: Array, sds: Array, share: float) -> Array:
    """Quantiles (k,) by Newton steps kept inside a bracket."""
    from scipy.special import ndtri

    z = float(ndtri(share))
    ends = means + z * sds
    low, high = ends.min(axis=0), ends.max(axis=0)
    at = weights @ ends
    for _ in range(60):
        miss = below(weights, means, sds, at) - share
        low, high = np.where(miss < 0, at, low), np.where(miss > 0, at, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = (at - means) / sds
            slope = weights @ (np.exp(-0.5 * scaled * scaled) / (sds * np.sqrt(2 * np.pi)))
            step = at - miss / slope
        inside = np.isfinite(step) & (step >= low) & (step <= high)
        new = np.where(inside, step, 0.5 * (low + high))
        if np.all(np.abs(new - at) <= 1e-13 * np.maximum(1.0, np.abs(at))):
            return np.asarray(new)
        at = new
    return np.asarray(at)
