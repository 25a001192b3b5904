"""Cells as numbers, and how far a printed number may be from the true one."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from needlewise.topic.pack import Row

NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", re.ASCII)


def number(row: Row, column: str) -> float | None:
    """The cell as a finite number; None where it is empty, missing or something else.

    Stricter than `float`, which also takes "nan", "1_000" and digits of other scripts.
    """
    return parsed(row.get(column, ""))


@lru_cache(maxsize=10_000)
def parsed(cell: str) -> float | None:
    if not NUMBER.fullmatch(cell):
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def numbers(row: Row, *columns: str) -> tuple[float, ...] | None:
    """Several cells as numbers, None unless all of them are."""
    values = [number(row, column) for column in columns]
    return tuple(v for v in values if v is not None) if None not in values else None


def rounding(*cells: str, significant: bool = False) -> float:
    """Half a unit of the last printed digit, added up over the cells.

    With `significant`, trailing zeros of a whole number count as rounded away (220 is 2.2 %).
    """
    total = 0.0
    for cell in cells:
        mantissa, _, exponent = cell.lower().lstrip("+-").partition("e")
        whole, point, decimals = mantissa.partition(".")
        digits = -len(decimals)
        if significant and not point and whole.strip("0"):
            digits = len(whole) - len(whole.rstrip("0"))
        power = digits + (int(exponent) if exponent else 0)
        total += 0.5 * 10.0 ** max(-300, min(300, power))
    return total


def plain(value: float) -> str:
    """A number as a person would write it in a sentence: four digits, no exponent."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1e-4 or value == 0 else "less than 0.0001"
