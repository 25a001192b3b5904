"""Pictures of what an effect is made of, and of which designs contradict each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.report.nma.drawing import (
    BLUE,
    GREEN,
    GROUND,
    INK,
    LINE,
    SIZE,
    SOFT,
    Drawing,
    Sheet,
    shortened,
    width,
)
from needlewise.report.nma.pictures import MARGIN, WIDEST_NAME, number
from needlewise.synthesis.nma import Fit
from needlewise.synthesis.nma.contributions import comparison_shares, trial_shares
from needlewise.synthesis.nma.net_heat import net_heat

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_SHARED = 30  # options whose effects are taken apart in one picture
BARS, COLUMNS, SQUARES = 10, 30, 30
FULL = 8.0  # heat with the full colour, as published
WIDEST_PAIR = 340.0
GREY = "#7b8794"
NO_LOOP = (
    "No closed loop joins trials of different designs: whether direct and indirect evidence agree "
    "cannot be seen here."
)


# ---- What an effect is made of ----


def contribution_bars(fit: Fit, option: str, against: str | None = None) -> Drawing:
    """How much of one effect comes from each direct comparison and from each trial."""
    base = against or fit.trials.reference
    pairs = comparison_shares(fit, option, base)
    by_pair = _largest([(f"{r.option} against {r.against}", r.share) for r in pairs.itertuples()])
    by_trial = _largest([(r.trial, r.share) for r in trial_shares(fit, option, base).itertuples()])
    parts = (("By direct comparison", BLUE, by_pair), ("By trial", GREEN, by_trial))
    names = max(width(bar.name) for _, _, bars in parts for bar in bars)
    left, wide, row = MARGIN + min(names, WIDEST_PAIR) + 10, 320.0, 22.0
    title, which = "What the effect is made of", f"{option} against {base}"
    sheet = Sheet(left + wide + 70, 64 + sum(44 + row * len(bars) for _, _, bars in parts))
    sheet.text(MARGIN, 26, title, 16, bold=True)
    sheet.text(MARGIN, 46, _cut(which, left + wide + 40))
    y = 60.0
    told = []
    for heading, colour, bars in parts:
        sheet.text(MARGIN, y + 16, f"{heading}, share of the effect", 12, SOFT)
        y += 28
        most = max(bar.share for bar in bars)
        for bar in bars:
            sheet.text(left - 8, y + 14, _cut(bar.name, WIDEST_PAIR), anchor="end")
            long = wide * bar.share / most
            sheet.box(left, y + 3, long, row - 7, SOFT if bar.rest else colour)
            sheet.text(left + long + 6, y + 14, _percent(bar.share), 12)
            y += row
        sheet.line(left, y - row * len(bars), left, y, INK)
        y += 16
        told.append(f"{heading}: {'; '.join(f'{b.name} {_percent(b.share)}' for b in bars)}")
    return sheet.drawing(title, f"{title}: {which}. {'. '.join(told)}.")


class Bar(NamedTuple):
    """A share of an effect; `rest`: of all that have no bar of their own."""

    name: str
    share: float
    rest: bool = False


def _largest(shares: Sequence[tuple[str, float]]) -> list[Bar]:
    """The largest shares, at most `BARS`, the last of them the rest together."""
    order = [Bar(*one) for one in sorted(shares, key=lambda one: -one[1]) if one[1] > 0]
    if len(order) <= BARS:
        return order
    rest = order[BARS - 1 :]
    together = Bar(f"{len(rest)} others", sum(bar.share for bar in rest), rest=True)
    return [*order[: BARS - 1], together]


def _cut(label: str, widest: float, size: float = SIZE) -> str:
    """A label cut to fit; of "B against A" both options are cut, so that neither is lost."""
    between = " against "
    if width(label, size) <= widest or between not in label:
        return shortened(label, widest, size)
    first, second = label.split(between, 1)
    room = widest - width(between, size)
    short = min(width(first, size), max(room / 2, room - width(second, size)))
    one = shortened(first, short, size)
    return one + between + shortened(second, room - width(one, size), size)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else "below 1 %"


def contributions_heat(fit: Fit) -> Drawing:
    """Every effect against the reference by direct comparison, shaded by its share.

    Raises InputError beyond `MOST_SHARED` options.
    """
    options, reference = fit.trials.options[1:], fit.trials.reference
    if len(fit.trials.options) > MOST_SHARED:
        raise InputError(
            f"This picture holds at most {MOST_SHARED} options; use comparison_shares() for more."
        )
    tables = [comparison_shares(fit, option) for option in options]
    shares = np.array([table["share"] for table in tables])
    labels = [f"{r.option} against {r.against}" for r in tables[0].itertuples()]
    kept, labels, shares = _columns(labels, shares)
    count, cell, high, key = len(labels), 34.0, 24.0, 20.0
    side = MARGIN + min(max(width(o, bold=True) for o in options), WIDEST_NAME) + 12
    across = max(1, min(3, count // 4, int((side + cell * count) // 260)))
    each = math.ceil(count / across)
    deep = 92 + high * len(options)
    wide = max(side + cell * count + MARGIN, 260.0 * across + 2 * MARGIN, 520.0)
    sheet = Sheet(wide, deep + 40 + key * each)
    title = "What each effect is made of"
    sheet.text(MARGIN, 26, title, 16, bold=True)
    sheet.text(MARGIN, 46, f"Row: the effect against {shortened(reference, 160)}. Column: a direct "
               "comparison, named below.", 12, SOFT)  # fmt: skip
    sheet.text(MARGIN, 62, "Numbers are per cent; darker: more of the effect.", 12, SOFT)
    for j in range(count):
        sheet.text(side + cell * (j + 0.5), 84, _numeral(j, kept, count), 12, SOFT, "middle",
                   bold=True)  # fmt: skip
    for k, option in enumerate(options):
        y = 90 + high * k
        sheet.text(side - 8, y + high / 2 + 4, shortened(option, WIDEST_NAME - 10), anchor="end",
                   bold=True)  # fmt: skip
        for j, share in enumerate(shares[k]):
            x = side + cell * j
            sheet.box(x, y, cell - 2, high - 2, _mixed((0, 114, 178), math.sqrt(share)), LINE)
            if share >= 0.01:
                sheet.text(x + cell / 2 - 1, y + high / 2 + 3, f"{100 * share:.0f}", 11,
                           "#ffffff" if share > 0.64 else INK, "middle")  # fmt: skip
    step = (wide - 2 * MARGIN) / across
    for j, label in enumerate(labels):
        x, y = MARGIN + step * (j // each), deep + 24 + key * (j % each)
        sheet.text(x + 18, y, _numeral(j, kept, count), 12, SOFT, "end", bold=True)
        sheet.text(x + 26, y, _cut(label, step - 46, 12), 12)
    told = []
    for option, row in zip(options, shares, strict=True):
        most = int(np.argmax(row[:kept]))
        told.append(f"{option} most from {labels[most]} ({_percent(float(row[most]))})")
    return sheet.drawing(title, f"{title}, against {reference}: {'; '.join(told)}.")


def _numeral(at: int, kept: int, count: int) -> str:
    """What a column is called: a number, and a dash for the others together."""
    return "–" if kept < count and at == count - 1 else str(at + 1)


def _columns(labels: list[str], shares: Array) -> tuple[int, list[str], Array]:
    """How many comparisons are kept, the labels and shares: those with the largest shares in their
    order, and the rest together.
    """
    used = np.flatnonzero(shares.max(axis=0) > 0)
    if len(used) <= COLUMNS:
        return len(used), [labels[j] for j in used], shares[:, used]
    own = np.sort(np.argsort(-shares.max(axis=0), kind="stable")[: COLUMNS - 1])
    rest = np.setdiff1d(used, own)
    names = [*(labels[j] for j in own), f"{len(rest)} others"]
    return len(own), names, np.column_stack([shares[:, own], shares[:, rest].sum(axis=1)])


def _mixed(end: tuple[int, int, int], share: float) -> str:
    """From white to a colour."""
    red, green, blue = (round(255 + (one - 255) * min(max(share, 0.0), 1.0)) for one in end)
    return f"#{red:02x}{green:02x}{blue:02x}"


# ---- Which designs contradict each other ----


def net_heat_map(fit: Fit, *, model: str = "common") -> Drawing:
    """Net heat: grey squares by how far the column's direct estimate moves the row's, colours by
    how the inconsistency of the row changes when the column's design is detached.

    Comparisons in no loop are left out, and beyond 30 those with the smallest part of Q.
    """
    table = net_heat(fit, model=model)
    table = table[table["heat"].notna()]
    title = "Net heat: where designs contradict each other"
    if not len(table):
        return _without_loops(title)
    names, heat, weight = _ordered(table)
    count, cell, high, key = len(names), 30.0, 30.0, 20.0
    left_out = table["row"].nunique() - count
    side = MARGIN + min(max(width(name) for name in names), WIDEST_PAIR) + 44
    lines = [
        "Grey square: how far the column's direct estimate moves the row's estimate.",
        "Orange: detaching the column's design makes the row fit better; blue: worse.",
        f"Full colour from {FULL:.0f} on. On the diagonal: the row's own part of Q.",
    ]
    if left_out:
        lines.append(f"{left_out} comparisons with the smallest parts of Q are left out.")
    top = 44 + 16 * len(lines) + 22
    words = max(width(line, 12) for line in lines)
    wide = max(side + cell * count, words + MARGIN, 400.0, width(title, 16, bold=True) + MARGIN)
    sheet = Sheet(wide + MARGIN, top + high * count + 30 + key * 2)
    sheet.text(MARGIN, 26, title, 16, bold=True)
    for k, line in enumerate(lines):
        sheet.text(MARGIN, 46 + 16 * k, line, 12, SOFT)
    for k, name in enumerate(names):
        y = top + high * k
        sheet.text(side + cell * (k + 0.5) - 1, top - 6, str(k + 1), 12, SOFT, "middle", bold=True)
        sheet.text(side - 8, y + high / 2 + 4, str(k + 1), 12, SOFT, "end", bold=True)
        sheet.text(side - 30, y + high / 2 + 4, _cut(name, WIDEST_PAIR), anchor="end")
        for j in range(count):
            x = side + cell * j
            sheet.box(x, y, cell - 2, high - 2, _heated(float(heat[k, j])), LINE)
            square = (cell - 8) * math.sqrt(min(float(weight[k, j]), 1.0))
            if square > 1:  # less is not seen
                sheet.box(x + (cell - 2 - square) / 2, y + (high - 2 - square) / 2, square, square,
                          GREY, GROUND)  # fmt: skip
    _scale(sheet, MARGIN, top + high * count + 24)
    worst = sorted(((float(heat[k, k]), name) for k, name in enumerate(names)), reverse=True)[:5]
    told = "; ".join(f"{name} {number(value)}" for value, name in worst)
    return sheet.drawing(title, f"{title}. {' '.join(lines)} Largest parts of Q: {told}.")


def _without_loops(title: str) -> Drawing:
    sheet = Sheet(620, 110)
    sheet.text(MARGIN, 26, title, 16, bold=True)
    first, second = NO_LOOP.split(": ")
    sheet.text(MARGIN, 60, f"{first}:", colour=SOFT)
    sheet.text(MARGIN, 80, second, colour=SOFT)
    return sheet.drawing(title, f"{title}. {NO_LOOP}")


def _ordered(table: DataFrame) -> tuple[list[str], Array, Array]:
    """Names, heat and contributions, (q,) and (q, q), so that what behaves alike stands together.

    By complete linkage on the Manhattan distances of rows and of columns, as published.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import pdist

    names = list(dict.fromkeys(table["row"]))
    count = len(names)
    heat, weight = (table[name].to_numpy().reshape(count, count)
                    for name in ("heat", "contribution"))  # fmt: skip
    own = np.abs(np.diagonal(heat))
    kept = np.sort(np.argsort(-own, kind="stable")[:SQUARES])
    heat, weight = heat[np.ix_(kept, kept)], weight[np.ix_(kept, kept)]
    order = np.arange(len(kept))
    if len(kept) > 2:
        apart = pdist(heat, "cityblock") + pdist(heat.T, "cityblock")
        order = leaves_list(linkage(apart, "complete"))
    turned = np.ix_(order, order)
    return [names[kept[k]] for k in order], heat[turned], weight[turned]


def _heated(heat: float) -> str:
    """Orange where detaching takes inconsistency away, blue where it adds some."""
    return _mixed((213, 94, 0) if heat > 0 else (0, 114, 178), abs(heat) / FULL)


def _scale(sheet: Sheet, left: float, top: float) -> None:
    """The colours from worse to better, with their numbers."""
    steps, wide = 17, 14.0
    for k in range(steps):
        heat = FULL * (2 * k / (steps - 1) - 1)
        sheet.box(left + wide * k, top, wide, 12, _heated(heat), LINE)
    for k, told in ((0, "−8"), (8, "0"), (16, "8")):
        sheet.text(left + wide * (k + 0.5), top + 26, told, 11, SOFT, "middle")
    sheet.text(left + wide * steps + 10, top + 10, "change of Q", 12, SOFT)
