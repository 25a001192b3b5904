"""Conditions written as data, read into a tree that answers true, false or unknown.

    red_flags.fever is yes and (recent_injection.days <= 42 or red_flags.steroid_long_term is yes)
    at least 2 of (age > 70; red_flags.osteoporosis is yes; red_flags.minor_trauma is yes)

Tests (a test on an unanswered field is unknown unless it says otherwise):

* `field is a|b`, `field >= 5` (also `>`, `<`, `<=`)
* `field said a|b`    the answer was given in these words; unanswered is false
* `field maybe a|b`   it was answered so, or not at all: only a known other answer is false
* `field unknown`     not answered, or answered "unknown"
* `field cleared`     a doctor's finding in words that lift the worry; unanswered is false
* `field unlisted`    a list holds an entry the topic does not know
* `field has pattern` an entry matches (`*` stands for any part and is kept for the texts);
  `has a except b` leaves out entries that also match b; `has a twice` needs two entries

`and`, `or`, `not` and `at least n of` follow Kleene's strong three-valued logic (Kleene 1938):
with signs tested only for their presence and never under `not`, an added sign or a "no" turned
into "unknown" can raise a rule's truth and cannot lower it. `monotone_fault` checks that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import Protocol


class Truth(IntEnum):
    """Kleene's three values, ordered so that `and` is the least and `or` the greatest."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


@dataclass(frozen=True)
class Entry:
    """One entry of a list answer: what it is called, and all it counts as."""

    name: str
    tags: frozenset[str]
    listed: bool = True


Value = str | float | tuple[Entry, ...]


class Facts(Protocol):
    """The answers a condition is held against."""

    def value(self, field: str) -> Value | None:
        """The answer, or None where it is not known."""

    def asked(self, field: str) -> Truth:
        """Whether the question applies; an unanswered one that does not counts as no."""

    def cleared(self, field: str) -> bool:
        """Whether a doctor's finding lifts the worry."""


@dataclass(frozen=True)
class Finding:
    """A condition's truth, the fields that made it so, and what `*` stood for."""

    truth: Truth
    fields: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()


NOT_SO = Finding(Truth.FALSE)  # what is false led nowhere, so it names no fields


class Condition(Protocol):
    def find(self, facts: Facts) -> Finding: ...

    def parts(self) -> tuple[Condition, ...]: ...


@dataclass(frozen=True)
class FieldTest:
    """One field held against one value."""

    field: str
    op: str
    values: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    times: int = 1

    def parts(self) -> tuple[Condition, ...]:
        return ()

    def find(self, facts: Facts) -> Finding:
        value = facts.value(self.field)
        if value is None or value == UNKNOWN_WORD:
            return Finding(self._unanswered(value, facts), (self.field,))
        if self.op in {"has", "unlisted"}:
            return self._entries(value)
        return Finding(_truth(self._holds(value, facts)), (self.field,))

    def _unanswered(self, value: Value | None, facts: Facts) -> Truth:
        if self.op in {"said", "cleared"}:
            return _truth(value in self.values)
        asked = Truth.TRUE if value is not None else facts.asked(self.field)
        if self.op in {"maybe", "unknown"}:
            return Truth.FALSE if asked is Truth.FALSE else Truth.TRUE
        return min(asked, Truth.UNKNOWN)

    def _holds(self, value: Value, facts: Facts) -> bool:
        if self.op == "cleared":
            return facts.cleared(self.field)
        if self.op in COMPARISONS:
            if not isinstance(value, float):
                raise ValueError(f"{self.field} is compared with a number but is {value!r}")
            return COMPARISONS[self.op](value, float(self.values[0]))
        return self.op != "unknown" and value in self.values

    def _entries(self, value: Value) -> Finding:
        if not isinstance(value, tuple):
            raise ValueError(f"{self.field} is no list")
        if self.op == "unlisted":
            return Finding(_truth(any(not entry.listed for entry in value)), (self.field,))
        found = [
            match
            for entry in value
            if not any(matched(tag, self.exceptions) is not None for tag in entry.tags)
            and (match := self._best(entry)) is not None
        ]
        return Finding(
            _truth(len(found) >= self.times),
            (self.field,),
            tuple(dict.fromkeys(match for match in sorted(found) if match)),
        )

    def _best(self, entry: Entry) -> str | None:
        matches = (matched(tag, self.values) for tag in sorted(entry.tags))
        return max((m for m in matches if m is not None), key=len, default=None)


@dataclass(frozen=True)
class Combined:
    """At least `needed` of the conditions; all of them is `and`, one of them is `or`."""

    needed: int
    conditions: tuple[Condition, ...]

    def parts(self) -> tuple[Condition, ...]:
        return self.conditions

    def find(self, facts: Facts) -> Finding:
        findings = [condition.find(facts) for condition in self.conditions]
        truth = sorted([finding.truth for finding in findings])[-self.needed]
        if truth is Truth.FALSE:
            return NOT_SO
        behind = [finding for finding in findings if finding.truth >= truth]
        return Finding(
            truth,
            tuple(dict.fromkeys(field for finding in behind for field in finding.fields)),
            tuple(dict.fromkeys(match for finding in behind for match in finding.matches)),
        )


