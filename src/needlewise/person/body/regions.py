"""The regions of the body a person can point at, as closed shapes on the front and the back.

Neighbours share one line, so regions meet without gap or overlap. A region covers both sides of
the body; which regions a topic asks for, and what it calls them, stands in `body_regions.csv`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from needlewise.errors import InputError
from needlewise.person.body.curve import Curve, Point, backwards, holds, mirrored, polygon, smooth
from needlewise.person.body.outline import ILIAC_CREST, LEVELS, POINTS, VIEWS, run
from needlewise.topic import Topic
from needlewise.topic.pack import listed

TABLE = "body_regions"

# Where lines between regions meet on the right half, beside the points of the outline.
_MEETING: dict[str, Point] = {
    **{level: (0.0, y) for level, y in LEVELS.items()},
    "nape top": (0, 11.0),
    "blade": (8.9, 20.5),  # on the line between trunk and arm
    "rib 12": (5.3, LEVELS["T11"] + 0.7),  # from here to the crest: the edge of the long muscles
    "L1 side": (5.3, LEVELS["L1"] + 0.1),
    "L3 side": (5.4, LEVELS["L3"] + 0.1),
    "crest back": (5.55, ILIAC_CREST + 0.75),
    "crest top": (6.9, ILIAC_CREST),
    "sacrum corner": (4.1, LEVELS["L5"] + 0.5),
    "fold": (7.7, 52.0),
    "breastbone top": (0, 17.9),
    "breastbone tip": (0, 27.2),
    "low belly": (0, 44.6),
    "groin inside": (5.5, 44.35),
    "groin outside": (7.5, 43.85),
    "groin middle": (5.2, 48.6),
}

# Every line between regions, on the right half: smooth through its stops.
_LINES: dict[str, tuple[tuple[str | Point, ...], ...]] = {
    "back": (
        ("nape top", (2.0, 10.85), "jaw"),
        ("C7", (2.6, 15.9), "trapezius"),
        ("shoulder", "blade", "armpit"),
        ("T4", (4.5, 19.9), "blade"),
        ("T8", (5.0, 25.3), "armpit"),
        ("T11", (2.8, 30.15), "rib 12", (7.0, 31.7), "rib edge"),
        ("rib 12", "L1 side", "L3 side", "crest back"),
        ("L1", (2.8, LEVELS["L1"]), "L1 side"),
        ("L3", (2.8, LEVELS["L3"]), "L3 side"),
        ("sacrum corner", "crest back", "crest top", "crest"),
        ("L5", (2.2, LEVELS["L5"] + 0.1), "sacrum corner"),
        ("sacrum corner", (3.5, LEVELS["S2"]), (2.0, LEVELS["S4"]), "coccyx"),
        ("hip top", (7.75, 46.6), (7.35, 49.4), "fold"),
        ("fold", "thigh top"),
        ("fold", (5.6, 53.9), (2.6, 54.5), "crotch"),
    ),
    "front": (
        ("breastbone top", (3.6, 17.7), (6.6, 17.75), "shoulder"),
        ("shoulder", "blade", "armpit"),
        ("breastbone tip", (1.6, 27.9), (5.0, 31.2), "rib edge"),
        ("low belly", (3.0, 44.6), "groin inside", "groin outside", "hip top"),
        ("groin inside", (3.0, 48.8), "crotch"),
        ("groin outside", "groin middle", "thigh root"),
        ("groin middle", (7.3, 51.6), "thigh top"),
    ),
}

# Every region as a walk along those lines and the outline. A walk from midline to midline is
# closed by its mirror image; any other closes on itself and has a twin on the left.
_WALKS: dict[str, dict[str, tuple[str, ...]]] = {
    "back": {
        "neck": ("nape top", "jaw", "trapezius", "C7"),
        "upper_thoracic": ("C7", "trapezius", "shoulder", "blade", "T4"),
        "thoracic": ("T4", "blade", "armpit", "T8"),
        "lower_thoracic": ("T8", "armpit", "rib edge", "rib 12", "T11"),
        "thoracolumbar": ("T11", "rib 12", "L1 side", "L1"),
        "lumbar": ("L1", "L1 side", "L3 side", "L3"),
        "low_lumbar": ("L3", "L3 side", "crest back", "sacrum corner", "L5"),
        "sacral": ("L5", "sacrum corner", "coccyx"),
        "flank": ("rib 12", "rib edge", "crest", "crest back", "rib 12"),
        "buttock": ("coccyx", "sacrum corner", "crest", "hip top", "fold", "crotch"),
        "hip": ("hip top", "thigh top", "fold", "hip top"),
        "leg": ("crotch", "fold", "thigh top", "crotch"),
    },
    "front": {
        "chest": ("breastbone top", "shoulder", "armpit", "rib edge", "breastbone tip"),
        "abdomen": ("breastbone tip", "rib edge", "hip top", "low belly"),
        "pelvic": ("low belly", "groin inside", "crotch"),
        "groin": ("groin inside", "groin outside", "thigh root", "crotch", "groin inside"),
        "hip": ("groin outside", "hip top", "thigh top", "groin middle", "groin outside"),
        "leg": ("groin middle", "thigh top", "thigh root", "groin middle"),
    },
}


@dataclass(frozen=True)
class Place:
    """A row of `body_regions.csv`: a region's name and its words, and where it can be seen.

    `also` are the regions it takes in; a place without a shape of its own is shown by them.
    """

    region: str
    label: str
    views: tuple[str, ...]
    also: tuple[str, ...]


@cache
def shapes(view: str) -> dict[str, tuple[Curve, ...]]:
    """Every region of a view ("front" or "back") as one or two closed curves in body units."""
    return {region: _closed(_walk(view, stops)) for region, stops in _WALKS[view].items()}


def region_at(view: str, point: Point) -> str | None:
    """The region a point of a view lies in, None where it lies in none."""
    for region, curves in shapes(view).items():
        if any(holds(polygon(curve), point) for curve in curves):
            return region
    return None


def places(topic: Topic) -> tuple[Place, ...]:
    """The topic's regions in its own order.

    Raises InputError for a region the figure has no shape for, on a view where it has none.
    """
    rows = topic[TABLE]
    known = {row["region"] for row in rows}
    found = []
    for row in rows:
        views = VIEWS if row["view"] == "both" else (row["view"],)
        place = Place(row["region"], row["label"], views, listed(row["also"]))
        if lost := [name for name in place.also if name not in known]:
            raise InputError(f"{row.place} takes in {lost[0]}, which has no row there; add one.")
        if not place.also and any(place.region not in _WALKS.get(view, {}) for view in views):
            raise InputError(
                f"{row.place}: the figure has no shape for {place.region} on view {row['view']}; "
                "correct the view, or name in also the regions that show it."
            )
        found.append(place)
    return tuple(found)


def chosen(known: tuple[Place, ...], regions: Collection[str]) -> tuple[Place, ...]:
    """The places of these regions, in the topic's order; InputError for a region without a row."""
    names = {place.region for place in known}
    if lost := [region for region in regions if region not in names]:
        raise InputError(f"{TABLE}.csv has no region {lost[0]!r}; add it, or choose another.")
    return tuple(place for place in known if place.region in regions)


def _walk(view: str, stops: tuple[str, ...]) -> Curve:
    return tuple(cubic for a, b in pairwise(stops) for cubic in _leg(view, a, b))


def _leg(view: str, start: str, end: str) -> Curve:
    """The way between two stops: along the line that has both, else along the outline."""
    for line in _LINES[view]:
        if start in line and end in line:
            first, last = line.index(start), line.index(end)
            curve = smooth([_point(stop) for stop in line])[min(first, last) : max(first, last)]
            return curve if first < last else backwards(curve)
    names = list(POINTS)
    if names.index(start) < names.index(end):
        return run(start, end)
    return backwards(run(end, start))


def _point(stop: str | Point) -> Point:
    if not isinstance(stop, str):
        return stop
    return POINTS[stop] if stop in POINTS else _MEETING[stop]


def _closed(walk: Curve) -> tuple[Curve, ...]:
    if walk[0][0] == walk[-1][3]:
        return walk, mirrored(walk)
    return (walk + mirrored(walk),)
