"""The stored Sobol set: the same draws in every run, so that results are byte-equal."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import numpy as np

from needlewise.distributions import Array, cdf

STORED = Path(__file__).with_name("sobol_normal.npy")

# Which columns of the set serve what. Options and horizons share a block, so that people with
# other values or another order of options get the same draws.
EFFECT_NODE, COURSE_NODE, SLOPE, RESIDUAL = 0, 1, 2, 3
COURSE = slice(4, 8)
PAIN = slice(8, 28)
FUNCTION_NODE, FUNCTION = 28, slice(29, 49)
WEIGHTS = slice(49, 64)


@cache
def normal_draws() -> Array:
    """Standard normal deviates, shape (1024, 64); made by scripts/make_sobol.py."""
    return np.asarray(np.load(STORED), dtype=float)


@cache
def even_draws(column: int) -> Array:
    """A column of the set as uniform draws on 0 to 1, shape (1024,)."""
    return cdf(normal_draws()[:, column])


@cache
def draws_hash() -> str:
    """SHA-256 of the stored set: the seed that every result carries."""
    return hashlib.sha256(STORED.read_bytes()).hexdigest()


def pick_nodes(weights: Array, deviates: Array) -> np.ndarray:
    """Node of a mixture for each draw: the deviates' ranks against the cumulative weights."""
    ranks = np.empty(len(deviates))
    ranks[np.argsort(deviates, kind="stable")] = (np.arange(len(deviates)) + 0.5) / len(deviates)
    return np.minimum(np.searchsorted(np.cumsum(weights), ranks), len(weights) - 1)
