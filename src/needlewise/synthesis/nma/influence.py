"""What each trial does: fit without it, residuals and leverage, thresholds, funnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.synthesis.nma.checks import _direct
from needlewise.synthesis.nma.classic import solved
from needlewise.synthesis.nma.fit import Fit

if TYPE_CHECKING:
    from pandas import DataFrame

CHUNK = 4_000_000  # numbers of one batch of trials


def _tau(fit: Fit) -> float:
    """The one tau at which a fit is looked at: its estimate, or the posterior mean."""
    return fit.heterogeneity.tau if fit.model == "random" else 0.0


def _solved(fit: Fit, square: float) -> tuple[Array, Array]:
    """Estimates (1, p) and covariance (1, p, p) by the trials alone; the smallest estimates where
    they do not tell parameters apart.
    """
    fit.must_be_plain()
    sums = fit.white.sums(np.array([square]))
    if not fit.loose:
        return solved(sums)[:2]
    covariance = np.linalg.pinv(sums.precision, hermitian=True)
    return np.matmul(covariance, sums.score[:, :, None])[:, :, 0], covariance


def residuals(fit: Fit) -> DataFrame:
    """How well each trial fits: trial, contrasts, Q (its part of the sum), leverage (its share of
    the parameters), standardised (root of Q per contrast left), at the fit's tau.
    """
    from pandas import DataFrame

    white, square = fit.white, _tau(fit) ** 2
    means, covariance = _solved(fit, square)
    weight = 1.0 / (1.0 + square * white.values)
    miss = white.y - white.rows @ means[0]
    hat = white.hat(covariance[0]) * weight
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

    A downdate of all trials of a size at once: without rows z with variances s a posterior of mean
    m and covariance C has covariance C + C z' (s - z C z')^-1 z C; the nodes are weighted anew by
    what each expected of the trial left out. Where a trial alone joins an option its rows are
    missing.
    """
    from pandas import DataFrame

    fit.must_be_plain()
    white, options = fit.white, fit.trials.options[1:]
    rows = white.rows if isinstance(white.rows, np.ndarray) else white.rows.toarray()
    made = fit.design.made_of[1:]
    spread = 1.0 + np.square(fit.taus)[:, None] * white.values
    whole = fit.effects()
    names, estimates, errors = [], [], []
    sizes = np.bincount(white.trial, minlength=len(fit.trials.trials))
    order = np.argsort(white.trial, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    for size in np.unique(sizes):
        chosen = np.flatnonzero(sizes == size)
        for part in np.array_split(chosen, max(1, len(chosen) * rows.shape[1] // CHUNK)):
            index = order[starts[part][:, None] + np.arange(size)]
            mean, se, usable = _without(fit, rows[index], white.y[index], spread[:, index], made)
            names += [fit.trials.trials[k].name for k in part[usable]]
            estimates.append(mean[usable])
            errors.append(se[usable])
    mean, se = np.concatenate(estimates), np.concatenate(errors)
    change = (mean - whole["estimate"].to_numpy()) / whole["se"].to_numpy()
    return DataFrame({
        "trial": np.repeat(names, len(options)), "option": list(options) * len(names),
        "estimate": mean.ravel(), "se": se.ravel(), "change": change.ravel(),
    })  # fmt: skip


def _without(
    fit: Fit, z: Array, y: Array, spread: Array, made: Array
) -> tuple[Array, Array, Array]:
    """Estimates and SDs (m, options) without each of m trials, and which can be left out (m,).

    z (m, r, p), y (m, r), spread (n, m, r).
    """
    m, r, _ = z.shape
    n = len(fit.weights)
    at, second = np.zeros((n, m, len(made))), np.zeros((n, m, len(made)))
    logs, usable = np.zeros((n, m)), np.ones(m, dtype=bool)
    for k in range(n):
        c = fit.covariances[k]
        pulled = z @ c  # (m, r, p)
        inner = pulled @ z.transpose(0, 2, 1)
        left = np.eye(r) * spread[k][:, :, None] - inner
        loose = np.linalg.eigvalsh(left)[:, 0] < 1e-9 * spread[k].max(axis=1)
        usable &= ~loose
        left[loose] = np.eye(r)
        gain = np.linalg.solve(left, pulled)  # (m, r, p)
        miss = y - z @ fit.means[k]
        moved = fit.means[k] - np.einsum("mrp,mr->mp", gain, miss)
        at[k] = moved @ made.T
        own = np.einsum("kp,pq,kq->k", made, c, made, optimize=True)
        seen = pulled @ made.T
        second[k] = own + (seen * np.linalg.solve(left, seen)).sum(axis=1)
        expected = np.eye(r) * spread[k][:, :, None] + inner + inner @ np.linalg.solve(left, inner)
        off = y - np.einsum("mrp,mp->mr", z, moved)
        logs[k] = -0.5 * np.linalg.slogdet(expected)[1] - 0.5 * np.einsum(
            "mr,mr->m", off, np.linalg.solve(expected, off[:, :, None])[:, :, 0]
        )
    log_weight = np.log(np.maximum(fit.weights, 1e-300))[:, None] - logs
    weight = np.exp(log_weight - log_weight.max(axis=0))
    weight /= weight.sum(axis=0)
    mean = np.einsum("nm,nmk->mk", weight, at)
    variance = np.einsum("nm,nmk->mk", weight, second + np.square(at - mean))
    return mean, np.sqrt(np.maximum(variance, 0.0)), usable


def thresholds(fit: Fit, *, better: str = "lower") -> DataFrame:
    """How far each contrast of a trial would have to move for another option to be best.

    trial, option, against, estimate, to_change (smallest move, either way), new_best; at the fit's
    tau (Phillippo et al. 2018, with all else as it is).
    """
    from pandas import DataFrame

    sign = 1.0 if better == "lower" else -1.0
    if better not in {"lower", "higher"}:
        raise InputError(f"better must be lower or higher, not '{better}'.")
    square = _tau(fit) ** 2
    means, covariance = _solved(fit, square)
    # From contrasts to estimates: A^-1 X' V^-1, trial by trial on the unturned scale.
    effects = sign * fit.design.made_of @ means[0]
    best = int(np.argmin(effects))
    rows, start = [], 0
    for trial in fit.trials.trials:
        size = len(trial.y)
        own = fit.design.rows[start : start + size]
        own = own if isinstance(own, np.ndarray) else own.toarray()
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
