"""The frame: landmarks and levels in body units, how long a cun is, and what each view shows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from needlewise.errors import InputError
from needlewise.person.body.curve import Curve, smooth
from needlewise.person.body.outline import LEVELS
from needlewise.topic import Topic

BACK, FRONT, SIDE = "back", "front", "side"
SPINE_DEPTH = 0.03  # the spinous processes lie just under the skin of the back


@dataclass(frozen=True)
class Spot:
    """A place of the right half: x from the midline outwards, y from the crown down.

    `aspect` is the side it is seen from (back or front); `depth` runs from the skin of the back (0)
    to that of the front (1).
    """

    aspect: str
    x: float
    y: float
    depth: float


@dataclass(frozen=True)
class Panel:
    """A window on one aspect: from x to x and from y to y in body units."""

    aspect: str
    x: tuple[float, float]
    y: tuple[float, float]

    def holds(self, x: float, y: float) -> bool:
        return self.x[0] <= x <= self.x[1] and self.y[0] <= y <= self.y[1]


@dataclass(frozen=True)
class View:
    """A sheet of the atlas: its name, its label and its panels from left to right."""

    name: str
    label: str
    panels: tuple[Panel, ...]


class Frame:
    """The body's landmarks as the topic's `atlas.toml` declares them."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.landmarks = {
            **{level: Spot(BACK, 0.0, y, SPINE_DEPTH) for level, y in LEVELS.items()},
            **{
                name: Spot(mark["aspect"], mark["x"], mark["y"], mark["depth"])
                for name, mark in settings["landmarks"].items()
            },
        }
        self._profile = [tuple(map(float, row)) for row in settings["side"]["profile"]]

    def landmark(self, name: str) -> Spot:
        """Raises InputError for a landmark that the body does not have."""
        if name not in self.landmarks:
            raise InputError(f"'{name}' is no landmark of atlas.toml and no level of the spine.")
        return self.landmarks[name]

    def cun(self, measure: str) -> float:
        """Body units of one cun on a part of the body."""
        part = self.settings["cun"].get(measure)
        if not isinstance(part, dict):
            raise InputError(f"'{measure}' is no measure of atlas.toml.")
        return float((part["to"] - part["from"]) / part["cun"])

    def from_the_side(self, y: float, depth: float) -> float:
        """Where a depth lies between back (0) and front (1), seen from the right side."""
        back, front = self.edges(y)
        return back + depth * (front - back)

    def edges(self, y: float) -> tuple[float, float]:
        """The back and the front edge of the body seen from the side, at a height."""
        rows = self._profile
        y = min(max(y, rows[0][0]), rows[-1][0])
        for (low, *one), (high, *other) in pairwise(rows):
            if low <= y <= high:
                share = (y - low) / (high - low)
                back, front = (a + share * (b - a) for a, b in zip(one, other, strict=True))
                return back, front
        raise AssertionError("the profile is one run of heights")

    @property
    def profile(self) -> Curve:
        """The outline seen from the side, closed: down the front and up the back, smooth."""
        front = [(row[2], row[0]) for row in self._profile]
        back = [(row[1], row[0]) for row in reversed(self._profile)]
        return smooth([*front, *back, front[0]], (len(front) - 1, len(front)))


def frame(topic: Topic) -> Frame:
    """The topic's frame, made once."""
    if "atlas frame" not in topic._memo:
        topic._memo["atlas frame"] = Frame(dict(topic.texts["atlas"]))
    return cast(Frame, topic._memo["atlas frame"])


def views(topic: Topic) -> dict[str, View]:
    """Every view by its name, in the order of `atlas.toml`."""
    return {
        name: View(
            name, row["label"],
            tuple(Panel(p["aspect"], tuple(p["x"]), tuple(p["y"])) for p in row["panels"]),
        )
        for name, row in topic.texts["atlas"]["views"].items()
    }  # fmt: skip
