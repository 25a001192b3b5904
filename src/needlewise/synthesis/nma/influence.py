"""What each trial does: fit without it, residuals and leverage, thresholds, funnel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.synthesis.nma.checks import _direct
from needlewise.synthesis.nma.classic import solved
from needlewise.synthesis.nma.fit import Fit

if TYPE_CHECKING:
    from pandas import DataFrame


def _tau(fit: Fit) -> float:
    """The one tau at which a fit is looked at: its estimate, or the posterior mean."""
    return fit.heterogeneity.tau if fit.model == "random" else 0.0


def residuals(fit: Fit) -> DataFrame:
    """How well each trial fits: trial, contrasts, Q (its part of the sum), leverage (its share of
    the parameters), standardised (root of Q per contrast left), at the fit's tau.
    """
    from pandas import DataFrame

    white, square = fit.white, _tau(fit) ** 2
    means, covariance, _ = solved(white.sums(np.array([square])))
    weight = 1.0 / (1.0 + square * white.values)
    miss = white.y - white.rows @ means[0]
    hat = np.einsum("np,pq,nq->n", white.rows, covariance[0], white.rows, optimize=True) * weight
    count = len(fit.trials.trials)
    q = np.bincount(white.trial, weight * miss * miss, count)
    leverage = np.bincount(white.trial, hat, count)
    size = np.bincount(white.trial, minlength=count)
    left = np.maximum(size - leverage, 1e-12)
    return DataFrame({
        "trial": [t.name for t in fit.trials.trials], "contrasts": size, "Q": q,
        "leverage": leverage, "standardised": np.sqrt(q / left),
    })  # fmt: skip


def leave_one_out(fit: Fit) -> DataFrame:
    """Every option's effect without each trial at the fit's taus: trial, option, estimate, se, and
    change (in the fit's own se).

    A downdate of the sums of all trials: the weights of the nodes follow the evidence left. Where
    a trial alone joins an option its rows are missing.
    """
    from pandas import DataFrame

    whole = fit.effects()
    squares = np.square(fit.taus)
    sums = fit.white.sums(squares)
    prior = np.linalg.inv(fit.covariances) - sums.precision if fit.method == "bayes" else 0.0
    made = fit.design.made_of[1:]
    rows = []
    for k, trial in enumerate(fit.trials.trials):
        own = fit.white.trial == k
        part = replace(
            fit.white, rows=fit.white.rows[own], y=fit.white.y[own], values=fit.white.values[own],
            log_errors=0.0, trial=fit.white.trial[own],
        ).sums(squares)  # fmt: skip
        precision = sums.precision - part.precision + prior
        loose = bool((np.linalg.eigvalsh(precision)[:, 0] < 1e-9 * np.abs(precision).max()).any())
        if loose and fit.method != "bayes":
            continue
        covariance = np.linalg.inv(precision)
        means = np.matmul(covariance, (sums.score - part.score)[:, :, None])[:, :, 0]
        weights = fit.weights
        if len(weights) > 1:
            weights = _reweighted(fit, part, precision, covariance, sums.score - part.score)
        at = means @ made.T
        spread = np.einsum("kp,npq,kq->nk", made, covariance, made, optimize=True)
        mean = weights @ at
        se = np.sqrt(weights @ (spread + np.square(at - mean)))
        for j, option in enumerate(fit.trials.options[1:]):
            own_row = whole.iloc[j]
            change = (mean[j] - own_row["estimate"]) / own_row["se"]
            rows.append((trial.name, option, mean[j], se[j], change))
    return DataFrame(rows, columns=["trial", "option", "estimate", "se", "change"])


def _reweighted(fit: Fit, part: object, precision: Array, covariance: Array, score: Array) -> Array:
    """Weights of the nodes without a trial: its factor of the marginal likelihood taken out."""
    from needlewise.synthesis.nma.whitened import Sums

    assert isinstance(part, Sums)
    whole = np.linalg.inv(fit.covariances)
    means = fit.means
    full = 0.5 * np.einsum("np,npq,nq->n", means, whole, means) - 0.5 * np.linalg.slogdet(whole)[1]
    left = 0.5 * np.einsum("np,npq,nq->n", score, covariance, score)
    left = left - 0.5 * np.linalg.slogdet(precision)[1]
    taken = -0.5 * (part.log_determinant + part.square)
    log_weight = np.log(np.maximum(fit.weights, 1e-300)) + (left - full) - taken
    weight = np.exp(log_weight - log_weight.max())
    return np.asarray(weight / weight.sum())


def thresholds(fit: Fit, *, better: str = "lower") -> DataFrame:
    """How far each contrast of a trial would have to move for another option to be best.

    trial, option, against, estimate, to_change (smallest move, either way), new_best; at the fit's
    tau (Phillippo et al. 2018, with all else as it is).
    """
    from pandas import DataFrame

    sign = 1.0 if better == "lower" else -1.0
    if better not in {"lower", "higher"}:
        raise InputError(f"better must be lower or higher, not '{better}'.")
    white, square = fit.white, _tau(fit) ** 2
    means, covariance, _ = solved(white.sums(np.array([square])))
    # From contrasts to estimates: A^-1 X' V^-1, trial by trial on the unturned scale.
    effects = sign * fit.design.made_of @ means[0]
    best = int(np.argmin(effects))
    rows, start = [], 0
    for trial in fit.trials.trials:
        size = len(trial.y)
        own = fit.design.rows[start : start + size]
        total = trial.covariance + square * 0.5 * (np.eye(size) + 1.0)
        gain = covariance[0] @ own.T @ np.linalg.inv(total)
        moved = sign * fit.design.made_of @ gain
        for j in range(size):
            slope = moved[:, j] - moved[best, j]
            gap = effects - effects[best]
            with np.errstate(divide="ignore", invalid="ignore"):
                move = np.where(np.abs(slope) > 1e-12, -gap / slope, np.inf)
            move[best] = np.inf
            first = int(np.argmin(np.abs(move)))
            rows.append((
                trial.name, trial.options[j + 1], trial.options[0], trial.y[j],
                float(move[first]) if np.isfinite(move[first]) else np.nan,
                fit.trials.options[first] if np.isfinite(move[first]) else "",
            ))  # fmt: skip
        start += size
    return DataFrame(
        rows, columns=["trial", "option", "against", "estimate", "to_change", "new_best"]
    )


def funnel(fit: Fit) -> DataFrame:
    """The comparison-adjusted funnel: option, against, deviation (a trial's effect less the pooled
    effect of its comparison), se; comparisons with two trials or more (Chaimani 2013).
    """
    from pandas import DataFrame

    rows = []
    for (a, b), known in _direct(fit.trials).items():
        if len(known) < 2:
            continue
        y, v = (np.array([one[k] for one in known]) for k in (0, 1))
        weight = 1.0 / (v + _tau(fit) ** 2)
        pooled = float(weight @ y / weight.sum())
        rows += [(b, a, one - pooled, float(np.sqrt(two))) for one, two in known]
    return DataFrame(rows, columns=["option", "against", "deviation", "se"])


def egger(fit: Fit) -> DataFrame:
    """Egger's regression on the comparison-adjusted funnel: intercept, se, t, df, p.

    A small p says that small trials differ from large ones, which has many causes.
    """
    from pandas import DataFrame
    from scipy.special import stdtr

    points = funnel(fit)
    if len(points) < 3:
        return DataFrame([], columns=["intercept", "se", "t", "df", "p"])
    precision = 1.0 / points["se"].to_numpy()
    y = points["deviation"].to_numpy() * precision
    x = np.column_stack([np.ones(len(y)), precision])
    inverse = np.linalg.pinv(x.T @ x)
    beta = inverse @ x.T @ y
    freedom = len(y) - 2
    scale = float(np.square(y - x @ beta).sum()) / freedom
    se = float(np.sqrt(scale * inverse[0, 0]))
    t = float(beta[0] / se)
    return DataFrame([(float(beta[0]), se, t, freedom, 2 * float(stdtr(freedom, -abs(t))))],
                     columns=["intercept", "se", "t", "df", "p"])  # fmt: skip
