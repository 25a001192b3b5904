"""Points and muscles to places: from landmark or level and offset, each saying how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import cast

from needlewise.errors import InputError
from needlewise.plan.atlas.frame import BACK, FRONT, SIDE, Frame, Panel, Spot, frame
from needlewise.plan.items import LEFT, MIDDLE, MUSCLE, POINT, RIGHT
from needlewise.topic import Row, Topic
from needlewise.topic.pack import listed

STEPS = 8  # pieces of a muscle's length at which it is asked where it lies


@dataclass(frozen=True)
class Place:
    """Where a point or muscle lies on one side.

    Attributes:
        x, y: body units in the aspect it is seen from; x grows to the viewer's right.
        depth: from the skin of the back (0) to that of the front (1).
        line: for a muscle the middle line it runs along, (x, y) each; a point has one place.
        width: of a muscle, body units; 0 for a point.
        level: the landmark or level it is placed from; how: how it was worked out, with its source.
        also: regions it lies in that its drawn place does not show: other levels, attachments.
    """

    ref: str
    kind: str
    side: str
    aspect: str
    x: float
    y: float
    depth: float
    line: tuple[tuple[float, float], ...]
    width: float
    level: str
    how: str
    also: frozenset[str] = frozenset()

    def on(self, panel: Panel, body: Frame) -> tuple[float, float] | None:
        """Where it is drawn in a panel, None where it is not seen there.

        The side view is from the right: the right side and what lies far out or in the middle.
        """
        if panel.aspect == SIDE:
            if self.side == LEFT or self.kind == MUSCLE or self._hidden(body):
                return None
            x, y = body.from_the_side(self.y, self.depth), self.y
        elif panel.aspect == self.aspect:
            x, y = self.x, self.y
        else:
            return None
        return (x, y) if panel.holds(x, y) else None

    def _hidden(self, body: Frame) -> bool:
        """Whether a point is not seen from the right: on the arm, the sole or an inner leg."""
        limbs = body.settings["limbs"]
        inner = self.y > limbs["trunk_ends"] and abs(self.x) < limbs["inner_leg"]
        return bool(abs(self.x) > limbs["arm_from"] or inner or self.y > limbs["sole"])


class Placed:
    """All places of a topic, worked out once, and the reasons for what has none."""

    def __init__(self, topic: Topic) -> None:
        self.body = frame(topic)
        self.places: dict[str, tuple[Place, ...]] = {}
        self.missing: dict[str, str] = {}
        own = {row["ref"]: row for row in topic["placements"]}
        for row in topic["points"]:
            code = row["code"]
            if code in own:
                self.places[code] = self._sided(partial(self._placed, own[code], row))
            elif row["level"] in self.body.landmarks and row["lateral_cun"]:
                self.places[code] = self._sided(partial(self._beside, row))
            else:
                self.missing[code] = row["other_offset"] or row["landmark"]
        for row in topic["muscle_places"]:
            self.places[row["muscle"]] = self._sided(partial(self._muscle, row))
        for row in topic["muscles"]:
            if row["slug"] not in self.places:
                self.missing[row["slug"]] = row["region"]

    def _sided(self, make: partial[Place]) -> tuple[Place, ...]:
        """Both sides of a target, or one in the midline."""
        right = make(RIGHT)
        return (right,) if right.side == MIDDLE else (make(LEFT), right)

    def _beside(self, row: Row, side: str) -> Place:
        """A point beside the spine: level with a spinous process, cun from the midline."""
        out = row.number("lateral_cun") or 0.0
        at = self.body.landmark(row["level"])
        spot = Spot(at.aspect, out * self.body.cun("back"), at.y, at.depth + 0.02 * out)
        how = f"{row['level']}, {out:g} cun from the midline ({row['source'].split(';')[0]})"
        return self._point(row["code"], spot, side, row["level"], how)

    def _placed(self, given: Row, row: Row, side: str) -> Place:
        """A point from a landmark: an offset in cun, or a share of the way to another landmark."""
        spot = self._from(given)
        told = [given["landmark"]]
        if given["toward"]:
            told.append(f"{float(given['share']):.2g} of the way to {given['toward']}")
        for column, word in (("out_cun", "out"), ("down_cun", "down")):
            if given.number(column):
                told.append(f"{given.number(column):g} cun {word}")
        how = f"{', '.join(told)} ({given['source']})"
        point = self._point(row["code"], spot, side, given["landmark"], how)
        return replace(point, also=frozenset(listed(given["also"])))

    def _from(self, given: Row) -> Spot:
        start, unit = self.body.landmark(given["landmark"]), self.body.cun(given["measure"])
        x, y, depth = start.x, start.y, start.depth
        if given["toward"]:
            end, share = self.body.landmark(given["toward"]), given.number("share") or 0.0
            x += share * (end.x - x)
            y += share * (end.y - y)
            depth += share * (end.depth - depth)
        x += (given.number("out_cun") or 0.0) * unit
        y += (given.number("down_cun") or 0.0) * unit
        return Spot(start.aspect, x, y, depth)

    def _point(self, code: str, spot: Spot, side: str, level: str, how: str) -> Place:
        side = MIDDLE if spot.x == 0 else side
        x = _seen(spot.aspect, spot.x, side)
        return Place(code, POINT, side, spot.aspect, x, spot.y, spot.depth, ((x, spot.y),), 0.0,
                     level, how)  # fmt: skip

    def _muscle(self, given: Row, side: str) -> Place:
        ends = [self._end(given, end) for end in ("from", "to")]
        aspect = ends[0].aspect
        unit = self.body.cun("back")
        line = []
        for k in range(STEPS + 1):
            share = k / STEPS
            x, y = (
                getattr(ends[0], axis) + share * (getattr(ends[1], axis) - getattr(ends[0], axis))
                for axis in ("x", "y")
            )
            line.append((_seen(aspect, x, side), y))
        middle = line[STEPS // 2]
        return Place(
            given["muscle"], MUSCLE, side, aspect, *middle, sum(e.depth for e in ends) / 2,
            tuple(line), (given.number("width_cun") or 0.0) * unit, given["from"],
            f"{given['from']} to {given['to']} ({given['source']})",
            frozenset(listed(given["also"])),
        )  # fmt: skip

    def _end(self, given: Row, end: str) -> Spot:
        at = self.body.landmark(given[end])
        out = (given.number(f"{end}_cun") or 0.0) * self.body.cun("back")
        return Spot(at.aspect, at.x + out, at.y, at.depth)


def _seen(aspect: str, x: float, side: str) -> float:
    """From the midline outwards to the viewer's right: the right side is left from the front."""
    if side == MIDDLE:
        return 0.0
    return x if (side == RIGHT) == (aspect == BACK) else -x


