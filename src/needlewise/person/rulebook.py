"""The rules of triage, read from the topic's tables and checked before they are used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from needlewise.errors import InputError
from needlewise.person.facts import DERIVED
from needlewise.person.intake import Intake, load_intake
from needlewise.person.rules import Condition, every_field_test, monotone_fault, parse
from needlewise.topic import Row, Topic
from needlewise.topic.pack import listed

RANKS = {
    "proceed": 0,
    "proceed_with_precautions": 1,
    "refer_routine": 2,
    "clarify": 2,
    "urgent": 3,
    "emergency": 4,
}
STOPS = frozenset({"clarify", "urgent", "emergency"})
STATUSES = ("available", "precaution", "deferred", "not_feasible", "not_offered", "hidden")
NEEDLES = "needles"  # in a rule's options: every needle technique of the topic
APPLY = "apply"


@dataclass(frozen=True)
class Rule:
    """One row of a rule table.

    `reasons` are ids of the vocabulary; `outcome` is what triage becomes at least; `status` and
    `options` say what happens to which option (red-flag rules have none); `applies_unknown` lets
    a rule bind although its truth is unknown; `known` is what is known about the risk.
    """

    name: str
    reasons: tuple[str, ...]
    outcome: str
    options: tuple[str, ...]
    status: str
    when: Condition
    applies_unknown: bool
    text: str
    constraints: tuple[str, ...]
    action: str
    ask: str
    says: tuple[str, ...]
    known: tuple[tuple[str, str], ...]
    source: str
    source_url: str
    where: str

    @property
    def stops(self) -> bool:
        return self.outcome in STOPS


@dataclass(frozen=True)
class Rulebook:
    red_flags: tuple[Rule, ...]
    options: tuple[Rule, ...]


def load_rules(topic: Topic) -> Rulebook:
    """All rules of a topic, read once. Raises InputError naming file, row and what to do."""
    if "rules" not in topic._memo:
        intake, pack = load_intake(topic), _pack(topic)
        topic._memo["rules"] = Rulebook(
            tuple(_rule(row, topic, intake, pack) for row in topic["red_flag_rules"]),
            tuple(_rule(row, topic, intake, pack) for row in topic["option_rules"]),
        )
    return cast(Rulebook, topic._memo["rules"])


def _pack(topic: Topic) -> dict[str, Row]:
    """The pack's facts by the name a rule gives them; of repeats the first."""
    named: dict[str, Row] = {}
    for row in topic["red_flags"]:
        named.setdefault(row["finding"], row)
    for row in topic["precautions"]:
        named.setdefault(f"{row['condition']}|{row['option']}", row)
    return named


def _rule(row: Row, topic: Topic, intake: Intake, pack: dict[str, Row]) -> Rule:
    try:
        return _read(row, topic, intake, pack)
    except KeyError as error:
        raise InputError(f"{row.place}: {error} is not known; correct the name.") from None
    except ValueError as error:
        raise InputError(f"{row.place}: {error}; correct the rule.") from None


def _read(row: Row, topic: Topic, intake: Intake, pack: dict[str, Row]) -> Rule:
    condition = parse(row["when"])
    for test, _ in every_field_test(condition, False):
        if test.field not in DERIVED:
            intake.fields[test.field]
    fault = monotone_fault(
        condition, lambda name: name in intake.fields and intake.fields[name].sign
    )
    if fault is not None:
        raise ValueError(fault)
    facts = [pack[name] for name in listed(row["pack"], " + ")]
    status = row.get("status", "")
    outcome = row["outcome"] or ("proceed" if status == "available" else "proceed_with_precautions")
    RANKS[outcome]
    if status and status not in STATUSES:
        raise ValueError(f"'{status}' is no status")
    texts = topic.texts["triage_texts"]
    return Rule(
        name=row["rule"],
        reasons=tuple(reason for reason in listed(row["reason"]) if texts["reasons"][reason]),
        outcome=outcome,
        options=_options(row.get("options", ""), topic),
        status=status,
        when=condition,
        applies_unknown=row.get("if_unknown", "") == APPLY,
        text=row["text"],
        constraints=listed(row.get("constraints", ""), "|"),
        action=row.get("action", ""),
        ask=row["ask"],
        says=tuple(say for say in listed(row["say"]) if texts["messages"][say]),
        known=tuple(
            (pack[name]["action"], pack[name]["source"]) for name in listed(row.get("evidence", ""))
        ),
        source="; ".join((*(fact["source"] for fact in facts), *listed(row["source"], "\n"))),
        source_url=next((fact["source_url"] for fact in facts if fact["source_url"]), ""),
        where=row.place,
    )


def _options(cell: str, topic: Topic) -> tuple[str, ...]:
    if cell == NEEDLES:
        return tuple(topic.settings["techniques"])
    return tuple(topic.option(name).id for name in listed(cell))
