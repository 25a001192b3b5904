"""How hard patient texts are to read: the Flesch-Kincaid grade (Kincaid 1975), over whole pages.

    grade = 0.39 x words / sentences + 11.8 x syllables / words - 15.59

What is counted, and how, so that short scraps do not flatter the grade:

- A paragraph, a list item, a line of a box and a cell of a table are each read on their own; a
  sentence ends at . ? or ! before a space, and at the end of such a text. A colon, a semicolon or a
  line break inside it does not end a sentence.
- Scraps with fewer than four words of letters (names, lone numbers) are left out, and so are
  headings, column names, the picture's long description and citations (cells under the heading
  that `honesty.toml` names for sources).
- Texts that differ only in their numbers count once.
- As cells of tables are short, the grade of paragraphs, lists and boxes alone is given beside it.
- A word is a run of letters; a hyphen parts two words. A number is a word of one syllable.
- Syllables are groups of vowels, less a silent final e, es or ed; at least one. Words of the
  glossary count as two syllables, since the page explains them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from needlewise.report.document import (
    Block,
    Bullets,
    Callout,
    Document,
    Paragraph,
    Table,
    block_texts,
    plain,
)
from needlewise.report.plain_words import forms, said
from needlewise.topic import Topic

LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*")
END = re.compile(r"(?<=[.?!])[\"”’)]*\s+")
# Vowels side by side that are two syllables: "trial" and "doing", but not "session".
TWO_VOWELS = re.compile(r"(?<![tcsg])i[aou]|[eouy]ing$")
# An e at the end that is not heard: "more", "whole", "eased", "times"; but that of "little",
# "needles", "wanted" and "places" is.
SILENT = re.compile(
    r"[^aeiouylr]e$|[aeiouy][lr]e$|[^aeioudtlr]ed$|[aeiouy][lr]ed$|[aeiouy][^aeiouyscxzg]es$"
)
FEWEST = 4  # words of letters below which a text is a scrap


@dataclass(frozen=True)
class Count:
    """Words, sentences and syllables of some texts."""

    words: int
    sentences: int
    syllables: int

    @property
    def grade(self) -> float:
        """The Flesch-Kincaid grade; 0 where there is nothing to read."""
        if not self.words:
            return 0.0
        longness = 0.39 * self.words / self.sentences
        return longness + 11.8 * self.syllables / self.words - 15.59


def syllables(word: str) -> int:
    """Syllables of a word as its vowel groups tell: needle 2, eased 1, trial 2, placed 1."""
    letters = word.lower()
    found = len(re.findall(r"[aeiouy]+", letters))
    found += len(TWO_VOWELS.findall(letters))
    found -= bool(SILENT.search(letters))
    return max(found, 1)


def count(topic: Topic, texts: Iterable[str]) -> Count:
    """Words, sentences and syllables of texts, each counted once whatever its numbers."""
    explained = {form.lower() for words in forms(topic).values() for form in words}
    single = {form for form in explained if " " not in form}
    seen: set[str] = set()
    words = sentences = beats = 0
    for text in texts:
        key = re.sub(r"\d+(?:[.,]\d+)*", "0", text).strip()
        if key in seen or len(LETTERS.findall(text)) < FEWEST:
            continue
        seen.add(key)
        parts = [part for part in END.split(text.strip()) if WORDS.search(part)]
        found = WORDS.findall(text)
        sentences += len(parts)
        words += len(found)
        beats += sum(2 if w.lower() in single else syllables(w) for w in found)
    return Count(words, sentences, beats)


def of_document(topic: Topic, document: Document) -> dict[str, Count]:
    """The count of each section by its title; then of all running text, and of the whole page."""
    texts = {s.title: list(_texts(topic, s.blocks)) for s in document.sections}
    found = {title: count(topic, part) for title, part in texts.items()}
    blocks = [b for s in document.sections for b in s.blocks]
    running = [b for b in blocks if isinstance(b, (Paragraph, Bullets, Callout))]
    found[said(topic, "reading.running")] = count(topic, _texts(topic, running))
    found[said(topic, "reading.page")] = count(topic, _texts(topic, blocks))
    return found


def _texts(topic: Topic, blocks: Iterable[Block]) -> Iterator[str]:
    """What is read of blocks: sentences and cells, without citations."""
    source = topic.texts["honesty"]["claims"]["columns"][-1]
    for block in blocks:
        if isinstance(block, Table):
            read = [k for k, column in enumerate(block.columns) if column != source]
            yield from (plain(row[k]) for row in block.rows for k in read)
            continue
        if isinstance(block, (Bullets, Callout)) and block.title:
            yield block.title
        yield from map(plain, block_texts(block))


def of_texts(topic: Topic) -> dict[str, Count]:
    """The count of every file of patient texts, and of all of them together."""
    files = {name: list(_strings(node)) for name, node in topic.texts.items()}
    found = {f"{name}.toml": count(topic, texts) for name, texts in files.items()}
    found[said(topic, "reading.texts")] = count(topic, [t for part in files.values() for t in part])
    return found


def _strings(node: Any) -> Iterator[str]:
    """Every text of a TOML file; places to fill in are left out."""
    if isinstance(node, Mapping):
        for value in node.values():
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)
    elif isinstance(node, str):
        yield node.replace("{}", " ")


def reading_text(topic: Topic, document: Document | None) -> str:
    """`needlewise reading`: a line for each part with its grade and its number of words."""
    counts = of_texts(topic) if document is None else of_document(topic, document)
    lines = [said(topic, "reading.intro"), ""]
    lines += [
        said(topic, "reading.line").format(f"{c.grade:4.1f}", name, f"{c.words:,}")
        for name, c in counts.items()
    ]
    return "\n".join(lines) + "\n"
