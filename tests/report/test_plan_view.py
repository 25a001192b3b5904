"""How a plan is shown: the same in every channel, plain for the person, never after a stop."""

import json

import jsonschema
import pytest
from tests.person.people import calm
from tests.plan.examined import examination

from needlewise.errors import InputError
from needlewise.person import Person
from needlewise.plan import edits_from, make_plan
from needlewise.report import terminal
from needlewise.report.as_html import html
from needlewise.report.as_pdf import pdf_bytes
from needlewise.report.document import numbers, plain, texts
from needlewise.report.explain_plan import explain_plan
from needlewise.report.plan_json import plan_json, plan_schema
from needlewise.report.plan_view import plan_document
from needlewise.report.reading import count
from needlewise.report.view import document

READERS = ("practitioner", "patient")
OPTIONS = ("no-needling", "dry-needling", "acupuncture", "electroacupuncture", "both")


def plan(topic, option="both", edits=(), found=None, **changes):
    person = Person.from_mapping(calm(topic, **changes), topic)
    edits = edits_from({"edit": list(edits)})
    return make_plan(topic, person, found or examination(topic), option, edits=edits)


def words(page):
    return " ".join(terminal.text(page).split())


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("reader", READERS)
def test_every_channel_shows_every_number(topic, option, reader):
    page = plan_document(plan(topic, option), for_whom=reader)
    shown = {number.text for number in numbers(page)}
    text, page_html = words(page), html(page)
    assert shown
    for number in shown:
        assert " ".join(number.split()) in text
        assert number in page_html
    assert pdf_bytes(page).startswith(b"%PDF")


@pytest.mark.parametrize("option", OPTIONS)
def test_every_number_is_explained(topic, option):
    made = plan(topic, option)
    ids = {n.id for reader in READERS for n in numbers(plan_document(made, for_whom=reader))}
    for id in ids:
        told = explain_plan(made, id)
        assert told.startswith(f"{id}: ")
        assert len(told.splitlines()) > 2
    with pytest.raises(InputError, match=r"no number plan\.depth\.XX"):
        explain_plan(made, "plan.depth.XX")


def test_the_plan_says_what_it_is(topic):
    text = words(plan_document(plan(topic)))
    for said in (
        "The program proposes, the practitioner decides", "does not diagnose or prescribe",
        "No clinician has signed off", "garden for an hour", "taken back at any time",
        "short of breath", "Nobody has measured the two together", "kappa", "Cold-damp",
        "not millimetres", "First review",
    ):  # fmt: skip
        assert said in text, said


@pytest.mark.parametrize("option", OPTIONS)
def test_the_persons_copy_is_plain(topic, option):
    page = plan_document(plan(topic, option), for_whom="patient")
    own = [plain(text) for text in texts(page) if len(plain(text).split()) > 3]
    assert count(topic, own).grade <= 8
    text = words(page).casefold()
    for never in ("you should", "we recommend", "cure", "!!", "guaranteed"):
        assert never not in text


def test_the_same_harm_is_told_as_in_the_comparison(topic):
    made = plan(topic, "acupuncture")
    whole = {(n.id, n.text) for n in numbers(document(made.comparison))}
    own = {(n.id, n.text) for n in numbers(plan_document(made)) if n.id.startswith("harm.")}
    assert own
    assert own <= whole


def test_both_shows_the_harms_of_each_part(topic):
    ids = {n.id for n in numbers(plan_document(plan(topic, "both"))) if n.id.startswith("harm.")}
    assert any("dry-needling" in id for id in ids)
    assert any(id.endswith("acupuncture") for id in ids)


def test_a_chance_is_told_with_its_range(topic):
    page = plan_document(plan(topic, "acupuncture"), for_whom="patient")
    chances = {n.text for n in numbers(page) if n.id.startswith("chance.")}
    assert chances
    assert all(" to " in text for text in chances)


def test_after_a_stop_there_is_the_stop_page_alone(topic):
    made = plan(topic, red_flags__saddle_numbness="yes")
    for reader in READERS:
        assert plan_document(made, for_whom=reader) == document(made.comparison)
    told = json.loads(plan_json(made))
    assert told["status"] == "stopped"
    assert told["items"] == told["blocked"] == []
    assert told["examination"] == {}
    with pytest.raises(InputError, match="shows no number"):
        explain_plan(made, "plan.sessions")


def test_a_refused_plan_says_what_has_to_change_first(topic):
    made = plan(topic, "dry-needling", conditions=["haemophilia_a"])
    text = words(plan_document(made))
    assert "What has to change first" in text
    assert "specialist" in text
    assert "Session card" not in text


def test_nothing_to_needle_reads_well(topic):
    made = plan(topic, "dry-needling", found=examination(topic, palpation=[], goal={}))
    text = words(plan_document(made))
    assert "Nothing to needle is proposed" in text
    assert "No goal was written down" in text
    assert "No needles are planned" in words(plan_document(made, for_whom="patient"))


def test_many_lines_stand_on_one_card(topic):
    add = [{"action": "add", "item": f"muscle:{row['slug']}:{side}"}
           for row in topic["muscles"] for side in ("left", "right")
           if (row["slug"], side) not in {
               ("lumbar-multifidus", "left"), ("lumbar-multifidus", "right"),
               ("quadratus-lumborum-superficial", "left")}]  # fmt: skip
    made = plan(topic, "dry-needling", edits=add)
    assert len(made.needles) >= 40
    assert pdf_bytes(plan_document(made)).startswith(b"%PDF")
    assert "Position: the sources here name none" in words(plan_document(made))


def test_hostile_words_stay_words(topic):
    bad = '<script>alert("x")</script> =1+1 #pagebreak() \u202e'
    found = examination(topic, goal={"words": bad}, practitioner=bad, notes=bad, helper=bad)
    made = plan(topic, found=found, name=bad)
    for reader in READERS:
        page = plan_document(made, for_whom=reader)
        assert "<script>" not in html(page)
        assert "\u202e" not in terminal.text(page)
        assert pdf_bytes(page).startswith(b"%PDF")


def test_a_forced_line_prints_its_reason(topic):
    forced = {"action": "force", "item": "point:SP6:left", "reason": "agreed with her midwife"}
    made = plan(topic, "acupuncture", edits=[forced], pregnant="yes", gestation_weeks=20)
    text = words(plan_document(made))
    assert "Kept in spite of a block. Reason typed: agreed with her midwife" in text


@pytest.mark.parametrize("option", OPTIONS)
def test_json_is_valid_and_the_same_each_time(topic, option):
    told = plan_json(plan(topic, option))
    assert told == plan_json(plan(topic, option))
    jsonschema.Draft202012Validator(json.loads(plan_schema())).validate(json.loads(told))
    data = json.loads(told)
    assert data["content"]["hash"] == topic.hash
    for item in data["items"]:
        if item["kind"] != "adjunct":
            assert (item["ceiling"] is None) != (item["why_none"] is None)
