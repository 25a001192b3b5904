"""What every evidence picture shares: measured text, one look, and the SVG with its alternative.

Places of texts are worked out here from letter widths on the wide side, never by the renderer, so
a picture is laid out the same whichever fonts a machine has.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from needlewise.report.characters import clean
from needlewise.report.document import Table
from needlewise.report.svg import safe

Cell = str | float | int | None

FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
INK, MUTED, RULE, BAND, PAGE = "#1f262b", "#56606a", "#d9d5cc", "#efece5", "#ffffff"
NEEDLE, PRETEND, OTHER = "#0064a4", "#a85200", "#8a9199"  # apart in grey as well
SIZE, LEADING = 13.0, 17.0

_NARROW, _WIDE = frozenset("iljtfrI.,:;|!'()[] -/"), frozenset("mwMW@%—–−←→")


@dataclass(frozen=True)
class Figure:
    """A picture with the same in words and as tables.

    `rows` holds the numbers behind it, one mapping a line, unrounded where they are numbers;
    `tables` the same as blocks for a page, rounded as in the picture.
    """

    name: str
    title: str
    alt: str
    svg: str
    rows: tuple[Mapping[str, Cell], ...]
    tables: tuple[Table, ...]

    def png(self, scale: float = 2.0) -> bytes:
        """The picture in pixels, `scale` of them to a unit."""
        import vl_convert

        return bytes(vl_convert.svg_to_png(self.svg, scale=scale))


@dataclass(frozen=True)
class Label:
    """A text at a place: `y` is its middle, `align` left, center or right of `x`."""

    x: float
    y: float
    text: str
    align: str = "left"
    size: float = SIZE
    bold: bool = False
    colour: str = INK


def width(text: str, size: float = SIZE, bold: bool = False) -> float:
    """Room a text needs at most in a common sans-serif, in pixels."""
    return size * (1.08 if bold else 1.0) * sum(map(_letter, text))


def _letter(letter: str) -> float:
    if letter in _NARROW:
        return 0.40
    if letter in _WIDE:
        return 1.0
    if ord(letter) >= 0x2E80:  # East Asian letters and pictures fill a square
        return 1.1
    return 0.72 if letter.isupper() else 0.64


def wrap(text: str, widest: float, size: float = SIZE, bold: bool = False) -> list[str]:
    """Lines no wider than `widest`; a word that is wider alone is cut."""
    lines: list[str] = []
    for word in clean(text).split():
        for piece in _pieces(word, widest, size, bold):
            joined = f"{lines[-1]} {piece}" if lines else piece
            if lines and width(joined, size, bold) <= widest:
                lines[-1] = joined
            else:
                lines.append(piece)
    return lines or [""]


def _pieces(word: str, widest: float, size: float, bold: bool) -> Iterator[str]:
    """The word in pieces that fit, as few as can be."""
    start = 0
    for stop in range(1, len(word) + 1):
        if stop > start + 1 and width(word[start:stop], size, bold) > widest:
            yield word[start : stop - 1]
            start = stop - 1
    yield word[start:]


def stacked(label: Label, lines: Sequence[str]) -> list[Label]:
    """A label of several lines, the first where the label stands."""
    return [replace(label, y=label.y + k * LEADING, text=t) for k, t in enumerate(lines)]


def pixels(size: float) -> Any:
    """A scale on which a value is a place."""
    import altair as alt

    return alt.Scale(domain=[0, size], range=[0, size], nice=False, zero=False)


def place(wide: float, high: float) -> dict[str, Any]:
    """Encodings of a mark whose `x` and `y` are places on a sheet of this size."""
    import altair as alt

    return {
        "x": alt.X("x:Q", scale=pixels(wide), axis=None),
        "y": alt.Y("y:Q", scale=pixels(high), axis=None),
    }


def marks(values: Iterable[Mapping[str, Cell]]) -> Any:
    """A chart over values, still to be given its mark."""
    import altair as alt

    data: Any = alt.Data
    return alt.Chart(data(values=list(values)))


def texts(labels: Sequence[Label], wide: float, high: float) -> list[Any]:
    """All labels, one layer for each look."""
    looks: dict[tuple[str, float, bool, str], list[dict[str, Cell]]] = defaultdict(list)
    for label in labels:
        if label.text:
            looks[label.align, label.size, label.bold, label.colour].append(
                {"x": label.x, "y": label.y, "text": clean(label.text)}
            )
    return [
        marks(values)
        .mark_text(
            align=align, baseline="middle", fontSize=size, color=colour, opacity=1,
            fontWeight="bold" if bold else "normal",
        )
        .encode(**place(wide, high), text="text:N")
        for (align, size, bold, colour), values in looks.items()
    ]  # fmt: skip


def drawn(layers: Iterable[Any], wide: float, high: float, title: str, alternative: str) -> str:
    """The SVG: one image with its text alternative, nothing outside it needed."""
    import altair as alt
    import vl_convert

    sheet = {"width": math.ceil(wide), "height": math.ceil(high), "padding": 0}
    done = (
        alt.layer(*layers, autosize={"type": "none"}, background=PAGE, **sheet)
        .resolve_scale(x="independent", shape="independent", size="independent")
        .configure(font=FONT, aria=False)
        .configure_view(stroke=None)
    )
    # Checked against the schema by the tests, where it need not be quick.
    svg = vl_convert.vegalite_to_svg(done.to_dict(validate=False))
    head, _, body = svg.partition(">")
    return (
        f'{head} role="img" aria-labelledby="title desc"><title id="title">{safe(title)}</title>'
        f'<desc id="desc">{safe(alternative)}</desc>{body}\n'
    )
