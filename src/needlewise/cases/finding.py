"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass

HOLDS, SHORT, UNCHECKED, ERROR = "holds", "falls short", "not checked", "error"


@dataclass(frozen=True)
class Finding:
    """A check of a case: the key it comes from, how it went, what was expected and found."""

    key: str
    state: str
    expected: str = ""
    found: str = ""
    channels: tuple[str, ...] = ()


def holds(key: str) -> Finding:
    return Finding(key, HOLDS)


def short(key: str, expected: str, found: str, *channels: str) -> Finding:
    return Finding(key, SHORT, expected, found, channels)


def judged(key: str, good: bool, expected: object, found: object) -> Finding:
    """Holds or falls short."""
    return holds(key) if good else short(key, str(expected), str(found))


def unchecked(key: str, what: str) -> Finding:
    """A sentence that nothing here knows how to check: told, neither passed nor failed."""
    return Finding(key, UNCHECKED, found=what)


def error(key: str, what: str) -> Finding:
    return Finding(key, ERROR, found=what)
