"""How a network is laid out and drawn: treatments on an oval, labels outside it, counts on lines.

Each side of the oval gives every node the height of its label, so no two labels share a line; the
order round it is the one with the fewest crossings that swaps find; a count moves along its line
until it touches nothing, and the oval grows until every count has a place and no line is hidden.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from needlewise.evidence import Network
from needlewise.report.figures.drawing import (
    INK,
    LEADING,
    MUTED,
    NEEDLE,
    PAGE,
    PRETEND,
    Label,
    drawn,
    marks,
    place,
    stacked,
    texts,
    width,
    wrap,
)
from needlewise.report.figures.network_graph import Graph, here, people_text
from needlewise.report.public_words import said

EDGE, NAMES, TITLE, SMALL = 20.0, 250.0, 17.0, 12.0
SMALLEST, LARGEST = 5.0, 18.0  # radius of a treatment's sign
CHIP = 8.0  # half the height of a count
ROW, AIR = 46.0, 12.0  # least height of a node with its label; air between labels
LINE = "#a9b0b6"
PLACES = (0.5, *(0.5 + side * k * 0.035 for k in range(1, 11) for side in (-1, 1)))
GROWTH, MOST_GROWTHS = 1.12, 12
LOOKS: dict[str, dict[str, Any]] = {
    "needling": {"shape": "circle", "fill": NEEDLE, "stroke": PAGE},
    "pretend": {"shape": "circle", "fill": PAGE, "stroke": PRETEND},
    "reference": {"shape": "square", "fill": INK, "stroke": PAGE},
    "other": {"shape": "diamond", "fill": "#d9dde0", "stroke": MUTED},
}
Point = tuple[float, float]


@dataclass(frozen=True)
class Spot:
    """Where a node stands: centre from the oval's middle, radius, its label's lines and place."""

    x: float
    y: float
    radius: float
    lines: tuple[str, ...]
    label_x: float
    label_y: float
    align: str

    def moved(self, right: float, down: float) -> Spot:
        return replace(
            self, x=self.x + right, y=self.y + down, label_x=self.label_x + right,
            label_y=self.label_y + down,
        )  # fmt: skip

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the label."""
        wide = max(width(text) for text in self.lines)
        left = self.label_x if self.align == "left" else self.label_x - wide
        half = LEADING * len(self.lines) / 2
        return left, self.label_y - half, left + wide, self.label_y + half


def plot(network: Network, title: str, alternative: str, graph: Graph) -> str:
    """The network as SVG."""
    topic = network.topic
    if not graph.links:
        wide = 560.0
        head = _heading(network, graph, title, wide)
        told = wrap(said(topic, "figures.empty"), wide - 2 * EDGE)
        labels = [*head, *stacked(Label(EDGE, head[-1].y + 34.0, ""), told)]
        high = labels[-1].y + EDGE
        return drawn(texts(labels, wide, high), wide, high, title, alternative)
    lines = [
        (*wrap(node.name, NAMES), *wrap(people_text(network, node), NAMES)) for node in graph.nodes
    ]
    order = fewest_crossings(len(graph.nodes), [(k.one, k.other) for k in graph.links])
    spots, chips = _settled(graph, order, lines)
    boxes = [spot.box for spot in spots]
    left = EDGE - min(b[0] for b in boxes)
    wide = max(left + max(b[2] for b in boxes) + EDGE, 560.0)
    head = _heading(network, graph, title, wide)
    top = head[-1].y + 24.0 - min(b[1] for b in boxes)
    bottom = top + max(b[3] for b in boxes) + 28.0
    keys, key_labels, high = _key(network, graph, wide, bottom)
    spots = [spot.moved(left, top) for spot in spots]
    chips = [(x + left, y + top) for x, y in chips]
    labels = [
        *head,
        *(label for spot in spots for label in _names(spot)),
        *(
            Label(x, y, str(len(link.trials)), "center", SMALL, True)
            for link, (x, y) in zip(graph.links, chips, strict=True)
        ),
        *key_labels,
    ]
    layers = [
        _lines(graph, spots, wide, high),
        _chips(chips, wide, high),
        *_signs(graph, spots, wide, high),
        *_key_signs(keys, wide, high),
        *texts(labels, wide, high),
    ]
    return drawn(layers, wide, high, title, alternative)


def _heading(network: Network, graph: Graph, title: str, wide: float) -> list[Label]:
    lines = wrap(title, wide - 2 * EDGE, TITLE, bold=True)
    y = EDGE + 24.0 * len(lines) + 4
    told = wrap(here(network, graph), wide - 2 * EDGE)
    return [
        *stacked(Label(EDGE, EDGE + 8, "", size=TITLE, bold=True), lines),
        *stacked(Label(EDGE, y, "", colour=MUTED), told),
    ]


