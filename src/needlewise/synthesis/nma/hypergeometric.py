"""Odds ratios by the exact conditional likelihood: the non-central hypergeometric distribution.

Given how many events a trial had in all, its baseline drops out: P(x) is proportional to the
product of C(n_j, x_j) exp(x_j theta_j) over its arms (Stijnen, Hamza and Ozdemir 2010, Stat Med
29:3046). Its constant is one coefficient of a product of polynomials, one an arm. Where events are
rare, C(n, x) is nearly n^x / x!, and it is multinomial (`exact=False`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.design import check_estimable, check_joined, design, loose_parameters
from needlewise.synthesis.nma.fit import Fit, Heterogeneity
from needlewise.synthesis.nma.logit_normal import (
    Binomial,
    Family,
    Height,
    Table,
    common_top,
    random_top,
)
from needlewise.synthesis.nma.rare import check_odds, counts_of, dense
from needlewise.synthesis.nma.whitened import whitened

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

NO_EVENTS = "against {}, as its trials have no events (or events in everybody) on one side"
MOST_EVENTS = 10_000  # of a trial: work and memory grow with their square
NORMAL = 1.959963984540054


def hypergeometric(trials: Trials, model: str = "common", *, exact: bool = True) -> Fit:
    """Log odds ratios by maximum conditional likelihood.

    Args:
        trials: a network with counts, OR.
        model: common, or random for trials of two arms.
        exact: non-central hypergeometric; False: its binomial (multinomial) approximation for rare
            events.

    Standard errors are of the observed information, tau's among it. Raises InputError.
    """
    if model not in {"random", "common"}:
        raise InputError(f"model must be random or common, not '{model}'.")
    check_odds(trials)
    many = next((t for t in trials.trials if counts_of(t).events.sum() > MOST_EVENTS), None)
    if many is not None:
        raise InputError(
            f"Trial {many.name} has more than {MOST_EVENTS:,} events, which are not rare; use "
            "likelihood = counts or normal."
        )
    check_joined(trials, "")
    found = design(trials)
    check_estimable(loose_parameters(found), "effects")
    if model == "random":
        means, covariance, own = _random(trials, dense(found.rows), found.names, exact)
    else:
        means, covariance = _common(trials, dense(found.rows), found.names, exact)
        own = Heterogeneity(0.0, 0.0, 0.0)
    return Fit(
        trials, found, whitened(trials.trials, found.rows), model, "ml", "wald", np.ones(1),
        np.array([own.tau]), means[None], covariance[None], own,
        likelihood="hypergeometric" if exact else "conditional binomial",
    )  # fmt: skip


def _random(
    trials: Trials, rows: Array, names: tuple[str, ...], exact: bool
) -> tuple[Array, Array, Heterogeneity]:
    many = next((t.name for t in trials.trials if len(t.options) > 2), None)
    if many is not None:
        raise InputError(
            "Random effects by the conditional likelihood are worked out for trials of two arms, "
            f"and trial {many} has more; use likelihood = counts, or the common model."
        )
    tables = [counts_of(t) for t in trials.trials]
    events, sizes = (np.array([getattr(t, n) for t in tables]) for n in ("events", "size"))
    family = two_arms(events, sizes) if exact else Binomial(
        events.sum(axis=1), np.log(sizes[:, 1] / sizes[:, 0])
    )  # fmt: skip
    top = random_top(family, events[:, 1], rows, names, NO_EVENTS.format(trials.reference))
    own = Heterogeneity(top.tau, top.low, top.high, sd=top.tau_se)
    return top.means, top.covariance, own


def two_arms(events: Array, sizes: Array) -> Family:
    """The second arm's events given those of both, (m, 2) each; theta is the log odds ratio."""
    whole = events.sum(axis=1)
    low = np.maximum(0.0, whole - sizes[:, 0])
    high = np.minimum(sizes[:, 1], whole)
    at = low[:, None] + np.arange(int((high - low).max()) + 1)
    within = at <= high[:, None]
    at = np.where(within, at, high[:, None])
    logs = _log_choose(sizes[:, 1:], at) + _log_choose(sizes[:, :1], whole[:, None] - at)
    return Table(low, np.where(within, logs, -np.inf), high - low + 1)


def _log_choose(size: Array, of: Array) -> Array:
    from scipy.special import gammaln

    return np.asarray(gammaln(size + 1) - gammaln(of + 1) - gammaln(size - of + 1))


# ---- Any number of arms, common effect ----


def _common(
    trials: Trials, rows: Array, names: tuple[str, ...], exact: bool
) -> tuple[Array, Array]:
    ends = np.cumsum([0, *(len(t.y) for t in trials.trials)])
    tables = [counts_of(t) for t in trials.trials]
    laws: list[Hypergeometric | Multinomial] = [
        Hypergeometric.of(t.size, t.events.sum()) if exact else Multinomial(t.size, t.events.sum())
        for t in tables
    ]

    def height(at: Array) -> Height:
        value, slope, curve = 0.0, np.zeros(len(at)), np.zeros((len(at), len(at)))
        for k, (law, table) in enumerate(zip(laws, tables, strict=True)):
            own = rows[ends[k] : ends[k + 1]]
            theta = np.append(0.0, own @ at)
            log, mean, spread = law.moments(theta)
            value += float(table.events @ theta) - log
            slope += own.T @ (table.events - mean)[1:]
            curve -= own.T @ spread[1:, 1:] @ own
        return value, slope, curve

    at, here = common_top(height, names, NO_EVENTS.format(trials.reference))
    return at, np.linalg.inv(-here[2])


