"""The picture of 100 people, pain over time, function, and the part of the needle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from needlewise.outlook.cells import NO_FIGURE, Cell, ShamCell
from needlewise.report.document import (
    Block,
    Chart,
    IconRow,
    Icons,
    Num,
    Paragraph,
    Section,
    Series,
    Table,
    Text,
    line,
    plain,
)
from needlewise.report.numbers import hundred, ten
from needlewise.report.words import (
    Words,
    chance_number,
    chance_range,
    counts_text,
    difference_count,
    difference_number,
    difference_of_100,
    effect_text,
    level_text,
    missing,
    sentence,
)

LEGEND = ("same", "more", "band", "fewer", "not", "line", "none")


def picture(words: Words, week: float | None = None, outcome: str = "pain") -> Section:
    """Of 100 people like you, at one horizon or all; of another outcome than pain its effects."""
    outlook = words.comparison.outlook
    weeks = words.weeks if week is None else [week]
    if outcome != "pain":
        columns = ("Option", *(words.horizon(w).capitalize() for w in weeks))
        rows = _rows(
            words, outcome, lambda c: effect_text(words, c, _is_reference(words, c)), weeks
        )
        why = words.say("picture.no_icons", NO_FIGURE["no-level"])
        table = Table(words[f"table.{outcome}"], columns, rows)
        return Section("picture", "The picture", (Paragraph(why), table))
    blocks: list[Block] = [Paragraph((words["picture.intro"],))]
    for time in weeks:
        cells = [outlook.cell(o.id, "pain", time) for o in words.topic.options]
        reference = outlook.cell(outlook.reference, "pain", time)
        if reference.chance is None:
            missing_why = NO_FIGURE[reference.why_no_chance]
            return Section(
                "picture", "The picture", (Paragraph(words.say("picture.no_icons", missing_why)),)
            )
        icons = tuple(_icon_row(words, cell, reference) for cell in cells)
        legend = tuple((k, words[f"picture.{k}"]) for k in LEGEND)
        title = plain(words.say("picture.title", words.horizon(time)))
        blocks.append(Icons(f"picture.{time:g}", title, icons, legend))
    return Section("picture", "The picture", tuple(blocks))


def _icon_row(words: Words, cell: Cell, reference: Cell) -> IconRow:
    label = words.option(cell.option)
    if cell.chance is None or reference.chance is None:
        why = plain(missing(cell.why or cell.why_no_chance))
        text = f"{label}: {why}."
        return IconRow(
            cell.option, label, (), 0, 0, 0, text, (words.say("picture.no_number", why),),
            "not studied" if cell.why in {"not-studied", "together"} else "no number",
        )  # fmt: skip
    without, better = hundred(reference.chance.mean), hundred(cell.chance.mean)
    same = min(without, better)
    counts = (
        ("same", same), ("more", better - same), ("fewer", without - same),
        ("not", 100 - max(without, better)),
    )  # fmt: skip
    solid = band = better
    if cell.difference is not None:
        _, low, high = difference_of_100(cell, reference)
        solid = min(max(without + low, 0), better)
        band = max(min(without + high, 100), better)
    beside: list[Text] = [
        words.say(
            "picture.beside", chance_number(cell), Num(str(100 - better), f"chance.{cell.key}")
        ),
        words.say("picture.beside_range", chance_range(cell)),
    ]
    if cell.difference is not None:
        beside.append(sentence(words.say("picture.against", difference_count(cell, reference))))
        if low <= 0:  # the line without needling lies inside the band
            beside.append((words["picture.may_be_worse"],))
    if cell.evidence == "other-people":
        beside.append((f"Studied only in {cell.audience}.",))
    text = f"{label}: " + " ".join(plain(b) for b in beside)
    return IconRow(
        cell.option, label, tuple(c for c in counts if c[1]), solid, band, without, text,
        tuple(beside),
    )  # fmt: skip


def over_time(words: Words) -> Section:
    """Expected pain from now to 12 months, the trials' differences, and function."""
    outlook = words.comparison.outlook
    columns = ("Option", *(words.horizon(w).capitalize() for w in words.weeks))
    blocks: list[Block] = []
    if outlook.person.pain_nrs is not None and outlook.course is not None:
        blocks += [Paragraph((words["over_time.intro"],)), _chart(words)]
        blocks.append(Table("Expected pain, 0 to 10", columns, _rows(words, "pain", level_text)))
    blocks += [
        Paragraph((words["over_time.effect_intro"],)),
        Table(
            words["table.pain"], columns,
            _rows(words, "pain", lambda c: effect_text(words, c, _is_reference(words, c))),
        ),
        Paragraph((words["over_time.function_intro"],)),
        Table(
            words["table.disability"], columns,
            _rows(words, "disability", lambda c: effect_text(words, c, _is_reference(words, c))),
        ),
        Paragraph(words.say("over_time.others", _others(words)), "small"),
    ]  # fmt: skip
    return Section("over-time", "Over time", tuple(blocks))


