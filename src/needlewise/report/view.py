"""One view of a comparison: the sections in the one order that every channel follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, cast

from needlewise.choice import Comparison
from needlewise.outlook.draws import draws_hash
from needlewise.report import honesty
from needlewise.report.answer import answer, own_trials, who
from needlewise.report.claims import heard
from needlewise.report.document import (
    Block,
    Bullets,
    Callout,
    Document,
    Paragraph,
    Section,
    Source,
    Text,
    plain,
    section_texts,
)
from needlewise.report.downsides import downsides, guidelines, limits, takes
from needlewise.report.kept import Kept
from needlewise.report.picture import needle, over_time, picture
from needlewise.report.plain_words import glossary, words_in
from needlewise.report.sure import sure
from needlewise.report.values import next_steps, values
from needlewise.report.words import Words
from needlewise.topic import Topic

# Sections that hold nothing personal but pain, duration and whose trials answer.
KEPT = frozenset({
    "answer", "picture", "over-time", "usual", "needle", "downsides", "together", "guidelines",
    "practice", "heard", "sure", "gaps", "words",
})  # fmt: skip
ABOUT = ("sign_off", "funding", "search_date", "next_review", "purpose")


def document(
    comparison: Comparison, *, week: float | None = None, outcome: str = "pain"
) -> Document:
    """The document of a comparison, or of a stop where triage says so.

    The picture shows one outcome, at one horizon or (None) at each.
    """
    words = Words(comparison)
    name = comparison.outlook.person.name
    subtitle: Text = (f"For {name}",) if name else ()
    if not comparison.outlook.triage.comparison_shown:
        return Document(words["title.stop"], subtitle, _stop(words), facts(comparison), stop=True)

    base, subject = comparison.outlook.base, comparison.outlook.subject

    def always(name: str, make: Callable[[Words], Section]) -> Section:
        """What hangs on the topic alone is written once."""
        return base.remember(("section", name), partial(make, words))

    def kept(name: str, make: Callable[[Words], Section], *more: object) -> Section:
        """What also hangs on pain, duration and audience is written once for each."""
        return base.recall(f"section {name}", (subject, more), partial(make, words))

    sections = (
        who(words),
        kept("answer", answer),
        kept("picture", partial(picture, week=week, outcome=outcome), week, outcome),
        kept("over-time", over_time),
        kept("usual", honesty.usual),
        kept("needle", needle),
        always("downsides", downsides),
        takes(words),
        always("together", honesty.together),
        always("guidelines", guidelines),
        always("practice", honesty.practice),
        always("heard", lambda words: heard(words.topic)),
        kept("sure", sure),
        limits(words),
        values(words),
        kept("gaps", honesty.gaps),
        next_steps(words),
    )
    page = Document(
        words["title.comparison"], subtitle, sections, facts(comparison),
        sources=base.recall("sources", subject, partial(sources, comparison)),
    )  # fmt: skip
    known = glossary(words.topic, found_words(words.topic, page))
    return replace(page, sections=(*sections, known)) if known else page


def found_words(topic: Topic, page: Document) -> frozenset[str]:
    """The words of the glossary that stand on a page; sections that are kept are read once."""
    read = cast(Kept[frozenset[str]], topic._memo.setdefault("sections read", Kept()))

    def words(section: Section) -> frozenset[str]:
        return words_in(topic, map(plain, section_texts(section)))

    found = [read.of(s, words) if s.id in KEPT else words(s) for s in page.sections]
    return words_in(topic, [plain(page.subtitle)]).union(*found)


def _stop(words: Words) -> tuple[Section, ...]:
    """What to do now, first and short; why; the note for whoever receives the person."""
    triage = words.comparison.outlook.triage
    first, *rest = triage.text
    sections = [
        Section("stop", "What to do now",
                (Callout("stop", first, tuple((t,) for t in rest)),)),
        Section("why", "Why this stopped",
                (Bullets(tuple(dict.fromkeys((r.text,) for r in triage.leading))),)),
    ]  # fmt: skip
    asks = tuple((q,) for q in triage.ask_clinician)
    if asks:
        sections.append(Section("ask", "Ask a clinician", (Bullets(asks),)))
    help_ = triage.messages.get("crisis_help", ())
    if help_:
        sections.append(
            Section("crisis", "Someone to talk to", (Bullets(tuple((t,) for t in help_)),))
        )
    alternative = triage.messages.get("text_alternative", ())
    if alternative:
        sections.append(Section("reading", words["section.reading"], (Paragraph(alternative),)))
    title, *note = triage.handover
    sections.append(Section("handover", title, _grouped(note)))
    if triage.safety_net:
        title, *net = triage.safety_net
        sections.append(
            Section(
                "safety-net", "Until then", (Callout("safety", title, tuple((t,) for t in net)),)
            )
        )
    return tuple(sections)


def _grouped(lines: list[str]) -> tuple[Block, ...]:
    """A note's lines as lists: a line that ends with a colon heads those that start with a dash."""
    blocks: list[Block] = []
    for text in lines:
        last = blocks[-1] if blocks else None
        if text.startswith("- ") and isinstance(last, Bullets):
            blocks[-1] = Bullets((*last.items, (text[2:],)), last.title)
        elif text.endswith(":"):
            blocks.append(Bullets((), text))
        else:
            blocks.append(Paragraph((text,)))
    return tuple(blocks)


