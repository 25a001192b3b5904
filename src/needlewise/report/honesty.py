"""The honesty pages: what usually happens, both together, who does it, what is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from needlewise.outlook.cells import NO_FIGURE
from needlewise.outlook.course import CourseSource, Point
from needlewise.report import claims
from needlewise.report.document import (
    Block,
    Bullets,
    Num,
    Paragraph,
    Section,
    Source,
    Table,
    Text,
    line,
)
from needlewise.report.numbers import ten
from needlewise.report.plain_words import counted, headings, plainly, said
from needlewise.report.words import Words, joined
from needlewise.topic import Row, Topic

NORMAL = 1.96  # half-width of a 95 % range in standard errors


# ---- What usually happens ----


def usual(words: Words) -> Section:
    """The condition in a sentence, the sources beside the curve, and pain that comes back."""
    topic = words.topic
    blocks: list[Block] = [Paragraph((said(topic, "usual.condition"),))]
    course = words.comparison.outlook.course
    if course is None:
        blocks.append(Paragraph((said(topic, "usual.none"),)))
    else:
        rows = tuple(_followed(topic, source) for source in course.sources)
        blocks.append(Paragraph((said(topic, "usual.intro"),)))
        blocks.append(Table(said(topic, "usual.caption"), headings(topic, "usual.columns"), rows))
        if any(p.assumed_error for s in course.sources for p in s.points):
            blocks.append(Paragraph((said(topic, "usual.assumed"),), "small"))
    blocks += comes_back(topic)
    return Section("usual", said(topic, "titles.usual"), tuple(blocks))


def _followed(topic: Topic, source: CourseSource) -> tuple[Text, ...]:
    """One source: who, pain at the start, and pain at each week with its range."""
    kind = said(topic, "usual.arm" if "/" in source.id else "usual.cohort")
    name = line(said(topic, "usual.group"), source.label, kind)
    start = source.baseline or 0.0
    later = [
        line(said(topic, "usual.later"), f"{p.week:g}", _level(source, start, p))
        for p in source.points
    ]
    first = Num(f"{ten(start):g}", natural_id(source, 0.0))
    return name, (first,), joined(later, ", ")


def _level(source: CourseSource, start: float, point: Point) -> Num:
    mean = start + point.change
    low, high = (min(max(mean + k * point.error, 0.0), 100.0) for k in (-NORMAL, NORMAL))
    return Num(
        f"{ten(mean):g} ({ten(low):g} to {ten(high):g})", natural_id(source, point.week)
    )  # fmt: skip


def natural_id(source: CourseSource, week: float) -> str:
    """The id of a source's pain at a week: `natural.cherkin-2009-usual-care.8`."""
    return f"natural.{source.id.replace('/', '-')}.{week:g}"


def comes_back(topic: Topic) -> list[Block]:
    """Pain that comes back: what was counted in whom, and how far the sources differ."""
    again = tuple(_again(topic, row) for row in topic["recurrence"])
    return [
        Table(said(topic, "usual.again"), headings(topic, "usual.columns_again"), again),
        Paragraph((said(topic, "usual.differ"),), "small"),
    ]


def _again(topic: Topic, row: Row) -> tuple[Text, ...]:
    low, high = row.number("ci_low"), row.number("ci_high")
    percent = f"{row.number('percent') or 0.0:g}"
    text = (
        said(topic, "usual.count_alone").format(percent)
        if low is None or high is None
        else said(topic, "usual.count").format(percent, f"{low:g}", f"{high:g}")
    )
    what = said(topic, "usual.within").format(
        plainly(topic, row, "event"), f"{row.number('months'):g}"
    )
    number = recurrence_id(row)
    people = plainly(topic, row, "population")
    return counted(people, number), counted(what, number), (Num(text, number),)


def recurrence_id(row: Row) -> str:
    """`recurrence.dasilva-2019.any-new-episode`"""
    return f"recurrence.{row['source_id']}.{_slug(row['event'])}"


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


# ---- Both together ----


