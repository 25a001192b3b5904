"""The downsides, what it is and takes, guidelines, and this person's limits."""

from __future__ import annotations

from needlewise.outlook.harms import HarmCell
from needlewise.outlook.look_ahead import HarmLine
from needlewise.report.document import (
    Block,
    Bullets,
    Callout,
    Num,
    Paragraph,
    Section,
    Table,
    Text,
    line,
)
from needlewise.report.numbers import count_text
from needlewise.report.plain_words import plainly
from needlewise.report.words import NOT_STATED, Words, joined, span
from needlewise.topic import Row

UNKNOWN_HARM = ("no rate known",)


def downsides(words: Words) -> Section:
    """A row a harm, the same denominator for every option in it."""
    outlook = words.comparison.outlook
    options = words.topic.options
    rows = []
    for row in words.topic["harm_rows"]:
        denominator = int(row["denominator"])
        cells = [harm_text(words, outlook.harm(o.id, row["event"])) for o in options]
        rows.append((line("{}, of {:,}".replace("{:,}", f"{denominator:,}"), row["label"]), *cells))
    columns = ("Unwanted effect", *(o.label for o in options))
    return Section(
        "downsides",
        "The downsides",
        (
            Paragraph((words["downsides.intro"],)),
            Table(words["table.downsides"], columns, tuple(rows)),
            Paragraph((words["downsides.note"],), "small"),
        ),
    )


def harm_text(words: Words, harm: HarmLine) -> Text:
    """How often a harm was seen under one option, with its range, or why there is no rate."""
    option = words.topic.option(harm.option)
    if not option.components:
        return (words["downsides.no_needles"],)
    cell = harm.cell
    if cell is None:
        return UNKNOWN_HARM if not option.parts else (words["cell.harm_parts"],)
    who = words[f"downsides.{cell.reporter}"]
    if cell.none_seen:
        seen = f"{cell.total:,.0f} {'treatments' if cell.per == 'treatment' else 'people'}"
        limit = Num(harm_limit(cell, harm.denominator), harm.key)
        return line("{}, {}", words.say("downsides.none_seen", seen, limit), who)
    return line("{}, {}", Num(harm_figure(cell, harm.denominator), harm.key), who)


def harm_figure(cell: HarmCell, denominator: int) -> str:
    """`6 (2 to 15)` per course, or the bounds `2 to 40` from a rate per visit."""
    low = count_text(cell.low or 0.0, denominator)
    high = "not known" if cell.high is None else count_text(cell.high, denominator)
    if cell.rate is None:
        return f"between {low} and {high}"
    return f"{count_text(cell.rate, denominator)} ({low} to {high})"


def harm_limit(cell: HarmCell, denominator: int) -> str:
    """The upper limit when none was seen."""
    return "not known" if cell.high is None else count_text(cell.high, denominator)


def takes(words: Words) -> Section:
    """What is done, what it takes, what it feels like, who does it, how it is said to work."""
    outlook = words.comparison.outlook
    options = words.topic.options

    def row(title: str, key: str) -> tuple[Text, ...]:
        return ((title,), *((words[f"option.{o.id}.{key}"],) for o in options))

    visits: list[Text] = []
    for option in options:
        burden = outlook.burden(option.id)
        if burden.visits is None:
            visits.append((NOT_STATED,))
        else:
            number = Num(f"{burden.visits:g}", f"visits.{option.id}")
            if option.parts:
                visits.append(words.say("cell.visits_both", number))
            elif option.components:
                ends = span(burden.visits_low, burden.visits_high)
                visits.append(line(f"{{}} visits ({ends} in trials)", number))
            else:
                visits.append(line("{} visits for needling", number))
    cost = outlook.person.cost or {}
    costs: list[Text] = [
        (f"{cost[o.id]:g}, as you typed it" if o.id in cost else words["cell.no_cost"],)
        for o in options
    ]
    rows = (
        row("What is done", "what"),
        (("Visits for a course",), *visits),
        row("What it feels like", "feel"),
        row("Who does it", "who"),
        row(words["table.known"], "known"),
        (("Cost to you",), *costs),
    )
    return Section(
        "takes",
        words["section.takes"],
        (Table("Option by option", ("", *(o.label for o in options)), rows),),
    )


SAYS = ("for-strong", "for-weak", "against", "insufficient", "not-addressed")


def guidelines(words: Words) -> Section:
    """What guidelines say, for and against, side by side, the newest first."""
    topic = words.topic
    columns = tuple(topic.texts["wording"]["guidelines"]["columns"])
    blocks: list[Block] = [Paragraph((words["guidelines.intro"],))]
    for says in SAYS:
        rows = [r for r in topic["guidelines"] if r["recommendation"] == says]
        rows.sort(key=lambda r: r["year"][:4], reverse=True)
        if rows:
            table = tuple(_guideline(words, row) for row in rows)
            blocks.append(Table(words[f"guidelines.{says}"], columns, table))
    return Section("guidelines", "What the guidelines say", tuple(blocks))


def _guideline(words: Words, row: Row) -> tuple[Text, ...]:
    topic = words.topic
    options = joined([(words.short(t),) for t in topic.techniques(row["option"])])
    body = line("{}, {}", plainly(topic, row, "body"), row["year"] or NOT_STATED)
    return body, (plainly(topic, row, "population") or NOT_STATED,), options


STATUS = {
    "available": "open to you",
    "deferred": "not now",
    "not_feasible": "cannot be done now",
    "not_offered": "not for you",
    "hidden": "hidden",
}


def limits(words: Words) -> Section:
    """Precautions that apply to this person and what they change, with the reason."""
    triage = words.comparison.outlook.triage
    blocks: list[Block] = []
    reasons = [(r.text,) for r in triage.reasons if r.text]
    if reasons:
        blocks.append(Bullets(tuple(dict.fromkeys(reasons)), words["table.counts_here"]))
    for option, status in triage.options.items():
        items: list[Text] = [(r.text,) for r in status.reasons if r.text]
        items += [
            line("{} ({})", c.text, _source_text(words, c.source)) for c in status.constraints
        ]  # fmt: skip
        open_ = STATUS.get(status.status) or words["cell.precaution"]
        title = f"{words.option(option)}: {open_}"
        blocks.append(Bullets(tuple(dict.fromkeys(items)), title))
    for key in ("evidence_on_precaution", "do_not_change_medicine"):
        said = triage.messages.get(key, ())
        if said:
            blocks.append(Callout("note", said[0], tuple((s,) for s in said[1:])))
    return Section("limits", "Your limits", tuple(blocks))


def _source_text(words: Words, source: str) -> str:
    return words["cell.rule"] if source.startswith("rule:") else source
