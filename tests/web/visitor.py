"""A person at the site, without a browser: keeps cookies, fills forms, follows redirects."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.cookiejar import CookieJar

Fields = Mapping[str, str | Sequence[str]]


@dataclass
class Answer:
    """What came back: status, address after redirects, headers and text."""

    status: int
    url: str
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def path(self) -> str:
        return urllib.parse.urlsplit(self.url).path


@dataclass
class Visitor:
    """One person with a cookie jar of their own."""

    site: str
    cookies: CookieJar = field(default_factory=CookieJar)

    def __post_init__(self) -> None:
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )

    def get(self, path: str) -> Answer:
        return self._open(urllib.request.Request(self.site + path))

    def post(self, path: str, fields: Fields | None = None, **headers: str) -> Answer:
        """Send a form, with the token of the site's cookie as a page would."""
        pairs = [("csrfmiddlewaretoken", self.token)]
        for name, value in (fields or {}).items():
            pairs += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        data = urllib.parse.urlencode(pairs).encode()
        return self._open(
            urllib.request.Request(self.site + path, data, {"Origin": self.site, **headers})
        )

    def upload(self, path: str, name: str, filename: str, content: bytes) -> Answer:
        """Send a file."""
        edge = uuid.uuid4().hex
        head = 'Content-Disposition: form-data; name="{}"'
        body = b"".join([
            f"--{edge}\r\n{head.format('csrfmiddlewaretoken')}\r\n\r\n{self.token}\r\n".encode(),
            f'--{edge}\r\n{head.format(name)}; filename="{filename}"\r\n\r\n'.encode(),
            content, f"\r\n--{edge}--\r\n".encode(),
        ])  # fmt: skip
        kind = f"multipart/form-data; boundary={edge}"
        return self._open(
            urllib.request.Request(
                self.site + path, body, {"Content-Type": kind, "Origin": self.site}
            )
        )

    @property
    def token(self) -> str:
        found = {c.name: c.value for c in self.cookies}
        if "csrftoken" not in found:
            self.get("/")
            found = {c.name: c.value for c in self.cookies}
        return found.get("csrftoken") or ""

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            with self.opener.open(request, timeout=60) as reply:
                return Answer(reply.status, reply.url, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.url, error.headers, error.read())

    def begin(self, answers: bytes | None = None) -> Answer:
        """Start a visit, empty or with a file of answers brought along."""
        if answers is None:
            return self.post("/begin/")
        return self.upload("/resume/", "answers", "your-answers.json", answers)


def visible(html: str) -> str:
    """The text of a page as a reader sees it, on one line."""
    text = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", html)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def refused(page: Answer, *statuses: int) -> str:
    """A page of our own that says what is wrong, with nothing of the inside in it."""
    assert page.status in (statuses or range(400, 500)), page.status
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<main" in page.text
    text = visible(page.text[page.text.index("<main") :])
    assert re.search(r"[a-z]{3}[^.?]*[.?]", text), text
    assert "Traceback" not in page.text
    assert "Exception" not in page.text
    assert "/src/" not in page.text
    assert "site-packages" not in page.text
    return text
