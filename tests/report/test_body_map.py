"""The body map: one image with one text, every place in it, safe whatever the words are."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from importlib.resources import files
from shutil import which

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.person.body.regions import places, shapes
from needlewise.report.body_map import body_map
from needlewise.topic import load_topic
from needlewise.topic.pack import Row, Table

SVG = "{http://www.w3.org/2000/svg}"
TOPIC = load_topic()
REGIONS = [place.region for place in places(TOPIC)]
ALLOWED = {"svg", "defs", "path", "clipPath", "use", "pattern", "rect", "g", "text", "title"}
HOSTILE = "\"><script>alert(1)</script><style>*{}</style> onload=x ' &amp; \u202e"


def drawn(selected=(), name="map", topic=TOPIC):
    text = body_map(topic, selected, name=name)
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def paths(svg):
    return [e for e in svg.iter(f"{SVG}path") if e.get("data-region")]


def marked(svg, look):
    return {p.get("data-region") for p in paths(svg) if look in p.get("class").split()}


def with_words(said, label):
    """The topic with a label and with the map's words replaced."""
    rows = TOPIC["body_regions"].rows
    changed = tuple(Row({**row, "label": label}, row.file, row.line) for row in rows)
    table = Table("body_regions", TOPIC["body_regions"].columns, changed)
    wording = {**TOPIC.texts["wording"], "body_map": said}
    return replace(
        TOPIC,
        tables={**TOPIC.tables, "body_regions": table},
        texts={**TOPIC.texts, "wording": wording},
    )


def test_it_is_one_image_with_one_text():
    svg = drawn(["buttock", "lumbar"])
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == "Selected: lower back, buttock", "in the order of the table"
    assert drawn().get("aria-label") == TOPIC.texts["wording"]["body_map"]["none"]
    assert [e.text for e in svg.iter(f"{SVG}text")] == ["front", "back"]
    assert not [e for e in svg.iter() if "tabindex" in e.attrib or "aria-hidden" in e.attrib]


def test_it_has_every_region_on_its_views_and_a_name_for_the_pointer():
    front, back = [
        [p.get("data-region") for p in view.iter(f"{SVG}path") if p.get("data-region")]
        for view in drawn().findall(f"{SVG}g")
    ]
    assert set(front) == set(shapes("front"))
    assert set(back) == set(shapes("back"))
    assert len(front) == len(set(front))
    assert len(back) == len(set(back))
    labels = {place.region: place.label for place in places(TOPIC)}
    for path in paths(drawn()):
        assert path.findtext(f"{SVG}title") == labels[path.get("data-region")]


@given(st.sets(st.sampled_from(REGIONS)))
def test_what_is_selected_is_marked_and_nothing_else(selected):
    svg = drawn(selected)
    on_map = {p.get("data-region") for p in paths(svg)}
    assert marked(svg, "chosen") == selected & on_map
    whole = next(place for place in places(TOPIC) if place.region == "whole_back")
    assert marked(svg, "covered") == (set(whole.also) if "whole_back" in selected else set())
    said = svg.get("aria-label")
    for place in places(TOPIC):
        assert (place.label in said.removeprefix("Selected: ").split(", ")) == (
            place.region in selected
        )


def test_the_whole_back_marks_its_parts_without_choosing_them():
    svg = drawn(["whole_back"])
    assert marked(svg, "chosen") == set()
    assert "lumbar" in marked(svg, "covered")
    assert "leg" not in marked(svg, "covered")
    assert svg.get("aria-label") == "Selected: whole back"


def test_a_region_on_both_views_is_marked_on_both():
    hips = [p for p in paths(drawn(["hip"])) if p.get("data-region") == "hip"]
    assert [p.get("class") for p in hips] == ["region chosen"] * 2


@pytest.mark.parametrize("region", ["knee", "", "lumbar ", HOSTILE])
def test_an_unknown_region_is_refused(region):
    with pytest.raises(InputError, match=r"body_regions\.csv has no region"):
        body_map(TOPIC, ["lumbar", region], name="map")


def test_two_maps_on_a_page_share_no_id():
    one, two = drawn(name="a"), drawn(name="b")
    ids = [e.get("id") for svg in (one, two) for e in svg.iter() if e.get("id")]
    assert len(ids) == len(set(ids)) == 6
    for svg, name in ((one, "a"), (two, "b")):
        for element in svg.iter():
            for value in element.attrib.values():
                for used in re.findall(r"(?:^#|url\(#)([^)]+)", value):
                    assert used.startswith(f"{name}-")
                    assert used in ids


@pytest.mark.parametrize("selected", [[], REGIONS])
def test_a_strict_policy_has_nothing_to_refuse(selected):
    text = body_map(TOPIC, selected, name="map")
    assert not re.search(r"\bstyle\b|<script|<style|\son\w+=|http|javascript:|@import", text)
    assert len(text) < 40_000


