"""How many sessions, how far apart, when to look again and when to stop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from needlewise.plan.items import Because
from needlewise.topic import Row, Topic


@dataclass(frozen=True)
class Course:
    """A course of sessions as a trial gave it, or as the practitioner set it.

    `sessions`, `weeks` and `minutes` are None where neither says; `because` is None where the
    pack holds no course of this option for these people.
    """

    sessions: int | None
    weeks: int | None
    spacing: str
    minutes: int | None
    because: Because | None
    changed: bool = False


@dataclass(frozen=True)
class ReviewPoint:
    """When to look again: after a number of sessions or weeks, or on a day."""

    sessions: int | None
    weeks: int | None
    day: date | None
    because: Because
    changed: bool = False


def courses(topic: Topic, option: str, population: str | None) -> tuple[Course, ...]:
    """The courses of trials for an option and these people; the first is proposed."""
    rows = sorted(
        (
            r
            for r in topic["plan_courses"]
            if (r["option"], r["population"]) == (option, population)
        ),
        key=lambda row: int(row["order"]),
    )
    return tuple(_course(topic, row) for row in rows)


def _course(topic: Topic, row: Row) -> Course:
    printed = next(r for r in topic["protocols"] if r["trial_or_guideline"] == row["protocol"])
    because = Because.of(printed, row["protocol"], "plan.course")
    sessions, weeks, minutes = (row.number(c) for c in ("sessions", "weeks", "minutes"))
    return Course(_whole(sessions), _whole(weeks), row["spacing"], _whole(minutes), because)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


UNKNOWN_COURSE = Course(None, None, "", None, None)


def review_point(
    topic: Topic, population: str | None, course: Course, *, needled: bool, start: date | None
) -> ReviewPoint:
    """The first review, set before the first session."""
    kind = "acute" if population == "acute" else "usual" if needled else "none"
    rule = topic.texts["plan"]["review"][kind]
    sessions, weeks = rule.get("sessions"), rule.get("weeks")
    if sessions is not None and course.sessions is not None:
        sessions = min(int(sessions), course.sessions)
    if weeks is None and sessions and course.sessions and course.weeks:
        weeks = math.ceil(course.weeks * sessions / course.sessions)
    day = start + timedelta(weeks=weeks) if start is not None and weeks is not None else None
    because = Because(kind, rule["source"], "", "plan.toml", "plan.review")
    return ReviewPoint(sessions, weeks, day, because)


def stop_rules(topic: Topic) -> tuple[Because, ...]:
    """When to stop and when more sessions are warranted, as guidelines and trials print it."""
    rules = topic.texts["plan"]["stop_rule"]
    rows = topic["protocols"]
    found = [
        next(r for r in rows if r["trial_or_guideline"] == rules[key])
        for key in ("protocol", "more")
    ]
    return tuple(
        Because.of(row, f"{row['trial_or_guideline']}: {row['stop_rule']}", "plan.stop-rule")
        for row in found
    )
