"""Time, priors and support: what a component's effect is at a week, before and after data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from needlewise.distributions import Array


@dataclass(frozen=True)
class TimeBasis:
    """Linear in log time between knots, constant outside them.

    `correlation` is how much random effects one knot apart share.
    """

    knots: tuple[float, ...]
    correlation: float

    def at(self, weeks: Any) -> Array:
        """Weights of the knots at each week, shape (weeks, knots), rows sum to one."""
        logs = np.log(np.asarray(self.knots))
        times = np.clip(np.log(np.atleast_1d(np.asarray(weeks, dtype=float))), logs[0], logs[-1])
        upper = np.clip(np.searchsorted(logs, times), 1, len(logs) - 1)
        share = (times - logs[upper - 1]) / (logs[upper] - logs[upper - 1])
        basis = np.zeros((len(times), len(logs)))
        rows = np.arange(len(times))
        basis[rows, upper - 1] = 1.0 - share
        basis[rows, upper] = share
        return basis

    def kernel(self, weeks: Any) -> Array:
        """Correlation of random effects between weeks: from the knots, with unit diagonal."""
        basis = self.at(weeks)
        steps = np.abs(np.subtract.outer(np.arange(len(self.knots)), np.arange(len(self.knots))))
        raw = basis @ (self.correlation**steps) @ basis.T
        scale = np.sqrt(np.diag(raw))
        return np.asarray(raw / np.outer(scale, scale))

    def drift(self) -> Array:
        """Covariance over knots of a random walk in log2 time: one per doubling, zero at first."""
        doublings = np.log2(np.asarray(self.knots) / self.knots[0])
        return np.minimum.outer(doublings, doublings)


@dataclass(frozen=True)
class Priors:
    """Prior of the model on the outcome's scale.

    A component: N(0, level_sd^2) plus a random walk with `drift_sd` per doubling of time; the
    components in `separate` (waiting list) have their own level SD. tau: half-normal.
    """

    level_sd: float
    drift_sd: float
    separate_sd: float
    separate: frozenset[str]
    tau_scale: float

    def covariance(self, component: str, basis: TimeBasis) -> Array:
        """Prior covariance of one component over the knots."""
        level = self.separate_sd if component in self.separate else self.level_sd
        return level**2 + self.drift_sd**2 * basis.drift()

    def scaled(self, level: float = 1.0, drift: float = 1.0, tau: float = 1.0) -> Priors:
        """The same prior with its SDs multiplied."""
        return Priors(
            self.level_sd * level, self.drift_sd * drift, self.separate_sd, self.separate,
            self.tau_scale * tau,
        )  # fmt: skip


def basis_of(settings: Mapping[str, Any]) -> TimeBasis:
    model = settings["model"]
    return TimeBasis(tuple(model["knots"]), model["knot_correlation"])


def priors_of(settings: Mapping[str, Any], kind: str) -> Priors:
    """The topic's priors for a scale: `points` or `standardised`."""
    prior = settings["model"][kind]
    return Priors(
        prior["level_sd"], prior["drift_sd"], prior["no_treatment_sd"],
        frozenset(settings["network"]["separate"]), prior["tau_scale"],
    )  # fmt: skip


def in_row_space(rows: Array, target: Array, tolerance: float) -> bool:
    """Whether rows (k, p) determine the combination `target` (p,)."""
    if not rows.size:
        return not np.any(target)
    miss = target - np.linalg.pinv(rows) @ (rows @ target)
    return bool(np.max(np.abs(miss)) <= tolerance)
