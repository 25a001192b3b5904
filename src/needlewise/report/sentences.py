"""The sentences of one TOML file of the topic, by path."""

from __future__ import annotations

from typing import Any, ClassVar

from needlewise.report.document import Num, Text, line
from needlewise.topic import Topic


class Sentences:
    """Base of what puts a page into words; `file` is the topic's TOML file without its suffix."""

    file: ClassVar[str]

    @property
    def topic(self) -> Topic:
        raise NotImplementedError

    def node(self, path: str) -> Any:
        """What stands at a path: a sentence, a list or a table."""
        found: Any = self.topic.texts[self.file]
        for part in path.split("."):
            found = found[part]
        return found

    def __getitem__(self, path: str) -> str:
        return str(self.node(path))

    def say(self, path: str, *parts: str | Num | Text) -> Text:
        """A sentence with its {} filled."""
        return line(self[path], *parts)
