"""What was made from a section is kept for as long as the section is the same object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from needlewise.report.document import Section

T = TypeVar("T")
MOST = 4096


class Kept(Generic[T]):
    """At most `MOST` things, the oldest forgotten first; sections are held, so ids stay apart."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Section, T]] = {}

    def of(self, section: Section, make: Callable[[Section], T]) -> T:
        """What was made from this very section, made now where it is not there."""
        known = self._made.get(id(section))
        if known is None or known[0] is not section:
            known = section, make(section)
            self._made[id(section)] = known
            while len(self._made) > MOST:
                del self._made[next(iter(self._made))]
        return known[1]
