"""Do head-to-head trials and the detours through other treatments say the same?

Node-splits by the exact engine, and where only detours exist the test of differences between
designs (methods, section 3).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from needlewise.distributions import Array, cdf, erfc
from needlewise.evidence import Network, Study
from needlewise.synthesis.design import in_row_space
from needlewise.synthesis.effects import Effects, Summary, summarise
from needlewise.synthesis.gaussian import Block, Mixture, posterior
from needlewise.synthesis.synthesise import prior_covariance, settings_of, study_block

LIGHT = 1e-9  # nodes of the grid below this share of the heaviest are passed over
VAGUE = 4.0  # prior SD of a design's own effects, in prior SDs of a component


@dataclass(frozen=True)
class Incoherence:
    """Both kinds of evidence on a contrast, as far as there are.

    `kind` is both, direct (nothing to hold it against) or indirect. `direct` and `indirect` are
    there for both. `p` is two-sided: of the difference between the two, or for indirect evidence
    of the differences between designs (None where no two ways meet, so nothing can be tested).
    """

    kind: str
    trials: tuple[str, ...]
    direct: Summary | None = None
    indirect: Summary | None = None
    p: float | None = None


def incoherence_of(
    effects: Effects, plus: tuple[str, ...], minus: tuple[str, ...], horizon: Mapping[str, Any]
) -> Incoherence:
    """Direct against indirect evidence for a supported contrast at a horizon."""
    network, window = effects.network, _window(horizon)
    direct = direct_studies(network, plus, minus, window)
    if not direct:
        return Incoherence("indirect", (), p=between_designs(effects, window))
    rest = network.keep(tuple(s for s in network.studies if s.id not in direct))
    if not _determined(rest, plus, minus, window):
        return Incoherence("direct", direct)
    return _split(effects, direct, effects.contrast(float(horizon["week"]), plus, minus))


def direct_studies(
    network: Network, plus: tuple[str, ...], minus: tuple[str, ...], window: tuple[float, float]
) -> tuple[str, ...]:
    """Studies that compare exactly these in the window, else those that add them to a treatment."""
    head_to_head, add_on = [], []
    for study in network.studies:
        pairs = [
            (one, other)
            for week in study.weeks
            if window[0] <= week < window[1]
            for one, other in permutations(_arms_at(study, week), 2)
            if one - other == set(plus) and other - one == set(minus)
        ]
        if any(not one & other for one, other in pairs):
            head_to_head.append(study.id)
        elif pairs:
            add_on.append(study.id)
    return tuple(head_to_head or add_on)


def _arms_at(study: Study, week: float) -> list[set[str]]:
    return [set(arm.components) for arm in study.arms if week in arm.weeks]


def _window(horizon: Mapping[str, Any]) -> tuple[float, float]:
    low, high = horizon["window"]
    return float(low), float(high)


def _determined(
    network: Network, plus: tuple[str, ...], minus: tuple[str, ...], window: tuple[float, float]
) -> bool:
    """Whether the rows of a network in the window determine a contrast."""
    if not {*plus, *minus} <= set(network.components):
        return False
    target = np.zeros(len(network.components))
    target[[network.components.index(c) for c in plus]] += 1.0
    target[[network.components.index(c) for c in minus]] -= 1.0
    rows = list(network.differences(window).values())
    tolerance = network.topic.settings["network"]["tolerance"]
    return bool(rows) and in_row_space(np.concatenate(rows), target, tolerance)


Part = tuple[Array, Array, Array]  # mean, variance and log evidence at each tau


def _split(effects: Effects, direct: tuple[str, ...], row: Array) -> Incoherence:
    """The node-split back-calculated from the fit of all studies, exact at each tau.

    The direct studies are taken out of the posterior and fitted alone under the prior; both parts
    share tau, whose weights become those of the model split in two.
    """
    heavy = effects.mixture.weights > LIGHT * effects.mixture.weights.max()
    rows = _rows_of(effects, direct, effects.tau_squares[heavy])
    alone, rest = _alone(effects, rows, row), _taken_out(effects.mixture, heavy, rows, row)
    log_weights = np.log(effects.mixture.weights[heavy]) + alone[2] + rest[2]
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    head_to_head, detour = summarise(
        weights, np.stack([alone[0], rest[0]]), np.stack([alone[1], rest[1]])
    )
    z = (alone[0] - rest[0]) / np.sqrt(alone[1] + rest[1])
    below = float(weights @ cdf(z))
    return Incoherence("both", direct, head_to_head, detour, 2.0 * min(below, 1.0 - below))


def _taken_out(mixture: Mixture, heavy: NDArray[np.bool_], rows: _Rows, row: Array) -> Part:
    """A contrast without some rows, and minus the log evidence of these rows given the others.

    With K the covariance of the rows' effects and P their precision all follows from
    P (I - K P)^-1 (Woodbury).
    """
    covariance, means = mixture.covariances[heavy], mixture.means[heavy]
    touched, used = row @ mixture.lift, rows.design[:, mixture.touched]
    without = np.eye(len(rows.y)) - used @ covariance @ used.T @ rows.precision
    lever = rows.precision @ np.linalg.inv(without)
    reach, miss = covariance @ touched @ used.T, rows.y - means @ used.T
    own = covariance @ touched @ touched + row @ mixture.rest @ row
    log_term = 0.5 * (_form(miss, lever, miss) - np.linalg.slogdet(without)[1])
    return means @ touched - _form(reach, lever, miss), own + _form(reach, lever, reach), log_term


def _alone(effects: Effects, rows: _Rows, row: Array) -> Part:
    """A contrast from some rows and the prior alone, and the log evidence of these rows."""
    settings = replace(settings_of(effects.network), priors=effects.priors, basis=effects.basis)
    prior = prior_covariance(effects.network, settings)
    within = np.eye(len(rows.y)) + rows.design @ prior @ rows.design.T @ rows.precision
    lever = rows.precision @ np.linalg.inv(within)
    reach, y = rows.design @ prior @ row, rows.y
    log_term = -0.5 * (_form(y, lever, y) + np.linalg.slogdet(within)[1])
    return _form(reach, lever, y), row @ prior @ row - _form(reach, lever, reach), log_term


def _form(left: Array, middle: Array, right: Array) -> Array:
    """left' middle right at each node: (n, r) or (r,), (n, r, r), (n, r) or (r,) to (n,)."""
    turned = np.einsum("nrs,ns->nr", middle, np.broadcast_to(right, middle.shape[:2]))
    return np.asarray((turned * left).sum(axis=1))


