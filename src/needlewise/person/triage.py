"""Answers to triage: what to do first, which options stand open, and why.

Every rule is held against the answers and all that fire are kept. The outcome is the greatest of
what fired, so that one more sign can only raise it. A stop rule whose truth is unknown asks
("clarify"). Whatever breaks in here ends in "stop and ask".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from needlewise.person.alarm import alarms
from needlewise.person.facts import Answered
from needlewise.person.person import Person
from needlewise.person.rulebook import RANKS, STATUSES, STOPS, Rule, load_rules
from needlewise.person.rules import Finding, Truth
from needlewise.person.wording import Wording
from needlewise.topic import Option, Topic


@dataclass(frozen=True)
class Reason:
    """Why: a reason of the vocabulary, the rule that gave it, and the answers behind it.

    `answers` are "field = value"; `where` is the rule's file and line.
    """

    id: str
    rule: str
    outcome: str
    text: str
    answers: tuple[str, ...]
    action: str
    source: str
    source_url: str
    where: str


@dataclass(frozen=True)
class Constraint:
    """A limit that binds the plan."""

    id: str
    text: str
    source: str


@dataclass(frozen=True)
class OptionStatus:
    status: str
    reasons: tuple[Reason, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    @property
    def reason_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(reason.id for reason in self.reasons))


@dataclass(frozen=True)
class Triage:
    """The outcome with all that led there.

    `options` has every option of the topic in its order; `text` is what to do, the first line
    short; `messages` are texts by what a page must show.
    """

    outcome: str
    reasons: tuple[Reason, ...]
    options: dict[str, OptionStatus]
    text: tuple[str, ...]
    handover: tuple[str, ...] = ()
    safety_net: tuple[str, ...] = ()
    ask_clinician: tuple[str, ...] = ()
    messages: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def stopped(self) -> bool:
        return self.outcome in STOPS

    @property
    def comparison_shown(self) -> bool:
        return not self.stopped

    @property
    def rank(self) -> int:
        """0 proceed to 4 emergency; clarify and refer_routine share 2."""
        return RANKS[self.outcome]

    @property
    def reason_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(reason.id for reason in self.reasons))

    @property
    def leading(self) -> tuple[Reason, ...]:
        """The reasons a page may tell: on a stop only those that stop."""
        return tuple(r for r in self.reasons if not self.stopped or r.outcome in STOPS)


@dataclass(frozen=True)
class Fired:
    """A rule that binds this person, with what it found."""

    rule: Rule
    finding: Finding
    reasons: tuple[Reason, ...]


def triage(topic: Topic, person: Person) -> Triage:
    """Hold every rule of the topic against a person's answers. Never raises."""
    try:
        return _triage(topic, person)
    except Exception:  # whatever it is, a person must not be waved through
        return _stop_and_ask(topic)


def _triage(topic: Topic, person: Person) -> Triage:
    facts, book, words = Answered(topic, person), load_rules(topic), Wording(topic)
    signs = [(rule, rule.when.find(facts)) for rule in book.red_flags]
    flags = [fired for rule, found in signs if (fired := _fired(rule, found, facts, words))]
    bounds = [(rule, rule.when.find(facts)) for rule in book.options]
    limits = [fired for rule, found in bounds if (fired := _fired(rule, found, facts, words))]
    reasons = [
        *(reason for fired in flags for reason in fired.reasons),
        *_free_text(topic, person, words),
        *(reason for fired in limits for reason in fired.reasons),
        *_language(person, words),
    ]
    reasons.sort(key=lambda reason: _severity(reason.outcome), reverse=True)
    outcome = max((r.outcome for r in reasons), key=_severity, default="proceed")
    stopped = outcome in STOPS
    options = {
        option.id: OptionStatus("hidden") if stopped else _status(option, limits)
        for option in topic.options
    }
    # On a stop only what stops is told: limits on needles are no answer to an alarm.
    told = flags if stopped else [*flags, *limits]
    questions = (
        *(f.rule.ask for f in told),
        *words.questions(reasons, _open((found for _, found in signs), facts)),
    )
    asked = tuple(dict.fromkeys(question for question in questions if question))
    result = Triage(
        outcome=outcome,
        reasons=tuple(dict.fromkeys(reasons)),
        options=options,
        text=words.text(outcome, [r.action for r in reasons if r.outcome == outcome]),
        safety_net=words.safety_net,
        ask_clinician=asked,
    )
    handover = words.handover(outcome, result.leading, asked, facts)
    says = [say for fired in told if fired.rule.stops or not stopped for say in fired.rule.says]
    known = [fired.rule.known for fired in limits if fired.rule.status != "available"]
    messages = words.messages(result, handover, says, known, person)
    return replace(result, handover=handover, messages=messages)