def _is_reference(words: Words, cell: Cell) -> bool:
    return not words.topic.option(cell.option).components


def _rows(
    words: Words, outcome: str, shown: Callable[[Cell], Text], weeks: Sequence[float] = ()
) -> tuple[tuple[Text, ...], ...]:
    return tuple(
        (
            (option.label,),
            *(
                shown(words.comparison.outlook.cell(option.id, outcome, w))
                for w in weeks or words.weeks
            ),
        )
        for option in words.topic.options
    )


def _others(words: Words) -> str:
    """Outcomes that are only listed, with how many trials and figures report them."""
    found = []
    for outcome, settings in words.topic.settings["outcomes"].items():
        if settings["pooled"]:
            continue
        rows = [
            r for table in ("arm_results", "contrast_results") for r in words.topic[table]
            if r["outcome"] == outcome
        ]  # fmt: skip
        trials = len({r["study_id"] for r in rows})
        found.append(f"{settings['label'].lower()} ({trials} trial{'s' if trials != 1 else ''})")
    return "; ".join(found)


def _chart(words: Words) -> Chart:
    outlook = words.comparison.outlook
    now = float(outlook.person.pain_nrs or 0.0)
    series = []
    for option in words.topic.options:
        points, ends = [(0.0, now, now, now)], ""
        for week in words.weeks:
            cell = outlook.cell(option.id, "pain", week)
            if cell.expected is None:
                ends = plain(missing(cell.why or cell.why_no_level))
                continue
            ends = ""
            e = cell.expected
            points.append((week, ten(e.mean), ten(e.low), ten(e.high)))
        series.append(Series(option.id, option.label, tuple(points), ends))
    ticks = ((0.0, "now"), *((w, _tick(w)) for w in words.weeks))
    text = words["table.chart"] + " ".join(
        f"{s.label}: " + ", ".join(_point(p) for p in s.points)
        + (f", then {s.ends}." if s.ends else ".")
        for s in series
    )  # fmt: skip
    return Chart(
        "over-time.chart", "Expected pain over time", tuple(series), ticks, text,
        "pain, 0 to 10", 10.0,
    )  # fmt: skip


def _point(point: tuple[float, float, float, float]) -> str:
    week, mean, low, high = point
    span = f"{mean:g}" if low == high else f"{mean:g} ({low:g} to {high:g})"
    return f"{span} {'' if week == 0 else 'at '}{_tick(week)}"


def _tick(week: float) -> str:
    names = {0.0: "now", 6.0: "6 weeks", 13.0: "3 months", 26.0: "6 months", 52.0: "12 months"}
    return names.get(week, f"{week:g} weeks")


def needle(words: Words) -> Section:
    """Real against pretend needling, kind by kind."""
    shams = words.comparison.outlook.shams
    rows = tuple(
        (
            line("{}, {}", words.option(s.option), words.horizon(s.week)),
            (words[f"needle.{s.sham}"],),
            _sham_text(words, s),
        )
        for s in shams
        if s.effect is not None or s.week == words.weeks[0]
    )
    return Section(
        "needle",
        words["section.needle"],
        (
            Paragraph((words["needle.intro"],)),
            Table(
                "Real against pretend needling", ("Option", "Pretend needle", "Difference"), rows
            ),
            Paragraph((words["needle.note"],)),
        ),
    )


def _sham_text(words: Words, cell: ShamCell) -> Text:
    if cell.effect is None:
        return (words["needle.none"],)
    number = difference_number(cell.effect, 0, f"effect.{cell.key}")
    trials = f"{len(cell.trials)} trial{'s' if len(cell.trials) != 1 else ''}"
    text = line(f"pain {{}} points of 100; {trials}", number)
    if cell.audience:
        text = line("{}; studied only in {}", text, cell.audience)
    if cell.people is None:
        return text
    counts = counts_text(*(hundred(x) for x in vars(cell.people).values()))
    return line("{}; clearly better: {} of 100", text, Num(counts, f"chance.{cell.key}"))
