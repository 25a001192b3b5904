"""The declared fields of a topic: `intake.csv` and the words of `terms.csv`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from needlewise.person.rules import Condition, Entry, matched, parse
from needlewise.topic import Row, Topic

NONE = "none"
NOTHING_SAID = "?"  # what a term counts as when it is an answer that says nothing


@dataclass(frozen=True)
class Field:
    """One question of the intake, a row of `intake.csv`.

    `name` is dotted, with `[]` for an entry of a list; `values` are the words taken, or the table
    they come from; `low` and `high` bound a number or the length of a text; `no` is the answer
    that means no; an `optional` field that is absent plays no part; `sign` marks what rules may
    only test for being there.
    """

    name: str
    type: str
    values: tuple[str, ...]
    low: float
    high: float
    section: str
    asked_when: Condition | None
    no: str
    optional: bool
    sign: bool
    label: str
    question: str
    why: str
    changes: str


@dataclass(frozen=True)
class Intake:
    """All fields in the order in which they are asked, and the terms the lists know."""

    fields: Mapping[str, Field]
    terms: Mapping[str, tuple[Row, ...]]
    options: tuple[str, ...]
    criteria: Mapping[str, str]

    def under(self, group: str) -> tuple[str, ...]:
        """The names that may stand inside a group ("" for the top)."""
        names = (
            name.removeprefix(group).split(".")[0] for name in self.fields if name.startswith(group)
        )
        return tuple(dict.fromkeys(names))

    def term(self, list_name: str, word: str) -> Row | None:
        """The row of a word: its own, else the first whose `*` pattern fits."""
        rows = self.terms.get(list_name, ())
        own = next((row for row in rows if row["term"] == word), None)
        return own or next((row for row in rows if matched(word, (row["term"],)) is not None), None)

    def entry(self, list_name: str, word: str) -> Entry:
        """A word of a list with all it counts as; not listed where no term fits."""
        row = self.term(list_name, word)
        counts = set(row["counts_as"].split("|")) - {""} if row is not None else set()
        return Entry(
            word, frozenset({word, *counts}), row is not None and NOTHING_SAID not in counts
        )


def load_intake(topic: Topic) -> Intake:
    """The topic's declared fields, read once."""
    if "intake" not in topic._memo:
        topic._memo["intake"] = _read(topic)
    return cast(Intake, topic._memo["intake"])


def _read(topic: Topic) -> Intake:
    terms: dict[str, list[Row]] = {}
    for row in topic["terms"]:
        terms.setdefault(row["list"], []).append(row)
    criteria = {
        as_word(word): str(criterion["name"])
        for criterion in topic.settings.get("criteria", ())
        for word in (criterion["name"], *criterion.get("aliases", ()))
    }
    return Intake(
        {row["field"]: _field(row) for row in topic["intake"]},
        {name: tuple(rows) for name, rows in terms.items()},
        tuple(option.id for option in topic.options),
        criteria,
    )


def _field(row: Row) -> Field:
    return Field(
        name=row["field"],
        type=row["type"],
        values=tuple(value for value in row["values"].split("|") if value),
        low=row.number("low") or 0.0,
        high=row.number("high") or 0.0,
        section=row["section"],
        asked_when=parse(row["asked_when"]) if row["asked_when"] else None,
        no=row["no"],
        optional=row["optional"] == "yes",
        sign=row["sign"] == "yes",
        label=row["label"],
        question=row["question"],
        why=row["why"],
        changes=row["changes"],
    )


def safety_fields(topic: Topic) -> tuple[str, ...]:
    """The warning signs that a case file may leave out, by dotted name."""
    return tuple(no_answers(topic))


def no_answers(topic: Topic) -> dict[str, str | float]:
    """Each warning sign with the answer that means no.

    For the case runner alone: everywhere else a sign that is not answered is unknown.
    """
    return {
        field.name: float(field.no) if field.type == "number" else field.no
        for field in load_intake(topic).fields.values()
        if field.section == "safety" and field.sign and field.no
    }


def describe_fields(topic: Topic) -> tuple[dict[str, str], ...]:
    """One row a field: field, type, values, section, question, why, changes."""
    intake = load_intake(topic)
    return tuple(
        {
            "field": field.name,
            "type": field.type,
            "values": taken(intake, field),
            "section": field.section,
            "question": field.question or field.label,
            "why": field.why,
            "changes": field.changes,
        }
        for field in intake.fields.values()
    )


def taken(intake: Intake, field: Field) -> str:
    """What a field takes, in words."""
    known = ", ".join(words(intake, field))
    if field.type in {"number", "numbers"}:
        return f"{field.low:g} to {field.high:,.10g}"
    if field.type in {"amounts", "weights"}:
        return f"a number from {field.low:g} to {field.high:,.10g} for each"
    if field.type in {"text", "texts"} or not known:
        return f"up to {field.high:,.0f} characters" if field.high else ""
    return known


def words(intake: Intake, field: Field) -> tuple[str, ...]:
    """The words a field knows, in file order."""
    if field.values == ("options",):
        return intake.options
    if field.values == ("criteria",):
        return tuple(dict.fromkeys(intake.criteria.values()))
    if field.values == ("terms",):
        return tuple(row["term"] for row in intake.terms.get(list_of(field.name), ()))
    return field.values


def list_of(field: str) -> str:
    """The list of `terms.csv` behind a field."""
    return "events" if field == "event.kind" else field.split(".")[0]


def as_word(text: str) -> str:
    """A word as the tables write it: lower case, `_` for blanks and hyphens."""
    return re.sub(r"[\s_-]+", "_", text.strip().casefold()).strip("_")


def spoken(word: str) -> str:
    return word.replace("_", " ")
