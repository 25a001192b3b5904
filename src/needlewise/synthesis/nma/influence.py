"""What each trial does: fit without it, residuals and leverage, thresholds, funnel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.synthesis.nma.checks import at_one_tau, by_trials_alone, direct_evidence
from needlewise.synthesis.nma.fit import Fit
from needlewise.synthesis.nma.mixtures import NO_MASS, moments
from needlewise.synthesis.nma.whitened import Places, exchangeable

if TYPE_CHECKING:
    from pandas import DataFrame

CHUNK = 40_000  # numbers of one batch of trials, which stay near the processor
TOGETHER = 16  # trials of a batch at least
PRIOR = 0.3  # of the prior's SD: an effect as unsure as this may be the prior's
ALONE = 1e-9  # of a trial's precision: what is left where it alone tells a parameter


def residuals(fit: Fit) -> DataFrame:
    """How well each trial fits: trial, contrasts, Q (its part of the sum), leverage (its share of
    the parameters), standardised (root of Q per contrast left), at the fit's tau.
    """
    from pandas import DataFrame

    white, square = fit.white, at_one_tau(fit) ** 2
    means, covariance = by_trials_alone(fit, square)
    weight = 1.0 / (1.0 + square * white.values)
    miss = white.y - white.rows @ means
    hat = white.hat(covariance) * weight
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
    what each expected of the trial left out. Where a trial alone joins options its rows are left
    out, or, with a prior that fills the gap, theirs are nan.
    """
    from pandas import DataFrame, Index

    fit.must_be_plain()
    white, options = fit.white, fit.trials.options[1:]
    spread = 1.0 + np.square(fit.taus)[:, None] * white.values
    sizes = np.bincount(white.trial, minlength=len(fit.trials.trials))
    order = np.argsort(white.trial, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    kept, estimates, errors = [], [], []
    for size in np.unique(sizes):
        chosen = np.flatnonzero(sizes == size)
        for part in _batches(chosen, size * white.rows.shape[1] * len(fit.weights)):
            index = order[starts[part][:, None] + np.arange(size)]
            rows = white.rows[index.ravel()]
            mean, se, usable = _without(fit, rows, white.y[index], spread[:, index])
            kept.append(part[usable])
            estimates.append(mean[usable])
            errors.append(se[usable])
    mean, se = np.concatenate(estimates), np.concatenate(errors)
    _without_a_link(fit, np.concatenate(kept), mean, se)
    at, covariances = fit.options_at_nodes
    whole, own = moments(fit.weights, at, np.diagonal(covariances, axis1=1, axis2=2))
    change = (mean - whole[1:]) / own[1:]
    names = Index([trial.name for trial in fit.trials.trials])
    return DataFrame({
        "trial": names.take(np.repeat(np.concatenate(kept), len(options))),
        "option": Index(options).take(np.tile(np.arange(len(options)), len(mean))),
        "estimate": mean.ravel(), "se": se.ravel(), "change": change.ravel(),
    })  # fmt: skip


def _without_a_link(fit: Fit, kept: Places, mean: Array, se: Array) -> None:
    """Put nan where, without a trial, nothing but the prior tells an option's effect."""
    trials = fit.trials
    for row in np.flatnonzero((se > PRIOR * fit.effect_sd).any(axis=1)):
        if fit.design.names == trials.options[1:]:
            left = trials.trials[: kept[row]] + trials.trials[kept[row] + 1 :]
            joined = replace(trials, trials=left).parts()[0]
            lost = np.array([option not in joined for option in trials.options[1:]])
        else:
            lost = se[row] > PRIOR * fit.effect_sd
        mean[row, lost] = se[row, lost] = np.nan


def _batches(chosen: Places, each: int) -> list[Places]:
    """Trials in batches, where each trial needs so many numbers."""
    most = max(CHUNK // each, TOGETHER)
    return [chosen[k : k + most] for k in range(0, len(chosen), most)]


def _without(
    fit: Fit, rows: Any, y: Array, spread: Array
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Estimates and SDs (m, options) without each of m trials, and which can be left out (m,).

    rows (m r, p), y (m, r), spread (n, m, r). The rows of a trial are turned at each node so that
    its leverage is diagonal; each row can then be taken out by itself.
    """
    n, m, r = spread.shape
    root = np.sqrt(spread)
    if isinstance(rows, np.ndarray):
        dense, pulled = rows, rows @ fit.covariances
    else:
        dense, pulled = rows.toarray(), np.stack([rows @ c for c in fit.covariances])
    miss = (y - (fit.means @ dense.T).reshape(n, m, r)) / root
    if r == 1:
        leverage = np.einsum("nmp,mp->nm", pulled, dense)[..., None] / spread
        back = 1.0 / root[..., None]
    else:
        inner = pulled.reshape(n, m, r, -1) @ dense.reshape(m, r, -1).transpose(0, 2, 1)
        leverage, turn = np.linalg.eigh(inner / (root[..., :, None] * root[..., None, :]))
        miss = (miss[..., None, :] @ turn)[..., 0, :]
        back = turn.swapaxes(-1, -2) / root[..., None, :]
    left = 1.0 - leverage
    usable = (left > ALONE).all(axis=(0, 2))
    left = np.where(left > ALONE, left, 1.0)
    gain = miss / left
    expected = 0.5 * (np.log(left / spread) - miss * gain).sum(axis=2)
    log_weight = np.log(np.maximum(fit.weights, 1e-300))[:, None] - expected
    weight = np.exp(log_weight - log_weight.max(axis=0))
    weight /= weight.sum(axis=0)
    full = np.flatnonzero(weight.max(axis=1) > NO_MASS)
    held = slice(full[0], full[-1] + 1)
    weight, back, gain = weight[held], back[held], gain[held]
    left, pulled = left[held], pulled[held]
    if fit.design.names != fit.trials.options[1:]:  # else each option has its own parameter
        pulled = pulled @ fit.design.made_of[1:].T
    pulled = pulled.reshape(len(weight), m, r, -1)
    seen = back * pulled if r == 1 else back @ pulled
    before, covariances = (x[held] for x in fit.options_at_nodes)
    at = before[:, None, 1:] - _over_rows(seen, gain)
    mean = np.einsum("nm,nmk->mk", weight, at)
    at -= mean
    second = _over_rows(np.square(seen, out=seen), 1.0 / left)
    second += np.square(at, out=at)
    variance = np.einsum("nm,nmk->mk", weight, second)
    variance += weight.T @ np.diagonal(covariances, axis1=1, axis2=2)[:, 1:]
    return mean, np.sqrt(np.maximum(variance, 0.0)), usable


def _over_rows(seen: Array, weight: Array) -> Array:
    """Sums over the rows of trials: (n, m, r, k) and (n, m, r) to (n, m, k)."""
    if seen.shape[2] == 1:
        return np.asarray(seen[:, :, 0] * weight)
    return np.asarray(np.einsum("nmrk,nmr->nmk", seen, weight))


def thresholds(fit: Fit, *, better: str = "lower") -> DataFrame:
    """How far each contrast of a trial would have to move for another option to be best.

    trial, option, against, estimate, to_change (smallest move, either way), new_best; at the fit's
    tau (Phillippo et al. 2018, with all else as it is).
    """
    from pandas import DataFrame, Index

    sign = 1.0 if better == "lower" else -1.0
    if better not in {"lower", "higher"}:
        raise InputError(f"better must be lower or higher, not '{better}'.")
    square = at_one_tau(fit) ** 2
    means, covariance = by_trials_alone(fit, square)
    effects = sign * fit.design.made_of @ means
    best = int(np.argmin(effects))
    carried = sign * (fit.design.made_of - fit.design.made_of[best]) @ covariance
    trials = fit.trials.trials
    sizes = np.array([len(trial.y) for trial in trials])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    move, first = np.empty(starts[-1]), np.empty(starts[-1], dtype=int)
    for size in np.unique(sizes):
        chosen = np.flatnonzero(sizes == size)
        for part in _batches(chosen, size * len(effects)):
            index = starts[part][:, None] + np.arange(size)
            errors = np.array([trials[k].covariance for k in part])
            total = np.linalg.inv(errors + square * exchangeable(size))
            slope = (fit.design.rows[index.ravel()] @ carried.T).reshape(len(part), size, -1)
            move[index], first[index] = _first_change(total @ slope, effects - effects[best], best)
    found = np.isfinite(move)
    names, options = Index([t.name for t in trials]), Index([*fit.trials.options, ""])
    return DataFrame({
        "trial": names.take(np.repeat(np.arange(len(trials)), sizes)),
        "option": [option for t in trials for option in t.options[1:]],
        "against": [t.options[0] for t in trials for _ in t.y],
        "estimate": np.concatenate([t.y for t in trials]),
        "to_change": np.where(found, move, np.nan),
        "new_best": options.take(np.where(found, first, len(effects))),
    })  # fmt: skip


def _first_change(slope: Array, gap: Array, best: int) -> tuple[Array, Places]:
    """Smallest move at which an option is level with the best, and the option, for slopes
    (..., options) of the gaps (options,) to the best.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        move = np.where(np.abs(slope) > 1e-12, -gap / slope, np.inf)
    move[..., best] = np.inf
    first = np.argmin(np.abs(move), axis=-1)
    return np.take_along_axis(move, first[..., None], axis=-1)[..., 0], first


def funnel(fit: Fit) -> DataFrame:
    """The comparison-adjusted funnel: option, against, deviation (a trial's effect less the pooled
    effect of its comparison), se; comparisons with two trials or more (Chaimani 2013).
    """
    from pandas import DataFrame, Index

    known = direct_evidence(fit.trials)
    weight = 1.0 / (known.v + at_one_tau(fit) ** 2)
    pooled = np.add.reduceat(weight * known.y, known.starts) / np.add.reduceat(weight, known.starts)
    pair = np.repeat(np.arange(len(pooled)), known.counts)
    shown = known.counts[pair] > 1
    options, pair = Index(fit.trials.options), pair[shown]
    return DataFrame({
        "option": options.take(known.option[pair]), "against": options.take(known.base[pair]),
        "deviation": known.y[shown] - pooled[pair], "se": np.sqrt(known.v[shown]),
    })  # fmt: skip


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
    t = float(beta[0] / se) if se > 0 else np.nan  # trials alike: no line to hold it against
    return DataFrame([(float(beta[0]), se, t, freedom, 2 * float(stdtr(freedom, -abs(t))))],
                     columns=["intercept", "se", "t", "df", "p"])  # fmt: skip
