"""Do the trials agree: Q and its split, node-splitting, unrelated mean effects, additivity."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.classic import q_at, solved
from needlewise.synthesis.nma.design import design
from needlewise.synthesis.nma.fit import Fit
from needlewise.synthesis.nma.mixtures import below
from needlewise.synthesis.nma.whitened import whitened

if TYPE_CHECKING:
    from pandas import DataFrame


def rank(rows: Array) -> int:
    return int(np.linalg.matrix_rank(rows)) if rows.size else 0


def _thinned(rows: Array) -> Array:
    """Columns that carry all there is: an orthonormal basis of the row space."""
    _, values, vectors = np.linalg.svd(rows, full_matrices=False)
    kept = values > 1e-9 * max(float(values[0]) if len(values) else 0.0, 1e-300)
    return np.asarray(rows @ vectors[kept].T)


def _q(trials: Trials, rows: Array, square: float = 0.0) -> tuple[float, int]:
    """Q of a model at a tau squared, and its degrees of freedom."""
    thin = _thinned(rows)
    white = whitened(trials.trials, thin)
    freedom = len(white.y) - thin.shape[1]
    if not freedom:
        return 0.0, 0
    return float(q_at(white, np.array([square]))[0]), freedom


def _dense(trials: Trials) -> Array:
    """The rows of the consistent model; sparse ones are only of interest in one product each."""
    rows = design(trials).rows
    return np.asarray(rows if isinstance(rows, np.ndarray) else rows.toarray())


def _within_rows(trials: Trials) -> Array:
    """A model with effects of its own for each design: each set of options compared."""
    columns: dict[tuple[tuple[str, ...], str], int] = {}
    entries = []
    row = 0
    for trial in trials.trials:
        base = min(trial.options)
        for other in trial.options[1:]:
            for option, sign in ((other, 1.0), (trial.options[0], -1.0)):
                if option != base:
                    at = columns.setdefault((trial.design, option), len(columns))
                    entries.append((row, at, sign))
            row += 1
    found = np.zeros((row, len(columns)))
    for at_row, at, sign in entries:
        found[at_row, at] += sign
    return found


def q_decomposition(trials: Trials) -> DataFrame:
    """Q of the network, within designs (heterogeneity) and between them (inconsistency).

    part, Q, df, p; Higgins et al. (2012), Krahn et al. (2013); common-effect weights.
    """
    from pandas import DataFrame
    from scipy.special import chdtrc

    total, freedom = _q(trials, _dense(trials))
    within, inside = _q(trials, _within_rows(trials))
    parts = [("total", total, freedom), ("within", within, inside),
             ("between", total - within, freedom - inside)]  # fmt: skip
    return DataFrame(
        [(n, q, df, float(chdtrc(df, max(q, 0.0))) if df else np.nan) for n, q, df in parts],
        columns=["part", "Q", "df", "p"],
    )


def i_squared(trials: Trials) -> float:
    """Share of the variation beyond chance, 0 to 1: (Q - df) / Q."""
    q, freedom = _q(trials, _dense(trials))
    return max(0.0, (q - freedom) / q) if q > 0 and freedom else 0.0


def design_by_treatment(trials: Trials) -> DataFrame:
    """The global test of inconsistency with heterogeneity left in: Q, df, p, tau_within.

    Tau is that of the designs' own model, by DerSimonian and Laird (Higgins et al. 2012).
    """
    from pandas import DataFrame
    from scipy.special import chdtrc

    thin = _thinned(_within_rows(trials))
    white = whitened(trials.trials, thin)
    freedom = len(white.y) - thin.shape[1]
    square = 0.0
    if freedom > 0:
        _, covariance, q = solved(white.sums(np.zeros(1)))
        turned = (white.rows * white.values[:, None]).T @ white.rows
        trace = float(white.values.sum() - np.trace(covariance[0] @ turned))
        square = max(0.0, (float(q[0]) - freedom) / trace) if trace > 0 else 0.0
    whole, all_ = _q(trials, _dense(trials), square)
    inside = _q(trials, _within_rows(trials), square)[0]
    between = all_ - freedom
    p = float(chdtrc(between, max(whole - inside, 0.0))) if between else np.nan
    return DataFrame([(whole - inside, between, p, float(np.sqrt(square)))],
                     columns=["Q", "df", "p", "tau_within"])  # fmt: skip


def additivity(trials: Trials, components: str, inactive: str | None = None) -> DataFrame:
    """Whether components add up: Q of the additive model, of the full one, and the difference."""
    from pandas import DataFrame
    from scipy.special import chdtrc

    added, more = _q(trials, design(trials, components=components, inactive=inactive).rows)
    whole, less = _q(trials, _dense(trials))
    parts = [("additive", added, more), ("full", whole, less),
             ("difference", added - whole, more - less)]  # fmt: skip
    return DataFrame(
        [(n, q, df, float(chdtrc(df, max(q, 0.0))) if df else np.nan) for n, q, df in parts],
        columns=["model", "Q", "df", "p"],
    )


# ---- Node-splitting ----


def node_splits(fit: Fit) -> DataFrame:
    """Direct against indirect evidence for every pair that some trial compares.

    option, against, trials, share (of the direct evidence), direct, direct_se, indirect,
    indirect_se, difference, difference_se, p. Indirect evidence is calculated back from the
    network's and the direct estimate (König, Krahn and Binder 2013) at the network's tau; where
    all evidence is direct it is missing.
    """
    from pandas import DataFrame

    squares = np.square(fit.taus)
    place = {option: k for k, option in enumerate(fit.trials.options)}
    rows = []
    for (a, b), known in _direct(fit.trials).items():
        y = np.array([one for one, _ in known])
        v = np.array([two for _, two in known])
        weight = 1.0 / (v + squares[:, None])
        se2 = 1.0 / weight.sum(axis=1)
        direct = se2 * (weight @ y)
        at, sds = fit.pairs_at_nodes(np.array([place[b]]), np.array([place[a]]))
        net, net2 = at[:, 0], np.square(sds[:, 0])
        share = np.minimum(net2 / se2, 1.0)
        row = {"option": b, "against": a, "trials": len(y), "share": float(fit.weights @ share)}
        row |= _moments(fit.weights, direct, se2, "direct")
        loose = share < 1 - 1e-6
        if loose.all():
            other2 = 1.0 / (1.0 / net2 - 1.0 / se2)
            other = other2 * (net / net2 - direct / se2)
            row |= _moments(fit.weights, other, other2, "indirect")
            gap, gap2 = direct - other, se2 + other2
            row |= _moments(fit.weights, gap, gap2, "difference")
            less = float(below(fit.weights, gap[:, None], np.sqrt(gap2)[:, None], np.zeros(1))[0])
            row["p"] = 2 * min(less, 1 - less)
        rows.append(row)
    columns = ["option", "against", "trials", "share", "direct", "direct_se", "indirect",
               "indirect_se", "difference", "difference_se", "p"]  # fmt: skip
    return DataFrame(rows, columns=columns)


def _moments(weights: Array, means: Array, variances: Array, name: str) -> dict[str, float]:
    mean = float(weights @ means)
    spread = float(weights @ (variances + np.square(means - mean)))
    return {name: mean, f"{name}_se": float(np.sqrt(spread))}


def _direct(trials: Trials) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """(base, option), in the order of the options, to effect and variance of each trial."""
    place = {option: k for k, option in enumerate(trials.options)}
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for trial in trials.trials:
        y = np.concatenate([[0.0], trial.y])
        v = np.zeros((len(y), len(y)))
        v[1:, 1:] = trial.covariance
        for i in range(len(y)):
            for j in range(len(y)):
                if place[trial.options[i]] < place[trial.options[j]]:
                    pair = (trial.options[i], trial.options[j])
                    found[pair].append((float(y[j] - y[i]), float(v[i, i] + v[j, j] - 2 * v[i, j])))
    order = sorted(found, key=lambda pair: (place[pair[0]], place[pair[1]]))
    return {pair: found[pair] for pair in order}


def unrelated_pairs(trials: Trials) -> tuple[Array, list[tuple[str, str]]]:
    """Rows (N, pairs) of the model without consistency, and its pairs (first arm, option)."""
    pairs: dict[tuple[str, str], int] = {}
    entries = []
    for trial in trials.trials:
        for other in trial.options[1:]:
            pair, sign = (trial.options[0], other), 1.0
            if pair[::-1] in pairs:
                pair, sign = pair[::-1], -1.0
            entries.append((pairs.setdefault(pair, len(pairs)), sign))
    rows = np.zeros((len(entries), len(pairs)))
    for k, (at, sign) in enumerate(entries):
        rows[k, at] = sign
    return rows, list(pairs)
