"""Plain words for cells of the pack, and the glossary: both are data, so both can be translated."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
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


def words_in(topic: Topic, texts: Iterable[str]) -> frozenset[str]:
    """The words of the glossary that occur in the texts, in any of their forms."""
    words = re.findall(r"[^\W_]+", " ".join(texts))
    as_written, page = set(words), f" {' '.join(words).lower()} "
    return frozenset(
        word
        for word, shapes in forms(topic).items()
        if (
            word in as_written  # an abbreviation such as SD counts as it is written
            if word.isupper()
            else any(f" {shape.lower()} " in page for shape in shapes)
        )
    )


def glossary(topic: Topic, words: Collection[str]) -> Section | None:
    """These words of the glossary with their meaning; None where there is none."""
    items = tuple(
        line("{}: {}", row["word"], row["meaning"])
        for row in topic["glossary"]
        if row["word"] in words
    )
    if not items:
        return None
    return Section("words", said(topic, "titles.glossary"), (Bullets(items),))
