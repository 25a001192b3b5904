"""How sure each effect is: the level, and the reasons of all domains."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from needlewise.report.document import Paragraph, Section, Table
from needlewise.report.nma.as_json import PLAIN
from needlewise.report.nma.pictures import number, shown
from needlewise.synthesis.domains import CONCERNS, DOMAINS, NO
from needlewise.synthesis.nma import Fit

if TYPE_CHECKING:
    from pandas import DataFrame

NAMED = 6


def certainty_section(fit: Fit, found: DataFrame, important: float, better: str) -> Section:
    """The level of each effect, best first, and the reasons of all domains."""
    columns = {name: name.replace(" ", "_").replace("-", "_") for name in DOMAINS}
    place = {row["option"]: row for row in found.to_dict("records")}
    options = [o for o in fit.ranks(better=better)["option"] if o in place]
    reasons: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    rows = []
    for option in options:
        row = place[option]
        lowers = []
        for concern in CONCERNS[1:]:
            named = [name for name, column in columns.items() if row[column] == concern]
            lowers += [f"{concern}: {', '.join(named)}"] if named else []
        rows.append(((option,), (row["level"],), ("; ".join(lowers) or NO,)))
        for name, column in columns.items():
            reasons[name, row[column], row[f"{column}_reason"]].append(option)
    order = sorted(reasons, key=lambda key: (DOMAINS.index(key[0]), CONCERNS.index(key[1])))
    told = tuple(
        ((name,), (concern,), (reason,), (_some(reasons[name, concern, reason], len(options)),))
        for name, concern, reason in order
    )
    size = number(shown(fit.trials)(important))
    words = [f"The smallest difference worth having: {size}."]
    if fit.trials.is_ratio:
        words.append(f"It is a ratio; its inverse is {number(shown(fit.trials)(-important))}.")
    if not fit.is_plain:
        words.append(f"Judged in {PLAIN}.")
    return Section("certainty", "How sure each effect is", (
        Table(f"Certainty, against {fit.trials.reference}",
              ("Option", "Certainty", "What lowers it"), tuple(rows)),
        Paragraph((" ".join(words),)),
        Table("Why", ("Domain", "Judgement", "Reason", "Options"), told),
    ))  # fmt: skip


def _some(options: list[str], count: int) -> str:
    """The options a reason holds for, in short."""
    if len(options) == count:
        return "all"
    more = f" and {len(options) - NAMED} more" if len(options) > NAMED else ""
    return ", ".join(options[:NAMED]) + more
