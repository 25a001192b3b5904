"""All that writes to the record on the desk. What cannot be used raises and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest

from needlewise.errors import InputError
from needlewise.followup import CourseRecord, Record
from needlewise.plan import edits_from, make_plan
from needlewise.web.aid.sweep import sweep
from needlewise.web.aid.visit import site_topic
from needlewise.web.practice.desk import Desk

LISTS = ("session", "score", "event", "decision")


def open_record(request: HttpRequest, mapping: Mapping[str, Any]) -> None:
    """Put a record on the desk in place of the one that lies there. Raises InputError."""
    record = Record.from_mapping(mapping, site_topic(), today=date.today())
    _keep(request, record.to_mapping(), unsaved=False)


def saved(request: HttpRequest) -> None:
    """Remember that the record was taken along as a file."""
    request.session["record_unsaved"] = False


def close(request: HttpRequest) -> None:
    """Delete the record, not only let it expire."""
    for name in ("record", "record_unsaved"):
        request.session.pop(name, None)
    request.session.cycle_key()
    request.session.save()
    sweep()


def examine(request: HttpRequest, desk: Desk, found: Mapping[str, Any]) -> None:
    """Keep an examination in place of the one that was there. Raises InputError."""
    _changed(request, desk, {"examination": dict(found)})


def choose(request: HttpRequest, desk: Desk, option: str) -> None:
    """Plan an option; edits of another option are not carried over. Raises InputError."""
    if option != desk.record.option:
        if desk.record.course is not None:
            raise InputError(
                "A course has begun with another option; decide at a review to change it."
            )
        _changed(request, desk, {"plan": {"option": option}})


def edit(request: HttpRequest, desk: Desk, changes: Sequence[Mapping[str, str]]) -> None:
    """More changes of the plan, if all can be made. Raises InputError."""
    record = desk.record
    before = [e.model_dump(mode="json", exclude_defaults=True) for e in record.edits]
    edits = [*before, *({n: value for n, value in one.items() if value} for one in changes)]
    make_plan(desk.topic, record.person, record.examination, record.option,
              edits=edits_from({"edit": edits}))  # fmt: skip
    _changed(request, desk, {"plan": {"option": record.option, "edit": edits}})


def undo(request: HttpRequest, desk: Desk) -> None:
    """Take the last change of the plan back."""
    record = desk.record
    edits = [e.model_dump(mode="json", exclude_defaults=True) for e in record.edits[:-1]]
    _changed(request, desk, {"plan": {"option": record.option, "edit": edits}})


def note(request: HttpRequest, desk: Desk, entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Add entries to the course: session, score, event or decision. Raises InputError."""
    course = dict(desk.mapping.get("course", {}))
    course.setdefault("option", desk.record.option)
    goal = desk.record.examination.to_mapping().get("goal", {})
    if goal and "goal" not in course:
        course["goal"] = {name: v for name, v in goal.items() if name != "now"}
    for name, entry in entries.items():
        if entry:
            course[name] = [*course.get(name, []), dict(entry)]
    days = [str(one["date"]) for name in LISTS for one in course.get(name, []) if one.get("date")]
    if days and str(course.get("started", "9999")) > min(days):
        course["started"] = min(days)
    for name in LISTS:
        if name in course:
            course[name] = sorted(course[name], key=lambda one: str(one.get("date", "")))
    _checked(desk, course)
    _changed(request, desk, {"course": course})


def drop(request: HttpRequest, desk: Desk, name: str, place: int) -> None:
    """Take one entry of the course back; what is not there changes nothing."""
    course = dict(desk.mapping.get("course", {}))
    entries = list(course.get(name, []))
    if name in LISTS and 0 <= place < len(entries):
        del entries[place]
        course[name] = entries
        if not any(course.get(other) for other in LISTS):
            course = {}
        _changed(request, desk, {"course": course})


def seen(request: HttpRequest, desk: Desk, place: int, by: str) -> None:
    """An event is over and a clinician has looked at it: it opens nothing again. Raises InputError.

    It stays in the record.
    """
    if not by:
        raise InputError("Say which clinician has looked at it; until then it stays open.")
    course = dict(desk.mapping.get("course", {}))
    events = list(course.get("event", []))
    if 0 <= place < len(events):
        events[place] = {**events[place], "over": "yes", "seen_by": by}
        _changed(request, desk, {"course": {**course, "event": events}})


def switch(request: HttpRequest, desk: Desk, option: str) -> None:
    """The course is over and another option is planned; what was stays in the file."""
    past = [*desk.mapping.get("past", [])]
    past.append({name: desk.mapping[name] for name in ("plan", "course") if name in desk.mapping})
    _changed(request, desk, {"past": past, "plan": {"option": option}, "course": {}})


def _checked(desk: Desk, course: Mapping[str, Any]) -> None:
    """No day may lie ahead."""
    whole = {"plan": {"option": desk.record.option}, "course": course}
    CourseRecord.from_mapping(whole, desk.topic, today=date.today())


def _changed(request: HttpRequest, desk: Desk, parts: Mapping[str, Any]) -> None:
    mapping = {**desk.mapping, **parts}
    mapping = {name: part for name, part in mapping.items() if part}
    record = Record.from_mapping(mapping, desk.topic)
    _keep(request, record.to_mapping(), unsaved=True)


def _keep(request: HttpRequest, mapping: Mapping[str, Any], *, unsaved: bool) -> None:
    request.session["record"] = dict(mapping)
    request.session["record_unsaved"] = unsaved
