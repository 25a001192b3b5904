"""Whatever is sent to the site gets one clear sentence, changes nothing, leaves no traceback."""

from __future__ import annotations

import http.client
import json
import re
import urllib.parse
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.person.people import calm
from tests.web.forms import form_of
from tests.web.hostile import HOSTILE
from tests.web.visitor import refused, visible
from tests.web.watched import Watched, age

import needlewise
from needlewise.person import Person
from needlewise.person.pages import TICKED, Form, load_pages
from needlewise.topic import load_topic

TOPIC = load_topic()
pytestmark = pytest.mark.usefixtures("quiet_log")

# Every address of the site, with the methods it takes.
READ, SEND, BOTH = {"GET", "HEAD"}, {"POST"}, {"GET", "HEAD", "POST"}
ADDRESSES = {
    "start": ("/", READ),
    "begin": ("/begin/", SEND),
    "resume": ("/resume/", SEND),
    "end": ("/end/", SEND),
    "check": ("/check/", READ),
    "first": ("/questions/", READ),
    "again": ("/questions/again/", SEND),
    "questions": ("/questions/you/", BOTH),
    "stop": ("/stop/", READ),
    "compare": ("/compare/", READ),
    "how": ("/compare/how/chance.pain.13.acupuncture/", READ),
    "values": ("/values/", BOTH),
    "sheet": ("/sheet/", READ),
    "pdf": ("/sheet/your-sheet.pdf", READ),
    "comparison-json": ("/sheet/comparison.json", READ),
    "answers-json": ("/sheet/your-answers.json", READ),
    "evidence": ("/evidence/", READ),
    "outcome": ("/evidence/disability/", READ),
    "evidence-picture": ("/evidence/disability/network.svg", READ),
    "trial": ("/trials/haake-2007/", READ),
    "about": ("/about/about/", READ),
    "atlas": ("/atlas/", READ),
    "atlas-view": ("/atlas/leg/", READ),
    "target": ("/atlas/point/BL23/", READ),
    "practice": ("/practice/", READ),
    "practice-open": ("/practice/open/", SEND),
    "practice-take": ("/practice/take/", SEND),
    "practice-save": ("/practice/save/", SEND),
    "practice-close": ("/practice/close/", SEND),
    "practice-stop": ("/practice/stop/", READ),
    "practice-noted": ("/practice/noted/", SEND),
    "practice-examination": ("/practice/examination/", BOTH),
    "practice-plan": ("/practice/plan/", BOTH),
    "practice-patient": ("/practice/plan/patient/", READ),
    "practice-file": ("/practice/plan/plan.json", READ),
    "practice-sessions": ("/practice/sessions/", BOTH),
    "practice-review": ("/practice/review/", BOTH),
    "practice-review-file": ("/practice/review/review.json", READ),
    "health": ("/health/", READ),
}
DRAWN = {"outcome", "evidence-picture"}  # the first look draws, which takes long
NEED_A_FILE = {"begin", "resume", "practice-open"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@pytest.fixture(scope="module")
def site(sqlite_site):
    """What is read and refused does not hang on the database."""
    return sqlite_site


@pytest.fixture
def visitor(answered):
    return answered


# Addresses and methods ---------------------------------------------------------------------------


def test_every_address_of_the_site_is_known_here():
    urls = (Path(needlewise.__file__).parent / "web/urls.py").read_text("utf-8")
    assert set(re.findall(r'name="([\w-]+)"', urls)) == set(ADDRESSES)


@pytest.mark.parametrize("name", ADDRESSES)
def test_an_address_takes_its_methods_and_no_other(visitor, name):
    path, takes = ADDRESSES[name]
    for method in METHODS:
        if method in takes:
            continue
        page = visitor.ask(method, path, b"" if method in {"POST", "PUT", "PATCH"} else None)
        assert page.status == 405, (method, path)
        assert set(page.headers["Allow"].split(", ")) >= takes - {"HEAD"}
        if method != "HEAD":
            refused(page, 405)
    assert visitor.answers()["age"] == 46


@pytest.mark.parametrize(
    "name", [n for n, (_, takes) in ADDRESSES.items() if "GET" in takes and n not in DRAWN]
)
def test_head_works_where_get_does(visitor, name):
    path, _ = ADDRESSES[name]
    visitor = Watched(visitor.site, visitor.cookies, stay=True)
    page, head = visitor.get(path), visitor.ask("HEAD", path)
    assert head.status == page.status
    assert head.headers.get("Location") == page.headers.get("Location")
    assert head.body == b""
    assert head.headers["Content-Type"] == page.headers["Content-Type"]


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere/", "/questions/nowhere/", "/questions/YOU/", "/compare/how/nowhere/",
        "/compare/how/chance/", "/evidence/nowhere/", "/evidence/pain/nowhere.svg",
        "/evidence/pain/forest-999.svg", "/evidence/pain/network-all-all.svg",
        "/trials/nowhere/", "/about/nowhere/", "/compare/?weeks=7", "/compare/?weeks=nan",
        "/compare/?weeks=13.0", "/compare/?outcome=nowhere", "/compare/?outcome=%00&weeks=1e999",
        "/compare/how/" + "x" * 3000 + "/", "/compare/how/a%00b/", "/compare/how/%0d%0aX-A:%201/",
        "/compare/how/..%2f..%2fetc%2fpasswd/", "/compare/how/%3Cscript%3E/", "/trials/..%2f/",
        "/questions/%2e%2e/", "/%ff%fe/", "/%00/", "/about/__class__/", "/about/about/about/",
        "/static/nowhere.css", "/static/../site.sqlite3", "/static/..%2fsite.sqlite3",
        "/static/%2e%2e/secret-key", "/static//etc/passwd", "/" + "a/" * 500,
    ],
)  # fmt: skip
def test_what_does_not_exist_is_a_page_that_says_so(visitor, path):
    text = refused(visitor.get(path), 404)
    assert "does not exist" in text
    assert "script>" not in visitor.get(path).text.split("<main")[1]


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "//evil.example/..;/"])
def test_no_address_leads_to_another_site(site, path):
    host, _, port = site.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.putrequest("GET", path, skip_accept_encoding=True)
    connection.endheaders()
    reply = connection.getresponse()
    reply.read()
    assert reply.status < 500
    assert "evil.example" not in urllib.parse.urlsplit(reply.headers.get("Location", "")).netloc
    connection.close()


