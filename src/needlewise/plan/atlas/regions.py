"""Which regions of the body a place lies in: those of the body map, and finer ones on the limbs."""

from __future__ import annotations

from needlewise.person.body.regions import region_at
from needlewise.plan.atlas.frame import BACK, frame
from needlewise.plan.atlas.placing import Place, place_of, placed
from needlewise.plan.items import MUSCLE, POINT
from needlewise.topic import Topic

HEAD_ENDS = 10.4  # the chin


def regions_of(topic: Topic, ref: str, side: str = "right") -> frozenset[str]:
    """Ids of the regions that a point or muscle lies in, on one side.

    Raises InputError for what has no place.
    """
    return regions_at(topic, place_of(topic, ref, side))


def regions_at(topic: Topic, place: Place) -> frozenset[str]:
    """Regions of a place: one for a point, all that it runs through, in its width, for a muscle;
    and those its row names besides."""
    key = f"atlas regions {place.ref} {place.side}"
    if key not in topic._memo:
        found = {r for x, y in place.line for r in _at(topic, place.aspect, x, y)}
        half = place.width / 2
        edges = [
            region_at(place.aspect, (x + dx, y)) for x, y in place.line for dx in (-half, half)
        ]
        topic._memo[key] = place.also.union(found, filter(None, edges))
    known: frozenset[str] = topic._memo[key]
    return known


def _at(topic: Topic, aspect: str, x: float, y: float) -> frozenset[str]:
    limbs = frame(topic).settings["limbs"]
    if abs(x) > limbs["arm_from"] and y > 20.0:
        return frozenset({"arm", _below(limbs["arm"], y)})
    if y > limbs["trunk_ends"] and abs(x) <= limbs["arm_from"]:
        return frozenset({"leg", _below(limbs["leg"], y)})
    # A place in the midline lies on the border of two halves: it is asked a hair beside it.
    found = region_at(aspect, (x or 0.05, y))
    if found is not None:
        return frozenset({found})
    if y < HEAD_ENDS:
        return frozenset({"head"} | ({"face"} if aspect != BACK and y > 4.0 else set()))
    # Between two regions a hair decides: what lies just above or below.
    near = [region_at(aspect, (x or 0.05, y + step)) for step in (-0.6, 0.6, -1.2, 1.2)]
    return frozenset({next((region for region in near if region), "trunk")})


def _below(parts: list[list[object]], y: float) -> str:
    return str(next(name for name, end in parts if y <= float(str(end))))


def points_in(topic: Topic, region: str, side: str | None = None) -> tuple[str, ...]:
    """Codes of the points that lie in a region, in the order of `points.csv`."""
    return _in(topic, POINT, region, side)


def muscles_in(topic: Topic, region: str, side: str | None = None) -> tuple[str, ...]:
    """Muscles that run through a region, in the order of `muscle_places.csv`."""
    return _in(topic, MUSCLE, region, side)


def _in(topic: Topic, kind: str, region: str, side: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(
        place.ref for place in placed(topic)
        if place.kind == kind and region in regions_at(topic, place)
        and (side is None or place.side in (side, "middle"))
    ))  # fmt: skip
