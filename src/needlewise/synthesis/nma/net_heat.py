"""Which designs drive the inconsistency of a network: net heat (Krahn, Binder and König 2013).

The trials of each design (one set of options) are joined into direct estimates d with variances V,
and the consistent network is fitted to them: d = X b. To detach a design is to give it effects of
its own; with A = V^-1 - V^-1 X (X' V^-1 X)^+ X' V^-1 that takes A_:d A_dd^+ A_d: off A, so no
network is fitted twice.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trial, Trials
from needlewise.synthesis.nma.checks import at_one_tau
from needlewise.synthesis.nma.fit import Fit
from needlewise.synthesis.nma.inconsistency import _turn
from needlewise.synthesis.nma.whitened import whitened

if TYPE_CHECKING:
    from pandas import DataFrame

MOST = 1000  # comparisons within designs; their table has a row for each pair of them
FREE = 1e-8  # of the whole: below it a design has nothing that the others could contradict


@dataclass(frozen=True, eq=False)
class DirectEstimates:
    """The designs' own estimates, q of them, those of one design side by side.

    Attributes:
        labels: (q,) "B against A", and "(with C)" where the design has more arms.
        designs: options of each design, in the order of the network's.
        owner: (q,) place of each estimate's design.
        y: (q,) the estimates; rows: (q, options - 1), what they stand for.
        roots: lower triangular L of each design, with L L' the inverse of its variances.
    """

    labels: tuple[str, ...]
    designs: tuple[tuple[str, ...], ...]
    owner: Array
    y: Array
    rows: Array
    roots: tuple[Array, ...]


def direct_estimates(trials: Trials, tau: float = 0.0) -> DirectEstimates:
    """Join the trials of each design, with heterogeneity tau, each against its first option.

    Raises InputError beyond `MOST` estimates.
    """
    place = {option: k for k, option in enumerate(trials.options)}
    groups: dict[tuple[str, ...], list[Trial]] = defaultdict(list)
    for trial in trials.trials:
        groups[tuple(sorted(trial.options, key=place.__getitem__))].append(trial)
    names = sorted(groups, key=lambda name: [place[o] for o in name])
    sizes = [len(name) - 1 for name in names]
    if sum(sizes) > MOST:
        raise InputError(
            f"Net heat holds at most {MOST} comparisons within designs and here are {sum(sizes)}; "
            "leave options out, or see node_splits and design_by_treatment."
        )
    whole = np.vstack([np.zeros(len(place) - 1), np.eye(len(place) - 1)])
    y, rows, roots, labels = [], [], [], []
    for name in names:
        own = groups[name]
        turns = np.concatenate([_turn(trial, name) for trial in own])
        sums = whitened(own, turns).sums(np.array([tau**2]))
        y.append(np.linalg.solve(sums.precision[0], sums.score[0]))
        roots.append(np.linalg.cholesky(sums.precision[0]))
        for option in name[1:]:
            rows.append(whole[place[option]] - whole[place[name[0]]])
            more = ", ".join(other for other in name[1:] if other != option)
            labels.append(f"{option} against {name[0]}" + (f" (with {more})" if more else ""))
    return DirectEstimates(
        tuple(labels), tuple(names), np.repeat(np.arange(len(names)), sizes), np.concatenate(y),
        np.array(rows), tuple(roots),
    )  # fmt: skip


def net_heat(fit: Fit, *, model: str = "common") -> DataFrame:
    """Net heat, a row for each pair of comparisons within designs.

    row, column: "B against A", and "(with C)" where the design has more arms; detached: the design
    that the column belongs to; contribution: the absolute entry of the hat matrix, how far the
    column's direct estimate moves the row's network estimate; heat: how far the row's part of Q
    between designs falls when the column's design gets effects of its own. In its own column a row
    has all of its part; over a column's rows heat sums to what Q between designs loses. A design
    that nothing can contradict (no loop) has no heat, neither row nor column.

    The parts of a design of more arms belong to its comparisons with its first option; their sum
    does not depend on that choice. A design whose trials alone join an option is detached by what
    the others can contradict.

    Args:
        model: common, as published, or random: at the fit's tau.

    Raises InputError where the fit is not plain, or for another model.
    """
    from pandas import DataFrame

    fit.must_be_plain()
    if model not in {"common", "random"}:
        raise InputError(f"model must be common or random, not '{model}'.")
    known = direct_estimates(fit.trials, at_one_tau(fit) if model == "random" else 0.0)
    hat, heat = _hat_and_heat(known)
    count = len(known.y)
    names = np.array(known.labels, dtype=object)
    designs = np.array([", ".join(name) for name in known.designs], dtype=object)
    return DataFrame({
        "row": np.repeat(names, count), "column": np.tile(names, count),
        "detached": np.tile(designs[known.owner], count),
        "contribution": np.abs(hat).ravel(), "heat": heat.ravel(),
    })  # fmt: skip


def _hat_and_heat(known: DirectEstimates) -> tuple[Array, Array]:
    """Hat matrix and heat, (q, q) each; heat is nan where nothing can contradict a design."""
    count, designs = len(known.y), len(known.designs)
    root = np.zeros((count, count))
    own = [np.flatnonzero(known.owner == k) for k in range(designs)]
    for index, block in zip(own, known.roots, strict=True):
        root[np.ix_(index, index)] = block
    back = np.linalg.inv(root.T)
    left, values, _ = np.linalg.svd(root.T @ known.rows, full_matrices=False)
    basis = left[:, values > 1e-9 * values[0]]
    inside = basis @ basis.T  # the hat matrix of estimates turned to variance 1
    outside = np.eye(count) - inside
    miss = outside @ (root.T @ known.y)
    after = np.full((count, count), np.nan)  # residuals (rows) with each column's design detached
    for index in own:
        block = outside[np.ix_(index, index)]
        if float(np.linalg.eigvalsh(block)[-1]) > FREE:
            gain = np.linalg.pinv(block, rcond=FREE, hermitian=True) @ miss[index]
            after[:, index] = (miss - outside[:, index] @ gain)[:, None]
    # An estimate's part of Q: r times V^-1 r.
    heat = ((root @ miss) * (back @ miss))[:, None] - (root @ after) * (back @ after)
    heat[np.isnan(np.diagonal(after))] = np.nan
    return back @ inside @ root.T, heat
