"""Details that bite: htmx under the policy, sliders, the body map, icon fields, tables, print."""

import pytest
from playwright.sync_api import Locator, expect
from tests.web.walk import CALM, LONGEST, NUMB, OPEN, RANKED, WEIGHED, Walk, watched

expect.set_options(timeout=LONGEST)
PEOPLE = ".people svg[role=img]"


@pytest.fixture
def walk(browser, sqlite_site):
    with watched(browser, sqlite_site.url, viewport={"width": 1000, "height": 800}) as walk:
        yield walk


def at(walk: Walk, answers: dict, path: str) -> None:
    walk.bring(answers)
    walk.go(path)


def test_htmx_keeps_to_the_policy(walk):
    at(walk, CALM, "/values/")
    config = walk.page.evaluate("htmx.config")
    assert config["includeIndicatorStyles"] is False
    assert config["allowEval"] is False
    assert config["historyCacheSize"] == 0
    refused = walk.page.evaluate("""() => new Promise(done => {
      console.error = () => {};  // htmx says there what it refused
      document.addEventListener("htmx:evalDisallowedError", () => done("refused"));
      const asking = document.createElement("button");
      asking.setAttribute("hx-get", "/health/");
      asking.setAttribute("hx-vals", "js:{ran: (window.ran = true)}");
      document.body.append(asking);
      htmx.process(asking);
      asking.click();
    })""")
    assert refused == "refused"
    assert walk.page.evaluate("window.ran") is None
    assert walk.page.locator("style, [style], [onclick]").count() == 0
    assert walk.page.evaluate("localStorage.length") == 0
    assert walk.page.evaluate("Object.values(sessionStorage)") in ([], ["/values/"])


def test_the_policy_lets_nothing_from_elsewhere_in(walk):
    found = walk.page.goto(walk.site + "/").all_headers()["content-security-policy"]
    assert "default-src 'none'" in found
    assert "script-src 'self'" in found
    assert "unsafe" not in found


def test_a_change_moves_the_fit_and_leaves_the_focus(walk):
    at(walk, CALM, "/values/")
    fit = walk.page.locator("#fit-now")
    assert fit.get_attribute("aria-live") == "polite"
    walk.page.evaluate("window.announced = document.getElementById('fit-now')")
    before = fit.inner_text()
    place = walk.page.get_by_label("Pain relief").first
    place.focus()
    place.select_option("1")
    expect(fit).not_to_have_text(before, use_inner_text=True)
    expect(fit).to_contain_text("comes out ahead")
    assert walk.page.evaluate("document.activeElement.id") == "place-pain"
    # A live region is read out only where it stays and its content changes.
    assert walk.page.evaluate("window.announced === document.getElementById('fit-now')")
    assert "comes out ahead" in walk.page.locator("#fit-now").inner_text()
    walk.go("/values/")
    assert walk.page.get_by_label("Pain relief").first.input_value() == "1"


def test_a_problem_is_said_beside_the_fit(walk):
    at(walk, RANKED, "/values/")
    walk.page.get_by_label("Few visits").first.select_option("1")
    problem = walk.page.locator("#fit-now .warning")
    expect(problem).to_contain_text("have the same place; give each its own")
    walk.press("Show the fit")
    assert "have the same place" in walk.page.locator("main > .warning").inner_text()
    assert walk.page.evaluate("document.activeElement.matches('.warning')")


def test_every_slider_keeps_step_with_its_number(walk):
    at(walk, WEIGHED, "/values/")
    sliders = walk.page.locator("[data-slider]")
    assert sliders.count() == walk.page.locator("[name^=weight-]").count() > 5
    for slider in sliders.all():
        number = walk.page.locator(f"#{slider.get_attribute('data-slider')}")
        assert slider.input_value() == (number.input_value() or "0")
        number.fill("37")
        assert slider.input_value() == "37"
        slider.press("ArrowRight")
        assert number.input_value() == "38"
        assert slider.get_attribute("aria-label")
    with walk.page.expect_response("**/values/"):
        sliders.first.press("ArrowRight")
    expect(walk.page.locator("#fit-now")).to_contain_text("Your weights of 100")


def test_one_way_of_saying_what_matters_is_shown_at_a_time(walk):
    at(walk, CALM, "/values/")
    ranks, weights = (walk.page.locator(f"[data-how={how}]") for how in ("rank", "weigh"))
    assert (ranks.is_visible(), weights.is_visible()) == (True, False)
    walk.page.get_by_label("With weights from 0 to 100").check()
    assert (ranks.is_visible(), weights.is_visible()) == (False, True)


def test_without_script_both_ways_stand_there_and_no_slider(browser, sqlite_site):
    with watched(browser, sqlite_site.url, java_script_enabled=False) as walk:
        at(walk, CALM, "/values/")
        assert walk.page.locator("[data-how]:visible").count() == 2
        assert walk.page.locator("[data-slider]:visible, [data-print]:visible").count() == 0


def region(walk: Walk, name: str) -> Locator:
    return walk.page.locator(f'[data-region="{name}"]').last


def marked(walk: Walk, name: str) -> bool:
    """Whether the picture marks a place, or the parts of one that has no shape of its own."""
    own = walk.page.locator(f'[data-region="{name}"].chosen')
    return own.or_(walk.page.locator(f'[data-within~="{name}"].covered')).count() > 0


