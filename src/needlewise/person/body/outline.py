"""One human figure, upright with the arms a little apart, seen from the front or from the back.

Body units: a hundred make the height. x runs from the midline to the viewer's right, y from the
crown (0) down to the soles (100). Only the right half stands here; the left is its mirror image,
and front and back share one silhouette. Proportions are those of an adult of ordinary build
(chin, shoulder, elbow, wrist, hip, knee and ankle as shares of stature); it is nobody's body.
"""

from __future__ import annotations

from functools import cache
from itertools import accumulate

from needlewise.person.body.curve import Curve, Point, crossings, mirrored, smooth

HEIGHT = 100.0
VIEWS = ("front", "back")

# The right half, from the crown down the outside and up the inside of the leg.
POINTS: dict[str, Point] = {
    "crown": (0, 0),
    "skull": (2.75, 0.85),
    "temple": (4.3, 3.6),
    "ear top": (4.4, 6.0),
    "ear": (4.95, 6.3),
    "ear lobe": (4.3, 8.5),
    "jaw": (3.6, 10.4),
    "throat": (3.1, 12.2),
    "nape": (3.25, 14.2),
    "trapezius": (5.4, 16.35),
    "shoulder": (9.2, 17.6),
    "acromion": (11.6, 18.9),
    "deltoid": (13.0, 22.4),
    "upper arm": (13.3, 28.0),
    "elbow": (14.55, 35.6),
    "forearm": (15.9, 40.0),
    "above wrist": (16.95, 46.4),
    "wrist": (17.5, 50.2),
    "knuckles": (18.85, 53.9),
    "finger side": (19.35, 57.4),
    "little finger": (19.0, 60.2),
    "fingertips": (17.95, 61.9),
    "first finger": (16.95, 60.6),
    "first knuckle": (16.6, 57.6),
    "thumb fork": (16.2, 55.6),
    "thumb inside": (15.95, 57.1),
    "thumb": (15.3, 58.2),
    "thumb side": (14.75, 55.6),
    "thumb root": (14.95, 52.6),
    "inner wrist": (15.2, 50.2),
    "inner forearm": (13.4, 43.5),
    "inner elbow": (12.1, 37.2),
    "inner arm": (10.6, 30.0),
    "armpit": (9.75, 24.6),
    "ribs": (9.35, 28.2),
    "rib edge": (8.35, 32.8),
    "waist": (7.75, 36.6),
    "crest": (8.45, 40.6),
    "hip top": (9.25, 44.0),
    "trochanter": (9.85, 48.2),
    "thigh top": (9.75, 53.4),
    "thigh": (8.9, 60.5),
    "above knee": (7.4, 69.0),
    "knee": (7.15, 72.4),
    "calf": (7.45, 79.0),
    "shin": (6.2, 88.0),
    "ankle": (5.2, 94.2),
    "outer ankle": (5.5, 95.6),
    "foot side": (6.9, 98.3),
    "toes": (6.4, 99.7),
    "sole": (4.6, 99.94),
    "big toe": (2.75, 99.7),
    "instep": (2.5, 97.0),
    "inner ankle": (2.55, 95.0),
    "inner shin": (2.2, 88.0),
    "inner calf": (1.45, 79.0),
    "inner knee": (1.75, 73.4),
    "above inner knee": (1.55, 69.5),
    "inner thigh": (0.6, 61.5),
    "thigh root": (0.2, 56.0),
    "crotch": (0, 53.0),
}
_CORNERS = {"ear top", "ear lobe", "thumb fork", "armpit", "crotch"}

