"""The pictures of a comparison as small hand-made SVG: fields of 100 people and bars.

Classes only; `assets/picture.css` says how a class looks, in the web page and in the PDF.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape as escaped

from needlewise.report.characters import clean
from needlewise.report.document import Bars, Chart, Document, IconRow, Icons

# The options of a topic keep their accent in every document, whichever of them it shows.
_ACCENTS = ("no-needling", "dry-needling", "acupuncture", "electroacupuncture", "both")
ACCENTS = 8

_SIDE, _CELL, _EDGE = 10, 20.0, 3.0
_FIELD = _SIDE * _CELL + 2 * _EDGE
_PERSON = (
    "M6.8 5.3a3.2 3.2 0 1 1 6.4 0a3.2 3.2 0 1 1-6.4 0zM4.2 17.8v-2.9a5.8 5.4 0 0 1 11.6 0v2.9z"
)


def accents(document: Document) -> dict[str, int]:
    """The accent (0 to 7) of every option in the document's pictures."""
    found = {option: i for i, option in enumerate(_ACCENTS)}
    for section in document.sections:
        for block in section.blocks:
            for option in _options(block):
                if option not in found:
                    found[option] = min(len(found), ACCENTS - 1)
    return found


def _options(block: object) -> list[str]:
    if isinstance(block, Icons):
        return [row.option for row in block.rows]
    if isinstance(block, Chart):
        return [series.option for series in block.series]
    if isinstance(block, Bars):
        return [row[0] for row in block.rows]
    return []


def safe(text: str) -> str:
    """Text for an element or a quoted attribute."""
    return escaped(clean(text), quote=True)


def at(x: float) -> str:
    """A coordinate, to a tenth."""
    return f"{round(x, 1) + 0.0:g}"


def picture(
    body: str, width: float, height: float, *, id: str = "", title: str = "", classes: str = ""
) -> str:
    """One <svg>. With a title it is an image with that one text; without, it is decoration."""
    size = f'viewBox="0 0 {at(width)} {at(height)}"'
    if not title:
        return f'<svg class="{classes}" {size} aria-hidden="true" focusable="false">{body}</svg>'
    return (
        f'<svg class="{classes}" {size} role="img" aria-labelledby="{id}-title">'
        f'<title id="{id}-title">{safe(title)}</title>{body}</svg>'
    )


def _patterns(id: str) -> str:
    """Hatches in the accent of the picture: wide for the range, fine beyond the mean, a cross."""

    def pattern(name: str, size: float, ground: str, *lines: str, look: str = "hatch-line") -> str:
        strokes = "".join(f'<path class="{look}" d="{d}"/>' for d in lines)
        return (
            f'<pattern id="{id}-{name}" width="{at(size)}" height="{at(size)}" '
            f'patternUnits="userSpaceOnUse"><rect class="{ground}" width="{at(size)}" '
            f'height="{at(size)}"/>{strokes}</pattern>'
        )

    slope = "M-1 1L1 -1M0 4L4 0M3 5L5 3"
    return (
        pattern("band", 4, "ground-tint", slope)
        + pattern("thin", 4, "ground-page", slope, look="hatch-fine")
        + pattern("same", 4, "ground-page", slope, look="hatch-same")
        + pattern("cross", 4, "ground-page", slope, "M-1 3L1 5M0 0L4 4M3 -1L5 1", look="hatch-fine")
    )


def _cell(index: int) -> tuple[float, float]:
    """Left and top of the icon: rows fill from the bottom, each from the left, like a glass."""
    row, column = divmod(index, _SIDE)
    return _EDGE + column * _CELL, _EDGE + (_SIDE - 1 - row) * _CELL


def _look(kind: str, uncertain: bool, id: str) -> str:
    """Class of an icon, and its pattern where it has one; plain fills come from the class."""
    kind = safe(kind)
    if kind == "fewer":
        return f'class="icon fewer" fill="url(#{id}-cross)"'
    if uncertain:
        pattern = {"not": "thin", "same": "same"}.get(kind, "band")
        return f'class="icon {kind} range" fill="url(#{id}-{pattern})"'
    return f'class="icon {kind} plain"'


