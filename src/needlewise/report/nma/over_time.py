"""Effects over time, an option a panel."""

from __future__ import annotations

import math
from typing import Any

from needlewise.errors import InputError
from needlewise.report.nma.drawing import BLUE, INK, LINE, SOFT, Drawing, Sheet, shortened
from needlewise.report.nma.pictures import MARGIN, heading, number, shown, ticks
from needlewise.synthesis.nma import Fit
from needlewise.synthesis.nma.horizons import over_time

ACROSS, WIDE, HIGH, HEAD, GAP = 3, 220.0, 130.0, 58.0, 52.0
MOST_PANELS = 30
BAND = "#cce3f0"


def effects_over_time(fit: Fit, reference: str | None = None) -> Drawing:
    """Each option against one: a line with its 95 % range through the weeks that trials support.

    Raises InputError for a fit without horizons or with more than 30 options.
    """
    found = over_time(fit, reference)
    options = list(dict.fromkeys(found["option"]))
    if len(options) > MOST_PANELS:
        raise InputError(f"Effects over time are drawn of at most {MOST_PANELS} options.")
    base = reference or fit.trials.reference
    seen = found[found["supported"]]
    low = min(0.0, float(seen["low"].min()) if len(seen) else 0.0)
    high = max(0.0, float(seen["high"].max()) if len(seen) else 0.0)
    high = high if high > low else low + 1.0
    across = min(ACROSS, len(options))
    rows = math.ceil(len(options) / across)
    sheet = Sheet(2 * MARGIN + across * WIDE + 30, HEAD + rows * (HIGH + GAP) + 24)
    title = f"Effects over time, against {base}"
    sheet.text(MARGIN, 26, shortened(title, sheet.wide - 2 * MARGIN, 16), 16, bold=True)
    sheet.text(MARGIN, 44, f"{heading(fit.trials)} by weeks; shaded: 95 % range", 12, SOFT)
    knots = fit.design.weeks
    as_shown = shown(fit.trials)
    told = []
    for k, option in enumerate(options):
        left = MARGIN + 46 + (k % across) * WIDE
        top = HEAD + 24 + (k // across) * (HIGH + GAP)
        wide = WIDE - 66
        span = math.log(knots[-1] / knots[0])

        def x(week: float, left: float = left, wide: float = wide, span: float = span) -> float:
            return left + wide * math.log(week / knots[0]) / span

        def y(value: float, top: float = top) -> float:
            return top + HIGH * (high - value) / (high - low)

        sheet.text(left - 40, top - 10, shortened(option, wide + 40), 12, bold=True)
        for mark in ticks(low, high, 4):
            sheet.line(left, y(mark), left + wide, y(mark), LINE, 0.6)
            sheet.text(left - 6, y(mark) + 4, number(as_shown(mark)), 10, SOFT, "end")
        sheet.line(left, y(0.0), left + wide, y(0.0), SOFT, 1.2)
        for week in knots:
            sheet.text(x(week), top + HIGH + 14, f"{week:g}", 10, SOFT, "middle")
        own = found[found["option"] == option]
        for run in _runs(list(own.itertuples())):
            band = [(x(r.weeks), y(r.high)) for r in run] + [
                (x(r.weeks), y(r.low)) for r in reversed(run)
            ]
            if len(run) > 1:
                sheet.path([*band, band[0]], "none", BAND, 0.0)
                sheet.path([(x(r.weeks), y(r.estimate)) for r in run], BLUE)
            for r in run:
                sheet.line(x(r.weeks), y(r.low), x(r.weeks), y(r.high), BLUE, 1.0)
                sheet.dot(x(r.weeks), y(r.estimate), 4.0, BLUE)
                told.append(f"{option} at {r.weeks:g} weeks {number(as_shown(r.estimate))}")
        if not own["supported"].any():
            sheet.text(left + wide / 2, top + HIGH / 2, "no trials join it", 11, INK, "middle")
    sheet.text(MARGIN, sheet.high - 10, "No line where no trials join the two.", 11, SOFT)
    return sheet.drawing(title, f"{title}. {'; '.join(told)}.")


def _runs(rows: list[Any]) -> list[list[Any]]:
    """Stretches of knots in a row that trials support."""
    found: list[list[Any]] = [[]]
    for row in rows:
        if row.supported:
            found[-1].append(row)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]
