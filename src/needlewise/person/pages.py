"""The questions as pages of a form (`pages.toml`): what stands on a page, and what was put in.

Nothing here knows how a page is drawn. A page takes what a browser sends, text by name, and gives
answers as the plain tables that `Person.from_mapping` reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from needlewise.errors import InputError
from needlewise.person.answers import CHECKS, Problem, empty, sentence
from needlewise.person.ask import LISTS, put_answer, read_line
from needlewise.person.body.regions import places
from needlewise.person.facts import Answered
from needlewise.person.intake import NONE, Field, Intake, as_word, load_intake, words
from needlewise.person.person import Person
from needlewise.person.rules import Condition, FieldTest, Truth
from needlewise.topic import Topic

SCALE, DURATION, BODY, LONG = "scale", "duration", "body", "long"
CHOICE, NUMBER, LINE, LINES, TICKS, LIST = "choice", "number", "line", "lines", "ticks", "list"
TICKED = {TICKS, BODY, LIST}
UNIT = ".unit"  # the second control of a duration
MOST_TICKS = 20


@dataclass(frozen=True)
class Page:
    """One group of questions; `signs` marks pages on which "no to the rest" is offered."""

    id: str
    title: str
    intro: str
    fields: tuple[str, ...]
    then: tuple[str, ...]
    more: tuple[str, ...]
    signs: bool

    @property
    def every(self) -> tuple[str, ...]:
        return (*self.fields, *self.then, *self.more)


@dataclass(frozen=True)
class Option:
    """One thing to tick or to choose."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Control:
    """One question as it stands on a page: what is asked, what was put in, what is wrong with it.

    `kind` says how it is drawn: choice, scale, number, duration, line, long, lines, ticks, body or
    list (ticks and a line). `text` is what stands in its line, `units` those of a duration.
    """

    field: str
    kind: str
    question: str
    why: str
    changes: str
    hint: str
    options: tuple[Option, ...]
    text: str
    units: tuple[Option, ...]
    low: float
    high: float
    error: str
    folded: bool

    @property
    def unit(self) -> str:
        """The name of the control that holds a duration's unit."""
        return self.field + UNIT


