"""Do the trials agree: Q and its split, node-splitting, unrelated mean effects, additivity."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence.tables import Trial, Trials
from needlewise.synthesis.nma.classic import q_at, solved
from needlewise.synthesis.nma.design import design
from needlewise.synthesis.nma.fit import Fit
from needlewise.synthesis.nma.mixtures import below
from needlewise.synthesis.nma.whitened import Whitened, whitened

if TYPE_CHECKING:
    from pandas import DataFrame


def _thinned(rows: Array) -> Array:
    """Columns that carry all there is: an orthonormal basis of the row space."""
    _, values, vectors = np.linalg.svd(rows, full_matrices=False)
    kept = values > 1e-9 * max(float(values[0]) if len(values) else 0.0, 1e-300)
    return np.asarray(rows @ vectors[kept].T)


def _q(trials: Trials, rows: Any, square: float = 0.0) -> tuple[float, int]:
    """Q of a model at a tau squared, and its degrees of freedom."""
    thin = _thinned(rows) if isinstance(rows, np.ndarray) else rows
    white = whitened(trials.trials, thin)
    freedom = len(white.y) - thin.shape[1]
    if not freedom:
        return 0.0, 0
    return float(q_at(white, np.array([square]))[0]), freedom


def _designs(trials: Trials) -> list[Whitened]:
    """The trials of each design with two or more, turned under effects of that design's own."""
    groups: dict[tuple[str, ...], list[Trial]] = defaultdict(list)
    for trial in trials.trials:
        groups[trial.design].append(trial)
    found = []
    for design_, own in groups.items():
        if len(own) > 1:  # one trial fits itself
            place = {option: k for k, option in enumerate(design_)}
            whole = np.vstack([np.zeros(len(design_) - 1), np.eye(len(design_) - 1)])
            rows = [
                whole[place[o]] - whole[place[t.options[0]]] for t in own for o in t.options[1:]
            ]
            found.append(whitened(own, np.array(rows)))
    return found


def _q_within(parts: list[Whitened], square: float = 0.0) -> tuple[float, int]:
    """Q within designs at a tau squared, and its degrees of freedom."""
    total = sum(float(q_at(part, np.array([square]))[0]) for part in parts)
    return total, sum(len(part.y) - part.rows.shape[1] for part in parts)


def q_decomposition(trials: Trials) -> DataFrame:
    """Q of the network, within designs (heterogeneity) and between them (inconsistency).

    part, Q, df, p; Higgins et al. (2012), Krahn et al. (2013); common-effect weights.
    """
    total, freedom = _q(trials, design(trials).rows)
    within, inside = _q_within(_designs(trials))
    return _parted("part", [("total", total, freedom), ("within", within, inside),
                            ("between", total - within, freedom - inside)])  # fmt: skip


def _parted(name: str, parts: list[tuple[str, float, int]]) -> DataFrame:
    from pandas import DataFrame
    from scipy.special import chdtrc

    return DataFrame(
        [(n, q, df, float(chdtrc(df, max(q, 0.0))) if df else np.nan) for n, q, df in parts],
        columns=[name, "Q", "df", "p"],
    )


def i_squared(trials: Trials) -> float:
    """Share of the variation beyond chance, 0 to 1: (Q - df) / Q."""
    q, freedom = _q(trials, design(trials).rows)
    return max(0.0, (q - freedom) / q) if q > 0 and freedom else 0.0


def design_by_treatment(trials: Trials) -> DataFrame:
    """The global test of inconsistency with heterogeneity left in: Q, df, p, tau_within.

    Tau is that of the designs' own model, by DerSimonian and Laird (Higgins et al. 2012).
    """
    parts = _designs(trials)
    q, freedom = _q_within(parts)
    trace = 0.0
    for part in parts:
        covariance = solved(part.sums(np.zeros(1)))[1][0]
        turned = (part.rows * part.values[:, None]).T @ part.rows
        trace += float(part.values.sum() - np.trace(covariance @ turned))
    square = max(0.0, (q - freedom) / trace) if trace > 0 else 0.0
    whole, all_ = _q(trials, design(trials).rows, square)
    inside = _q_within(parts, square)[0]
    found = _parted("part", [("between", whole - inside, all_ - freedom)]).drop(columns="part")
    found["tau_within"] = float(np.sqrt(square))
    return found


def additivity(trials: Trials, components: str, inactive: str | None = None) -> DataFrame:
    """Whether components add up: Q of the additive model, of the full one, and the difference."""
    added, more = _q(trials, design(trials, components=components, inactive=inactive).rows)
    whole, less = _q(trials, design(trials).rows)
    return _parted("model", [("additive", added, more), ("full", whole, less),
                             ("difference", added - whole, more - less)])  # fmt: skip


# ---- Node-splitting ----


def node_splits(fit: Fit) -> DataFrame:
    """Direct against indirect evidence for every pair that some trial compares.

    option, against, trials, share (of the direct evidence), direct, direct_se, indirect,
    indirect_se, difference, difference_se, p. Indirect evidence is calculated back from the
    network's and the direct estimate (König, Krahn and Binder 2013) at the network's tau; where
    all evidence is direct it is missing.
    """
    from pandas import DataFrame

    fit.must_be_plain()
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
