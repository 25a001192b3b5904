"""How much of a figure comes from which trial: percentages that sum to 100.

The posterior mean is linear in the rows. In each trial and week a row's weights are a flow from
the arms on one side of a contrast to those on the other; where these flows hang together as a
network, they are followed along paths from one side to the other, else their size is shared out
(docs/decisions/0005-contributions.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence import Study
from needlewise.synthesis.effects import Effects
from needlewise.synthesis.synthesise import settings_of, study_block

Node = frozenset[str]
Contrast = tuple[float, tuple[str, ...], tuple[str, ...]]  # week, one side, the other

LEAK = 0.02  # share of the flow a joint node may lose: what priors take, and no more
LIGHT = 1e-6  # nodes of the grid below this share of the heaviest move no percentage


@dataclass(frozen=True)
class Contributions:
    """Percent of each study in a contrast, summing to 100; `rule` is paths or shares."""

    percent: Mapping[str, float]
    rule: str


@dataclass(frozen=True)
class Flow:
    """What a study passes from one set of components to another, as shares of the contrasts.

    `sizes` has shape (contrasts,); negative runs the other way.
    """

    study: str
    source: Node
    target: Node
    sizes: Array


def contributions(effects: Effects, contrasts: Sequence[Contrast]) -> list[Contributions]:
    """Contributions of the studies to several contrasts of one posterior."""
    rows = np.array([effects.contrast(*contrast) for contrast in contrasts])
    weighed = list(zip(effects.network.studies, arm_weights(effects, rows), strict=True))
    tau_square = float(effects.mixture.weights @ effects.tau_squares)
    flows = [flow for study, weights in weighed for flow in _flows(study, weights, tau_square)]
    found = []
    for k, (_, plus, minus) in enumerate(contrasts):
        by_path = along_paths(flows, frozenset(plus), frozenset(minus), k)
        if by_path is not None:
            found.append(Contributions(_percent(by_path), "paths"))
        else:
            shares = {study.id: float(np.abs(weights[:, k]).sum()) for study, weights in weighed}
            found.append(Contributions(_percent(shares), "shares"))
    return found


def arm_weights(effects: Effects, rows: Array) -> list[Array]:
    """How far each contrast moves when a value moves by one, averaged over tau.

    The weights of `influences`, for several contrasts at once.

    Args:
        rows: (k, p).

    Returns: per study (its arms' weeks in order, k).
    """
    network, mixture = effects.network, effects.mixture
    heavy = mixture.weights > LIGHT * mixture.weights.max()
    weights = mixture.weights[heavy] / mixture.weights[heavy].sum()
    squares = effects.tau_squares[heavy]
    pull = mixture.covariances[heavy] @ (rows @ mixture.lift).T  # (n, s, k)
    correlation = settings_of(network).error_correlation
    found = []
    for study in network.studies:
        block = study_block(study, network.components, effects.basis, correlation, 0)
        design = block.design[:, mixture.touched]
        used = np.flatnonzero(np.any(design != 0.0, axis=0))
        inverse = np.linalg.inv(block.errors + squares[:, None, None] * block.effects)
        moved = inverse @ (design[:, used] @ pull[:, used])
        nuisance = inverse @ block.baselines
        level = np.linalg.solve(block.baselines.T @ nuisance, block.baselines.T @ moved)
        found.append(np.einsum("n,nrk->rk", weights, moved - nuisance @ level))
    return found


def _flows(study: Study, weights: Array, tau_square: float) -> Iterator[Flow]:
    """The weights of each week as flows between its arms, common components left out.

    With arm precisions p a pair of arms passes (p_k w_j - p_j w_k) / sum p: the current between
    them in the network of independent arms.
    """
    arms = [(arm, k) for arm in study.arms for k in range(len(arm.weeks))]
    for week in study.weeks:
        here = [row for row, (arm, k) in enumerate(arms) if arm.weeks[k] == week]
        held = [frozenset(arms[row][0].components) for row in here]
        common = frozenset.intersection(*held)
        variances = [arms[row][0].variances[arms[row][1]] for row in here]
        precise = 1.0 / (np.array(variances) + 0.5 * tau_square)
        total = precise.sum()
        for j, row in enumerate(here):
            for k in range(j):
                passed = precise[k] * weights[row] - precise[j] * weights[here[k]]
                yield Flow(study.id, held[j] - common, held[k] - common, passed / total)


def along_paths(
    flows: Sequence[Flow], source: Node, target: Node, contrast: int = 0
) -> dict[str, float] | None:
    """Contributions by a random walk along the flow, None where it does not hang together.

    A walk starts at `source` and leaves each node in proportion to what flows out; a path's share
    is spread evenly over its steps (Papakonstantinou 2018, Davies 2022), and a step's share over
    the studies by their flow. None: a joint node takes in and gives off different amounts, which
    only adding components explains, or the flow runs in a circle or nowhere.
    """
    nodes = sorted({n for f in flows for n in (f.source, f.target)} | {source, target}, key=sorted)
    place = {node: k for k, node in enumerate(nodes)}
    net = np.zeros((len(nodes), len(nodes)))
    through = np.zeros_like(net)
    steps = [(place[f.source], place[f.target], float(f.sizes[contrast])) for f in flows]
    for j, k, size in steps:
        net[j, k] += size
        net[k, j] -= size
        through[j, k] += abs(size)
        through[k, j] += abs(size)
    for node, balance in zip(nodes, net.sum(axis=1), strict=True):
        if len(node) > 1 and node not in (source, target) and abs(balance) > LEAK:
            return None
    walked = _walk(np.maximum(net, 0.0), place[source], place[target])
    if walked is None:
        return None
    shares: dict[str, float] = defaultdict(float)
    for flow, (j, k, size) in zip(flows, steps, strict=True):
        if size:
            shares[flow.study] += (walked[j, k] + walked[k, j]) * abs(size) / through[j, k]
    return dict(shares)


def _walk(flow: Array, source: int, target: int) -> Array | None:
    """Share of each step (from, to) in walks that reach the target, None for a circular flow."""
    flow[target] = 0.0
    out = flow.sum(axis=1, keepdims=True)
    chance = np.divide(flow, out, out=np.zeros_like(flow), where=out > 0.0)
    start, end = np.eye(len(flow))[[source, target]]
    before, after = [start], [end]  # at each node after so many steps; steps left to the target
    while before[-1].any() or after[-1].any():
        if len(before) > len(flow):
            return None
        before.append(before[-1] @ chance)
        after.append(chance @ after[-1])
    lengths = np.add.outer(np.arange(len(before)), np.arange(len(after))) + 1.0
    steps = np.asarray(np.array(before).T @ (1.0 / lengths) @ np.array(after)) * chance
    return steps if steps.any() else None


def _percent(shares: Mapping[str, float]) -> dict[str, float]:
    """Shares as percentages, largest first; studies that carry nothing are left out."""
    total = sum(shares.values())
    ordered = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return {study: float(100.0 * share / total) for study, share in ordered if share > 0.0}