class Form:
    """The pages of a topic over one person's answers."""

    def __init__(self, topic: Topic, answers: Mapping[str, Any]) -> None:
        self.topic = topic
        self.answers = answers
        self.intake: Intake = load_intake(topic)
        self.wording = topic.texts["pages"]
        self._facts = Answered(topic, Person.from_mapping(answers, topic))

    def pages(self) -> tuple[Page, ...]:
        """The pages on which a question applies, in order."""
        return tuple(page for page in load_pages(self.topic) if self.shown(page))

    def shown(self, page: Page) -> tuple[str, ...]:
        """The questions of a page that apply; a follow-up once its answer is given."""
        return tuple(
            name
            for name in page.every
            if self._applies(name) >= (Truth.TRUE if name in page.then else Truth.UNKNOWN)
            and (name not in page.then or self._begun(name))
        )

    def _begun(self, name: str) -> bool:
        """Whether an answer that a follow-up hangs on is given, be it "I do not know"."""
        condition = self.intake.fields[name].asked_when
        asked = fields_of(condition) if condition is not None else ()
        return any(_at(self.answers, field) is not None for field in asked)

    def _applies(self, name: str) -> Truth:
        asked_when = self.intake.fields[name].asked_when
        return Truth.TRUE if asked_when is None else asked_when.find(self._facts).truth

    def controls(
        self,
        page: Page,
        sent: Mapping[str, Sequence[str]] | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> tuple[Control, ...]:
        """The controls of a page, filled with the answers, or with what was sent and is wrong."""
        return tuple(
            self._control(page, name, sent, (problems or {}).get(name, ""))
            for name in self.shown(page)
        )

    def _control(
        self, page: Page, name: str, sent: Mapping[str, Sequence[str]] | None, problem: str
    ) -> Control:
        field, kind = self.intake.fields[name], self.kind(name)
        given = _at(self.answers, name)
        if sent is not None:
            ticked, text = set(sent.get(name, ())), _first(sent, name)
            text = _first(sent, name + ".line") if kind == LIST else text
            unit = _first(sent, name + UNIT)
        else:
            ticked, text, unit = self._filled(field, kind, given)
        offered = [(v, self.word(name, v)) for v in self._offered(field, kind, ticked)]
        units = self.wording["duration_words"] if kind == DURATION else {}
        return Control(
            field=name,
            kind=kind,
            question=self.wording["questions"].get(name) or field.question,
            why=field.why,
            changes=field.changes,
            hint=self.wording["hints"].get(name, ""),
            options=tuple(Option(v, label, v in ticked) for v, label in offered),
            text=text,
            units=tuple(Option(v, label, v == (unit or "weeks")) for v, label in units.items()),
            low=field.low,
            high=field.high,
            error=problem,
            folded=name in page.more,
        )

    def kind(self, name: str) -> str:
        """How a question is drawn: as the topic says, else by its type."""
        set_by = self.wording["widgets"].get(name)
        if set_by:
            return str(set_by)
        field = self.intake.fields[name]
        if field.type == "terms" and field.values != ("terms",):
            return TICKS
        if name in self.wording["common"]:
            return LIST
        return {"choice": CHOICE, "number": NUMBER, "texts": LINES}.get(field.type, LINE)

    def _offered(self, field: Field, kind: str, chosen: set[str]) -> list[str]:
        if kind == SCALE:
            whole = [f"{n}" for n in range(int(field.low), int(field.high) + 1)]
            return sorted({*whole, *chosen} - {""}, key=_size)
        if kind == LIST:
            return [str(term) for term in self.wording["common"][field.name]]
        if kind == BODY:
            return [place.region for place in places(self.topic)]
        return list(words(self.intake, field)) if kind in {CHOICE, TICKS} else []

    def word(self, name: str, value: str) -> str:
        """An answer in words."""
        own = self.wording["answers_to"].get(name, {}).get(value)
        if self.kind(name) == SCALE:
            return f"{value}: {own}" if own else value
        if self.kind(name) == BODY:
            own = next((p.label for p in places(self.topic) if p.region == value), own)
        found = own or self.wording["answers"].get(value)
        if found is None:
            row = self.intake.term(name, value)
            found = row["label"] if row is not None else value.replace("_", " ")
        found = str(found)
        return found[:1].upper() + found[1:]

    def _filled(self, field: Field, kind: str, given: Any) -> tuple[set[str], str, str]:
        """What is ticked, what stands in the line, and the unit of a duration."""
        if given is None:
            return set(), "", ""
        if kind == DURATION:
            return set(), _plain(given), "weeks"
        if kind in {CHOICE, SCALE}:
            return {_plain(given)}, "", ""
        if kind in {TICKS, BODY}:
            none = {NONE} if not given and NONE in field.values else set()
            return set(given) | none, "", ""
        if kind == LIST:
            texts = written(given).split(", ") if given else [NONE]
            offered = self.wording["common"][field.name]
            ticked = {text for text in map(as_word, texts) if text in offered}
            line = ", ".join(t for t in texts if as_word(t) not in ticked)
            return ticked, _one_line(line), ""
        if kind == LINES:
            return set(), "\n".join(given), ""
        text = written(given) if field.type in LISTS else _plain(given)
        return set(), text if kind == LONG else _one_line(text), ""

    def take(
        self, page: Page, sent: Mapping[str, Sequence[str]], rest: str = ""
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """The answers with what was sent for a page, and what is wrong by field.

        A question left empty is not answered; `rest` is the answer to every choice left open. What
        is wrong leaves its answer as it was.
        """
        answers, problems = deepcopy(dict(self.answers)), {}
        for name in self.shown(page):
            field = self.intake.fields[name]
            if self._unchanged(field, sent):
                continue
            try:
                value = self._value(field, sent)
            except Problem as problem:
                problems[name] = sentence(_sentence(field, str(problem)))
                continue
            if value is None and rest and field.type == "choice" and name in page.every:
                value = rest if rest in words(self.intake, field) else None
            if value is None:
                _remove(answers, name)
                continue
            try:
                alone: dict[str, Any] = {}
                put_answer(alone, name, value)
                Person.from_mapping(alone, self.topic)
            except InputError as problem:
                problems[name] = _sentence(field, str(problem))
            else:
                put_answer(answers, name, value)
        return answers, problems

    def _unchanged(self, field: Field, sent: Mapping[str, Sequence[str]]) -> bool:
        """Whether what was sent is what stood there: then nothing finer is lost."""
        kind, given = self.kind(field.name), _at(self.answers, field.name)
        if given is None:
            return False
        ticked, text, unit = self._filled(field, kind, given)
        if kind in TICKED | {CHOICE, SCALE} and set(sent.get(field.name, ())) != ticked:
            return False
        if kind == DURATION and _first(sent, field.name + UNIT) != unit:
            return False
        line = field.name + ".line" if kind == LIST else field.name
        plain = kind in {TICKS, BODY, CHOICE, SCALE}
        return plain or _same(_first(sent, line), text)

    def _value(self, field: Field, sent: Mapping[str, Sequence[str]]) -> Any:
        name, kind = field.name, self.kind(field.name)
        if kind in {TICKS, BODY}:
            chosen = list(dict.fromkeys(sent.get(name, ())))
            return list(CHECKS["terms"](field, chosen, self.intake)) if chosen else None
        if kind == LIST:
            line = _one_line(_first(sent, name + ".line"))
            typed = [part.strip() for part in line.split(",") if part.strip()]
            ticked = [term for term in dict.fromkeys(sent.get(name, ())) if term]
            entries = list(dict.fromkeys([*ticked, *typed]))
            if len(entries) > 1 and NONE in map(as_word, entries):
                raise Problem(f"{name} says 'none' beside other entries; keep one or the other")
            return read_line(self.intake, field, ", ".join(entries)) if entries else None
        text = _first(sent, name).strip()
        if not text:
            return None
        if kind == DURATION:
            weeks = self.wording["durations"].get(_first(sent, name + UNIT) or "weeks")
            if weeks is None:
                raise Problem(f"{name} needs days, weeks, months or years")
            number = cast(float | None, read_line(self.intake, field, text))
            if number is None:
                return None
            return CHECKS["number"](field, round(number * float(weeks), 2), self.intake)
        if kind == LINES:
            lines = [one.strip() for one in text.splitlines() if one.strip()]
            return list(CHECKS["texts"](field, lines, self.intake))
        return read_line(self.intake, field, text if kind == LONG else _one_line(text))


def load_pages(topic: Topic) -> tuple[Page, ...]:
    """Every page of the topic, in order."""
    if "pages" not in topic._memo:
        topic._memo["pages"] = tuple(
            Page(
                str(page["id"]), str(page["title"]), str(page["intro"]),
                tuple(page.get("fields", ())), tuple(page.get("then", ())),
                tuple(page.get("more", ())), bool(page.get("signs", False)),
            )
            for page in topic.texts["pages"]["page"]
        )  # fmt: skip
    return cast(tuple[Page, ...], topic._memo["pages"])


def page_of(topic: Topic, field: str) -> Page | None:
    """The page on which a question stands, None where no page asks it."""
    return next((page for page in load_pages(topic) if field in page.every), None)


def written(value: Any) -> str:
    """A list answer as the line that `read_line` takes: `cast left lower leg, brace`."""
    if not isinstance(value, list | tuple):
        return str(value)
    return ", ".join(_entry(one) for one in value) or NONE


def _entry(one: Any) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    first = one.get("name") or one.get("kind") or one.get("activity") or one.get("class") or ""
    beside = one.get("region") or one.get("score")
    return f"{first} {_plain(beside)}" if beside is not None else str(first)


def _sentence(field: Field, problem: str) -> str:
    """What is wrong, with the question's own label in place of the field's name."""
    label = field.label[:1].upper() + field.label[1:]
    named = re.sub(rf"^{re.escape(field.name)}(\.\d+\.\w+)?", lambda _: label, problem)
    return named if field.label else problem


def fields_of(condition: Condition) -> tuple[str, ...]:
    """The fields that a condition looks at."""
    own = (condition.field,) if isinstance(condition, FieldTest) else ()
    return own + tuple(field for part in condition.parts() for field in fields_of(part))


def _one_line(text: str) -> str:
    """As a field of one line holds it: a browser drops line breaks there."""
    return " ".join(text.splitlines())


def _same(sent: str, text: str) -> bool:
    return sent.replace("\r\n", "\n").strip() == text.replace("\r\n", "\n").strip()


def _plain(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float | int) else str(value)


def _size(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0


def _first(sent: Mapping[str, Sequence[str]], name: str) -> str:
    values = sent.get(name, ())
    return values[0] if values else ""


def _at(answers: Mapping[str, Any], name: str) -> Any:
    value: Any = answers
    for part in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return None if empty(value) else value


def _remove(answers: dict[str, Any], name: str) -> None:
    head, _, tail = name.partition(".")
    if not tail:
        answers.pop(head, None)
    elif isinstance(answers.get(head), dict):
        _remove(answers[head], tail)
        if not answers[head]:
            del answers[head]
