"""Public evidence pages that hang on no person: what the pack holds, as blocks for any channel."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from needlewise.report import claims, downsides
from needlewise.report.document import (
    Block,
    Bullets,
    Callout,
    Document,
    Paragraph,
    Section,
    Source,
    Table,
    Text,
)
from needlewise.report.ipdas import GROUPS, MET, totals
from needlewise.report.plain_words import plainly
from needlewise.report.plain_words import said as honest
from needlewise.report.public_trial import trial_page
from needlewise.report.public_trials import evidence_page, trials_left_out, trials_used
from needlewise.report.public_words import (
    PackWords,
    columns,
    component_name,
    page,
    said,
    sentences,
)
from needlewise.report.view import signed_off
from needlewise.topic import Topic

__all__ = [
    "about_page",
    "claims_page",
    "evidence_page",
    "guidelines_page",
    "methods_page",
    "review_due",
    "standards_page",
    "trial_page",
    "trials_left_out",
    "trials_used",
]


def review_due(topic: Topic, today: date) -> str | None:
    """The banner where the review date has passed or is not stated, None while it lies ahead."""
    due = topic.settings.get("about", {}).get("next_review")
    if not isinstance(due, date):
        return said(topic, "about.review_missing")
    return said(topic, "about.review_past", due.isoformat()) if today > due else None


def guidelines_page(topic: Topic) -> Document:
    """Every guideline, for and against, with where it can be read."""
    section = downsides.guidelines(PackWords(topic))
    sources: dict[str, Source] = {}
    for row in topic["guidelines"]:
        if row["recommendation"]:
            name = f"{plainly(topic, row, 'body')} {row['year']}".strip()
            key = f"guideline-{row.line}"
            used_for = said(topic, "pages.guideline_source")
            sources.setdefault(
                f"{name} {row['source_url']}",
                Source(key, name, row["population"], "", "", row["source_url"], used_for),
            )
    title = said(topic, "pages.guidelines")
    return page(topic, title, (section,), tuple(sources.values()))


def claims_page(topic: Topic) -> Document:
    """What people have heard, each claim with what was found."""
    found: dict[str, Source] = {}
    for source in claims.sources(topic, honest(topic, "claims.used_for")):
        found.setdefault(source.label, source)
    title = said(topic, "pages.claims")
    return page(topic, title, (claims.heard(topic),), tuple(found.values()))


def standards_page(topic: Topic) -> Document:
    """The self-check against the standards for decision aids, with what shows each item."""
    sections = [
        Section("standards", said(topic, "pages.standards"),
                (Paragraph((honest(topic, "ipdas.intro"),)),))
    ]  # fmt: skip
    tallies = totals(topic)
    for group in GROUPS:
        rows = [r for r in topic["ipdas"] if r["group"] == group]
        met, applies = tallies[group][MET], len(rows) - tallies[group]["does-not-apply"]
        name = honest(topic, f"ipdas.{group}")
        cells = tuple(
            (
                (r["number"],),
                (r["item"],),
                (honest(topic, f"ipdas.{r['status']}"),),
                (". ".join(t for t in (r["check"], r["note"]) if t)
                 or said(topic, "standards.nothing"),),
            )
            for r in rows
        )  # fmt: skip
        told = said(topic, "standards.out_of", met, applies)
        caption = said(topic, "standards.caption", name, told)
        table = Table(caption, columns(topic, "standards.columns"), cells)
        sections.append(Section(f"standards-{group}", name, (table,)))
    used_for = said(topic, "pages.standard_source")
    sources = {r["source"]: claims.cited(r, r["source"], used_for) for r in topic["ipdas"]}
    title = said(topic, "pages.standards")
    return page(topic, title, tuple(sections), tuple(sources.values()))


# ---- Methods ----

METHODS = ("question", "trials", "numbers", "together", "person", "sure", "needle")


def methods_page(topic: Topic) -> Document:
    """How numbers are made, in plain words, and every assumption with its reason."""
    sections = [
        Section(f"methods-{name}", said(topic, f"methods.{name}_title"),
                tuple(Paragraph(text) for text in sentences(topic, f"methods.{name}")))
        for name in METHODS
    ]  # fmt: skip
    runs = [*topic.settings["sensitivity"], *topic.settings.get("outlook_sensitivity", ())]
    sections.append(
        Section(
            "methods-checks",
            said(topic, "methods.checks_title"),
            (
                Paragraph((said(topic, "methods.checks"),)),
                Bullets(tuple((str(run["name"]),) for run in runs)),
            ),
        )
    )
    sections += [_assumed(topic), _rules(topic)]
    return page(topic, said(topic, "pages.methods"), tuple(sections))


def _assumed(topic: Topic) -> Section:
    """Every value nobody measured: the assumptions, and spreads taken from another form."""
    names: Mapping[str, str] = topic.texts["public"]["methods"]["names"]
    rows: list[tuple[Text, ...]] = [
        (
            (names.get(name, name.replace("_", " ")),),
            (said(topic, "methods.value", f"{entry['value']:g}", entry["unit"]),),
            (str(entry["reason"]),),
        )
        for name, entry in topic.settings["assumptions"].items()
    ]
    for name, entry in topic.settings["instrument_sd"].items():
        if entry.get("assumption"):
            what = said(topic, "methods.spread_of", name)
            rows.append(((what,), (f"{entry['value']:g}",), (str(entry["from"]),)))
    table = Table(
        said(topic, "methods.assumed_caption"), columns(topic, "methods.columns_assumed"),
        tuple(rows),
    )  # fmt: skip
    intro = Paragraph((said(topic, "methods.assumed"),))
    return Section("methods-assumed", said(topic, "methods.assumed_title"), (intro, table))


def _rules(topic: Topic) -> Section:
    """Choices of the topic that shape the numbers, with their reasons."""
    network, outcomes = topic.settings["network"], topic.settings["outcomes"]
    reference = component_name(topic, str(network["reference"]))
    rows: list[tuple[Text, ...]] = [
        (
            (said(topic, "methods.reference", reference),),
            (str(network["reference_reason"]),),
        ),
        *(((str(p["text"]),), (str(p["reason"]),)) for p in network["populations"]),
    ]
    for outcome in outcomes.values():
        if "important_difference" in outcome:
            what = said(topic, "methods.important", outcome["label"])
            size = said(
                topic, "methods.value", f"{outcome['important_difference']:g}", outcome["unit"]
            )
            reason = str(outcome["important_difference_source"])
            rows.append(((f"{what}: {size}",), (reason,)))
    for name, entry in topic.settings["instrument_sd"].items():
        if not entry.get("assumption"):
            what = said(topic, "methods.spread_of", name)
            rows.append(((f"{what}: {entry['value']:g}",), (str(entry["from"]),)))
    rows.append(((said(topic, "methods.cuts"),), (str(topic.settings["certainty"]["source"]),)))
    table = Table(
        said(topic, "methods.rules_caption"), columns(topic, "methods.columns_rules"), tuple(rows)
    )
    return Section("methods-rules", said(topic, "methods.rules_title"), (table,))


# ---- About ----


def about_page(topic: Topic, today: date | None = None) -> Document:
    """Version, hash, sign-off, dates, who paid, use and what is open; `today` adds the banner."""
    about: Mapping[str, Any] = topic.settings.get("about", {})
    wording = topic.texts["wording"]["about"]
    not_stated = str(wording["not_stated"])
    studies = topic["studies"]
    rated = sum(bool(row["risk_of_bias"]) for row in studies)
    facts = [
        ("sign_off", signed_off(topic) or not_stated),
        *((k, str(about.get(k) or not_stated)) for k in ("funding", "search_date", "next_review")),
        ("trials", f"{len(studies)}"),
        ("rated", said(topic, "about.of", rated, len(studies))),
        ("questions", f"{len(topic['open_questions'])}"),
        ("version", topic.version),
        ("hash", topic.hash),
    ]
    rows = tuple(((said(topic, f"about.{name}"),), (value,)) for name, value in facts)
    use: list[Block] = [Paragraph(text) for text in sentences(topic, "about.use")]
    if about.get("purpose"):
        made = f"{said(topic, 'about.made')} {str(about['purpose']).rstrip('.')}."
        use.append(Paragraph((made,)))
    banner = review_due(topic, today) if today else None
    state: list[Block] = [Callout("warning", banner, ())] if banner else []
    state.append(Table(said(topic, "about.caption"), columns(topic, "about.columns"), rows))
    sections = (
        Section("about-state", said(topic, "about.state"), tuple(state)),
        Section("about-use", said(topic, "about.use_title"), tuple(use)),
    )
    return page(topic, said(topic, "pages.about"), sections)
