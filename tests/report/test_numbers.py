"""The one number formatter."""

import itertools
import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.outlook.prediction import Estimate
from needlewise.report.numbers import (
    count_text,
    hundred,
    largest_remainder,
    of,
    signed_range,
    ten,
    tenth,
    whole,
)

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=8).filter(lambda s: sum(s) > 1e-6)


@given(SHARES, st.sampled_from([0, 1, 7, 100, 10_000]))
def test_largest_remainder_sums_exactly_and_stays_within_one(shares, total):
    counts = largest_remainder(shares, total)
    assert sum(counts) == total
    for share, count in zip(shares, counts, strict=True):
        assert abs(count - share / sum(shares) * total) < 1


@given(SHARES)
def test_a_larger_share_never_gets_the_smaller_count(shares):
    counts = largest_remainder(shares, 100)
    pairs = sorted(zip(shares, counts, strict=True))
    for (low, a), (high, b) in itertools.pairwise(pairs):
        assert a <= b or low == high


def test_largest_remainder_by_hand():
    assert largest_remainder([1, 1, 1], 100) == [34, 33, 33]
    assert largest_remainder([0.415, 0.415, 0.17], 100) == [42, 41, 17]
    assert largest_remainder([0, 0], 100) == [50, 50] or sum(largest_remainder([0, 0], 0)) == 0


@given(st.integers(-20_000, 20_000))
def test_halves_round_away_from_zero(hundredths):
    """On every number with two decimals, against exact decimal arithmetic."""
    exact = Decimal(hundredths) / 100
    x = float(exact)
    assert whole(x) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert tenth(x) == float(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))


@given(st.floats(-1e6, 1e6))
def test_rounding_is_odd_and_never_minus_zero(x):
    assert whole(-x) == -whole(x)
    assert tenth(-x) == -tenth(x)
    assert math.copysign(1, tenth(x)) == 1 or tenth(x) < 0


def test_levels_and_counts():
    assert ten(54.49) == 5.4
    assert ten(54.5) == 5.5
    assert hundred(0.245) == 25
    assert hundred(0.0) == 0


@pytest.mark.parametrize(
    ("share", "denominator", "text"),
    [
        (0.0, 100, "0"), (0.0596, 100, "6"), (0.0594, 100, "5.9"), (0.123, 100, "12"),
        (0.000_8, 100, "0.08"), (0.041_9, 10_000, "419"), (7.1e-6, 1_000_000, "7.1"),
        (0.001_961, 1_000_000, "1,961"), (1.0, 100, "100"), (0.0949, 100, "9.5"),
        (0.0951, 100, "10"), (4e-8, 1_000_000, "0.04"),
    ],
)  # fmt: skip
def test_counts_show_two_figures_below_ten(share, denominator, text):
    assert count_text(share, denominator) == text


@given(st.floats(0, 1), st.sampled_from([100, 10_000, 1_000_000]))
def test_the_count_in_words_is_the_count_in_json(share, denominator):
    assert float(count_text(share, denominator).replace(",", "")) == pytest.approx(
        of(share, denominator), rel=1e-5
    )


@given(st.floats(0, 1), st.floats(0, 1))
def test_counts_keep_the_order_of_shares(a, b):
    low, high = sorted((a, b))
    assert of(low, 10_000) <= of(high, 10_000)


@pytest.mark.parametrize(
    ("estimate", "digits", "told"),
    [
        (Estimate(-15.4, -21.2, -8.5), 0, ("15", "less", "21 less", "9 less")),
        (Estimate(-0.4, -3.0, 2.0), 0, ("0", "no different", "3 less", "2 more")),
        (Estimate(2.25, -0.04, 4.5), 1, ("2.3", "more", "no different", "4.5 more")),
    ],
)
def test_differences_in_words_have_a_direction_for_each_end(estimate, digits, told):
    assert signed_range(estimate, digits) == told
