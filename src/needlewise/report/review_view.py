"""A review as a document: the same blocks for terminal, HTML and PDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from needlewise.followup import Review
from needlewise.followup.advice import Because
from needlewise.followup.progress import Progress
from needlewise.followup.review import Switch
from needlewise.report.claims import cited
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
    line,
)
from needlewise.report.downsides import limits
from needlewise.report.honesty import comes_back
from needlewise.report.numbers import tenth, whole
from needlewise.report.plain_words import counted, glossary, plainly
from needlewise.report.review_course import over_time
from needlewise.report.review_words import ReviewWords
from needlewise.report.view import document, facts, found_words, sources
from needlewise.report.words import difference_number, joined
from needlewise.topic import Row


def review_document(review: Review) -> Document:
    """The document of a review; after a stop the stop page, without any number."""
    words = ReviewWords(review)
    if review.stopped:
        return replace(document(review.comparison), sections=review_sections(review))
    page = Document(
        words["title"], _subtitle(words), review_sections(review), facts(review.comparison),
        sources=_sources(review),
    )  # fmt: skip
    known = glossary(review.topic, found_words(review.topic, page))
    return replace(page, sections=(*page.sections, known)) if known else page


def review_sections(review: Review) -> tuple[Section, ...]:
    """The sections of a review in the one order; those of the stop page after a stop."""
    words = ReviewWords(review)
    if review.stopped:
        return (*document(review.comparison).sections, *_stopped(words))
    found = (
        _advice(words),
        _scores(words),
        over_time(words),
        _goal(words),
        _options(words),
        replace(limits(words.words), id="limits"),
        _events(words),
        _again(words),
        _decision(words),
        _help(words),
    )
    return tuple(section for section in found if section is not None)


def _stopped(words: ReviewWords) -> tuple[Section, ...]:
    """What a stop means for the course; where help cannot wait nothing is put beside it."""
    if words.review.triage.outcome != "clarify":
        return ()
    lines = (words[f"advice.{words.review.advice.word}"], words["stopped"], words["decision.renew"])
    return (
        Section(
            "review", words["section.review"], (Bullets(tuple((text,) for text in lines)),)
        ),
    )  # fmt: skip


def _subtitle(words: ReviewWords) -> Text:
    review = words.review
    since = (
        words.say("since", f"{review.record.started}", f"{review.today}")
        if review.record.dated
        else (words["no_days"],)
    )
    return words.say("subtitle", words.option, since)


# ---- Where you are ----


def _advice(words: ReviewWords) -> Section:
    review = words.review
    number = review.record.number_of_sessions
    sessions = words.say(
        "one_session" if number == 1 else "sessions", Num(f"{number}", "review.sessions")
    )
    why = [because(words, one) for one in review.advice.why]
    if not _own_rule(review) and any(t.place for b in review.advice.why for t in b.thresholds):
        why.append(words.say("why.borrowed", words.words.short(review.record.option)))
    blocks: tuple[Block, ...] = (
        Paragraph((words[f"advice.{review.advice.word}"],), "lead"),
        Bullets(tuple(why)),
        Paragraph(sessions),
        Callout("note", words["proves_nothing"], ()),
        Paragraph((words["advice.two"],)),
    )
    return Section("review", words["section.review"], blocks)


def because(words: ReviewWords, why: Because) -> Text:
    """The reason with its numbers; where the threshold comes from is said last."""
    names = {p.measure.field: p.measure.name for p in words.review.progress}
    values: list[str | Num | Text] = [
        names[value] if isinstance(value, str)
        else Num(f"{whole(value)}", f"review.why.{why.key}.{k}")
        for k, value in enumerate(why.values)
    ]  # fmt: skip
    if why.thresholds:
        first = why.thresholds[0]
        values.append(first.named or _source(words, first.source))
    return words.say(f"why.{why.key}", *values)


def _source(words: ReviewWords, source: str) -> str:
    return words.words["cell.rule"] if source.startswith("rule:") else source


def _own_rule(review: Review) -> bool:
    """Whether the protocols hold a stop rule of this very option."""
    rows = review.topic["protocols"]
    return any(r["stop_rule"] for r in rows if r["option"] == review.record.option)


# ---- The scores ----


def _scores(words: ReviewWords) -> Section:
    """Every score with its gaps, then how far each questionnaire has moved and what that means."""
    found = words.review.progress
    columns = (words["scores.when"], *(_column(words, p) for p in found))
    rows = tuple(
        (words.when(k), *(_cell(words, p, k) for p in found))
        for k in range(len(words.review.record.scores))
    )
    blocks: list[Block] = [Table(words["scores.caption"], columns, rows)] if rows else []
    for one in found:
        blocks.append(Bullets(tuple(_moved(words, one))))
    return Section("scores", words["section.scores"], tuple(blocks))


def _column(words: ReviewWords, found: Progress) -> str:
    measure = found.measure
    name = measure.name[:1].upper() + measure.name[1:]
    return words["scores.column"].format(name, f"{measure.low:g}", f"{measure.high:g}")


def _cell(words: ReviewWords, found: Progress, place: int) -> Text:
    score = found.scores[place][1]
    if score is None:
        return (words["scores.none"],)
    return (Num(f"{tenth(score):g}", f"review.score.{found.measure.field}.{place + 1}"),)


def _moved(words: ReviewWords, found: Progress) -> Iterator[Text]:
    measure = found.measure
    if found.first is not None and found.change is None:
        yield words.say("scores.one", measure.name, words.score(found, "first"))
    elif found.first is not None:
        yield words.say(
            "scores.moved", measure.name, words.score(found, "first"), words.score(found, "last"),
            words[f"status.{found.status}"],
        )  # fmt: skip
    if measure.detectable is None:
        yield words.say("scores.no_error", measure.name)
    else:
        points = words.say(
            "scores.points", Num(f"{measure.detectable:g}", f"review.detectable.{measure.field}")
        )
        if measure.stands_in:
            yield words.say("scores.stands_in", measure.name, points, measure.detectable_source)
        else:
            yield words.say("scores.chance", points, measure.detectable_source)
    if measure.important is None and measure.percent is None:
        yield words.say("scores.matters_none", measure.name)
    else:
        yield words.say("scores.matters", words.amount(measure), measure.important_source)
    if found.gaps:
        missing = Num(f"{len(found.gaps)}", f"review.gaps.{measure.field}")
        yield words.say("scores.gaps", missing, f"{len(found.scores)}")
    if measure.field != "pain_nrs":
        yield words.say("scores.no_course", measure.name)


# ---- The goal ----


def _goal(words: ReviewWords) -> Section | None:
    review = words.review
    goal, own = review.goal, review.record.goal
    blocks: list[Block] = []
    if own is not None and own.words:
        blocks.append(Paragraph(words.say("goal.own", own.words)))
    if goal is None or all(p.measure.field != goal.instrument for p in review.progress):
        return Section("goal", words["section.goal"], tuple(blocks)) if blocks else None
    measure = next(p.measure for p in review.progress if p.measure.field == goal.instrument)
    target = words.target()
    if goal.own:
        key = "goal.target_better" if measure.higher_is == "better" else "goal.target"
        said = line(f"{measure.name}: {{}}", words.say(key, *target))
        blocks.append(Paragraph(words.say("goal.own", said)))
    else:
        blocks.append(Paragraph(words.say("goal.clearly", *target)))
    if goal.met:
        blocks.append(Paragraph((words["goal.met"],)))
    if goal.chance is not None:
        blocks.append(Paragraph(words.say(
            "goal.chance", words.chance(), target[0], words.week(goal.week),
            words.words.short(review.record.option),
        )))  # fmt: skip
    else:
        blocks.append(Paragraph(words.say("goal.none", words.why_none(goal.why))))
    return Section("goal", words["section.goal"], tuple(blocks))


# ---- From here ----


def _options(words: ReviewWords) -> Section:
    """Every option from now on, with what was known of it at the start unchanged beside it."""
    switches = words.review.switches
    table = Table(
        words["options.caption"].format(f"{switches[0].weeks:g}"),
        tuple(words.node("options.columns")),
        tuple(_from_now(words, switch) for switch in switches),
    )
    known = any(switch.forecast is not None for switch in switches)
    before = (Paragraph((words["options.intro"],)),) if known else ()
    after = (Paragraph((words["options.stop_note"],)),) if known else ()
    blocks = (*before, table, *after, Paragraph((words["options.same"],)))
    return Section("options", words["section.options"], blocks)


def _from_now(words: ReviewWords, switch: Switch) -> tuple[Text, ...]:
    """One option: its name as a step, expected pain, the trials' difference, how sure it is."""
    review = words.review
    option = review.topic.option(switch.option)
    cell = review.comparison.outlook.cell(switch.option, "pain", switch.weeks)
    name = (
        (words["options.stop"],) if not option.components
        else words.say("options.go_on", option.label) if option.id == review.record.option
        else words.say("options.switch", option.label)
    )  # fmt: skip
    effect: Text = (
        (words["options.reference"],) if not option.components
        else (words.why_none(cell.why),) if cell.effect is None
        else (difference_number(cell.effect, 0, f"review.effect.{switch.option}"),)
    )  # fmt: skip
    if cell.effect is not None and cell.evidence == "other-people":
        effect = words.words.say("verdict.there", effect, cell.audience)
    sure = (
        words["options.no_grade"] if cell.certainty is None
        else f"{cell.certainty.level}: {cell.certainty.reason}"
    )  # fmt: skip
    ahead = words.level(switch.forecast, f"from-now.{switch.option}", switch.why)
    return name, ahead, effect, (sure,)


