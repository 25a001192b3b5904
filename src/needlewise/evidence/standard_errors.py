"""The standard error of a row: the first way that applies, and its name (methods, section 1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from needlewise.distributions import student_quantile
from needlewise.errors import InputError
from needlewise.topic import Row, Topic

NORMAL_QUANTILE = 1.96
SMALL_ARM = 60  # below this size the interval of a small arm is read with Student's t

DOUBTED = {
    "derived-p": "derived_p_variance_factor",
    "imputed": "imputed_variance_factor",
}


@dataclass(frozen=True)
class StandardError:
    """A standard error in the row's own unit and where it comes from.

    `source` is printed, interval, sd, p or the row's `spread_basis` where the spread was not
    printed: p-only, derived-p, derived-d, derived-interval, imputed.
    """

    value: float
    source: str

    @property
    def printed(self) -> bool:
        return self.source in {"printed", "interval", "sd"}


def interval_quantile(sizes: list[float | None]) -> float:
    """Quantile behind a 95 % interval: t where all sizes are known and one is small, else z."""
    known = [size for size in sizes if size is not None]
    freedom = sum(known) - len(known)
    if len(known) < len(sizes) or min(known) >= SMALL_ARM or freedom < 1:
        return NORMAL_QUANTILE
    return student_quantile(0.975, freedom)


def arm_standard_error(topic: Topic, row: Row) -> StandardError | None:
    """Standard error of an arm's mean or change, None where there is no way to one."""
    size, sd = row.number("n"), row.number("sd")
    low, high, printed = row.number("ci_low"), row.number("ci_high"), row.number("se")
    if printed is not None:
        return doubted(topic, row, printed, "printed")
    if low is not None and high is not None:
        return doubted(topic, row, (high - low) / (2 * interval_quantile([size])), "interval")
    if sd is not None and size:
        return doubted(topic, row, sd / math.sqrt(size), "sd")
    return None


def contrast_standard_error(
    topic: Topic, row: Row, sizes: list[float | None]
) -> StandardError | None:
    """Standard error of a contrast; `sizes` are the numbers behind its two arms."""
    low, high, printed = row.number("ci_low"), row.number("ci_high"), row.number("se")
    if printed is not None:
        return doubted(topic, row, printed, "printed")
    if low is not None and high is not None:
        return doubted(topic, row, (high - low) / (2 * interval_quantile(sizes)), "interval")
    return from_p(topic, row, sizes)


def from_p(topic: Topic, row: Row, sizes: list[float | None]) -> StandardError | None:
    """An exact two-sided p of that contrast, 0.0005 to 0.5, at the larger SE of its rounding."""
    p, estimate = row.number("p_value"), row.number("estimate")
    if p is None or not estimate or row["p_relation"] != "=":
        return None
    printed = row["p_value"].strip()
    decimals = len(printed.split(".")[1]) if "." in printed else 0
    p = min(p + 0.5 * 10.0**-decimals, 1.0)
    if not 0.0005 <= p <= 0.5:
        return None
    known = [s for s in sizes if s is not None]
    quantile = (
        student_quantile(1 - p / 2, sum(known) - 2)
        if len(known) == 2 and min(known) < SMALL_ARM and sum(known) > 2
        else student_quantile(1 - p / 2, math.inf)
    )
    factor = topic.assumption("derived_p_variance_factor")
    return StandardError(abs(estimate) / quantile * math.sqrt(factor), "p")


def doubted(topic: Topic, row: Row, value: float, source: str) -> StandardError:
    """Widen a spread the source did not print, unless its row already carries the allowance."""
    if value <= 0:
        raise InputError(
            f"{row.place}: the spread gives a standard error of {value:g}; "
            "it must be above zero, correct the row or leave the spread empty."
        )
    basis = row["spread_basis"]
    if basis in DOUBTED:
        value *= math.sqrt(topic.assumption(DOUBTED[basis]))
    return StandardError(value, basis or source)