def signed_off(topic: Topic) -> str:
    """Who signed the content off, in words; empty where the topic does not say."""
    told = str(topic.settings.get("about", {}).get("sign_off", ""))
    return str(topic.texts["wording"]["about"]["not_signed"]) if told == "none" else told


def facts(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Content version, sign-off, who paid, dates and hashes; what is not given is "not stated"."""
    topic = comparison.outlook.topic
    about: dict[str, Any] = dict(topic.settings.get("about", {}))
    wording = topic.texts["wording"]["about"]
    about["sign_off"] = signed_off(topic)
    labels = {
        "sign_off": "Content",
        "funding": "Who paid for this",
        "search_date": "Trials searched until",
        "next_review": "Next review due",
        "purpose": "Made",
    }
    found = [(labels[k], str(about.get(k) or wording["not_stated"])) for k in ABOUT]
    found += [
        ("Content version", topic.version),
        ("Content hash", topic.hash),
        ("Hash of your answers", comparison.outlook.person.hash),
        ("Hash of the draws", draws_hash()),
    ]
    return tuple(found)


def sources(comparison: Comparison) -> tuple[Source, ...]:
    """Every trial behind the numbers and every survey, cohort and guideline shown."""
    topic, outlook = comparison.outlook.topic, comparison.outlook
    used = set(own_trials(Words(comparison)))
    used |= {t for c in outlook.cells for t in c.trials}
    used |= {t for s in outlook.shams for t in s.trials}
    used |= {s.id.split("/")[0] for s in outlook.course.sources} if outlook.course else set()
    found = [_trial(row) for row in topic["studies"] if row["study_id"] in used]
    seen: set[str] = set()
    places = {p for h in outlook.harms if h.cell for p in h.cell.places}
    for row in topic["harms"]:
        if row.place in places and row["source_id"] not in seen:
            seen.add(row["source_id"])
            found.append(
                Source(row["source_id"], row["citation"], row["setting"], row["doi"], row["pmid"],
                       row["source_url"], "unwanted effects")
            )  # fmt: skip
    found += _context(topic, outlook)
    found += honesty.sources(Words(comparison))
    return tuple(found)


def _trial(row: Any) -> Source:
    size = f"{row['n_randomised']} people" if row["n_randomised"] else "size not stated"
    return Source(
        row["study_id"], row["label"], f"{row['population']} {row['condition']} back pain, {size}",
        row["doi"], row["pmid"], row["source_url"], "trial",
    )  # fmt: skip


def _context(topic: Topic, outlook: Any) -> list[Source]:
    found: dict[str, Source] = {}
    cohorts = {s.id for s in outlook.course.sources} if outlook.course else set()
    for row in topic["course"]:
        if row["source_id"] in cohorts:
            found.setdefault(
                row["source_id"],
                Source(row["source_id"], row["citation"], row["population"], "", "",
                       row["source_url"], "course without needling"),
            )  # fmt: skip
    if outlook.subject.population:
        for row in topic["spread"]:
            if row["population"] == outlook.subject.population:
                found.setdefault(
                    row["source_id"],
                    Source(row["source_id"], row["citation"], row["group"], "", "",
                           row["source_url"], "how people differ"),
                )  # fmt: skip
    for row in topic["guidelines"]:
        if row["recommendation"]:
            key = f"guideline-{row['body']}-{row['year']}"
            found.setdefault(
                key,
                Source(key, f"{row['body']} {row['year']}", row["population"], "", "",
                       row["source_url"], "guideline"),
            )  # fmt: skip
    return list(found.values())
