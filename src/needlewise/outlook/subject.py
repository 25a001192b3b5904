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
    `conditions` the further conditions whose trials are about this person.
    """

    pain: float | None
    population: str | None
    conditions: tuple[str, ...]
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
    conditions = []
    if person.leg_pain in {"left", "right", "both"}:
        conditions.append("radicular")
    if person.pregnant == "yes":
        conditions.append("pregnancy")
    if person.age is not None and person.age >= topic.assumption("older_adult_age"):
        conditions.append("older-adults")
    found = (
        audience(topic, population, tuple(conditions))
        if population
        else Audience("people whose pain has lasted an unknown time", frozenset(), frozenset())
    )
    pain = None if person.pain_nrs is None else 10.0 * person.pain_nrs
    return Subject(pain, population, tuple(conditions), found)
