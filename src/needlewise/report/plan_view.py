"""A plan as a document, for the practitioner or for the person: the same blocks in each channel."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from needlewise.plan import Blocked, Item, Plan
from needlewise.plan.items import Limit
from needlewise.report.document import (
    Block,
    Bullets,
    Callout,
    Document,
    Num,
    Paragraph,
    Section,
    Source,
    Table,
    Text,
)
from needlewise.report.downsides import harm_text
from needlewise.report.downsides import limits as person_limits
from needlewise.report.plain_words import glossary
from needlewise.report.plan_course import course, review_lines
from needlewise.report.plan_exam import examination
from needlewise.report.plan_patient import patient_sections
from needlewise.report.plan_pictures import pictures
from needlewise.report.plan_words import Line, PlanWords, in_a_row
from needlewise.report.view import document, facts, found_words, sources

Reader = Literal["practitioner", "patient"]


def plan_document(plan: Plan, *, for_whom: Reader = "practitioner") -> Document:
    """The document of a plan; after a stop the stop page and nothing of treatment."""
    words = PlanWords(plan)
    if plan.stopped:
        return document(plan.comparison)
    title = words["title_patient" if for_whom == "patient" else "title"].format(
        words.words.option(plan.option.id)
    )
    name = plan.person.name
    page = Document(
        title, (name,) if name else (), plan_sections(plan, for_whom=for_whom), plan_facts(plan),
        sources=_sources(plan),
    )  # fmt: skip
    known = glossary(plan.topic, found_words(plan.topic, page))
    return replace(page, sections=(*page.sections, known)) if known else page


def plan_sections(plan: Plan, *, for_whom: Reader = "practitioner") -> tuple[Section, ...]:
    """The sections of a plan in the one order; those of the stop page after a stop."""
    words = PlanWords(plan)
    if plan.stopped:
        return document(plan.comparison).sections
    if plan.status == "refused":
        return _refused(words), replace(person_limits(words.words), id="limits")
    if for_whom == "patient":
        return patient_sections(words)
    found = (
        _short(words),
        _first(words),
        replace(person_limits(words.words), id="limits", title=words["section.limits"]),
        _card(words),
        _blocked(words),
        _instead(words),
        _beside(words),
        course(words),
        consent(words),
        after(words),
        help_(words),
        examination(words),
        _unknown(words),
        _changes(words),
    )
    return tuple(section for section in found if section is not None)


def plan_facts(plan: Plan) -> tuple[tuple[str, str], ...]:
    """The facts of the comparison, and the hash this version of the plan is known by."""
    words = PlanWords(plan)
    return (*facts(plan.comparison), (words["fact.plan"], plan.id),
            (words["fact.examination"], plan.examination.hash))  # fmt: skip


def _refused(words: PlanWords) -> Section:
    reasons = tuple(words.sourced(because) for because in words.plan.refusals)
    lead = Paragraph((words["status.refused"],), "lead")
    return Section("plan", words["section.refused"], (lead, Bullets(reasons)))


def _short(words: PlanWords) -> Section:
    plan = words.plan
    blocks: list[Block] = [Paragraph(_status(words), "lead"), *goal(words)]
    blocks += review_lines(words)
    blocks.append(Callout("note", words["decides"], ((words["not_signed"],),)))
    if plan.examination.helper:
        blocks.append(Paragraph(words.say("examination.helper", plan.examination.helper)))
    return Section("plan", words["section.plan"], tuple(blocks))


def _status(words: PlanWords) -> Text:
    plan = words.plan
    if not plan.items:
        return (words["status.empty"],)
    if plan.status == "signed":
        return words.say("status.signed", plan.signed_by)
    if plan.status == "confirmed":
        return (words["status.confirmed"],)
    counts = (Num(f"{len(plan.open)}", "plan.open"), Num(f"{len(plan.items)}", "plan.lines"))
    return words.say("status.proposed", *counts)


def goal(words: PlanWords) -> list[Block]:
    """The goal in the person's own words and the score that stands for it."""
    told = words.plan.goal
    if not told.words and told.target is None:
        return [Paragraph((words["goal.none"],))]
    blocks: list[Block] = []
    if told.words:
        blocks.append(Paragraph(words.say("goal.own", told.words)))
    if told.instrument:
        row = next(r for r in words.topic["scoring"] if r["field"] == told.instrument)
        now, target = (
            Num(f"{value:g}", f"plan.goal.{key}") if value is not None else words["goal.open"]
            for key, value in (("now", told.now), ("target", told.target))
        )
        blocks.append(Paragraph(words.say("goal.score", row["name"], now, target)))
    return blocks


