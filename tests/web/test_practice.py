"""The practitioner's pages without a browser: open, examine, plan, sessions, review, save."""

import json
from datetime import date, timedelta

import pytest
from tests.person.people import calm
from tests.web.visitor import Visitor, visible

from needlewise.followup import Record

LONG = "Ada " + "Lovelace" * 12


def opened(site, topic, mapping=None, **changes):
    """A visitor who has opened a file."""
    visitor = Visitor(site.url)
    visitor.get("/practice/")
    content = json.dumps(mapping or {"person": calm(topic, name="Ada", **changes)}).encode()
    page = visitor.upload("/practice/open/", "record", "record.json", content)
    assert page.path == "/practice/", visible(page.text)[:400]
    return visitor


EXAMINATION = {
    "regions": ["lumbar", "buttock"], "side.buttock": "left", "date": "2026-10-01",
    "practitioner": "B. Body", "add.muscle": "quadratus-lumborum-superficial", "add.side": "left",
    "add.taut_band": "yes", "add.hypersensitive_spot": "yes", "add.referred_pain": "yes",
    "saddle": "normal", "pattern": "Cold-damp", "goal.words": "garden for an hour",
    "goal.instrument": "pain_nrs", "goal.now": "6", "goal.target": "4", "go": "plan",
}  # fmt: skip


def saved(visitor):
    return json.loads(visitor.post("/practice/save/").text)


def day(weeks):
    return f"{date.today() - timedelta(weeks=weeks)}"


def test_the_whole_story(site, topic):
    visitor = opened(site, topic)
    page = visitor.post("/practice/examination/", EXAMINATION)
    assert page.path == "/practice/plan/"
    page = visitor.post("/practice/plan/", {"action": "choose", "value": "dry-needling"})
    text = visible(page.text)
    assert "Plan for Dry needling" in text
    assert "garden for an hour" in text
    assert "The program proposes, the practitioner decides" in text
    page = visitor.post("/practice/plan/", {"action": "add", "item": "muscle:piriformis",
                                            "side": "left"})  # fmt: skip
    assert page.status == 200
    visitor.post("/practice/plan/", {"action": "confirm", "item": "all"})
    page = visitor.post("/practice/plan/", {"action": "sign", "by": "B. Body"})
    assert "Confirmed and signed by B. Body" in visible(page.text)
    for weeks, pain in ((5, "6"), (4, "6"), (3, "5"), (2, "6"), (1, "6"), (0, "6")):
        page = visitor.post("/practice/sessions/", {"date": day(weeks), "score.pain_nrs": pain,
                                                    "items": "muscle:piriformis:left"})  # fmt: skip
        assert page.status == 200, visible(page.text)
    text = visible(visitor.get("/practice/review/").text)
    assert "proves nothing" in text or "prove nothing" in text
    assert "No clear change" in text
    decision = {"choice": "change", "option": "acupuncture", "reason": "no change", "by": "both"}
    page = visitor.post("/practice/review/", {**decision, "date": day(0)})
    assert page.path == "/practice/plan/"
    assert "Plan for Acupuncture" in visible(page.text)
    found = saved(visitor)
    assert found["plan"] == {"option": "acupuncture"}
    assert len(found["past"][0]["course"]["session"]) == 6
    assert found["past"][0]["course"]["decision"][0]["choice"] == "change"
    again = opened(site, topic, found)
    assert saved(again) == found
    Record.from_mapping(found, topic)


def test_an_examination_kept_again_loses_nothing(site, topic):
    unasked = {"today": {"inr": 2.45, "skin_checked": "yes", "consent": "yes"},
               "traditional": {"notes": "cold to the touch"}}  # fmt: skip
    person = calm(topic, name="Ada")
    visitor = opened(site, topic, {"person": person, "examination": unasked})
    assert 'name="today.inr" value="2.45"' in visitor.get("/practice/examination/").text
    visitor.post("/practice/examination/", {**EXAMINATION, "today.inr": "2.45"})
    found = saved(visitor)["examination"]
    assert found["today"] == unasked["today"]
    assert found["traditional"]["notes"] == "cold to the touch"
    assert found["goal"]["words"] == "garden for an hour"