@dataclass(frozen=True)
class _Rows:
    """Rows of some studies: precision free of baselines (n, r, r), design (r, p) and y (r,)."""

    precision: Array
    design: Array
    y: Array


def _rows_of(effects: Effects, studies: tuple[str, ...], squares: Array) -> _Rows:
    network = effects.network
    correlation = settings_of(network).error_correlation
    blocks = [
        study_block(s, network.components, effects.basis, correlation, 0)
        for s in network.studies
        if s.id in studies
    ]
    size = sum(len(block.y) for block in blocks)
    precision, start = np.zeros((len(squares), size, size)), 0
    for block in blocks:
        stop = start + len(block.y)
        inverse = np.linalg.inv(block.errors + squares[:, None, None] * block.effects)
        nuisance = inverse @ block.baselines
        taken = np.linalg.solve(block.baselines.T @ nuisance, nuisance.transpose(0, 2, 1))
        precision[:, start:stop, start:stop] = inverse - nuisance @ taken
        start = stop
    design = np.concatenate([block.design for block in blocks])
    return _Rows(precision, design, np.concatenate([block.y for block in blocks]))


def between_designs(effects: Effects, window: tuple[float, float]) -> float | None:
    """p of the differences between designs in a window (design by treatment, Higgins 2012).

    Each set of arms that trials compare gets effects of its own, constant within the window, and
    tau is that of this model. The misfit of one set of component effects to all of them is a
    chi-square, its p averaged over tau. None where the designs leave nothing to compare.
    """
    blocks, columns = _by_design(effects, window)
    spare = len(columns) - (np.linalg.matrix_rank(columns) if len(columns) else 0)
    if not spare:
        return None
    prior = np.eye(len(columns)) * (VAGUE * effects.priors.level_sd) ** 2
    nodes = settings_of(effects.network).nodes // 4  # p needs three digits and not nine
    mixture = posterior(blocks, prior, effects.priors.tau_scale, nodes)
    inverse = np.linalg.inv(mixture.covariances)
    weighted = inverse @ columns  # (n, q, components)
    fitted = np.linalg.pinv(columns.T @ weighted, hermitian=True)
    score = np.einsum("nqc,nq->nc", weighted, mixture.means)
    total = np.einsum("nq,nqr,nr->n", mixture.means, inverse, mixture.means)
    misfit = total - np.einsum("nc,ncd,nd->n", score, fitted, score)
    return float(mixture.weights @ chi_square_tail(np.maximum(misfit, 0.0), int(spare)))


def _by_design(effects: Effects, window: tuple[float, float]) -> tuple[list[Block], Array]:
    """Rows of the window with a column for each arm but the first of each design.

    Returns: the blocks, and what each column stands for in components (columns, components).
    """
    network, inside = effects.network, []
    starts: dict[tuple[tuple[str, ...], ...], int] = {}
    columns: list[Array] = []
    for study in network.studies:
        weeks = [w for w in study.weeks if window[0] <= w < window[1]]
        weeks = [w for w in weeks if len(_arms_at(study, w)) > 1]
        arms = {a.components for a in study.arms if set(a.weeks) & set(weeks)}
        design = tuple(sorted(arms))
        if design and design not in starts:
            starts[design] = len(columns)
            first = _indicator(network, design[0])
            columns += [_indicator(network, arm) - first for arm in design[1:]]
        if design:
            inside.append((study, weeks, design))
    correlation = settings_of(network).error_correlation
    blocks = []
    for study, weeks, design in inside:
        block = study_block(study, network.components, effects.basis, correlation, 0)
        where = [(arm.components, week) for arm in study.arms for week in arm.weeks]
        rows = [k for k, (_, week) in enumerate(where) if week in weeks]
        own = np.zeros((len(rows), len(columns)))
        for row, k in enumerate(rows):
            arm = design.index(where[k][0])
            if arm:
                own[row, starts[design] + arm - 1] = 1.0
        kept, levels = np.ix_(rows, rows), [study.weeks.index(w) for w in weeks]
        blocks.append(
            Block(block.y[rows], block.errors[kept], block.effects[kept], own,
                  block.baselines[np.ix_(rows, levels)])
        )  # fmt: skip
    return blocks, np.array(columns)


def _indicator(network: Network, components: tuple[str, ...]) -> Array:
    return np.array([float(c in components) for c in network.components])


def chi_square_tail(x: Array, freedom: int) -> Array:
    """P(chi-square > x) for whole degrees of freedom: a finite sum."""
    half = 0.5 * np.asarray(x, dtype=float)
    if freedom % 2:
        total, power = np.asarray(erfc(np.sqrt(half))), 0.5
    else:
        total, power = np.exp(-half), 1.0
    while power < 0.5 * freedom:
        total = total + half**power * np.exp(-half) / math.gamma(power + 1.0)
        power += 1.0
    return np.asarray(total)
