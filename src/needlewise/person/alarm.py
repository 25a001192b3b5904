"""Free text scanned for words that may be a warning sign. It can only raise.

A phrase of `alarm_phrases.csv` is words in a row: `a/b` is either word, `numb*` any word that
begins so, `...` up to six words between. Accents, apostrophes, width of letters, case, line
breaks and marks do not matter, and a "not" in front does not calm.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import cast

from needlewise.person.intake import load_intake
from needlewise.person.person import Person
from needlewise.topic import Topic

GAP = 6
SCANNED = ("text", "texts")
NEVER_SCANNED = {"name", "language", "ethnicity", "insurer"}


def plain_words(text: str) -> str:
    """The text as bare words between single blanks: "I can’t" becomes "i cant"."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (c for c in text if unicodedata.category(c) not in {"Mn", "Cf"} and c not in "'’‘`´ʼ")
    return " ".join("".join(c if c.isalnum() else " " for c in kept).split())


def alarms(topic: Topic, person: Person) -> tuple[tuple[str, str, str], ...]:
    """Each alarm found, once: (field, words of the person, group of the phrase)."""
    found: dict[tuple[str, str], tuple[str, str, str]] = {}
    for field, text in _texts(topic, person):
        words = plain_words(text)
        for pattern, group in _phrases(topic):
            match = pattern.search(words)
            if match is not None:
                found.setdefault((field, group), (field, match[0].strip(), group))
    return tuple(found.values())


def _texts(topic: Topic, person: Person) -> list[tuple[str, str]]:
    fields = [
        field.name
        for field in load_intake(topic).fields.values()
        if field.type in SCANNED and field.section in {"about", "values", "practitioner"}
        and field.name not in NEVER_SCANNED
    ]  # fmt: skip
    texts = [(name, _told(person, name)) for name in fields]
    texts.append(("needle_history.earlier_needling", person.needle_history.earlier_needling))
    return [
        (name, text if isinstance(text, str) else "\n".join(cast(Iterable[str], text)))
        for name, text in texts if text
    ]  # fmt: skip


def _told(person: Person, name: str) -> object:
    """The text of a field, or of every entry of a list (`psfs.[].activity`)."""
    head, _, tail = name.partition(".[].")
    value = getattr(person, head)
    return [text for entry in value or () if (text := getattr(entry, tail))] if tail else value


def _phrases(topic: Topic) -> tuple[tuple[re.Pattern[str], str], ...]:
    if "alarms" not in topic._memo:
        topic._memo["alarms"] = tuple(
            (_pattern(row["phrase"]), row["group"]) for row in topic["alarm_phrases"]
        )
    return cast(tuple[tuple[re.Pattern[str], str], ...], topic._memo["alarms"])


def _pattern(phrase: str) -> re.Pattern[str]:
    parts: list[str] = []
    for word in phrase.split():
        if word == "...":
            parts.append(rf"(?:[^ ]+ ){{0,{GAP}}}?")
        else:
            choices = (re.escape(w).replace(r"\*", "[^ ]*") for w in word.split("/"))
            parts.append(f"(?:{'|'.join(choices)})(?: |$)")
    return re.compile(r"(?<![^ ])" + "".join(parts))
