"""The forms of a page as a browser would send them untouched."""

from __future__ import annotations

from html.parser import HTMLParser

TOKEN = "csrfmiddlewaretoken"


class _Forms(HTMLParser):
    """Every form of a page: its address and what stands in its controls."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: dict[str, dict[str, list[str]]] = {}
        self.names: dict[str, set[str]] = {}
        self.address = ""
        self.area = self.select = ""
        self.options: list[tuple[str, bool]] = []

    def put(self, name: str, value: str) -> None:
        if name and name != TOKEN and self.address:
            self.forms[self.address].setdefault(name, []).append(value)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "form":
            self.address = given["action"]
            self.forms[self.address], self.names[self.address] = {}, set()
        elif tag in {"input", "select", "textarea"} and self.address:
            self.names[self.address].add(name)
        if tag == "input" and kind in {"radio", "checkbox"}:
            if "checked" in given:
                self.put(name, given.get("value", "on"))
        elif tag == "input" and kind in {"text", "hidden"}:
            # A browser keeps no line break in a line.
            self.put(name, given.get("value", "").replace("\r", "").replace("\n", ""))
        elif tag == "textarea":
            self.area = name
            self.text: list[str] = []
        elif tag == "select":
            self.select, self.options = name, []
        elif tag == "option":
            self.options.append((given.get("value", ""), "selected" in given))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            text = "".join(self.text).replace("\r\n", "\n").removeprefix("\n")
            self.put(self.area, text.replace("\n", "\r\n"))
            self.area = ""
        elif tag == "select":
            chosen = [value for value, selected in self.options if selected]
            if self.options:
                self.put(self.select, (chosen or [self.options[0][0]])[-1])
        elif tag == "form":
            self.address = ""


def form_of(html: str, address: str) -> dict[str, list[str]]:
    """What the form with this address sends as it stands, without its token."""
    return _read(html).forms[address]


def names_of(html: str, address: str) -> set[str]:
    """The names of all its controls, filled or not."""
    return _read(html).names[address] - {TOKEN, ""}


def _read(html: str) -> _Forms:
    reader = _Forms()
    reader.feed(html)
    reader.close()
    return reader