def test_another_host_gets_a_page_that_says_no(visitor):
    for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.1:80@evil.example", "a_b", ""):
        page = visitor.ask("GET", "/", **{"Host": host})
        assert page.status == 400, host
        assert "evil" not in page.text


# Who may send ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [p for p, takes in ADDRESSES.values() if "POST" in takes])
def test_nothing_is_taken_without_the_token_of_the_page(visitor, path):
    before = visitor.answers()
    fields = urllib.parse.urlencode({"age": "99", "how": "rank", "place-pain": "1"}).encode()
    wrong = fields + b"&csrfmiddlewaretoken=" + b"x" * 64
    for body in (fields, wrong):
        text = refused(visitor.ask("POST", path, body, token=False), 403)
        assert "Nothing was changed." in text
    elsewhere = {"Origin": "https://evil.example"}
    refused(visitor.ask("POST", path, fields, **elsewhere), 403)
    assert visitor.answers() == before


@pytest.mark.parametrize("name", [n for n in ADDRESSES if n not in NEED_A_FILE | DRAWN])
def test_without_a_visit_one_is_led_to_the_start_or_reads_what_is_public(site, name):
    path, takes = ADDRESSES[name]
    for method in takes - {"HEAD"}:
        stranger = Watched(site.url)
        page = stranger.post(path, {"age": "4"}) if method == "POST" else stranger.get(path)
        assert page.status == 200
        assert page.path in {"/", "/practice/", path}
        assert stranger.key == "", "nothing is kept of somebody who only looks"


@pytest.mark.parametrize("key", ["x" * 32, "' OR 1=1 --", "../../x", "%00", "é", "x" * 3000, '"'])
def test_a_made_up_key_is_no_visit(site, key):
    stranger = Watched(site.url)
    cookie = f"needlewise={key}".encode().decode("latin-1")
    page = stranger.ask("GET", "/sheet/your-answers.json", **{"Cookie": cookie})
    assert (page.status, page.path) == (200, "/")


def test_a_visit_that_ends_on_the_way_goes_on_at_the_start(site, visitor):
    age(site, visitor.key)
    for path, fields in (
        ("/questions/pain/", {"pain_nrs": "5"}), ("/values/", {"how": "rank", "place-pain": "1"}),
        ("/questions/again/", {}),
    ):  # fmt: skip
        page = visitor.post(path, fields)
        assert (page.status, page.path) == (200, "/")
    part = visitor.post("/values/", {"how": "rank"}, **{"HX-Request": "true"})
    assert part.status < 500
    assert visitor.post("/end/").status == 200


# What is typed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("page", [page.id for page in load_pages(TOPIC)])
def test_hostile_words_are_kept_as_words_or_refused(visitor, page, kind):
    text, address = HOSTILE[kind], f"/questions/{page}/"
    before = visitor.answers()
    found = next(p for p in load_pages(TOPIC) if p.id == page)
    for c in Form(TOPIC, before).controls(found):
        name = f"{c.field}.line" if c.kind == "list" else c.field
        sent = form_of(visitor.get(address).text, address) | {name: text}
        said = visitor.post(address, sent | {"go": "back"})
        assert said.status in {200, 422}, (c.field, said.status)
        assert "<script>alert" not in said.text
        assert "onerror=alert(1)>" not in said.text
        assert "49" not in visible(said.text) or "7*7" not in text
        if said.status == 422:
            refused(said, 422)
            assert visitor.answers() == before, c.field
        else:
            visitor.begin(json.dumps(before).encode())


