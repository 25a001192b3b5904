"""Which trials answer for whom: populations (by duration of pain) and conditions."""

from __future__ import annotations

from dataclasses import dataclass

from needlewise.topic import Row, Topic


@dataclass(frozen=True)
class Audience:
    """The trials that count as being about somebody.

    `name` is how the audience is called in words, `populations` and `conditions` the values of
    `studies.csv` it admits.
    """

    name: str
    populations: frozenset[str]
    conditions: frozenset[str]

    def refusal(self, study: Row) -> str | None:
        """Why a trial stays out, None where it enters."""
        if study["population"] not in self.populations:
            return f"another population: {study['population']} pain"
        if study["condition"] not in self.conditions:
            return f"another condition: {study['condition']}"
        return None


def audience(topic: Topic, population: str, conditions: tuple[str, ...] = ()) -> Audience:
    """Trials about people with this duration of pain and these further conditions."""
    rules = topic.settings["network"]
    chosen = next(p for p in rules["populations"] if p["name"] == population)
    extra = [c for c in rules["conditions"] if c["name"] in conditions and not c["always"]]
    name = " or ".join([str(chosen["text"]), *(str(c["text"]) for c in extra)])
    always = {c["name"] for c in rules["conditions"] if c["always"]}
    return Audience(name, frozenset(chosen["admits"]), frozenset(always | set(conditions)))


def audience_default(topic: Topic) -> Audience:
    """The default network: the first population of the topic, without further conditions."""
    return audience(topic, topic.settings["network"]["populations"][0]["name"])


def audience_all(topic: Topic) -> Audience:
    """Every population and condition the topic knows ("all conditions")."""
    rules = topic.settings["network"]
    populations = {a for p in rules["populations"] for a in p["admits"]}
    return Audience(
        "all conditions",
        frozenset(populations),
        frozenset(c["name"] for c in rules["conditions"]),
    )