@dataclass(frozen=True, eq=False)
class Hypergeometric:
    """Events of k arms of `sizes` people given their sum: `logs[j][x]` = log C(n_j, x)."""

    total: int
    sizes: Array
    logs: tuple[Array, ...]

    @classmethod
    def of(cls, sizes: Array, total: float) -> Hypergeometric:
        whole = round(float(total))
        logs = tuple(_log_choose(n, np.arange(min(round(n), whole) + 1.0)) for n in sizes)
        return cls(whole, sizes, logs)

    def moments(self, theta: Array) -> tuple[float, Array, Array]:
        """Log of the sum of exp(x'theta) prod C(n_j, x_j), mean (k,) and covariance (k, k) of x.

        Each arm's polynomial is tilted so that the sum of events is near its mean and scaled by its
        largest term; all terms are positive, so that nothing cancels or underflows.
        """
        tilt = _tilt(self.sizes, theta, self.total)
        counts = [np.arange(len(own), dtype=float) for own in self.logs]
        raw = [own + x * (t + tilt) for own, x, t in zip(self.logs, counts, theta, strict=True)]
        peaks = [float(own.max()) for own in raw]
        arms = [np.exp(own - peak) for own, peak in zip(raw, peaks, strict=True)]
        whole = _coefficient(arms, self.total)
        k = len(arms)
        mean, second = np.zeros(k), np.zeros((k, k))
        for i in range(k):
            once = [*arms[:i], arms[i] * counts[i], *arms[i + 1 :]]
            mean[i] = _coefficient(once, self.total) / whole
            for j in range(i, k):
                twice = [*once[:j], once[j] * counts[j], *once[j + 1 :]]
                second[i, j] = second[j, i] = _coefficient(twice, self.total) / whole
        log = float(np.log(whole)) + sum(peaks) - tilt * self.total
        return log, mean, second - np.outer(mean, mean)


@dataclass(frozen=True, eq=False)
class Multinomial:
    """As `Hypergeometric` where events are rare: `total` events at odds n_j exp(theta_j)."""

    sizes: Array
    total: float

    def moments(self, theta: Array) -> tuple[float, Array, Array]:
        logs = np.log(self.sizes) + theta
        whole = float(np.logaddexp.reduce(logs))
        share = np.exp(logs - whole)
        spread = np.diag(share) - np.outer(share, share)
        return self.total * whole, self.total * share, self.total * spread


def _tilt(sizes: Array, theta: Array, total: float) -> float:
    """Log odds to add so that arms of independent people have about `total` events in all."""
    people = float(sizes.sum())
    if not 0 < total < people:
        return 0.0
    low, high = (np.log(total / (people - total)) - end for end in (theta.max(), theta.min()))
    for _ in range(16):  # anything near will do
        middle = 0.5 * (low + high)
        if float((sizes / (1.0 + np.exp(-np.clip(theta + middle, -500, 500)))).sum()) > total:
            high = middle
        else:
            low = middle
    return float(0.5 * (low + high))


def _coefficient(arms: Sequence[Array], total: int) -> float:
    """That of power `total` in a product of polynomials with coefficients (powers,)."""
    whole = arms[0]
    for own in arms[1:-1]:
        whole = np.convolve(whole, own)[: total + 1]
    last = arms[-1]
    first = max(0, total - len(whole) + 1)
    x = np.arange(first, min(len(last) - 1, total) + 1)
    return float(last[x] @ whole[total - x])


# ---- One arm ----


@dataclass(frozen=True)
class Proportion:
    """Log odds of a proportion over groups with its standard error and 95 % interval, and the SD
    of log odds between groups with its own.
    """

    estimate: float
    se: float
    low: float
    high: float
    tau: Heterogeneity


def proportions(events: ArrayLike, n: ArrayLike) -> Proportion:
    """Pool single arms, `events` of `n` people in each: binomial counts, log odds normal between
    arms, by maximum likelihood. Zero cells need no correction. Raises InputError.
    """
    found, people = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (events, n))
    if found.ndim != 1 or found.shape != people.shape or not len(found):
        raise InputError("events and n need one number for each arm, as many of one as the other.")
    wrong = np.flatnonzero(~((people > 0) & (found >= 0) & (found <= people)))
    if len(wrong):
        k = int(wrong[0])
        raise InputError(
            f"Arm {k + 1}: {found[k]:g} events of {people[k]:g} cannot be; events lie between 0 "
            "and n."
        )
    top = random_top(
        Binomial(people, np.zeros(len(found))), found, np.ones((len(found), 1)),
        ("the proportion",), "as no arm has an event, or everybody has",
    )  # fmt: skip
    at, se = float(top.means[0]), float(np.sqrt(top.covariance[0, 0]))
    own = Heterogeneity(top.tau, top.low, top.high, sd=top.tau_se)
    return Proportion(at, se, at - NORMAL * se, at + NORMAL * se, own)
