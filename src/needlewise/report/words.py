"""The topic's wording at hand: labels, sentences, and figures put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from needlewise.choice import Comparison
from needlewise.outlook.cells import NO_FIGURE, Cell
from needlewise.outlook.prediction import Estimate
from needlewise.report.document import Num, Text, line
from needlewise.report.numbers import hundred, signed_range, ten, whole
from needlewise.topic import Topic

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Words:
    """Wording of one comparison's topic."""

    comparison: Comparison

    @property
    def topic(self) -> Topic:
        return self.comparison.outlook.topic

    def __getitem__(self, path: str) -> str:
        """A sentence by its path in wording.toml: `who.lead`."""
        node: Any = self.topic.texts["wording"]
        head, _, tail = path.partition(".")
        return str(node[head][tail]) if tail in node[head] else str(_dig(node[head], tail))

    def say(self, path: str, *parts: str | Num | Text) -> Text:
        return line(self[path], *parts)

    def option(self, option: str) -> str:
        """The option's name as it stands in a row."""
        return self.topic.option(option).label

    def short(self, option: str) -> str:
        """The option's name within a sentence."""
        return self[f"option.{option}.short"]

    def horizon(self, week: float) -> str:
        return str(
            next(h for h in self.topic.settings["horizons"] if float(h["week"]) == week)["label"]
        )

    @property
    def weeks(self) -> list[float]:
        return [float(h["week"]) for h in self.topic.settings["horizons"]]

    def outcomes(self, *, pooled: bool) -> Mapping[str, Any]:
        return {o: s for o, s in self.topic.settings["outcomes"].items() if s["pooled"] is pooled}


def _dig(node: Any, path: str) -> Any:
    for part in path.split("."):
        node = node[part]
    return node


def missing(why: str) -> Text:
    """Why a figure is missing, as it stands in a cell."""
    if why in {"not-studied", "together"}:
        return ("not studied" if why == "not-studied" else "nobody has measured this",)
    return (NO_FIGURE[why],)


def level_text(cell: Cell) -> Text:
    """Expected pain 0-10 with both ranges, or why there is none."""
    if cell.expected is None:
        return missing(cell.why or cell.why_no_level)
    e = cell.expected
    number = Num(f"{ten(e.mean):g} ({ten(e.low):g} to {ten(e.high):g})", f"course.{cell.key}")
    if cell.you is None:
        return (number,)
    you = Num(f"{ten(cell.you.low):g} to {ten(cell.you.high):g}", f"you.{cell.key}")
    return line("{}; one person: {}", number, you)


def difference_number(estimate: Estimate, digits: int, name: str) -> Num:
    """A difference with its range: `15 less (21 less to 8 less)`."""
    size, way, low, high = signed_range(estimate, digits)
    lead = way if way == "no different" else f"{size} {way}"
    return Num(f"{lead} ({low} to {high})", name)


def effect_text(words: Words, cell: Cell, reference: bool) -> Text:
    """The trials' difference to no needling with its range, or why there is none."""
    if reference:
        return (words["cell.reference"],)
    if cell.effect is None:
        return missing(cell.why)
    digits = 0 if cell.outcome == "pain" else 1
    number = difference_number(cell.effect, digits, f"effect.{cell.key}")
    if cell.evidence == "other-people":
        return line("{}; studied only in {}", number, cell.audience)
    return (number,)


def chance_number(cell: Cell) -> Num:
    """How many of 100 are clearly better."""
    assert cell.chance is not None
    return Num(str(hundred(cell.chance.mean)), f"chance.{cell.key}")


def difference_count(cell: Cell, reference: Cell) -> Num:
    """How many more (or fewer) of 100 than without needling, with the difference's own range.

    The count is that of the two counts shown, so that the reader's own subtraction agrees.
    """
    return Num(counts_text(*difference_of_100(cell, reference)), f"difference.{cell.key}")


def difference_of_100(cell: Cell, reference: Cell) -> tuple[int, int, int]:
    """The difference in people of 100 as words, icons and JSON show it, with its range."""
    assert cell.chance is not None
    assert cell.difference is not None
    assert reference.chance is not None
    mean = hundred(cell.chance.mean) - hundred(reference.chance.mean)
    low, high = hundred(cell.difference.low), hundred(cell.difference.high)
    return mean, min(low, mean), max(high, mean)


def counts_text(mean: int, low: int, high: int) -> str:
    """A difference in people in words: `36 more (1 more to 66 more)`."""
    ends = [f"{abs(x)} {'fewer' if x < 0 else 'more'}" if x else "none" for x in (low, high)]
    lead = f"{abs(mean)} {'fewer' if mean < 0 else 'more'}" if mean else "no more"
    return f"{lead} ({ends[0]} to {ends[1]})"


def chance_range(cell: Cell) -> Num:
    assert cell.chance is not None
    low, high = hundred(cell.chance.low), hundred(cell.chance.high)
    return Num(f"{low} to {high}", f"chance.{cell.key}")


def span(low: float | None, high: float | None) -> str:
    """A range of whole numbers, one number where both ends agree."""
    if low is None or high is None:
        return NOT_STATED
    return f"{whole(low)}" if whole(low) == whole(high) else f"{whole(low)} to {whole(high)}"


def sentence(text: Text) -> Text:
    """The text with a capital at the start and a full stop at the end."""
    if not text:
        return text
    first, *rest = text
    if isinstance(first, str) and first:
        first = first[0].upper() + first[1:]
    parts: list[str | Num] = [first, *rest]
    last = parts[-1]
    if isinstance(last, Num) or not last.rstrip().endswith((".", "?")):
        parts.append(".")
    return tuple(parts)


def joined(parts: list[Text], last: str = " and ") -> Text:
    """Texts in a row: `a, b and c`."""
    found: list[str | Num] = []
    for k, part in enumerate(parts):
        if k:
            found.append(last if k == len(parts) - 1 else ", ")
        found.extend(part)
    return tuple(found)
