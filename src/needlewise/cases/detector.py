"""What a detector is: it looks for one thing in the plain words of a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_AROUND = 60  # characters kept on each side when a finding is told


@dataclass(frozen=True)
class Detector:
    """`find` returns what it found in a page's plain words, empty where there is nothing.

    `example` is a text it must find and `counterexample` one it must not: a detector without
    both is not worth trusting.
    """

    find: Callable[[str], str]
    example: str
    counterexample: str


def has(pattern: str) -> Callable[[str], str]:
    """The first place a pattern stands, with a little around it."""
    compiled = re.compile(pattern)

    def find(text: str) -> str:
        match = compiled.search(text)
        return around(text, match) if match else ""

    return find


def has_all(*patterns: str) -> Callable[[str], str]:
    """All patterns, in any order; the first place of the first is told."""
    finders = [has(pattern) for pattern in patterns]

    def find(text: str) -> str:
        found = [finder(text) for finder in finders]
        return found[0] if all(found) else ""

    return find


def around(text: str, match: re.Match[str]) -> str:
    """The match with its neighbours, cut at blanks."""
    start, end = max(match.start() - _AROUND, 0), min(match.end() + _AROUND, len(text))
    head = "" if start == 0 else text[start : match.start()].partition(" ")[2]
    tail = text[match.end() : end]
    if end < len(text):
        tail = tail.rpartition(" ")[0]
    return (head if start else text[: match.start()]) + match.group(0) + tail


def first_sentence(text: str) -> str:
    """Up to the first full stop: the headings of a page and the first thing it says."""
    return re.split(r"(?<=[.?])\s", text, maxsplit=1)[0]