def _first(words: PlanWords) -> Section:
    """What is checked or entered before a needle goes in, and what holds for each of them."""
    plan = words.plan
    blocks: list[Block] = []
    if plan.before_session:
        items = tuple(words.sourced(because) for because in plan.before_session)
        blocks.append(Callout("warning", words["first.check"], items))
    today = plan.examination.today
    if today.inr is not None and plan.before_session:
        day = f"{today.inr_date or words['not_said']}"
        blocks.append(
            Paragraph(words.say("first.inr", Num(f"{today.inr:g}", "plan.goal.inr"), day))
        )
    if plan.general:
        items = tuple(dict.fromkeys(limit_text(words, limit) for limit in plan.general))
        blocks.append(Bullets(items, words["first.general"]))
    labels = {row["region"]: row["label"] for row in words.topic["body_regions"]}
    for region, side, because in plan.unreachable:
        place = in_a_row(
            [(part,) for part in (labels.get(region, region.replace("_", " ")), side) if part]
        )
        blocks.append(Paragraph(words.say("first.unreachable", place, words.sourced(because))))
    if not blocks:
        blocks.append(Paragraph((words["first.nothing"],)))
    return Section("first", words["section.first"], tuple(blocks))


def limit_text(words: PlanWords, limit: Limit) -> Text:
    source = limit.because.source
    told = words["ours"] if source.startswith("rule:") else source
    return words.say("source", limit.text, told) if told else (limit.text,)


def _card(words: PlanWords) -> Section:
    """The session card: a table for each position, so that the person seldom turns, then each line
    in full."""
    plan = words.plan
    if not plan.needles:
        return Section("card", words["section.card"], (Paragraph((words["card.empty"],)),))
    blocks: list[Block] = []
    for position in dict.fromkeys(item.position for item in plan.needles):
        caption = (
            words["card.lying"].format(words[f"card.position.{position}"])
            if position else words["card.no_position"]
        )  # fmt: skip
        here = [item for item in plan.needles if item.position == position]
        rows = tuple(
            ((words.name(found),), (found.item.place or words["not_said"],),
             words.depth_in_short(found.item),
             (words["card.confirmed" if found.item.confirmed else "card.open"],))
            for found in words.lines(here)
        )  # fmt: skip
        blocks.append(Table(caption, tuple(words.node("card.columns")), rows))
    blocks += [Paragraph((words[key],), "small") for key in ("card.cun", "card.one_way")]
    blocks += pictures(words, dangers=True)
    blocks.append(Paragraph((words["card.in_full"],), "question"))
    blocks += [_in_full(words, found) for found in words.lines(plan.needles)]
    return Section("card", words["section.card"], tuple(blocks))


def _in_full(words: PlanWords, found: Line) -> Bullets:
    """One line of the card with everything that is known of it."""
    item = found.item
    told = [
        ("at_most", words.depth(item)), ("how", words.how(item)), ("heed", words.heed(item)),
        ("why", words.why(item)),
    ]  # fmt: skip
    lines = tuple(words.say(f"card.{key}", text) for key, text in told if text)
    return Bullets(lines, words.name(found))


def _blocked(words: PlanWords) -> Section:
    plan = words.plan
    kept = {item.id for item in plan.items if item.forced}
    if not plan.blocked:
        return Section("blocked", words["section.blocked"], (Paragraph((words["blocked.none"],)),))
    rows = tuple(_block(words, one, one.id in kept) for one in plan.blocked)
    table = Table(words["blocked.caption"], tuple(words.node("blocked.columns")), rows)
    return Section("blocked", words["section.blocked"], (table,))


def _block(words: PlanWords, one: Blocked, kept: bool) -> tuple[Text, ...]:
    side = one.target.side
    name = words["source"].format(one.name, words[f"card.side.{side}"]) if side else one.name
    can = "blocked.kept" if kept else "blocked.forcible" if one.forcible else "blocked.never"
    why = in_a_row([*dict.fromkeys((limit.text,) for limit in one.limits), (words[can],)])
    sources_ = dict.fromkeys(
        words["ours"] if limit.because.source.startswith("rule:") else limit.because.source
        for limit in one.limits
    )
    return (name,), why, ("; ".join(sources_),)


def _instead(words: PlanWords) -> Section | None:
    rows = words.plan.instead
    if not rows and not words.plan.offers:
        return None
    items = tuple(words.sourced(because) for because in words.plan.offers) + tuple(
        words.say("instead.point", f"{row['code']} {row['pinyin']}", row["landmark"])
        for row in rows
    )
    intro = Paragraph((words["instead.intro"],))
    return Section("instead", words["section.instead"], (intro, Bullets(items)))


