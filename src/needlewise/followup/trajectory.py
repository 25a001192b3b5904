"""The expected course moved by the scores: what may come, under this option and the others.

What is known of the course and of effects stays in the ranges: draws of the outlook, each with its
own exact update (`person_model`). No range is narrower than the outlook's rules allow: whatever
question is open, and however few people like this person were studied, the widest range stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from needlewise.distributions import Array, cdf
from needlewise.followup.person_model import PersonModel
from needlewise.outlook import Outlook
from needlewise.outlook import draws as sobol
from needlewise.outlook.clipped import HIGH, LOW, clipped_mean
from needlewise.outlook.figures import Figures
from needlewise.outlook.prediction import (
    Estimate,
    PersonRange,
    central_range,
    draw_course,
    draw_slope,
    estimate,
    widest,
    widest_person,
)
from needlewise.outlook.subject import at_least_ordinary, every_answer
from needlewise.topic import Topic


@dataclass(frozen=True)
class Forecast:
    """Pain at a week, points of 0-100.

    `expected` is for people with these scores on average with its 95 % range, `you` the range of
    one score; `sd` is that of one score, everything uncertain in it.
    """

    week: float
    expected: Estimate
    sd: float
    you: PersonRange


@dataclass(frozen=True)
class Way:
    """Draws of the expected course for one reading of who the person is.

    Attributes:
        weeks: horizons, (K,).
        centre: pain without needling of the mean person at each horizon, (draws, K).
        start: mean pain of the course's sources at the start, mu_0.
        slopes: beta_t, (draws, K).
        lifts: share x effect of each option at the horizons where it is known: (week, draws).
    """

    topic: Topic
    weeks: Array
    start: float
    centre: Array
    slopes: Array
    spread: tuple[float, Array]
    lifts: Mapping[str, Mapping[float, Array]]
    error: float

    @cached_property
    def model(self) -> PersonModel:
        return PersonModel(self.weeks, self.spread[0], self.spread[1], self.slopes, self.error)

    def without(self, weeks: Array) -> Array:
        """m without needling, (draws, T): changes are linear in log(1 + weeks), none at first."""
        change = self.centre - self.start
        return np.asarray(self.start + change @ _weights(self.weeks, weeks).T)

    def knows(self, option: str, week: float) -> bool:
        """Whether the trials tell of the option in the window that holds the week."""
        known = self.lifts.get(option)
        if known is None:
            return not self.topic.option(option).components
        return any(
            low <= week < high and float(h["week"]) in known
            for h in self.topic.settings["horizons"]
            for low, high in [h["window"]]
        )

    def lift(self, option: str, weeks: Array) -> Array:
        """What the option adds at each week since it began, (draws, T); 0 for no needling."""
        known = self.lifts.get(option, {})
        if not known:
            return np.zeros((len(self.centre), len(weeks)))
        at = np.array(sorted(known))
        return np.asarray(np.stack([known[w] for w in at], axis=1) @ _weights(at, weeks).T)

    def expected(self, option: str, weeks: Array) -> Array:
        return self.without(weeks) + self.lift(option, weeks)


def _weights(knots: Array, weeks: Array) -> Array:
    """Weights of the knots at each week, (T, K): linear in log(1 + weeks), zero at the start."""
    x = np.minimum(np.log1p(weeks), np.log1p(knots[-1]))
    points = np.concatenate([[0.0], np.log1p(knots)])
    return np.stack([np.interp(x, points, unit) for unit in np.eye(len(points))[1:]], axis=1)


def ways(outlook: Outlook, error: float) -> tuple[tuple[Way, ...], tuple[Way, ...]]:
    """The outlook's draws as ways; then those with a source of the course left out.

    Empty where no course or no spread between people is known. The first way is the person's own;
    the rest only widen ranges, the second group only those of chances.
    """
    if outlook.course is None or any(s is None for s in outlook.spreads.values()):
        return (), ()
    topic, base, subject = outlook.topic, outlook.base, outlook.subject
    others = [*every_answer(topic, subject), *at_least_ordinary(topic, subject)]
    own = Figures(topic, base, subject, outlook.course, judged=False)
    found = [*_of(own, error)]
    for other in others:
        found += _of(Figures(topic, base, other, outlook.course, judged=False), error)
    left_out = {source for week in own.left_out.values() for source in week}
    fewer = [
        way
        for source in sorted(left_out)
        for way in _of(replace(own, course=outlook.course.without(topic, source), draws={}), error)
    ]
    return tuple(found), tuple(fewer)


def _of(figures: Figures, error: float) -> Iterable[Way]:
    """The way of one reading; where the effect may not shrink with pain, that way too."""
    course, spreads = figures.course, [figures.spreads[w] for w in figures.weeks]
    known = [s for s in spreads if s is not None]
    if course is None or len(known) < len(spreads):
        return
    figures.cells()
    change = figures.base.remember(
        ("course", course.population, tuple(s.id for s in course.sources)),
        partial(draw_course, course, figures.weeks),
    )
    weeks = np.array(figures.weeks)
    slopes = np.stack([draw_slope(s) for s in spreads], axis=1)
    shares = {w: figures.without[w].share for w in figures.weeks}
    ordinary = figures.topic.settings["network"]["populations"][0]["name"]
    scalings = [shares]
    if figures.unlike or figures.subject.population != ordinary:
        scalings.append({w: np.ones_like(s) for w, s in shares.items()})
    for scaling in scalings:
        lifts: dict[str, dict[float, Array]] = {}
        for (outcome, week, option), effect in figures.draws.items():
            if outcome == "pain":
                lifts.setdefault(option, {})[week] = scaling[week] * effect
        yield Way(
            figures.topic, weeks, course.baseline, course.baseline + change, slopes,
            (known[0].start, np.array([s.later for s in known])), lifts, error,
        )  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """Scores on 0-100 by week; the first may stand at the start."""

    weeks: Array
    scores: Array

    def known_to(self, way: Way, option: str) -> Seen:
        """The scores at times of which the trials tell."""
        use = [bool(w <= 0.0 or way.knows(option, float(w))) for w in self.weeks]
        return Seen(self.weeks[use], self.scores[use])

    @property
    def first(self) -> Seen:
        """The start alone, no score where none stands there."""
        return Seen(self.weeks[self.weeks <= 0.0], self.scores[self.weeks <= 0.0])


@dataclass(frozen=True)
class Plan:
    """An option from a week on: the course so far is of `option`, what comes is of `then`."""

    option: str
    then: str
    since: float


def moments(way: Way, seen: Seen, plan: Plan, weeks: Sequence[float]) -> tuple[Array, Array]:
    """Mean and SD of a score at each week given the scores seen, each (draws, T)."""
    at = np.asarray(weeks, dtype=float)
    used = seen.known_to(way, plan.option)
    ahead = way.without(at) + way.lift(plan.then, np.maximum(at - plan.since, 0.0))
    return way.model.given(
        used.weeks, used.scores, way.expected(plan.option, used.weeks), at, ahead
    )


def forecasts(
    found: Sequence[Way], seen: Seen, plan: Plan, weeks: Sequence[float]
) -> dict[float, Forecast]:
    """A forecast for each week of which the trials tell, the widest range over all ways."""
    told = [w for w in weeks if found and found[0].knows(plan.then, max(w - plan.since, 0.0))]
    if not told:
        return {}
    every: dict[float, list[Forecast]] = {w: [] for w in told}
    for way in found:
        own = [w for w in told if way.knows(plan.then, max(w - plan.since, 0.0))]
        if not own:
            continue
        means, sds = moments(way, seen, plan, own)
        for k, week in enumerate(own):
            every[week].append(_forecast(week, means[:, k], sds[:, k]))
    return {
        week: replace(
            group[0], expected=widest(*(f.expected for f in group)),
            you=widest_person(*(f.you for f in group)),
        )
        for week, group in every.items()
    }  # fmt: skip


def _forecast(week: float, mean: Array, sd: Array) -> Forecast:
    mean = np.clip(mean, 0.1, 99.9)
    one = latent(mean, sd) + sd * sobol.normal_draws()[:, sobol.RESIDUAL]
    low, high = central_range(np.clip(one, LOW, HIGH))
    spread = float(np.sqrt(np.var(mean) + np.mean(sd**2)))
    return Forecast(week, estimate(mean), spread, PersonRange(low, high))


def latent(mean: Array, sd: Array) -> Array:
    """The mean of the normal whose clipped mean is `mean`, for every draw its own SD."""
    low, high = np.full_like(mean, LOW - 8.0 * sd.max()), np.full_like(mean, HIGH + 8.0 * sd.max())
    for _ in range(50):
        middle = 0.5 * (low + high)
        below = clipped_mean(middle, sd) < mean
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(0.5 * (low + high))


def chance_at_most(mean: Array, sd: Array, target: float) -> Array:
    """Chance that a score is at most `target`, by draw."""
    return cdf((target - latent(np.clip(mean, 0.1, 99.9), sd)) / sd)


def chances(
    found: Sequence[Way], fewer: Sequence[Way], seen: Seen, plan: Plan, week: float, target: float
) -> Estimate | None:
    """Chance to be at most at `target` in a week; None where the trials do not tell of it."""
    every = []
    for way in (*found, *fewer):
        if way.knows(plan.then, max(week - plan.since, 0.0)):
            means, sds = moments(way, seen, plan, [week])
            every.append(estimate(chance_at_most(means[:, 0], sds[:, 0], target)))
    return widest(*every) if every and found[0].knows(plan.then, week - plan.since) else None
