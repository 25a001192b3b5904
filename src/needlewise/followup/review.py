"""`review`: a person, a course record and today in, what the course shows and what to do out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from needlewise.choice import Comparison, compare
from needlewise.errors import InputError
from needlewise.followup.advice import PAIN, Advice, advise
from needlewise.followup.course_record import CourseRecord
from needlewise.followup.progress import Progress, overall, progress
from needlewise.followup.record_checks import check_record
from needlewise.followup.safety import at_the_start, safety
from needlewise.followup.thresholds import Measure, measures
from needlewise.followup.trajectory import (
    Forecast,
    Plan,
    Seen,
    Way,
    chances,
    forecasts,
    ways,
)
from needlewise.outlook import Cell, look_ahead
from needlewise.outlook.prediction import Estimate, widest, widest_person
from needlewise.person import Person, Triage
from needlewise.synthesis.base import EvidenceBase, evidence_base
from needlewise.topic import Option, Topic

SCALE = 10.0  # the engine's 0-100 for one point of the pain score


@dataclass(frozen=True)
class Goal:
    """Whether the goal can be reached by a week.

    `target` is in points of the instrument; `own` tells the person's goal from "clearly better";
    `chance` is None where `why` (a key of review.toml or of NO_FIGURE) says why.
    """

    instrument: str
    target: float
    week: float
    own: bool
    met: bool
    chance: Estimate | None
    why: str


@dataclass(frozen=True)
class Switch:
    """Going on with an option from now: pain at the end of a course counted from now.

    `forecast` is None where `why` (a key of NO_FIGURE or of review.toml) says why.
    """

    option: str
    weeks: float
    forecast: Forecast | None
    why: str


@dataclass(frozen=True)
class Trajectory:
    """Expected pain by week since the start: without needling and with the option, before any
    later score (`without`, `at_start`) and given all scores that can be used (`updated`).

    `unused` are weeks of scores at times of which no trial tells.
    """

    without: Mapping[float, Forecast]
    at_start: Mapping[float, Forecast]
    updated: Mapping[float, Forecast]
    unused: tuple[float, ...]
    error: float
    ways: tuple[Way, ...] = field(repr=False)


@dataclass(frozen=True)
class Review:
    """What a course shows and what to do next.

    After a stop `progress`, `goal`, `trajectory` and `switches` are empty: no number exists that
    could be shown. `now` is the week of the review; `why_no_course` is a key of review.toml where
    there is no trajectory. `comparison` is what was known at the start, with today's safety check.
    """

    topic: Topic = field(repr=False)
    person: Person
    record: CourseRecord
    today: date | None
    triage: Triage
    comparison: Comparison = field(repr=False)
    status: str
    advice: Advice
    now: float
    progress: tuple[Progress, ...] = ()
    goal: Goal | None = None
    trajectory: Trajectory | None = None
    switches: tuple[Switch, ...] = ()
    why_no_course: str = ""

    @property
    def stopped(self) -> bool:
        return self.triage.stopped


def review(
    topic: Topic,
    person: Person | None,
    record: CourseRecord,
    *,
    today: date | None = None,
    base: EvidenceBase | None = None,
) -> Review:
    """The review of a course.

    Args:
        person: the answers at the start; None: those the record brings.
        today: the day of the review; None: the last day of which something is recorded.
        base: another evidence base, for example with a study left out.

    Raises InputError where there is no person or a day of the record lies after `today`.
    """
    person = person or record.person
    if person is None:
        raise InputError(
            'The record names no person; add person = "answers.toml" or give --person.'
        )
    if today is not None:
        check_record(topic, record, "", today)
    today = today or record.last_day
    start = at_the_start(person, record)
    safe = safety(topic, start, record, today)
    outlook = look_ahead(topic, None, start, base=base or evidence_base(topic), safe=safe)
    comparison = compare(outlook)
    found = progress(topic, record)
    met = _met(record, found)
    advice = advise(topic, record, found, safe, met)
    now = _now(record, today)
    if safe.stopped:
        return Review(topic, start, record, today, safe, comparison, "stopped", advice, now)
    measure = measures(topic)[PAIN]
    why, known, fewer = _ways(comparison, measure)
    seen = _seen(record, start)
    trajectory = None if why else _trajectory(topic, record, measure, known, seen, now)
    return Review(
        topic, start, record, today, safe, comparison, overall(found), advice, now,
        progress=found,
        goal=_goal(comparison, record, start, (why, known, fewer), seen, now, met),
        trajectory=trajectory,
        switches=_switches(comparison, record, known, seen, now, why),
        why_no_course=why,
    )  # fmt: skip


def _now(record: CourseRecord, today: date | None) -> float:
    last = max((record.week(s) for s in record.scores), default=0.0)
    if record.started is None or today is None:
        return last
    return max(record.week_of(today), last, 0.0)


def _seen(record: CourseRecord, start: Person) -> Seen:
    """Scores of pain on 0-100, that of the start first; gaps are left out, never filled."""
    found = {week: score for week, score in record.series(PAIN) if score is not None}
    if start.pain_nrs is not None:
        found.setdefault(0.0, start.pain_nrs)
    at = sorted(found)
    return Seen(np.array(at, dtype=float), SCALE * np.array([found[w] for w in at], dtype=float))


def _ways(comparison: Comparison, measure: Measure) -> tuple[str, tuple[Way, ...], tuple[Way, ...]]:
    """Why there is no course for this person, or the ways it may go."""
    outlook = comparison.outlook
    subject = outlook.subject
    if subject.population is None:
        return "no-duration", (), ()
    if subject.pain is None:
        return "no-pain", (), ()
    if outlook.course is None:
        return "no-course", (), ()
    if measure.error is None:
        return "no-error", (), ()
    known, fewer = ways(outlook, SCALE * measure.error)
    return ("" if known else "no-spread"), known, fewer


def _trajectory(
    topic: Topic, record: CourseRecord, measure: Measure, known: tuple[Way, ...], seen: Seen,
    now: float,
) -> Trajectory:  # fmt: skip
    horizons = [float(h["week"]) for h in topic.settings["horizons"]]
    times = {record.week(s) for s in record.scores} | {*horizons, now}
    weeks = sorted(w for w in times if w > 0.0)
    none = next(o.id for o in topic.options if not o.components)
    own, before = Plan(record.option, record.option, 0.0), seen.first
    used = seen.known_to(known[0], record.option)
    assert measure.error is not None
    return Trajectory(
        forecasts(known, before, Plan(none, none, 0.0), weeks),
        forecasts(known, before, own, weeks),
        forecasts(known, seen, own, weeks),
        tuple(float(w) for w in seen.weeks if w not in used.weeks),
        SCALE * measure.error,
        known,
    )


# ---- The goal ----


def _met(record: CourseRecord, found: tuple[Progress, ...]) -> bool:
    """Whether the last score is at the person's own target."""
    goal = record.goal
    if goal is None or goal.target is None:
        return False
    for one in found:
        if one.measure.field == (goal.instrument or PAIN) and one.last is not None:
            sign = 1.0 if one.measure.higher_is == "better" else -1.0
            return len([s for _, s in one.scores if s is not None]) > 1 and (
                sign * one.last[1] >= sign * goal.target
            )
    return False


