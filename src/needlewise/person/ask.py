"""The questions in the terminal: asked once, each with its reason, each can be skipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import tomli_w

from needlewise.errors import InputError
from needlewise.person.answers import CHECKS, Problem, sentence
from needlewise.person.facts import Answered
from needlewise.person.intake import Field, Intake, as_word, load_intake, taken
from needlewise.person.person import Person
from needlewise.person.rules import Truth
from needlewise.person.triage import triage
from needlewise.topic import Topic

LISTS = {"terms", "records", "texts", "ranking"}


@dataclass(frozen=True)
class Question:
    """One question: the field it fills, its part of the flow, its words and how to answer."""

    field: str
    section: str
    text: str
    why: str
    changes: str
    how: str


def questions(topic: Topic) -> tuple[Question, ...]:
    """All questions in the order in which they are asked; some apply only after others."""
    intake = load_intake(topic)
    return tuple(
        Question(
            field.name, field.section, field.question, field.why, field.changes, _how(intake, field)
        )
        for field in intake.fields.values()
        if field.question
    )


def ask(topic: Topic, read: Callable[[str], str], write: Callable[[str], None]) -> dict[str, Any]:
    """Ask each question that applies and return the answers as plain tables.

    Safety questions that are left open and on which a rule hangs are asked once more; what is open
    even then is named for a clinician. `read` takes a prompt and returns one line, as `input`
    does; `write` shows one line. Raises InputError where the input ends before the last question.
    """
    intake, said = load_intake(topic), topic.texts["triage_texts"]["ask"]
    answers: dict[str, Any] = {}
    asked: set[str] = set()

    def put(question: Question) -> None:
        asked.add(question.field)
        value = _answer(intake, question, read, write)
        if value is not None:
            put_answer(answers, question.field, value)

    def go_through() -> None:
        section = ""
        for question in questions(topic):
            field = intake.fields[question.field]
            if question.field in asked or not applies(topic, field, answers):
                continue
            if question.section != section:
                section = question.section
                write(f"\n{section.capitalize()}")
            put(question)

    write(said["welcome"])
    go_through()
    again = _left_open(topic, answers)
    if again:
        write(f"\n{said['again']}")
        for question in again:
            put(question)
        go_through()  # what only now applies
    if again and _left_open(topic, answers):
        write(f"\n{said['hand_over']}")
        for line in triage(topic, Person.from_mapping(answers, topic)).ask_clinician:
            write(f"- {line}")
    return answers


def _left_open(topic: Topic, answers: dict[str, Any]) -> tuple[Question, ...]:
    """Questions without an answer for want of which the safety check stops."""
    reasons = triage(topic, Person.from_mapping(answers, topic)).reasons
    fields = {
        answer.partition(" = ")[0]
        for r in reasons
        if r.id == "unknown_answer"
        for answer in r.answers
    }
    return tuple(question for question in questions(topic) if question.field in fields)


# Also what is left when every question was skipped: a file that says so, not an empty one.
HEADER = "# Answers for needlewise. What is not here was not answered, which never means no.\n"


def to_toml(answers: Mapping[str, Any]) -> str:
    """The answers as a TOML file that `Person.from_file` reads."""
    return HEADER + tomli_w.dumps(answers)


def applies(topic: Topic, field: Field, answers: Mapping[str, Any]) -> bool:
    """Whether a question may apply to somebody with these answers."""
    if field.asked_when is None:
        return True
    person = Person.from_mapping(answers, topic)
    return field.asked_when.find(Answered(topic, person)).truth is not Truth.FALSE


def _answer(
    intake: Intake, question: Question, read: Callable[[str], str], write: Callable[[str], None]
) -> Any:
    """The answer once it can be used; None where the question is skipped."""
    field = intake.fields[question.field]
    write(f"{question.text} [{question.how}]")
    while True:
        try:
            line = read("> ").strip()
        except EOFError:
            raise InputError(
                f"The input ended at '{question.text}'; nothing was saved. Start again."
            ) from None
        if not line:
            return None
        if line == "?":
            write(f"Why we ask: {question.why} What changes: {question.changes}")
            continue
        try:
            return read_line(intake, field, line)
        except Problem as problem:
            write(f"{sentence(str(problem))} Please try again, or press Enter to skip.")


def read_line(intake: Intake, field: Field, line: str) -> Any:
    """A typed line as an answer of the field's type, None for "unknown". Raises Problem."""
    value = _read_as(field, line, intake)
    if value is None:
        return None
    checked = CHECKS[field.type](field, value, intake)
    if field.type == "records":
        return checked
    return list(checked) if isinstance(checked, tuple) else checked


def _read_as(field: Field, line: str, intake: Intake) -> Any:
    if field.type == "number":
        if as_word(line) == "unknown":
            return None
        try:
            return float(line.replace(",", "."))
        except ValueError:
            raise Problem(f"{line[:40]!r} is not a number") from None
    if field.type in LISTS and as_word(line) == "unknown":
        return None
    if field.type in LISTS:
        words = [part.strip() for part in line.split(",") if part.strip()]
        return (
            [_record(field, word, intake) for word in words] if field.type == "records" else words
        )
    return line


def _record(field: Field, words: str, intake: Intake) -> Any:
    """`cast left lower leg` as its kind and the place, `sitting 5` as the activity and its score;
    other lists take the words whole.
    """
    if f"{field.name}.[].score" in intake.fields:
        activity, _, score = words.rpartition(" ")
        try:
            return {"activity": activity, "score": float(score)} if activity else words
        except ValueError:
            return words
    if f"{field.name}.[].region" not in intake.fields or as_word(words) in {"none", "unknown"}:
        return words
    kind, _, region = words.partition(" ")
    return {"kind": as_word(kind), "region": as_word(region)} if region else {"kind": as_word(kind)}


def put_answer(answers: dict[str, Any], field: str, value: Any) -> None:
    """Put an answer where its dotted name says."""
    *groups, name = field.split(".")
    for group in groups:
        answers = answers.setdefault(group, {})
    answers[name] = value


def _how(intake: Intake, field: Field) -> str:
    if field.type in {"choice", "number"}:
        return taken(intake, field)
    if field.type in LISTS:
        return "separate with commas"
    return "your own words"