@dataclass(frozen=True)
class Negated:
    condition: Condition

    def parts(self) -> tuple[Condition, ...]:
        return (self.condition,)

    def find(self, facts: Facts) -> Finding:
        # What is absent led nowhere: only the positive tests of a rule are given as its answers.
        return Finding(Truth(Truth.TRUE - self.condition.find(facts).truth))


COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
UNKNOWN_WORD = "unknown"  # said of a question, it is an answer that leaves it open
BARE = {"unknown", "cleared", "unlisted"}
WORDED = {"is", "said", "maybe", "has"}
TOKEN = re.compile(r"\s*(<=|>=|[();<>]|[^\s();<>]+)")


def _truth(holds: bool) -> Truth:
    return Truth.TRUE if holds else Truth.FALSE


def matched(tag: str, patterns: tuple[str, ...]) -> str | None:
    """What `*` stands for where the tag matches ("" for a match without one), else None."""
    for pattern in patterns:
        if fnmatchcase(tag, pattern):
            head, star, tail = pattern.partition("*")
            return tag[len(head) : len(tag) - len(tail)] if star else ""
    return None


def parse(text: str) -> Condition:
    """Read one condition. Raises ValueError naming the word where it cannot be read."""
    words = TOKEN.findall(text)
    reader = _Reader(words)
    condition = reader.any_of()
    if reader.word is not None:
        raise ValueError(f"'{text}': '{reader.word}' stands where the condition should end")
    return condition


class _Reader:
    """Recursive descent over the words of a condition: or, and, not, one test."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.at = 0

    @property
    def word(self) -> str | None:
        return self.words[self.at] if self.at < len(self.words) else None

    def take(self, expected: str | None = None) -> str:
        word = self.word
        if word is None or (expected is not None and word != expected):
            raise ValueError(
                f"'{' '.join(self.words)}': expected {expected or 'a word'}, "
                f"found {word or 'the end'}"
            )
        self.at += 1
        return word

    def any_of(self) -> Condition:
        return self._joined("or", self.all_of, lambda _: 1)

    def all_of(self) -> Condition:
        return self._joined("and", self.one, len)

    def _joined(
        self,
        word: str,
        read: Callable[[], Condition],
        needed: Callable[[list[Condition]], int],
    ) -> Condition:
        conditions = [read()]
        while self.word == word:
            self.take()
            conditions.append(read())
        return (
            conditions[0] if len(conditions) == 1 else Combined(needed(conditions), (*conditions,))
        )

    def one(self) -> Condition:
        if self.word == "not":
            self.take()
            return Negated(self.one())
        if self.word == "(":
            self.take()
            condition = self.any_of()
            self.take(")")
            return condition
        if self.words[self.at : self.at + 2] == ["at", "least"]:
            return self._at_least()
        return self._test()

    def _at_least(self) -> Condition:
        self.at += 2
        needed = int(self.take())
        self.take("of")
        self.take("(")
        conditions = [self.any_of()]
        while self.word == ";":
            self.take()
            conditions.append(self.any_of())
        self.take(")")
        if not 1 <= needed <= len(conditions):
            raise ValueError(f"'{' '.join(self.words)}': at least {needed} of {len(conditions)}")
        return Combined(needed, tuple(conditions))

    def _test(self) -> Condition:
        field, op = self.take(), self.take()
        if op in BARE:
            return FieldTest(field, op)
        if op not in WORDED and op not in COMPARISONS:
            raise ValueError(f"'{' '.join(self.words)}': '{op}' is not a comparison")
        values = tuple(self.take().split("|"))
        if op in COMPARISONS:
            float(values[0])
        exceptions: tuple[str, ...] = ()
        times = 1
        if op == "has" and self.word == "except":
            self.take()
            exceptions = tuple(self.take().split("|"))
        if op == "has" and self.word == "twice":
            self.take()
            times = 2
        return FieldTest(field, op, values, exceptions, times)


def every_field_test(condition: Condition, negated: bool) -> Iterator[tuple[FieldTest, bool]]:
    """Every test of a condition, with whether it stands under an odd number of `not`."""
    if isinstance(condition, FieldTest):
        yield condition, negated
    for part in condition.parts():
        yield from every_field_test(part, negated != isinstance(condition, Negated))


def monotone_fault(condition: Condition, signs: Callable[[str], bool]) -> str | None:
    """Why an added sign could calm this condition, or None where it cannot.

    `signs` tells which fields are warning signs.
    """
    for test, negated in every_field_test(condition, False):
        if not signs(test.field):
            continue
        if negated:
            return f"{test.field} is a warning sign and stands under 'not'"
        if test.op in {"is", "said", "maybe"} and "no" in test.values:
            return f"{test.field} is a warning sign and is tested for 'no'"
        if "unknown" in test.values and "yes" not in test.values:
            return f"{test.field} is a warning sign; 'unknown' may not weigh more than 'yes'"
        if test.op in {"<", "<="}:
            return f"{test.field} is a warning sign and is tested for being low"
    return None