def _goal(
    comparison: Comparison, record: CourseRecord, start: Person,
    known: tuple[str, tuple[Way, ...], tuple[Way, ...]], seen: Seen, now: float, met: bool,
) -> Goal | None:  # fmt: skip
    """The person's goal by the review date; without one, clearly better than at the start."""
    topic = comparison.outlook.topic
    why, own_ways, fewer = known
    goal = record.goal
    own = goal is not None and goal.target is not None
    instrument = goal.instrument or PAIN if own and goal is not None else PAIN
    if not own and start.pain_nrs is None:
        return None
    target = (
        goal.target if own and goal is not None and goal.target is not None
        else (1.0 - topic.assumption("clearly_better")) * (start.pain_nrs or 0.0)
    )  # fmt: skip
    week = _review_week(topic, record, now)
    if instrument != PAIN:
        return Goal(instrument, target, week, own, met, None, "no-course-of-it")
    low = topic.assumption("lowest_pain_for_chance")
    if not why and SCALE * (start.pain_nrs or 0.0) < low:
        why = "low-pain"
    if why or week <= now:
        return Goal(instrument, target, week, own, met, None, why or "past")
    plan = Plan(record.option, record.option, 0.0)
    chance = chances(own_ways, fewer, seen, plan, week, SCALE * target)
    unknown = _cell_at(comparison, record.option, week).why or "not-studied"
    return Goal(instrument, target, week, own, met, chance, "" if chance else unknown)


def _cell_at(comparison: Comparison, option: str, week: float) -> Cell:
    """What the comparison holds of the option in the window that holds the week."""
    horizons = comparison.outlook.topic.settings["horizons"]
    inside = [h for h in horizons if h["window"][0] <= week < h["window"][1]]
    return comparison.outlook.cell(option, "pain", float((inside or horizons[-1:])[0]["week"]))


def _review_week(topic: Topic, record: CourseRecord, now: float) -> float:
    """The week of the next review: the goal's day, a day decided on, else the next horizon."""
    days = [record.goal.by if record.goal else None, record.next_review]
    days += [d.next_review or d.next_measure for d in record.decisions[::-1]]
    day = next((d for d in days if d is not None), None)
    if day is not None and record.started is not None:
        return record.week_of(day)
    weeks = [float(h["week"]) for h in topic.settings["horizons"]]
    return next((w for w in weeks if w > now), weeks[-1])


# ---- From here ----


def _switches(
    comparison: Comparison, record: CourseRecord, known: tuple[Way, ...], seen: Seen, now: float,
    why: str,
) -> tuple[Switch, ...]:  # fmt: skip
    """Every option from now to the end of a course: what was learnt of the person comes along."""
    topic, outlook = comparison.outlook.topic, comparison.outlook
    length = float(topic.settings["horizons"][0]["week"])
    found = []
    for option in topic.options:
        closed = outlook.triage.options[option.id].status
        reason = why or outlook.cell(option.id, "pain", length).why
        if closed in {"not_offered", "not_feasible", "deferred", "hidden"}:
            reason = "not-open"
        plans = _plans(record, option, now)
        told = [] if reason else [forecasts(known, seen, p, [now + length]) for p in plans]
        own = [f for by_week in told for f in by_week.values()]
        if not reason and not own:
            reason = "not-studied"
        found.append(Switch(option.id, length, _widest(own), reason))
    return tuple(found)


def _plans(record: CourseRecord, option: Option, now: float) -> list[Plan]:
    """What may come of going on with an option.

    Trials measured people whose needling had ended; nobody measured ending a course early. So
    needling no more is the course as the trials measured it, or the same with no effect left.
    """
    own = Plan(record.option, record.option, 0.0)
    if option.id == record.option:
        return [own]
    new = Plan(record.option, option.id, now)
    return [new] if option.components else [own, new]


def _widest(found: list[Forecast]) -> Forecast | None:
    """The first forecast with a range that holds all of them."""
    if not found:
        return None
    return replace(
        found[0], expected=widest(*(f.expected for f in found)),
        you=widest_person(*(f.you for f in found)),
    )  # fmt: skip
