"""The document in a terminal: readable at 80 columns and by ear, colours only where there are."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from needlewise.report.document import (
    Bars,
    Block,
    Bullets,
    Callout,
    Chart,
    Document,
    IconRow,
    Icons,
    Num,
    Paragraph,
    Picture,
    Section,
    Source,
    Table,
    Text,
)

FILL = {"same": "#", "more": "+", "band": "~", "fewer": "-", "not": ".", "none": "/"}
BACKGROUND = ("practice", "heard", "guidelines")
BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def text(
    document: Document,
    *,
    ids: bool = False,
    colour: bool = False,
    fold: str = "",
    width: int = 80,
) -> str:
    """The document as plain text.

    Args:
        ids: print each number's id after it.
        fold: what to say in place of the long background sections (empty: print them).
    """
    if fold:
        document = replace(document, sections=tuple(folded(s, fold) for s in document.sections))
    return "\n".join(_Writer(ids, colour, width).document(document)) + "\n"


def folded(section: Section, said: str) -> Section:
    """A background section as one line that says how to read it."""
    if section.id not in BACKGROUND:
        return section
    return replace(section, blocks=(Paragraph((said,)),))


def section_text(section: Section, *, ids: bool = False, width: int = 80) -> str:
    """One section as plain text."""
    return "\n".join(_Writer(ids, False, width).section(section)).lstrip("\n") + "\n"


def clean(value: str) -> str:
    """Text without characters that could move the cursor or change the terminal."""
    return "".join(
        " " if c in "\n\r\t" else "" if unicodedata.category(c) in {"Cc", "Cf", "Cs"} else c
        for c in value
    )


@dataclass(frozen=True)
class _Writer:
    ids: bool
    colour: bool
    width: int

    def document(self, document: Document) -> Iterator[str]:
        yield from self.heading(document.title, "=")
        if document.subtitle:
            yield from self.wrap(document.subtitle)
        for section in document.sections:
            yield from self.section(section)
        if document.sources:
            yield from self.heading("Sources", "-")
            for source in document.sources:
                yield from self.wrap((source_line(source),), "- ")
        yield from self.heading("About these numbers", "-")
        for label, value in document.facts:
            yield from self.wrap((f"{label}: {value}",))

    def heading(self, title: str, rule: str) -> Iterator[str]:
        yield ""
        yield self.style(clean(title), BOLD)
        yield rule * min(len(title), self.width)

    def style(self, value: str, code: str) -> str:
        return f"{code}{value}{RESET}" if self.colour else value

    def section(self, section: Section) -> Iterator[str]:
        yield from self.heading(section.title, "-")
        for k, block in enumerate(section.blocks):
            if k:
                yield ""
            yield from self.block(block)

    def flat(self, text: Text) -> str:
        return "".join(
            (f"{clean(p.text)} [{p.id}]" if self.ids else clean(p.text))
            if isinstance(p, Num) else clean(p)
            for p in text
        )  # fmt: skip

    def wrap(self, text: Text, lead: str = "") -> list[str]:
        return textwrap.wrap(
            self.flat(text), self.width, initial_indent=lead, subsequent_indent=" " * len(lead),
            break_on_hyphens=False,
        ) or [lead.rstrip()]  # fmt: skip

    def block(self, block: Block) -> Iterator[str]:
        if isinstance(block, Paragraph):
            yield from self.wrap(block.text)
        elif isinstance(block, Bullets):
            if block.title:
                yield self.style(clean(block.title), BOLD)
            for item in block.items:
                yield from self.wrap(item, "- ")
        elif isinstance(block, Callout):
            yield from (self.style(row, BOLD) for row in self.wrap((block.title,), "! "))
            for item in block.items:
                yield from self.wrap(item, "  ")
        elif isinstance(block, Table):
            yield from self.table(block)
        elif isinstance(block, Icons):
            yield from self.icons(block)
        elif isinstance(block, Chart):
            yield from self.chart(block)
        elif isinstance(block, Picture):
            yield from self.wrap((f"{block.title}: {block.text}",))
        else:
            yield from self.bars(block)

    def table(self, table: Table) -> Iterator[str]:
        """A row as a block of its own: name, then one line for each column."""
        yield from (self.style(row, BOLD) for row in self.wrap((table.caption,)))
        for row in table.rows:
            yield from self.wrap(row[0])
            for column, cell in zip(table.columns[1:], row[1:], strict=True):
                yield from self.wrap((f"{column}: ", *cell), "    ")

    def icons(self, icons: Icons) -> Iterator[str]:
        yield self.style(clean(icons.title), BOLD)
        for row in icons.rows:
            yield from self.wrap((row.label,))
            yield from self.field(row)
            for beside in row.beside:
                yield from self.wrap(beside, "    ")
        for kind, meaning in icons.legend:
            if kind in FILL:
                yield from self.wrap((f"{FILL[kind]} {meaning}",), "    ")

    def field(self, row: IconRow) -> Iterator[str]:
        """100 marks in two lines of 50, filled in one order; ~ is more, but not sure."""
        if not row.counts:
            yield "    " + "/" * 50
            return
        marks = "".join(FILL[kind] * count for kind, count in row.counts)
        marks = "".join(
            FILL["band"] if mark == "+" and place > row.solid else mark
            for place, mark in enumerate(marks, start=1)
        )
        yield "    " + marks[:50]
        yield "    " + marks[50:]

    def chart(self, chart: Chart) -> Iterator[str]:
        """Each point as a range on one scale: ( low, o mean, ) high."""
        yield self.style(clean(chart.title), BOLD)
        names = dict(chart.weeks)
        size = self.width - 26
        for series in chart.series:
            yield from self.wrap((series.label,))
            gaps = [(week, None) for week in series.gaps]
            for week, point in sorted([*gaps, *((p[0], p) for p in series.points)], key=_at):
                marks = (
                    _cut(clean(series.gap), size) if point is None
                    else _range(point[2], point[1], point[3], chart.highest, size)
                )  # fmt: skip
                yield f"    {names.get(week, ''):>10} |{marks}|"
            if series.ends:
                yield from self.wrap((f"then: {series.ends}",), "    ")
        yield f"    {chart.y_label:>10}  0{'':{size - 3}}{chart.highest:g}"

    def bars(self, bars: Bars) -> Iterator[str]:
        yield self.style(clean(bars.title), BOLD)
        for _, label, share, _, _, shown in bars.rows:
            yield from self.wrap((f"{label}: ", *shown))
            yield "    " + "#" * (share // 2) + "." * (50 - share // 2)


def _at(entry: tuple[float, object]) -> float:
    return entry[0]


def _cut(text: str, size: int) -> str:
    return text[:size].ljust(size)


def _range(low: float, mean: float, high: float, highest: float, size: int) -> str:
    marks = [" "] * size

    def place(x: float) -> int:
        return min(max(round(x / highest * (size - 1)), 0), size - 1)

    for k in range(place(low), place(high) + 1):
        marks[k] = "-"
    marks[place(low)], marks[place(high)], marks[place(mean)] = "(", ")", "o"
    return "".join(marks)


def source_line(source: Source) -> str:
    """Label, detail and the one address that holds: DOI, else PMID, else where it was read."""
    where = (
        f"doi.org/{source.doi}" if source.doi
        else f"PMID {source.pmid}" if source.pmid
        else f"read at {source.read_at}" if source.read_at
        else "no address"
    )  # fmt: skip
    detail = f" ({source.detail})" if source.detail else ""
    return f"{source.label}{detail}, {source.used_for}; {where}"