def _names(spot: Spot) -> list[Label]:
    """The label of a node: name in ink, people below it, muted."""
    first = spot.label_y - LEADING * (len(spot.lines) - 1) / 2
    return [
        Label(
            spot.label_x, first + k * LEADING, text, spot.align,
            colour=INK if k < len(spot.lines) - 1 else MUTED,
        )
        for k, text in enumerate(spot.lines)
    ]  # fmt: skip


# ---- Layout ----


def fewest_crossings(count: int, links: Sequence[tuple[int, int]]) -> list[int]:
    """Nodes in an order round the oval; swaps that lower the number of crossings are kept."""
    order = list(range(count))
    best = _crossings(order, links)
    improved = True
    while improved:
        improved = False
        for i, j in combinations(range(count), 2):
            order[i], order[j] = order[j], order[i]
            found = _crossings(order, links)
            if found < best:
                best, improved = found, True
            else:
                order[i], order[j] = order[j], order[i]
    return order


def _crossings(order: Sequence[int], links: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Crossings of the chords, then how near linked nodes stand: long lines lie further apart."""
    place = {node: k for k, node in enumerate(order)}
    chords = [tuple(sorted((place[a], place[b]))) for a, b in links]
    crossed = sum(
        a < c < b < d or c < a < d < b for (a, b), (c, d) in combinations(chords, 2)
    )  # fmt: skip
    return crossed, -sum(min(b - a, len(order) - b + a) for a, b in chords)


def _settled(
    graph: Graph, order: Sequence[int], lines: Sequence[tuple[str, ...]]
) -> tuple[list[Spot], list[Point]]:
    """Spots and counts on the smallest oval, turned as need be, on which nothing is in the way."""
    for scale in (GROWTH**k for k in range(MOST_GROWTHS)):
        for turn in range(len(order)):
            spots = _spots(graph, [*order[turn:], *order[:turn]], lines, scale)
            if not (_labels_touch(spots) or _passes_under(graph, spots)):
                chips = _counts(graph, spots)
                if chips is not None:
                    return spots, chips
    return spots, [_along(spots, link.one, link.other, 0.5) for link in graph.links]


def _labels_touch(spots: Sequence[Spot]) -> bool:
    boxes = [spot.box for spot in spots]
    return any(
        a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        for a, b in combinations(boxes, 2)
    )


def _passes_under(graph: Graph, spots: Sequence[Spot]) -> bool:
    """Whether a line runs under the sign of a node that it does not join."""
    return any(
        _distance((spot.x, spot.y), spots[link.one], spots[link.other]) < spot.radius + 2.0
        for link in graph.links
        for node, spot in enumerate(spots)
        if node not in (link.one, link.other)
    )


def _spots(
    graph: Graph, order: Sequence[int], lines: Sequence[tuple[str, ...]], scale: float
) -> list[Spot]:
    """Nodes on an oval, half of them on each side, each with room for its label."""
    right = (len(order) + 1) // 2
    sides = (list(order[:right]), list(order[right:])[::-1])  # both from the top down
    needs = [[max(ROW, LEADING * len(lines[n]) + AIR) for n in side] for side in sides]
    high = scale * max(max(map(sum, needs)) / 2, 90.0)
    broad = max(1.35 * high, 170.0 * scale)
    most = max(*(node.people for node in graph.nodes), 1.0)
    found: dict[int, Spot] = {}
    for side, need, sign in zip(sides, needs, (1, -1), strict=True):
        above = 0.0
        for node, room in zip(side, need, strict=True):
            y = high * (2.0 * (above + room / 2) / sum(need) - 1.0)
            above += room
            radius = max(SMALLEST, LARGEST * math.sqrt(graph.nodes[node].people / most))
            found[node] = _spot(sign, y, broad, high, radius, lines[node])
    return [found[node] for node in range(len(order))]


def _spot(
    sign: int, y: float, broad: float, high: float, radius: float, lines: tuple[str, ...]
) -> Spot:
    """A node at a height of the oval, its label moved off along the normal."""
    x = sign * broad * math.sqrt(max(0.0, 1.0 - (y / high) ** 2))
    slant = math.hypot(x / broad**2, y / high**2)
    away, down = x / broad**2 / slant, y / high**2 / slant
    label_y = y + down * (radius + LEADING * len(lines) / 2)
    label_x = x + (radius + 7.0) * away + 3.0 * sign
    return Spot(x, y, radius, lines, label_x, label_y, "left" if sign > 0 else "right")


def _along(spots: Sequence[Spot], one: int, other: int, share: float) -> Point:
    a, b = spots[one], spots[other]
    return a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)


def _counts(graph: Graph, spots: Sequence[Spot]) -> list[Point] | None:
    """A place for each count: off signs, labels and other counts, and off other lines if it can."""
    taken: list[Point] = []
    for link in graph.links:
        free = [
            (_near(graph, spots, link, point), k, point)
            for k, share in enumerate(PLACES)
            for point in [_along(spots, link.one, link.other, share)]
            if _is_free(point, spots, taken)
        ]
        if not free:
            return None
        taken.append(min(free)[2])
    return taken


def _is_free(point: Point, spots: Sequence[Spot], taken: Sequence[Point]) -> bool:
    x, y = point
    clear = all(math.hypot(x - s.x, y - s.y) > s.radius + CHIP + 3.0 for s in spots)
    apart = all(abs(x - a) > 2.2 * CHIP or abs(y - b) > 1.9 * CHIP for a, b in taken)
    return clear and apart and not any(_inside(point, spot.box) for spot in spots)


def _inside(point: Point, box: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = box
    return left - CHIP < point[0] < right + CHIP and top - CHIP < point[1] < bottom + CHIP


def _near(graph: Graph, spots: Sequence[Spot], link: Any, point: Point) -> int:
    """How many other lines pass so close that the count might be taken for theirs."""
    return sum(
        _distance(point, spots[other.one], spots[other.other]) < CHIP + 3.0
        for other in graph.links
        if other is not link
    )


def _distance(point: Point, a: Spot, b: Spot) -> float:
    """From a point to the line between two nodes."""
    length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2
    along = ((point[0] - a.x) * (b.x - a.x) + (point[1] - a.y) * (b.y - a.y)) / length
    share = min(max(along, 0.0), 1.0)
    return math.hypot(point[0] - a.x - share * (b.x - a.x), point[1] - a.y - share * (b.y - a.y))


# ---- Marks ----


def _as_is(field: str) -> Any:
    """A size or stroke width taken as it stands."""
    import altair as alt

    scale = alt.Scale(domain=[0, 1e4], range=[0, 1e4])
    return {
        "size": alt.Size("size:Q", scale=scale, legend=None),
        "strokeWidth": alt.StrokeWidth("strokeWidth:Q", scale=scale, legend=None),
    }[field]


def _lines(graph: Graph, spots: Sequence[Spot], wide: float, high: float) -> Any:
    values = [
        {
            "x": spots[k.one].x, "y": spots[k.one].y,
            "x2": spots[k.other].x, "y2": spots[k.other].y,
            "strokeWidth": 1.5 + 1.5 * min(len(k.trials) - 1, 6),
        }
        for k in graph.links
    ]  # fmt: skip
    drawn_at = marks(values).mark_rule(color=LINE, opacity=1)
    width_of = _as_is("strokeWidth")
    return drawn_at.encode(**place(wide, high), x2="x2:Q", y2="y2:Q", strokeWidth=width_of)


def _chips(points: Sequence[Point], wide: float, high: float) -> Any:
    """A plate in the page's colour below each count."""
    values = [{"x": x, "y": y} for x, y in points]
    plates = marks(values).mark_point(
        shape="circle", size=math.pi * CHIP**2, fill=PAGE, stroke=PAGE
    )
    return plates.encode(**place(wide, high))


def _signs(graph: Graph, spots: Sequence[Spot], wide: float, high: float) -> Iterator[Any]:
    for kind, look in LOOKS.items():
        values = [
            {"x": s.x, "y": s.y, "size": math.pi * s.radius**2}
            for node, s in zip(graph.nodes, spots, strict=True)
            if node.kind == kind
        ]
        drawn_at = marks(values).mark_point(opacity=1, strokeWidth=2.4, **look)
        yield drawn_at.encode(**place(wide, high), size=_as_is("size"))


def _key(
    network: Network, graph: Graph, wide: float, y: float
) -> tuple[list[tuple[str, float]], list[Label], float]:
    """What the signs mean, and notes on lines and sizes; and the full height."""
    topic = network.topic
    keys: list[tuple[str, float]] = []
    labels: list[Label] = []
    for kind in LOOKS:
        if any(node.kind == kind for node in graph.nodes):
            keys.append((kind, y))
            text = said(topic, f"figures.key_{kind}")
            labels.append(Label(EDGE + 28.0, y, text, size=SMALL, colour=MUTED))
            y += LEADING + 4.0
    for note in ("key_line", "key_size"):
        lines = wrap(said(topic, f"figures.{note}"), wide - 2 * EDGE, SMALL)
        labels += stacked(Label(EDGE, y + 4.0, "", size=SMALL, colour=MUTED), lines)
        y += LEADING * len(lines)
    return keys, labels, y + EDGE - 8.0


def _key_signs(keys: Sequence[tuple[str, float]], wide: float, high: float) -> Iterator[Any]:
    for kind, y in keys:
        drawn_at = marks([{"x": EDGE + 9.0, "y": y}])
        sign = drawn_at.mark_point(opacity=1, strokeWidth=2.4, size=150, **LOOKS[kind])
        yield sign.encode(**place(wide, high))
