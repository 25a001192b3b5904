"""Smooth functions of a few numbers, carried from some points to many by a polynomial."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement

import numpy as np

from needlewise.distributions import Array

DEGREES = {1: 6, 2: 5, 3: 4, 4: 3}  # of the polynomial by numbers it stands on


@dataclass(frozen=True, eq=False)
class Cast:
    """Points in the unit ball on which a polynomial is fitted, and from values there to its
    coefficients.
    """

    points: Array
    powers: tuple[tuple[int, ...], ...]
    solve: Array


@cache
def cast(size: int) -> Cast:
    from scipy.special import ndtri
    from scipy.stats import qmc

    degree = DEGREES[size]
    powers = tuple(
        powers
        for d in range(degree + 1)
        for powers in combinations_with_replacement(range(size), d)
    )
    if size == 1:
        count = degree + 3
        points = np.cos(np.pi * (np.arange(count) + 0.5) / count)[:, None]
    else:
        count = 2 * len(powers)
        told = np.clip(qmc.Halton(size + 1, scramble=False).random(count + 1)[1:], 1e-9, 1 - 1e-9)
        ways = ndtri(told[:, :size])
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        # More of them near the edge, where a polynomial is loosest.
        points = ways * (told[:, size:] ** (0.7 / size))
    return Cast(points, powers, np.linalg.pinv(terms(points, powers)))


def terms(at: Array, powers: tuple[tuple[int, ...], ...]) -> Array:
    """Products of the numbers (..., D) by `powers`, (..., terms)."""
    found = np.empty((*at.shape[:-1], len(powers)))
    place = {power: k for k, power in enumerate(powers)}
    for k, power in enumerate(powers):
        found[..., k] = found[..., place[power[:-1]]] * at[..., power[-1]] if power else 1.0
    return found
