"""The site's page times, beside an empty page and the bare comparison, and its load and memory.

Part of `make bench`. Page times are server time in one process; the load comes from threads of this
process over loopback, so both share the machine's cores.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = str(Path(sys.executable).with_name("needlewise"))
ANSWERS = tomllib.loads((ROOT / "examples" / "office_worker.toml").read_text("utf-8"))
RANKED = {"csrfmiddlewaretoken": "any", "how": "rank", "place-pain": "1", "place-visits": "2"}
FORM = "application/x-www-form-urlencoded"


def times_ms(job: Callable[[Any], object], inputs: list[Any]) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds over the inputs."""
    found = []
    for one in inputs:
        start = time.perf_counter()
        job(one)
        found.append(1000 * (time.perf_counter() - start))
    found.sort()
    return statistics.median(found), found[int(0.95 * len(found))]


def pages() -> None:
    """Server time of the comparison page for people never seen and seen before."""
    os.environ["NEEDLEWISE_DATA"] = tempfile.mkdtemp()
    os.environ["DJANGO_SETTINGS_MODULE"] = "needlewise.web.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.http import HttpResponse
    from django.test import Client
    from django.urls import path

    import needlewise as nw
    from needlewise.web import urls
    from needlewise.web.aid.evidence import warm
    from needlewise.web.aid.visit import site_topic

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    urls.urlpatterns.append(path("empty/", lambda request: HttpResponse("")))
    warm()
    topic = site_topic()

    def visitor(pain: float) -> Client:
        from django.core.files.uploadedfile import SimpleUploadedFile

        client = Client(HTTP_HOST="127.0.0.1")
        text = json.dumps({**ANSWERS, "pain_nrs": pain}).encode()
        client.post("/resume/", {"answers": SimpleUploadedFile("a.json", text)})
        return client

    def shown(client: Client) -> None:
        assert client.get("/compare/").status_code == 200

    people = [visitor(2 + k / 20) for k in range(121)]
    shown(people[0])
    bare = [nw.Person.from_mapping({**ANSWERS, "pain_nrs": 2.01 + k / 20}, topic)
            for k in range(60)]  # fmt: skip
    rows = [
        ("an empty Django page", lambda c: c.get("/empty/"), people),
        ("the bare comparison, never seen", lambda p: nw.compare(nw.look_ahead(topic, None, p)),
         bare),
        ("comparison page, person never seen", shown, people[1:]),
        ("comparison page, pain and duration seen", shown, people[1:]),
        ("fit alone, as weights move",
         lambda c: c.post("/values/", RANKED, HTTP_HX_REQUEST="true"), people[1:]),
    ]  # fmt: skip
    print("Pages, server time in ms                     median      p95   target")
    for name, job, inputs in rows:
        middle, most = times_ms(job, inputs)
        target = "10 / 30" if name.startswith("comparison page, person") else ""
        print(f"{name:42} {middle:8.1f} {most:8.1f}   {target}")


class Browser:
    """One person over one connection, as lean as can be."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.origin = f"http://127.0.0.1:{port}"
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, body: bytes = b"", kind: str = FORM) -> int:
        jar = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        headers = {"Cookie": jar, "Origin": self.origin}
        if body:
            headers["Content-Type"] = kind
        self.connection.request(method, path, body or None, headers)
        reply = self.connection.getresponse()
        for cookie in reply.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        reply.read()
        return reply.status

    def form(self, **fields: str) -> bytes:
        return urlencode(
            {"csrfmiddlewaretoken": self.cookies.get("csrftoken", ""), **fields}
        ).encode()

    def begin(self) -> None:
        self.send("GET", "/")
        edge = "----edge"
        text = json.dumps({**ANSWERS, "pain_nrs": 3 + (id(self) // 64) % 7}).encode()
        body = (
            (
                f'--{edge}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
                f"{self.cookies['csrftoken']}\r\n--{edge}\r\nContent-Disposition: form-data; "
                'name="answers"; filename="a.json"\r\n\r\n'
            ).encode()
            + text
            + f"\r\n--{edge}--\r\n".encode()
        )
        assert self.send("POST", "/resume/", body, f"multipart/form-data; boundary={edge}") == 302

    def round(self) -> Iterator[int]:
        """The mixed flow: a question, the comparison, a change of values, the trail, evidence."""
        yield self.send("GET", "/questions/pain/")
        yield self.send("GET", "/compare/")
        yield self.send("POST", "/values/", self.form(how="rank", **{"place-pain": "1"}))
        yield self.send("GET", "/compare/?weeks=6&outcome=pain")
        yield self.send("GET", "/questions/nerves/")
        yield self.send("GET", "/evidence/")
        yield self.send("GET", "/")


def memory_mb(parent: int) -> float:
    """Resident memory of a process and its children."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
        except OSError:
            continue
        told = dict(line.split(":", 1) for line in status.splitlines())
        if str(parent) in {folder.name, told["PPid"].strip()}:
            total += int(told.get("VmRSS", "0 kB").split()[0])
    return total / 1024


def load(threads: int = 4, requests: int = 10_000) -> None:
    """Requests a second over the mixed flow on two workers, errors, and memory before and after."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "NEEDLEWISE_DATA": tempfile.mkdtemp(),
        "NEEDLEWISE_PICTURES": "later",
    }
    server = subprocess.Popen(
        [PROGRAM, "serve", "--port", str(port), "--workers", "2"], env=environment,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        _run(port, threads, 1_500)  # both workers warm
        before = memory_mb(server.pid)
        start = time.perf_counter()
        done, wrong = _run(port, threads, requests)
        took = time.perf_counter() - start
        after = memory_mb(server.pid)
        print(f"\nLoad, mixed flow, two workers: {done / took:.0f} requests a second (target 150), "
              f"{wrong} errors in {done:,}")  # fmt: skip
        print(f"Memory of all processes before and after: {before:.0f} MB, {after:.0f} MB")
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def _run(port: int, threads: int, requests: int) -> tuple[int, int]:
    statuses: list[int] = []

    def visit() -> None:
        while len(statuses) < requests:
            person = Browser(port)
            person.begin()
            for _ in range(6):
                statuses.extend(person.round())

    people = [threading.Thread(target=visit) for _ in range(threads)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return len(statuses), sum(status >= 400 for status in statuses)


if __name__ == "__main__":
    print()
    pages()
    load()
