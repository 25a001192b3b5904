"""Every state of every page: nothing axe finds, nothing cut off, nothing said in the console."""

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
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
    if (e.closest(".picture > a")) continue;  // slid sideways in its own frame
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
    """A page in one state, for all tests; what `watched` finds fails the last of them."""
    size = {"width": WIDE, "height": 800}
    with watched(browser, sqlite_site.url, viewport=size, device_scale_factor=2) as walk:
        STATES[request.param](walk)
        yield walk


def faults(page: Page, chosen: dict[str, object]) -> str:
    """What axe finds wrong, "" where nothing is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"runOnly": chosen, "resultTypes": ["violations"]}
    found = AxeResults(page.evaluate("options => axe.run(document, options)", options))
    return str(found.generate_report()) if found.violations_count else ""


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


def test_groups_have_names_and_nothing_stands_twice(shown):
    assert shown.page.evaluate(UNNAMED_GROUPS) == []
    assert shown.page.locator("h1").count() == 1
    assert shown.page.title().endswith(" - needlewise")
    assert shown.page.locator("[style], style").count() == 0
    ids = shown.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)), sorted(i for i in set(ids) if ids.count(i) > 1)


def test_each_picture_of_the_comparison(browser, sqlite_site):
    """The rest of the page does not change with the picture and is looked at above."""
    size = {"width": WIDE, "height": 800}
    with watched(browser, sqlite_site.url, viewport=size) as walk:
        walk.bring(CALM)
        for outcome, week in PICTURES:
            walk.go(f"/compare/?outcome={outcome}&weeks={week}")
            chosen = walk.page.locator("#switch a[aria-current=true]").all()
            assert len(chosen) == 2
            for way in chosen:
                assert f"outcome={outcome}&weeks={week}#" in str(way.get_attribute("href"))
            walk.page.evaluate(
                "document.querySelectorAll('main > :not(h1, #switch, #picture)')"
                ".forEach(e => e.remove())"
            )
            assert not faults(walk.page, {"type": "tag", "values": TAGS})
            walk.page.emulate_media(color_scheme="dark")
            assert not faults(walk.page, {"type": "rule", "values": COLOURS})
            walk.page.set_viewport_size({"width": NARROW, "height": 640})
            assert walk.page.evaluate("document.documentElement.scrollWidth") == NARROW
            assert walk.page.evaluate(CUT_OFF) == []
            walk.page.set_viewport_size(size)
            walk.page.emulate_media(color_scheme="light")