def test_picture_and_list_of_the_body_say_the_same(walk):
    at(walk, CALM | {"pain_site": []}, "/questions/where/")
    picture = walk.page.locator("svg.body-map")
    boxes = walk.page.locator("[name=pain_site]")
    assert walk.page.locator("svg.body-map [tabindex], svg.body-map a").count() == 0
    nothing = picture.get_attribute("aria-label")
    for box in boxes.all():
        name = str(box.get_attribute("value"))
        words = box.locator("xpath=..").inner_text().strip()
        box.check()
        assert marked(walk, name), name
        assert words in str(picture.get_attribute("aria-label"))
        box.uncheck()
        assert not marked(walk, name), name
    assert picture.get_attribute("aria-label") == nothing
    lumbar = walk.page.locator('[name=pain_site][value="lumbar"]')
    region(walk, "lumbar").click()
    assert lumbar.is_checked()
    assert "Lower back" in str(picture.get_attribute("aria-label"))
    region(walk, "lumbar").click()
    assert not lumbar.is_checked()
    lumbar.focus()
    walk.page.keyboard.press("Space")
    assert marked(walk, "lumbar")
    walk.press("Next")
    walk.go("/questions/where/")
    assert lumbar.is_checked()


def test_without_script_the_picture_shows_what_was_sent(browser, sqlite_site):
    with watched(browser, sqlite_site.url, java_script_enabled=False) as walk:
        at(walk, CALM | {"pain_site": []}, "/questions/where/")
        walk.fill({"pain_site": ["lumbar", "buttock"]})
        walk.press("Next")
        walk.press("Back")
        for name in ("lumbar", "buttock"):
            assert marked(walk, name)
        said = str(walk.page.locator("svg.body-map").get_attribute("aria-label"))
        assert "lower back" in said.casefold()


def test_an_icon_field_is_one_image_with_one_text(walk):
    at(walk, CALM, "/compare/")
    options = walk.page.locator("#picture .people .option").all_inner_texts()
    fields = walk.page.locator(f"#picture {PEOPLE}")
    assert fields.count() == len(options) >= 4
    for option, field in zip(options, fields.all(), strict=True):
        tree = field.aria_snapshot()
        assert tree.lstrip("- '").startswith(f'img "{option}: ')
        assert len(tree.splitlines()) == 1
        assert field.get_by_role("img").count() == 0
    for drawn in walk.page.locator("main svg").all():
        assert drawn.get_attribute("role") == "img" or drawn.get_attribute("aria-hidden") == "true"


LAID_OUT = """() => [...document.querySelectorAll("main table")].map(table => ({
  heads: [...table.tHead.rows[0].cells].map(c => c.textContent),
  rows: [...table.tBodies[0].rows].map(row => ({
    name: row.cells[0].textContent,
    labels: [...row.cells].slice(1).map(
      c => getComputedStyle(c, "::before").content.replace(/^"|"$/g, "")),
    tops: [...row.cells].map(c => Math.round(c.getBoundingClientRect().top)),
    lefts: [...row.cells].map(c => Math.round(c.getBoundingClientRect().left)),
  })),
}))"""


def test_on_a_phone_a_table_is_one_block_an_option_in_the_same_order(walk):
    at(walk, CALM, "/compare/")
    walk.unfold()
    wide = walk.page.evaluate(LAID_OUT)
    walk.page.set_viewport_size({"width": 479, "height": 800})
    narrow = walk.page.evaluate(LAID_OUT)
    assert len(wide) > 5
    for table, blocks in zip(wide, narrow, strict=True):
        assert [r["name"] for r in table["rows"]] == [r["name"] for r in blocks["rows"]]
        for row, block in zip(table["rows"], blocks["rows"], strict=True):
            assert len(set(row["tops"])) == 1
            assert block["tops"] == sorted(set(block["tops"]))
            assert len(set(block["lefts"])) == 1
            named = [(h, v) for h, v in zip(table["heads"][1:], block["labels"], strict=True) if h]
            assert all(shown in {head, "none"} for head, shown in named)
    options = walk.page.locator("#picture .people .option").all_inner_texts()
    over_time = next(t for t in narrow if t["rows"][0]["name"] == options[0])
    assert [r["name"] for r in over_time["rows"]] == options


@pytest.mark.parametrize(
    ("answers", "path"), [(RANKED, "/sheet/"), (NUMB, "/stop/"), (OPEN, "/stop/")]
)
def test_what_is_printed_has_no_navigation(answers, path, walk):
    at(walk, answers, path)
    walk.page.emulate_media(media="print")
    for gone in ("nav", ".masthead", ".foot", "button", ".button", ".skip"):
        assert walk.page.locator(f"{gone}:visible").count() == 0, gone
    assert walk.page.locator("h1").is_visible()
    drawn = walk.page.locator("main svg.bar-row, main .bar-row svg, main .bars rect.bar")
    assert path == "/stop/" or drawn.first.is_visible()


def test_the_print_button_prints(walk):
    at(walk, CALM, "/sheet/")
    walk.page.evaluate("window.print = () => { window.printed = true; }")
    walk.page.get_by_role("button", name="Print").click()
    assert walk.page.evaluate("window.printed")


def test_in_the_dark_the_figures_stand_on_the_dark(walk):
    """Lines of the icons and the chart are lighter than the page under them."""
    at(walk, CALM, "/compare/")
    light = "getComputedStyle(document.querySelector('#picture .option')).color"
    before = walk.page.evaluate(light)
    walk.page.emulate_media(color_scheme="dark")
    assert walk.page.evaluate(light) != before