def test_what_is_not_saved_is_said(site, topic):
    visitor = opened(site, topic)
    assert "Not saved yet" not in visible(visitor.get("/practice/").text)
    visitor.post("/practice/examination/", {**EXAMINATION, "go": "stay"})
    assert "Not saved yet" in visible(visitor.get("/practice/").text)
    saved(visitor)
    assert "Not saved yet" not in visible(visitor.get("/practice/").text)
    visitor.post("/practice/close/")
    assert "Open a file" in visible(visitor.get("/practice/").text)
    assert visitor.get("/practice/plan/").path == "/practice/"


def test_answers_of_this_browser_are_taken_over(site, topic):
    visitor = Visitor(site.url)
    visitor.get("/")
    answers = json.dumps(calm(topic, name="Ada")).encode()
    visitor.upload("/resume/", "answers", "your-answers.json", answers)
    assert "Go on with these answers" in visible(visitor.get("/practice/").text)
    visitor.post("/practice/take/")
    assert saved(visitor)["person"]["name"] == "Ada"


BAD_FILES = {
    "nothing": (b"", "empty"),
    "no table": (b"[1, 2]", ""),
    "broken": (b'{"person": ', ""),
    "another encoding": ("{\"person\": {\"name\": \"\u00e4\"}}".encode("utf-16"), ""),
    "an unknown part": (b'{"person": {}, "invoice": {}}', "invoice is no part of a record"),
    "two plans at once": (
        b'{"person": {}, "plan": [{"option": "both"}, {"option": "acupuncture"}]}',
        "2 tables plan at once",
    ),
    "an option nobody knows": (b'{"person": {}, "plan": {"option": "magic"}}', "must be one of"),
    "an answer that cannot be": (b'{"person": {"pain_nrs": 11}}', "pain_nrs"),
    "a day that cannot be": (b'{"person": {}, "examination": {"date": "soon"}}', "such as"),
    "markup": (b'{"person": {"pain_site": ["<script>alert(1)</script>"]}}', ""),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_used_leaves_the_desk_as_it_is(site, topic, name):
    content, told = BAD_FILES[name]
    visitor = opened(site, topic)
    before = saved(visitor)
    page = visitor.upload("/practice/open/", "record", "record.json", content)
    assert page.status == 400
    assert told in visible(page.text)
    assert "<script>alert" not in page.text
    assert "Traceback" not in page.text
    assert saved(visitor) == before


def test_too_large_and_no_file(site, topic):
    visitor = opened(site, topic)
    page = visitor.upload("/practice/open/", "record", "record.json", b" " * 1_100_000)
    assert page.status in {400, 413}
    assert visitor.post("/practice/open/").status == 400


TREATMENT = (
    "/practice/plan/", "/practice/plan/patient/", "/practice/plan/plan.pdf",
    "/practice/plan/patient.pdf", "/practice/plan/plan.json", "/practice/sessions/",
    "/practice/review/",
)  # fmt: skip


def test_a_stop_shows_nothing_of_treatment(site, topic):
    visitor = opened(site, topic, red_flags__saddle_numbness="yes")
    for path in ("/practice/plan/", "/practice/sessions/", "/practice/plan/patient/",
                 "/practice/plan/plan.pdf", "/practice/plan/plan.json",
                 "/practice/review/"):  # fmt: skip
        page = visitor.get(path)
        assert page.path == "/practice/stop/"
        assert "Dry needling" not in visible(page.text).replace("dry needling, acupuncture", "")
    assert "What to do now" in visible(visitor.get("/practice/stop/").text)


def test_the_nerves_can_stop_it_and_be_corrected(site, topic):
    visitor = opened(site, topic)
    page = visitor.post("/practice/examination/", {**EXAMINATION, "saddle": "changed"})
    assert page.path == "/practice/stop/"
    page = visitor.post("/practice/examination/", {**EXAMINATION, "saddle": "normal"})
    assert page.path == "/practice/plan/"


def with_a_course(site, topic):
    """A visitor whose person has had three sessions of dry needling."""
    visitor = opened(site, topic)
    visitor.post("/practice/examination/", EXAMINATION)
    visitor.post("/practice/plan/", {"action": "choose", "value": "dry-needling"})
    for weeks, pain in ((3, "6"), (2, "5"), (1, "4.25")):
        visitor.post("/practice/sessions/", {"date": day(weeks), "score.pain_nrs": pain})
    return visitor


def test_a_score_is_shown_as_it_was_typed(site, topic):
    text = visible(with_a_course(site, topic).get("/practice/sessions/").text)
    assert "pain 4.25, Roland-Morris -" in text
    assert "pain 6, Roland-Morris -" in text


def test_the_nerves_stop_the_review_too(site, topic):
    visitor = with_a_course(site, topic)
    visitor.post("/practice/examination/", {**EXAMINATION, "saddle": "changed"})
    for path in TREATMENT:
        page = visitor.get(path)
        assert page.path == "/practice/stop/", path
        assert "Expected pain" not in visible(page.text)
        assert "quadratus" not in page.text.casefold()
    looked_back = json.loads(visitor.get("/practice/review/review.json").text)
    assert looked_back["status"] == "stopped"
    assert not looked_back.get("trajectory")
    assert not looked_back.get("switches")


def test_an_emergency_closes_everything_until_a_clinician_has_seen_it(site, topic):
    visitor = with_a_course(site, topic)
    event = {"event.kind": "breathlessness", "event.hours": "1"}
    visitor.post("/practice/sessions/", {"date": day(0), **event})
    for path in TREATMENT:
        assert visitor.get(path).path == "/practice/stop/", path
    assert "The safety check stops here" in visible(visitor.get("/practice/").text)
    refused = visitor.post("/practice/noted/", {"action": "seen", "place": "0", "seen_by": ""})
    assert refused.status == 422
    assert visitor.get("/practice/plan/").path == "/practice/stop/"
    visitor.post("/practice/noted/", {"action": "seen", "place": "0", "seen_by": "Dr C. Chest"})
    assert visitor.get("/practice/plan/").path == "/practice/plan/"
    event = saved(visitor)["course"]["event"]
    assert [(e["kind"], e["over"], e["seen_by"]) for e in event] == [
        ("breathlessness", "yes", "Dr C. Chest")
    ]


def test_an_event_typed_by_mistake_can_be_taken_out(site, topic):
    visitor = with_a_course(site, topic)
    before = saved(visitor)["course"]["score"]
    visitor.post("/practice/sessions/", {"date": day(0), "event.kind": "pneumothorax"})
    assert visitor.get("/practice/sessions/").path == "/practice/stop/"
    page = visitor.post("/practice/noted/", {"action": "drop", "list": "event", "place": "0"})
    assert page.path == "/practice/sessions/"
    assert saved(visitor)["course"]["score"] == before


def test_a_later_score_can_be_kept_after_worse_ones(site, topic):
    visitor = with_a_course(site, topic)
    visitor.post("/practice/sessions/", {"date": day(0), "score.pain_nrs": "9"})
    assert visitor.get("/practice/plan/").path == "/practice/stop/"
    better = {"action": "score", "date": day(0), "score.pain_nrs": "4"}
    refused = visitor.post("/practice/noted/", {**better, "date": "2099-01-01"})
    assert refused.status == 422
    visitor.post("/practice/noted/", {"action": "drop", "list": "score", "place": "3"})
    page = visitor.post("/practice/noted/", better)
    assert page.path == "/practice/sessions/"


def test_a_record_that_is_not_saved_is_not_replaced_unasked(site, topic):
    visitor = with_a_course(site, topic)
    before = saved(visitor)
    visitor.post("/practice/plan/", {"action": "add", "item": "muscle:piriformis", "side": "both"})
    assert "Not saved yet" in visible(visitor.get("/practice/plan/").text)
    other = json.dumps({"person": calm(topic, name="Eve")}).encode()
    page = visitor.upload("/practice/open/", "record", "record.json", other)
    assert page.status == 400
    assert "is not saved" in visible(page.text)
    found = saved(visitor)
    assert found["person"] == before["person"]
    assert [e["item"] for e in found["plan"]["edit"]] == [
        "muscle:piriformis:left", "muscle:piriformis:right"
    ]  # fmt: skip
    assert visitor.upload("/practice/open/", "record", "record.json", other).status == 200


def test_a_refused_session_gives_everything_back(site, topic):
    visitor = with_a_course(site, topic)
    typed = {
        "date": "2099-01-01", "notes": "two needles", "after": "warm", "inr": "2.4",
        "position": "on the left side", "score.pain_nrs": "3.5", "event.kind": "bruise",
        "event.grade": "mild", "event.seen_by": "Dr C.", "bruise_checked": "yes",
    }  # fmt: skip
    page = visitor.post("/practice/sessions/", typed)
    assert page.status == 422
    for value in ("two needles", "warm", "2.4", "on the left side", "3.5", "Dr C."):
        assert value in page.text
    for value in ("bruise", "mild", "yes"):
        assert f'value="{value}" selected' in page.text


def test_a_file_with_a_day_ahead_is_refused(site, topic):
    visitor = Visitor(site.url)
    visitor.get("/practice/")
    score = [{"date": "2099-01-01", "pain_nrs": 4}]
    course = {"option": "acupuncture", "started": "2026-01-01", "score": score}
    content = json.dumps({"person": calm(topic), "course": course}).encode()
    page = visitor.upload("/practice/open/", "record", "record.json", content)
    assert page.status == 400
    assert "2099" in visible(page.text)


def test_breathless_after_needling_is_an_emergency(site, topic):
    visitor = opened(site, topic)
    visitor.post("/practice/examination/", EXAMINATION)
    visitor.post("/practice/plan/", {"action": "choose", "value": "dry-needling"})
    event = {"event.kind": "breathlessness", "event.hours": "1"}
    page = visitor.post("/practice/sessions/", {"date": day(0), **event})
    assert page.path == "/practice/stop/"
    text = visible(page.text)
    assert "emergency" in text.casefold() or "help now" in text.casefold()
    assert "Expected pain" not in text


WRONG = {
    "/practice/examination/": ({"regions": "lumbar", "date": "2026-02-30"}, "such as"),
    "/practice/plan/": (
        {"action": "change", "item": "muscle:quadratus-lumborum-superficial:left",
         "field": "depth", "value": "20"}, "unit"),
    "/practice/sessions/": ({"date": "2099-01-01", "score.pain_nrs": "3"}, "2099"),
}  # fmt: skip


@pytest.mark.parametrize("path", WRONG)
def test_what_is_wrong_is_told_and_nothing_is_lost(site, topic, path):
    visitor = opened(site, topic)
    visitor.post("/practice/examination/", EXAMINATION)
    visitor.post("/practice/plan/", {"action": "choose", "value": "dry-needling"})
    before = saved(visitor)
    sent, told = WRONG[path]
    page = visitor.post(path, sent)
    assert page.status == 422
    assert told in visible(page.text)
    assert "This was not taken" in visible(page.text)
    assert saved(visitor) == before


@pytest.mark.parametrize("path", [
    "/practice/examination/", "/practice/plan/", "/practice/sessions/", "/practice/review/",
    "/practice/stop/", "/practice/plan/patient/", "/practice/plan/plan.pdf",
    "/practice/review/review.pdf",
])  # fmt: skip
def test_without_a_file_every_page_leads_to_the_first(site, path):
    assert Visitor(site.url).get(path).path == "/practice/"


@pytest.mark.parametrize("path", ["/practice/save/", "/practice/close/", "/practice/take/"])
def test_nothing_is_changed_by_looking(site, topic, path):
    assert opened(site, topic).get(path).status == 405


def test_a_long_name_and_hostile_words_are_shown_as_they_are(site, topic):
    visitor = opened(site, topic, {"person": calm(topic, name=LONG)})
    hostile = {**EXAMINATION, "goal.words": "<b>run</b> =1+1", "practitioner": "{{ x }}"}
    visitor.post("/practice/examination/", hostile)
    page = visitor.post("/practice/plan/", {"action": "choose", "value": "both"})
    assert "<b>run</b>" not in page.text
    assert "&lt;b&gt;run&lt;/b&gt; =1+1" in page.text
    assert LONG in visible(visitor.get("/practice/").text)
    for name in ("plan.pdf", "patient.pdf", "plan.json"):
        assert visitor.get(f"/practice/plan/{name}").status == 200


def test_the_atlas_is_public_and_found(site):
    visitor = Visitor(site.url)
    for view in ("back", "front", "side", "leg", "foot", "hand", "head"):
        assert visitor.get(f"/atlas/{view}/").status == 200
    assert "BL23 Shenshu" in visible(visitor.get("/atlas/?q=Sh%C3%A8n%20sh%C5%AB").text)
    assert "1.2 cun" in visible(visitor.get("/atlas/point/BL23/").text)
    assert visitor.get("/atlas/muscle/piriformis/").status == 200
    for path in ("/atlas/moon/", "/atlas/?layer=ghosts", "/atlas/point/BL999/"):
        assert visitor.get(path).status == 404
    assert "Nothing has this name" in visible(visitor.get("/atlas/?q=%3Czz%3E").text)