def together(words: Words) -> Section:
    """What sources say of the options used together; no number is ever made of it."""
    topic = words.topic
    blocks: list[Block] = [Paragraph((said(topic, "together.intro"),))]
    about = [c for c in claims.claims(topic) if c.about == "both" and c.rows]
    for claim in about:
        rows = tuple(
            (claims.evidence(topic, claim, k), claims.figure(topic, claim, k), (r["source"],))
            for k, r in enumerate(claim.rows)
        )
        blocks.append(Table(claim.said, headings(topic, "together.columns"), rows))
    if not about:
        blocks.append(Paragraph((said(topic, "together.none"),)))
    return Section("together", said(topic, "titles.together"), tuple(blocks))


# ---- Who does it ----


def practice(words: Words) -> Section:
    """Who may needle where, after how much training, option by option."""
    topic = words.topic
    blocks: list[Block] = [Paragraph((said(topic, "practice.intro"),))]
    for cell in (*topic.settings["techniques"], "both"):
        rows = [r for r in topic["practice"] if r["option"] == cell]
        if rows:
            name = said(topic, "practice.either") if cell == "both" else words.short(cell)
            table = tuple(_practice_row(topic, row) for row in rows)
            caption = said(topic, "practice.caption").format(name)
            blocks.append(Table(caption, headings(topic, "practice.columns"), table))
    notes = [_practice_note(words, option.id) for option in topic.options]
    blocks.append(Bullets(tuple(n for n in notes if n)))
    return Section("practice", said(topic, "titles.practice"), tuple(blocks))


def _practice_row(topic: Topic, row: Row) -> tuple[Text, ...]:
    who = f"{plainly(topic, row, 'profession')}, {plainly(topic, row, 'jurisdiction')}"
    training = plainly(topic, row, "training_hours") or said(topic, "practice.not_given")
    told = (who, plainly(topic, row, "who_may_perform"), training)
    return *(counted(text, practice_id(row)) for text in told), (row["source"],)


def practice_id(row: Row) -> str:
    """`practice.26`: the row's line in practice.csv, as places and professions repeat."""
    return f"practice.{row.line}"


def _practice_note(words: Words, option: str) -> Text:
    topic = words.topic
    known = topic.option(option)
    if not known.components:
        return line(said(topic, "practice.none_needed"), words.short(option))
    if known.parts:
        return line(said(topic, "practice.parts"), words.short(option))
    if not any(r["option"] == option for r in topic["practice"]):
        return line(said(topic, "practice.no_rows"), words.short(option))
    return ()


# ---- What is not known ----


def gaps(words: Words) -> Section:
    """The gaps of this very outlook, found when the page is made."""
    lists = (
        Bullets(tuple(_no_number(words))),
        Bullets((*_unrated(words), *_spread(words), *_no_rate(words))),
        Bullets(tuple(_who_gains(words))),
    )
    blocks: list[Block] = [Paragraph((said(words.topic, "gaps.intro"),))]
    blocks += [b for b in lists if b.items]
    return Section("gaps", said(words.topic, "titles.gaps"), tuple(blocks))


def _no_number(words: Words) -> Iterator[Text]:
    """Every option, outcome and horizon without a number; outcomes of the same gap together."""
    topic = words.topic
    weeks: dict[tuple[str, str, str], list[float]] = {}
    for cell in words.comparison.outlook.cells:
        if cell.why:
            weeks.setdefault((cell.why, cell.option, cell.outcome), []).append(cell.week)
    outcomes: dict[tuple[str, str, tuple[float, ...]], list[str]] = {}
    for (why, option, outcome), missing in weeks.items():
        outcomes.setdefault((why, option, tuple(missing)), []).append(outcome)
    for (why, option, missing_at), names in sorted(outcomes.items()):
        gap = line(
            said(topic, "gaps.cell"), words.short(option),
            joined([(said(topic, f"gaps.{name}"),) for name in names]),
            joined([(words.horizon(week),) for week in missing_at]),
        )  # fmt: skip
        reason = NO_FIGURE[why][0].upper() + NO_FIGURE[why][1:]
        yield line(said(topic, "gaps.cells"), reason, gap)


def _unrated(words: Words) -> Iterator[Text]:
    """Trials behind the numbers for pain whose quality nobody has rated here."""
    studies = words.topic["studies"].by("study_id")
    cells = words.comparison.outlook.cells
    used = sorted({t for c in cells if c.outcome == "pain" for t in c.trials if t in studies})
    unrated = [t for t in used if not studies[t]["risk_of_bias"]]
    if used and unrated == used:
        yield (said(words.topic, "gaps.unrated_all"),)
    elif unrated:
        labels = ", ".join(studies[t]["label"] for t in unrated)
        yield line(said(words.topic, "gaps.unrated_some"), labels)


