"""What the numbers depend on: pain now, how long, and which trials are about this person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, product

from needlewise.evidence.inclusion import Audience, audience, audience_default
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
        "pregnancy": (
            False if person.sex == "male"
            else _answer(person.pregnant, {"yes"}, {"no", "not_applicable"})
        ),
        "older-adults": (
            None if person.age is None else person.age >= topic.assumption("older_adult_age")
        ),
    }  # fmt: skip
    conditions = tuple(c for c, known in belongs.items() if known)
    maybe = tuple(c for c, known in belongs.items() if known is None)
    pain = None if person.pain_nrs is None else 10.0 * person.pain_nrs
    return Subject(pain, population, conditions, maybe, _audience(topic, population, conditions))


def at_least_ordinary(topic: Topic, subject: Subject) -> tuple[Subject, ...]:
    """The person as the default audience, unless they are in it: whose ranges are the least.

    The further somebody is from the people most trials studied, the less is known; pooling more
    kinds of trials must not make it look like more.
    """
    default = audience_default(topic)
    if subject.population is None or subject.audience == default:
        return ()
    return (replace(subject, conditions=(), maybe=(), audience=default),)


def every_answer(topic: Topic, subject: Subject) -> tuple[Subject, ...]:
    """The same person under each other way of answering the open questions."""
    durations: Sequence[str | None] = [subject.population]
    if subject.population is None:
        durations = [str(p["name"]) for p in topic.settings["network"]["populations"]]
    some = range(len(subject.maybe) + 1)
    answered = chain.from_iterable(combinations(subject.maybe, size) for size in some)
    found = []
    for population, chosen in product(durations, tuple(answered)):
        conditions = (*subject.conditions, *chosen)
        if (population, conditions) != (subject.population, subject.conditions):
            people = _audience(topic, population, conditions)
            found.append(Subject(subject.pain, population, conditions, (), people))
    return tuple(found)


def _answer(given: str | None, yes: set[str], no: set[str]) -> bool | None:
    return True if given in yes else False if given in no else None


def _audience(topic: Topic, population: str | None, conditions: tuple[str, ...]) -> Audience:
    if population is None:
        return Audience("people whose pain has lasted an unknown time", frozenset(), frozenset())
    return audience(topic, population, conditions)


def other_people(topic: Topic, own: Audience, trials: tuple[str, ...]) -> str:
    """Whom trials studied that are not about people like this person, in words."""
    network = topic.settings["network"]
    conditions = {c["name"]: str(c["who"]) for c in network["conditions"]}
    studies = topic["studies"].by("study_id")
    found: dict[str, None] = {}
    for trial in trials:
        row = studies[trial]
        if row["condition"] not in own.conditions:
            found[conditions[row["condition"]]] = None
        elif row["population"] not in own.populations:
            found[str(network["population_words"][row["population"]])] = None
    return " or ".join(found) or "other people"
