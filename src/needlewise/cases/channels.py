"""What a person meets in each channel, as one line of plain words that detectors read.

Terminal, HTML and PDF are rendered by `report` and stripped to their words; JSON is read aloud by
`json_words`. Everything that judges a case looks at these words, never at a flag inside.
"""

from __future__ import annotations

import io
import re
import unicodedata
from html.parser import HTMLParser
from importlib.util import find_spec
from typing import TYPE_CHECKING

from needlewise.cases.json_words import read_aloud
from needlewise.choice import Comparison
from needlewise.followup import Review

if TYPE_CHECKING:
    from needlewise.report.document import Document

TERMINAL, JSON, HTML, PDF = "terminal", "json", "html", "pdf"
QUICK = (TERMINAL, JSON)
ALL = (TERMINAL, JSON, HTML, PDF)

_ADDRESS = re.compile(r"(https?:|www\.|doi\.org/)\S+")
_PDF_FOOT = re.compile(r"^.*\b\d+ / \d+$", re.MULTILINE)
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "−": "-", "•": " "})


def can_read_pdf() -> bool:
    """Whether the words of a PDF can be taken out here: `pypdf` is a tool for developers."""
    return find_spec("pypdf") is not None


def rendered(comparison: Comparison, channel: str) -> str:
    """A channel's own output as text: markup and layout still in it, PDF as its words."""
    from needlewise import report
    from needlewise.report.view import document

    if channel == TERMINAL:
        return report.text(comparison)
    if channel == JSON:
        return report.json(comparison)
    if channel == HTML:
        from needlewise.report.as_html import html

        return html(document(comparison))
    from needlewise.report.as_pdf import pdf_bytes

    return _pdf_words(pdf_bytes(document(comparison)))


def rendered_review(review: Review, channel: str) -> str:
    """As `rendered`, for the review of a course."""
    from needlewise.report.review_json import review_json
    from needlewise.report.review_view import review_document

    if channel == JSON:
        return review_json(review)
    page = review_document(review)
    if channel == TERMINAL:
        return page_text(page)
    if channel == HTML:
        from needlewise.report.as_html import html

        return html(page)
    from needlewise.report.as_pdf import pdf_bytes

    return _pdf_words(pdf_bytes(page))


def page_text(page: Document) -> str:
    """A page as the terminal prints it."""
    from needlewise.report import terminal

    return terminal.text(page)


def words_of(output: str, channel: str) -> str:
    """The output as a reader takes it in: lower case, one blank between words, no addresses."""
    if channel == JSON:
        output = read_aloud(output)
    elif channel == HTML:
        output = _html_words(output)
    elif channel == PDF:
        output = _PDF_FOOT.sub(" ", output)
    return plain(output)


def plain(text: str) -> str:
    """Text without what differs between channels only by how it is set."""
    text = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return " ".join(_ADDRESS.sub(" ", text).casefold().split())


def letters(text: str) -> str:
    """Letters and digits alone: equal wherever a line was broken."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _pdf_words(content: bytes) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


class _Words(HTMLParser):
    """The words of a page in reading order, with what pictures say and without ways around."""

    SILENT = frozenset({"head", "style", "script", "nav"})
    INLINE = frozenset({"a", "span", "em", "strong", "b", "i", "abbr", "small", "tspan"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in self.SILENT or (tag == "a" and "skip" in (given.get("class") or "").split()):
            self.silent.append(tag)
        if self.silent:
            return
        spoken = [given.get(name) or "" for name in ("alt", "aria-label")]
        self.words.extend(["" if tag in self.INLINE else " ", *spoken])

    def handle_endtag(self, tag: str) -> None:
        if self.silent and tag == self.silent[-1]:
            self.silent.pop()
        elif tag not in self.INLINE:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)


def _html_words(page: str) -> str:
    reader = _Words()
    reader.feed(page)
    reader.close()
    return "".join(reader.words)
