"""The HTML page: all words in order, nothing but words, safe whatever the words are."""

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample import HOSTILE, chart, document, icons, missing_in_order, stop_document, words

from needlewise.report.as_html import breakable, html, source_link
from needlewise.report.characters import clean
from needlewise.report.document import (
    Chart,
    Document,
    IconRow,
    Icons,
    Num,
    Paragraph,
    Section,
    Series,
    Source,
    numbers,
)

VOID = {"meta", "br", "wbr", "link", "img", "hr"}


class Page(HTMLParser):
    """A page taken apart: its elements, its visible text, and the pictures by their id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.title = ""
        self.style = ""
        self.pictures: list[dict[str, object]] = []
        self.cells: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag == "svg":
            self.pictures.append({"attrs": found, "titles": [], "classes": [], "words": []})
        elif "svg" in self.open:
            self.pictures[-1]["classes"].append(found.get("class", ""))  # type: ignore[attr-defined]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes what was opened last"

    def handle_data(self, data: str) -> None:
        if "svg" in self.open:
            part = "titles" if self.open[-1] == "title" else "words"
            self.pictures[-1][part].append(data)  # type: ignore[attr-defined]
        elif "style" in self.open:
            self.style += data
        elif "title" in self.open:
            self.title += data
        elif "nav" not in self.open:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.elements if name == tag]


def one(*blocks: object) -> Document:
    return Document("Title", (), (Section("part", "Part", blocks),), ())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(html(document()))


@pytest.mark.parametrize("shown", [document(), stop_document(), document(HOSTILE[2])])
def test_every_text_stands_on_the_page_in_order(shown: Document) -> None:
    assert missing_in_order(words(shown), Page(html(shown)).text) == ""


def test_the_order_check_sees_a_text_that_is_missing_or_moved() -> None:
    assert missing_in_order(["one", "two"], "two one") == "two"
    assert missing_in_order(["one", "three"], "one two") == "three"


def test_nothing_runs_and_nothing_is_fetched(page: Page) -> None:
    assert not {"script", "img", "link", "iframe", "object", "base"} & {e for e, _ in page.elements}
    assert all("style" not in attrs for _, attrs in page.elements)
    assert not any(name.startswith("on") for _, attrs in page.elements for name in attrs)
    outside = [a["href"] for a in page.all("a") if not a["href"].startswith("#")]
    assert outside == [
        "https://doi.org/10.1234/ex(a)mple%3C1%3E;2-%23",
        "https://pubmed.ncbi.nlm.nih.gov/31234567/",
    ]
    assert not re.search(r"url\((?!#)|@import|https?:", page.style)


def test_the_policy_lets_in_this_style_alone(page: Page) -> None:
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    policy = next(m for m in page.all("meta") if "http-equiv" in m)["content"]
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_frame_of_the_page(page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    assert page.title == document().title
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all(
        "meta"
    )
    ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    assert {a["href"][1:] for a in page.all("a") if a["href"].startswith("#")} <= ids
    assert {s.id for s in document().sections} <= ids


def test_ids_are_unique_even_where_names_meet() -> None:
    same = Section("part", "Part", (icons("part"), icons("part"), chart(), chart()))
    shown = Document("Title", (Num("1", "part"), Num("2", "main")), (same, same), ())
    found = Page(html(shown))
    ids = [attrs["id"] for _, attrs in found.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    used = re.findall(r"(?:url\(|href=\"|labelledby=\")#?([^)\"]+)", html(shown))
    assert set(used) <= set(ids)


def test_every_number_is_a_link_target_once(page: Page) -> None:
    ids = [attrs["id"] for tag, attrs in page.elements if tag == "span" and "id" in attrs]
    assert ids == list(dict.fromkeys(number.id for number in numbers(document())))


def test_hostile_texts_are_only_text() -> None:
    text = html(document("<img src=x onerror=alert(1)>"))
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;img src=x" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", text)


def test_tables_name_their_rows_and_columns(page: Page) -> None:
    tables = page.all("table")
    assert len(tables) == len(page.all("caption")) == 2
    assert [t.get("class", "") for t in tables] == ["broad", ""]
    heads = page.all("th")
    assert sum(th["scope"] == "col" for th in heads) == 6 + 3
    assert sum(th["scope"] == "row" for th in heads) == 2 + 2
    labels = [td.get("data-label") for td in page.all("td")]
    assert labels[:5] == [
        "No needling",
        "Dry needling",
        "Acupuncture",
        "Electroacupuncture",
        "Both",
    ]
    assert labels[5] is None, "an empty cell needs no label"


def test_a_picture_has_one_text_or_is_decoration(page: Page) -> None:
    for picture in page.pictures:
        attrs = picture["attrs"]
        assert isinstance(attrs, dict)
        if attrs.get("role") == "img":
            assert len(picture["titles"]) == 1  # type: ignore[arg-type]
        else:
            assert attrs["aria-hidden"] == "true"
            assert picture["titles"] == []
    texts = [t for p in page.pictures for t in p["titles"]]  # type: ignore[attr-defined]
    assert texts[:5] == [row.text for row in icons().rows]
    assert texts[-2:] == [chart().text, chart().text]


def drawn(row: IconRow) -> dict[str, object]:
    return Page(html(one(Icons("icons", "Icons", (row,), ())))).pictures[0]


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_as_many_icons_are_drawn_as_are_counted(data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, 100), min_size=3, max_size=3)))
    counts = [cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], 100 - cuts[2]]
    kinds = dict(zip(("same", "more", "fewer", "not"), counts, strict=True))
    low, high = sorted(data.draw(st.tuples(st.integers(0, 100), st.integers(0, 100))))
    line = data.draw(st.integers(0, 100))
    row = IconRow("acupuncture", "A", tuple(kinds.items()), low, high, line, "text", ())
    icons = [c.split() for c in drawn(row)["classes"] if c.startswith("icon")]  # type: ignore[attr-defined]
    assert {kind: sum(kind in icon for icon in icons) for kind in kinds} == kinds
    assert len(icons) == 100
    banded = [i for i, icon in enumerate(icons) if "range" in icon]
    assert set(banded) == {i for i in range(low, high) if "fewer" not in icons[i]}


def test_an_option_without_number_is_hatched_and_says_so() -> None:
    row = IconRow("both", "Both", (), 0, 0, 0, "Both: no number.", ())
    assert drawn(row)["words"] == ["not studied"]
    picture = drawn(replace(row, unknown="no number"))
    assert picture["words"] == ["no number"]
    assert not [c for c in picture["classes"] if c.startswith("icon")]  # type: ignore[attr-defined]


def test_the_legend_is_shown_once(page: Page) -> None:
    assert sum("legend" in ul.get("class", "") for ul in page.all("ul")) == 1


def chart_text(text: str, wide: bool = True) -> str:
    return re.split(r"<svg ", text)[1 if wide else 2]


def heights(text: str) -> list[float]:
    names = r'<text class="(?:name|ends)" x="[\d.]+" y="([\d.]+)"'
    return sorted(float(y) for y in re.findall(names, text))


@given(st.lists(st.floats(0, 10), min_size=2, max_size=6), st.booleans())
@settings(max_examples=25, deadline=None)
def test_labels_of_the_chart_never_touch(levels: list[float], early: bool) -> None:
    ends = "not studied after 3 months" if early else ""
    weeks = (13, 26) if early else (13, 52)
    series = tuple(
        Series(f"o{i}", f"Option {i}", ((0, 6, 6, 6), *((w, y, y, y) for w in weeks)), ends)
        for i, y in enumerate(levels)
    )
    shown = Chart("c", "C", series, ((0, "now"), (13, "3 months"), (52, "12 months")), "t", "y", 10)
    for wide in (True, False):
        found = heights(chart_text(html(one(shown)), wide))
        assert len(found) == len(levels)
        assert all(b - a >= 13 for a, b in pairwise(found))


def test_a_line_ends_where_no_trial_looked_and_says_why() -> None:
    text = chart_text(html(one(chart())))
    assert "Dry needling: not studied after 8 weeks" in text
    assert text.count('class="end"') == 2
    assert text.count('class="course-line"') == 4, "one line an option with a figure"


def test_no_line_is_drawn_across_a_time_without_figure() -> None:
    points = ((0, 6, 6, 6), (8, 4, 3, 5), (52, 4, 3, 5))
    shown = replace(chart(), series=(Series("acupuncture", "Acupuncture", points, ""),))
    text = chart_text(html(one(shown)))
    lines = re.findall(r'class="course-line" d="M([^"]+)"', text)
    assert [line.count("L") for line in lines] == [1, 0]
    assert text.count('class="range-whisker') == text.count('class="range-whisker a2"') == 1


def test_an_option_with_todays_pain_alone_has_no_line() -> None:
    shown = replace(chart(), series=(Series("both", "Both", ((0, 6, 6, 6),), "nobody looked"),))
    text = chart_text(html(one(shown)))
    assert "course-line" not in text
    assert ">nobody looked<" in text


def test_a_stop_page_has_nothing_that_competes() -> None:
    text = html(stop_document())
    found = Page(text)
    assert found.all("body") == [{"class": "stop-page"}]
    assert not found.pictures
    assert not found.all("nav")
    assert (
        found.text.index("Stop: go") < found.text.index("Numbness") < found.text.index("Show this")
    )


@pytest.mark.parametrize(
    ("doi", "pmid", "address"),
    [
        ("10.1000/a b", "", ""),
        ("javascript:alert(1)", "7x", ""),
        ("", "123", "https://pubmed.ncbi.nlm.nih.gov/123/"),
        ('10.1000/a"><b', "1", "https://doi.org/10.1000/a%22%3E%3Cb"),
        (" 10.1000/182 ", "", "https://doi.org/10.1000/182"),
    ],
)
def test_a_source_is_linked_by_doi_else_pmid_else_not(doi: str, pmid: str, address: str) -> None:
    assert source_link(Source("s", "S", "", doi, pmid, "", ""))[0] == address


def test_same_document_same_page() -> None:
    assert html(document()) == html(document())


def contrast(one: str, other: str) -> float:
    """Contrast of two colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_told_from_the_ground_in_light_and_dark(page: Page) -> None:
    light, dark = page.style.split("prefers-color-scheme: dark")
    dark = dark[: dark.index("box-sizing")]
    for part in (light, dark):
        values = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part))
        for ground in ("page", "card"):
            for text in ("ink", "muted", "link", *(f"a{i}" for i in range(8)), "any"):
                assert contrast(values[text], values[ground]) >= 4.5, text
            for graphic in ("faint", "same", "stop-edge", "warm-edge", "cool-edge"):
                assert contrast(values[graphic], values[ground]) >= 3, graphic
        for box in ("stop", "warm", "cool"):
            assert contrast(values["ink"], values[box]) >= 4.5


@given(st.text(max_size=80))
def test_clean_leaves_only_what_can_be_written(text: str) -> None:
    found = clean(text)
    found.encode()
    assert clean(found) == found
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e]", found)
    assert Page(f"<p>{breakable(text)}</p>").text == found


def test_clean_keeps_letters_of_every_script() -> None:
    kept = "Zoë 中文 עברית فارسی‌ها 👩🏽‍⚕️ e\u0301"
    assert clean(kept) == kept
    assert clean("a\nb\tc\x00d\ud800\u202ee") == "a b cde"


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_text_anywhere_gives_a_whole_page(text: str) -> None:
    row = IconRow(text, text, (), 0, 0, 0, text, ((Num(text, text),),))
    shown = Document(
        text, (text,),
        (Section(text, text, (Paragraph((text,)), Icons(text, text, (row,), ((text, text),)))),),
        ((text, text),), sources=(Source(text, text, text, text, text, text, text),),
    )  # fmt: skip
    found = Page(html(shown))
    assert missing_in_order(words(shown), found.text) == ""
    assert html(shown).encode()
