"""How much of each effect comes from which direct comparison and from which trial.

The network's estimate of a pair is a flow of direct evidence from one option to the other; it is
taken apart along paths, the shortest first, and each path's share is split evenly over its edges
(Papakonstantinou et al. 2018). A trial has its weight's share of each comparison. Trials of several
arms enter by the weights of the two-arm trials they are worth (Rücker and Schwarzer 2014).
"""

from __future__ import annotations

from collections import defaultdict, deque
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trial
from needlewise.synthesis.nma.fit import Fit

if TYPE_CHECKING:
    from pandas import DataFrame

LEAST = 1e-9
Pair = tuple[str, str]


def adjusted_weights(trial: Trial, tau: float) -> dict[Pair, float]:
    """Weight of each pair of a trial's arms: minus the off-diagonal of its Laplacian."""
    k = len(trial.options)
    full = np.zeros((k, k))
    full[1:, 1:] = trial.covariance
    own = np.diagonal(full)
    variances = own[:, None] + own[None, :] - 2 * full + tau**2 * (1 - np.eye(k))
    spread = k * np.eye(k) - 1.0
    laplacian = np.linalg.pinv(-spread @ variances @ spread / (2 * k * k), hermitian=True)
    return {
        (trial.options[i], trial.options[j]): float(-laplacian[i, j])
        for i in range(k)
        for j in range(i + 1, k)
    }


def _weights(fit: Fit) -> dict[Pair, dict[str, float]]:
    """Comparison, in the order of the options, to trial to weight, at the fit's tau."""
    place = {option: k for k, option in enumerate(fit.trials.options)}
    tau = fit.heterogeneity.tau if fit.model == "random" else 0.0
    found: dict[Pair, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for trial in fit.trials.trials:
        for (a, b), weight in adjusted_weights(trial, tau).items():
            pair = (a, b) if place[a] < place[b] else (b, a)
            found[pair][trial.name] += weight
    order = sorted(found, key=lambda pair: (place[pair[0]], place[pair[1]]))
    return {pair: dict(found[pair]) for pair in order}


def _flows(fit: Fit, pairs: list[Pair], weights: Array, option: str, against: str) -> Array:
    """The row of the hat matrix: how far each comparison (its second minus its first) counts."""
    place = {name: k for k, name in enumerate(fit.trials.options)}
    incidence = np.zeros((len(pairs), len(place)))
    for k, (a, b) in enumerate(pairs):
        incidence[k, place[a]], incidence[k, place[b]] = -1.0, 1.0
    asked = np.zeros(len(place))
    asked[place[option]], asked[place[against]] = 1.0, -1.0
    laplacian = incidence.T @ (weights[:, None] * incidence)
    return np.asarray(asked @ np.linalg.pinv(laplacian, hermitian=True) @ incidence.T * weights)


def comparison_shares(fit: Fit, option: str, against: str | None = None) -> DataFrame:
    """Share of each direct comparison in an effect: option, against, share (summing to 1)."""
    from pandas import DataFrame

    rows = [(b, a, share) for (a, b), share in _shares(fit, option, against)[0].items()]
    return DataFrame(rows, columns=["option", "against", "share"])


def trial_shares(fit: Fit, option: str, against: str | None = None) -> DataFrame:
    """Share of each trial in an effect, largest first: trial, share (summing to 1)."""
    from pandas import DataFrame

    shares, weights = _shares(fit, option, against)
    found: dict[str, float] = defaultdict(float)
    for pair, share in shares.items():
        whole = sum(weights[pair].values())
        for trial, weight in weights[pair].items():
            found[trial] += share * weight / whole
    table = DataFrame(list(found.items()), columns=["trial", "share"])
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def _shares(
    fit: Fit, option: str, against: str | None
) -> tuple[dict[Pair, float], dict[Pair, dict[str, float]]]:
    if fit.design.names != fit.trials.options[1:]:
        raise InputError("Contributions are worked out for options with effects of their own.")
    base = against or fit.trials.reference
    for name in (option, base):
        if name not in fit.trials.options:
            raise InputError(f"There is no option '{name}'.")
    if option == base:
        raise InputError("An option has no effect against itself.")
    weights = _weights(fit)
    pairs = list(weights)
    whole = np.array([sum(by.values()) for by in weights.values()])
    flow = _flows(fit, pairs, whole, option, base)
    left: dict[str, dict[str, float]] = defaultdict(dict)
    edge: dict[tuple[str, str], Pair] = {}
    for (a, b), size in zip(pairs, flow, strict=True):
        start, end = (a, b) if size > 0 else (b, a)
        if abs(size) > LEAST:
            left[start][end] = abs(float(size))
            edge[start, end] = (a, b)
    found = dict.fromkeys(pairs, 0.0)
    while path := _shortest(left, base, option):
        steps = list(pairwise(path))
        size = min(left[a][b] for a, b in steps)
        for a, b in steps:
            found[edge[a, b]] += size / len(steps)
            left[a][b] -= size
            if left[a][b] <= LEAST:
                del left[a][b]
    total = sum(found.values())
    return {pair: share / total for pair, share in found.items()}, weights


def _shortest(left: dict[str, dict[str, float]], start: str, end: str) -> list[str]:
    """The path with fewest steps along what flows still, [] where there is none."""
    came: dict[str, str] = {start: ""}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if here == end:
            path = [end]
            while came[path[-1]]:
                path.append(came[path[-1]])
            return path[::-1]
        for there in left.get(here, {}):
            if there not in came:
                came[there] = here
                waiting.append(there)
    return []
