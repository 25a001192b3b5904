"""Mantel-Haenszel network meta-analysis of odds ratios (Efthimiou et al. 2019, Stat Med 38:2992).

Trials of one design (one set of options) are pooled by Mantel-Haenszel for every pair of its arms,
L_xy = log(C_xy / C_yx) with C_xy = sum a_x b_y / N over trials of a events and b others in N
people; the pairs of a design are made to agree by averages of L over its arms, with Greenland's
variances and covariances (1989, Biometrics 45:183), which for two arms are those of Robins, Breslow
and Greenland (1986). Generalised least squares then joins the designs. Zero cells need no
correction; an arm of a design in which nobody (or everybody) has the event is left out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trial, Trials
from needlewise.synthesis.nma.classic import solved
from needlewise.synthesis.nma.design import check_joined, design
from needlewise.synthesis.nma.fit import Fit, Heterogeneity
from needlewise.synthesis.nma.rare import (
    OTHERWISE,
    check_odds,
    counts_of,
    dense,
    fewer_arms,
    with_trials,
)
from needlewise.synthesis.nma.whitened import whitened

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False)
class MantelHaenszel:
    """A network by Mantel-Haenszel, common effect.

    Attributes:
        fit: every table a `Fit` gives; its trials are those used, with the arms used.
        designs: options of each design used, the first the one others are compared with.
        Q, df, p: between designs; p is nan without degrees of freedom.
        notes: trials, arms and designs left out, a sentence each.
    """

    fit: Fit
    designs: tuple[tuple[str, ...], ...]
    Q: float
    df: int
    p: float
    notes: tuple[str, ...]

    def effects(self, reference: str | None = None) -> DataFrame:
        """Every option against one: option, reference, estimate, se, low, high."""
        return self.fit.effects(reference)

    def league(self) -> DataFrame:
        """All pairs, one row each: option, against, estimate, se, low, high."""
        return self.fit.league()

    def splits(self) -> DataFrame:
        """Direct against indirect evidence for every pair that some trial compares.

        option, against, trials, direct, direct_se, indirect, indirect_se, difference,
        difference_se, p. Direct: Mantel-Haenszel of the pair's two arms over all trials with both.
        Indirect: the network without those trials (SIDDE); missing where they alone join the two.
        """
        from pandas import DataFrame

        rows = []
        for a, b in self.fit.trials.comparisons:
            own = [t for t in self.fit.trials.trials if {a, b} <= set(t.options)]
            row = {"option": b, "against": a, "trials": len(own)}
            found = _pair(own, b, a)
            if found is not None:
                row |= {"direct": found[0], "direct_se": found[1]}
            other = _without(self.fit.trials, a, b)
            if other is not None:
                row |= {"indirect": other[0], "indirect_se": other[1]}
            if found is not None and other is not None:
                gap, se = found[0] - other[0], float(np.hypot(found[1], other[1]))
                row |= {"difference": gap, "difference_se": se, "p": _two_sided(gap / se)}
            rows.append(row)
        columns = ["option", "against", "trials", "direct", "direct_se", "indirect", "indirect_se",
                   "difference", "difference_se", "p"]  # fmt: skip
        return DataFrame(rows, columns=columns)


def mantel_haenszel(trials: Trials) -> MantelHaenszel:
    """Mantel-Haenszel estimates of a network of counts (OR), common effect.

    Raises InputError: without counts or another measure; nothing left; parts that nothing joins.
    """
    from scipy.special import chdtrc

    check_odds(trials)
    check_joined(trials, "")
    groups, notes = _designs(trials)
    used = with_trials(trials, [t for own in groups for t in own])
    notes += [f"{o}: left out, no trial that is left has it" for o in trials.options
              if o not in used.options]  # fmt: skip
    why = f" (left out: {'; '.join(notes[:3])})" if notes else ""
    check_joined(used, OTHERWISE + why)
    pooled = [_pooled(own) for own in groups]
    joined = with_trials(used, pooled)
    means, covariance, q = solved(whitened(pooled, dense(design(joined).rows)).sums(np.zeros(1)))
    df = sum(len(t.y) for t in pooled) - means.shape[1]
    square = float(q[0]) if df else 0.0
    found = design(used)
    made = Fit(
        replace(used, notes=(*used.notes, *notes)), found, whitened(used.trials, found.rows),
        "common", "mantel-haenszel", "wald",
        np.ones(1), np.zeros(1), means, covariance, Heterogeneity(0.0, 0.0, 0.0),
        likelihood="mantel-haenszel",
    )  # fmt: skip
    told = [f"{name}: left out, {why}" for name, why in trials.left_out]
    p = float(chdtrc(df, max(square, 0.0))) if df else float("nan")
    return MantelHaenszel(made, tuple(t.options for t in pooled), square, df, p, (*told, *notes))


def _designs(trials: Trials) -> tuple[list[list[Trial]], list[str]]:
    """Trials of each design with the arms that are kept, each in one order; what was left out."""
    place = {option: k for k, option in enumerate(trials.options)}
    groups: dict[tuple[str, ...], list[Trial]] = defaultdict(list)
    for trial in trials.trials:
        order = sorted(range(len(trial.options)), key=lambda k: place[trial.options[k]])
        moved = fewer_arms(trial, order)
        groups[moved.options].append(moved)
    found, notes = [], []
    for options, own in groups.items():
        events, sizes = _tables(own)
        some, not_all = events.sum(axis=0) > 0, (sizes - events).sum(axis=0) > 0
        kept = np.flatnonzero(some & not_all)
        name = f"Design {', '.join(options)}"
        if len(kept) < 2:
            which = ", ".join(t.name for t in own)
            notes.append(f"{name} (trial {which}): left out, all its arms but one have no events")
            if not not_all.all():
                notes[-1] += ", or events in everybody"
            continue
        for option, any_ in zip(options, some, strict=True):
            if option not in {options[k] for k in kept}:
                what = "events in everybody" if any_ else "no events"
                notes.append(f"{name}: its arm {option} is left out, it has {what}")
        found.append([fewer_arms(t, [int(k) for k in kept]) for t in own])
    return found, notes


def _tables(own: list[Trial]) -> tuple[Array, Array]:
    """Events and people of trials with the same arms, (trials, k) each."""
    arms = [counts_of(trial) for trial in own]
    return np.array([a.events for a in arms]), np.array([a.size for a in arms])


def _pooled(own: list[Trial]) -> Trial:
    """One design's trials, arms in one order, as one trial's contrasts."""
    options = own[0].options
    found = mh_contrasts(*_tables(own))
    if found is None:
        raise InputError(
            f"Design {', '.join(options)}: two of its arms have no odds ratio by Mantel-Haenszel, "
            "as no trial has an event in one and none in the other; leave these trials out or use "
            "likelihood = counts."
        )
    return Trial(", ".join(options), options, *found)


def mh_contrasts(events: Array, sizes: Array) -> tuple[Array, Array] | None:
    """Log odds ratios of the arms against the first, (k - 1,), and their covariance.

    Args:
        events, sizes: (trials, k), the same k options in each trial.

    None where a pair has no odds ratio.
    """
    others, people = sizes - events, sizes.sum(axis=1)
    k = events.shape[1]
    share = np.einsum("ix,iy,i->ixy", events, others, 1 / people)  # a_x b_y / N of each trial
    total = share.sum(axis=0)
    if (total[~np.eye(k, dtype=bool)] <= 0).any():
        return None
    np.fill_diagonal(total, 1.0)
    level = np.log(total / total.T).mean(axis=1)
    part = _covariances(events, others, people, share, total)
    # Sums over an arm's pairs: covariance of sum_z L_xz with sum_z L_yz.
    both = np.einsum("xyz->xy", part)
    spread = np.einsum("zxy->xy", part) - both - both.T + np.einsum("xyy->xy", part)
    np.fill_diagonal(spread, part.sum(axis=(1, 2)))
    turn = np.hstack([-np.ones((k - 1, 1)), np.eye(k - 1)])
    return turn @ level, turn @ spread @ turn.T / k**2


def _covariances(events: Array, others: Array, people: Array, share: Array, total: Array) -> Array:
    """Covariance of L_xy with L_xz, (k, k, k), 0 where y or z is x; variances where y is z.

    Pairs that share no arm have covariance 0 (Greenland 1989).
    """
    k, square = events.shape[1], 1 / np.square(people)
    sizes = events + others

    def over(x: Array, y: Array, z: Array, one: Array, two: Array) -> Array:
        sums = np.einsum("ix,iy,iz,i->xyz", x, y, z, square)
        return np.asarray(sums / (3 * one[:, :, None] * two[:, None, :]))

    turned = total.T
    found = (
        over(events, others, others, total, total) + over(sizes, others, events, total, turned)
        + over(sizes, events, others, turned, total) + over(others, events, events, turned, turned)
    )  # fmt: skip
    sums = (events[:, :, None] + others[:, None, :]) / people[:, None, None]
    back, other = share.transpose(0, 2, 1), sums.transpose(0, 2, 1)
    variance = (
        (share * sums).sum(axis=0) / (2 * total**2) + (back * other).sum(axis=0) / (2 * turned**2)
        + (share * other + back * sums).sum(axis=0) / (2 * total * turned)
    )  # fmt: skip
    found[:, np.arange(k), np.arange(k)] = variance
    for x in range(k):
        found[x, x, :] = found[x, :, x] = 0.0
    return found


# ---- Direct against indirect ----


def _pair(own: list[Trial], option: str, against: str) -> tuple[float, float] | None:
    """Effect and standard error of a pair from its two arms in these trials."""
    two = [fewer_arms(t, [t.options.index(against), t.options.index(option)]) for t in own]
    found = mh_contrasts(*_tables(two))
    return None if found is None else (float(found[0][0]), float(np.sqrt(found[1][0, 0])))


def _without(trials: Trials, a: str, b: str) -> tuple[float, float] | None:
    """Effect of b against a in the network without the trials that have both."""
    left = [t for t in trials.trials if not {a, b} <= set(t.options)]
    if not {a, b} <= {option for trial in left for option in trial.options}:
        return None
    left_over = with_trials(trials, left)
    part = next(set(own) for own in left_over.parts() if a in own)
    if b not in part:
        return None
    own = [t for t in left if part & set(t.options)]
    try:
        found = mantel_haenszel(with_trials(left_over, own)).fit
        row = found.effects(a).set_index("option").loc[b]
    except (InputError, KeyError):
        return None  # their designs lose an arm, and nothing joins the two
    return float(row["estimate"]), float(row["se"])


def _two_sided(z: float) -> float:
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(z)))
