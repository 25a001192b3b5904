"""What people have heard: each declared claim with what the evidence says of it, and no other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from needlewise.errors import InputError
from needlewise.report.document import (
    Block,
    Bullets,
    Num,
    Paragraph,
    Section,
    Source,
    Table,
    Text,
)
from needlewise.report.plain_words import counted, headings, plainly, said
from needlewise.report.words import joined
from needlewise.topic import Row, Topic

VERDICTS = ("supported", "partly", "not-supported", "unknown")  # in the order they are told
LONGEST = 300  # letters of a sentence that is asked about


@dataclass(frozen=True)
class Claim:
    """A claim as people say it, and the rows of claims.csv about it, in file order.

    `about` is `both` where it speaks of the options together. `holds` says in one sentence what
    the rows' verdicts come to.
    """

    id: str
    said: str
    about: str
    rows: tuple[Row, ...]
    holds: str


@dataclass(frozen=True)
class Answer:
    """What is said of a sentence: `claim` is None where this content cannot answer it."""

    sentence: str
    claim: Claim | None
    text: str


def claims(topic: Topic) -> tuple[Claim, ...]:
    """Every declared claim, in the order of honesty.toml."""
    found = []
    for asked in topic.texts["honesty"]["claims"]["asked"]:
        rows = tuple(r for r in topic["claims"] if r["claim"] == asked["claim"])
        found.append(
            Claim(asked["id"], asked["said"], asked.get("about", ""), rows, _holds(topic, rows))
        )
    return tuple(found)


def _holds(topic: Topic, rows: tuple[Row, ...]) -> str:
    """One verdict where all rows agree; else all of them, so that none is left out."""
    found = {r["verdict"] for r in rows}
    verdicts = [v for v in VERDICTS if v in found]
    if not verdicts:
        return said(topic, "claims.cannot")
    if len(verdicts) == 1:
        return said(topic, f"claims.all_{verdicts[0]}")
    told = joined([(said(topic, f"claims.{v}"),) for v in verdicts])
    return said(topic, "claims.mixed").format("".join(map(str, told)))


def hear(topic: Topic, sentence: str) -> Answer:
    """The claim a sentence makes, if it is one of those declared; it is never guessed.

    Two sentences are the same when they agree in their words, capitals, marks and filler words
    (honesty.toml, `ignored`) aside. Raises InputError for an empty sentence.
    """
    shown = " ".join(sentence.split())[:LONGEST]
    words = _words(topic, sentence[: 10 * LONGEST])
    if not words:
        raise InputError(said(topic, "claims.empty"))
    for claim, asked in zip(
        claims(topic), topic.texts["honesty"]["claims"]["asked"], strict=True
    ):  # fmt: skip
        if words in {_words(topic, s) for s in (claim.said, asked["claim"], *asked["alike"])}:
            return Answer(shown, claim, claim.holds)
    return Answer(shown, None, said(topic, "claims.cannot"))


def _words(topic: Topic, sentence: str) -> str:
    """The sentence in small letters without marks and filler words."""
    plain = unicodedata.normalize("NFKC", sentence).casefold().replace("'", "").replace("’", "")
    text = " ".join(["", *re.findall(r"[^\W_]+", plain), ""])
    for filler in sorted(topic.texts["honesty"]["claims"]["ignored"], key=len, reverse=True):
        while f" {filler} " in text:
            text = text.replace(f" {filler} ", " ")
    return text.strip()


def figure(topic: Topic, claim: Claim, place: int) -> Text:
    """The figure of a claim's row, traceable; or that there is none."""
    row = claim.rows[place]
    if not row["figure"]:
        return (said(topic, "claims.no_figure"),)
    return (Num(plainly(topic, row, "figure"), f"claim.{claim.id}.{place + 1}"),)


def evidence(topic: Topic, claim: Claim, place: int) -> Text:
    """What a claim's row says in plain words, traceable where it holds a number."""
    return counted(
        plainly(topic, claim.rows[place], "evidence"), f"claim.{claim.id}.{place + 1}"
    )  # fmt: skip


def findings(topic: Topic, claim: Claim, *, caption: str) -> Table:
    """What was found on a claim: a row for each source."""
    rows = tuple(
        (
            evidence(topic, claim, k),
            (said(topic, f"claims.{r['verdict']}"),),
            figure(topic, claim, k),
            (r["source"],),
        )
        for k, r in enumerate(claim.rows)
    )
    return Table(caption, headings(topic, "claims.columns"), rows)


def heard(topic: Topic) -> Section:
    """Each common claim with what the evidence says, then those that cannot be answered."""
    blocks: list[Block] = [Paragraph((said(topic, "claims.intro"),))]
    blocks += [
        findings(topic, c, caption=said(topic, "claims.caption").format(c.said, c.holds))
        for c in claims(topic)
    ]
    unanswered = topic.texts["honesty"]["claims"]["unanswered"]
    blocks.append(
        Bullets(tuple((s,) for s in unanswered), said(topic, "claims.cannot_lead"))
    )  # fmt: skip
    return Section("heard", said(topic, "titles.heard"), tuple(blocks))


def answered(topic: Topic, sentence: str | None) -> Section:
    """`needlewise claims [SENTENCE]`: the answer to one sentence, or every claim."""
    if sentence is None:
        return heard(topic)
    answer = hear(topic, sentence)
    title = said(topic, "titles.heard")
    if answer.claim is None:
        lines = ((answer.sentence,), (answer.text,), (said(topic, "claims.cannot_more"),))
        return Section("heard", title, tuple(Paragraph(text) for text in lines))
    caption = said(topic, "claims.caption").format(answer.claim.said, answer.text)
    return Section("heard", title, (findings(topic, answer.claim, caption=caption),))


def rows_by_id(topic: Topic) -> dict[str, Row]:
    """The row behind each figure of a claim, by the number's id."""
    return {
        f"claim.{c.id}.{k}": row for c in claims(topic) for k, row in enumerate(c.rows, start=1)
    }


def sources(topic: Topic, used_for: str) -> Iterator[Source]:
    """Where each claim's rows can be read."""
    for row in topic["claims"]:
        yield cited(row, row["source"], used_for)


def cited(row: Row, label: str, used_for: str) -> Source:
    """A row's source: the DOI or PMID its citation names, else the address it was read at."""
    doi = re.search(r"\b10\.\d{4,9}/[^\s)]+", label)
    pmid = re.search(r"\bPMID (\d+)", label)
    return Source(
        f"{row.file.removesuffix('.csv')}-{row.line}", label, "", doi[0] if doi else "",
        pmid[1] if pmid else "", row["source_url"], used_for,
    )  # fmt: skip