def _severity(outcome: str) -> tuple[int, bool]:
    """Rank, and of equals the one that stops."""
    return RANKS[outcome], outcome in STOPS


def _fired(rule: Rule, finding: Finding, facts: Answered, words: Wording) -> Fired | None:
    """The rule if it binds: true, or unknown where unknown may not pass."""
    if finding.truth is Truth.FALSE:
        return None
    if finding.truth is Truth.TRUE or (
        finding.truth is Truth.UNKNOWN and rule.applies_unknown and not rule.stops
    ):
        answers = tuple(f"{name} = {facts.told(name)}" for name in finding.fields)
        return Fired(rule, finding, tuple(
            Reason(reason, rule.name, rule.outcome, rule.text, answers, rule.action,
                   rule.source, rule.source_url, rule.where)
            for reason in rule.reasons
        ))  # fmt: skip
    if finding.truth is Truth.UNKNOWN and rule.stops:
        unknown = tuple(name for name in finding.fields if facts.open(name))
        text = words.not_known(facts.label(name) for name in unknown)
        answers = tuple(f"{name} = {facts.told(name)}" for name in unknown)
        asking = replace(rule, outcome="clarify", ask="", action="")
        reason = Reason("unknown_answer", rule.name, "clarify", text, answers, "",
                        rule.source, rule.source_url, rule.where)  # fmt: skip
        return Fired(asking, finding, (reason,))
    return None


def _open(findings: Iterable[Finding], facts: Answered) -> tuple[str, ...]:
    """Labels of unanswered questions on which a rule hangs, each once."""
    fields = dict.fromkeys(
        name for f in findings if f.truth is Truth.UNKNOWN for name in f.fields if facts.open(name)
    )
    return tuple(facts.label(name) for name in fields)


def _status(option: Option, limits: list[Fired]) -> OptionStatus:
    """The strictest status of the rules on an option or on the parts it is made of."""
    about = {option.id, *option.parts}
    binding = [fired for fired in limits if about & set(fired.rule.options)]
    status = max((f.rule.status for f in binding), key=STATUSES.index, default="available")
    reasons = dict.fromkeys(reason for fired in binding for reason in fired.reasons)
    constraints: dict[str, Constraint] = {}
    for fired in binding:
        for number, text in enumerate(_limits(fired), 1):
            id_ = f"{fired.rule.name}.{number}"
            constraints.setdefault(text, Constraint(id_, text, fired.rule.source))
    return OptionStatus(status, tuple(reasons), tuple(constraints.values()))


def _limits(fired: Fired) -> list[str]:
    """A rule's limits; `{}` stands for each place the rule matched."""
    return [
        text.replace("{}", place.replace("_", " "))
        for text in fired.rule.constraints
        for place in (fired.finding.matches if "{}" in text else ("",))
    ]


def _free_text(topic: Topic, person: Person, words: Wording) -> list[Reason]:
    said = words.texts["free_text_alarm"]
    return [
        Reason("free_text_alarm", f"alarm:{group}", "clarify", said["text"],
               (f"{name} = ... {found} ...",), said["action"], said["source"], "",
               "alarm_phrases.csv")
        for name, found, group in alarms(topic, person)
    ]  # fmt: skip


def _language(person: Person, words: Wording) -> list[Reason]:
    said = words.texts["language"]
    other = person.language is not None and person.language.casefold() not in said["plain"]
    if not (other or person.access_needs):
        return []
    needs = (f"language = {person.language}",) if other else ()
    if person.access_needs:
        needs = (*needs, f"access_needs = {', '.join(person.access_needs)}")
    return [Reason("language_access", "language", "proceed", said["text"], needs, "",
                   said["source"], "", "triage_texts.toml")]  # fmt: skip


def _stop_and_ask(topic: Topic) -> Triage:
    """What a fault ends in. Leans on as little as can be."""
    lines = (
        "Stop and ask: the safety check could not be finished.",
        "Nothing about choosing a treatment is shown. "
        "Please go through the safety questions with a clinician.",
    )
    reason = Reason("unknown_answer", "fault", "clarify", lines[0], (), "",
                    "rule: a fault never passes", "", "")  # fmt: skip
    try:
        options = {option.id: OptionStatus("hidden") for option in topic.options}
    except Exception:
        options = {}
    messages = {"why_stopped": lines[:1], "ask_clinician": lines[1:], "handover_note": lines}
    return Triage("clarify", (reason,), options, lines, lines, (), lines[1:], messages)
