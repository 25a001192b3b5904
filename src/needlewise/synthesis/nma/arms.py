"""Arms with counts, and what a count says of its linear predictor.

Binomial counts are logit or cloglog (hazards), Poisson counts log.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.design import Design

LINKS = {"IRR": "log", "HR": "cloglog"}  # of a measure; else logit
FARTHEST, TINY = 50.0, 1e-300


@dataclass(frozen=True, eq=False)
class Group:
    """The m trials with k arms each: counts (k, 1, 1, m), rows of the arms after the first
    (m, k - 1, p), and which arms a slope on the trial's own baseline moves (k, 1, 1, m).
    """

    events: Array
    size: Array
    offset: Array
    rows: Array
    moved: Array
    link: str

    def first_guess(self) -> Array:
        """Predictors at the counts as they are, half an event added, (k, 1, 1, m)."""
        share = (self.events + 0.5) / (self.size + 1.0)
        if self.link == "logit":
            return np.log(share / np.maximum(1.0 - share, 1e-9))
        return np.asarray(np.log(share) - (self.offset if self.link == "cloglog" else 0.0))


def groups_of(trials: Trials, design: Design) -> list[Group]:
    """Trials by their number of arms; where the reference is an arm it is the first."""
    by_size: dict[int, list[tuple[Array, Array, Array, Array, Array]]] = defaultdict(list)
    ends = np.cumsum([0, *(len(t.y) for t in trials.trials)])
    rows = design.rows if isinstance(design.rows, np.ndarray) else design.rows.toarray()
    for trial, start, end in zip(trials.trials, ends[:-1], ends[1:], strict=True):
        assert trial.arms is not None
        own = np.vstack([np.zeros(rows.shape[1]), rows[start:end]])
        order = np.argsort([option != trials.reference for option in trial.options], kind="stable")
        moved = np.array([option != trials.reference for option in trial.options], dtype=float)
        by_size[len(trial.options)].append((
            trial.arms.events[order], trial.arms.size[order], trial.arms.offset[order],
            (own[order] - own[order[0]])[1:], (moved - moved[order[0]])[order],
        ))  # fmt: skip
    link = LINKS.get(trials.measure, "logit")
    found = []
    for size in sorted(by_size):
        events, people, offset, own, moved = map(np.array, zip(*by_size[size], strict=True))
        events, people, offset, moved = (
            column.T[:, None, None] for column in (events, people, offset, moved)
        )
        found.append(Group(events, people, offset, own, moved, link))
    return found


def log_likelihood(group: Group, eta: Array) -> Array:
    """Log likelihood of the counts at predictors, without constants, like eta."""
    events, size = group.events, group.size
    if group.link == "log":
        return np.asarray(events * eta - size * np.exp(np.minimum(eta, FARTHEST)))
    if group.link == "logit":
        # log(1 + e^eta) in the form that costs one exponential and one logarithm
        soft = np.maximum(eta, 0.0) + np.log1p(np.exp(-np.abs(eta)))
        return np.asarray(events * eta - size * soft)
    hazard = np.exp(np.clip(eta + group.offset, -700.0, FARTHEST))
    dead = np.maximum(-np.expm1(-hazard), TINY)
    return np.asarray(events * np.log(dead) - (size - events) * hazard)


def slopes(group: Group, eta: Array) -> tuple[Array, Array]:
    """First derivative of the log likelihood, and minus the second (expected for cloglog)."""
    events, size = group.events, group.size
    if group.link == "log":
        mean = expected(group, eta)
        return events - mean, mean
    if group.link == "logit":
        share = 1.0 / (1.0 + np.exp(-np.clip(eta, -500.0, 500.0)))
        return events - size * share, size * share * (1.0 - share)
    hazard = np.exp(np.clip(eta + group.offset, -700.0, FARTHEST))
    dead = np.maximum(-np.expm1(-hazard), TINY)
    alive = np.exp(-hazard)
    slope = events * hazard * alive / dead - (size - events) * hazard
    return slope, size * hazard * hazard * alive / dead


def expected(group: Group, eta: Array) -> Array:
    """Expected counts at predictors."""
    if group.link == "log":
        return np.asarray(group.size * np.exp(np.minimum(eta, FARTHEST)))
    if group.link == "logit":
        return np.asarray(group.size / (1.0 + np.exp(-np.clip(eta, -500.0, 500.0))))
    return np.asarray(
        -group.size * np.expm1(-np.exp(np.clip(eta + group.offset, -700.0, FARTHEST)))
    )


def at_means(group: Group, mean: Array) -> float:
    """The same log likelihood where the expected counts are known instead, over all arms."""
    share = np.clip(mean / group.size, TINY, None)
    found = group.events * np.log(share)
    if group.link == "log":
        return float((found - mean).sum())
    left = group.size - group.events
    return float((found + left * np.log(np.clip(1.0 - mean / group.size, TINY, None))).sum())
