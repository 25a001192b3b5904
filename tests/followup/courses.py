"""Records of invented courses for the tests, as tables that can be changed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from needlewise.followup import CourseRecord, review
from needlewise.person import Person

ROOT = Path(__file__).parents[2]
START = dt.date(2026, 10, 1)


def day(week: float) -> dt.date:
    return START + dt.timedelta(days=round(7 * week))


def scores(**series: Any) -> list[dict[str, Any]]:
    """One score a week from series of the same length; None is a gap."""
    length = max(map(len, series.values()))
    return [{"date": day(k), **{f: s[k] for f, s in series.items()}} for k in range(length)]


def course(option: str = "acupuncture", sessions: int = 6, **more: Any) -> dict[str, Any]:
    """A course of weekly sessions."""
    found: dict[str, Any] = {"option": option, "started": START}
    found["session"] = [{"date": day(k / 2)} for k in range(sessions)]
    return {**found, **more}


def office(topic: Any) -> Person:
    return Person.from_file(ROOT / "examples" / "office_worker.toml", topic)


def look_back(topic: Any, given: dict[str, Any], person: Person | None = None, **more: Any) -> Any:
    """The review of a course given as a table."""
    record = CourseRecord.from_mapping(given, topic)
    return review(topic, person or office(topic), record, **more)
