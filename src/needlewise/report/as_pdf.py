"""A document as a tagged PDF (PDF/UA-1), set by typst from its own letters.

All text reaches the template as data; nothing in it is ever read as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from needlewise.report.as_html import READ_AT, SOURCES, asset, source_link
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
    Source,
    Table,
    Text,
    plain,
)
from needlewise.report.svg import accents, bar, icon_field, swatch

_Data = dict[str, Any]
MISSING = "□"
_MISSING_NOTE = f"{MISSING} stands for a letter that this PDF has no sign for."
# Letters of a word before it may break: in running text, in a column of a table, where
# "electroacupuncture" must stay whole, and in small print, where a hash must.
_LONGEST, _LONGEST_IN_CELL, _LONGEST_SMALL = 32, 18, 72
_WIDEST = 20.0  # parts of a table's width
_WITHOUT_GLYPH = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")


def pdf_bytes(document: Document) -> bytes:
    """The document as PDF/UA-1 with a fixed date: the same document gives the same bytes."""
    import typst  # its library is large: loaded only where a PDF is asked for

    data = json.dumps(_data(document), ensure_ascii=False)
    missing: set[str] = set()
    while True:
        try:
            return _compiled(data, missing)
        except typst.TypstError as error:
            # PDF/UA forbids letters without a sign, and typst names every one it has none for.
            found = _without_glyph(error) - missing
            if not found and missing >= (rare := _rare(data)):
                raise
            missing |= found or rare


def png_pages(document: Document) -> list[bytes]:
    """The PDF's pages as PNG pictures."""
    import typst

    data = json.dumps(_data(document), ensure_ascii=False)
    pages = typst.compile(
        asset("page.typ").encode(),
        sys_inputs={"document": data, "note": ""},
        ignore_system_fonts=True,
        format="png",
        ppi=110.0,
    )
    return pages if isinstance(pages, list) else [pages]


def _compiled(data: str, missing: set[str]) -> bytes:
    import typst

    if missing:
        data = data.translate({ord(letter): MISSING for letter in missing})
    note = _MISSING_NOTE if missing else ""
    return typst.compile(
        asset("page.typ").encode(),
        sys_inputs={"document": data, "note": note},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=0,
    )


def _without_glyph(error: Any) -> set[str]:
    """The letters typst could not show, from its report."""
    shown = f"{error.message}\n{error.diagnostic}"
    texts = (_ESCAPE.sub(_unescaped, text) for text in _WITHOUT_GLYPH.findall(shown))
    return _rare("".join(texts))


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else match[2]


def _rare(text: str) -> set[str]:
    """Letters that a font may lack, the sign for a missing one aside."""
    return {letter for letter in text if letter > "~"} - {MISSING}


@cache
def _picture_style(more: str = "") -> str:
    """The pictures' style with plain colours in place of variables, as typst reads no variables.

    `more` is another style sheet of `report/assets`.
    """
    css = asset("picture.css") + (asset(more) if more else "")
    css = re.sub(r"/\*.*?\*/|@media.*?\}\s*\}", "", css, flags=re.DOTALL)
    values = dict(re.findall(r"--([\w-]+): (#\w+);", css))
    css = re.sub(r":root \{.*?\}", "", css, flags=re.DOTALL)
    css = re.sub(r"var\(--([\w-]+)(?:, [^)]*)?\)", lambda match: values[match[1]], css)
    return css + "text { font-family: 'Libertinus Serif'; }"


def _drawn(svg: str, style: str = "") -> str:
    """An inline picture as a file of its own, with its style sheet's colours inside."""
    head, body = svg.split(">", 1)
    space = 'xmlns="http://www.w3.org/2000/svg"'
    return f"{head} {space}><style>{_picture_style(style)}</style>{body}"


def _data(document: Document) -> _Data:
    """The document as the template reads it: words as strings, pictures as SVG."""
    return _Sheet(document).data()


def _words(text: str, longest: int = _LONGEST) -> str:
    """Clean text whose very long words may break, at a space of no width."""
    return re.sub(rf"(\S{{{longest}}})(?=\S)", "\\1\u200b", clean(text))


def _parts(text: Text, longest: int = _LONGEST) -> list[str | _Data]:
    return [
        {"n": _words(p.text, longest)} if isinstance(p, Num) else _words(p, longest) for p in text
    ]


