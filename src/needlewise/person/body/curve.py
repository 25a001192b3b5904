"""Smooth lines through a few points, as cubic Beziers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from math import dist, hypot

Point = tuple[float, float]
Cubic = tuple[Point, Point, Point, Point]
Curve = tuple[Cubic, ...]

_HANDLE = 1 / 3  # of a chord: keeps a long piece calm beside a short one


def smooth(points: Sequence[Point], corners: Collection[int] = ()) -> Curve:
    """A curve through all points, round at each but the `corners` (indices) and its two ends.

    An end on the midline (x = 0) that is no corner is crossed squarely, so that the curve and its
    mirror image join smoothly.
    """
    chords = [_unit(a, b) for a, b in pairwise(points)]
    sizes = [dist(a, b) for a, b in pairwise(points)]
    last = len(points) - 1
    cubics: list[Cubic] = []
    for i, (start, end) in enumerate(pairwise(points)):
        ahead = _turn(points, chords, sizes, i, corners)
        back = _turn(points, chords, sizes, i + 1, corners)
        # At an open end or a corner the piece leaves as an arc would.
        if ahead is None:
            ahead = _square(points[0], chords[0]) if i == 0 and 0 not in corners else None
            ahead = ahead or _arc(chords[i], back)
        if back is None:
            at_end = i + 1 == last and last not in corners
            back = _square(points[last], chords[-1]) if at_end else None
            back = back or _arc(chords[i], ahead)
        reach = sizes[i] * _HANDLE
        cubics.append((start, _move(start, ahead, reach), _move(end, back, -reach), end))
    return tuple(cubics)


def _turn(
    points: Sequence[Point],
    chords: Sequence[Point],
    sizes: Sequence[float],
    i: int,
    corners: Collection[int],
) -> Point | None:
    """The direction at an inner round point: nearer neighbours count more."""
    if i in corners or i in (0, len(points) - 1):
        return None
    (ax, ay), (bx, by) = chords[i - 1], chords[i]
    a, b = sizes[i], sizes[i - 1]
    return _unit((0.0, 0.0), (ax * a + bx * b, ay * a + by * b))


def _square(point: Point, chord: Point) -> Point | None:
    return (1.0 if chord[0] > 0 else -1.0, 0.0) if point[0] == 0 and chord[0] != 0 else None


def _arc(chord: Point, other: Point | None) -> Point:
    """The direction at one end of an arc whose chord and other end are known."""
    if other is None:
        return chord
    along = 2 * (chord[0] * other[0] + chord[1] * other[1])
    return along * chord[0] - other[0], along * chord[1] - other[1]


def _unit(a: Point, b: Point) -> Point:
    x, y = b[0] - a[0], b[1] - a[1]
    size = hypot(x, y)
    return (x / size, y / size) if size else (0.0, 0.0)


def _move(point: Point, direction: Point, by: float) -> Point:
    return point[0] + direction[0] * by, point[1] + direction[1] * by


def backwards(curve: Iterable[Cubic]) -> Curve:
    """The same line, walked from its end."""
    return tuple((d, c, b, a) for a, b, c, d in reversed(tuple(curve)))


def mirrored(curve: Iterable[Cubic]) -> Curve:
    """The line on the other side of the midline, walked from its end."""

    def other(point: Point) -> Point:
        return 0.0 - point[0], point[1]

    return tuple((other(a), other(b), other(c), other(d)) for a, b, c, d in backwards(curve))


def at(cubic: Cubic, t: float) -> Point:
    """The point a share `t` (0 to 1) along a cubic."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = cubic
    s = 1 - t
    a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
    return a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


def polygon(curve: Iterable[Cubic], steps: int = 12) -> tuple[Point, ...]:
    """Points along a curve, `steps` a piece, its end left out (a closed curve needs no second)."""
    return tuple(at(cubic, k / steps) for cubic in curve for k in range(steps))


def crossings(curve: Iterable[Cubic], y: float) -> list[float]:
    """Every x at which the curve passes the height y (ends of pieces included)."""
    found: list[float] = []
    steps = 12
    for cubic in curve:
        for k in range(steps):
            low, high = k / steps, (k + 1) / steps
            first = at(cubic, low)[1] - y
            if first * (at(cubic, high)[1] - y) > 0:
                continue
            for _ in range(30):
                middle = (low + high) / 2
                if first * (at(cubic, middle)[1] - y) > 0:
                    low = middle
                else:
                    high = middle
            found.append(at(cubic, (low + high) / 2)[0])
    return found


def holds(ring: Sequence[Point], point: Point) -> bool:
    """Whether a point lies within a closed ring of points."""
    x, y = point
    inside = False
    for (ax, ay), (bx, by) in pairwise((*ring, ring[0])):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            inside = not inside
    return inside
