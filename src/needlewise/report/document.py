"""One document tree for every channel: terminal, HTML and PDF render the same blocks.

Words and numbers are fixed here once; a channel decides only how they look.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Num:
    """A formatted number that can be traced: `id` names it, `needlewise explain ID` explains it."""

    text: str
    id: str


Text = tuple[str | Num, ...]


def line(template: str, *parts: str | Num | Text) -> Text:
    """Text with parts put where the template has {}; a part may be a number or a whole text."""
    pieces = template.split("{}")
    if len(pieces) != len(parts) + 1:
        raise ValueError(f"'{template}' takes {len(pieces) - 1} parts, got {len(parts)}")
    found: list[str | Num] = [pieces[0]]
    for part, piece in zip(parts, pieces[1:], strict=True):
        found.extend(part if isinstance(part, tuple) else (part,))
        found.append(piece)
    return tuple(p for p in found if p != "")


def plain(text: Text) -> str:
    """The text as a reader sees it."""
    return "".join(part.text if isinstance(part, Num) else part for part in text)


@dataclass(frozen=True)
class Paragraph:
    """`style` is normal, lead (large, the answer), small or question."""

    text: Text
    style: str = "normal"


@dataclass(frozen=True)
class Bullets:
    items: tuple[Text, ...]
    title: str = ""


@dataclass(frozen=True)
class Callout:
    """A box: `kind` is stop, warning, note or safety; the first line stands out."""

    kind: str
    title: str
    items: tuple[Text, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns; the first column names the row.

    Below 480 px and in a narrow terminal a row becomes a block of its own.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True)
class IconRow:
    """A field of 100 people for one option, filled in one order.

    Attributes:
        option: id, for its colour and pattern.
        label: name shown.
        counts: (kind, count) in filling order, summing to 100; kinds are same (better without
            needling too), more (better with it), fewer (better without but not with it), not
            (not clearly better). Empty: a hatched field, nothing known.
        solid: up to which count the `more` field is solid; beyond it is banded.
        band: upper end of the banded part.
        line: the count without needling.
        text: what the picture says, as its one text alternative.
        beside: the numbers beside the field.
        unknown: the two or three words on a hatched field.
    """

    option: str
    label: str
    counts: tuple[tuple[str, int], ...]
    solid: int
    band: int
    line: int
    text: str
    beside: tuple[Text, ...]
    unknown: str = "not studied"


@dataclass(frozen=True)
class Icons:
    """Icon fields of one outcome and horizon, one row an option, always the same order."""

    id: str
    title: str
    rows: tuple[IconRow, ...]
    legend: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """A line of a chart: points (week, mean, low, high); `ends` says why it ends, if early.

    `kind` is line, curve (a line without markers, for many points) or points (no line at all).
    `gaps` are weeks at which a point is missing, `gap` the word for that.
    """

    option: str
    label: str
    points: tuple[tuple[float, float, float, float], ...]
    ends: str
    kind: str = "line"
    gaps: tuple[float, ...] = ()
    gap: str = ""


@dataclass(frozen=True)
class Chart:
    """Expected pain over time on one scale 0-10, ranges on; `text` is its text alternative."""

    id: str
    title: str
    series: tuple[Series, ...]
    weeks: tuple[tuple[float, str], ...]
    text: str
    y_label: str
    highest: float


@dataclass(frozen=True)
class Bars:
    """Shares of 100 as horizontal bars with ranges: (option, label, share, low, high, text)."""

    id: str
    title: str
    rows: tuple[tuple[str, str, int, int, int, Text], ...]


@dataclass(frozen=True)
class Picture:
    """A picture made beforehand, an <svg> with classes; `text` is its one text alternative.

    `style` names the style sheet in `report/assets` that says how its classes look.
    """

    id: str
    title: str
    svg: str
    text: str
    style: str


Block = Paragraph | Bullets | Callout | Table | Icons | Chart | Bars | Picture


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole comparison or stop page.

    `facts` are label and value pairs of the content (version, sign-off, review date, hashes).
    """

    title: str
    subtitle: Text
    sections: tuple[Section, ...]
    facts: tuple[tuple[str, str], ...]
    language: str = "en"
    stop: bool = False
    sources: tuple[Source, ...] = field(default=())


@dataclass(frozen=True)
class Source:
    """Label, year and where it can be found: a DOI, else a PMID, else an address as text."""

    id: str
    label: str
    detail: str
    doi: str
    pmid: str
    read_at: str
    used_for: str


def texts(document: Document) -> Iterator[Text]:
    """Every text of the document, in reading order."""
    yield document.subtitle
    for section in document.sections:
        yield from section_texts(section)


def section_texts(section: Section) -> Iterator[Text]:
    for block in section.blocks:
        yield from block_texts(block)


def block_texts(block: Block) -> Iterator[Text]:
    if isinstance(block, Paragraph):
        yield block.text
    elif isinstance(block, (Bullets, Callout)):
        yield from block.items
    elif isinstance(block, Table):
        for row in block.rows:
            yield from row
    elif isinstance(block, Icons):
        for icon in block.rows:
            yield from icon.beside
    elif isinstance(block, Bars):
        for bar in block.rows:
            yield bar[5]


def numbers(document: Document) -> tuple[Num, ...]:
    """Every traceable number of the document, in reading order."""
    return tuple(part for text in texts(document) for part in text if isinstance(part, Num))