def _all(topic: Topic) -> Placed:
    if "atlas places" not in topic._memo:
        topic._memo["atlas places"] = Placed(topic)
    return cast(Placed, topic._memo["atlas places"])


def placed(topic: Topic) -> tuple[Place, ...]:
    """Every place of every point and muscle, points first, in the order of the tables."""
    return tuple(place for found in _all(topic).places.values() for place in found)


def not_placed(topic: Topic) -> dict[str, str]:
    """What has no place on the body, and why."""
    return dict(_all(topic).missing)


def places_of(topic: Topic, ref: str) -> tuple[Place, ...]:
    """A target's places: left and right, or the one in the midline.

    Raises InputError for what is not in the pack or has no place.
    """
    found = _all(topic)
    if ref in found.missing:
        raise InputError(f"{ref} has no fixed place: {found.missing[ref]}.")
    if ref not in found.places:
        raise InputError(f"'{ref}' is no point or muscle of this topic; needlewise has no place.")
    return found.places[ref]


def place_of(topic: Topic, ref: str, side: str = RIGHT) -> Place:
    """A target's place on one side; a midline target has one whatever the side."""
    found = places_of(topic, ref)
    return next((place for place in found if place.side == side), found[-1])


def referral(topic: Topic, muscle: str) -> tuple[str, ...]:
    """Regions in which trigger points of a muscle are felt, where the pack says so."""
    rows = {row["muscle"]: row for row in topic["muscle_places"]}
    return listed(rows[muscle]["referral"]) if muscle in rows else ()


__all__ = ["FRONT", "Place", "Placed", "not_placed", "place_of", "placed", "places_of", "referral"]
