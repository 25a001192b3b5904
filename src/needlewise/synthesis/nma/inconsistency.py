"""Inconsistency between designs as a second variance (Jackson et al. 2014, Law et al. 2016).

Trials of one design (one set of options) share deviations from consistency, one for each option but
one, with covariance gamma^2 (I + J) / 2. They are joined into one block whose errors hold gamma, so
that everything else stays as it is at each gamma.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trial, Trials
from needlewise.synthesis.nma.classic import HALF_CHI, solved
from needlewise.synthesis.nma.exact import (
    Marginal,
    Posterior,
    over_second,
    posterior,
    second_grid,
)
from needlewise.synthesis.nma.priors import TauPrior
from needlewise.synthesis.nma.whitened import Whitened, exchangeable, whitened

GAMMA_NODES = 16


@dataclass(frozen=True, eq=False)
class Designs:
    """Trials joined by design: blocks of trials, their rows in order, errors, effects of tau and
    of gamma at 1, each a list by design.
    """

    names: tuple[tuple[str, ...], ...]
    y: list[Array]
    rows: list[Array]
    errors: list[Array]
    tau: list[Array]
    gamma: list[Array]

    def at(self, gamma: float) -> Whitened:
        """The trials turned, with inconsistency of SD gamma among the errors."""
        blocks = [
            Trial(" and ".join(name), name, y, errors + gamma**2 * between)
            for name, y, errors, between in zip(
                self.names, self.y, self.errors, self.gamma, strict=True)
        ]  # fmt: skip
        return whitened(blocks, np.concatenate(self.rows), self.tau)


def designs(trials: Trials, rows: Array) -> Designs:
    """Join trials of the same set of options. Raises InputError where each design is alone."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for k, trial in enumerate(trials.trials):
        groups[trial.design].append(k)
    if len(groups) < 2:
        raise InputError("There is one design only, so that designs cannot contradict each other.")
    ends = np.cumsum([0, *(len(t.y) for t in trials.trials)])
    found = Designs(tuple(groups), [], [], [], [], [])
    for design, members in groups.items():
        own = [trials.trials[k] for k in members]
        turns = np.concatenate([_turn(t, design) for t in own])
        found.y.append(np.concatenate([t.y for t in own]))
        found.rows.append(np.concatenate([rows[ends[k] : ends[k + 1]] for k in members]))
        found.errors.append(_diagonal([t.covariance for t in own]))
        found.tau.append(_diagonal([exchangeable(len(t.y)) for t in own]))
        found.gamma.append(turns @ exchangeable(len(design) - 1) @ turns.T)
    return found


def _turn(trial: Trial, design: tuple[str, ...]) -> Array:
    """From deviations against the design's first option to the trial's own contrasts."""
    place = {option: k for k, option in enumerate(design)}
    whole = np.vstack([np.zeros(len(design) - 1), np.eye(len(design) - 1)])
    return np.array([whole[place[o]] - whole[place[trial.options[0]]] for o in trial.options[1:]])


def _diagonal(blocks: Sequence[Array]) -> Array:
    size = sum(len(b) for b in blocks)
    found, at = np.zeros((size, size)), 0
    for block in blocks:
        found[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return found


@dataclass(frozen=True)
class TwoEstimates:
    """SDs between trials and between designs with profile intervals: (estimate, low, high)."""

    tau: tuple[float, float, float]
    gamma: tuple[float, float, float]


def estimate_two(known: Designs, *, restricted: bool) -> TwoEstimates:
    """Both SDs by (restricted) maximum likelihood."""
    from scipy.optimize import minimize

    def minus(tau: float, gamma: float) -> float:
        white = known.at(abs(gamma))
        sums = white.sums(np.array([tau * tau]))
        _, _, q = solved(sums)
        value = 0.5 * float(sums.log_determinant[0] + q[0])
        if restricted:
            value += 0.5 * float(np.linalg.slogdet(sums.precision[0])[1])
        return value

    size = float(np.sqrt(np.median(np.concatenate([np.diag(e) for e in known.errors]))))
    starts = [(0.0, 0.0), (size, 0.0), (0.0, size), (size, size), (3 * size, size)]
    best, at = np.inf, (0.0, 0.0)
    for start in starts:
        found = minimize(
            lambda p: minus(abs(p[0]), abs(p[1])), start, method="Nelder-Mead",
            options={"xatol": 1e-9 * size + 1e-12, "fatol": 1e-11, "maxiter": 2000},
        )  # fmt: skip
        if found.fun < best - 1e-10:
            best, at = float(found.fun), (abs(float(found.x[0])), abs(float(found.x[1])))
    for edge in ((0.0, at[1]), (at[0], 0.0), (0.0, 0.0)):
        if minus(*edge) <= best + 1e-8:
            at = edge
            best = min(best, minus(*edge))
    top = 20 * max(size, *at)

    def profile(fixed: Callable[[float], float], estimate: float) -> tuple[float, float, float]:
        def above(value: float) -> float:
            return fixed(value) - best - HALF_CHI

        low = 0.0 if above(0.0) <= 0 else _root(above, 0.0, estimate)
        high = _root(above, estimate, top) if above(top) > 0 else np.inf
        return estimate, low, high

    def over_gamma(tau: float) -> float:
        return _least(lambda g: minus(tau, g), top)

    def over_tau(gamma: float) -> float:
        return _least(lambda t: minus(t, gamma), top)

    return TwoEstimates(profile(over_gamma, at[0]), profile(over_tau, at[1]))


def _least(function: Callable[[float], float], top: float) -> float:
    from scipy.optimize import minimize_scalar

    grid = top * np.linspace(0.0, 1.0, 12) ** 3
    values = [function(float(v)) for v in grid]
    k = int(np.argmin(values))
    ends = (float(grid[max(k - 1, 0)]), float(grid[min(k + 1, len(grid) - 1)]))
    found = minimize_scalar(function, bounds=ends, method="bounded", options={"xatol": 1e-8})
    return min(float(found.fun), min(values))


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-7, rtol=1e-7))


def two_posterior(
    known: Designs, prior: TauPrior, gamma_prior: TauPrior, effect_sd: float, nodes: int
) -> tuple[Posterior, Array, Marginal]:
    """The mixture over both SDs, gamma at its nodes, and gamma's own posterior."""
    grid = second_grid(gamma_prior, GAMMA_NODES)
    parts = [posterior(known.at(float(g)), prior, effect_sd, nodes) for g in grid.taus]
    return over_second(parts, grid, gamma_prior)
