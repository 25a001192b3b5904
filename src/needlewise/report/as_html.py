"""A document as one HTML file: no script, no outside request, style in one hashed block."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Collection
from functools import cache, lru_cache
from importlib.resources import files
from urllib.parse import quote

from needlewise.report.characters import clean
from needlewise.report.course_chart import course_chart
from needlewise.report.document import (
    Bars,
    Block,
    Bullets,
    Callout,
    Chart,
    Document,
    Icons,
    Num,
    Paragraph,
    Picture,
    Section,
    Source,
    Table,
    Text,
)
from needlewise.report.kept import Kept
from needlewise.report.svg import accents, bar, icon_field, safe, swatch

CONTENTS, SOURCES, ABOUT, READ_AT = "On this page", "Sources", "About this page", "read at"
_BROAD = 4  # from so many columns on, a table needs more width than a small tablet has
_LONG = re.compile(r"(\S{24})(?=\S)")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_PMID = re.compile(r"[1-9]\d{0,8}")


def html(document: Document) -> str:
    """The document as one self-contained HTML file, ending in a line break."""
    return _Page(document).text()


def sections_html(
    document: Document, trail: Callable[[str], str] | None = None, kept: Collection[str] = ()
) -> dict[str, str]:
    """The sections of a document as HTML by id, for a page of the site, in reading order.

    `trail` gives the address that says where a number comes from: every number links to it. Without
    one, numbers are plain and carry their id. The sources are the section "sources", what is known
    about the content is "about". Sections named in `kept` hold nothing personal: each is written
    once for as long as it is the same object.
    """
    page, written = _Page(document, trail), _WRITTEN[trail]

    def write(section: Section) -> str:
        return page.section(section, page.id(section.id))

    found = {s.id: written.of(s, write) if s.id in kept else write(s) for s in document.sections}
    return {**found, "sources": _sources_once(document.sources), "about": page.facts()}


_WRITTEN: defaultdict[Callable[[str], str] | None, Kept[str]] = defaultdict(Kept)


@lru_cache(maxsize=256)
def _sources_once(sources: tuple[Source, ...]) -> str:
    return _Page(Document("", (), (), (), sources=sources)).sources()


@cache
def asset(name: str) -> str:
    """A text file of `report/assets`."""
    return files("needlewise.report").joinpath("assets", name).read_text(encoding="utf-8")


@cache
def _style(more: tuple[str, ...] = ()) -> tuple[str, str]:
    """The style sheet and the policy that lets this style in and nothing else.

    `more` are the sheets of the pictures that the page holds.
    """
    css = "".join(map(asset, ("picture.css", "page.css", *more)))
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return css, policy


def source_link(source: Source) -> tuple[str, str]:
    """Address and words of a source's link: its DOI, else its PMID, else two empty texts."""
    doi, pmid = source.doi.strip(), source.pmid.strip()
    if _DOI.fullmatch(doi):
        return f"https://doi.org/{quote(doi, safe='/:;().-_', errors='replace')}", f"doi:{doi}"
    if _PMID.fullmatch(pmid):
        return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/", f"PMID {pmid}"
    return "", ""


def breakable(text: str) -> str:
    """Text of a cell: a column is never narrower than a word, so very long words may break."""
    if len(text) < 25 or _LONG.search(text) is None:
        return safe(text)
    return "<wbr>".join(map(safe, _LONG.sub("\\1\0", clean(text)).split("\0")))


