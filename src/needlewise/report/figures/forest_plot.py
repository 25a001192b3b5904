"""How a forest plot is laid out and drawn: columns as wide as their widest text, plot between."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from needlewise.evidence import Network
from needlewise.report.figures.drawing import (
    BAND,
    INK,
    LEADING,
    MUTED,
    NEEDLE,
    PAGE,
    RULE,
    Label,
    drawn,
    marks,
    pixels,
    place,
    stacked,
    texts,
    width,
    wrap,
)
from needlewise.report.figures.forest import Line, direction, number
from needlewise.report.public_words import MINUS, component_name, said, whose

EDGE, GAP, INDENT = 20.0, 22.0, 14.0
PLOT, NAMES = 380.0, 340.0  # width of the plot; most width of the names
TITLE, SMALL = 17.0, 12.0
FARTHEST = 6.0  # so many important differences from zero, beyond what a mean needs, ends are cut
STEPS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
MOST_TICKS = 9
KEY = 46.0  # room for a sign of the key
UPRIGHT: dict[str, Any] = {"angle": 90, "strokeWidth": 1.6}  # a lying stroke, stood up
KEY_LOOKS: dict[str, dict[str, Any]] = {
    "trial": {"shape": "square", "fill": INK, "stroke": INK, "size": 110},
    "worked": {"shape": "square", "fill": PAGE, "stroke": INK, "size": 110, "strokeWidth": 1.6},
    "pooled": {"shape": "diamond", "fill": NEEDLE, "stroke": PAGE, "size": 190},
    "prediction": {"shape": "stroke", "color": NEEDLE, "size": 70, **UPRIGHT},
    "arrow": {"shape": "triangle-right", "filled": True, "color": INK, "size": 70},
    "band": {"color": BAND, "stroke": MUTED, "strokeDash": [2, 3], "opacity": 1},
}
KEY_LINES: dict[str, dict[str, Any]] = {
    "trial": {"strokeWidth": 1.5, "color": INK},
    "worked": {"strokeWidth": 1.5, "color": INK},
    "pooled": {"strokeWidth": 4.0, "color": NEEDLE},
    "prediction": {"strokeWidth": 1.6, "color": NEEDLE, "strokeDash": [5, 3]},
}


@dataclass(frozen=True)
class _Place:
    """A line with its middle and the lines of its name."""

    line: Line
    y: float
    name: tuple[str, ...]


@dataclass(frozen=True)
class _Sheet:
    """Where the columns stand (names left; the others right-aligned at their x) and the plot."""

    people: float
    week: float
    left: float
    right: float
    difference: float
    weight: float
    top: float
    bottom: float
    low: float
    high: float
    ticks: tuple[float, ...]
    important: float | None

    @property
    def wide(self) -> float:
        return self.weight + EDGE


def plot(network: Network, title: str, alternative: str, lines: Sequence[Line]) -> str:
    """The forest plot as SVG."""
    head = _columns(network, lines)
    heading = wrap(title, head.wide - 2 * EDGE, TITLE, bold=True)
    start = EDGE + 24.0 * len(heading) + LEADING + 26.0
    places = list(_placed(lines, start + 22.0))
    bottom = places[-1].y + LEADING * len(places[-1].name) + 2.0
    sheet = _Sheet(**{**head.__dict__, "top": start + 8.0, "bottom": bottom})
    labels = [
        *stacked(Label(EDGE, EDGE + 8, "", size=TITLE, bold=True), heading),
        Label(EDGE, EDGE + 24.0 * len(heading) + 4, whose(network), colour=MUTED),
        *_headings(network, sheet, start - 8.0),
        *(label for here in places for label in _texts(here, sheet)),
    ]
    below, keys, foot = _below(network, sheet, places)
    layers = [
        *texts([*labels, *below], sheet.wide, foot),
        *_ground(sheet, foot),
        *_ranges(places, sheet, foot),
        *_means(places, sheet, foot),
        *_signs(keys, sheet.wide, foot),
    ]
    return drawn(layers, sheet.wide, foot, title, alternative)


def _placed(lines: Sequence[Line], y: float) -> Iterable[_Place]:
    for k, line in enumerate(lines):
        first = line.kind == "option"
        if first and k:
            y += 12.0
        name = wrap(line.text, NAMES - (0 if first else INDENT), bold=first)
        yield _Place(line, y, tuple(name))
        y += LEADING * len(name) + 5.0


def _columns(network: Network, lines: Sequence[Line]) -> _Sheet:
    """Columns as wide as what stands in them; the scale as wide as what is drawn."""

    def widest(column: str, cells: Iterable[str]) -> float:
        head = width(said(network.topic, f"figures.{column}"), SMALL)
        return max([head, *(width(cell) for cell in cells)])

    names = min(NAMES, max(width(line.text, bold=True) + INDENT for line in lines))
    people = EDGE + names + GAP + widest("people", (number(line.people) for line in lines))
    week = people + GAP + widest("week", (number(line.week) for line in lines))
    left = week + GAP
    right = left + PLOT
    difference = right + GAP + widest("difference", (line.shown for line in lines))
    weight = difference + GAP + widest("share", (line.share for line in lines))
    settings = network.topic.settings["outcomes"][network.outcome]
    important = settings.get("important_difference")
    low, high, ticks = _scale(lines, important)
    return _Sheet(
        people, week, left, right, difference, weight, 0.0, 0.0, low, high, ticks, important
    )


def _scale(
    lines: Sequence[Line], important: float | None
) -> tuple[float, float, tuple[float, ...]]:
    """Ends and ticks of the scale: all that is drawn, but no range far beyond every mean."""
    means = [abs(line.mean) for line in lines if line.mean is not None]
    ends = [e for line in lines for e in (line.low, line.high) if e is not None]
    band = important or 0.0
    cap = max([FARTHEST * band if band else math.inf, *(1.1 * m for m in means)])
    low = max(min([*ends, -1.2 * band, -0.1]), -cap)
    high = min(max([*ends, 1.2 * band, 0.1]), cap)
    step = next((s for s in STEPS if (high - low) / s <= MOST_TICKS), high - low)
    first, last = math.floor(low / step), math.ceil(high / step)
    return first * step, last * step, tuple(k * step for k in range(first, last + 1))


def _headings(network: Network, sheet: _Sheet, y: float) -> list[Label]:
    def head(x: float, column: str, align: str) -> Label:
        return Label(x, y, said(network.topic, f"figures.{column}"), align, SMALL, False, MUTED)

    return [
        head(EDGE, "option", "left"),
        head(sheet.people, "people", "right"),
        head(sheet.week, "week", "right"),
        head(sheet.difference, "difference", "right"),
        head(sheet.weight, "share", "right"),
    ]


def _texts(here: _Place, sheet: _Sheet) -> list[Label]:
    line, y = here.line, here.y
    first, strong = line.kind == "option", line.kind in {"option", "pooled"}
    colour = MUTED if line.kind == "note" else INK
    name = Label(EDGE + (0 if first else INDENT), y, "", bold=strong, colour=colour)
    cells = (
        (sheet.people, number(line.people)),
        (sheet.week, number(line.week)),
        (sheet.difference, line.shown),
        (sheet.weight, line.share),
    )
    return [
        *stacked(name, here.name),
        *(Label(x, y, text, "right", bold=strong, colour=colour) for x, text in cells),
    ]


# ---- Marks ----


def _x(sheet: _Sheet, field: str, axis: Any = None) -> Any:
    import altair as alt

    scale = alt.Scale(
        domain=[sheet.low, sheet.high], range=[sheet.left, sheet.right], nice=False, zero=False,
        clamp=True,
    )  # fmt: skip
    return alt.X(f"{field}:Q", scale=scale, axis=axis)


def _y(field: str, high: float) -> Any:
    import altair as alt

    return alt.Y(f"{field}:Q", scale=pixels(high), axis=None)


def _ground(sheet: _Sheet, foot: float) -> list[Any]:
    """The band of unimportant differences, the grid and the line at zero."""

    def upright(values: Iterable[float], **look: Any) -> Any:
        data = [{"x": v, "top": sheet.top, "bottom": sheet.bottom} for v in values]
        return (
            marks(data)
            .mark_rule(opacity=1, **look)
            .encode(x=_x(sheet, "x"), y=_y("top", foot), y2="bottom:Q")
        )

    band = sheet.important or 0.0
    area = [{"x": -band, "x2": band, "top": sheet.top, "bottom": sheet.bottom}]
    return [
        marks(area)
        .mark_rect(color=BAND, opacity=1)
        .encode(x=_x(sheet, "x"), x2="x2:Q", y=_y("top", foot), y2="bottom:Q"),
        upright(sheet.ticks, color=RULE),
        upright([-band, band] if band else [], color=MUTED, strokeDash=[2, 3]),
        upright([0.0], color=INK, strokeWidth=1.4),
    ]


def _ranges(places: Sequence[_Place], sheet: _Sheet, foot: float) -> list[Any]:
    """The 95 % ranges; one that leaves the scale ends in an arrowhead, one within it in a tick."""

    found = []
    for kind in ("trial", "pooled", "prediction"):
        look = KEY_LINES[kind]
        of_kind = [p for p in places if p.line.kind == kind]
        data = [{"low": p.line.low, "high": p.line.high, "y": p.y} for p in of_kind]
        found.append(
            marks(data)
            .mark_rule(opacity=1, **look)
            .encode(x=_x(sheet, "low"), x2="high:Q", y=_y("y", foot))
        )
        ends = [(end, p.y) for p in of_kind for end in (p.line.low, p.line.high) if end is not None]
        shapes: dict[str, list[tuple[float, float]]] = {
            "stroke": [e for e in ends if sheet.low <= e[0] <= sheet.high],
            "triangle-left": [e for e in ends if e[0] < sheet.low],
            "triangle-right": [e for e in ends if e[0] > sheet.high],
        }
        for shape, at in shapes.items():
            values = [{"x": x, "y": y} for x, y in at]
            form = UPRIGHT if shape == "stroke" else {"filled": True}
            found.append(
                marks(values)
                .mark_point(shape=shape, size=70, color=look["color"], opacity=1, **form)
                .encode(x=_x(sheet, "x"), y=_y("y", foot))
            )
    return found


def _means(places: Sequence[_Place], sheet: _Sheet, foot: float) -> list[Any]:
    """A square for each trial, hollow where its spread was worked out; a diamond for the pooled."""
    trials = [p for p in places if p.line.own is not None]
    exact = [1.0 / p.line.own.error**2 for p in trials if p.line.own is not None]
    largest = max(exact, default=1.0)
    sizes = [40.0 + 160.0 * e / largest for e in exact]
    pooled = [p for p in places if p.line.kind == "pooled"]
    squares = [
        {"x": p.line.mean, "y": p.y, "size": s, "printed": bool(p.line.own and p.line.own.printed)}
        for p, s in zip(trials, sizes, strict=True)
    ]
    diamonds = [{"x": p.line.mean, "y": p.y, "size": 190.0} for p in pooled]
    return [
        _points([d for d in squares if d["printed"]], sheet, foot, "square", INK, INK),
        _points([d for d in squares if not d["printed"]], sheet, foot, "square", PAGE, INK),
        _points(diamonds, sheet, foot, "diamond", NEEDLE, PAGE),
    ]


def _points(
    data: list[dict[str, Any]], sheet: _Sheet, foot: float, shape: str, fill: str, stroke: str
) -> Any:
    import altair as alt

    return (
        marks(data)
        .mark_point(shape=shape, fill=fill, stroke=stroke, strokeWidth=1.6, opacity=1)
        .encode(
            x=_x(sheet, "x"),
            y=_y("y", foot),
            size=alt.Size("size:Q", scale=alt.Scale(domain=[0, 200], range=[0, 200]), legend=None),
        )
    )


# ---- Below the plot ----


def _below(
    network: Network, sheet: _Sheet, places: Sequence[_Place]
) -> tuple[list[Label], list[tuple[str, float]], float]:
    """Ticks, unit, directions, key (its signs with their y) and notes; and the full height."""
    topic, y = network.topic, sheet.bottom + 13.0

    def small(x: float, y: float, text: str, align: str = "center") -> Label:
        return Label(x, y, text, align, SMALL, False, MUTED)

    labels = [small(_at(sheet, t), y, _tick(t)) for t in sheet.ticks]
    unit = str(topic.settings["outcomes"][network.outcome]["unit"])
    lines = wrap(said(topic, "figures.unit", unit), PLOT + 2 * GAP, SMALL)
    y += 22.0
    labels += stacked(small((sheet.left + sheet.right) / 2, y, ""), lines)
    y += LEADING * len(lines) + 4.0
    zero = _at(sheet, 0.0)
    labels.append(Label(zero - 10, y, f"← {direction(network, 'less')}", "right", SMALL))
    labels.append(Label(zero + 10, y, f"{direction(network, 'more')} →", "left", SMALL))
    y += 32.0
    keys: list[tuple[str, float]] = []
    for sign, text in _keys(network, sheet, places):
        keys.append((sign, y))
        lines = wrap(text, sheet.wide - 2 * EDGE - KEY, SMALL)
        labels += stacked(small(EDGE + KEY, y, "", "left"), lines)
        y += LEADING * len(lines) + 3.0
    kinds = {here.line.kind for here in places}
    reference = component_name(topic, network.reference)
    notes = ("note_zero", *(("note_week", "note_weight") if "trial" in kinds else ()))
    for note in notes:
        parts = (reference,) if note == "note_zero" else ()
        lines = wrap(said(topic, f"figures.{note}", *parts), sheet.wide - 2 * EDGE, SMALL)
        labels += stacked(small(EDGE, y + 4.0, "", "left"), lines)
        y += LEADING * len(lines)
    return labels, keys, y + EDGE - 8.0


def _tick(value: float) -> str:
    return f"{MINUS if value < 0 else ''}{abs(value):g}"


def _at(sheet: _Sheet, value: float) -> float:
    share = (value - sheet.low) / (sheet.high - sheet.low)
    return sheet.left + share * (sheet.right - sheet.left)


def _keys(network: Network, sheet: _Sheet, places: Sequence[_Place]) -> Iterable[tuple[str, str]]:
    """The signs that occur, with their meaning."""
    topic = network.topic
    owns = [p.line.own for p in places if p.line.own is not None]
    ends = [e for p in places for e in (p.line.low, p.line.high) if e is not None]
    if any(own.printed for own in owns):
        yield "trial", said(topic, "figures.key_trial")
    if any(not own.printed for own in owns):
        yield "worked", said(topic, "figures.key_worked")
    if any(p.line.kind == "pooled" for p in places):
        yield "pooled", said(topic, "figures.key_pooled")
        yield "prediction", said(topic, "figures.key_prediction")
    if any(not sheet.low <= e <= sheet.high for e in ends):
        yield "arrow", said(topic, "figures.key_arrow")
    if sheet.important:
        yield "band", said(topic, "figures.key_band", f"{sheet.important:g}")


def _signs(keys: Sequence[tuple[str, float]], wide: float, foot: float) -> Iterator[Any]:
    """The signs of the key, as they look in the plot."""
    at = place(wide, foot)
    middle, left, right = EDGE + KEY / 2 - 5, EDGE, EDGE + KEY - 10
    for sign, y in keys:
        look = KEY_LOOKS[sign]
        if sign == "band":
            box = {"x": left, "x2": right, "y": y - 7, "y2": y + 7}
            yield marks([box]).mark_rect(**look).encode(**at, x2="x2:Q", y2="y2:Q")
            continue
        if sign in KEY_LINES:
            line = {"x": left, "x2": right, "y": y}
            yield marks([line]).mark_rule(opacity=1, **KEY_LINES[sign]).encode(**at, x2="x2:Q")
        ends = [{"x": left, "y": y}, {"x": right, "y": y}]
        points = ends if sign == "prediction" else [{"x": middle, "y": y}]
        yield marks(points).mark_point(opacity=1, **look).encode(**at)
