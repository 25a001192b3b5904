"""The parts of a course record: what may be typed, each held against its kind as it is read."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from needlewise.person.answers import shown
from needlewise.person.typed import Part, Words, words, wrong

MISSING = {"", "missing", "unknown"}  # a score that was not taken, as somebody may write it


def _day(value: object) -> date | None:
    """A calendar day; "2026-10-01" as JSON and forms write it."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    raise wrong(f"must be a day such as 2026-10-01, not {shown(value)}")


def _amount(value: object) -> float | None:
    if value is None or (isinstance(value, str) and value.strip().casefold() in MISSING):
        return None
    if isinstance(value, str):
        try:
            value = float(value.strip().replace(",", "."))
        except ValueError:
            raise wrong(f"must be a number, not {shown(value)}") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(f"must be a number, not {shown(value)}")
    if not math.isfinite(value):
        raise wrong(f"must be a plain number, not {value}")
    return float(value)


def _counted(value: object) -> float | None:
    found = _amount(value)
    if found is not None and found < 0:
        raise wrong(f"must not be below 0, and is {found:g}")
    return found


def _name(value: object) -> str:
    return words(value).casefold().replace(" ", "_")


def _option(value: object) -> str:
    if isinstance(value, list | tuple):
        raise wrong("names two courses at once; make one file for each, or name the option both")
    return _name(value).replace("_", "-")


Day = Annotated[date | None, BeforeValidator(_day)]
Amount = Annotated[float | None, BeforeValidator(_amount)]
Counted = Annotated[float | None, BeforeValidator(_counted)]
Name = Annotated[str, BeforeValidator(_name)]
OptionName = Annotated[str, BeforeValidator(_option)]
Choice = Literal["continue", "change", "stop", "refer"]


class Score(Part):
    """Scores of one day. `values` by field of `scoring.csv`; None is a score that was not taken."""

    date: Day = None
    week: Counted = None
    values: dict[str, Amount] = Field(default_factory=dict)
    note: Words = ""


class Session(Part):
    """One session that took place: items done, notes, and what was felt afterwards.

    What a case asks to be looked at stands beside it where it was: INR and its day, minutes of
    pressure, whether a bruise was looked for, weeks of pregnancy, how the person lay, what they
    consented to, fear of needles before and after (0 to 10), and what covers a part of the body.
    """

    date: Day = None
    items: tuple[Words, ...] = ()
    notes: Words = ""
    after: Words = ""
    inr: Counted = None
    inr_date: Day = None
    pressure_minutes: Counted = None
    bruise_checked: Literal["", "yes", "no"] = ""
    gestation_weeks: Counted = None
    position: Name = ""
    consent: Words = ""
    fear_before: Counted = None
    fear_after: Counted = None
    covered: Words = ""
    covered_until: Day = None


class LogEntry(Part):
    """Something about the whole course, with its time: a stop, a handover, a referral, a choice.

    `at` is a day or a day and time as told; `answers` are those that led there; `text` is what
    was shown or why; `by` is who acknowledged, gave or took part; `value` is yes or no, the
    option chosen, or weights as they were typed.
    """

    kind: Literal["stop", "handover", "referral", "choice", "values"]
    at: Words = ""
    answers: tuple[Words, ...] = ()
    text: Words = ""
    by: Words = ""
    value: Words = ""


class CourseEvent(Part):
    """Something that happened after needling.

    `kind` is a word of the list `events` in `terms.csv`; `hours` is how long it has lasted;
    `over` and `seen_by` say that it has passed and which clinician has looked at it.
    """

    kind: Name
    date: Day = None
    grade: Name = ""
    hours: Counted = None
    size_cm: Counted = None
    over: Literal["", "yes", "no", "unknown"] = ""
    seen_by: Words = ""
    note: Words = ""


class CourseGoal(Part):
    """The goal in the person's own words, with the score that stands for it."""

    words: Words = ""
    instrument: Name = ""
    now: Amount = None
    target: Amount = None
    by: Day = None


class Decision(Part):
    """What was decided at a review, by whom and why; nothing goes on without one."""

    date: Day = None
    choice: Choice
    option: OptionName = ""
    reason: Words = ""
    by: Words = ""
    next_measure: Day = None
    next_review: Day = None


class EarlierCourse(Part):
    """A course that is over."""

    option: OptionName
    started: Day = None
    ended: Day = None


Table = dict[str, Any]