def test_hostile_words_stay_words():
    said = {"front": HOSTILE, "back": HOSTILE, "selected": HOSTILE + "{}", "none": HOSTILE}
    topic = with_words(said, HOSTILE)
    for selected in ([], ["lumbar"]):
        svg = drawn(selected, name=HOSTILE, topic=topic)
        names = {e.tag.removeprefix(SVG) for e in svg.iter()}
        assert names <= ALLOWED
        assert all(not name.startswith("on") for e in svg.iter() for name in e.attrib)
        assert "script" in svg.get("aria-label"), "shown as the text it is"
        assert "\u202e" not in body_map(topic, selected, name="map")


def test_the_style_has_a_class_for_every_look():
    css = files("needlewise.report").joinpath("assets", "body_map.css").read_text("utf-8")
    used = {
        name for e in drawn(["whole_back", "lumbar"]).iter() for name in e.get("class", "").split()
    }
    assert {name for name in used - {"view"} if f".{name}" not in css} == set()
    assert "prefers-color-scheme: dark" in css
    assert "forced-colors: active" in css


# ---- in the browser ----

LIST = "".join(
    f'<label><input type="checkbox" name="pain_site" value="{place.region}"> {place.label}</label>'
    for place in places(TOPIC)
)
# What the style sheet does to hit-testing matters here; how it looks does not.
PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>map</title><style>{css}</style>"
    '<div data-body-map="pain_site">{map}</div>'
    '<form><fieldset data-body-map-list="pain_site">{list}</fieldset></form>'
)


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as running:
        try:
            opened = running.chromium.launch(
                executable_path=which("chromium"), args=["--no-sandbox"]
            )
        except sync_api.Error:
            pytest.skip("no browser on this machine")
        yield opened
        opened.close()


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 800, "height": 1300})
    css = files("needlewise.report").joinpath("assets", "body_map.css").read_text("utf-8")
    script = files("needlewise").joinpath("web/static/needlewise/body_map.js").read_text("utf-8")
    opened.set_content(PAGE.format(css=css, map=body_map(TOPIC, [], name="map"), list=LIST))
    opened.evaluate(script)
    yield opened
    opened.close()


def ticked(page):
    return page.eval_on_selector_all("input:checked", "all => all.map(e => e.value)")


def looks(page, look):
    found = page.eval_on_selector_all(
        f"[data-region].{look}", "all => all.map(e => e.dataset.region)"
    )
    return sorted(set(found))


def point_at(page, region, act="click"):
    """Act in the middle of a region's first half, as a finger would."""
    spot = page.evaluate(
        """region => {
          const path = document.querySelector(`[data-region=${region}]`);
          const box = path.getBoundingClientRect();
          for (let i = 1; i < 40; i++) for (let j = 1; j < 40; j++) {
            const x = box.left + box.width * i / 40, y = box.top + box.height * j / 40;
            if (document.elementFromPoint(x, y) === path) return [x, y];
          }
        }""",
        region,
    )
    getattr(page.mouse, act)(*spot)


@pytest.mark.parametrize("region", [r for r in REGIONS if r != "whole_back"])
def test_a_click_on_a_region_ticks_it_and_a_second_takes_it_back(page, region):
    point_at(page, region)
    assert ticked(page) == [region]
    assert looks(page, "chosen") == [region]
    point_at(page, region)
    assert ticked(page) == looks(page, "chosen") == []


def test_a_tick_in_the_list_shows_in_the_picture_and_its_text(page):
    page.check("[value=buttock]")
    page.check("[value=lumbar]")
    assert looks(page, "chosen") == ["buttock", "lumbar"]
    server = drawn(["lumbar", "buttock"]).get("aria-label")
    assert page.get_attribute("svg", "aria-label") == server, "as the server would say it"
    page.uncheck("[value=buttock]")
    page.uncheck("[value=lumbar]")
    assert page.get_attribute("svg", "aria-label") == drawn().get("aria-label")


def test_the_whole_back_covers_the_back_and_ticks_nothing_else(page):
    page.check("[value=whole_back]")
    assert ticked(page) == ["whole_back"]
    assert looks(page, "chosen") == []
    assert looks(page, "covered") == sorted(marked(drawn(["whole_back"]), "covered"))
    point_at(page, "lumbar")
    assert ticked(page) == ["lumbar", "whole_back"]


def test_pointing_marks_the_line_in_the_list_and_back(page):
    near = "label.near"
    point_at(page, "sacral", "move")
    assert page.locator(near).count() == 1
    assert page.locator(near).locator("input").get_attribute("value") == "sacral"
    page.mouse.move(1, 1)
    assert page.locator(near).count() == 0
    page.focus("[value=groin]")
    assert looks(page, "near") == ["groin"]
    assert page.evaluate("document.querySelectorAll('.body-map [tabindex]').length") == 0
    page.focus("[value=whole_back]")
    assert "thoracic" in looks(page, "near")
    assert "groin" not in looks(page, "near")


def test_the_whole_map_is_reached_in_the_list_by_keyboard(page):
    page.focus(f"[value={REGIONS[0]}]")
    for _ in REGIONS:
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    assert ticked(page) == REGIONS
    assert looks(page, "chosen") == sorted(set(REGIONS) - {"whole_back"})
