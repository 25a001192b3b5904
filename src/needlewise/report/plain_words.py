"""Plain words for cells of the pack, and the glossary: both are data, so both can be translated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from needlewise.report.document import Bullets, Num, Section, Text, line
from needlewise.topic import Row, Topic
from needlewise.topic.pack import listed


def said(topic: Topic, path: str) -> str:
    """A sentence of honesty.toml by its path: `usual.intro`."""
    node: Any = topic.texts["honesty"]
    for part in path.split("."):
        node = node[part]
    return str(node)


def headings(topic: Topic, path: str) -> tuple[str, ...]:
    """The column headings of a table, from honesty.toml."""
    group, _, name = path.partition(".")
    return tuple(topic.texts["honesty"][group][name])


def plainly(topic: Topic, row: Row, column: str) -> str:
    """A cell in plain words; a cell that plain_words.csv does not name stands as it is."""
    table = row.file.removesuffix(".csv")
    return _known(topic).get((table, column, row[column]), row[column])


def counted(text: str, number: str) -> Text:
    """A text of the pack; one that holds a number is traceable as a whole, by the number's id."""
    return (Num(text, number),) if re.search(r"\d", text) else (text,)


def _known(topic: Topic) -> Mapping[tuple[str, str, str], str]:
    if "plain words" not in topic._memo:
        topic._memo["plain words"] = {
            (r["table"], r["column"], r["text"]): r["plain"] for r in topic["plain_words"]
        }
    found = topic._memo["plain words"]
    assert isinstance(found, dict)
    return found


def forms(topic: Topic) -> dict[str, tuple[str, ...]]:
    """Every word of the glossary with the forms it comes in."""
    return {r["word"]: (r["word"], *listed(r["also"])) for r in topic["glossary"]}


def glossary(topic: Topic, texts: Iterable[str]) -> Section | None:
    """The words of the glossary that occur in the texts, with their meaning; None if none does."""
    words = re.findall(r"[^\W_]+", " ".join(texts))
    as_written, page = set(words), f" {' '.join(words).lower()} "
    items: list[Text] = []
    for row in topic["glossary"]:
        found = (
            row["word"] in as_written  # an abbreviation such as SD counts as it is written
            if row["word"].isupper()
            else any(f" {form.lower()} " in page for form in (row["word"], *listed(row["also"])))
        )
        if found:
            items.append(line("{}: {}", row["word"], row["meaning"]))
    if not items:
        return None
    return Section("words", said(topic, "titles.glossary"), (Bullets(tuple(items)),))
