"""Arms with counts, and what a count says of its linear predictor.

Binomial counts are logit or cloglog (hazards), Poisson counts log; `levels` has ordered categories.
Arrays of arms are (k, 1, 1, m): k arms in m trials, with room for nodes and points between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence.tables import Arms, Trials
from needlewise.synthesis.nma.design import Design

LINKS = {"IRR": "log", "HR": "cloglog"}  # of a measure; else logit
FARTHEST, TINY = 50.0, 1e-300


class Said(Protocol):
    """What arms say of their predictors eta, whose last axes are (k, n, q, m)."""

    @property
    def observed(self) -> Array:
        """The counts, (categories, k, 1, 1, m)."""

    def first_guess(self) -> Array:
        """Predictors at the counts as they are, (k, 1, 1, m)."""

    def at(self, cuts: Array) -> Said:
        """With cut-offs (n, q, m, cuts); without any, itself."""

    def log_likelihood(self, eta: Array) -> Array:
        """Without constants, like eta."""

    def slopes(self, eta: Array) -> tuple[Array, Array]:
        """First derivative of the log likelihood, and minus the second or its expectation."""

    def expected(self, eta: Array) -> Array:
        """Expected counts, (categories, like eta)."""

    def at_means(self, mean: Array) -> float:
        """The log likelihood of all arms where expected counts like `observed` are known."""


@dataclass(frozen=True, eq=False)
class Group:
    """The m trials with k arms each: what they say, rows of the arms after the first
    (m, k - 1, p), and which arms a slope on the trial's own baseline moves (k, 1, 1, m).
    """

    said: Said
    rows: Array
    moved: Array


@dataclass(frozen=True, eq=False)
class Counts:
    """Events of people or of person-time, (k, 1, 1, m) each."""

    events: Array
    size: Array
    offset: Array
    link: str

    @property
    def observed(self) -> Array:
        return self.events[None]

    def first_guess(self) -> Array:
        share = (self.events + 0.5) / (self.size + 1.0)
        if self.link == "logit":
            return np.log(share / np.maximum(1.0 - share, 1e-9))
        return np.asarray(np.log(share) - (self.offset if self.link == "cloglog" else 0.0))

    def at(self, cuts: Array) -> Counts:
        return self

    def log_likelihood(self, eta: Array) -> Array:
        events, size = self.events, self.size
        if self.link == "log":
            return np.asarray(events * eta - size * np.exp(np.minimum(eta, FARTHEST)))
        if self.link == "logit":
            # log(1 + e^eta) in the form that costs one exponential and one logarithm
            soft = np.maximum(eta, 0.0) + np.log1p(np.exp(-np.abs(eta)))
            return np.asarray(events * eta - size * soft)
        hazard = np.exp(np.clip(eta + self.offset, -700.0, FARTHEST))
        dead = np.maximum(-np.expm1(-hazard), TINY)
        return np.asarray(events * np.log(dead) - (size - events) * hazard)

    def slopes(self, eta: Array) -> tuple[Array, Array]:
        events, size = self.events, self.size
        if self.link == "log":
            mean = size * np.exp(np.minimum(eta, FARTHEST))
            return events - mean, mean
        if self.link == "logit":
            share = 1.0 / (1.0 + np.exp(-np.clip(eta, -500.0, 500.0)))
            return events - size * share, size * share * (1.0 - share)
        hazard = np.exp(np.clip(eta + self.offset, -700.0, FARTHEST))
        dead = np.maximum(-np.expm1(-hazard), TINY)
        alive = np.exp(-hazard)
        slope = events * hazard * alive / dead - (size - events) * hazard
        return slope, size * hazard * hazard * alive / dead  # the second is expected

    def expected(self, eta: Array) -> Array:
        if self.link == "log":
            share = np.exp(np.minimum(eta, FARTHEST))
        elif self.link == "logit":
            share = 1.0 / (1.0 + np.exp(-np.clip(eta, -500.0, 500.0)))
        else:
            share = -np.expm1(-np.exp(np.clip(eta + self.offset, -700.0, FARTHEST)))
        return np.asarray((self.size * share)[None])

    def at_means(self, mean: Array) -> float:
        share = np.clip(mean[0] / self.size, TINY, None)
        found = self.events * np.log(share)
        if self.link == "log":
            return float((found - mean[0]).sum())
        left = self.size - self.events
        return float((found + left * np.log(np.clip(1.0 - share, TINY, None))).sum())


def groups_of(trials: Trials, design: Design) -> list[Group]:
    """Trials by their number of arms; where the reference is an arm it is the first."""
    from needlewise.synthesis.nma.levels import levels_of

    by_size: dict[int, list[tuple[Arms, Array, Array]]] = defaultdict(list)
    ends = np.cumsum([0, *(len(t.y) for t in trials.trials)])
    rows = design.rows if isinstance(design.rows, np.ndarray) else design.rows.toarray()
    for trial, start, end in zip(trials.trials, ends[:-1], ends[1:], strict=True):
        assert trial.arms is not None
        own = np.vstack([np.zeros(rows.shape[1]), rows[start:end]])
        order = np.argsort([option != trials.reference for option in trial.options], kind="stable")
        moved = np.array([option != trials.reference for option in trial.options], dtype=float)
        by_size[len(trial.options)].append((
            trial.arms.ordered(order), (own[order] - own[order[0]])[1:],
            (moved - moved[order[0]])[order],
        ))  # fmt: skip
    found = []
    for size in sorted(by_size):
        arms = [one[0] for one in by_size[size]]
        said: Said = levels_of(arms) if trials.cuts else _counts_of(arms, trials.measure)
        own, moved = (np.array([one[k] for one in by_size[size]]) for k in (1, 2))
        found.append(Group(said, own, moved.T[:, None, None]))
    return found


def _counts_of(arms: Sequence[Arms], measure: str) -> Counts:
    events, size, offset = (
        np.array([getattr(a, name) for a in arms]).T[:, None, None]
        for name in ("events", "size", "offset")
    )
    return Counts(events, size, offset, LINKS.get(measure, "logit"))
