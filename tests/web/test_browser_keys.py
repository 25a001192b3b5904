"""One person goes the whole way with the keyboard alone, and always sees where they are."""

import pytest
from playwright.sync_api import Page
from tests.web.walk import CALM, Walk, watched

# Where the keyboard is, how it is marked, and whether something lies over it.
FOCUSED = """() => {
  const e = document.activeElement, seen = e.closest(".choices label") ?? e;
  const style = getComputedStyle(seen), box = seen.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height, 20) / 2];
  const over = document.elementFromPoint(x, y);
  return {
    at: e === document.body ? "" : e.outerHTML.slice(0, 160),
    marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    free: !!over && (seen.contains(over) || over.contains(seen)),
    inside: box.top >= -1 && box.left >= -1 && box.left < innerWidth && box.top < innerHeight,
  };
}"""


@pytest.fixture
def walk(browser, sqlite_site):
    with watched(browser, sqlite_site.url, viewport={"width": 800, "height": 700}) as walk:
        yield walk


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until there; every stop on the way must be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now["at"]:
            assert now["marked"], f"not seen to be focused: {now['at']}"
            assert now["inside"], f"outside the window: {now['at']}"
            assert now["free"], f"covered: {now['at']}"
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{most} times Tab did not lead to {selector}")


def enter(walk: Walk, selector: str) -> None:
    tab_to(walk.page, selector)
    with walk.page.expect_navigation():
        walk.page.keyboard.press("Enter")


def choose(walk: Walk, name: str, value: str) -> None:
    """Go to a group of choices and along it with the arrows."""
    page = walk.page
    tab_to(page, f'[name="{name}"]')
    page.keyboard.press("Space")
    for _ in range(20):
        if page.evaluate("v => document.activeElement.value === v", value):
            break
        page.keyboard.press("ArrowRight")
    assert page.locator(f'[name="{name}"][value="{value}"]').is_checked()
    assert page.evaluate(FOCUSED)["marked"]


def write(walk: Walk, name: str, text: str) -> None:
    tab_to(walk.page, f'[name="{name}"]')
    walk.page.keyboard.type(text)


def test_the_whole_way_by_keyboard(walk):
    walk.go("/")
    walk.page.keyboard.press("Tab")
    assert walk.page.evaluate("document.activeElement.className") == "skip"
    assert walk.page.locator(".skip").bounding_box()["x"] >= 0
    walk.page.keyboard.press("Enter")
    assert walk.page.evaluate("document.activeElement.id") == "main"
    enter(walk, "button.primary")
    write(walk, "age", "46")
    choose(walk, "sex", "male")
    enter(walk, "button[value=next]")
    for _ in ("nerves", "now", "illness", "bones"):
        enter(walk, "button[value=rest]")
    choose(walk, "pain_nrs", "6")
    write(walk, "pain_weeks", "3")
    tab_to(walk.page, '[name="pain_weeks.unit"]')
    walk.page.keyboard.type("years")
    choose(walk, "leg_pain", "none")
    enter(walk, "button[value=next]")
    tab_to(walk.page, '[name=pain_site][value="lumbar"]')
    walk.page.keyboard.press("Space")
    enter(walk, "button[value=next]")
    for name in ("conditions", "medicines", "devices"):
        tab_to(walk.page, f'[name="{name}"][value="none"]')
        walk.page.keyboard.press("Space")
    enter(walk, "button[value=next]")
    for name, value in (
        ("needle_history.fear", "none"), ("needle_history.fainted", "no"), ("mood.low", "no"),
    ):  # fmt: skip
        choose(walk, name, value)
    enter(walk, "button[value=next]")
    write(walk, "goals", "garden again")
    enter(walk, "button[value=next]")
    assert walk.path == "/compare/"
    assert "pain 6 of 10 now" in walk.text()
    enter(walk, '.masthead a[href="/values/"]')
    tab_to(walk.page, "[name=place-pain]")
    with walk.page.expect_response("**/values/"):
        walk.page.keyboard.type("1")
    enter(walk, "button[value=sheet]")
    assert walk.path == "/sheet/"
    assert "garden again" in walk.text()


def test_a_fold_opens_by_key(walk):
    walk.bring(CALM)
    walk.go("/questions/pain/")
    for key in ("Enter", "Space"):
        tab_to(walk.page, "details:not([open]) > summary")
        walk.page.keyboard.press(key)
    assert walk.page.locator("details.why[open] p").first.is_visible()
    assert walk.page.locator("details[open]").count() == 2


def test_the_trail_of_a_number_by_key_and_back(walk):
    walk.bring(CALM)
    walk.go("/compare/")
    enter(walk, "a.n")
    assert walk.page.locator("h1").inner_text() == "How we know this number"
    assert "Formula" in walk.text()
    enter(walk, ".actions a")
    assert walk.path == "/compare/"
