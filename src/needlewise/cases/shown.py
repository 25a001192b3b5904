"""One invented person taken through the program: what each channel shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from needlewise.cases import channels
from needlewise.choice import Comparison, Values, compare
from needlewise.errors import InputError
from needlewise.followup import CourseRecord, Review, review
from needlewise.outlook import look_ahead
from needlewise.outlook.subject import subject_of
from needlewise.person import Person, no_answers
from needlewise.synthesis.base import EvidenceBase, evidence_base
from needlewise.topic import Topic

RANKING_ONLY, LARGEST, ONLY = "ranking_only", "largest study", "_only"


@dataclass
class Shown:
    """A comparison or a stop with its channels, each rendered once and only when asked for.

    `review` is that of the course the person's answers tell of, None where they tell of none.
    """

    comparison: Comparison
    review: Review | None = None
    _outputs: dict[str, str] = field(default_factory=dict)
    _words: dict[str, str] = field(default_factory=dict)
    _data: dict[str, Any] = field(default_factory=dict)

    def output(self, channel: str) -> str:
        if channel not in self._outputs:
            self._outputs[channel] = channels.rendered(self.comparison, channel)
        return self._outputs[channel]

    def words(self, channel: str) -> str:
        """The plain words of a channel, those of the review after those of the comparison."""
        if channel not in self._words:
            own = channels.words_of(self.output(channel), channel)
            self._words[channel] = f"{own} {self.review_words(channel)}".strip()
        return self._words[channel]

    def review_words(self, channel: str) -> str:
        """The plain words of the review in a channel; none where there is no review."""
        if self.review is None:
            return ""
        name = f"review {channel}"
        if name not in self._words:
            output = channels.rendered_review(self.review, channel)
            self._words[name] = channels.words_of(output, channel)
        return self._words[name]

    @property
    def review_data(self) -> dict[str, Any] | None:
        """The JSON of the review, parsed."""
        if self.review is None:
            return None
        found: dict[str, Any] = json.loads(channels.rendered_review(self.review, channels.JSON))
        return found

    @property
    def data(self) -> dict[str, Any]:
        """The JSON channel, parsed: triage, statuses and numbers as they leave the program."""
        if not self._data:
            self._data = json.loads(self.output(channels.JSON))
        return self._data

    def option(self, option: str) -> Mapping[str, Any] | None:
        """An option's row of the JSON; files from outside may write `_` for `-`."""
        name = option.replace("_", "-")
        return next((row for row in self.data["options"] if row["option"] == name), None)

    @property
    def reasons(self) -> set[str]:
        """Reasons of the triage and of any option."""
        own = {reason["id"] for reason in self.data["triage"]["reasons"]}
        return own | {reason for row in self.data["options"] for reason in row["reasons"]}


def as_a_case_means(topic: Topic, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with each warning sign that is not named set to "no".

    Case files leave them out to stay short. Everywhere else a sign that is not answered is
    unknown; a sign that is named and left empty stays unknown here too.
    """
    filled = dict(answers)
    signs = filled.get("red_flags", {})
    if isinstance(signs, dict):
        named = {name.removeprefix("red_flags."): no for name, no in no_answers(topic).items()}
        filled["red_flags"] = {**named, **signs}
    return filled


def show(topic: Topic, answers: Mapping[str, Any], given_weights: object = None) -> Shown:
    """Take answers through the program as a case means them.

    Args:
        given_weights: the weights of the unchanged case; their order is the ranking where the
            answers say only "ranking_only".

    Raises InputError where the answers cannot be used.
    """
    person = Person.from_mapping(as_a_case_means(topic, answers), topic)
    values = None
    if person.weights == RANKING_ONLY:
        values = Values.ranking(*ranking_of(given_weights))
    base = _base(topic, person)
    outlook = look_ahead(topic, None, person, base=base)
    return Shown(compare(outlook, values), _looked_back(topic, person, base))


def _looked_back(topic: Topic, person: Person, base: EvidenceBase) -> Review | None:
    """The review of the course in the person's own answers, where there are scores of one."""
    history = person.history
    if history is None or history.option is None or not (history.pain_nrs or history.rmdq24):
        return None
    return review(topic, person, CourseRecord.from_history(person, topic), base=base)


def ranking_of(weights: object) -> tuple[str, ...]:
    """Criteria by falling weight; those of equal weight stay tied, written "a=b"."""
    if not isinstance(weights, Mapping) or not weights:
        raise InputError(
            'weights: "ranking_only" needs weights in the unchanged case to take the order from.'
        )
    levels = sorted(set(weights.values()), reverse=True)
    return tuple("=".join(c for c, w in weights.items() if w == level) for level in levels)


def _base(topic: Topic, person: Person) -> EvidenceBase:
    """The topic's evidence, less what the case switches off."""
    base = evidence_base(topic)
    if person.evidence_remove:
        base = base.without(_removed(topic, person, base, person.evidence_remove))
    if person.evidence_filter:
        base = base.without(*_filtered(topic, person.evidence_filter))
    return base


def _removed(topic: Topic, person: Person, base: EvidenceBase, name: str) -> str:
    """A study by name; the largest is the one of most people among the person's own on pain."""
    if name != LARGEST:
        if name not in {row["study_id"] for row in topic["studies"]}:
            raise InputError(f'evidence_remove: there is no study {name}; or say "{LARGEST}".')
        return name
    effects = base.effects("pain", subject_of(topic, person).audience)
    if effects is None:
        raise InputError("evidence_remove: no study of people like this one is used.")
    return max(effects.network.studies, key=lambda study: study.people or 0).id


def _filtered(topic: Topic, name: str) -> tuple[str, ...]:
    """Studies that are not of the one population that `acute_only` and the like let in."""
    population = name.removesuffix(ONLY)
    known = {row["population"] for row in topic["studies"]}
    if not name.endswith(ONLY) or population not in known:
        choice = ", ".join(sorted(f"{p}{ONLY}" for p in known))
        raise InputError(f"evidence_filter: {name} is not known; choose from {choice}.")
    return tuple(r["study_id"] for r in topic["studies"] if r["population"] != population)


def sighted_english(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The same person without needs of language or sight."""
    return {**answers, "language": "en", "access_needs": []}


def without_field(answers: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The answers with one dotted field left out."""
    copied: dict[str, Any] = json.loads(json.dumps(answers))
    *groups, name = path.split(".")
    table: Any = copied
    for group in groups:
        table = table.get(group, {})
    table.pop(name, None)
    return copied