def test_hostile_words_that_are_kept_do_no_harm_in_any_channel(visitor):
    for text in HOSTILE.values():
        page = form_of(visitor.get("/questions/life/").text, "/questions/life/")
        own_words = ("name", "goals", "free_text", "occupation", "expectation")
        visitor.post("/questions/life/", page | dict.fromkeys(own_words, text[:60]))
        visitor.post("/values/", {"how": "weigh", "weight-own": "5", "own_label": text[:60]})
        for path in ("/compare/", "/stop/", "/sheet/", "/questions/life/", "/values/"):
            shown = visitor.get(path)
            assert shown.status == 200, (path, text)
            assert "<script>alert" not in shown.text
            assert "<img src=x" not in shown.text
            assert "\x00" not in shown.text
            assert "\x1b" not in shown.text
        pdf = visitor.get("/sheet/your-sheet.pdf")
        assert pdf.status == 200
        assert pdf.body.startswith(b"%PDF")
        json.loads(visitor.get("/sheet/comparison.json").text)
        visitor.answers()


@pytest.mark.parametrize("number", ["nan", "-nan", "inf", "-inf", "-1", "1e999", "11", "0x5", "5 6",
                                    "5;6", "1" * 5000, "--5", "5e", "٪", "½"])  # fmt: skip
def test_numbers_that_cannot_be_are_said_to_be_wrong(visitor, number):
    before = visitor.answers()
    for path, name in (
        ("pain", "pain_nrs"), ("pain", "pain_average_nrs"), ("life", "rmdq24"),
    ):  # fmt: skip
        if name == "rmdq24" and number == "11":
            continue
        address = f"/questions/{path}/"
        page = visitor.post(address, form_of(visitor.get(address).text, address) | {name: number})
        refused(page, 422)
        assert visitor.answers() == before
    for fields in (
        {"how": "weigh", "weight-pain": number},
        {"how": "rank", "place-pain": number, "place-visits": "1"},
        {"how": "rank", "view-acupuncture": number},
    ):
        if number == "11" and "weight-pain" in fields:
            continue
        page = visitor.post("/values/", fields)
        assert page.status == 422, fields
        assert visitor.answers() == before
        part = visitor.post("/values/", fields, **{"HX-Request": "true"})
        assert part.status == 200
        assert 'class="callout warning"' in part.text
        assert visitor.answers() == before


@pytest.mark.parametrize(
    "fields",
    [
        {"how": "rank", "place-pain": "1", "place-visits": "1"},
        {"how": "rank", "place-pain": "1.5"},
        {"how": "rank", "place-pain": "0"},
        {"how": "rank", "own_label": "x" * 201},
        {"how": "weigh", "weight-pain": "much"},
        {"how": "weigh", "weight-pain": "-1"},
    ],
)
def test_values_that_cannot_be_are_said_to_be_wrong_and_stay_as_typed(visitor, fields):
    visitor.post("/values/", {"how": "rank", "place-pain": "1", "place-needles": "2"})
    before = visitor.answers()
    page = visitor.post("/values/", fields)
    refused(page, 422)
    assert visitor.answers() == before


def test_a_field_that_is_not_asked_here_is_not_taken(visitor):
    before = visitor.answers()
    sent = form_of(visitor.get("/questions/you/").text, "/questions/you/")
    more = {"pain_nrs": "1", "insurer": "x", "answers": "{}", "red_flags": "no", "__proto__": "x",
            "red_flags.saddle_numbness": "yes", "age.unit": "years", "sessionid": "x"}  # fmt: skip
    visitor.post("/questions/you/", sent | more)
    assert visitor.answers() == before


def test_a_name_sent_twice_counts_once_or_is_refused(visitor):
    before = visitor.answers()
    page = visitor.post("/questions/you/", {"age": ["46", "99"], "sex": ["female", "male"]})
    assert page.status in {200, 422}
    assert visitor.answers()["age"] in {46, 99}
    visitor.begin(json.dumps(before).encode())
    sent = form_of(visitor.get("/questions/where/").text, "/questions/where/")
    visitor.post("/questions/where/", sent | {"pain_site": ["lumbar", "lumbar"]})
    assert visitor.answers()["pain_site"] == ["lumbar"]
    page = visitor.post("/questions/you/", {"age": "46", "sex": "female", "go": ["back", "next"]})
    assert page.status == 200


