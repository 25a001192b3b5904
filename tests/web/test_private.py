"""What a person types is seen by nobody else, stands in no log, and is gone at the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from tests.person.people import calm
from tests.web.conftest import serve
from tests.web.forms import names_of
from tests.web.visitor import visible
from tests.web.watched import Watched, age, left_behind, row, until

from needlewise.person.pages import Form, load_pages

# Opens every follow-up, so that every question of every page is on the page.
OPENED = {
    "sex": "female", "age": 20, "pregnant": "yes", "leg_pain": "both",
    "red_flags": {"bilateral_leg_symptoms": "yes"},
    "mood": {"low": "yes", "suicidal_thoughts": "yes"},
    "medicines": [{"name": "warfarin"}, {"name": "methotrexate"}],
    "conditions": ["low_platelets", "neutropenia"],
    "peg": {"form": "yes"}, "odi": {"form": "yes"},
}  # fmt: skip
OWN_WORDS = {"line", "long", "lines", "list"}
PUBLIC = ("/", "/evidence/", "/about/about/", "/about/claims/", "/health/", "/nowhere/")
AFTER = ("/compare/", "/values/", "/sheet/", "/sheet/your-answers.json", "/sheet/comparison.json",
         "/sheet/your-sheet.pdf", "/stop/", "/check/", "/questions/")  # fmt: skip


def canary(*names):
    """A word that nobody else writes."""
    return "canary" + "".join(c for name in names for c in name if c.isalnum()) + uuid.uuid4().hex


def told_by(visitor):
    """Addresses, statuses and headers of every reply so far, as one text."""
    return "\n".join(f"{url} {status}\n{headers}" for url, status, headers in visitor.replies)


@pytest.fixture(params=["sqlite", "postgres"])
def own(request, tmp_path):
    """A site of one's own on each database, to be ended and started again."""
    more = {}
    if request.param == "postgres":
        more = {"DATABASE_URL": request.getfixturevalue("postgres")}
    found = serve(tmp_path / "site", **more)
    yield found
    found.kill()


# Where nothing of it may stand -------------------------------------------------------------------


def test_what_is_typed_into_any_field_stands_only_on_ones_own_pages(site, topic):
    one, other = Watched(site.url), Watched(site.url)
    other.begin(json.dumps(calm(topic)).encode())
    typed = []
    for page in load_pages(topic):
        one.begin(json.dumps(OPENED).encode())
        address = f"/questions/{page.id}/"
        controls = Form(topic, OPENED).controls(page)
        names = names_of(one.get(address).text, address)
        assert {c.field for c in controls} == set(page.every), "every question is on the page"
        assert {c.field for c in controls} <= names
        # All fields at once, whether they take words or not; then those that do, to be kept.
        wrong = {name: canary(name) for name in names}
        said = one.post(address, wrong | {"go": canary("go"), "unknown": canary("unknown")})
        assert said.status == 422, page.id
        words = {
            f"{c.field}.line" if c.kind == "list" else c.field: canary(c.field)
            for c in controls if c.kind in OWN_WORDS
        }  # fmt: skip
        kept = one.post(address, {"go": "back", **words})
        assert kept.status == 200
        shown = one.get(address).text
        for name, word in words.items():
            assert word in shown, f"{name} is kept"
        typed += [*wrong.values(), *words.values()]
    everything = told_by(one)
    assert "canary" not in everything
    assert "canary" not in site.log.read_text("utf-8")
    for path in (*PUBLIC, *AFTER, *(f"/questions/{p.id}/" for p in load_pages(topic))):
        assert b"canary" not in other.get(path).body, path
    assert "canary" not in told_by(other)
    assert len(typed) > 100


