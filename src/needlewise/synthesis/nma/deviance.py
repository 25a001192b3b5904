"""How well a posterior fits, as BUGS users read it: residual deviance, pD and DIC; and the model of
unrelated mean effects beside it.

The deviance is that of the contrasts about the trials' own effects. With errors turned to one and
random effects diagonal, a row y of a trial has, given tau, effect E = y - b (y - z m) and variance
1 - b + b^2 z C z', with b = 1 / (1 + tau^2 lambda).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.checks import unrelated_pairs
from needlewise.synthesis.nma.design import design
from needlewise.synthesis.nma.fit import Fit, Heterogeneity
from needlewise.synthesis.nma.mixtures import below
from needlewise.synthesis.nma.model import fit_rows
from needlewise.synthesis.nma.whitened import Whitened

if TYPE_CHECKING:
    from pandas import DataFrame


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


def unrelated_mean_effects(trials: Trials, **options: Any) -> Unrelated:
    """Fit a mean effect for each pair by itself (Dias et al. 2013): a lower DIC or tau than the
    consistent model's says that direct and indirect evidence disagree. `options` of `fit_rows`.
    """
    rows, pairs = unrelated_pairs(trials)
    fitted = fit_rows(
        trials, [f"{option} against {base}" for base, option in pairs], rows, **options
    )
    table = fitted.parameters().drop(columns="parameter")
    table.insert(0, "option", [option for _, option in pairs])
    table.insert(1, "against", [base for base, _ in pairs])
    return Unrelated(table, fitted.heterogeneity, deviance(fitted))


def refitted_splits(
    trials: Trials, pairs: Sequence[tuple[str, str]] | None = None, **options: Any
) -> DataFrame:
    """Direct against indirect evidence for every pair, each by a fit in which trials with both
    options give the second an effect of its own (Dias et al. 2010), by any likelihood.

    option, against, trials, direct, direct_se, indirect, indirect_se, difference, difference_se, p.
    Pairs without indirect evidence are left out. `pairs` (against, option): None, all that trials
    compare; in trials of several arms it matters which of the two is the second. `options` of
    `fit_rows`. `checks.node_splits` is of the normal likelihood and calculates back, at once.
    """
    from pandas import DataFrame

    whole = design(trials).rows
    whole = whole if isinstance(whole, np.ndarray) else whole.toarray()
    names, found = list(trials.options[1:]), []
    often = trials.comparisons
    for base, option in often if pairs is None else pairs:
        own = [
            float({base, option} <= set(t.options)) * ((o == option) - (t.options[0] == option))
            for t in trials.trials for o in t.options[1:]
        ]  # fmt: skip
        rows = np.column_stack([whole, own])
        if np.linalg.matrix_rank(rows) <= len(names):
            continue
        fitted = fit_rows(trials, [*names, "difference"], rows, **options)
        indirect = np.array([float(name == option) - float(name == base) for name in names])
        lines = np.array([[*indirect, 1.0], [*indirect, 0.0], [*(0.0 * indirect), 1.0]])
        told = fitted.combine(lines)
        gap2 = fitted.covariances[:, -1:, -1]
        less = float(below(fitted.weights, fitted.means[:, -1:], np.sqrt(gap2), np.zeros(1))[0])
        pairs_of_numbers = told[["estimate", "se"]].to_numpy().ravel()
        count = often[base, option] or often[option, base]
        found.append((option, base, count, *pairs_of_numbers, 2 * min(less, 1 - less)))
    columns = ["option", "against", "trials", "direct", "direct_se", "indirect", "indirect_se",
               "difference", "difference_se", "p"]  # fmt: skip
    return DataFrame(found, columns=columns)
