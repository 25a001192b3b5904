"""What must fit together in a course record: days, ranges, names, one course at a time."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from needlewise.errors import InputError
from needlewise.followup.thresholds import threshold
from needlewise.person.instruments import load_scoring
from needlewise.person.intake import load_intake
from needlewise.topic import Topic

if TYPE_CHECKING:
    from needlewise.followup.course_record import CourseRecord

EVENTS, GRADE = "events", "event.grade"


def check_record(topic: Topic, record: CourseRecord, where: str, today: date | None) -> None:
    """Raise InputError with everything that does not fit, one sentence each."""
    found = [
        *_names(topic, record), *_days(topic, record, today), *_order(record),
        *_ranges(topic, record), *_one_course(record),
    ]  # fmt: skip
    if found:
        raise InputError(where + " ".join(dict.fromkeys(found)))


def _near(name: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(name, known, 1, 0.6)
    return f"did you mean '{close[0]}'?" if close else f"use one of {', '.join(known)}."


def _names(topic: Topic, record: CourseRecord) -> Iterator[str]:
    needled = [o.id for o in topic.options if o.components]
    if record.option not in needled:
        yield f"option '{record.option}' is no course of needling; {_near(record.option, needled)}"
    every = [o.id for o in topic.options]
    others = [(f"decision {k}, option", d.option) for k, d in enumerate(record.decisions, 1)]
    others += [(f"earlier {k}, option", e.option) for k, e in enumerate(record.earlier, 1)]
    for place, option in others:
        if option and option not in every:
            yield f"{place} '{option}' is not known; {_near(option, every)}"
    kinds = [r["term"] for r in topic["terms"] if r["list"] == EVENTS]
    grades = [v for v in load_intake(topic).fields[GRADE].values if v]
    for k, event in enumerate(record.events, 1):
        if event.kind not in kinds:
            yield f"event {k}: '{event.kind}' is not known; {_near(event.kind, kinds)}"
        if event.grade and event.grade not in grades:
            yield f"event {k}, grade '{event.grade}' is not known; {_near(event.grade, grades)}"
    goal, scored = record.goal, [i.row["field"] for i in load_scoring(topic).values()]
    if goal and goal.instrument and goal.instrument not in scored:
        near = _near(goal.instrument, scored)
        yield f"goal, instrument '{goal.instrument}' is not scored; {near}"


def _days(topic: Topic, record: CourseRecord, today: date | None) -> Iterator[str]:
    """Days lie between the start and today, the start not too long ago."""
    lists: dict[str, list[date | None]] = {
        "score": [s.date for s in record.scores],
        "session": [s.date for s in record.sessions],
        "event": [e.date for e in record.events],
        "decision": [d.date for d in record.decisions],
    }
    named = [(f"{name} {k}", day) for name, days in lists.items() for k, day in enumerate(days, 1)]
    dated = [(place, day) for place, day in named if day is not None]
    if record.started is None:
        if dated:
            yield f"{dated[0][0]} has a date, but the course has none; add started = the first day."
        for k, score in enumerate(record.scores, 1):
            if score.week is None:
                yield f"score {k} has neither a date nor a week; add one."
        return
    weeks = threshold(topic, "longest_course").value
    last = max((day for _, day in dated), default=record.started)
    until = today or last
    if record.week_of(until) > weeks or record.started.year < 1900:
        yield (f"started {record.started} is more than {weeks:g} weeks before {until}; "
               "correct the year.")  # fmt: skip
    if today is not None and record.started > today:
        yield f"started {record.started} is after today, {today}; correct it."
    for place, day in dated:
        if day < record.started:
            yield (f"{place} is dated {day}, before the start on {record.started}; correct one of "
                   "the two.")  # fmt: skip
        elif today is not None and day > today:
            yield f"{place} is dated {day}, after today, {today}; correct it."
    for k, score in enumerate(record.scores, 1):
        if score.date is None and score.week is None:
            yield f"score {k} has neither a date nor a week; add one."
        elif score.date is not None and score.week is not None:
            yield f"score {k} has a date and a week; keep the date."
        elif score.week is not None and score.week > weeks:
            yield f"score {k} is at week {score.week:g}, after {weeks:g} weeks; correct it."
    for k, decision in enumerate(record.decisions, 1):
        for name in ("next_measure", "next_review"):
            ahead = getattr(decision, name)
            if ahead and decision.date and ahead < decision.date:
                yield f"decision {k}, {name} {ahead} is before the decision; correct one of them."
    if record.goal and record.goal.by and record.goal.by <= record.started:
        yield (f"goal, by {record.goal.by} is not after the start on {record.started}; correct one "
               "of the two.")  # fmt: skip


def _order(record: CourseRecord) -> Iterator[str]:
    """Scores and sessions rise in time; each day has one."""
    sessions = [s.date for s in record.sessions if s.date is not None]
    weeks = [
        record.week(s) for s in record.scores
        if (s.date is not None and record.started is not None) or s.week is not None
    ]  # fmt: skip
    yield from _rises("session", [float(day.toordinal()) for day in sessions])
    yield from _rises("score", weeks)


def _rises(what: str, times: Sequence[float]) -> Iterator[str]:
    for k, (one, other) in enumerate(pairwise(times), 1):
        if other == one:
            yield f"{what} {k} and {what} {k + 1} are of the same day; keep one."
        elif other < one:
            yield f"{what} {k + 1} is before {what} {k}; put them in order of time."


def _ranges(topic: Topic, record: CourseRecord) -> Iterator[str]:
    spans = {i.row["field"]: i.span for i in load_scoring(topic).values()}
    most = int(threshold(topic, "most_scores").value)
    if len(record.scores) > most:
        yield f"The record has {len(record.scores)} scores; keep the {most} that matter most."
    given = [
        (f"score {k}, {field}", field, value)
        for k, score in enumerate(record.scores, 1)
        for field, value in score.values.items()
    ]
    goal = record.goal
    if goal is not None:
        field = goal.instrument or "pain_nrs"
        given += [("goal, target", field, goal.target), ("goal, now", field, goal.now)]
    for place, field, value in given:
        low, high = spans.get(field, (None, None))
        if value is not None and low is not None and high is not None and not low <= value <= high:
            yield f"{place} is {value:g} but must be from {low:g} to {high:g}; correct it."


def _one_course(record: CourseRecord) -> Iterator[str]:
    """Earlier courses are over before this one starts, and before one another."""
    known = [(f"earlier {k}", e) for k, e in enumerate(record.earlier, 1)]
    for place, course in known:
        if course.started is None or course.ended is None:
            yield f"{place} needs the days it started and ended; two courses cannot run at once."
        elif course.ended < course.started:
            yield f"{place} ended before it started; correct one of the two."
        elif record.started is not None and course.ended > record.started:
            yield (f"{place} ({course.option}) ended on {course.ended}, after this course started "
                   f"on {record.started}: two courses cannot run at once; correct a date or make "
                   "one file for each.")  # fmt: skip
    for (a, one), (b, two) in pairwise(known):
        if one.ended and two.started and two.started < one.ended:
            yield f"{b} started before {a} ended; two courses cannot run at once, correct a date."