def _shares(rows: Iterable[Iterable[str]]) -> list[float]:
    """Widths of columns in parts: room for the longest word, then for the longest cell, up to a
    bound: one endless cell may not squeeze the names of its rows."""
    widths = []
    for cells in zip(*rows, strict=True):
        word = max(min(len(w), _LONGEST_IN_CELL) for cell in cells for w in ["", *cell.split()])
        widths.append(4.0 + max(float(word), min(max(map(len, cells)) ** 0.65, _WIDEST)))
    return widths


class _Sheet:
    """One PDF's data being gathered: which legend was shown decides whether it is shown again."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.accents = accents(document)
        self.legends: set[tuple[tuple[str, str], ...]] = set()

    def data(self) -> _Data:
        document = self.document
        return {
            "title": _words(document.title, _LONGEST_IN_CELL).strip() or "needlewise",
            "language": document.language,
            "stop": document.stop,
            "subtitle": _parts(document.subtitle),
            "sections": [
                {"title": _words(s.title), "blocks": [self.block(b) for b in s.blocks]}
                for s in document.sections
            ],
            "sources_title": SOURCES,
            "sources": [_source(source) for source in document.sources],
            "facts": [
                [_words(label), _words(value, _LONGEST_SMALL)] for label, value in document.facts
            ],
            "colours": dict(re.findall(r"--([\w-]+): (#\w+);", asset("picture.css"))),
        }

    def block(self, block: Block) -> _Data:
        if isinstance(block, Paragraph):
            return {"kind": "paragraph", "style": block.style, "text": _parts(block.text)}
        if isinstance(block, Bullets):
            return {"kind": "bullets", "title": _words(block.title), "items": _items(block.items)}
        if isinstance(block, Callout):
            title = _words(block.title)
            return {
                "kind": "callout",
                "style": block.kind,
                "title": title,
                "items": _items(block.items),
            }
        if isinstance(block, Table):
            return _table(block)
        if isinstance(block, Icons):
            return self.icons(block)
        if isinstance(block, Chart):
            drawn = course_chart(block, "chart", self.accents, wide=True)
            return {
                "kind": "chart",
                "title": _words(block.title),
                "picture": _drawn(drawn),
                "alt": clean(block.text) or clean(block.title) or "chart",
            }
        if isinstance(block, Picture):
            return {
                "kind": "chart",
                "title": _words(block.title),
                "picture": _drawn(block.svg, block.style),
                "tall": True,
                "alt": clean(block.text) or clean(block.title) or "picture",
            }
        return self.bars(block)

    def icons(self, icons: Icons) -> _Data:
        new = icons.legend not in self.legends
        self.legends.add(icons.legend)
        rows = [
            {
                "label": _words(row.label),
                "accent": f"a{self.accents[row.option]}",
                "picture": _drawn(icon_field(row, "field", self.accents[row.option])),
                "alt": clean(row.text) or clean(row.label) or "icons",
                "items": _items(row.beside),
            }
            for row in icons.rows
        ]
        legend = [
            {"picture": _drawn(swatch(kind, "key")), "text": _words(words)}
            for kind, words in icons.legend
        ]
        title = _words(icons.title)
        return {"kind": "icons", "title": title, "legend": legend if new else [], "rows": rows}

    def bars(self, bars: Bars) -> _Data:
        rows = [
            {
                "label": _words(label),
                "accent": f"a{self.accents[option]}",
                "picture": _drawn(bar(share, low, high, "bar", self.accents[option])),
                "text": _parts(text),
            }
            for option, label, share, low, high, text in bars.rows
        ]
        return {"kind": "bars", "title": _words(bars.title), "rows": rows}


def _items(items: Iterable[Text]) -> list[list[str | _Data]]:
    return [_parts(item) for item in items]


def _table(table: Table) -> _Data:
    wide = len(table.columns)
    rows = [[*row, *[()] * wide][:wide] for row in table.rows]
    cells = [[clean(plain(cell)) for cell in row] for row in rows]
    return {
        "kind": "table",
        "caption": _words(table.caption),
        "columns": [_words(column, _LONGEST_IN_CELL) for column in table.columns],
        "rows": [[_parts(cell, _LONGEST_IN_CELL) for cell in row] for row in rows],
        "shares": _shares([[clean(c) for c in table.columns], *cells]),
    }


def _source(source: Source) -> _Data:
    address, words = source_link(source)
    read_at = f"{READ_AT} {source.read_at}" if source.read_at else ""
    return {
        "label": _words(source.label),
        "detail": _words(source.detail, _LONGEST_SMALL),
        "address": address,
        "words": _words(words, _LONGEST_SMALL),
        "read_at": _words(read_at, _LONGEST_SMALL),
        "used_for": _words(source.used_for),
    }
