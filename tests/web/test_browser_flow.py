"""Five invented people go the whole way in a real browser, with script and without."""

import json
import re

import pytest
from tests.web.walk import CALM, PEOPLE, QUESTIONS, SAFE, Walk, watched

PHONE = {"width": 390, "height": 780}
# What each reads at the end of the questions, again on the sheet, and of what matters to them.
READ = {
    "chronic": (
        "people like you: lower back pain, pain for more than 12 weeks, pain 6 of 10 now",
        "of 100 better", "The downsides", "Both: open to you",
    ),
    "lifter": (
        "pain for less than 6 weeks, pain 7 of 10 now", "Your pain is new",
        "Most new back pain eases by itself", "No trial of people like you could be used",
    ),
    "pregnant": ("You are pregnant", "Electroacupuncture: not for you", "of 100 better"),
    "warfarin": (
        "A blood thinner makes bleeding last longer", "Dry needling: not now",
        "Acupuncture: not now", "No needling: open to you",
    ),
    "numb": (
        "Get emergency help now: call your local emergency number",
        "Note for the receiving clinician", "numbness between the legs: yes",
    ),
}  # fmt: skip
FIT = {
    "chronic": "Your weights of 100: pain relief 75, few visits 25",
    "lifter": "no number from trials of people like you",
    "pregnant": "Your weights of 100: pain relief 75, few visits 25",
    "warfarin": "There is nothing to set against no needling for you",
}
TITLES = {"you": "You", "nerves": "Safety: legs, bladder and bowels", "where": "Where it hurts"}


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def walk(request, browser, sqlite_site):
    on = {"java_script_enabled": request.param, "viewport": PHONE}
    alone = "chronic" in request.node.name  # one whole way with all other places out of reach
    with watched(browser, sqlite_site.url, cut_off=alone, **on) as walk:
        yield walk


@pytest.mark.parametrize("who", PEOPLE)
def test_the_whole_way(who, walk):
    seen = []
    for page in walk.walk(PEOPLE[who]):
        if page not in seen:
            seen.append(page)
            step = walk.page.locator(".progress").inner_text()
            assert re.fullmatch(rf"Step {len(seen)} of 1[01]", step.strip())
            assert walk.page.locator("h1").inner_text() == TITLES.get(page, mine(walk))
            assert "Why we ask" in walk.text()
    stopped = PEOPLE[who].ends_at == "/stop/"
    skipped = set() if who == "pregnant" else {"pregnancy"}
    expected = ["you", "nerves"] if stopped else [q for q in QUESTIONS if q not in skipped]
    assert seen == expected
    assert walk.path == PEOPLE[who].ends_at
    text = walk.text()
    for words in READ[who]:
        assert words in text, words
    if stopped:
        no_numbers(walk)
    else:
        onward(walk, who)


def mine(walk: Walk) -> str:
    """The heading as the window's title says it."""
    return walk.page.title().removesuffix(" - needlewise")


def no_numbers(walk: Walk) -> None:
    """After a stop there is no way to a number, also not by typing its address."""
    links = walk.page.get_by_role("link")
    for name in ("Compare", "What matters", "Your sheet", "The evidence"):
        assert not links.get_by_text(name, exact=True).count()
    for typed in ("/compare/", "/values/", "/sheet/", "/evidence/"):
        walk.go(typed)
        assert walk.path == "/stop/"
        assert "of 100" not in walk.text()


def onward(walk: Walk, who: str) -> None:
    """Through what matters to the sheet, by what stands on the pages."""
    walk.follow(walk.page.get_by_role("link", name="Next: what matters to you"))
    walk.page.get_by_label("Pain relief").first.select_option("1")
    walk.page.get_by_label("Few visits").first.select_option("2")
    walk.press("Keep it and go to your sheet")
    assert walk.path == "/sheet/"
    name = PEOPLE[who].answers["life"]["name"]
    assert walk.page.locator(".subtitle").first.inner_text() == f"For {name}"
    assert FIT[who] in walk.page.locator("#values").inner_text()
    for words in READ[who]:
        assert words in walk.text(), words


def test_back_keeps_what_was_answered_and_unknown_is_an_answer(walk):
    walk.begin()
    walk.fill({"age": "52", "sex": "unknown"})
    walk.press("Next")
    assert walk.path == "/questions/pregnancy/"
    walk.fill({"pregnant": "unknown"})
    walk.press("Back")
    assert walk.control("age").input_value() == "52"
    walk.press("Next")
    assert walk.page.locator('[name=pregnant][value="unknown"]').is_checked()


def test_what_is_wrong_leads_to_its_question(walk):
    walk.begin()
    walk.fill({"age": "old enough", "sex": "male"})
    walk.press("Next")
    assert walk.page.title().startswith("Please look again: ")
    problem = walk.page.locator(".warning")
    assert "How old are you?" in problem.inner_text()
    walk.page.locator(".warning a").click()
    assert walk.page.url.endswith("#q-age")
    assert walk.control("age").get_attribute("aria-invalid") == "true"
    described = str(walk.control("age").get_attribute("aria-describedby"))
    assert "is not a number" in walk.page.locator(f"#{described}").inner_text()
    assert walk.control("age").input_value() == "old enough"


def test_an_open_safety_question_is_asked_once_more_then_handed_over(walk):
    walk.bring(CALM | {"red_flags": {k: v for k, v in SAFE.items() if k != "fever"}})
    walk.go("/compare/")
    assert "Stop and ask: a safety question is still open." in walk.text()
    walk.press("Go through the open questions")
    assert walk.path == "/questions/illness/"
    walk.press("Next")
    walk.go("/compare/")
    assert "They were asked twice" in walk.text()
    walk.follow(walk.page.get_by_role("link", name="Safety: illness"))
    walk.fill({"red_flags.fever": "no"})
    walk.press("Next")
    walk.go("/compare/")
    assert walk.path == "/compare/"


def test_the_answers_go_along_as_a_file_and_come_back(walk):
    walk.bring(CALM)
    walk.go("/sheet/")
    with walk.page.expect_download() as saved:
        walk.page.get_by_role("link", name="Your answers as a file").click()
    content = saved.value.path().read_bytes()
    assert json.loads(content)["name"] == "Ada"
    walk.press("End and delete my answers")
    assert walk.page.locator("h1").inner_text() == "Your answers are deleted"
    walk.go("/sheet/")
    assert walk.path == "/"
    file = {"name": "your-answers.json", "mimeType": "application/json", "buffer": content}
    walk.page.set_input_files("#answers", file)
    walk.press("Go on with this file")
    assert walk.path == "/compare/"


def test_values_by_the_button(walk):
    """With script or without, the button shows the fit of weights typed in."""
    walk.bring(CALM)
    walk.go("/values/")
    walk.page.get_by_label("With weights from 0 to 100").check()
    walk.fill({"weight-pain": "100", "weight-needles": "10"})
    walk.press("Show the fit")
    assert "no needles 9, pain relief 91" in walk.page.locator("#fit-now").inner_text()
    assert walk.control("weight-pain").input_value() == "100"