# Lines within the silhouette, on the right half: they make the figure readable and mean nothing.
LINES: dict[str, tuple[tuple[Point, ...], ...]] = {
    "front": (
        ((0, 13.3), (2.0, 12.5), (3.6, 10.4)),
        ((0.7, 17.3), (1.9, 15.5), (2.8, 13.4)),
        ((1.0, 26.6), (4.6, 27.0), (8.0, 24.9)),
        ((0.42, 40.15), (0, 40.7)),
        ((2.7, 70.6), (4.3, 69.6), (6.0, 70.6)),
        ((2.9, 73.4), (4.4, 74.3), (5.9, 73.4)),
        ((17.35, 57.6), (17.5, 60.9)),
        ((18.2, 57.4), (18.35, 60.9)),
        ((3.5, 98.2), (3.6, 99.4)),
        ((4.6, 98.2), (4.7, 99.5)),
        ((5.6, 98.2), (5.8, 99.4)),
    ),
    "back": (
        ((6.6, 19.3), (4.4, 21.0), (4.6, 24.0), (6.0, 26.3), (7.6, 24.6)),
        ((0, 50.0), (0, 53.0)),
        ((2.4, 72.2), (4.4, 72.7), (6.4, 72.2)),
        ((4.0, 80.2), (4.3, 84.6), (4.0, 88.6)),
        ((3.2, 95.2), (3.25, 97.6), (2.9, 99.0)),
        ((4.75, 95.2), (4.8, 97.6), (5.2, 99.0)),
        ((17.35, 57.6), (17.5, 60.9)),
        ((18.2, 57.4), (18.35, 60.9)),
    ),
}

_C7 = 15.6
_FIRST_STEP, _GROWTH = 0.9, 0.081  # from one spinous process to the next, growing to L5
_SACRAL_STEPS = (1.55, 1.45, 1.35, 1.25)  # S1 to S4
_COCCYX = 50.0
SPINE = ("C7", *(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6)))
SACRUM = tuple(f"S{n}" for n in range(1, 5))


def _levels() -> dict[str, float]:
    steps = [_FIRST_STEP + _GROWTH * n for n in range(len(SPINE) - 1)]
    heights = accumulate([*steps, *_SACRAL_STEPS], initial=_C7)
    return {**dict(zip((*SPINE, *SACRUM), heights, strict=True)), "coccyx": _COCCYX}


# The lower edge of each spinous process (S1 to S4: the sacral foramina; coccyx: its tip) as y in
# the midline of the back.
LEVELS: dict[str, float] = _levels()
ILIAC_CREST = LEVELS["L4"]  # the line between the tops of both crests crosses L4


@cache
def _half() -> dict[tuple[str, str], Curve]:
    names = list(POINTS)
    corners = [i for i, name in enumerate(names) if name in _CORNERS]
    pieces = smooth([*POINTS.values()], corners)
    return {(a, b): (piece,) for a, b, piece in zip(names, names[1:], pieces, strict=False)}


def run(start: str, end: str) -> Curve:
    """The outline of the right half between two named points, in the order of `POINTS`."""
    names = list(POINTS)
    first, last = names.index(start), names.index(end)
    if first >= last:
        raise ValueError(f"{end} does not come after {start}")
    return tuple(c for k in range(first, last) for c in _half()[names[k], names[k + 1]])


@cache
def outline() -> Curve:
    """The whole silhouette, closed: the right half from the crown, then its mirror image."""
    half = run("crown", "crotch")
    return half + mirrored(half)


def drawn_lines(view: str) -> tuple[Curve, ...]:
    """The lines within the silhouette of a view, both sides."""
    right = tuple(smooth(points) for points in LINES[view])
    return right + tuple(mirrored(line) for line in right)


def half_width(y: float) -> float:
    """From the midline to the side of the body at a height (0 to 100), in body units.

    Below the armpits the arms are left out: trunk, hip and leg alone. Raises ValueError beyond
    the body.
    """
    if not 0 <= y <= HEIGHT:
        raise ValueError(f"the body ends between 0 and {HEIGHT:g}, not at {y:g}")
    above = y < POINTS["armpit"][1]
    side = run("crown", "upper arm") if above else run("armpit", "sole")
    return max(crossings(side, y), default=0.0)
