"""The course chart: expected pain over time, a line, range and marker for each option.

Drawn twice for a web page, wide and narrow, and once for paper. Time runs on a square-root
scale, so that the weeks of the course are not squeezed by the months after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from needlewise.report.characters import clean
from needlewise.report.document import Chart, Series
from needlewise.report.svg import at, picture, safe

_LETTER = 7.2  # width of an average letter of the labels, a little generous
_LEADING = 16.0
_Points = list[tuple[float, float, float, float]]
_MARKERS = (
    "M-5 0a5 5 0 1 1 10 0a5 5 0 1 1-10 0z",  # circle
    "M-4.5-4.5h9v9h-9z",  # square
    "M0-6L6 0L0 6L-6 0z",  # diamond
    "M0-6L5.6 4H-5.6z",  # triangle
    "M0 6L5.6-4H-5.6z",  # triangle on its head
    "M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z",  # plus
    "M-6-2.5h12v5h-12z",  # lying bar
    "M-2.5-6h5v12h-5z",  # standing bar
)


@dataclass(frozen=True)
class _Frame:
    """Where the plot lies in the picture, and its scales."""

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    first: float
    last: float
    highest: float

    def x(self, week: float) -> float:
        span = sqrt(self.last) - sqrt(self.first)
        share = (sqrt(max(week, 0.0)) - sqrt(self.first)) / span if span > 0 else 0.5
        return self.left + share * (self.right - self.left)

    def y(self, level: float) -> float:
        share = min(max(level / self.highest, 0.0), 1.0)
        return self.bottom - share * (self.bottom - self.top)


def course_chart(chart: Chart, id: str, accents: Mapping[str, int], wide: bool) -> str:
    """The chart as one image; `wide` labels the lines at their end, narrow below the plot."""
    drawn = tuple(_studied(series) for series in chart.series)
    early = [s for s in drawn if s.points and s.ends]
    ticks = [week for week, _ in chart.weeks]
    key = [_wrapped(_label(s), 36) for s in drawn]
    weeks = [max(w, 0.0) for w in _weeks(chart)]
    # A note of why a line ends takes a line above the plot, a long one two.
    notes = sum(_LEADING * (2 if len(_label(s)) > 40 else 1) for s in early) if wide else 0.0
    below = 48.0 if wide else 60.0 + (_LEADING + 2) * sum(map(len, key))
    frame = _Frame(
        width=760.0 if wide else 340.0,
        height=(300.0 if wide else 270.0) + notes + below,
        left=34.0,
        top=34.0 + notes,
        right=560.0 if wide else 330.0,
        bottom=(300.0 if wide else 270.0) + notes,
        first=min(weeks),
        last=max(weeks),
        highest=chart.highest if chart.highest > 0 else 10.0,
    )
    body = _axes(chart, frame)
    body += "".join(_band(run, frame, accents[s.option]) for s in drawn for run in _runs(s, ticks))
    body += "".join(
        _line(run, frame, accents[s.option], s.kind) for s in drawn for run in _runs(s, ticks)
    )
    body += "".join(_gap(week, frame, accents[s.option]) for s in drawn for week in s.gaps)
    body += _ends(early, frame, accents, wide)
    body += (
        _labels_beside(drawn, frame, accents) if wide else _key_below(drawn, key, frame, accents)
    )
    classes = f"course {'wide' if wide else 'narrow'}"
    return picture(body, frame.width, frame.height, id=id, title=chart.text, classes=classes)


def _studied(series: Series) -> Series:
    """The series; without points if it has none but today's, which is nobody's finding."""
    only_now = bool(series.ends) and all(week <= 0 for week, *_ in series.points)
    return replace(series, points=()) if only_now else series


def _weeks(chart: Chart) -> list[float]:
    found = [w for w, _ in chart.weeks] + [p[0] for s in chart.series for p in s.points]
    found += [w for s in chart.series for w in s.gaps]
    return found or [0.0]


def _text(x: float, y: float, text: str, classes: str, anchor: str = "start") -> str:
    return (
        f'<text class="{classes}" x="{at(x)}" y="{at(y)}" text-anchor="{anchor}">'
        f"{safe(text)}</text>"
    )


def _axes(chart: Chart, frame: _Frame) -> str:
    parts = [_text(4, 16, chart.y_label, "axis-title")]
    step = 2.0 if frame.highest > 5 else 1.0
    for i in range(int(frame.highest / step) + 1):
        y = frame.y(i * step)
        parts.append(f'<path class="grid" d="M{at(frame.left)} {at(y)}H{at(frame.right)}"/>')
        parts.append(_text(frame.left - 8, y + 4.5, f"{i * step:g}", "tick", "end"))
    row_ends = [float("-inf"), float("-inf")]
    for week, label in sorted(chart.weeks):
        x, half = frame.x(week), len(label) * _LETTER / 2
        middle = min(max(x, half + 1), max(frame.width - half - 1, half + 1))
        # A label that would touch its neighbour steps down a row.
        row = 0 if middle - half > row_ends[0] + 8 else 1
        row_ends[row] = middle + half
        foot = frame.bottom + 6 + 16 * row
        parts.append(f'<path class="axis-tick" d="M{at(x)} {at(frame.bottom)}V{at(foot)}"/>')
        parts.append(_text(middle, foot + 13, label, "tick", "middle"))
    return "".join(parts)


def _runs(series: Series, ticks: Sequence[float]) -> list[_Points]:
    """The points in runs: no line is drawn across a time at which there is no figure."""
    runs: list[_Points] = []
    for point in sorted(series.points):
        if series.kind == "points":
            runs.append([point])
        elif runs and not any(runs[-1][-1][0] < week < point[0] for week in ticks):
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _band(points: _Points, frame: _Frame, accent: int) -> str:
    if len(points) == 1:
        week, _, low, high = points[0]
        x, top, foot = frame.x(week), frame.y(high), frame.y(low)
        ends = f"M{at(x - 5)} {at(top)}h10M{at(x - 5)} {at(foot)}h10"
        return f'<path class="range-whisker a{accent}" d="M{at(x)} {at(top)}V{at(foot)}{ends}"/>'
    upper = [f"{at(frame.x(w))} {at(frame.y(high))}" for w, _, _, high in points]
    lower = [f"{at(frame.x(w))} {at(frame.y(low))}" for w, _, low, _ in points]
    outline = "L".join([*upper, *reversed(lower)])
    return (
        f'<g class="a{accent}"><path class="range-band" d="M{outline}z"/>'
        f'<path class="range-edge" d="M{"L".join(upper)}M{"L".join(lower)}"/></g>'
    )


def _line(points: _Points, frame: _Frame, accent: int, kind: str) -> str:
    spots = [(frame.x(w), frame.y(mean)) for w, mean, _, _ in points]
    path = "L".join(f"{at(x)} {at(y)}" for x, y in spots)
    marked = spots[-1:] if kind == "curve" else spots
    markers = "".join(_marker(x, y, accent) for x, y in marked)
    return f'<g class="a{accent}"><path class="course-line" d="M{path}"/>{markers}</g>'


def _gap(week: float, frame: _Frame, accent: int) -> str:
    """A missing point: an open ring on the axis, so that nothing stands at its height."""
    x, y = at(frame.x(week)), at(frame.bottom)
    return f'<g class="a{accent}"><circle class="gap" cx="{x}" cy="{y}" r="5"/></g>'


def _marker(x: float, y: float, accent: int) -> str:
    return f'<path class="marker" transform="translate({at(x)} {at(y)})" d="{_MARKERS[accent]}"/>'


def _ends(early: Sequence[Series], frame: _Frame, accents: Mapping[str, int], noted: bool) -> str:
    """A stroke where a line ends before the others; `noted`: why, above the plot, led to it."""
    parts = []
    taken: list[float] = []
    y = 38.0
    for series in early:
        week, level = series.points[-1][:2]
        x, top = frame.x(week) + 8 + 5 * taken.count(week), frame.y(level) - 9
        taken.append(week)
        parts.append(f'<g class="a{accents[series.option]}">')
        parts.append(f'<path class="end" d="M{at(x)} {at(top)}v18"/>')
        if noted:
            parts.append(f'<path class="leader" d="M{at(x)} {at(y - 10)}V{at(top)}"/>')
            turned = x > 0.6 * frame.width
            anchor, start = ("end", x - 6) if turned else ("start", x + 6)
            room = x - 12 if turned else frame.width - x - 12
            for text in _wrapped(_label(series), int(room / _LETTER), lines=2):
                parts.append(_text(start, y, text, "ends", anchor))
                y += _LEADING
        parts.append("</g>")
    return "".join(parts)


def _labels_beside(series: Sequence[Series], frame: _Frame, accents: Mapping[str, int]) -> str:
    """Names at the right edge, each beside the end of its line, moved apart where they touch."""
    places: list[tuple[float, Series, int, list[str]]] = []
    for one in series:
        if one.points and one.ends:
            continue
        lines = _wrapped(one.label, 21)
        names = len(lines)
        if not one.points:
            lines = [*lines, *_wrapped(one.ends, 26)]
        level = frame.y(one.points[-1][1]) if one.points else frame.bottom
        places.append((level, one, names, lines))
    places.sort(key=lambda place: place[0])
    tops = _apart(
        [level - _LEADING / 2 for level, *_ in places],
        [_LEADING * len(lines) + 4 for *_, lines in places],
        frame.top - 6,
        frame.bottom + 10,
    )
    parts = []
    for top, (level, one, names, lines) in zip(tops, places, strict=True):
        accent = accents[one.option]
        x = frame.right + 30
        parts.append(f'<g class="a{accent}">')
        if one.points:
            parts.append(
                f'<path class="leader" d="M{at(frame.right + 9)} {at(level)}'
                f'L{at(frame.right + 20)} {at(top + 8)}"/>'
            )
        for i, text in enumerate(lines):
            look = "name" if i < names else "ends"
            parts.append(_text(x - 6, top + 12.5 + _LEADING * i, text, look))
        parts.append("</g>")
    return "".join(parts)


def _apart(
    wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float
) -> list[float]:
    """Positions in the same order, none touching, as near to the wanted ones as the room lets."""
    placed: list[float] = []
    edge = top
    for want, height in zip(wanted, heights, strict=True):
        placed.append(max(want, edge))
        edge = placed[-1] + height
    edge = bottom
    for i in reversed(range(len(placed))):
        placed[i] = min(placed[i], edge - heights[i])
        edge = placed[i]
    return placed


def _key_below(
    series: Sequence[Series],
    key: Sequence[Sequence[str]],
    frame: _Frame,
    accents: Mapping[str, int],
) -> str:
    y = frame.bottom + 62
    parts = []
    for one, lines in zip(series, key, strict=True):
        accent = accents[one.option]
        parts.append(f'<g class="a{accent}">')
        if one.points:
            parts.append(f'<path class="course-line" d="M4 {at(y - 4.5)}H34"/>')
            parts.append(_marker(19, y - 4.5, accent))
        for text in lines:
            parts.append(_text(42, y, text, "ends"))
            y += _LEADING
        y += 2 * len(lines)
        parts.append("</g>")
    return "".join(parts)


def _label(series: Series) -> str:
    return f"{series.label}: {series.ends}" if series.ends else series.label


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _wrapped(text: str, width: int, lines: int = 3) -> list[str]:
    """At most so many lines of at most `width` letters; the alternative has the whole text."""
    found = [""]
    for word in clean(text).split():
        if found[-1] and len(found[-1]) + 1 + len(word) > width:
            found.append("")
        found[-1] = f"{found[-1]} {word}".strip()
    shown = [_cut(line, width) for line in found[:lines]]
    if len(found) > lines:
        shown[-1] = _cut(shown[-1], width - 1).rstrip("…") + "…"
    return shown
