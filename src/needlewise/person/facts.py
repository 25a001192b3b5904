"""A person's answers as the rules ask for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from needlewise.person.intake import Field, as_word, list_of, load_intake
from needlewise.person.person import AccessLimit, Device, Medicine, Person, SkinTrouble
from needlewise.person.rules import Entry, Truth, Value
from needlewise.topic import Topic

WEEKS_IN_A_YEAR = 52.18


class Answered:
    """`rules.Facts` over one person: each value looked up by its dotted name.

    Beside the declared fields it knows what follows from them by arithmetic (`DERIVED`).
    """

    def __init__(self, topic: Topic, person: Person) -> None:
        self.intake = load_intake(topic)
        self.person = person
        words = topic.texts["triage_texts"]["clearance"]
        self._lifts = _any_of(words["lifts"])
        self._keeps = _any_of(words["keeps"])
        self._values: dict[str, Value | None] = {}

    def value(self, field: str) -> Value | None:
        if field not in self._values:
            self._values[field] = self._value(field)
        return self._values[field]

    def _value(self, field: str) -> Value | None:
        if field in DERIVED:
            return DERIVED[field](self.person)
        raw = self.raw(field)
        if field == "event.kind" and raw is not None:
            return (self.intake.entry("events", raw),)
        if isinstance(raw, tuple):
            return tuple(self._entry(field, item) for item in raw)
        if raw is None or isinstance(raw, str | float):
            return raw
        raise KeyError(f"{field} is a group of answers, not an answer")

    def raw(self, field: str) -> Any:
        """The answer as the person holds it."""
        value: Any = self.person
        for name in field.split("."):
            if value is None:
                return None
            value = value.get(name) if isinstance(value, Mapping) else getattr(value, name)
        return value

    def asked(self, field: str) -> Truth:
        if field in DERIVED:
            return self._derived_asked(field)
        declared = self.intake.fields[field]
        group = self.intake.fields.get(field.rpartition(".")[0])
        if declared.optional or (group is not None and self._left_out(group)):
            return Truth.FALSE
        if declared.asked_when is not None:
            return declared.asked_when.find(self).truth
        return Truth.TRUE

    def _left_out(self, group: Field) -> bool:
        return group.optional and self.raw(group.name) is None

    def _derived_asked(self, field: str) -> Truth:
        if field == "corticosteroid_daily_mg":
            return Truth.UNKNOWN if self.person.medicines is None else _steroid(self.person)
        if field.startswith("history."):
            return Truth.FALSE  # without scores nothing has been seen to change
        return Truth.FALSE if field == "event_hours" and self.person.event is None else Truth.TRUE

    def cleared(self, field: str) -> bool:
        """Words that lift the worry, and none beside them that keep it."""
        words = as_word(self.raw(field) or "").replace("_", " ")
        return bool(self._lifts.search(words)) and not self._keeps.search(words)

    def _entry(self, field: str, item: Any) -> Entry:
        if isinstance(item, Medicine):
            return self._medicine(item)
        if isinstance(item, Device):
            return self.intake.entry("devices", item.kind or "unknown")
        if isinstance(item, SkinTrouble | AccessLimit):
            return self._placed(field, item)
        if self.intake.fields[field].values != ("terms",):
            return Entry(str(item), frozenset({str(item)}))
        return self.intake.entry(list_of(field), item)

    def _medicine(self, item: Medicine) -> Entry:
        """All a medicine counts as, by its kind and by its name.

        Known when its kind is; a name alone will do only where no kind is given.
        """
        by_name = self.intake.entry("medicine_names", as_word(item.name or "unknown"))
        if item.kind is None:
            return Entry(item.name or "unknown", by_name.tags, by_name.listed)
        by_kind = self.intake.entry("medicines", item.kind)
        return Entry(item.name or item.kind, by_kind.tags | by_name.tags, by_kind.listed)

    def _placed(self, field: str, item: SkinTrouble | AccessLimit) -> Entry:
        """Trouble at a place: also as `kind:place`, `unplaced` where nobody says where."""
        entry = self.intake.entry(field, item.kind or "unknown")
        places = {f"{tag}:{item.region}" for tag in entry.tags} if item.region else {"unplaced"}
        removable = isinstance(item, AccessLimit) and item.removable == "yes"
        tags = entry.tags | places | ({"removable"} if removable else set())
        name = f"{item.kind} {item.region}" if item.region else entry.name
        return Entry(name.replace("_", " "), tags, entry.listed)

    def told(self, field: str) -> str:
        """The answer in words, for the note and the reasons."""
        value = self.value(field)
        if value is None:
            return "not answered"
        if isinstance(value, tuple):
            return ", ".join(entry.name.replace("_", " ") for entry in value) or "none"
        return f"{value:g}" if isinstance(value, float) else value.replace("_", " ")

    def label(self, field: str) -> str:
        declared = self.intake.fields.get(field)
        return declared.label if declared is not None else field.replace("_", " ")

    def worded(self, answer: str) -> str:
        """`field = value` with the field's label in place of its name."""
        field, _, value = answer.partition(" = ")
        return f"{self.label(field)}: {value}"

    def open(self, field: str) -> bool:
        return self.value(field) in (None, "unknown")


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(map(re.escape, phrases)) + r")\b")


def _onset_age(person: Person) -> float | None:
    if person.age is None or person.pain_weeks is None:
        return None
    return person.age - person.pain_weeks / WEEKS_IN_A_YEAR


def _steroids(person: Person) -> list[Medicine]:
    return [m for m in person.medicines or () if m.kind == "corticosteroid"]


def _steroid(person: Person) -> Truth:
    return Truth.TRUE if _steroids(person) else Truth.FALSE


def _steroid_dose(person: Person) -> float | None:
    """All steroid tablets together, None where one has no dose."""
    doses = [medicine.daily_mg for medicine in _steroids(person)]
    known = [dose for dose in doses if dose is not None]
    return sum(known) if known and len(known) == len(doses) else None


def _change(scores: tuple[float | None, ...] | None) -> float | None:
    """Last score less first, None with fewer than two; gaps are skipped."""
    known = [score for score in scores or () if score is not None]
    return known[-1] - known[0] if len(known) > 1 else None


def _event_hours(person: Person) -> float | None:
    event = person.event
    if event is None or (event.hours is None and event.days is None):
        return None
    return max(event.hours or 0.0, (event.days or 0.0) * 24)


DERIVED: dict[str, Callable[[Person], float | None]] = {
    "onset_age": _onset_age,
    "corticosteroid_daily_mg": _steroid_dose,
    "history.rmdq24_change": lambda p: _change(p.history.rmdq24) if p.history else None,
    "history.pain_change": lambda p: _change(p.history.pain_nrs) if p.history else None,
    "event_hours": _event_hours,
}