class _Page:
    """One page being written: it knows which ids are taken and which legend was shown."""

    def __init__(self, document: Document, trail: Callable[[str], str] | None = None) -> None:
        self.document = document
        self.trail = trail
        self.accents = accents(document)
        self.taken: set[str] = set()
        self.legends: set[tuple[tuple[str, str], ...]] = set()

    def text(self) -> str:
        document = self.document
        blocks = (block for section in document.sections for block in section.blocks)
        styles = dict.fromkeys(block.style for block in blocks if isinstance(block, Picture))
        css, policy = _style(tuple(styles))
        head = (
            f'<!doctype html>\n<html lang="{safe(document.language) or "en"}">\n<head>\n'
            '<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="referrer" content="no-referrer">\n'
            f"<title>{safe(document.title)}</title>\n<style>{css}</style>\n</head>\n"
        )
        main = self.id("main")
        ids = [self.id(section.id) for section in document.sections]
        subtitle = self.inline(document.subtitle)
        subtitle = f'<p class="subtitle">{subtitle}</p>' if subtitle else ""
        sections = "".join(map(self.section, document.sections, ids))
        sources = self.sources()
        return (
            f'{head}<body class="{"stop-page" if document.stop else "long"}">\n'
            f'<a class="skip" href="#{main}">Skip to the content</a>\n'
            f"<header><h1>{safe(document.title)}</h1>"
            f"{subtitle}</header>\n"
            f'{self.contents(ids)}<main id="{main}" tabindex="-1">\n{sections}{sources}</main>\n'
            f"{self.facts()}</body>\n</html>\n"
        )

    def id(self, wanted: str) -> str:
        """An id no other element has, as near to the wanted one as can be."""
        base = re.sub(r"\s+", "-", safe(wanted)) or "part"
        found, n = base, 1
        while found in self.taken:
            n += 1
            found = f"{base}-{n}"
        self.taken.add(found)
        return found

    def inline(self, text: Text, shown: Callable[[str], str] = safe) -> str:
        return "".join(self.number(p, shown) if isinstance(p, Num) else shown(p) for p in text)

    def number(self, number: Num, shown: Callable[[str], str]) -> str:
        """The first time a number stands on the page it is a link target."""
        id = re.sub(r"\s+", "-", safe(number.id))
        if id and self.trail is not None:
            return f'<a class="n" href="{self.trail(id)}">{shown(number.text)}</a>'
        if not id or id in self.taken:
            return f'<span class="n">{shown(number.text)}</span>'
        self.taken.add(id)
        return f'<span class="n" id="{id}" title="{id}">{shown(number.text)}</span>'

    def contents(self, ids: list[str]) -> str:
        titles = [(i, s.title) for i, s in zip(ids, self.document.sections, strict=True) if s.title]
        if self.document.stop or len(titles) < 4:
            return ""
        items = "".join(f'<li><a href="#{i}">{safe(title)}</a></li>' for i, title in titles)
        return f'<nav class="contents" aria-label="{CONTENTS}"><ul>{items}</ul></nav>\n'

    def section(self, section: Section, id: str) -> str:
        blocks = "".join(f"{self.block(block)}\n" for block in section.blocks)
        if not section.title:
            return f'<section id="{id}">\n{blocks}</section>\n'
        heading = self.id(f"{id}-heading")
        return (
            f'<section id="{id}" aria-labelledby="{heading}">\n'
            f'<h2 id="{heading}">{safe(section.title)}</h2>\n{blocks}</section>\n'
        )

    def block(self, block: Block) -> str:
        if isinstance(block, Paragraph):
            style = "" if block.style == "normal" else f' class="{safe(block.style)}"'
            return f"<p{style}>{self.inline(block.text)}</p>"
        if isinstance(block, Bullets):
            title = f"<h3>{safe(block.title)}</h3>" if block.title else ""
            return title + self.items(block.items)
        if isinstance(block, Callout):
            return self.callout(block)
        if isinstance(block, Table):
            return self.table(block)
        if isinstance(block, Icons):
            return self.icons(block)
        if isinstance(block, Chart):
            return self.chart(block)
        if isinstance(block, Picture):
            return self.picture(block)
        return self.bars(block)

    def items(self, items: tuple[Text, ...], classes: str = "") -> str:
        if not items:
            return ""
        inside = "".join(f"<li>{self.inline(item)}</li>" for item in items)
        named = f' class="{classes}"' if classes else ""
        return f"<ul{named}>{inside}</ul>"

    def callout(self, callout: Callout) -> str:
        one = len(callout.items) == 1
        inside = f"<p>{self.inline(callout.items[0])}</p>" if one else self.items(callout.items)
        title = f'<p class="callout-title">{safe(callout.title)}</p>' if callout.title else ""
        return f'<div class="callout {safe(callout.kind)}" role="note">{title}{inside}</div>'

    def table(self, table: Table) -> str:
        # Narrow screens lay rows out as blocks, and browsers then forget that it is a table
        # unless the roles are spelt out.
        broad = ' class="broad"' if len(table.columns) >= _BROAD else ""
        heads = "".join(
            f'<th scope="col" role="columnheader">{safe(c)}</th>' for c in table.columns
        )
        rows = "".join(self.row(table.columns, row) for row in table.rows)
        return (
            f'<table{broad} role="table"><caption>{safe(table.caption)}</caption>'
            f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
            f'<tbody role="rowgroup">{rows}</tbody></table>'
        )

    def row(self, columns: tuple[str, ...], row: tuple[Text, ...]) -> str:
        cells = (
            [f'<th scope="row" role="rowheader">{self.inline(row[0], breakable)}</th>']
            if row
            else []
        )
        for column, cell in zip(columns[1:], row[1:], strict=False):
            label = f' data-label="{safe(column)}"' if column and cell else ""
            cells.append(f'<td role="cell"{label}><span>{self.inline(cell, breakable)}</span></td>')
        return f'<tr role="row">{"".join(cells)}</tr>\n'

    def icons(self, icons: Icons) -> str:
        id = self.id(icons.id)
        legend = ""
        if icons.legend and icons.legend not in self.legends:
            self.legends.add(icons.legend)
            keys = "".join(
                f"<li>{swatch(kind, self.id(f'{id}-key'))}<span>{safe(words)}</span></li>"
                for kind, words in icons.legend
            )
            legend = f'<ul class="legend">{keys}</ul>'
        rows = []
        for row in icons.rows:
            accent = self.accents[row.option]
            field = icon_field(row, self.id(f"{id}-{row.option}"), accent)
            rows.append(
                f'<div><p class="option a{accent}">{safe(row.label)}</p>{field}'
                f"{self.items(row.beside, 'beside')}</div>\n"
            )
        return (
            f'<figure id="{id}"><figcaption>{safe(icons.title)}</figcaption>{legend}'
            f'<div class="people">{"".join(rows)}</div></figure>'
        )

    def chart(self, chart: Chart) -> str:
        id = self.id(chart.id)
        wide = course_chart(chart, self.id(f"{id}-wide"), self.accents, wide=True)
        narrow = course_chart(chart, self.id(f"{id}-narrow"), self.accents, wide=False)
        title = f"<figcaption>{safe(chart.title)}</figcaption>" if chart.title else ""
        return f'<figure id="{id}">{title}{wide}{narrow}</figure>'

    def picture(self, picture: Picture) -> str:
        title = f"<figcaption>{safe(picture.title)}</figcaption>" if picture.title else ""
        return f'<figure id="{self.id(picture.id)}">{title}{picture.svg}</figure>'

    def bars(self, bars: Bars) -> str:
        id = self.id(bars.id)
        rows = []
        for option, label, share, low, high, text in bars.rows:
            accent = self.accents[option]
            drawn = bar(share, low, high, self.id(f"{id}-{option}"), accent)
            rows.append(
                f'<li><p class="option a{accent}">{safe(label)}</p>{drawn}'
                f"<p>{self.inline(text)}</p></li>\n"
            )
        title = f"<figcaption>{safe(bars.title)}</figcaption>" if bars.title else ""
        return f'<figure id="{id}">{title}<ul class="bars">{"".join(rows)}</ul></figure>'

    def sources(self) -> str:
        if not self.document.sources:
            return ""
        id = self.id("sources")
        heading = self.id(f"{id}-heading")
        items = "".join(map(self.source, self.document.sources))
        return (
            f'<section id="{id}" class="sources" aria-labelledby="{heading}">\n'
            f'<h2 id="{heading}">{SOURCES}</h2>\n<ul>{items}</ul></section>\n'
        )

    def source(self, source: Source) -> str:
        parts = [f"<b>{safe(source.label)}</b>"]
        if source.detail:
            parts.append(f'<span class="detail">{safe(source.detail)}</span>')
        address, words = source_link(source)
        if address:
            link = f'<a href="{safe(address)}" rel="noreferrer">{safe(words)}</a>'
            parts.append(f'<span class="where">{link}</span>')
        if source.read_at:
            parts.append(f'<span class="where">{READ_AT} {safe(source.read_at)}</span>')
        if source.used_for:
            parts.append(f'<span class="use">{safe(source.used_for)}</span>')
        return f'<li id="{self.id(source.id)}">{" ".join(parts)}</li>\n'

    def facts(self) -> str:
        if not self.document.facts:
            return ""
        pairs = "".join(
            f"<dt>{safe(label)}</dt><dd>{safe(value)}</dd>" for label, value in self.document.facts
        )
        return f'<footer aria-label="{ABOUT}"><dl>{pairs}</dl></footer>\n'