def test_what_is_typed_among_the_values_or_brought_in_a_file_stands_nowhere_else(site, topic):
    one, other = Watched(site.url), Watched(site.url)
    for visitor in (one, other):
        visitor.begin(json.dumps(calm(topic)).encode())
    names = names_of(one.get("/values/").text, "/values/")
    assert {"how", "own_label", "place-pain", "weight-pain", "cost-acupuncture"} <= names
    for how in ("rank", "weigh"):
        for name in names - {"how", "own_label"}:
            said = one.post("/values/", {"how": how, name: canary(name)})
            assert said.status in {200, 422}
    label = canary("label")
    assert label in one.post("/values/", {"how": "rank", "own_label": label}).text
    one.upload("/resume/", "answers", canary("file") + ".json", canary("content").encode())
    one.upload("/resume/", "answers", "a.json", json.dumps({canary("field"): 1}).encode())
    one.upload("/resume/", "answers", "a.json", json.dumps({"sex": canary("choice")}).encode())
    one.ask("POST", "/begin/", canary("body").encode(), **{"X-CSRFToken": canary("token")})
    one.ask("GET", "/", **{"Host": canary("host") + ".example"})
    one.ask("GET", "/", **{"Cookie": f"needlewise={canary('cookie')}"})
    one.ask("GET", "/", **{"Accept-Language": canary("language")})
    for path in (*PUBLIC, *AFTER):
        assert b"canary" not in other.get(path).body, path
    assert "canary" not in told_by(one) + told_by(other)
    assert "canary" not in site.log.read_text("utf-8")


def test_nothing_of_a_person_may_be_stored_on_the_way(site, topic):
    visitor = Watched(site.url)
    visitor.begin(json.dumps(calm(topic)).encode())
    for path in (*PUBLIC, *AFTER, "/compare", "/static/nowhere.css", "/questions/you/"):
        visitor.get(path)
    visitor.post("/questions/you/", {"age": "forty"})
    visitor.post("/values/", {"how": "weigh", "weight-pain": "much"})
    visitor.ask("DELETE", "/values/")
    visitor.ask("POST", "/values/", b"", token=False)
    visitor.ask("GET", "/", **{"Host": "elsewhere.example"})
    visitor.post("/end/")
    for url, status, headers in visitor.replies:
        found = [
            line.partition(":")[2].strip()
            for line in headers.splitlines()
            if line.lower().startswith("cache-control")
        ]
        assert found == ["no-store"], (url, status)
        for name in ("etag", "last-modified", "expires"):
            assert f"\n{name}:" not in headers.lower(), (url, name)


def test_cookies_hold_no_answers_and_no_script_can_read_them(site, topic):
    visitor = Watched(site.url)
    visitor.begin(json.dumps(calm(topic, name="Ada")).encode())
    visitor.post("/questions/you/", {"age": "47", "sex": "female"})
    visitor.get("/compare/")
    assert {c.name for c in visitor.cookies} == {"needlewise", "csrftoken"}
    for cookie in visitor.cookies:
        assert cookie.value.isalnum()
        assert len(cookie.value) == 32, "a key, with no room for answers"
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    session = next(c for c in visitor.cookies if c.name == "needlewise")
    assert session.discard, "it goes with the browser"
    before = visitor.key
    visitor.post("/questions/you/", {"age": "48", "sex": "female"})
    assert visitor.key == before, "the key says nothing about the answers"


def test_answers_brought_along_come_under_a_new_key(site, topic):
    """A key that somebody slipped in is never the key of a visit."""
    visitor = Watched(site.url)
    visitor.begin()
    first = visitor.key
    visitor.begin(json.dumps(calm(topic)).encode())
    assert visitor.key != first
    assert row(site, first) is None, "the visit before is deleted"
    planted = "a" * 32
    for cookie in visitor.cookies:
        if cookie.name == "needlewise":
            cookie.value = planted
    visitor.begin()
    assert visitor.key not in {planted, ""}
    assert row(site, planted) is None


