"""Parts of the body by name: which lies in which, and what a person's words for one mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from needlewise.plan.items import LEFT, RIGHT, Target
from needlewise.topic import Topic
from needlewise.topic.pack import listed

BOTH = "both"
SIDED = {"left": LEFT, "right": RIGHT, "both": BOTH, "bilateral": BOTH, "l": LEFT, "r": RIGHT}


@dataclass(frozen=True)
class Spot:
    """What a person's word for a place means: `regions` is None where nobody can tell."""

    word: str
    regions: frozenset[str] | None
    side: str = BOTH

    def faces(self, side: str) -> bool:
        """Whether a target on that side may lie here; a target without one side does."""
        return self.side == BOTH or side not in (LEFT, RIGHT) or side == self.side


EVERYWHERE = Spot("", frozenset())


class Places:
    """The regions of `plan_places.csv`."""

    def __init__(self, topic: Topic) -> None:
        rows = tuple(topic["plan_places"])
        self._within: dict[str, set[str]] = {row["region"]: {row["region"]} for row in rows}
        self._words = {_plain(row["region"]): row["region"] for row in rows}
        for row in rows:
            for word in listed(row["also"]):
                self._words[_plain(word)] = row["region"]
        inside = {row["region"]: listed(row["inside"]) for row in rows}
        for region in inside:
            above = list(inside[region])
            while above:
                outer = above.pop()
                self._within[outer].add(region)
                above.extend(inside[outer])

    def within(self, region: str) -> frozenset[str]:
        """The region and all that lies in it; a name the table lacks stands for itself."""
        return frozenset(self._within.get(region, {region}))

    def spot(self, word: str) -> Spot:
        """Region and side of a word such as `left_lower_leg`."""
        plain = _plain(word).split()
        side = next((SIDED[part] for part in plain if part in SIDED), BOTH)
        rest = [part for part in plain if part not in SIDED and part not in {"side", "the"}]
        if not rest:
            return Spot(word, frozenset(), side) if plain else Spot(word, None)
        for length in range(len(rest), 0, -1):
            for start in range(len(rest) - length + 1):
                name = " ".join(rest[start : start + length])
                found = self._words.get(name) or self._words.get(name.removesuffix("s"))
                if found:
                    return Spot(word, frozenset({found}), side)
        return Spot(word, None, side)

    def meet(self, target: frozenset[str], regions: frozenset[str]) -> bool:
        """Whether a target in these regions may lie in any of the others.

        A target's finest regions count: one known to lie in the thigh is not held to lie in the
        lower leg because both are the leg; one known only to lie in the leg is.
        """
        finest = {r for r in target if not any(o != r and o in self.within(r) for o in target)}
        return any(
            mine in self.within(other) or other in self.within(mine)
            for mine in finest
            for other in regions
        )


def _plain(word: str) -> str:
    return " ".join(word.casefold().replace("_", " ").replace("-", " ").split())


def places(topic: Topic) -> Places:
    if "plan_places" not in topic._memo:
        topic._memo["plan_places"] = Places(topic)
    return cast(Places, topic._memo["plan_places"])


def regions_of(topic: Topic, target: Target) -> frozenset[str]:
    """A target's regions; where the plan gives none, the region printed in its row."""
    if target.regions:
        return target.regions
    table, column = {"muscle": ("muscles", "slug"), "point": ("points", "code")}.get(
        target.kind, ("", "")
    )
    cell = topic[table].by(column)[target.ref]["region"] if table else ""
    words = cell.replace("-", " ").split()
    found = (places(topic).spot(word).regions or frozenset() for word in words)
    return frozenset(region for regions in found for region in regions)
