"""What the numbers depend on: pain now, how long, and which trials are about this person."""

from __future__ import annotations

from dataclasses import dataclass

from needlewise.evidence.inclusion import Audience, audience
from needlewise.person import Person
from needlewise.topic import Topic


@dataclass(frozen=True)
class Subject:
    """The declared inputs of the outlook; nothing else about the person reaches a number.

    `pain` is on 0-100 (None: not given), `population` the duration class (None: not known),
    `conditions` the further conditions whose trials are about this person; `maybe` those that an
    unanswered question leaves open.
    """

    pain: float | None
    population: str | None
    conditions: tuple[str, ...]
    maybe: tuple[str, ...]
    audience: Audience


def subject_of(topic: Topic, person: Person) -> Subject:
    """Which population of the topic a person belongs to."""
    weeks = person.pain_weeks
    populations = topic.settings["network"]["populations"]
    population = None
    if weeks is not None:
        for entry in populations:
            low, high = entry["weeks"]
            if low < weeks <= high or (weeks == low == 0.0):
                population = str(entry["name"])
    belongs: dict[str, bool | None] = {
        "radicular": _answer(person.leg_pain, {"left", "right", "both"}, {"none"}),
        "pregnancy": _answer(person.pregnant, {"yes"}, {"no", "not_applicable"}),
        "older-adults": (
            None if person.age is None else person.age >= topic.assumption("older_adult_age")
        ),
    }
    conditions = tuple(c for c, known in belongs.items() if known)
    maybe = tuple(c for c, known in belongs.items() if known is None)
    pain = None if person.pain_nrs is None else 10.0 * person.pain_nrs
    return Subject(pain, population, conditions, maybe, _audience(topic, population, conditions))


def with_all(topic: Topic, subject: Subject) -> Subject:
    """The same person if every open question were answered yes."""
    conditions = (*subject.conditions, *subject.maybe)
    people = _audience(topic, subject.population, conditions)
    return Subject(subject.pain, subject.population, conditions, (), people)


def _answer(given: str | None, yes: set[str], no: set[str]) -> bool | None:
    return True if given in yes else False if given in no else None


def _audience(topic: Topic, population: str | None, conditions: tuple[str, ...]) -> Audience:
    if population is None:
        return Audience("people whose pain has lasted an unknown time", frozenset(), frozenset())
    return audience(topic, population, conditions)
