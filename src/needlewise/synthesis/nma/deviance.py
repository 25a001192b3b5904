"""How well a posterior fits, as BUGS users read it: residual deviance, pD and DIC; and the model of
unrelated mean effects beside it.

The deviance is that of the contrasts about the trials' own effects. With errors turned to one and
random effects diagonal, a row y of a trial has, given tau, effect E = y - b (y - z m) and variance
1 - b + b^2 z C z', with b = 1 / (1 + tau^2 lambda).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.checks import unrelated_pairs
from needlewise.synthesis.nma.exact import at_tau, posterior
from needlewise.synthesis.nma.fit import Fit, Heterogeneity
from needlewise.synthesis.nma.mixtures import quantile
from needlewise.synthesis.nma.model import effect_prior, heterogeneity, tau_prior_of
from needlewise.synthesis.nma.whitened import Whitened, whitened

if TYPE_CHECKING:
    from pandas import DataFrame

    from needlewise.synthesis.nma.priors import TauPrior


@dataclass(frozen=True)
class Deviance:
    """Mean residual deviance (about as many as data where the model fits), effective number of
    parameters, and their sum (Spiegelhalter et al. 2002); `data` contrasts or arms (`of`) to hold
    it against.
    """

    residual: float
    parameters: float
    dic: float
    data: int
    of: str = "contrasts"

    def __str__(self) -> str:
        return (
            f"residual deviance {self.residual:.1f} of {self.data} {self.of}, "
            f"pD {self.parameters:.1f}, DIC {self.dic:.1f}"
        )


def deviance(fit: Fit) -> Deviance:
    """Of a posterior with the normal likelihood or that of the counts, which is of arms: pD there
    is the deviance less that at the mean expected counts. Raises InputError for other fits.
    """
    if fit.counts_deviance is not None:
        mean, at_mean = fit.counts_deviance
        arms = sum(len(t.options) for t in fit.trials.trials)
        return Deviance(mean, mean - at_mean, 2 * mean - at_mean, arms, "arms")
    fit.must_be_plain()
    if fit.method != "bayes":
        raise InputError("The deviance is that of a posterior: tau = bayes.")
    return _deviance(fit.white, fit.weights, fit.taus, fit.means, fit.covariances)


def _deviance(
    white: Whitened, weights: Array, taus: Array, means: Array, covariances: Array
) -> Deviance:
    shrink = 1.0 / (1.0 + np.square(taus)[:, None] * white.values)
    miss = shrink * (white.y - (white.rows @ means.T).T)
    hats = np.stack([white.hat(c) for c in covariances])
    spread = 1.0 - shrink + np.square(shrink) * hats
    mean = float(weights @ (np.square(miss) + spread).sum(axis=1))
    at_mean = float(np.square(weights @ miss).sum())
    return Deviance(mean, mean - at_mean, 2 * mean - at_mean, len(white.y))


@dataclass(frozen=True, eq=False)
class Unrelated:
    """The model without consistency: `effects` of each pair that trials compare with their first
    arm (option, against, estimate, se, low, high), tau, and its deviance.
    """

    effects: DataFrame
    heterogeneity: Heterogeneity
    deviance: Deviance


def unrelated_mean_effects(
    trials: Trials,
    *,
    model: str = "random",
    tau_prior: str | TauPrior | None = None,
    effect_sd: float | None = None,
    nodes: int = 64,
) -> Unrelated:
    """Fit a mean effect for each pair by itself (Dias et al. 2013): a lower DIC or tau than the
    consistent model's says that direct and indirect evidence disagree.
    """
    from pandas import DataFrame

    if model not in {"random", "common"}:
        raise InputError(f"model must be random or common, not '{model}'.")
    rows, pairs = unrelated_pairs(trials)
    white = whitened(trials.trials, rows)
    sd = effect_prior(trials, effect_sd)
    if model == "common":
        weights: Array = np.ones(1)
        taus: Array = np.zeros(1)
        own = Heterogeneity(0.0, 0.0, 0.0)
        _, means, covariances = at_tau(white, taus, sd)
    else:
        known = posterior(white, tau_prior_of(trials, tau_prior), sd, nodes)
        weights, taus, means = known.weights, known.taus, known.means
        covariances, own = known.covariances, heterogeneity(known)[0]
    sds = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    mean = weights @ means
    table = DataFrame({
        "option": [option for _, option in pairs], "against": [base for base, _ in pairs],
        "estimate": mean, "se": np.sqrt(weights @ (np.square(sds) + np.square(means - mean))),
        "low": quantile(weights, means, sds, 0.025), "high": quantile(weights, means, sds, 0.975),
    })  # fmt: skip
    return Unrelated(table, own, _deviance(white, weights, taus, means, covariances))