def _events(words: ReviewWords) -> Section:
    labels = {r["term"]: r["label"] for r in words.topic["terms"] if r["list"] == "events"}
    items = []
    for event in words.review.record.events:
        day = f"{event.date}" if event.date else words["events.unknown_day"]
        grade = words["events.grade"].format(event.grade) if event.grade else ""
        text = words["events.one"].format(day, labels[event.kind], grade)
        if event.over == "yes" and event.seen_by:
            text = words["events.over"].format(text, event.seen_by)
        items.append((text,))
    blocks: tuple[Block, ...] = (
        Bullets(tuple(items)) if items else Paragraph((words["events.none"],)),
        Paragraph((words["events.note"],)),
    )
    return Section("events", words["section.events"], blocks)


def maintenance_rows(words: ReviewWords) -> list[Row]:
    """Protocols of needling that speak of sessions beyond the course."""
    return [r for r in words.topic["protocols"] if r["option"] and r["maintenance"]]


def _again(words: ReviewWords) -> Section:
    """Recurrence as it was counted, and what is known of going on with needling to prevent it."""
    topic = words.topic
    nothing = (words["again.nothing"],)
    rows = tuple(
        (
            (r["trial_or_guideline"],),
            counted(plainly(topic, r, "maintenance"), f"review.more.{r.line}"),
            counted(plainly(topic, r, "result_note"), f"review.more.{r.line}")
            if r["result_note"]
            else nothing,
        )
        for r in maintenance_rows(words)
    )
    blocks: list[Block] = [Paragraph((words["again.intro"],)), *comes_back(topic)]
    blocks.append(Paragraph((words["again.none"],)))
    blocks.append(Table(words["again.caption"], tuple(words.node("again.columns")), rows))
    return Section("again", words["section.again"], tuple(blocks))


