"""The two readings of an examination: trigger points by their criteria, and the traditional one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from needlewise.plan.examination import Examination, Palpation
from needlewise.plan.items import Because
from needlewise.topic import Row, Topic

FULL, ESSENTIAL, OPEN, NOT_MET = "all", "essential", "open", "not-met"


@dataclass(frozen=True)
class TriggerPoint:
    """What was found in one muscle on one side, held against the criteria.

    `verdict` is all (every criterion of the experts' list), essential (a hypersensitive spot in a
    taut band without referred pain), open (something was not looked for) or not-met.
    """

    finding: Palpation
    side: str
    verdict: str
    because: Because

    @property
    def found(self) -> bool:
        return self.verdict in {FULL, ESSENTIAL}


@dataclass(frozen=True)
class Pattern:
    """A traditional pattern the practitioner chose: its row, its points and its adjuncts."""

    row: Row
    points: tuple[str, ...]
    because: Because

    @property
    def name(self) -> str:
        return self.row["pattern"]


def trigger_points(topic: Topic, examination: Examination) -> tuple[TriggerPoint, ...]:
    """Every finding of the fingers with its verdict, in the order of `muscles.csv`."""
    order = {row["slug"]: k for k, row in enumerate(topic["muscles"])}
    found = [
        _judged(topic, finding, side) for finding in examination.palpation for side in finding.sides
    ]
    return tuple(sorted(found, key=lambda one: (order[one.finding.muscle], one.side)))


def _judged(topic: Topic, finding: Palpation, side: str) -> TriggerPoint:
    rules = topic.texts["plan"]["trigger_point"]
    criteria = {row["criterion_or_measure"]: row for row in topic["trigger_criteria"]}
    answers = {name: getattr(finding, name) for name in rules["all"]}
    if all(answer == "yes" for answer in answers.values()):
        verdict, row = FULL, criteria[rules["all_row"]]
    elif all(answers[name] == "yes" for name in rules["essential"]):
        verdict, row = ESSENTIAL, criteria[rules["essential_row"]]
    elif any(answers[name] == "no" for name in rules["essential"]):
        verdict, row = NOT_MET, criteria[rules["essential_row"]]
    else:
        verdict, row = OPEN, criteria[rules["needed_row"]]
    because = Because.of(row, row["meaning"], f"plan.trigger-point.{verdict}")
    return TriggerPoint(finding, side, verdict, because)


def reliability(topic: Topic) -> tuple[Row, ...]:
    """How well examiners agree on trigger points, as the pack prints it."""
    return tuple(row for row in topic["trigger_criteria"] if row["topic"] == "reliability")


def twitch(topic: Topic) -> Because:
    """What a twitch tells."""
    row = next(r for r in topic["trigger_criteria"] if r["criterion_or_measure"] == "is it needed?")
    return Because.of(row, row["meaning"], "plan.twitch")


def patterns(topic: Topic, examination: Examination) -> tuple[Pattern, ...]:
    """The patterns chosen, in the order of `patterns.csv`."""
    codes = [row["code"] for row in topic["points"]]
    return tuple(
        Pattern(row, points_named(row["points"], codes), _named(row))
        for row in topic["patterns"]
        if row["pattern"] in examination.traditional.pattern
    )


def _named(row: Row) -> Because:
    """The pattern as a reason; of its sources those of the points, not of the codes."""
    told = Because.of(row, row["pattern"], "plan.pattern")
    return replace(told, source=told.source.partition("; codes:")[0])


def pattern_reliability(topic: Topic) -> Row | None:
    """The row that says how poorly practitioners agree on patterns."""
    return next((r for r in topic["patterns"] if r["pattern"].startswith("Reliability")), None)


def points_named(text: str, codes: list[str]) -> tuple[str, ...]:
    """The points of the pack that a text names, in the order of the text."""
    words = text.replace(";", " ").replace(",", " ").replace(".", " ").split()
    known = {code.casefold(): code for code in codes}
    return tuple(dict.fromkeys(known[w.casefold()] for w in words if w.casefold() in known))