def test_people_at_once_never_see_each_other(site, topic):
    """Four people in step, each with a word of their own, each page looked at for the others'."""
    people = {canary("person"): Watched(site.url) for _ in range(4)}
    together, wrong = threading.Barrier(len(people), timeout=60), []

    def go(word, visitor):
        answers = calm(topic, name=word, free_text=word, goals=[word])
        try:
            for turn in range(2):
                together.wait()
                visitor.begin(json.dumps(answers).encode())
                for path in ("/questions/life/", "/sheet/", "/sheet/your-answers.json"):
                    together.wait()
                    found = visitor.get(path)
                    if word not in found.text:
                        wrong.append(f"{path}: not one's own ({found.status})")
                    if any(other in found.text for other in people if other != word):
                        wrong.append(f"{path}: somebody else's")
                together.wait()
                visitor.post("/questions/life/", {"goals": f"{word} again", "name": word})
                if turn == 0:
                    together.wait()
                    if visitor.answers()["goals"] != [f"{word} again"]:
                        wrong.append("answers of another")
        except Exception as error:
            wrong.append(repr(error))
            together.abort()

    threads = [threading.Thread(target=go, args=pair) for pair in people.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# How long it is kept -----------------------------------------------------------------------------


def test_answers_survive_a_crash(own, topic):
    visitor = Watched(own.url)
    visitor.begin(json.dumps(calm(topic)).encode())
    visitor.post("/questions/life/", {"goals": "garden", "free_text": "still here"})
    before = visitor.answers()
    assert before["goals"] == ["garden"]
    own.kill()
    own.start()
    assert visitor.answers() == before
    assert visitor.get("/compare/").path == "/compare/"


def test_two_hours_run_from_the_last_answer_and_not_from_the_last_look(site, topic):
    visitor = Watched(site.url)
    visitor.begin(json.dumps(calm(topic)).encode())

    def ends():
        return row(site, visitor.key)[1]

    first = ends()
    left = first - datetime.now(UTC).replace(tzinfo=None)
    assert timedelta(minutes=118) < left <= timedelta(hours=2)
    for path in ("/compare/", "/values/", "/questions/you/"):
        visitor.get(path)
    assert ends() == first
    assert visitor.post("/questions/you/", {"age": "forty"}).status == 422
    assert ends() == first, "what is not taken is no answer"
    visitor.post("/questions/you/", {"age": "46", "sex": "female"})
    assert ends() > first


def test_an_expired_visit_cannot_be_seen_even_before_it_is_swept(site, topic):
    visitor = Watched(site.url)
    visitor.begin(json.dumps(calm(topic, name="Ada")).encode())
    age(site, visitor.key)
    for path in ("/compare/", "/sheet/your-answers.json", "/questions/life/"):
        found = visitor.get(path)
        assert (found.status, found.path) == (200, "/"), path
        assert "Ada" not in found.text
    sent = visitor.post("/questions/life/", {"goals": "walk"})
    assert (sent.status, sent.path) == (200, "/")


def lived(visitor, site, topic):
    """A visit with words in several places, changed on the way: all that was ever stored of it."""
    stored = []

    def note():
        stored.append(row(site, visitor.key)[0])

    visitor.begin(json.dumps(calm(topic)).encode())
    note()
    words = [canary("one"), canary("two"), canary("three")]
    for word in words:
        long = " ".join(canary("long") for _ in range(150))
        visitor.post("/questions/life/", {"goals": word, "name": word, "free_text": long})
        note()
    visitor.post("/values/", {"how": "rank", "place-pain": "1", "own_label": words[0]})
    note()
    assert len(set(stored)) == len(stored)
    visitor.get("/sheet/your-sheet.pdf")
    return [*words, *stored]


def gone(site, key, texts):
    return row(site, key) is None and not left_behind(site, texts)


def test_the_button_deletes_and_leaves_no_trace(own, topic):
    visitor = Watched(own.url)
    texts = lived(visitor, own, topic)
    key = visitor.key
    if "DATABASE_URL" not in own.environment:
        assert left_behind(own, texts), "the search finds what is there"
    page = visitor.post("/end/")
    assert (page.status, page.path) == (200, "/end/")
    assert "deleted" in visible(page.text)
    assert row(own, key) is None
    assert left_behind(own, texts) == []
    assert visitor.key == "", "the cookie is taken back"
    for path in AFTER:
        assert visitor.get(path).path == "/"


def test_a_stale_page_cannot_bring_back_what_was_deleted(site, topic):
    visitor, tab = Watched(site.url), Watched(site.url)
    visitor.begin(json.dumps(calm(topic)).encode())
    for cookie in visitor.cookies:
        tab.cookies.set_cookie(cookie)
    key = visitor.key
    visitor.post("/end/")
    assert tab.post("/questions/life/", {"goals": "walk"}).path == "/"
    assert tab.post("/values/", {"how": "rank", "place-pain": "1"}).path == "/"
    assert row(site, key) is None


def test_beginning_anew_deletes_what_was_there(site, topic):
    visitor = Watched(site.url)
    visitor.begin(json.dumps(calm(topic, name="Ada")).encode())
    key = visitor.key
    visitor.begin()
    assert row(site, key) is None
    assert visitor.answers() == {}


def test_two_hours_after_the_last_answer_all_is_deleted_at_start_up(own, topic):
    visitor, later = Watched(own.url), Watched(own.url)
    texts = lived(visitor, own, topic)
    later.begin(json.dumps(calm(topic, name="Grace")).encode())
    own.kill()
    age(own, visitor.key)
    own.start()
    assert until(lambda: gone(own, visitor.key, texts)), left_behind(own, texts)[:3]
    assert visitor.get("/compare/").path == "/"
    assert later.answers()["name"] == "Grace", "only what is over is deleted"


SWEEPING = """
import time
from datetime import timedelta
import django
django.setup()
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone
from needlewise.web.aid import sweep
call_command("migrate", verbosity=0, interactive=False)
assert sweep.EVERY <= 60
sweep.EVERY = 0.05
sweep.start_sweeping()
over, open_ = SessionStore(), SessionStore()
for session in (over, open_):
    session["answers"] = {"name": "canary"}
    session.save()
Session.objects.filter(pk=over.session_key).update(
    expire_date=timezone.now() - timedelta(seconds=1))
end = time.monotonic() + 20
while Session.objects.filter(pk=over.session_key).exists():
    assert time.monotonic() < end, "never swept"
    time.sleep(0.05)
assert Session.objects.filter(pk=open_.session_key).exists()
"""


def test_a_running_site_sweeps_again_and_again(tmp_path):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DATABASE_")} | {
        "NEEDLEWISE_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "needlewise.web.settings",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SWEEPING], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_data_folder_is_for_its_owner_alone(own, topic):
    """Where the key and the answers lie, no other user of the machine may look."""
    Watched(own.url).begin(json.dumps(calm(topic)).encode())
    for path in (own.data / "secret-key", *own.data.glob("site.sqlite3*")):
        assert path.stat().st_mode & 0o077 == 0, path.name


# Nobody else is asked ----------------------------------------------------------------------------

GUARD = """
import os, sys
HERE = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "", None, b"localhost", b"127.0.0.1")
def _watch(event, details):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = details[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = details[0]
    elif event in ("subprocess.Popen", "os.system", "os.posix_spawn", "os.exec"):
        host = f"program {details[0]}"
    else:
        return
    if host not in HERE:
        with open(os.environ["GUARD_TOLD"], "a") as file:
            file.write(f"{event} {host}\\n")
        raise OSError(f"refused: {host}")
sys.addaudithook(_watch)
"""


def test_the_whole_flow_asks_nobody_outside(tmp_path, topic):
    folder, told = tmp_path / "guard", tmp_path / "told.txt"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(GUARD, "utf-8")
    guard = {"PYTHONPATH": str(folder), "GUARD_TOLD": str(told)}
    outside = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    tried = subprocess.run(
        [sys.executable, "-c", outside], env={**os.environ, **guard}, capture_output=True
    )
    assert tried.returncode == 1
    assert "192.0.2.1" in told.read_text("utf-8"), "the guard sees a look outside"
    told.unlink()
    site = serve(tmp_path / "site", **guard)
    try:
        visitor = Watched(site.url)
        visitor.begin()
        for page in load_pages(topic):
            visitor.get(f"/questions/{page.id}/")
        visitor.begin(json.dumps(calm(topic)).encode())
        visitor.post("/values/", {"how": "rank", "place-pain": "1"})
        for path in (*PUBLIC, *AFTER, "/compare/how/chance.pain.13.acupuncture/",
                     "/trials/haake-2007/", "/about/methods/", "/about/standards/"):  # fmt: skip
            assert visitor.get(path).status in {200, 404}, path
        assert visitor.get("/sheet/your-sheet.pdf").body.startswith(b"%PDF")
        visitor.post("/questions/nerves/", {"red_flags.saddle_numbness": "yes", "go": "rest"})
        assert visitor.get("/sheet/your-sheet.pdf").body.startswith(b"%PDF")
        visitor.post("/end/")
    finally:
        site.kill()
    assert not told.exists(), told.read_text("utf-8")


def test_no_page_asks_a_browser_to_look_elsewhere(sqlite_site, topic):
    """Links to sources may be followed; nothing is loaded from another place."""
    visitor = Watched(sqlite_site.url)
    visitor.begin(json.dumps(calm(topic)).encode())
    for path in ("/", "/compare/", "/values/", "/sheet/", "/questions/where/", "/evidence/"):
        page = visitor.get(path).text
        for attribute in ("src", "action", "poster", "srcset", "hx-post", "hx-get"):
            assert f'{attribute}="http' not in page, path
            assert f'{attribute}="//' not in page, path
        assert '<link rel="stylesheet" href="http' not in page
        assert "@import" not in page
    css = (sqlite_site.data / "static").rglob("*.css")
    for file in css:
        assert "http" not in file.read_text("utf-8").replace("http://www.w3.org", ""), file.name
