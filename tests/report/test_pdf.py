"""The PDF: tagged, the same words in the same order, and never lost to a strange letter."""

import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject
from sample import HOSTILE, document, icons, missing_in_order, stop_document, words

from needlewise.report.as_pdf import MISSING, pdf_bytes
from needlewise.report.document import Document, Num, Paragraph, Section


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def text_of(data: bytes) -> str:
    """The text without the footers, which would stand between two halves of a sentence."""
    reader = read(data)
    last = len(reader.pages)
    pages = []
    for i, page in enumerate(reader.pages, 1):
        lines = page.extract_text().rstrip().splitlines()
        assert lines[-1].endswith(f"{i} / {last}"), "the page number stands at the foot"
        pages.append("\n".join(lines[:-1]))
    return "\n".join(pages)


def tags(data: bytes) -> list[tuple[str, str]]:
    """Tag and alternative text of every structure element, in order."""
    found: list[tuple[str, str]] = []

    def walk(node: object) -> None:
        node = node.get_object() if isinstance(node, IndirectObject) else node
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, DictionaryObject):
            if "/S" in node:
                found.append((str(node["/S"]), str(node.get("/Alt", ""))))
            walk(node.get("/K"))

    walk(read(data).trailer["/Root"]["/StructTreeRoot"])
    return found


@pytest.fixture(scope="module")
def plain_document() -> Document:
    """The sample with letters that every font has."""
    shown = document()
    last = shown.sections[-1]
    return replace(shown, sections=(*shown.sections[:-1], replace(last, blocks=last.blocks[:1])))


@pytest.fixture(scope="module")
def data(plain_document: Document) -> bytes:
    return pdf_bytes(plain_document)


def test_every_text_stands_in_the_pdf_in_order(data: bytes, plain_document: Document) -> None:
    assert missing_in_order(words(plain_document), text_of(data)) == ""


def test_the_pdf_is_tagged_and_says_what_it_is(data: bytes, plain_document: Document) -> None:
    reader = read(data)
    root = reader.trailer["/Root"]
    assert reader.metadata is not None
    assert reader.metadata.title == plain_document.title
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    assert "/CreationDate" not in reader.metadata


def test_headings_tables_and_alternatives_are_tags(data: bytes, plain_document: Document) -> None:
    found = tags(data)
    names = [tag for tag, _ in found]
    assert names.count("/H1") == 1
    assert names.count("/H2") == len(plain_document.sections) + 1
    assert names.count("/Table") == 2
    assert names.count("/TH") == 6 + 3
    rows = icons().rows
    alternatives = [alt for tag, alt in found if tag == "/Figure"]
    assert alternatives[: len(rows)] == [row.text for row in rows]
    assert len(alternatives) == 2 * len(rows) + 1, "icon fields and the chart, no decoration"


def test_same_document_same_bytes(data: bytes, plain_document: Document) -> None:
    assert pdf_bytes(plain_document) == data


def test_sources_are_links(data: bytes) -> None:
    links = [
        note.get_object()["/A"]["/URI"]
        for page in read(data).pages
        for note in page.get("/Annots", [])
        if "/URI" in note.get_object().get("/A", {})
    ]
    assert links == [
        "https://doi.org/10.1234/ex(a)mple%3C1%3E;2-%23",
        "https://pubmed.ncbi.nlm.nih.gov/31234567/",
    ]


def test_a_stop_is_one_page_with_the_stop_first() -> None:
    data = pdf_bytes(stop_document())
    assert len(read(data).pages) == 1
    assert missing_in_order(words(stop_document()), text_of(data)) == ""
    assert "/Figure" not in [tag for tag, _ in tags(data)]


def note(*texts: str) -> Document:
    blocks = tuple(Paragraph((text,)) for text in texts)
    return Document("Title", (), (Section("part", "Part", blocks),), ())


@pytest.mark.parametrize("text", HOSTILE[:3])
def test_markup_stays_text(text: str) -> None:
    assert missing_in_order([text], text_of(pdf_bytes(note(text)))) == ""


def test_a_letter_without_sign_becomes_a_box_and_the_page_says_so() -> None:
    text = text_of(pdf_bytes(note("Li 李 and Zoë")))
    assert f"Li {MISSING} and Zoë" in text
    assert "no sign for" in text
    assert "no sign for" not in text_of(pdf_bytes(note("Zoë Łucja Ωμέγα")))


def test_many_different_letters_without_sign() -> None:
    strange = "".join(map(chr, range(0x4E00, 0x5400)))
    assert text_of(pdf_bytes(note(strange))).count(MISSING) >= len(strange)


def test_ten_thousand_letters_stay_on_the_page() -> None:
    text = "".join(
        page.extract_text() for page in read(pdf_bytes(note("W" * 10_000, "w " * 5_000))).pages
    )
    assert text.count("W") == 10_000
    assert max(map(len, text.splitlines())) < 120


@given(st.text(max_size=40))
@example("\u0301")
@example("‏שלום‏ \u202eabc")
@example("\u0e33\u0e48 \u1780\u17d2\u1793")
@example("👩🏽‍⚕️🇫🇷\ufe0f\u200d")
@example("\ud800\x00\x1b[2J")
@example("\u00ad\u2060\u115f\uffa0\ue000\U0010fffd")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_costs_the_pdf(text: str) -> None:
    shown = Document(
        text, (text,), (Section(text, text, (Paragraph((text, Num(text, text))),)),),
        ((text, text),),
    )  # fmt: skip
    assert len(read(pdf_bytes(shown)).pages) >= 1
