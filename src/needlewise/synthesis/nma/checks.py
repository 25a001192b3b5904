"""Do the trials agree: Q and its split, node-splitting, unrelated mean effects, additivity."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from needlewise.distributions import Array
from needlewise.evidence.tables import Trial, Trials
from needlewise.synthesis.nma.classic import q_at, solved
from needlewise.synthesis.nma.design import design
from needlewise.synthesis.nma.fit import Fit
from needlewise.synthesis.nma.mixtures import below, moments
from needlewise.synthesis.nma.whitened import Places, Whitened, whitened

if TYPE_CHECKING:
    from pandas import DataFrame

TOUCHED = 1e-6  # of the precision: less is no indirect evidence


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


@dataclass(frozen=True, eq=False)
class Direct:
    """Every comparison of two options within a trial, m of them, sorted by pair.

    Attributes:
        base, option: (k,) places of the two options of each pair, base < option, in order.
        starts: (k,) where each pair begins in what follows.
        y, v, trial: (m,) effect (option less base), its variance, and place of the trial.
    """

    base: Places
    option: Places
    starts: Places
    y: Array
    v: Array
    trial: Places

    @property
    def counts(self) -> Places:
        """Trials of each pair, (k,)."""
        return np.diff(np.append(self.starts, len(self.y)))


def direct_evidence(trials: Trials) -> Direct:
    """What the trials say of each pair of their own arms."""
    place = {option: k for k, option in enumerate(trials.options)}
    by_size: dict[int, list[int]] = defaultdict(list)
    for k, trial in enumerate(trials.trials):
        by_size[len(trial.y)].append(k)
    parts = []
    for size, chosen in by_size.items():
        own = [trials.trials[k] for k in chosen]
        at = np.array([[place[option] for option in t.options] for t in own])
        y, v = np.zeros((len(own), size + 1)), np.zeros((len(own), size + 1, size + 1))
        y[:, 1:], v[:, 1:, 1:] = [t.y for t in own], [t.covariance for t in own]
        a, b = np.triu_indices(size + 1, 1)
        sign = np.where(at[:, a] < at[:, b], 1.0, -1.0)
        parts.append((
            np.minimum(at[:, a], at[:, b]), np.maximum(at[:, a], at[:, b]),
            sign * (y[:, b] - y[:, a]), v[:, a, a] + v[:, b, b] - 2 * v[:, a, b],
            np.repeat(chosen, len(a)),
        ))  # fmt: skip
    base, option, y, v, owner = (
        np.concatenate([part[k].ravel() for part in parts]) for k in range(5)
    )
    order = np.lexsort((owner, option, base))
    pair = (base * len(place) + option)[order]
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    return Direct(pair[starts] // len(place), pair[starts] % len(place), starts,
                  y[order], v[order], owner[order])  # fmt: skip


def at_one_tau(fit: Fit) -> float:
    """The one tau at which a fit is looked at: its estimate, or the posterior mean."""
    return fit.heterogeneity.tau if fit.model == "random" else 0.0


def by_trials_alone(fit: Fit, square: float) -> tuple[Array, Array]:
    """Estimates (p,) and covariance (p, p) without a prior at a tau squared; the smallest estimates
    where the trials do not tell parameters apart.
    """
    fit.must_be_plain()
    sums = fit.white.sums(np.array([square]))
    if not fit.loose:
        means, covariances, _ = solved(sums)
        return means[0], covariances[0]
    covariance = np.linalg.pinv(sums.precision[0], hermitian=True)
    return covariance @ sums.score[0], covariance


def _joined(fit: Fit, known: Direct) -> NDArray[np.bool_]:
    """Whether trials without one of the pair's options, or both, join the two, (k,).

    By the trials alone: what a prior adds is no way through other options. Where all direct trials
    have two arms, others join the pair if the network knows more of it than those trials do. Trials
    of several arms can tell more than their own comparison of the two; there the other trials'
    rows are looked at.
    """
    square = at_one_tau(fit) ** 2
    covariance = by_trials_alone(fit, square)[1]
    turn = fit.design.made_of[known.option] - fit.design.made_of[known.base]
    own = ((turn @ covariance) * turn).sum(axis=1)
    found = own * np.add.reduceat(1.0 / (known.v + square), known.starts) < 1.0 - TOUCHED
    several = np.array([len(t.y) > 1 for t in fit.trials.trials])
    asked = found & np.logical_or.reduceat(several[known.trial], known.starts)
    if asked.any():
        rows = fit.design.rows
        whole = _gram(rows)
        ends = np.append(known.starts, len(known.y))
        for k in np.flatnonzero(asked):
            direct = np.isin(fit.white.trial, known.trial[ends[k] : ends[k + 1]])
            others = whole - _gram(rows[np.flatnonzero(direct)])
            found[k] = _is_told(others, turn[k])
    return np.asarray(found)


def _gram(rows: Any) -> Array:
    found = rows.T @ rows
    return np.asarray(found if isinstance(found, np.ndarray) else found.toarray())


def _is_told(gram: Array, combination: Array) -> bool:
    """Whether rows with these products tell a combination of the parameters: if they do not, its
    variance under a faint prior is the prior's.
    """
    faint = 1e-9 * max(float(np.trace(gram)) / len(gram), 1e-300)
    ridges = faint * np.array([1.0, 0.01])[:, None, None] * np.eye(len(gram))
    one, other = np.linalg.solve(gram + ridges, combination[:, None])[:, :, 0] @ combination
    return bool(other < 2 * one)


def node_splits(fit: Fit) -> DataFrame:
    """Direct against indirect evidence for every pair that some trial compares.

    option, against, trials, share (of the direct evidence), direct, direct_se, indirect,
    indirect_se, difference, difference_se, p. Indirect evidence is calculated back from the
    network's and the direct estimate (König, Krahn and Binder 2013) at the network's tau; where
    no other trials join the pair all evidence is direct (share 1), and it is missing.
    """
    from pandas import DataFrame, Index

    fit.must_be_plain()
    known = direct_evidence(fit.trials)
    weight = 1.0 / (known.v + np.square(fit.taus)[:, None])
    se2 = 1.0 / np.add.reduceat(weight, known.starts, axis=1)
    direct = se2 * np.add.reduceat(weight * known.y, known.starts, axis=1)
    net, sds = fit.pairs_at_nodes(known.option, known.base)
    net2 = np.square(sds)
    share = np.minimum(net2 / se2, 1.0)
    both = _joined(fit, known) & (share < 1.0 - TOUCHED).all(axis=0)
    known_mean, known_se = moments(fit.weights, direct, se2)
    own, own2, net, net2 = (one[:, both] for one in (direct, se2, net, net2))
    other2 = 1.0 / (1.0 / net2 - 1.0 / own2)
    other = other2 * (net / net2 - own / own2)
    gap, gap2 = own - other, own2 + other2
    less = below(fit.weights, gap, np.sqrt(gap2), np.zeros(gap.shape[1]))
    parts = (*moments(fit.weights, other, other2), *moments(fit.weights, gap, gap2),
             2 * np.minimum(less, 1 - less))  # fmt: skip
    columns = np.full((len(parts), len(both)), np.nan)
    columns[:, both] = np.array(parts)
    names = ("indirect", "indirect_se", "difference", "difference_se", "p")
    options = Index(fit.trials.options)
    return DataFrame({
        "option": options.take(known.option), "against": options.take(known.base),
        "trials": known.counts, "share": np.where(both, fit.weights @ share, 1.0),
        "direct": known_mean, "direct_se": known_se, **dict(zip(names, columns, strict=True)),
    })  # fmt: skip


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