def icon_field(row: IconRow, id: str, accent: int) -> str:
    """A field of 100 people, one image; nothing known is a hatched field that says so."""
    classes = f"field a{accent}"
    if not row.counts:
        return _unknown_field(row, id, classes)
    body = _people(row.counts, row.solid, row.band, row.line, id)
    return picture(body, _FIELD, _FIELD, id=id, title=row.text, classes=classes)


@lru_cache(maxsize=1024)
def _people(counts: tuple[tuple[str, int], ...], solid: int, band: int, line: int, id: str) -> str:
    kinds = [kind for kind, count in counts for _ in range(count)]
    icons = []
    for index, kind in enumerate(kinds):
        x, y = _cell(index)
        # The range of a count runs from `solid` to `band`, whatever the mean calls an icon in it.
        look = _look(kind, solid <= index < band, id)
        icons.append(f'<use href="#{id}-person" x="{at(x)}" y="{at(y)}" {look}/>')
    defined = f'<defs><path id="{id}-person" d="{_PERSON}"/>{_patterns(id)}</defs>'
    return defined + "".join(icons) + _line(line)


def _line(count: int) -> str:
    """A step around the first `count` icons, over a wider pale one so that it stands out."""
    rows, rest = divmod(max(0, min(count, _SIDE * _SIDE)), _SIDE)
    level = _EDGE + (_SIDE - rows) * _CELL
    path = f"M0 {at(level)}H{at(_FIELD)}"
    if rest:
        turn = _EDGE + rest * _CELL
        path = f"M0 {at(level - _CELL)}H{at(turn)}V{at(level)}H{at(_FIELD)}"
    return f'<path class="line-casing" d="{path}"/><path class="line" d="{path}"/>'


def _unknown_field(row: IconRow, id: str, classes: str) -> str:
    middle = _FIELD / 2
    body = (
        f'<defs><pattern id="{id}-none" width="10" height="10" patternUnits="userSpaceOnUse">'
        '<path class="none-line" d="M-2 2L2 -2M0 10L10 0M8 12L12 8"/></pattern></defs>'
        f'<rect class="none" x="3" y="3" width="200" height="200" rx="8" fill="url(#{id}-none)"/>'
        f'<rect class="plate" x="{at(middle - 66)}" y="{at(middle - 19)}" width="132" height="38" '
        f'rx="6"/><text class="none-text" x="{at(middle)}" y="{at(middle + 6)}" '
        f'text-anchor="middle">{safe(row.unknown)}</text>'
    )
    return picture(body, _FIELD, _FIELD, id=id, title=row.text, classes=f"{classes} unknown")


def swatch(kind: str, id: str) -> str:
    """One icon of a legend: same, more, band, fewer, not, line or none."""
    if kind == "line":
        body = '<path class="line" d="M1 14H10V6H19"/>'
    elif kind == "none":
        body = (
            f"<defs>{_patterns(id)}</defs>"
            '<rect class="none" x="1.5" y="1.5" width="17" height="17" '
            f'rx="3" fill="url(#{id}-thin)"/>'
        )
    else:
        uncertain = kind == "band"
        known = "more" if uncertain else kind
        body = f'<defs>{_patterns(id)}</defs><path d="{_PERSON}" {_look(known, uncertain, id)}/>'
    return picture(body, 20, 20, classes="swatch any")


def bar(share: int, low: int, high: int, id: str, accent: int) -> str:
    """A share of 100 as a bar with its range on it: decoration, the words stand beside it."""
    scale, height = 3.0, 26.0
    ticks = "".join(
        f'<path class="bar-tick" d="M{at(6 + mark * scale)} 2V{at(height - 2)}"/>'
        for mark in (0, 25, 50, 75, 100)
    )
    left, mean, right = (6 + max(0, min(100, v)) * scale for v in (low, share, high))
    middle = height / 2
    whisker = (
        f"M{at(left)} {at(middle)}H{at(right)}M{at(left)} {at(middle - 5)}V{at(middle + 5)}"
        f"M{at(right)} {at(middle - 5)}V{at(middle + 5)}"
    )
    body = (
        f'{ticks}<rect class="bar" x="6" y="5" width="{at(mean - 6)}" height="16" rx="2"/>'
        f'<path class="whisker" d="{whisker}"/>'
    )
    return picture(body, 312, height, classes=f"bar-row a{accent}")
