"""The one number formatter: words, tables, icons, PDF and JSON all round here."""

from __future__ import annotations

import math
from collections.abc import Sequence

from needlewise.outlook.prediction import Estimate


def whole(x: float) -> int:
    """Rounded half away from zero to a whole number."""
    return int(math.copysign(math.floor(abs(x) + 0.5), x)) if x else 0


def tenth(x: float) -> float:
    """Rounded half away from zero to one decimal; never minus zero."""
    return math.copysign(math.floor(abs(x) * 10 + 0.5) / 10, x) if abs(x) >= 0.05 else 0.0


def ten(x: float) -> float:
    """A level of pain on 0-100 as points of 0-10, one decimal."""
    return tenth(x / 10.0)


def hundred(share: float) -> int:
    """A share as a count of 100 people."""
    return whole(100.0 * share)


def of(share: float, denominator: int) -> float:
    """A share as a count of a denominator: whole from 10 on, two figures below."""
    count = share * denominator
    if count >= 9.5 or count == 0:
        return whole(count)
    if count >= 0.095:
        return tenth(count)
    return float(f"{count:.1g}")


def count_text(share: float, denominator: int) -> str:
    """A count as printed, without its denominator."""
    value = of(share, denominator)
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def between(low: str, high: str) -> str:
    """A range in words."""
    return f"{low} to {high}"


def signed_range(estimate: Estimate, digits: int) -> tuple[str, str, str, str]:
    """A difference in words: size, direction of the mean, and both ends with their direction.

    Negative is less. Returns (size, "less" or "more" or "no different", low end, high end).
    """

    def shown(x: float) -> str:
        value = whole(x) if digits == 0 else tenth(x)
        return f"{abs(value):g}"

    def direction(x: float) -> str:
        value = whole(x) if digits == 0 else tenth(x)
        return "less" if value < 0 else "more" if value > 0 else "no different"

    ends = [
        "no different" if direction(e) == "no different" else f"{shown(e)} {direction(e)}"
        for e in (estimate.low, estimate.high)
    ]
    return shown(estimate.mean), direction(estimate.mean), ends[0], ends[1]


def largest_remainder(shares: Sequence[float], total: int) -> list[int]:
    """Whole counts in proportion to shares that sum exactly to `total` (Hamilton's method)."""
    scale = sum(shares)
    exact = [s / scale * total for s in shares] if scale > 0 else [0.0] * len(shares)
    counts = [math.floor(e) for e in exact]
    missing = total - sum(counts)
    order = sorted(range(len(shares)), key=lambda i: (counts[i] - exact[i], i))
    for i in order[:missing]:
        counts[i] += 1
    return counts
