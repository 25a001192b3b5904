"""How much of each effect comes from which direct comparison and from which trial.

The network's estimate of a pair is a flow of direct evidence from one option to the other; it is
taken apart along paths, the shortest first, and each path's share is split evenly over its edges
(Papakonstantinou et al. 2018). A trial has its weight's share of each comparison. Trials of several
arms enter by the weights of the two-arm trials they are worth (Rücker and Schwarzer 2014).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trial
from needlewise.synthesis.nma.checks import at_one_tau
from needlewise.synthesis.nma.fit import Fit
from needlewise.synthesis.nma.whitened import Places

if TYPE_CHECKING:
    from pandas import DataFrame

LEAST = 1e-9
Pair = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Comparisons:
    """The direct evidence of a network at one tau, k comparisons of two options.

    Attributes:
        base, option: (k,) places of the options, base < option, in order.
        weights: (k,) sum over the trials.
        comparison, trial, parts: (m,) which comparison which trial has what share of.
        carried: (options, k) inverse of the network's Laplacian times incidence and weights: the
            row of one option less that of another is the flow of their effect.
    """

    base: Places
    option: Places
    weights: Array
    comparison: Places
    trial: Places
    parts: Array
    carried: Array


def adjusted_weights(trial: Trial, tau: float) -> dict[Pair, float]:
    """Weight of each pair of a trial's arms: minus the off-diagonal of its Laplacian."""
    weights = _adjusted([trial], tau)[0]
    a, b = np.triu_indices(len(trial.options), 1)
    pairs = zip(a, b, weights, strict=True)
    return {(trial.options[i], trial.options[j]): float(w) for i, j, w in pairs}


def _adjusted(trials: Sequence[Trial], tau: float) -> Array:
    """Weights of the pairs of arms, in order, of trials with as many arms each: (m, pairs)."""
    k = len(trials[0].options)
    full = np.zeros((len(trials), k, k))
    full[:, 1:, 1:] = [trial.covariance for trial in trials]
    own = np.diagonal(full, axis1=1, axis2=2)
    variances = own[:, :, None] + own[:, None, :] - 2 * full + tau**2 * (1 - np.eye(k))
    spread = k * np.eye(k) - 1.0
    laplacian = np.linalg.pinv(-spread @ variances @ spread / (2 * k * k), hermitian=True)
    a, b = np.triu_indices(k, 1)
    return np.asarray(-laplacian[:, a, b])


def comparisons(fit: Fit) -> Comparisons:
    """What all contributions of a fit have in common. Raises InputError where options have no
    effects of their own.
    """
    if fit.design.names != fit.trials.options[1:]:
        raise InputError("Contributions are worked out for options with effects of their own.")
    trials, tau = fit.trials.trials, at_one_tau(fit)
    place = {option: k for k, option in enumerate(fit.trials.options)}
    by_size: dict[int, list[int]] = defaultdict(list)
    for k, trial in enumerate(trials):
        by_size[len(trial.options)].append(k)
    one, two, owner, weight = [], [], [], []
    for size, chosen in by_size.items():
        own = [trials[k] for k in chosen]
        at = np.array([[place[option] for option in t.options] for t in own])
        a, b = np.triu_indices(size, 1)
        one.append(np.minimum(at[:, a], at[:, b]).ravel())
        two.append(np.maximum(at[:, a], at[:, b]).ravel())
        owner.append(np.repeat(chosen, len(a)))
        weight.append(_adjusted(own, tau).ravel())
    count = len(place)
    known, comparison = np.unique(
        np.concatenate(one) * count + np.concatenate(two), return_inverse=True
    )
    each = np.concatenate(weight)
    weights = np.zeros(len(known))
    np.add.at(weights, comparison, each)
    base, option = known // count, known % count
    incidence = np.zeros((len(known), count))
    incidence[np.arange(len(known)), base] = -1.0
    incidence[np.arange(len(known)), option] = 1.0
    laplacian = incidence.T @ (weights[:, None] * incidence)
    carried = np.linalg.pinv(laplacian, hermitian=True) @ incidence.T * weights
    return Comparisons(base, option, weights, comparison, np.concatenate(owner),
                       each / weights[comparison], carried)  # fmt: skip


def comparison_shares(fit: Fit, option: str, against: str | None = None) -> DataFrame:
    """Share of each direct comparison in an effect: option, against, share (summing to 1)."""
    from pandas import DataFrame, Index

    known = comparisons(fit)
    names = Index(fit.trials.options)
    shares = _shares(known, *_ends(fit, option, against))
    return DataFrame({
        "option": names.take(known.option), "against": names.take(known.base), "share": shares,
    })  # fmt: skip


def trial_shares(fit: Fit, option: str, against: str | None = None) -> DataFrame:
    """Share of each trial in an effect, largest first: trial, share (summing to 1)."""
    return _of_trials(fit, comparisons(fit), *_ends(fit, option, against))


def all_trial_shares(fit: Fit) -> dict[str, DataFrame]:
    """Option to `trial_shares` of its effect against the reference."""
    known = comparisons(fit)
    options = enumerate(fit.trials.options)
    return {option: _of_trials(fit, known, at, 0) for at, option in options if at}


def _of_trials(fit: Fit, known: Comparisons, option: int, against: int) -> DataFrame:
    from pandas import DataFrame, Index

    part = _shares(known, option, against)[known.comparison] * known.parts
    shares = np.bincount(known.trial, part, len(fit.trials.trials))
    order = np.argsort(-shares, kind="stable")
    names = Index([trial.name for trial in fit.trials.trials])
    return DataFrame({"trial": names.take(order), "share": shares[order]})


def _ends(fit: Fit, option: str, against: str | None) -> tuple[int, int]:
    base = against or fit.trials.reference
    for name in (option, base):
        if name not in fit.trials.options:
            raise InputError(f"There is no option '{name}'.")
    if option == base:
        raise InputError("An option has no effect against itself.")
    return fit.trials.options.index(option), fit.trials.options.index(base)


def _shares(known: Comparisons, option: int, against: int) -> Array:
    """Share of each comparison in the effect of one place against another, (k,)."""
    flow = known.carried[option] - known.carried[against]
    left: list[dict[int, float]] = [{} for _ in known.carried]
    edge: dict[tuple[int, int], int] = {}
    for k in np.flatnonzero(np.abs(flow) > LEAST):
        a, b = int(known.base[k]), int(known.option[k])
        start, end = (a, b) if flow[k] > 0 else (b, a)
        left[start][end] = abs(float(flow[k]))
        edge[start, end] = int(k)
    found = np.zeros(len(flow))
    while path := _shortest(left, against, option):
        steps = list(pairwise(path))
        size = min(left[a][b] for a, b in steps)
        for a, b in steps:
            found[edge[a, b]] += size / len(steps)
            left[a][b] -= size
            if left[a][b] <= LEAST:
                del left[a][b]
    return np.asarray(found / found.sum())


def _shortest(left: list[dict[int, float]], start: int, end: int) -> list[int]:
    """The path with fewest steps along what flows still, [] where there is none."""
    came = [-1] * len(left)
    came[start] = start
    waiting = [start]
    for here in waiting:  # grows as it goes
        for there in left[here]:
            if came[there] < 0:
                came[there] = here
                if there == end:
                    path = [end]
                    while path[-1] != start:
                        path.append(came[path[-1]])
                    return path[::-1]
                waiting.append(there)
    return []
