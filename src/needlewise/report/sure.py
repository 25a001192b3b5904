"""How sure this is: certainty with its six domains, benchmarks, and what else could be assumed."""

from __future__ import annotations

from needlewise.outlook.cells import Cell
from needlewise.outlook.what_if import what_ifs
from needlewise.report.answer import clause
from needlewise.report.document import Block, Bullets, Num, Paragraph, Section, Table, Text, line
from needlewise.report.words import Words, chance_number, chance_range, difference_number, missing


def sure(words: Words) -> Section:
    """Certainty per option and horizon with its main reason, then what stands behind it."""
    outlook = words.comparison.outlook
    rows = []
    domains: list[Block] = []
    for option in words.topic.options:
        if not option.components:
            continue
        cells: list[Text] = []
        for week in words.weeks:
            cell = outlook.cell(option.id, "pain", week)
            if cell.certainty is None:
                cells.append(missing(cell.why))
                continue
            cells.append((f"{cell.certainty.level}: {cell.certainty.reason}",))
            domains.append(
                Bullets(
                    tuple(
                        words.say("sure.domain", _named(words, d.name), d.judgement, d.reason)
                        for d in cell.certainty.domains
                    ),
                    f"{option.label}, {words.horizon(week)}",
                )
            )
        rows.append(((option.label,), *cells))
    columns = ("Option", *(words.horizon(w).capitalize() for w in words.weeks))
    blocks: list[Block] = [
        Paragraph((words["sure.intro"],)),
        Table("Certainty about pain", columns, tuple(rows)),
    ]
    benchmarks = _benchmarks(words)
    if benchmarks:
        blocks.append(Bullets(tuple(benchmarks), "Beside published pooled results"))
    blocks += _what_if(words)
    if domains:
        blocks += [Paragraph((words["sure.domains"],)), *domains]
    return Section("sure", "How sure this is", tuple(blocks))


def _named(words: Words, domain: str) -> str:
    return words[f"sure_domains.{domain.replace(' ', '-')}"]


def _benchmarks(words: Words) -> list[Text]:
    found = []
    for b in words.comparison.outlook.benchmarks:
        text = line(
            words["cell.benchmark"],
            words.option(b.option),
            b.against.replace("-", " "),
            b.population,
            difference_number(b.published, 0, f"benchmark.{b.id}"),
            difference_number(b.ours, 0, f"benchmark.{b.id}"),
            Num(f"{abs(b.distance):.1f}", f"benchmark.{b.id}"),
        )
        if b.audience:
            text = line("{} (ours studied only in {})", text, b.audience)
        if abs(b.distance) > 2:
            text = line("{}: they do not agree", text)
        found.append(line("{}.", text))
    return found


def _what_if(words: Words) -> list[Block]:
    """Counts and verdicts at the primary horizon had something else been assumed."""
    outlook = words.comparison.outlook
    primary = words.topic.settings["primary"]
    outcome, week = str(primary["outcome"]), float(primary["week"])
    options = [o.id for o in words.topic.options if not o.parts]
    rows: list[tuple[Text, ...]] = []
    shown = [outlook.cell(o, outcome, week) for o in options]
    if shown[0].chance is not None:
        rows.append(((words["what_if.as_shown"],), *(_count(words, c, 0) for c in shown)))
        for k, run in enumerate(what_ifs(outlook), 1):
            cells = (run.cells[o] for o in options)
            rows.append(((run.name,), *(_count(words, c, k) for c in cells)))
    for important, verdicts in words.comparison.otherwise.items():
        found = {v.option: v for v in verdicts}
        texts: list[Text] = [
            clause(words, found[o]) if o in found else (words["cell.reference"],) for o in options
        ]
        if any(v.benefit is not None for v in verdicts):
            rows.append((words.say("what_if.difference", f"{important:g}"), *texts))
    if not rows:
        return []
    title = words["what_if.title"].format(words.horizon(week))
    columns = (words["what_if.assumption"], *(words.option(o) for o in options))
    return [Table(title, columns, tuple(rows)), Paragraph((words["what_if.note"],), "small")]


def _count(words: Words, cell: Cell, run: int) -> Text:
    """How many of 100 are clearly better, in a run (0: as shown)."""
    if cell.chance is None:
        return missing(cell.why or cell.why_no_chance)
    shown = words["what_if.count"].format(chance_number(cell).text, chance_range(cell).text)
    text = words.say("what_if.chance", Num(shown, f"what-if.{run}.{cell.option}"))
    if cell.evidence == "other-people":
        return words.say("verdict.there", text, cell.audience)
    return text