def _spread(words: Words) -> Iterator[Text]:
    """Horizons at which how people differ is not measured, or leans on an assumption."""
    topic, outlook = words.topic, words.comparison.outlook
    if outlook.course is None:
        if outlook.subject.population is not None:
            yield (said(topic, "gaps.course_none"),)
        return
    groups = {
        "gaps.spread_none": [w for w, s in outlook.spreads.items() if s is None],
        "gaps.spread_assumed": [w for w, s in outlook.spreads.items() if s and s.assumed],
    }
    for path, weeks in groups.items():
        if weeks:
            yield line(said(topic, path), joined([(words.horizon(w),) for w in sorted(weeks)]))


def _no_rate(words: Words) -> Iterator[Text]:
    """Unwanted effects without a rate, option by option."""
    topic, outlook = words.topic, words.comparison.outlook
    for option in topic.options:
        if option.parts:
            yield line(said(topic, "gaps.harms_parts"), words.short(option.id))
            continue
        labels = [
            row["label"].lower()
            for row in topic["harm_rows"]
            if option.components and outlook.harm(option.id, row["event"]).cell is None
        ]
        if labels:
            yield line(said(topic, "gaps.harms"), words.short(option.id), ", ".join(labels))


def _who_gains(words: Words) -> Iterator[Text]:
    """Who gains most: studies without a group to compare with cannot tell, and the page says so."""
    topic = words.topic
    for option in topic.options:
        if not option.components or option.parts:
            continue
        rows = [
            r for r in topic["modifiers"]
            if r["kind"] == "modifier" and r["option"] == option.id
        ]  # fmt: skip
        mark = said(topic, "gaps.single_arm")
        single = [r for r in rows if mark in r["source"]]
        factors = {
            "gaps.who_single": _factors(topic, single),
            "gaps.who_compared": _factors(topic, [r for r in rows if r not in single]),
        }
        if not rows:
            yield line(said(topic, "gaps.who_nobody"), words.short(option.id))
        for path, names in factors.items():
            if names:
                yield line(said(topic, path), words.short(option.id), ", ".join(names))


def _factors(topic: Topic, rows: list[Row]) -> list[str]:
    """What was looked at about people, in plain words, each once."""
    others = topic.texts["honesty"]["gaps"]["not_about_people"]
    names = (plainly(topic, r, "modifier") for r in rows if r["modifier"] not in others)
    return list(dict.fromkeys(names))


# ---- Sources and rows ----


def sources(words: Words) -> tuple[Source, ...]:
    """The sources of these pages, beside those of the numbers."""
    topic = words.topic
    found = [
        Source(
            "condition", said(topic, "usual.condition_label"), "",
            said(topic, "usual.condition_doi"), "", "", said(topic, "usual.condition_for"),
        )
    ]  # fmt: skip
    found += [
        claims.cited(r, r["citation"], said(topic, "usual.used_for")) for r in topic["recurrence"]
    ]
    found += claims.sources(topic, said(topic, "claims.used_for"))
    found += [
        claims.cited(r, r["source"], said(topic, "practice.used_for")) for r in topic["practice"]
    ]
    found += [
        claims.cited(r, r["source"], said(topic, "gaps.used_for"))
        for r in topic["modifiers"]
        if r["kind"] == "modifier" and r["source"]
    ]
    seen: dict[tuple[str, str], Source] = {}
    for source in found:
        if source.doi or source.pmid or source.read_at:
            seen.setdefault((source.label, source.used_for), source)
    return tuple(seen.values())


def rows_by_id(words: Words) -> Mapping[str, tuple[str, ...]]:
    """The places of the rows behind each number of these pages, by the number's id."""
    topic, course = words.topic, words.comparison.outlook.course
    found: dict[str, tuple[str, ...]] = {
        recurrence_id(r): (r.place,) for r in topic["recurrence"]
    }  # fmt: skip
    found |= {practice_id(r): (r.place,) for r in topic["practice"]}
    found |= {i: (r.place,) for i, r in claims.rows_by_id(topic).items()}
    for source in course.sources if course else ():
        found[natural_id(source, 0.0)] = source.places
        found |= {natural_id(source, p.week): (p.place, *source.places) for p in source.points}
    return found