# ---- Decisions, and when to get help ----


def _decision(words: ReviewWords) -> Section:
    decisions = words.review.record.decisions
    items = tuple(tuple(_decided(words, k)) for k in range(len(decisions)))
    blocks: tuple[Block, ...] = (
        Bullets(tuple(joined(list(parts), " ") for parts in items))
        if items
        else Paragraph((words["decision.none"],)),
        Callout("note", words["decision.renew"], ()),
        Paragraph((words["decision.review"],)),
    )
    return Section("decision", words["section.decision"], blocks)


def _decided(words: ReviewWords, place: int) -> Iterator[Text]:
    """A decision: when, what, why, by whom, and the next days."""
    decision = words.review.record.decisions[place]
    what = words[f"decision.word.{decision.choice}"]
    if decision.option:
        what = words["decision.option"].format(what, words.words.short(decision.option))
    day = f"{decision.date}" if decision.date else words["decision.unknown_day"]
    parts = [
        words["decision.why"].format(decision.reason.rstrip(". "))
        if decision.reason
        else words["decision.no_why"]
    ]
    if decision.by:
        parts.append(words["decision.by"].format(decision.by))
    for name in ("next_measure", "next_review"):
        if ahead := getattr(decision, name):
            parts.append(words[f"decision.{name}"].format(ahead))
    yield (words["decision.one"].format(day, what, " ".join(parts)),)


def _help(words: ReviewWords) -> Section:
    triage = words.review.triage
    title, *net = triage.safety_net
    blocks: list[Block] = [Callout("safety", title, tuple((t,) for t in net))]
    if triage.ask_clinician:
        asks = tuple((q,) for q in triage.ask_clinician)
        blocks.append(Bullets(asks, words.words["next.ask_first"]))
    blocks.append(Paragraph((words.words["next.right"],)))
    blocks.append(Paragraph((words.words["next.informs"],), "small"))
    return Section("help", words["section.help"], tuple(blocks))


def _sources(review: Review) -> tuple[Source, ...]:
    """What stands behind the numbers of a review, then protocols that speak of more sessions."""
    words = ReviewWords(review)
    behind = set(words.node("again.behind"))
    own = [
        cited(r, r["source"], words["again.used_for"])
        for r in maintenance_rows(words) if r["source"]
    ]  # fmt: skip
    return (*(s for s in sources(review.comparison) if s.used_for in behind), *own)
