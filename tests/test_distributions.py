"""The plain NumPy distributions against SciPy, far into both tails."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from needlewise import distributions


def grid(low: float, high: float) -> np.ndarray:
    edges = [0.46875, 4.0, np.nextafter(0.46875, 1), np.nextafter(4.0, 5)]
    return np.concatenate([np.linspace(low, high, 4001), edges, np.negative(edges)])


def test_erfc_keeps_its_digits_in_the_tail() -> None:
    x = grid(-8.0, 26.0)
    exact = [math.erfc(v) for v in x]
    np.testing.assert_allclose(distributions.erfc(x), exact, rtol=2e-15, atol=0)
    np.testing.assert_allclose(distributions.erfc(x), special.erfc(x), rtol=1e-13, atol=0)


@pytest.mark.parametrize(("x", "value"), [(math.inf, 0.0), (-math.inf, 2.0), (60.0, 0.0)])
def test_erfc_at_the_ends(x: float, value: float) -> None:
    assert float(distributions.erfc(x)) == value


def test_erfc_of_no_number_is_no_number() -> None:
    assert math.isnan(float(distributions.erfc(math.nan)))


def test_cdf_and_pdf() -> None:
    x = grid(-37.0, 12.0)
    np.testing.assert_allclose(distributions.cdf(x), stats.norm.cdf(x), rtol=3e-13, atol=0)
    np.testing.assert_allclose(distributions.pdf(x), stats.norm.pdf(x), rtol=1e-13, atol=0)


def test_shapes_are_kept() -> None:
    x = np.zeros((2, 3, 4))
    assert distributions.cdf(x).shape == distributions.quantile(x + 0.5).shape == (2, 3, 4)
    assert np.all(distributions.cdf(x) == 0.5)


def test_quantile() -> None:
    p = np.concatenate([np.logspace(-300, -1, 300), np.linspace(0.1, 0.9, 99), [1 - 1e-12]])
    np.testing.assert_allclose(distributions.quantile(p), stats.norm.ppf(p), rtol=1e-12, atol=1e-15)


@given(st.floats(-6, 6))
def test_quantile_undoes_the_cdf(x: float) -> None:
    assert float(distributions.quantile(distributions.cdf(x))) == pytest.approx(x, abs=1e-6)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4.5, 9, 29, 58, 117, 1000])
@pytest.mark.parametrize("p", [0.5001, 0.6, 0.75, 0.9, 0.975, 0.995, 0.99975, 1 - 1e-6])
def test_student_quantile(p: float, freedom: float) -> None:
    expected = stats.t.ppf(p, freedom)
    assert distributions.student_quantile(p, freedom) == pytest.approx(expected, rel=1e-8)


def test_student_quantile_without_end_is_normal() -> None:
    assert distributions.student_quantile(0.975, math.inf) == pytest.approx(stats.norm.ppf(0.975))


@given(st.floats(0.55, 0.999), st.floats(0.55, 0.999), st.integers(1, 200))
def test_student_quantile_rises_with_p(one: float, other: float, freedom: int) -> None:
    low, high = sorted((one, other))
    below, above = (distributions.student_quantile(p, freedom) for p in (low, high))
    assert below <= above * (1 + 1e-12)
