"""One file for one person's course: answers, examination, plan and course together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from needlewise.errors import InputError
from needlewise.followup.course_record import CourseRecord
from needlewise.followup.review import Review, review
from needlewise.followup.safety import safety
from needlewise.followup.shapes import LogEntry
from needlewise.person import Person, Triage, triage
from needlewise.person.reading import read_answers
from needlewise.plan import Edit, Examination, Plan, edits_from, make_plan
from needlewise.plan.plan import examined
from needlewise.topic import Topic, load_topic

PARTS = ("person", "examination", "plan", "course", "past", "log")
MOST_PAST = 20  # courses that are over, in one file
MOST_LOGGED = 200


@dataclass(frozen=True)
class Record:
    """Everything about one person, as it is opened from a file and saved back.

    `option` is "" where none is planned yet; `course` is None before the first session, and is
    that of the answers where they tell of one; `past`
    holds the plan and course tables of courses that are over, as they were; `log` what was done
    about stops, referrals and choices.
    """

    topic: Topic = field(repr=False, compare=False)
    person: Person
    examination: Examination
    option: str
    edits: tuple[Edit, ...]
    course: CourseRecord | None
    past: tuple[Mapping[str, Any], ...] = ()
    log: tuple[LogEntry, ...] = ()

    @classmethod
    def from_file(cls, path: str | Path, topic: Topic | None = None) -> Self:
        """Read a TOML or JSON file; one that holds answers alone is a record too.

        Raises InputError with what is wrong, a sentence each.
        """
        return cls.from_mapping(read_answers(path), topic, where=f"{path}: ")

    @classmethod
    def from_mapping(
        cls,
        mapping: Mapping[str, Any],
        topic: Topic | None = None,
        *,
        where: str = "",
        today: date | None = None,
    ) -> Self:
        """Check a record given as plain tables; with `today`, no day of its course lies after it.

        Raises InputError as `from_file`.
        """
        topic = topic or load_topic()
        if not set(mapping) & set(PARTS):
            mapping = {"person": mapping}
        lost = [name for name in mapping if name not in PARTS]
        if lost:
            raise InputError(
                f"{where}{lost[0]} is no part of a record; the parts are {', '.join(PARTS)}."
            )
        tables = {name: _table(mapping, name, where) for name in PARTS[:4]}
        plan = tables["plan"]
        unknown = [name for name in plan if name not in {"option", "edit"}]
        if unknown:
            raise InputError(f"{where}plan.{unknown[0]} is not known; a plan has option and edit.")
        option = str(plan.get("option", "")).replace("_", "-")
        if option and option not in {o.id for o in topic.options}:
            known = ", ".join(o.id for o in topic.options)
            raise InputError(f"{where}plan.option is '{option}' but must be one of {known}.")
        person = Person.from_mapping(tables["person"], topic, where=f"{where}")
        course = _course(tables, topic, where, today)
        if course is None and not option and person.history and person.history.option:
            course = CourseRecord.from_history(person, topic)  # a course told among the answers
            option = course.option
        return cls(
            topic, person,
            Examination.from_mapping(tables["examination"], topic, where=f"{where}examination: "),
            option,
            edits_from({"edit": plan.get("edit", [])}, where=f"{where}plan: "),
            course,
            _past(mapping.get("past", []), where), _log(mapping.get("log", []), where),
        )  # fmt: skip

    def to_mapping(self) -> dict[str, Any]:
        """The record as plain tables, all days as text; nothing empty in it."""
        found: dict[str, Any] = {"person": json.loads(self.person.canonical)}
        if told := self.examination.to_mapping():
            found["examination"] = told
        if self.option:
            found["plan"] = {"option": self.option}
            if self.edits:
                edits = [e.model_dump(mode="json", exclude_defaults=True) for e in self.edits]
                found["plan"]["edit"] = edits
        if self.course is not None:
            course = self.course.to_mapping()
            course.pop("person", None)
            found["course"] = json.loads(json.dumps(course, default=str))
        if self.past:
            found["past"] = [dict(one) for one in self.past]
        if self.log:
            entries = [one.model_dump(mode="json", exclude_defaults=True) for one in self.log]
            found["log"] = entries
        return found

    def to_json(self) -> str:
        """The record as the text of a JSON file, which `from_file` reads to the same record."""
        return json.dumps(self.to_mapping(), indent=1, ensure_ascii=False) + "\n"

    @cached_property
    def examined(self) -> Person:
        """The person with what the examination found."""
        return examined(self.topic, self.person, self.examination)

    def triage(self, today: date | None = None) -> Triage:
        """The safety check of the answers, the examination and the course together."""
        if self.course is None:
            return triage(self.topic, self.examined)
        return safety(self.topic, self.examined, self.course, today)

    def plan(self, today: date | None = None) -> Plan | None:
        """The plan of the option chosen, with the edits; None where none is chosen.

        It holds nothing after a stop, whether answers, examination or course bring it.
        """
        if not self.option:
            return None
        safe = self.triage(today)
        return make_plan(
            self.topic, self.person, self.examination, self.option,
            edits=self.edits, safe=safe if safe.stopped else None,
        )  # fmt: skip

    def review(self, today: date | None = None) -> Review | None:
        """The review of the course, with what the examination found; None before a course.

        Raises InputError where a day of the course lies after `today`.
        """
        if self.course is None:
            return None
        return review(self.topic, self.examined, self.course, today=today)


def _table(mapping: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    table = mapping.get(name, {})
    if isinstance(table, list):
        raise InputError(
            f"{where}there are {len(table)} tables {name} at once; a record holds one {name}, and "
            "those that are over under past."
        )
    if not isinstance(table, Mapping):
        raise InputError(f"{where}{name} must be a table such as [{name}].")
    return table


def _course(
    tables: Mapping[str, Mapping[str, Any]], topic: Topic, where: str, today: date | None
) -> CourseRecord | None:
    if not tables["course"]:
        return None
    whole = {"plan": tables["plan"], "course": tables["course"]}
    return CourseRecord.from_mapping(whole, topic, where=f"{where}course: ", today=today)


def _past(given: object, where: str) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(given, list) or not all(
        isinstance(one, Mapping) and set(one) <= {"plan", "course", "examination"} for one in given
    ):
        raise InputError(f"{where}past must be a list of tables with a plan and a course each.")
    if len(given) > MOST_PAST:
        raise InputError(f"{where}past holds {len(given)} courses; keep the last {MOST_PAST}.")
    return tuple(given)


def _log(given: object, where: str) -> tuple[LogEntry, ...]:
    if not isinstance(given, list) or len(given) > MOST_LOGGED:
        raise InputError(f"{where}log must be a list of at most {MOST_LOGGED} entries.")
    try:
        return tuple(LogEntry.model_validate(one) for one in given)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"]) or "an entry"
        raise InputError(
            f"{where}log: {place} cannot be used; an entry has a kind (stop, handover, referral, "
            "choice or values), and at, answers, text, by and value where they are known."
        ) from None
