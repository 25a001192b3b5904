"""Harms: pooled only within option, event, denominator and reporter (methods, section 5)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from needlewise.distributions import Array
from needlewise.topic import Row, Topic

REPORTERS = ("patient", "practitioner", "trial", "claims")  # in the order of preference


@dataclass(frozen=True)
class Count:
    """Events or people with an event of a total, from one survey."""

    events: float
    total: float
    place: str
    source: str


@dataclass(frozen=True)
class HarmCell:
    """The rate of one event under one option from one kind of reporter.

    `rate`, `low`, `high` are per course of treatment as shares of people. Where only a rate per
    treatment is known (`each`, with its range), `rate` is None and the course's range runs from
    p, if it always hits the same people, to 1 - (1 - p)^n, if every visit is a new chance.
    `none_seen` marks a cell without events: then only `high` is known.
    """

    option: str
    event: str
    reporter: str
    per: str
    rate: float | None
    low: float | None
    high: float | None
    none_seen: bool
    total: float
    sources: tuple[str, ...]
    places: tuple[str, ...]
    treatments: float | None
    each: tuple[float | None, float | None, float | None] | None


def harm_cells(topic: Topic, option: str, event: str, visits: float | None) -> tuple[HarmCell, ...]:
    """The cells of an option and event, the one to show first.

    `visits` is the course's number of treatments, for rates per treatment.
    """
    groups: dict[tuple[str, str, str, str], list[Count]] = defaultdict(list)
    for row in topic["harms"]:
        if (
            row["pool"] == "yes"
            and row["event"] == event
            and option in topic.techniques(row["option"])
        ):
            count = _count(row)
            if count is not None:
                groups[row["event"], row["reporter"], row["per"], row["counts"]].append(count)
    scale = topic.assumption("harm_tau_scale")
    cells = [_cell(option, key, counts, scale, visits) for key, counts in groups.items()]
    return tuple(sorted(cells, key=lambda c: (REPORTERS.index(c.reporter), c.per, -c.total)))


def _count(row: Row) -> Count | None:
    """Events and total; a printed rate is turned back into a count where the count is missing."""
    total, events, rate = row.number("total"), row.number("events"), row.number("rate_per_10000")
    if total is None:
        return None
    if events is None:
        if rate is None:
            return None
        events = round(rate * total / 10_000)
    return Count(events, total, row.place, row["source_id"])


def _cell(
    option: str,
    key: tuple[str, str, str, str],
    counts: Sequence[Count],
    scale: float,
    visits: float | None,
) -> HarmCell:
    event, reporter, per, kind = key
    total = sum(c.total for c in counts)
    none_seen = not any(c.events for c in counts)
    rate: float | None
    low: float | None
    high: float | None
    if none_seen:
        rate, low, high = None, None, upper_when_none(total)
    else:
        rate, low, high = pool_rates(counts, scale, people=kind == "people")
    each = None
    if per == "treatment":
        each = (rate, low, high)
        rate, high = None, per_course(high, visits)
    return HarmCell(
        option, event, reporter, per, rate, low, high, none_seen, total,
        tuple(c.source for c in counts), tuple(c.place for c in counts),
        visits if per == "treatment" else None,
        each,
    )  # fmt: skip


def upper_when_none(total: float) -> float:
    """Exact one-sided 95 % upper limit of a rate when none was seen in `total`."""
    return 1.0 - math.pow(0.05, 1.0 / total)


def per_course(rate: float | None, visits: float | None) -> float | None:
    """At most 1 - (1 - p)^n over n treatments; None where the number of treatments is unknown."""
    if rate is None or visits is None:
        return None
    return 1.0 - math.pow(1.0 - min(rate, 1.0), visits)


def pool_rates(
    counts: Sequence[Count], scale: float, *, people: bool
) -> tuple[float, float, float]:
    """Median and 95 % range of the rate averaged over surveys.

    Random effects on the log odds (people) or log rate (events), between-survey SD half-normal
    with `scale`; surveys with few events enter by their exact likelihood.
    """
    transform = _logit if people else math.log
    centres = [transform((c.events + 0.5) / (c.total + 1.0)) for c in counts]
    errors = [1.0 / math.sqrt(c.events + 0.5) for c in counts]
    middle = float(np.average(centres, weights=[1.0 / (e * e + scale**2) for e in errors]))
    reach = max(
        abs(c - middle) + 6.0 * math.hypot(e, scale) for c, e in zip(centres, errors, strict=True)
    )
    mu = np.linspace(middle - reach, middle + reach, 241)
    points, weights = _legendre(16)
    taus = 3.5 * scale * (0.5 * (points + 1.0)) ** 2
    tau_weights = weights * 0.5 * (points + 1.0) * np.exp(-0.5 * np.square(taus / scale))
    log_mass = np.zeros((len(taus), len(mu)))
    for count in counts:
        log_mass += _log_likelihood(count, mu, taus, people)
    mass = np.exp(log_mass - np.max(log_mass)) * tau_weights[:, None]
    mass /= mass.sum()
    cumulative = np.cumsum(mass.sum(axis=0))
    quantiles = np.interp([0.5, 0.025, 0.975], cumulative / cumulative[-1], mu)
    rates = 1.0 / (1.0 + np.exp(-quantiles)) if people else np.minimum(np.exp(quantiles), 1.0)
    return float(rates[0]), float(rates[1]), float(rates[2])


@cache
def _legendre(nodes: int) -> tuple[Array, Array]:
    points, weights = np.polynomial.legendre.leggauss(nodes)
    return points, weights


@cache
def _hermite(nodes: int) -> tuple[Array, Array]:
    points, weights = np.polynomial.hermite_e.hermegauss(nodes)
    return points, weights


def _logit(p: float) -> float:
    return math.log(p / (1.0 - p))


def _log_likelihood(count: Count, mu: Array, taus: Array, people: bool) -> Array:
    """log of the integral of one survey's likelihood over its own rate, shape (taus, mu)."""
    if count.events >= 10 and count.total - count.events >= 10:
        p = count.events / count.total
        centre = _logit(p) if people else math.log(p)
        variance = 1.0 / count.events + (1.0 / (count.total - count.events) if people else 0.0)
        spread = variance + np.square(taus)[:, None]
        return np.asarray(-0.5 * np.square(mu - centre) / spread - 0.5 * np.log(spread))
    nodes, weights = _hermite(16)
    theta = mu[None, :, None] + taus[:, None, None] * nodes
    if people:
        log_p, log_q = -np.logaddexp(0.0, -theta), -np.logaddexp(0.0, theta)
        log_density = count.events * log_p + (count.total - count.events) * log_q
    else:
        log_density = count.events * theta - count.total * np.exp(theta)
    peak = log_density.max(axis=2, keepdims=True)
    return np.asarray(np.log(np.exp(log_density - peak) @ weights) + peak[:, :, 0])
