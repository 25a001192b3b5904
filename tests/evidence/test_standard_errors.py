"""Standard errors: the first way that applies, its name, and the allowances it carries."""

import math

import pytest
from scipy import stats

from needlewise.errors import InputError
from needlewise.evidence.standard_errors import arm_standard_error, contrast_standard_error

from .packs import row

ALL = {"se": 3, "ci_low": 10, "ci_high": 20, "sd": 30, "n": 100}
ARM_WAYS = [
    # cells left, value, source
    (("se", "ci_low", "ci_high", "sd", "n"), 3.0, "printed"),
    (("ci_low", "ci_high", "sd", "n"), 10 / 3.92, "interval"),
    (("sd", "n"), 3.0, "sd"),
    (("ci_low", "sd", "n"), 3.0, "sd"),
    (("sd",), None, None),
    (("n",), None, None),
]


@pytest.mark.parametrize(("left", "value", "source"), ARM_WAYS)
def test_order_of_ways_for_an_arm(topic, left, value, source) -> None:
    cells = {key: ALL[key] if key in left else "" for key in ALL}
    error = arm_standard_error(topic, row(topic, "arm_results", **cells))
    assert (error and error.source) == source
    assert (error and error.value) == (value and pytest.approx(value))
    assert error is None or error.printed


@pytest.mark.parametrize(("n", "freedom"), [(12, 11), (59, 58), (60, None), ("", None)])
def test_quantile_behind_an_arms_interval(topic, n, freedom) -> None:
    cells = row(topic, "arm_results", ci_low=10, ci_high=20, sd="", n=n)
    quantile = 1.96 if freedom is None else stats.t.ppf(0.975, freedom)
    assert arm_standard_error(topic, cells).value == pytest.approx(5 / quantile, rel=1e-9)


@pytest.mark.parametrize(
    ("sizes", "freedom"),
    [([20, 25], 43), ([59, 500], 557), ([60, 61], None), ([20, None], None), ([None, None], None),
     ([1, 1], None)],
)  # fmt: skip
def test_quantile_behind_a_contrasts_interval(topic, sizes, freedom) -> None:
    cells = row(topic, "contrast_results", se="", ci_low=-9, ci_high=1)
    quantile = 1.96 if freedom is None else stats.t.ppf(0.975, freedom)
    error = contrast_standard_error(topic, cells, sizes)
    assert (error.value, error.source) == (pytest.approx(5 / quantile, rel=1e-9), "interval")


FROM_P = [
    # printed p, its upper rounding limit
    ("0.03", 0.035),
    ("0.030", 0.0305),
    ("0.001", 0.0015),
    ("0.000", 0.0005),
    ("0.49", 0.495),
]


@pytest.mark.parametrize("sizes", [[30, 25], [100, 90], [None, 40]])
@pytest.mark.parametrize(("printed", "limit"), FROM_P)
def test_from_p_at_the_limit_that_gives_the_larger_error(topic, printed, limit, sizes) -> None:
    cells = row(topic, "contrast_results", se="", estimate=-8, p_value=printed)
    exact = None not in sizes and min(sizes) < 60
    t = stats.t.ppf(1 - limit / 2, sum(sizes) - 2) if exact else stats.norm.ppf(1 - limit / 2)
    error = contrast_standard_error(topic, cells, sizes)
    assert error.value**2 == pytest.approx(1.25 * (8 / t) ** 2, rel=1e-7)
    assert error.source == "p"
    assert not error.printed
    # a p anywhere inside its rounding gives a smaller standard error
    lowest = stats.norm.ppf(1 - (2 * float(printed) - limit) / 2) if float(printed) else math.inf
    assert error.value > 8 / lowest


@pytest.mark.parametrize(
    "cells",
    [{"p_value": "0.03", "p_relation": "<"}, {"p_value": "0.9"}, {"p_value": "0.0001"},
     {"p_value": ""}, {"p_value": "0.03", "estimate": ""}, {"p_value": "0.03", "estimate": "0"}],
)  # fmt: skip
def test_p_that_gives_no_way(topic, cells) -> None:
    made = row(topic, "contrast_results", **{"se": "", "estimate": "-8", **cells})
    assert contrast_standard_error(topic, made, [100, 100]) is None


ALLOWANCES = {
    "": 1.0, "imputed": 1.25, "derived-p": 1.25,
    "p-only": 1.0, "derived-d": 1.0, "derived-interval": 1.0,
}  # fmt: skip


@pytest.mark.parametrize("basis", ALLOWANCES)
@pytest.mark.parametrize("table", ["arm_results", "contrast_results"])
def test_allowance_for_a_spread_that_was_not_printed(topic, basis, table) -> None:
    cells = row(topic, table, se=4, spread_basis=basis)
    error = (
        arm_standard_error(topic, cells)
        if table == "arm_results"
        else contrast_standard_error(topic, cells, [100, 100])
    )
    assert error.value**2 == pytest.approx(16 * ALLOWANCES[basis])
    assert error.source == (basis or "printed")
    assert error.printed == (basis == "")


@pytest.mark.parametrize(
    "cells",
    [{"se": 0}, {"se": -1}, {"ci_low": 5, "ci_high": 5}, {"ci_low": 9, "ci_high": 1}, {"sd": 0}],
)
def test_a_spread_of_nothing_or_less_is_refused_with_its_row(topic, cells) -> None:
    with pytest.raises(InputError, match=r"arm_results\.csv:5: .*above zero"):
        arm_standard_error(topic, row(topic, "arm_results", 5, **cells))


def test_every_basis_of_the_pack_is_known(topic) -> None:
    bases = {r["spread_basis"] for t in ("arm_results", "contrast_results") for r in topic[t]}
    assert bases <= set(ALLOWANCES)
