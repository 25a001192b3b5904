"""The clipped normal against SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats

from needlewise.outlook.clipped import clipped_mean, latent_mean, share_at_most

SDS = st.floats(2.0, 40.0)


@given(st.floats(-60.0, 160.0), SDS)
@settings(max_examples=80, deadline=None)
def test_mean_of_the_clipped_normal_is_its_integral(latent, sd):
    inside, _ = integrate.quad(
        lambda y: y * stats.norm.pdf(y, latent, sd), 0, 100, points=[min(max(latent, 1), 99)]
    )
    expected = inside + 100 * stats.norm.sf(100, latent, sd)
    assert float(clipped_mean(np.array(latent), sd)) == pytest.approx(expected, abs=1e-6)


@given(st.floats(0.1, 99.9), SDS)
@settings(max_examples=80, deadline=None)
def test_the_latent_mean_gives_back_the_clipped_mean(mean, sd):
    latent = latent_mean(np.array([mean]), sd)
    assert float(clipped_mean(latent, sd)[0]) == pytest.approx(mean, abs=1e-4)


@given(st.floats(1.0, 99.0), st.floats(0.0, 99.0), SDS)
@settings(max_examples=80, deadline=None)
def test_share_at_most_is_that_of_clipped_people(mean, bound, sd):
    """The latent mean is solved here by bisection, on SciPy's own normal."""

    def clipped(latent):
        a, b = -latent / sd, (100 - latent) / sd
        inside = stats.norm.cdf(b) - stats.norm.cdf(a)
        ends = stats.norm.pdf(a) - stats.norm.pdf(b)
        return latent * inside + sd * ends + 100 * stats.norm.sf(b)

    latent = optimize.brentq(lambda x: clipped(x) - mean, -500, 600)
    expected = stats.norm.cdf(bound, latent, sd)
    assert float(share_at_most(bound, np.array([mean]), sd)[0]) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("mean", [-5.0, 0.0, 100.0, 250.0])
def test_means_off_the_scale_are_brought_just_inside(mean):
    latent = latent_mean(np.array([mean]), 20.0)
    assert float(clipped_mean(latent, 20.0)[0]) == pytest.approx(
        min(max(mean, 0.1), 99.9), abs=1e-4
    )
