"""The normal and Student distributions in plain NumPy, to double precision.

Importing SciPy takes longer than a whole comparison; these few functions are tested against it.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating[Any]]

# Cody (1969), Math. Comp. 23:631-637: rational approximations of erf and erfc.
_ERF_P = (3.209377589138469472562e3, 3.774852376853020208137e2, 1.138641541510501556495e2,
          3.161123743870565596947e0, 1.857777061846031526730e-1)  # fmt: skip
_ERF_Q = (2.844236833439170622273e3, 1.282616526077372275645e3, 2.440246379344441733056e2,
          2.360129095234412093499e1, 1.0)  # fmt: skip
_ERFC_P = (1.23033935479799725272e3, 2.05107837782607146532e3, 1.71204761263407058314e3,
           8.81952221241769090411e2, 2.98635138197400131132e2, 6.61191906371416294775e1,
           8.88314979438837594118e0, 5.64188496988670089180e-1,
           2.15311535474403846343e-8)  # fmt: skip
_ERFC_Q = (1.23033935480374942043e3, 3.43936767414372163696e3, 4.36261909014324715820e3,
           3.29079923573345962678e3, 1.62138957456669018874e3, 5.37181101862009857509e2,
           1.17693950891312499305e2, 1.57449261107098347253e1, 1.0)  # fmt: skip
_TAIL_P = (6.58749161529837803157e-4, 1.60837851487422766278e-2, 1.25781726111229246204e-1,
           3.60344899949804439429e-1, 3.05326634961232344035e-1,
           1.63153871373020978498e-2)  # fmt: skip
_TAIL_Q = (2.33520497626869185443e-3, 6.05183413124413191178e-2, 5.27905102951428412248e-1,
           1.87295284992346725209e0, 2.56852019228982242072e0, 1.0)  # fmt: skip


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    value = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = value * x + coefficient
    return value


def erfc(x: ArrayLike) -> Array:
    """Complementary error function, relative error below 1e-14 (Cody 1969)."""
    x = np.asarray(x, dtype=float)
    size = np.abs(x)
    small = np.minimum(size, 0.5)
    near = 1.0 - x * _polynomial(_ERF_P, small * small) / _polynomial(_ERF_Q, small * small)
    middle = np.clip(size, 0.46875, 4.0)
    far = np.maximum(size, 4.0)
    inverse = 1.0 / (far * far)
    tail = inverse * _polynomial(_TAIL_P, inverse) / _polynomial(_TAIL_Q, inverse)
    tail = (1.0 / math.sqrt(math.pi) - tail) / far
    scaled = np.where(
        size <= 4.0, _polynomial(_ERFC_P, middle) / _polynomial(_ERFC_Q, middle), tail
    )
    bounded = np.minimum(size, 30.0)
    whole = np.trunc(bounded * 16.0) / 16.0  # exp(-x^2) in two factors keeps its last digits
    rest = (bounded - whole) * (bounded + whole)
    value = np.exp(-whole * whole) * np.exp(-rest) * scaled
    return np.where(size <= 0.46875, near, np.where(x < 0, 2.0 - value, value))


def cdf(x: ArrayLike) -> Array:
    """Standard normal distribution function."""
    return 0.5 * erfc(-np.asarray(x, dtype=float) / math.sqrt(2.0))


def pdf(x: ArrayLike) -> Array:
    """Standard normal density."""
    x = np.asarray(x, dtype=float)
    return np.asarray(np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi))


def quantile(p: ArrayLike) -> Array:
    """Standard normal quantiles of p in (0, 1) (Wichura 1988, AS 241, in the standard library)."""
    p = np.asarray(p, dtype=float)
    inverse = NormalDist().inv_cdf
    return np.array([inverse(float(v)) for v in p.ravel()]).reshape(p.shape)


def student_quantile(p: float, freedom: float) -> float:
    """Quantile of Student's t for p in (0.5, 1).

    With t = sqrt(freedom) tan(angle) the distribution function is an integral of cos^(freedom-1),
    smooth on a bounded range; Newton with bisection as its guard.
    """
    if math.isinf(freedom):
        return NormalDist().inv_cdf(p)
    nodes, weights = np.polynomial.legendre.leggauss(100)
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(math.pi)

    def density(angle: Array | float) -> Array:
        return np.asarray(scale * np.cos(angle) ** (freedom - 1))

    low, high = 0.0, math.pi / 2
    angle = min(math.atan(NormalDist().inv_cdf(p) / math.sqrt(freedom)), 1.5)
    for _ in range(200):
        area = float(0.5 * angle * (weights @ density(0.5 * angle * (nodes + 1))))
        miss = 0.5 + area - p
        low, high = (angle, high) if miss < 0 else (low, angle)
        step = miss / max(float(density(angle)), 1e-300)
        new = angle - step
        new = new if low < new < high else 0.5 * (low + high)
        if abs(new - angle) <= 1e-15 * angle:
            break
        angle = new
    return math.sqrt(freedom) * math.tan(angle)
