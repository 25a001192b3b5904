"""The words of a plan: sentences of `plan_words.toml`, items and depths put into words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from needlewise.plan import Because, Ceiling, Item, Plan
from needlewise.plan.items import LEFT, MIDDLE, POINT, RIGHT
from needlewise.report.document import Num, Text
from needlewise.report.sentences import Sentences
from needlewise.report.words import Words
from needlewise.topic import Topic

# What left and right must share to stand on one line.
SAME = (
    "depth", "position", "technique", "needle", "retention", "direction", "forced", "confirmed",
    "cautions",
)  # fmt: skip


def in_a_row(parts: Iterable[Text]) -> Text:
    """Texts parted by semicolons; a sentence that ends is parted by its full stop."""
    found: list[str | Num] = []
    for part in parts:
        if found:
            last = found[-1]
            ended = isinstance(last, str) and last.rstrip().endswith((".", "!", "?"))
            found.append(" " if ended else "; ")
        found.extend(part)
    return tuple(found)


@dataclass(frozen=True)
class Line:
    """One line of the card: the same target on one side or on both."""

    items: tuple[Item, ...]

    @property
    def item(self) -> Item:
        return self.items[0]


@dataclass(frozen=True)
class PlanWords(Sentences):
    """Wording of one plan's topic; `words` is that of its comparison."""

    file: ClassVar[str] = "plan_words"

    plan: Plan

    @property
    def topic(self) -> Topic:
        return self.plan.topic

    @property
    def words(self) -> Words:
        return Words(self.plan.comparison)

    def sourced(self, because: Because) -> Text:
        """A reason with where it stands; our own rules are called so."""
        source = self["ours"] if because.source.startswith("rule:") else because.source
        return self.say("source", because.text, source) if source else (because.text,)

    # ---- Lines of the card ----

    def lines(self, items: Iterable[Item]) -> tuple[Line, ...]:
        """Left and right together where nothing else differs, in the order of the card."""
        found: dict[tuple[object, ...], list[Item]] = {}
        for item in items:
            same = (item.kind, item.target.ref, *(getattr(item, name) for name in SAME))
            found.setdefault(same, []).append(item)
        return tuple(Line(tuple(group)) for group in found.values())

    def side(self, found: Line) -> str:
        told = [item.target.side for item in found.items if item.target.side]
        if {LEFT, RIGHT} <= set(told):
            return self["card.side.both"]
        return ", ".join(self[f"card.side.{side}"] for side in told if side != MIDDLE)

    def name(self, found: Line) -> str:
        side = self.side(found)
        return self["source"].format(found.item.name, side) if side else found.item.name

    def depth(self, item: Item) -> Text:
        """The ceiling with its unit and direction, a typed depth, or why there is none."""
        bound = item.ceiling
        if isinstance(bound, Ceiling):
            number = Num(str(bound), f"plan.depth.{item.target.ref}")
            most = self.say("card.ceiling", number, bound.direction or self["not_said"])
            return self.say("card.depth", item.depth, most) if item.depth else most
        why = self.say("card.no_ceiling", bound.text if bound else self["not_said"])
        return self.say("card.depth_alone", item.depth, why) if item.depth else why

    def depth_in_short(self, item: Item) -> Text:
        """The ceiling alone, a typed depth under it, or that there is none."""
        bound = item.ceiling
        if isinstance(bound, Ceiling):
            number = Num(str(bound), f"plan.depth.{item.target.ref}")
            return self.say("card.depth", item.depth, (number,)) if item.depth else (number,)
        none = self["card.short_none"]
        return self.say("card.depth_alone", item.depth, none) if item.depth else (none,)

    def how(self, item: Item) -> Text:
        """Direction, needle, technique, time left in, and what shows that the spot was met."""
        parts: list[Text] = []
        for field in ("direction", "needle", "technique"):
            if getattr(item, field):
                parts.append(self.say(f"card.{field}", getattr(item, field)))
        if item.retention:
            parts.append(self.say("card.retention", Num(item.retention, "plan.minutes")))
        if item.expect is not None:
            parts.append(self.say("card.expect", item.expect.text))
        return in_a_row(parts) or (self["not_said"],)

    def why(self, item: Item) -> Text:
        parts = [self.sourced(because) for because in item.why]
        if item.kind == POINT and item.replaces_trials:
            parts.append((self["card.choice"],))
        return in_a_row(parts) or (self["not_said"],)

    def heed(self, item: Item) -> Text:
        texts = tuple(dict.fromkeys(because.text for because in item.cautions))
        parts: list[Text] = [(text,) for text in texts]
        if item.forced:
            parts.insert(0, self.say("card.forced", item.forced))
        return in_a_row(parts)
