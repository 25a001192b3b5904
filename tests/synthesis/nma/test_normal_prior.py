"""A normal prior of tau, cut off at 0: against a fine grid, and as the half-normal it ends in."""

import numpy as np
import pytest
from tests.synthesis.nma.test_published import network

from needlewise.errors import InputError
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.exact import at_tau
from needlewise.synthesis.nma.priors import TauPrior


@pytest.mark.parametrize("prior", ["normal(0.33, 0.1)", "normal(2, 0.2)", "normal(0.3, 1)"])
def test_a_normal_prior_on_a_fine_grid(prior):
    fitted = fit(network("crins2014"), tau_prior=prior, effect_sd=4)
    own = TauPrior.parse(prior)
    taus = np.linspace(1e-6, own.one + 9 * own.two, 40001)
    log_part, means, _ = at_tau(fitted.white, taus, 4.0)
    density = own.log_density(taus)
    assert np.trapezoid(np.exp(density), taus) == pytest.approx(1.0, abs=1e-6)
    weight = np.exp(log_part + density - (log_part + density).max())
    weight[0] *= 0.5
    weight /= weight.sum()
    tau = fitted.heterogeneity
    assert tau.tau == pytest.approx(weight @ taus, rel=1e-5)
    assert tau.sd == pytest.approx(np.sqrt(weight @ taus**2 - (weight @ taus) ** 2), rel=1e-4)
    assert fitted.effects().estimate[0] == pytest.approx(weight @ means[:, 0], abs=1e-6)


def test_about_zero_it_is_half_normal():
    one, two = (fit(network("crins2014"), tau_prior=p) for p in ("normal(0, 0.5)",
                                                                 "half-normal(0.5)"))  # fmt: skip
    assert one.heterogeneity.tau == pytest.approx(two.heterogeneity.tau, rel=1e-6)
    assert one.prior.startswith("tau ~ normal(0, 0.5)")


@pytest.mark.parametrize(("prior", "told"), [
    ("normal(1)", "no prior of tau"), ("normal(1, 0)", "must be above 0"),
    ("normal(1, 0.05)", "at least a tenth"), ("normal(-1, 1)", "mean of 0 or more"),
])  # fmt: skip
def test_what_is_no_normal_prior(prior, told):
    with pytest.raises(InputError, match=told):
        TauPrior.parse(prior)
