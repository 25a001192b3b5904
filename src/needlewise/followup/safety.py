"""The safety questions again: a person's answers with what the course has brought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from needlewise.followup.course_record import CourseRecord
from needlewise.followup.progress import WORSE, overall, progress
from needlewise.followup.shapes import CourseEvent
from needlewise.person import OptionStatus, Person, Reason, Triage, load_rules, triage
from needlewise.person.facts import Answered
from needlewise.person.person import Event, History
from needlewise.person.rulebook import STATUSES
from needlewise.person.wording import Wording
from needlewise.topic import Topic

ROOM = 9000  # letters of free text that one look at the rules takes
SCORES = ("rmdq24", "pain_nrs")
WORSENING = "worsening"  # the rule of red_flag_rules.csv about scores that got worse


def safety(topic: Topic, person: Person, record: CourseRecord, today: date | None) -> Triage:
    """Triage of everything together: the strictest outcome, the strictest status of each option.

    Each event and each stretch of notes is held against all rules. An event that is over and that
    a clinician has looked at opens nothing again; it is still listed.
    """
    person = at_the_start(person, record)
    found = [triage(topic, someone) for someone in _as_asked(person, record, today)]
    first = max(found, key=lambda t: (t.rank, t.stopped))
    if not first.stopped and overall(progress(topic, record)) == WORSE:
        return _worse(topic, person)
    if first.stopped:
        return first
    reasons = tuple(dict.fromkeys(r for t in (first, *found) for r in t.reasons))
    asks = tuple(dict.fromkeys(q for t in found for q in t.ask_clinician))
    options = {name: _strictest([t.options[name] for t in found]) for name in first.options}
    messages: dict[str, tuple[str, ...]] = {}
    for t in (first, *found):
        for name, said in t.messages.items():
            messages[name] = tuple(dict.fromkeys((*messages.get(name, ()), *said)))
    return replace(first, reasons=reasons, ask_clinician=asks, options=options, messages=messages)


def at_the_start(person: Person, record: CourseRecord) -> Person:
    """The person as at the start: a score of the first day counts before what was answered."""
    update: dict[str, float] = {}
    for name in SCORES:
        first = next(iter(record.series(name)), None)
        if first is not None and first[0] <= 0.0 and first[1] is not None:
            update[name] = first[1]
    return changed(person, **update) if update else person


def _worse(topic: Topic, person: Person) -> Triage:
    """The stop for a questionnaire that no rule looks at: as the rule for the others says."""
    words, facts = Wording(topic), Answered(topic, person)
    rule = next(r for r in load_rules(topic).red_flags if r.name == WORSENING)
    reason = Reason(
        rule.reasons[0], rule.name, rule.outcome, rule.text, (), rule.action, rule.source,
        rule.source_url, rule.where,
    )  # fmt: skip
    asked = (rule.ask,)
    safe = Triage(
        rule.outcome,
        (reason,),
        {option.id: OptionStatus("hidden") for option in topic.options},
        words.text(rule.outcome, [rule.action]),
        words.handover(rule.outcome, (reason,), asked, facts),
        words.safety_net,
        asked,
    )
    return replace(safe, messages=words.messages(safe, safe.handover, list(rule.says), [], person))


def _strictest(statuses: list[OptionStatus]) -> OptionStatus:
    return OptionStatus(
        max((s.status for s in statuses), key=STATUSES.index),
        tuple(dict.fromkeys(r for s in statuses for r in s.reasons)),
        tuple({c.text: c for s in statuses for c in s.constraints}.values()),
    )


def open_events(record: CourseRecord) -> tuple[CourseEvent, ...]:
    """Events that still count: not both over and seen by a clinician."""
    return tuple(e for e in record.events if not (e.over == "yes" and e.seen_by))


def _as_asked(person: Person, record: CourseRecord, today: date | None) -> Iterator[Person]:
    """The person with the course's scores, once for each open event and stretch of notes."""
    history = _history(person, record, today)
    base = changed(person, history=history)
    yield base
    for event in open_events(record):
        yield changed(base, event=_event(event, today))
    for text in _stretches(record):
        own = f"{base.free_text}\n" if base.free_text else ""
        yield changed(base, free_text=own[:ROOM] + text)


def changed(person: Person, **update: Any) -> Person:
    """The person with some answers changed; what was worked out from the old ones is forgotten."""
    copied = person.model_copy(update=update)
    for name in ("canonical", "hash"):
        copied.__dict__.pop(name, None)
    return copied


def _history(person: Person, record: CourseRecord, today: date | None) -> History:
    series = {
        field: tuple(s.values.get(field) for s in record.scores) or None for field in SCORES
    }  # fmt: skip
    hours = record.hours_since_last
    last = max((s.date for s in record.sessions if s.date is not None), default=None)
    if last is not None and today is not None:
        hours = min(24.0 * (today - last).days, 100_000.0)
    known = person.history
    return History.model_construct(
        option=record.option,
        sessions=float(record.number_of_sessions),
        hours_since_last=hours if hours is not None else known.hours_since_last if known else None,
        rmdq24=series["rmdq24"],
        pain_nrs=series["pain_nrs"],
    )


def _event(event: CourseEvent, today: date | None) -> Event:
    days = None
    if event.date is not None and today is not None:
        days = float((today - event.date).days)
    # Days since it happened count as how long it lasts unless it is said to be over.
    return Event.model_construct(
        kind=event.kind,
        grade=event.grade or None,
        days=None if event.over == "yes" else days,
        hours=event.hours,
        size_cm=event.size_cm,
    )


def _stretches(record: CourseRecord) -> Iterator[str]:
    """All that was written in words, in pieces the rules can read whole."""
    texts = [t for s in record.sessions for t in (s.notes, s.after)]
    texts += [e.note for e in record.events] + [s.note for s in record.scores]
    texts += [d.reason for d in record.decisions] + [record.notes]
    if record.goal is not None:
        texts.append(record.goal.words)
    piece = ""
    for text in filter(None, texts):
        if piece and len(piece) + len(text) > ROOM // 2:
            yield piece
            piece = ""
        piece += f"{text}\n"
    if piece:
        yield piece
