"""A course so far: `CourseRecord`, from a file, from a form, or from a person's own history.

Scores that were not taken stay gaps. What may be scored stands in `scoring.csv`, what may happen
in the list `events` of `terms.csv`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from needlewise.errors import InputError
from needlewise.followup.record_checks import check_record
from needlewise.followup.shapes import (
    Counted,
    CourseEvent,
    CourseGoal,
    Day,
    Decision,
    EarlierCourse,
    OptionName,
    Score,
    Session,
)
from needlewise.followup.thresholds import threshold
from needlewise.person import Person
from needlewise.person.answers import MOST_TOLD
from needlewise.person.instruments import load_scoring
from needlewise.person.reading import read_answers
from needlewise.person.typed import WRONG, Part, Words
from needlewise.topic import Topic, load_topic

LISTS = {
    "score": "scores", "session": "sessions", "event": "events", "decision": "decisions",
    "earlier": "earlier",
}  # fmt: skip
ONE = {plural: single for single, plural in LISTS.items()}


class CourseRecord(Part):
    """One course of one person, in order of time.

    `started` is None where a record has no dates (then every score has a week, `dated` is False);
    `sessions_done` counts sessions that are not listed one by one. `person` are the answers at the
    start, where the record brings them; `person_file` is the file it named for them.
    """

    option: OptionName
    started: Day = None
    person: Person | None = None
    person_file: str = ""
    scores: tuple[Score, ...] = ()
    sessions: tuple[Session, ...] = ()
    events: tuple[CourseEvent, ...] = ()
    decisions: tuple[Decision, ...] = ()
    earlier: tuple[EarlierCourse, ...] = ()
    goal: CourseGoal | None = None
    sessions_done: Counted = None
    hours_since_last: Counted = None
    next_review: Day = None
    helper: Words = ""
    notes: Words = ""

    # ---- Made from ----

    @classmethod
    def from_file(cls, path: str | Path, topic: Topic | None = None) -> Self:
        """Read a TOML or JSON file; a person it names is read from the folder it stands in.

        Raises InputError, a sentence for each thing that is wrong.
        """
        path = Path(path)
        return cls.from_mapping(
            read_answers(path), topic, where=f"{path}: ", folder=path.resolve().parent
        )

    @classmethod
    def from_mapping(
        cls,
        mapping: Mapping[str, Any],
        topic: Topic | None = None,
        *,
        where: str = "",
        folder: Path | None = None,
        today: dt.date | None = None,
    ) -> Self:
        """Check a record given as plain tables, in the shape of a file or of `to_mapping`.

        A mapping with a table `course` is a person's whole file: its `person`, and the `option`
        of its `plan`, are taken where the course does not say them.

        Args:
            folder: where a person named by file is looked for; None: such a name is an error.
            today: no day may lie after it; None: not looked at.

        Raises InputError as `from_file`.
        """
        topic = topic or load_topic()
        given = _course(mapping, where)
        given["person"], given["person_file"] = _person(given.get("person"), topic, where, folder)
        given["scores"] = [_by_instrument(topic, score) for score in given.get("scores", [])]
        try:
            record = cls.model_validate(given)
        except ValidationError as error:
            told = error.errors()
            sentences = dict.fromkeys(_sentence(one) for one in told[:MOST_TOLD])
            more = f" And {len(told) - MOST_TOLD:,} more." if len(told) > MOST_TOLD else ""
            raise InputError(where + " ".join(sentences) + more) from None
        check_record(topic, record, where, today)
        return record

    @classmethod
    def from_history(cls, person: Person, topic: Topic | None = None) -> Self:
        """The course a person's answers tell of: scores in order, without dates.

        They are taken as evenly apart, by the setting `weeks_between_undated`. Raises InputError
        where the answers tell of no course.
        """
        topic = topic or load_topic()
        history = person.history
        if history is None or history.option is None:
            raise InputError("history.option is missing; say which option the course is of.")
        step = threshold(topic, "weeks_between_undated").value
        series = {
            field: found for field in ("pain_nrs", "rmdq24")
            if (found := getattr(history, field)) is not None
        }  # fmt: skip
        scores = [
            {"week": step * k, **{f: v[k] if k < len(v) else None for f, v in series.items()}}
            for k in range(max(map(len, series.values()), default=0))
        ]
        return cls.from_mapping(
            {
                "option": history.option, "score": scores, "sessions_done": history.sessions,
                "hours_since_last": history.hours_since_last,
            },
            topic,
        )  # fmt: skip

    # ---- Read as ----

    @property
    def dated(self) -> bool:
        return self.started is not None

    def week_of(self, day: dt.date) -> float:
        """Weeks from the start to a day."""
        assert self.started is not None
        return (day - self.started).days / 7.0

    def week(self, score: Score) -> float:
        return self.week_of(score.date) if score.date is not None else score.week or 0.0

    @property
    def instruments(self) -> tuple[str, ...]:
        """Fields of which at least one score was taken."""
        known = (f for s in self.scores for f, v in s.values.items() if v is not None)
        return tuple(dict.fromkeys(known))

    def series(self, field: str) -> tuple[tuple[float, float | None], ...]:
        """Week and score in order of time; None is a gap."""
        return tuple((self.week(s), s.values.get(field)) for s in self.scores)

    @property
    def number_of_sessions(self) -> int:
        return max(len(self.sessions), int(self.sessions_done or 0))

    @property
    def last_day(self) -> dt.date | None:
        """The last day something is recorded of; None without dates."""
        days = [s.date for s in self.scores] + [s.date for s in self.sessions]
        days += [e.date for e in self.events] + [d.date for d in self.decisions] + [self.started]
        return max((d for d in days if d is not None), default=None)

    # ---- Written as ----

    def to_mapping(self) -> dict[str, Any]:
        """The record as plain tables in the shape of a file: nothing empty in it, days as days."""
        found: dict[str, Any] = {}
        for name, value in self.model_dump(exclude={"person", "person_file", "scores"}).items():
            found[ONE.get(name, name)] = _full(value)
        found["score"] = [
            {**_full(s.model_dump(exclude={"values"})),
             **{f: "missing" if v is None else v for f, v in s.values.items()}}
            for s in self.scores
        ]  # fmt: skip
        if self.person_file:
            found["person"] = self.person_file
        elif self.person is not None:
            found["person"] = _answers(self.person)
        return {name: value for name, value in found.items() if value not in (None, "", [], {})}

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the record in one form, so that a review can name what it was made from."""
        told = json.dumps(self.to_mapping(), sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(told.encode()).hexdigest()

    def to_toml(self) -> str:
        """The record as a TOML file, which `from_file` reads to the same record."""
        import tomli_w

        mapping = self.to_mapping()
        plain = {k: v for k, v in mapping.items() if not isinstance(v, dict | list)}
        return tomli_w.dumps({**plain, **mapping})


def _course(mapping: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The course's own table with its lists by their plural names."""
    course = mapping.get("course", mapping)
    if isinstance(course, list):
        raise InputError(
            f"{where}two courses stand in one record; make one file for each, and name courses "
            "that are over under [[earlier]]."
        )
    if not isinstance(course, Mapping):
        raise InputError(f"{where}course must be a table such as [course].")
    given = dict(course)
    if "course" in mapping:
        plan = mapping.get("plan")
        given.setdefault("person", mapping.get("person"))
        if isinstance(plan, Mapping) and "option" in plan:
            given.setdefault("option", plan["option"])
    for single, plural in LISTS.items():
        entries = given.pop(single, given.pop(plural, None) or [])
        if not isinstance(entries, list | tuple) or not all(
            isinstance(entry, Mapping) for entry in entries
        ):
            raise InputError(f"{where}{single} must be a list of tables such as [[{single}]].")
        given[plural] = [dict(entry) for entry in entries]
    if "option" not in given:
        raise InputError(f"{where}the option is missing; say which course it is, for example "
                         'option = "acupuncture".')  # fmt: skip
    return given


def _person(
    given: object, topic: Topic, where: str, folder: Path | None
) -> tuple[Person | None, str]:
    """The person of a record: a table of answers, or the name of a file beside it."""
    if given is None or given == "":
        return None, ""
    if isinstance(given, Person):
        return given, ""
    if isinstance(given, Mapping):
        return Person.from_mapping(given, topic, where=f"{where}person: "), ""
    if isinstance(given, str) and folder is not None:
        return Person.from_file(folder / given, topic), given
    raise InputError(f"{where}person must be a table of answers or a file beside this one.")


def _by_instrument(topic: Topic, score: dict[str, Any]) -> dict[str, Any]:
    """A score's numbers under `values`, whether they stand there or by their own names."""
    fields = {i.row["field"] for i in load_scoring(topic).values()}
    values = score.pop("values", None)
    values = dict(values) if isinstance(values, Mapping) else {}
    values |= {name: score.pop(name) for name in list(score) if name in fields}
    return {**score, "values": values}


def _sentence(error: Any) -> str:
    """What pydantic found, as one sentence that names the entry: `score 2, date must be ...`."""
    parts: list[str] = []
    for part in error["loc"]:
        if isinstance(part, int):
            parts[-1] = f"{ONE.get(parts[-1], parts[-1])} {part + 1}"
        elif part != "values":
            parts.append(str(part))
    where, kind = ", ".join(parts), error["type"]
    if kind == WRONG:
        said = error["msg"]
    elif kind == "extra_forbidden":
        said = "is not a field of a course record; correct its name or take it out"
    elif kind == "missing":
        said = "is missing; add it"
    elif kind == "literal_error":
        said = f"must be one of {error['ctx']['expected'].replace(' or ', ', ')}"
    else:
        said = "is of the wrong kind; see the example files"
    return f"{where} {said}."


def _full(value: Any) -> Any:
    """What is filled of tables and lists."""
    if isinstance(value, Mapping):
        kept = {name: _full(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if inner not in (None, "", [], {})}
    if isinstance(value, list | tuple):
        return [_full(inner) for inner in value]
    return value


def _answers(person: Person) -> dict[str, Any]:
    found = person.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {name: value for name, value in found.items() if value != {}}
