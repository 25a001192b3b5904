"""The site set up: what is wrong is said in one sentence at start-up, and every page is guarded."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.person.people import calm
from tests.web.conftest import PROGRAM, free_port, serve
from tests.web.visitor import visible
from tests.web.watched import Watched, until

from needlewise.topic import load_topic

KEY = "k3y-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2
FORWARDED = {"Host": "example.org", "X-Forwarded-Proto": "https"}


def environment(folder: Path, **more: str) -> dict[str, str]:
    mine = {k: v for k, v in os.environ.items() if not k.startswith(("NEEDLEWISE_", "DATABASE_"))}
    return mine | {"NEEDLEWISE_DATA": str(folder), "NEEDLEWISE_PICTURES": "later", **more}


def refused(folder: Path, *options: str, **more: str) -> str:
    """What `needlewise serve` says when it will not start."""
    options = options or ("--port", str(free_port()))
    done = subprocess.run(
        [PROGRAM, "serve", *options], env=environment(folder, **more), capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert done.stdout == "", "it never says that it is there"
    assert done.stderr.startswith("needlewise: ")
    assert done.stderr.count("\n") == 1, "one line"
    said = done.stderr.removeprefix("needlewise: ").strip()
    assert said.endswith("."), said
    assert "went wrong inside" not in said
    return said


# What must be right before it opens --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("DATABASE_URL", "mysql://root@127.0.0.1/x", "DATABASE_URL"),
        ("DATABASE_URL", "sqlite:///x.sqlite3", "DATABASE_URL"),
        ("DATABASE_URL", "postgres://", "DATABASE_URL"),
        ("DATABASE_URL", "postgres://u:hidden-word@127.0.0.1:port/x", "DATABASE_URL"),
        ("DATABASE_URL", "postgres://u:hidden-word@[::1/x", "DATABASE_URL"),
        ("DATABASE_URL", "postgres://u:hidden-word@127.0.0.1:1/x", "DATABASE_URL"),
        ("NEEDLEWISE_HOSTS", "example.org", "NEEDLEWISE_HTTPS=1"),
        ("NEEDLEWISE_HOSTS", "127.0.0.1,example.org", "NEEDLEWISE_HTTPS=1"),
        ("NEEDLEWISE_HOSTS", "*", "NEEDLEWISE_HOSTS"),
        ("NEEDLEWISE_SECRET_KEY", "short", "NEEDLEWISE_SECRET_KEY"),
        ("NEEDLEWISE_SECRET_KEY", "a" * 80, "NEEDLEWISE_SECRET_KEY"),
        ("NEEDLEWISE_HTTPS", "yes", "NEEDLEWISE_HTTPS"),
        ("NEEDLEWISE_PROXY", "true", "NEEDLEWISE_PROXY"),
        ("NEEDLEWISE_PICTURES", "never", "NEEDLEWISE_PICTURES"),
        ("NEEDLEWISE_TOPIC", "no-such-topic", "no-such-topic"),
        ("NEEDLEWISE_TOPIC", "/nowhere", "topic"),
    ],
)
def test_a_setting_that_cannot_be_is_said_in_one_sentence(tmp_path, name, value, word):
    said = refused(tmp_path, **{name: value})
    assert word in said
    assert "hidden-word" not in said, "a password is never repeated"
    assert "settings.DATABASES" not in said, "in the words of the environment, not of the inside"


def test_the_star_is_refused_over_https_too(tmp_path):
    assert "*" in refused(tmp_path, NEEDLEWISE_HOSTS="example.org, *", NEEDLEWISE_HTTPS="1")


def test_a_folder_that_cannot_hold_the_data_is_named(tmp_path):
    file = tmp_path / "file"
    file.write_text("x", "utf-8")
    assert str(file) in refused(file)
    assert str(file) in refused(file / "below")


@pytest.mark.parametrize("name", ["secret-key", "site.sqlite3"])
def test_what_lies_where_a_file_should_is_named(tmp_path, name):
    (tmp_path / name).mkdir()
    assert name in refused(tmp_path)


def test_a_file_that_is_no_database_or_no_key_is_named(tmp_path):
    one, other, third = tmp_path / "one", tmp_path / "other", tmp_path / "third"
    for folder in (one, other, third):
        folder.mkdir()
    (one / "site.sqlite3").write_text("no database " * 50, "utf-8")
    assert "site.sqlite3" in refused(one)
    (other / "secret-key").write_text("short", "utf-8")
    assert "secret-key" in refused(other)
    (third / "static").write_text("", "utf-8")
    assert "static" in refused(third)


def test_a_port_in_use_is_said_before_the_site_says_it_is_there(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in refused(tmp_path, "--port", port)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty"])
def test_a_port_that_cannot_be_is_refused(tmp_path, port):
    assert "port" in refused(tmp_path, "--port", port)


def test_no_address_outside_without_https(tmp_path):
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        said = refused(tmp_path, "--host", host, "--port", str(free_port()))
        assert "NEEDLEWISE_HTTPS=1" in said


def test_an_address_that_is_not_of_this_machine_is_refused(tmp_path):
    options = ("--host", "192.0.2.1", "--port", str(free_port()))
    said = refused(tmp_path, *options, NEEDLEWISE_HTTPS="1", NEEDLEWISE_HOSTS="example.org")
    assert "192.0.2.1" in said


# As it is put up for others ----------------------------------------------------------------------


def django(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    given = environment(folder, DJANGO_SETTINGS_MODULE="needlewise.web.settings", **more)
    return subprocess.run(
        [sys.executable, "-m", "django", *command], env=given, capture_output=True, text=True
    )


def test_djangos_deployment_checks_are_clean(tmp_path):
    deployed = {
        "NEEDLEWISE_HTTPS": "1", "NEEDLEWISE_HOSTS": "example.org", "NEEDLEWISE_PROXY": "1",
        "NEEDLEWISE_SECRET_KEY": KEY,
    }  # fmt: skip
    done = django(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **deployed)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    assert not (tmp_path / "secret-key").exists(), "a key that is given is not written down"


def test_the_models_and_the_migrations_agree(tmp_path):
    done = django(tmp_path, "makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout


def test_the_key_is_made_once_and_is_for_its_owner_alone(tmp_path):
    assert django(tmp_path, "check").returncode == 0
    key = (tmp_path / "secret-key").read_text("utf-8")
    assert len(key) >= 50
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0
    assert django(tmp_path, "check").returncode == 0
    assert (tmp_path / "secret-key").read_text("utf-8") == key


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """The site as behind a proxy with a certificate."""
    folder = tmp_path_factory.mktemp("deployed")
    port, log = free_port(), folder / "log.txt"
    given = environment(
        folder, NEEDLEWISE_HTTPS="1", NEEDLEWISE_HOSTS="example.org", NEEDLEWISE_PROXY="1"
    )
    with log.open("wb") as out:
        process = subprocess.Popen(
            [PROGRAM, "serve", "--port", str(port)], env=given, stdout=out, stderr=out
        )
    url = f"http://127.0.0.1:{port}"

    def up():
        assert process.poll() is None, log.read_text("utf-8")
        try:
            return Watched(url).ask("GET", "/health/", token=False, **FORWARDED).status == 200
        except OSError:
            return False

    assert until(up, 60)
    yield url
    process.kill()
    process.wait()


def test_behind_a_proxy_cookies_and_addresses_are_for_https_alone(deployed):
    visitor = Watched(deployed, stay=True)
    page = visitor.ask("GET", "/", token=False, **FORWARDED)
    assert page.status == 200
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    # The button of the page, with the token that stands in it, as https sends it.
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    sent = visitor.ask(
        "POST", "/begin/", f"csrfmiddlewaretoken={token}".encode(), token=False,
        **FORWARDED, Origin="https://example.org", Cookie=cookie,
    )  # fmt: skip
    assert sent.status == 302
    cookies = page.headers.get_all("Set-Cookie") + sent.headers.get_all("Set-Cookie")
    assert {c.partition("=")[0] for c in cookies} == {"csrftoken", "needlewise"}
    for one in cookies:
        assert "; Secure" in one
        assert "; HttpOnly" in one
        assert "; SameSite=Lax" in one


def test_behind_a_proxy_plain_http_is_sent_on_and_other_names_are_refused(deployed):
    visitor = Watched(deployed, stay=True)
    plain = visitor.ask("GET", "/compare/", token=False, Host="example.org")
    assert plain.status == 301
    assert plain.headers["Location"] == "https://example.org/compare/"
    other = visitor.ask(
        "GET", "/", token=False, **{"Host": "elsewhere.org", "X-Forwarded-Proto": "https"}
    )
    assert other.status == 400


def test_a_proxy_s_word_is_not_taken_unless_there_is_one(sqlite_site):
    """Without NEEDLEWISE_PROXY a visitor cannot claim to come over https."""
    page = Watched(sqlite_site.url).ask("GET", "/", token=False, **{"X-Forwarded-Proto": "https"})
    assert page.status == 200
    assert "; Secure" not in page.headers["Set-Cookie"]


# Health ------------------------------------------------------------------------------------------


def test_health_says_which_content_is_served(site, topic):
    page = Watched(site.url).get("/health/")
    assert page.status == 200
    assert page.headers["Content-Type"] == "application/json"
    assert json.loads(page.text) == {
        "status": "ok", "content": topic.version, "hash": topic.hash,
    }  # fmt: skip
    assert page.headers.get("Set-Cookie") is None


@pytest.fixture
def without_database(postgres, tmp_path):
    """A site whose database has just gone away."""
    import psycopg

    name = "away"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    found = serve(tmp_path, DATABASE_URL=postgres.rpartition("/")[0] + f"/{name}")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    yield found
    found.kill()


def test_without_its_database_the_site_says_so_and_shows_nothing_of_the_inside(without_database):
    visitor = Watched(without_database.url)
    page = visitor.get("/health/")
    assert page.status == 503
    assert json.loads(page.text) == {"status": "the database does not answer"}
    kept = visitor.ask("GET", "/compare/", token=False, Cookie="needlewise=" + "a" * 32)
    assert kept.status in {500, 503}
    assert "Something went wrong here" in visible(kept.text), "also for whom a visit is kept"
    begun = visitor.post("/begin/")
    assert begun.status in {500, 503}
    assert "Something went wrong here" in visible(begun.text)
    for name in ("Content-Security-Policy", "Cache-Control", "X-Frame-Options"):
        assert begun.headers.get(name), name
    for secret in ("psycopg", "Traceback", "127.0.0.1", "away"):
        assert secret not in begun.text.replace(without_database.url, "")
    log = without_database.log.read_text("utf-8")
    assert "Traceback" not in log
    assert "needlewise@" not in log


# Headers -----------------------------------------------------------------------------------------

POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
    "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    "object-src 'none'",
}  # fmt: skip
GUARDS = {
    "X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}  # fmt: skip


def guarded(page):
    wrong = {n: page.headers.get(n) for n, v in GUARDS.items() if page.headers.get(n) != v}
    policy = set(page.headers.get("Content-Security-Policy", "").split("; "))
    if policy != POLICY:
        wrong["Content-Security-Policy"] = policy ^ POLICY
    if "unsafe" in str(page.headers):
        wrong["unsafe"] = str(page.headers)
    for name in ("Server", "X-Powered-By"):
        if page.headers.get(name):
            wrong[name] = page.headers[name]
    return wrong


@pytest.mark.parametrize(
    "path",
    [
        "/", "/questions/", "/questions/you/", "/questions/where/", "/compare/", "/values/",
        "/compare/how/chance.pain.13.acupuncture/", "/sheet/", "/sheet/your-sheet.pdf",
        "/sheet/comparison.json", "/sheet/your-answers.json", "/stop/", "/check/", "/evidence/",
        "/evidence/pain/network.svg", "/trials/haake-2007/", "/about/claims/", "/health/",
        "/nowhere/", "/trials/nowhere/", "/compare", "/static/nowhere.css",
    ],
)  # fmt: skip
def test_every_page_is_guarded(sqlite_site, path):
    visitor = Watched(sqlite_site.url, stay=True)
    visitor.begin(json.dumps(calm(load_topic())).encode())
    assert guarded(visitor.get(path)) == {}


def test_every_refusal_is_guarded(sqlite_site):
    visitor = Watched(sqlite_site.url, stay=True)
    visitor.begin(json.dumps(calm(load_topic())).encode())
    many = {f"f{n}": "x" for n in range(5000)}
    replies = {
        "no token": (403, visitor.ask("POST", "/values/", b"x=1", token=False)),
        "method": (405, visitor.ask("DELETE", "/compare/")),
        "wrong answer": (422, visitor.post("/questions/you/", {"age": "x"})),
        "wrong file": (400, visitor.upload("/resume/", "answers", "a.json", b"{")),
        "too much": (400, visitor.post("/questions/you/", many)),
        "another host": (400, visitor.ask("GET", "/", Host="elsewhere.example")),
        "ended": (200, visitor.post("/end/")),
        "begun": (302, visitor.post("/begin/")),
    }
    for what, (status, reply) in replies.items():
        assert reply.status == status, what
    wrong = {what: guarded(reply) for what, (_, reply) in replies.items()}
    assert {what: found for what, found in wrong.items() if found} == {}


def test_files_of_the_site_are_kept_long_and_taken_for_what_they_are(sqlite_site):
    visitor = Watched(sqlite_site.url)
    page = visitor.get("/").text
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        file = visitor.get(path)
        assert file.status == 200, path
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in file.headers["Cache-Control"], "its name changes with its content"
        assert file.headers.get("Set-Cookie") is None


def test_pages_hold_no_script_or_style_of_their_own(sqlite_site):
    """The policy would refuse them; so they must not be there."""
    visitor = Watched(sqlite_site.url)
    visitor.begin(json.dumps(calm(load_topic(), weights={"pain": 2, "visits": 1})).encode())
    for path in ("/", "/compare/", "/values/", "/sheet/", "/questions/where/", "/evidence/",
                 "/trials/haake-2007/", "/evidence/pain/network.svg", "/nowhere/"):  # fmt: skip
        page = visitor.get(path).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page), path
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page)), path