def test_more_than_a_person_could_type_is_refused(visitor):
    before = visitor.answers()
    sent = form_of(visitor.get("/questions/life/").text, "/questions/life/")
    refused(visitor.post("/questions/life/", sent | {"free_text": "x" * 1_000_000}), 422)
    refused(visitor.post("/questions/life/", sent | {"free_text": "x" * 3_000_000}), 400, 413)
    refused(visitor.post("/questions/life/", {f"f{n}": "x" for n in range(10_000)}), 400)
    refused(visitor.post("/values/", {f"weight-{n}": "1" for n in range(10_000)}), 400)
    refused(visitor.post("/questions/life/", sent | {"goals": "x\n" * 1000}), 422)
    assert visitor.answers() == before


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"age": 99}'),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data"),
        ("multipart/form-data", b"age=99"),
        ("multipart/form-data; boundary=" + "x" * 300, b"--"),
        ("application/x-www-form-urlencoded; charset=utf-7", b"age=99"),
        ("application/x-www-form-urlencoded; charset=nowhere", b"age=99"),
        ("application/x-www-form-urlencoded", b"age=%ff%fe&age=\xff"),
        ("text/plain", b"age=99"),
        ("", b"age=99"),
    ],
)
def test_a_body_of_another_kind_is_refused_and_changes_nothing(visitor, kind, body):
    """A body that is no form of ours says nothing about any question, not even that it is open."""
    before = visitor.answers()
    page = visitor.ask("POST", "/questions/you/", body, **{"Content-Type": kind})
    assert page.status < 500
    assert visitor.answers() == before


# Anything at all ---------------------------------------------------------------------------------

VISITORS: dict[str, Watched] = {}
BASES = (calm(TOPIC), {"sex": "female", "age": 20, "pregnant": "yes", "leg_pain": "both"})
TYPED = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from([*HOSTILE.values(), "", "none", "none, asthma", "unknown", "5", "2.5", ",",
                     "x" * 300, "a 1, b 2, c 3, d 4, e 5, f 6", "cast " + "y" * 90]),
)  # fmt: skip


@st.composite
def sendings(draw):
    """A page of a person with anything in its controls."""
    base = draw(st.sampled_from(BASES))
    page = draw(st.sampled_from(load_pages(TOPIC)))
    sent = {}
    for c in Form(TOPIC, base).controls(page):
        values = st.sampled_from([*(o.value for o in c.options), "nowhere"])
        if c.kind in TICKED | {"choice", "scale"}:
            sent[c.field] = draw(st.lists(values, max_size=3))
        if c.kind == "list":
            sent[f"{c.field}.line"] = [draw(TYPED)]
        elif c.kind not in TICKED | {"choice", "scale"}:
            sent[c.field] = draw(st.lists(TYPED, max_size=2))
        if c.kind == "duration":
            sent[c.unit] = [draw(st.sampled_from([u.value for u in c.units] + ["eons"]))]
    return base, page, sent, draw(st.sampled_from(["next", "back", "rest", "?", ""]))


@settings(
    max_examples=50, deadline=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(sending=sendings())
def test_anything_is_taken_or_refused_and_a_page_sent_as_it_stands_changes_nothing(site, sending):
    base, page, sent, go = sending
    address = f"/questions/{page.id}/"
    visitor = VISITORS.setdefault(site.url, Watched(site.url, stay=True))
    visitor.begin(json.dumps(base).encode())
    before = visitor.answers()
    said = visitor.post(address, {**sent, "go": go})
    kept = visitor.answers()
    assert said.status in {302, 422}, said.status
    if said.status == 422:
        assert kept == before
    Person.from_mapping(kept, TOPIC)
    shown = visitor.get(address)
    assert shown.status == 200
    again = visitor.post(address, form_of(shown.text, address))
    assert again.status == 302
    assert visitor.answers() == kept


@pytest.mark.parametrize("base", range(len(BASES)))
def test_every_page_sent_as_it_stands_changes_nothing(site, base):
    visitor = Watched(site.url, stay=True)
    visitor.begin(json.dumps(BASES[base] | {"name": "A B", "goals": ["a", "b"]}).encode())
    visitor.post("/values/", {"how": "weigh", "weight-pain": "12.5", "cost-acupuncture": "300",
                              "own_label": "my \"dog\"", "own-both": "3"})  # fmt: skip
    before = visitor.answers()
    addresses = [f"/questions/{page.id}/" for page in load_pages(TOPIC)]
    for address in [*addresses, "/values/"]:
        shown = visitor.get(address)
        if shown.status == 200:
            visitor.post(address, form_of(shown.text, address))
            assert visitor.answers() == before, address
    ranked = {"how": "rank", "place-needles": "1", "place-pain": "2"}
    if visitor.post("/values/", ranked).status == 200:
        before = visitor.answers()
        assert before["ranking"] == ["needles", "pain"]
        visitor.post("/values/", form_of(visitor.get("/values/").text, "/values/"))
        assert visitor.answers() == before