def _beside(words: PlanWords) -> Section:
    plan = words.plan
    if not plan.adjuncts:
        return Section("beside", words["section.beside"], (Paragraph((words["beside.none"],)),))
    rows = tuple(_adjunct(words, item) for item in plan.adjuncts)
    table = Table(words["beside.caption"], tuple(words.node("beside.columns")), rows)
    return Section("beside", words["section.beside"], (table,))


def _adjunct(words: PlanWords, item: Item) -> tuple[Text, ...]:
    known = in_a_row([words.sourced(because) for because in item.why])
    heed = in_a_row([words.sourced(because) for because in item.cautions])
    name = words["source"].format(item.name, item.technique) if item.technique else item.name
    where = words["beside.home" if item.at_home else "beside.clinic"]
    return (name,), known, heed or (words["not_said"],), (where,)


# ---- Consent, and afterwards: the same for both readers ----


def consent(words: PlanWords) -> Section:
    """Exactly what is consented to, with its harms under this option."""
    plan = words.plan
    if not plan.needles:
        return Section(
            "consent", words["section.consent"], (Paragraph((words["consent.nothing"],)),)
        )
    lines = tuple((words.name(found),) for found in words.lines(plan.needles))
    blocks: tuple[Block, ...] = (
        Bullets(lines, words["consent.intro"]),
        harms(words),
        Bullets(tuple((words[f"consent.{key}"],) for key in ("right", "other", "person"))),
        Paragraph((words["consent.signature"],)),
    )
    return Section("consent", words["section.consent"], blocks)


def harms(words: PlanWords) -> Table:
    """Each harm under this option beside no needling, as the comparison shows it."""
    outlook, none = words.plan.comparison.outlook, words.plan.comparison.outlook.reference
    option = words.plan.option
    needled = (option.parts or (option.id,)) if option.components else ()
    chosen = [none, *needled]  # of a combination each part, as nobody has counted the two together
    rows = []
    for row in words.topic["harm_rows"]:
        label = words["harm_row"].format(row["label"], f"{int(row['denominator']):,}")
        cells = (harm_text(words.words, outlook.harm(o, row["event"])) for o in chosen)
        rows.append(((label,), *cells))
    columns = (words["harm_column"], *(words.words.option(o) for o in chosen))
    return Table(words["consent.harms"], columns, tuple(rows))


def after(words: PlanWords) -> Section:
    items = tuple((text,) for text in words.node("aftercare.lines"))
    source = Paragraph((words["ours"],), "small")
    return Section("aftercare", words["section.aftercare"], (Bullets(items), source))


def help_(words: PlanWords) -> Section:
    """When to get help: at once, and soon."""
    blocks = tuple(
        Callout(kind, words[f"help.{when}"], tuple((t,) for t in words.node(f"help.{when}_lines")))
        for kind, when in (("stop", "now"), ("safety", "soon"))
    )
    return Section("help", words["section.help"], blocks)


def _unknown(words: PlanWords) -> Section:
    """What the sources do not say of this very plan."""
    plan = words.plan
    items: list[Text] = []
    if plan.option.parts:
        items.append((words["unknown.both"],))
    without = [f.item.name for f in words.lines(plan.needles) if not _has_ceiling(f.item)]
    if without:
        items.append(words.say("unknown.depth", ", ".join(without)))
    if plan.course.because is None:
        items.append((words["unknown.course"],))
    if any(item.kind == "point" for item in plan.needles):
        items.append((words["unknown.position"],))
    items.append((words["unknown.spots"],))
    return Section("unknown", words["section.unknown"], (Bullets(tuple(items)),))


def _has_ceiling(item: Item) -> bool:
    return hasattr(item.ceiling, "unit")


def _changes(words: PlanWords) -> Section | None:
    changes = words.plan.changes
    if not changes:
        return None
    return Section("changes", words["section.changes"], (Bullets(tuple((c,) for c in changes)),))


def _sources(plan: Plan) -> tuple[Source, ...]:
    """Of the comparison's sources the trials and surveys behind this option.

    Rows of the plan name their own source beside what they say.
    """
    outlook, option = plan.comparison.outlook, plan.option.id
    trials = {trial for cell in outlook.cells if cell.option == option for trial in cell.trials}
    places = {p for h in outlook.harms if h.option == option and h.cell for p in h.cell.places}
    surveys = {row["source_id"] for row in plan.topic["harms"] if row.place in places}
    return tuple(source for source in sources(plan.comparison) if source.id in trials | surveys)
