"""A visitor of whom every single reply is kept, and the row that the site keeps of a visitor."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from tests.web.visitor import Answer, Visitor

if TYPE_CHECKING:
    from tests.web.conftest import Site


class _Keep(urllib.request.BaseHandler):
    """Notes address, status and headers of each reply, also of those that lead elsewhere."""

    def __init__(self, replies: list[tuple[str, int, str]]) -> None:
        self.replies = replies

    def http_response(self, request: urllib.request.Request, reply: Any) -> Any:
        self.replies.append((request.full_url, reply.status, str(reply.headers)))
        return reply


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


@dataclass
class Watched(Visitor):
    """As a visitor; `replies` holds address, status and headers of every reply.

    With `stay` redirects are not followed, so an answer costs one request.
    """

    stay: bool = False
    replies: list[tuple[str, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.opener.add_handler(_Keep(self.replies))
        if self.stay:
            self.opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}),
                urllib.request.HTTPCookieProcessor(self.cookies),
                _Keep(self.replies),
                _Stay(),
            )

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, token: bool = True,
        **headers: str,
    ) -> Answer:  # fmt: skip
        """Any request; with the token in a header, as a script of the page would send it."""
        own = {"Origin": self.site, **({"X-CSRFToken": self.token} if token else {})}
        return self._open(
            urllib.request.Request(self.site + path, body, {**own, **headers}, method=method)
        )

    @property
    def key(self) -> str:
        """The key of the session, empty where none has begun."""
        return next((str(c.value) for c in self.cookies if c.name == "needlewise"), "")

    def answers(self) -> dict[str, Any]:
        """What the site keeps, as its own file says it."""
        found = self.get("/sheet/your-answers.json")
        assert found.status == 200, found.status
        kept: dict[str, Any] = json.loads(found.text)
        return kept


def until(good: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether something comes true within the time."""
    end = time.monotonic() + seconds
    while not good():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def row(site: Site, key: str) -> tuple[str, datetime] | None:
    """The stored text of a session and when it ends, None where there is no such row."""
    found = _do(
        site, "SELECT session_data, expire_date FROM django_session WHERE session_key = ", key
    )
    if not found:
        return None
    data, ends = found[0]
    ends = datetime.fromisoformat(ends) if isinstance(ends, str) else ends
    return str(data), ends.replace(tzinfo=None)


def age(site: Site, key: str) -> None:
    """As if the last answer had been given two hours and a minute ago."""
    ended = (datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=1)).isoformat(" ")
    _do(site, f"UPDATE django_session SET expire_date = '{ended}' WHERE session_key = ", key)


def _do(site: Site, statement: str, key: str) -> list[Any]:
    address = site.environment.get("DATABASE_URL")
    if address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            cursor = connection.execute(statement + "%s", (key,))  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []
    path = site.data / "site.sqlite3"
    with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
        # What a test writes over must not stay behind any more than what the site writes over.
        connection.execute("PRAGMA secure_delete=ON")
        return connection.execute(statement + "?", (key,)).fetchall()


def left_behind(site: Site, texts: list[str]) -> list[str]:
    """Which of these texts, or pieces of them, stand in the log or in a file of the database."""
    files = [*site.data.glob("site.sqlite3*"), site.log]
    content = b"\0".join(path.read_bytes() for path in files if path.exists())
    pieces = {text[k : k + 24] for text in texts for k in range(0, max(len(text) - 23, 1), 12)}
    return sorted(piece for piece in pieces if piece.encode() in content)
