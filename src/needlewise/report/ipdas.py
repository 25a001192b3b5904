"""The self-check against the standards for patient decision aids (IPDAS), item by item."""

from __future__ import annotations

import textwrap
from collections import Counter

from needlewise.report.plain_words import said
from needlewise.topic import Row, Topic

GROUPS = ("qualifying", "certification", "quality")
STATUSES = ("met", "not-met", "needs-people", "does-not-apply")
MET = "met"


def totals(topic: Topic) -> dict[str, Counter[str]]:
    """How many items of each group have each status; only `met` is ever counted as met."""
    return {
        group: Counter(r["status"] for r in topic["ipdas"] if r["group"] == group)
        for group in GROUPS
    }


def ipdas_text(topic: Topic) -> str:
    """Every item by number in our own words, its status, and the check that shows it."""
    lines = textwrap.wrap(said(topic, "ipdas.intro"), 80)
    for group, tally in totals(topic).items():
        lines += ["", said(topic, f"ipdas.{group}")]
        for row in topic["ipdas"]:
            if row["group"] == group:
                lines += _item(topic, row)
        lines.append("  " + _total(topic, tally))
    cited = dict.fromkeys(f"{r['source']} ({r['source_url']})" for r in topic["ipdas"])
    lines += ["", said(topic, "ipdas.sources")]
    for source in cited:
        lines += textwrap.wrap(source, 80, initial_indent="- ", subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def _item(topic: Topic, row: Row) -> list[str]:
    """An item: number, words and status; below it the check or the reason."""
    head = f"{row['number']:<6}{row['item']}: {said(topic, 'ipdas.' + row['status'])}"
    below = [said(topic, "ipdas.check").format(row["check"])] if row["check"] else []
    below += [row["note"]] if row["note"] else []
    lines = textwrap.wrap(head, 80, initial_indent="  ", subsequent_indent=" " * 8)
    for text in below:
        lines += textwrap.wrap(
            text, 80, initial_indent=" " * 8, subsequent_indent=" " * 8,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines


def _total(topic: Topic, tally: Counter[str]) -> str:
    """Met out of those that apply, then what is missing."""
    applies = sum(n for status, n in tally.items() if status != "does-not-apply")
    rest = ", ".join(
        f"{tally[status]} {said(topic, f'ipdas.{status}')}"
        for status in STATUSES
        if status != MET and tally[status]
    )
    told = said(topic, "ipdas.total").format(tally[MET], applies)
    return f"{told} ({rest})" if rest else told
