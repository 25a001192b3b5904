"""Every state of every page: nothing axe finds, nothing cut off, nothing said in the console."""

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.web.conftest import Site
from tests.web.walk import CALM, PICTURES, STATES, Walk, watched

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COLOURS = ["color-contrast", "link-in-text-block"]
WIDE, ZOOMED, NARROW = 1280, 640, 320  # 640 is 1280 seen at 200 %

# Text outside the window or outside a box that hides what runs over. What stands far off the page
# on purpose (the way to the content, heads of tables that are blocks) is left out.
CUT_OFF = """() => {
  const found = [], width = document.documentElement.clientWidth;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    if (!node.data.trim() || !node.parentElement.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (!box.width || box.right < -1000) continue;
    const say = why => found.push(`${why}: ${node.data.trim().slice(0, 60)}`);
    if (box.left < -1 || box.right > width + 1) say("outside the window");
    for (let e = node.parentElement; e && e !== document.body; e = e.parentElement) {
      if (getComputedStyle(e).overflowX === "visible") continue;
      const edge = e.getBoundingClientRect();
      if (box.left < edge.left - 1 || box.right > edge.right + 1) say(`cut by ${e.tagName}`);
    }
  }
  for (const e of document.querySelectorAll("main input, main select, main button, main img")) {
    const box = e.getBoundingClientRect();
    if (e.checkVisibility() && (box.left < -1 || box.right > width + 1)) found.push(e.outerHTML);
  }
  return found;
}"""
UNNAMED_GROUPS = """() => [
  ...[...document.querySelectorAll("fieldset")].filter(
    f => !f.querySelector(":scope > legend")?.textContent.trim()),
  ...[...document.querySelectorAll("[type=radio], [type=checkbox]")].filter(
    e => !e.closest("fieldset")),
].map(e => e.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module", params=STATES)
def shown(request: pytest.FixtureRequest, browser: Browser, sqlite_site: Site) -> Iterator[Walk]:
    """A page in one state; what was said in the console or asked for elsewhere fails at the end."""
    size = {"width": WIDE, "height": 800}
    with watched(browser, sqlite_site.url, viewport=size, device_scale_factor=2) as walk:
        STATES[request.param](walk)
        yield walk


def faults(page: Page, chosen: dict[str, object], within: str | None = None) -> str:
    """What axe finds wrong, "" where nothing is."""
    options = {"runOnly": chosen, "resultTypes": ["violations"]}
    found = Axe().run(page, context=within, options=options)
    return found.generate_report() if found.violations_count else ""


def lighter(page: Page, scheme: str) -> float:
    page.emulate_media(color_scheme=scheme)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(json.loads(ground.replace("rgb(", "[").replace(")", "]")))


def test_axe_finds_nothing_in_light(shown):
    assert lighter(shown.page, "light") > 3 * 230
    assert not faults(shown.page, {"type": "tag", "values": TAGS})


def test_axe_finds_nothing_in_dark(shown):
    """Only colours hang on the scheme."""
    assert lighter(shown.page, "dark") < 3 * 40
    assert not faults(shown.page, {"type": "rule", "values": COLOURS})
    shown.page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("width", [ZOOMED, NARROW])
def test_nothing_scrolls_sideways_or_is_cut_off(shown, width):
    shown.page.set_viewport_size({"width": width, "height": 640})
    wide = "document.documentElement.scrollWidth"
    assert shown.page.evaluate(wide) == width
    assert shown.page.evaluate(CUT_OFF) == []
    shown.page.set_viewport_size({"width": WIDE, "height": 800})


def test_every_group_has_a_name_and_every_page_one_heading(shown):
    assert shown.page.evaluate(UNNAMED_GROUPS) == []
    assert shown.page.locator("h1").count() == 1
    assert shown.page.title().endswith(" - needlewise")
    assert shown.page.locator("[style], style").count() == 0


@pytest.mark.parametrize(("outcome", "week"), PICTURES)
def test_each_picture_of_the_comparison(outcome, week, browser, sqlite_site):
    size = {"width": WIDE, "height": 800}
    with watched(browser, sqlite_site.url, viewport=size) as walk:
        walk.bring(CALM)
        walk.go(f"/compare/?outcome={outcome}&weeks={week}")
        chosen = walk.page.locator("#switch a[aria-current=true]")
        assert chosen.count() == 2
        for address in (chosen.first, chosen.last):
            assert f"outcome={outcome}&weeks={week}#" in str(address.get_attribute("href"))
        for part in ("#switch", "#picture"):
            assert not faults(walk.page, {"type": "tag", "values": TAGS}, part)
        lighter(walk.page, "dark")
        assert not faults(walk.page, {"type": "rule", "values": COLOURS}, "#picture")
        walk.page.set_viewport_size({"width": NARROW, "height": 640})
        assert walk.page.evaluate("document.documentElement.scrollWidth") == NARROW
        assert walk.page.evaluate(CUT_OFF) == []
