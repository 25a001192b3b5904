"""Options with numbers that cannot be used, and options that would do nothing."""

import pytest
from tests.synthesis.nma.test_published import network

from needlewise.errors import InputError
from needlewise.evidence.tables import read_network
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.priors import TauPrior


@pytest.mark.parametrize("prior", [
    "half-normal(1e)", "half-normal(-)", "uniform(.)", "half-normal(1e300)", "half-normal(1e-300)",
    "half-normal(1e999)", "lognormal(-2000, 1)", "normal(1e300, 1e300)",
])  # fmt: skip
def test_numbers_that_no_prior_has(prior):
    with pytest.raises(InputError, match=r"no prior of tau|too large"):
        TauPrior.parse(prior)


@pytest.mark.parametrize(("options", "told"), [
    *[({"effect_sd": sd}, "effect_sd") for sd in (0.0, -1.0, float("nan"), float("inf"), 1e200)],
    ({"drift": 1.0}, "name horizons"), ({"class_prior": "half-normal(1)"}, "name the classes"),
    ({"test": "t"}, "belongs to an estimate"),
])  # fmt: skip
def test_options_that_would_be_passed_over(options, told):
    with pytest.raises(InputError, match=told):
        fit(network("crins2014"), **options)
    if "effect_sd" in options:
        with pytest.raises(InputError, match=told):
            fit(network("crins2014"), likelihood="counts", **options)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300])
def test_a_place_far_from_any_trial(value):
    fitted = fit(network("crins2014"), covariates=())
    with pytest.raises(InputError, match="no covariate"):
        fitted.at(age=value)
    rows = {"study": [1, 2, 3, 4], "yi": [0.1, 0.4, 0.2, 0.9], "vi": [0.1] * 4, "age": [1, 2, 3, 4]}
    with pytest.raises(InputError, match="cannot be"):
        fit(read_network(rows, covariates=["age"]), covariates=["age"]).at(age=value)
