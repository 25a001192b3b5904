"""The site as it is served: real processes, on SQLite and on a real PostgreSQL, and a browser."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.person.people import calm
from tests.web.watched import Watched

from needlewise.topic import Topic

PROGRAM = Path(sys.executable).with_name("needlewise")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Site:
    """A running site: where it is, its data folder, its log, and how to start it again."""

    url: str
    data: Path
    log: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]

    def start(self) -> None:
        port = self.url.rpartition(":")[2]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--port", port], env=self.environment, stdout=log, stderr=log
            )
        _wait_for(f"{self.url}/health/", self)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait()


def _wait_for(address: str, site: Site) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if site.process.poll() is not None:
            raise RuntimeError(f"the site did not start: {site.log.read_text('utf-8')[-2000:]}")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the site did not answer within a minute")


def serve(folder: Path, **more: str) -> Site:
    """A site with its own data folder."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("NEEDLEWISE_", "DATABASE_"))
    } | {"NEEDLEWISE_DATA": str(folder), "NEEDLEWISE_PICTURES": "later", **more}  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{free_port()}"
    process: subprocess.Popen[bytes] = subprocess.Popen(["true"])
    site = Site(url, folder, folder / "log.txt", environment, process)
    site.start()
    return site


@pytest.fixture(scope="session")
def sqlite_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = serve(tmp_path_factory.mktemp("site"))
    yield site
    site.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL of our own; the server refuses root, so it runs as nobody."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    if initdb is None:
        pytest.fail("No PostgreSQL here: on Debian, apt-get install postgresql, then try again.")
    # Not below pytest's own folder, which every new run of it closes to other users.
    programs, folder = Path(initdb).parent, Path(tempfile.mkdtemp(prefix="needlewise-postgres-"))
    user: dict[str, str] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        user = {"user": "nobody"}
    data, port = folder / "data", free_port()
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "needlewise", "--auth=trust", "--no-sync", "-E",
         "UTF8"], check=True, capture_output=True, cwd=folder, **user,
    )  # fmt: skip
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), "-k", folder, "-c",
         "listen_addresses=127.0.0.1", "-c", "fsync=off"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user,
    )  # fmt: skip
    end = time.monotonic() + 30
    while subprocess.run(
        [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    ).returncode:
        assert time.monotonic() < end, "PostgreSQL did not start"
        time.sleep(0.05)
    yield f"postgres://needlewise@127.0.0.1:{port}/postgres"
    server.terminate()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_site(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = serve(tmp_path_factory.mktemp("pg-site"), DATABASE_URL=postgres)
    yield site
    site.kill()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest) -> Site:
    """The site on each database."""
    found: Site = request.getfixturevalue(f"{request.param}_site")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("No Chromium here: on Debian, apt-get install chromium, then try again.")
    options = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=options)
        yield running
        running.close()


@pytest.fixture
def answered(sqlite_site: Site, topic: Topic) -> Watched:
    """Somebody with every question answered."""
    found = Watched(sqlite_site.url)
    found.begin(json.dumps(calm(topic)).encode())
    return found


@pytest.fixture
def quiet_log(sqlite_site: Site) -> Iterator[None]:
    """The test may leave no fault in the log."""
    before = sqlite_site.log.stat().st_size
    yield
    log = sqlite_site.log.read_bytes()[before:].decode()
    assert "Traceback" not in log
    assert not [line for line in log.splitlines() if " ERROR " in line or " CRITICAL " in line]
