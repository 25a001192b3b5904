"""The whole flow without a browser, on both databases."""

import json

from tests.person.people import calm
from tests.web.visitor import Visitor, visible

from needlewise import report
from needlewise.choice import compare
from needlewise.outlook import look_ahead
from needlewise.person import Person

SIGNS = ("nerves", "now", "illness", "bones")


def answered(visitor, **changes):
    """Somebody who goes through every page; `changes` are fields of the pain page."""
    visitor.begin()
    visitor.post("/questions/you/", {"age": "46", "sex": "male"})
    for page in SIGNS:
        visitor.post(f"/questions/{page}/", {"go": "rest"})
    pain = {"pain_nrs": "6", "pain_weeks": "3", "pain_weeks.unit": "years", "leg_pain": "none"}
    visitor.post("/questions/pain/", pain | changes)
    visitor.post("/questions/where/", {"pain_site": ["lumbar", "buttock"]})
    none = {"conditions": "none", "medicines.line": "none", "devices": "none"}
    visitor.post("/questions/health/", none)
    needles = {"needle_history.fear": "none", "needle_history.fainted": "no", "mood.low": "no"}
    visitor.post("/questions/needles/", needles)
    return visitor.post("/questions/life/", {"goals": "garden\nwalk", "name": "Ada"})


def test_the_flow_ends_with_the_comparison(site):
    visitor = Visitor(site.url)
    page = answered(visitor)
    assert (page.status, page.path) == (200, "/compare/")
    text = visible(page.text)
    assert "of 100 better" in text
    assert "people like you" in text
    sheet = visible(visitor.get("/sheet/").text)
    assert "For Ada" in sheet
    assert "garden" in sheet


def test_numbers_are_those_of_the_library(site, topic):
    visitor = Visitor(site.url)
    answered(visitor)
    answers = json.loads(visitor.get("/sheet/your-answers.json").text)
    comparison = compare(look_ahead(topic, None, Person.from_mapping(answers, topic)))
    assert visitor.get("/sheet/comparison.json").text == report.json(comparison)
    assert visitor.get("/sheet/your-sheet.pdf").body == report.pdf_bytes(comparison)


def test_answers_are_kept_back_and_forward(site):
    visitor = Visitor(site.url)
    visitor.begin()
    assert visitor.post("/questions/you/", {"age": "46", "sex": "female"}).path == (
        "/questions/pregnancy/"
    )
    back = visitor.post("/questions/pregnancy/", {"pregnant": "no", "go": "back"})
    assert back.path == "/questions/you/"
    assert 'value="46"' in back.text
    assert 'value="no" checked' in visitor.get("/questions/pregnancy/").text


def test_what_is_wrong_is_said_and_kept_as_typed(site):
    visitor = Visitor(site.url)
    visitor.begin()
    page = visitor.post("/questions/you/", {"age": "forty", "sex": "female"})
    assert page.status == 422
    assert "&#x27;forty&#x27; is not a number" in page.text
    assert 'value="forty"' in page.text
    assert 'value="female" checked' in page.text
    assert visitor.get("/sheet/your-answers.json").text.strip() == "{}"


def test_an_alarm_stops_at_once_whatever_address_is_typed(site):
    visitor = Visitor(site.url)
    visitor.begin()
    visitor.post("/questions/you/", {"age": "46", "sex": "male"})
    page = visitor.post("/questions/nerves/", {"red_flags.saddle_numbness": "yes", "go": "rest"})
    assert page.path == "/stop/"
    assert "emergency" in visible(page.text).lower()
    for path in (
        "/compare/", "/compare/?weeks=6", "/values/", "/sheet/", "/sheet/comparison.json",
        "/compare/how/chance.pain.13.acupuncture/", "/evidence/", "/evidence/pain/",
        "/about/claims/", "/evidence/pain/network.svg",
    ):  # fmt: skip
        seen = visitor.get(path)
        assert seen.path == "/stop/", path
        assert "of 100" not in visible(seen.text)
    assert visitor.post("/values/", {"how": "rank", "place-pain": "1"}).path == "/stop/"


def test_open_questions_are_asked_once_more_then_handed_over(site):
    visitor = Visitor(site.url)
    visitor.begin()
    page = visitor.get("/compare/")
    assert page.path == "/stop/"
    assert "once more" in page.text
    assert visitor.post("/questions/again/").path.startswith("/questions/")
    handed = visitor.get("/compare/")
    assert handed.path == "/stop/"
    assert "asked twice" in handed.text


def test_values_change_the_fit_and_nothing_else(site):
    visitor = Visitor(site.url)
    answered(visitor)
    before = json.loads(visitor.get("/sheet/comparison.json").text)
    page = visitor.post("/values/", {"how": "rank", "place-pain": "1", "place-visits": "2"})
    assert "comes out ahead" in visible(page.text)
    after = json.loads(visitor.get("/sheet/comparison.json").text)
    assert after["comparison"]["fit"]
    for same in ("outlook", "harms", "shams", "triage", "options"):
        assert before[same] == after[same]
    weighed = {"how": "weigh", "weight-pain": "30", "weight-needles": "70"}
    part = visitor.post("/values/", weighed, **{"HX-Request": "true"})
    assert "<html" not in part.text
    assert "of 100" in visible(part.text)
    assert json.loads(visitor.get("/sheet/your-answers.json").text)["weights"] == {
        "needles": 70, "pain": 30,
    }  # fmt: skip


def test_answers_can_be_taken_along_and_brought_back(site):
    visitor, later = Visitor(site.url), Visitor(site.url)
    answered(visitor)
    saved = visitor.get("/sheet/your-answers.json").body
    assert later.begin(saved).path == "/compare/"
    assert later.get("/sheet/your-answers.json").body == saved
    assert later.get("/sheet/comparison.json").body == visitor.get("/sheet/comparison.json").body


def test_a_file_that_finer_tools_made_loses_nothing_on_the_way(site, topic):
    """Doses and kinds that the pages do not ask for survive going through the pages unchanged."""
    answers = calm(topic, medicines=[{"name": "prednisolone", "class": "corticosteroid",
                                      "daily_mg": 4}])  # fmt: skip
    visitor = Visitor(site.url)
    visitor.begin(json.dumps(answers).encode())
    before = visitor.get("/sheet/your-answers.json").body
    visitor.post("/questions/health/", {
        "conditions": "none", "medicines.line": "prednisolone", "devices": "none",
    })  # fmt: skip
    assert visitor.get("/sheet/your-answers.json").body == before
