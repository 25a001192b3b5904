"""Pictures of a fitted network: forest, network, league heat map, ranks, funnel, heterogeneity."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.evidence.tables.trials import MEASURES
from needlewise.report.nma.drawing import (
    BLUE,
    GREEN,
    INK,
    LINE,
    ORANGE,
    SIZE,
    SOFT,
    Drawing,
    Sheet,
    shortened,
    width,
)
from needlewise.synthesis.nma import Fit
from needlewise.synthesis.nma.checks import node_splits
from needlewise.synthesis.nma.influence import funnel as funnel_points

MARGIN, ROW, WIDEST_NAME = 16.0, 24.0, 240.0
PLOT = 380.0
MOST_HEAT = 40
HUGE = 1e7  # from here on a number is written by its power of ten


def number(value: float) -> str:
    """Three significant digits, a true minus; what has no value is a dash."""
    if math.isnan(value):
        return "–"
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= HUGE:
        size = math.floor(math.log10(abs(value)))
        return f"{value / 10.0**size:.1f} × 10^{size}".replace("-", "−")
    digits = max(0, 2 - math.floor(math.log10(abs(value))) if value else 2)
    most = 3 if abs(value) >= 0.0005 or abs(value) < 1e-6 else 7
    return f"{value:.{min(digits, most)}f}".replace("-", "−")


def many(count: int, word: str) -> str:
    """A number of things in words: one trial, two or more trials."""
    return f"{count} {word}s" if count != 1 else f"one {word}"


def shown(trials: Trials) -> Callable[[float], float]:
    """How an effect is shown: ratios as ratios, beyond what a number holds as infinite."""
    return _ratio if trials.is_ratio else float


def _ratio(log: float) -> float:
    return math.exp(log) if log < 700 else math.inf


def unit(trials: Trials) -> str:
    """The measure as a heading: ratios lose their log."""
    name = MEASURES[trials.measure]
    return name.removeprefix("log ") if trials.is_ratio else name


def heading(trials: Trials) -> str:
    """The measure with a capital, whatever names it holds."""
    name = unit(trials)
    return name[0].upper() + name[1:]


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from low to high."""
    span = max(high - low, 1e-12)
    rough = span / count
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(s * size for s in (1, 2, 2.5, 5, 10) if s * size >= rough)
    first = math.ceil(low / step)
    return [k * step for k in range(first, math.floor(high / step) + 1)]


def _ratio_ticks(low: float, high: float) -> list[float]:
    known = [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000]
    return [math.log(t) for t in known if low <= math.log(t) <= high]


class _Axis:
    """From effects to places across a plot."""

    def __init__(self, low: float, high: float, left: float, wide: float) -> None:
        gap = 0.04 * max(high - low, 1e-9)
        self.low, self.high, self.left, self.wide = low - gap, high + gap, left, wide

    def x(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.left + self.wide * min(max(share, 0.0), 1.0)


class Line(NamedTuple):
    """A line of a forest: `kind` is network, direct or indirect; `wide` is of a new trial."""

    name: str
    mean: float
    low: float
    high: float
    wide: tuple[float, float] | None
    kind: str


def forest(fit: Fit, reference: str | None = None, *, splits: bool = True) -> Drawing:
    """Every option against one: the network's estimate, its range, that of a new trial, and, where
    both exist and the fit is plain, what direct and indirect evidence say by themselves.
    """
    trials = fit.trials
    base = reference or trials.reference
    rows = fit.effects(base)
    new = fit.effects(base, new_trial=True) if fit.model == "random" else None
    direct = {}
    if splits and fit.is_plain and len(trials.options) <= 60:
        for one in node_splits(fit).itertuples():
            if base in (one.option, one.against):
                sign = 1.0 if one.against == base else -1.0
                direct[one.option if one.against == base else one.against] = (one, sign)
    lines = []
    for k, row in enumerate(rows.itertuples()):
        wide = (new["low"][k], new["high"][k]) if new is not None else None
        lines.append(Line(row.option, row.estimate, row.low, row.high, wide, "network"))
        found = direct.get(row.option)
        if found is not None:
            one, sign = found
            for kind in ("direct", "indirect"):
                mean, se = getattr(one, kind), getattr(one, f"{kind}_se")
                if np.isfinite(mean) and np.isfinite(se):
                    mean *= sign
                    lines.append(Line("", mean, mean - 1.96 * se, mean + 1.96 * se, None, kind))
    return _forest(trials, f"Effects against {base}", lines)


def _forest(trials: Trials, title: str, lines: Sequence[Line]) -> Drawing:
    names = max((width(row.name) for row in lines), default=40.0)
    left = MARGIN + min(names, WIDEST_NAME) + 70
    ends = [v for row in lines for v in (row.low, row.high) if math.isfinite(v)]
    axis = _Axis(min([0.0, *ends]), max([0.0, *ends]), left, PLOT)
    right = left + PLOT + 16
    sheet = Sheet(right + 190, 92 + ROW * len(lines) + 40)
    sheet.text(MARGIN, 26, title, 16, bold=True)
    sheet.text(MARGIN, 46, f"{heading(trials)}, 95 % ranges", 12, SOFT)
    top, foot = 62.0, 70.0 + ROW * len(lines)
    marks = (_ratio_ticks if trials.is_ratio else ticks)(axis.low, axis.high)
    for mark in marks:
        sheet.line(axis.x(mark), top, axis.x(mark), foot, LINE, 0.6)
        sheet.text(axis.x(mark), foot + 16, number(shown(trials)(mark)), 11, SOFT, "middle")
    sheet.line(axis.x(0.0), top, axis.x(0.0), foot, INK, 1.2)
    told = []
    look = {"network": (BLUE, 5.0), "direct": (GREEN, 3.5), "indirect": (ORANGE, 3.5)}
    for k, (name, mean, low, high, wide, kind) in enumerate(lines):
        y = top + 18 + ROW * k
        colour, radius = look[kind]
        if name:
            sheet.text(MARGIN, y + 4, shortened(name, WIDEST_NAME), bold=True)
        if kind != "network":
            sheet.text(left - 8, y + 4, kind, 11, colour, "end")
        if wide is not None:
            sheet.line(axis.x(wide[0]), y, axis.x(wide[1]), y, colour, 1.0, "3 3")
        sheet.line(axis.x(low), y, axis.x(high), y, colour, 2.0)
        sheet.dot(axis.x(mean), y, radius, colour)
        in_words = " ".join(
            [number(shown(trials)(mean)), f"({number(shown(trials)(low))} to",
             f"{number(shown(trials)(high))})"]
        )  # fmt: skip
        sheet.text(right, y + 4, in_words, 12, INK if kind == "network" else SOFT)
        if kind == "network":
            told.append(f"{name} {in_words}")
    sheet.text(MARGIN, foot + 34, "Dotted: the range of a new trial.", 11, SOFT)
    return sheet.drawing(title, f"{title}. {'; '.join(told)}.")


def network_graph(trials: Trials) -> Drawing:
    """Which options trials compare: lines as thick as trials are many, dots as often studied."""
    options = _round(trials)
    count = len(options)
    often = {o: sum(o in t.options for t in trials.trials) for o in options}
    radius = max(150.0, 11.0 * count)
    side = min(max(width(o) for o in options), WIDEST_NAME) + 30
    sheet = Sheet(2 * (radius + side + MARGIN), 2 * (radius + 40) + 50)
    cx, cy = sheet.wide / 2, sheet.high / 2 + 20
    spots = {}
    for k, option in enumerate(options):
        angle = 2 * math.pi * k / count - math.pi / 2
        spots[option] = (cx + radius * math.cos(angle), cy + radius * math.sin(angle), angle)
    most = max(trials.comparisons.values(), default=1)
    for (a, b), n in trials.comparisons.items():
        (x1, y1, _), (x2, y2, _) = spots[a], spots[b]
        sheet.line(x1, y1, x2, y2, SOFT, 1.0 + 7.0 * n / most, opacity=0.55)
    largest = max(often.values())
    for option, (x, y, angle) in spots.items():
        size = 5.0 + 11.0 * math.sqrt(often[option] / largest)
        sheet.dot(x, y, size, BLUE)
        out = size + 6
        anchor = (
            "middle" if abs(math.cos(angle)) < 0.2 else "start" if math.cos(angle) > 0 else "end"
        )
        tx = x + (
            out * math.cos(angle) if anchor == "middle" else math.copysign(out, math.cos(angle))
        )
        ty = y + 4 + (out + 8) * math.sin(angle) * (1.0 if anchor == "middle" else 0.35)
        sheet.text(tx, ty, shortened(option, WIDEST_NAME), anchor=anchor, bold=True)
    title = "Which options trials compare"
    sheet.text(MARGIN, 26, title, 16, bold=True)
    trials_told, pairs_told = many(len(trials.trials), "trial"), len(trials.comparisons)
    told = f"{many(count, 'option')}, {trials_told}, {many(pairs_told, 'comparison')}"
    sheet.text(MARGIN, 44, f"{told}; the thickest line is {many(most, 'trial')}", 12, SOFT)
    pairs = "; ".join(f"{b} with {a} {n}" for (a, b), n in trials.comparisons.most_common(40))
    return sheet.drawing(title, f"{title}. {told}. Trials by pair: {pairs}.")


def _round(trials: Trials) -> list[str]:
    """Options round the circle so that options often compared stand side by side."""
    left = list(trials.options)
    order = [left.pop(0)]
    links = trials.comparisons

    def often(a: str, b: str) -> int:
        return links.get((a, b), 0) + links.get((b, a), 0)

    while left:
        nearest = max(left, key=lambda o: (often(order[-1], o), -left.index(o)))
        order.append(nearest)
        left.remove(nearest)
    return order


def league_heat_map(fit: Fit, *, better: str = "lower") -> Drawing:
    """Each option against each other, best first, shaded by how surely it is better or worse."""
    if len(fit.trials.options) > MOST_HEAT:
        raise InputError(f"A heat map holds at most {MOST_HEAT} options; use league() for more.")
    order = list(fit.ranks(better=better)["option"])
    chances = fit.beats(better=better)
    found = {(r.option, r.against): r.estimate for r in fit.league().itertuples()}
    count, cell = len(order), 58.0
    side = min(max(width(o) for o in order), WIDEST_NAME) + MARGIN + 40
    sheet = Sheet(side + cell * count + MARGIN, 76 + cell * 0.62 * (count + 1) + 30)
    title = "League: row against column"
    sheet.text(MARGIN, 26, title, 16, bold=True)
    sheet.text(MARGIN, 44, "Best first. Blue: the row is better; orange: worse; darker: surer.", 12,
               SOFT)  # fmt: skip
    high = cell * 0.62
    for k, option in enumerate(order):
        sheet.text(side + cell * (k + 0.5), 70, str(k + 1), 12, SOFT, "middle", bold=True)
        y = 78 + high * k
        sheet.text(side - 8, y + high / 2 + 4, f"{shortened(option, WIDEST_NAME)}  {k + 1}",
                   anchor="end", bold=True)  # fmt: skip
        for j, against in enumerate(order):
            x = side + cell * j
            if option == against:
                sheet.box(x, y, cell - 2, high - 2, "#e4e7eb")
                continue
            value = found.get((option, against))
            value = -found[against, option] if value is None else value
            sure = float(chances.loc[option, against])
            sheet.box(x, y, cell - 2, high - 2, _shade(sure))
            sheet.text(x + cell / 2 - 1, y + high / 2 + 4, number(shown(fit.trials)(value)), 11.5,
                       "#ffffff" if abs(sure - 0.5) > 0.42 else INK, "middle")  # fmt: skip
    return sheet.drawing(title, f"{title}. Order: {', '.join(order)}.")


def _shade(sure: float) -> str:
    """From orange through white to blue."""
    ends = (0, 114, 178) if sure >= 0.5 else (180, 80, 0)
    share = min(abs(sure - 0.5) * 2, 1.0) ** 1.5
    red, green, blue = (round(255 + (end - 255) * share) for end in ends)
    return f"#{red:02x}{green:02x}{blue:02x}"


def rankogram(fit: Fit, *, better: str = "lower") -> Drawing:
    """The probability of each rank, an option a panel, best first."""
    order = fit.ranks(better=better)
    chances = fit.rank_probabilities(better=better)
    count = len(order)
    across = min(4, count)
    wide, high = 180.0, 110.0
    sheet = Sheet(MARGIN * 2 + across * wide, 60 + math.ceil(count / across) * (high + 34))
    title = "How likely is each rank"
    sheet.text(MARGIN, 26, title, 16, bold=True)
    for k, row in enumerate(order.itertuples()):
        x = MARGIN + (k % across) * wide
        y = 56 + (k // across) * (high + 34)
        name = shortened(f"{row.option}", wide - 60)
        sheet.text(x, y + 2, name, 12, bold=True)
        sheet.text(x + wide - 20, y + 2, f"{100 * row.score:.0f} %", 12, SOFT, "end")
        step = (wide - 20) / count
        for rank in range(1, count + 1):
            tall = (high - 26) * float(chances.loc[row.option, rank])
            sheet.box(x + step * (rank - 1), y + high - tall, step * 0.8, tall, BLUE)
        sheet.line(x, y + high, x + wide - 20, y + high, INK)
        sheet.text(x, y + high + 14, "1", 10, SOFT)
        sheet.text(x + wide - 20, y + high + 14, str(count), 10, SOFT, "end")
    told = "; ".join(f"{r.option} {100 * r.score:.0f} %" for r in order.itertuples())
    return sheet.drawing(title, f"{title}. Share of others it beats: {told}.")


def funnel(fit: Fit) -> Drawing:
    """The comparison-adjusted funnel: each trial's distance from its comparison's mean by size."""
    points = funnel_points(fit)
    sheet = Sheet(620, 460)
    title = "Do small trials differ from large ones"
    sheet.text(MARGIN, 26, title, 16, bold=True)
    if not len(points):
        sheet.text(MARGIN, 60, "No comparison has two trials.", colour=SOFT)
        return sheet.drawing(title, f"{title}. No comparison has two trials.")
    most = float(points["se"].max()) * 1.05
    far = max(float(points["deviation"].abs().max()), 1.96 * most) * 1.05
    left, top, wide, high = 70.0, 54.0, 520.0, 340.0

    def spot(deviation: float, se: float) -> tuple[float, float]:
        return left + wide * (deviation + far) / (2 * far), top + high * se / most

    for mark in ticks(-far, far):
        x, _ = spot(mark, 0)
        sheet.line(x, top, x, top + high, LINE, 0.6)
        sheet.text(x, top + high + 18, number(mark), 11, SOFT, "middle")
    for mark in ticks(0, most):
        _, y = spot(0, mark)
        sheet.text(left - 8, y + 4, number(mark), 11, SOFT, "end")
    for side in (-1.96, 1.96):
        sheet.line(*spot(0, 0), *spot(side * most, most), SOFT, 1.0, "4 3")
    sheet.line(*spot(0, 0), *spot(0, most), INK)
    for row in points.itertuples():
        sheet.dot(*spot(row.deviation, row.se), 4.5, BLUE)
    sheet.text(left + wide / 2, top + high + 38, "Effect less the mean of its comparison", 12, SOFT,
               "middle")  # fmt: skip
    sheet.text(MARGIN, top - 8, "Standard error", 12, SOFT)
    return sheet.drawing(title, f"{title}. {len(points)} comparisons of trials.")


def heterogeneity(fit: Fit) -> Drawing:
    """How much effects differ between trials: the posterior of tau, or its estimate and range."""
    own = fit.heterogeneity
    sheet = Sheet(620, 300)
    title = "How much effects differ between trials (tau)"
    sheet.text(MARGIN, 26, title, 16, bold=True)
    high = own.high if math.isfinite(own.high) else max(own.tau, 1.0) * 4
    axis = _Axis(0.0, max(high * 1.25, 1e-6), 40.0, 540.0)
    for mark in ticks(0.0, axis.high):
        sheet.line(axis.x(mark), 60, axis.x(mark), 240, LINE, 0.6)
        sheet.text(axis.x(mark), 258, number(mark), 11, SOFT, "middle")
    if fit.density is not None:
        taus, density = fit.density
        seen = taus <= axis.high
        peak = float(density.max())
        curve = [(axis.x(float(t)), 240 - 170 * float(d) / peak)
                 for t, d in zip(taus[seen][::16], density[seen][::16], strict=True)]  # fmt: skip
        sheet.path([(curve[0][0], 240), *curve, (curve[-1][0], 240)], BLUE, "#cce3f0")
    sheet.line(axis.x(own.low), 240, axis.x(high), 240, INK, 4.0)
    sheet.dot(axis.x(own.tau), 240, 6.0, INK)
    told = f"{number(own.tau)} ({number(own.low)} to {number(own.high)})"
    sheet.text(MARGIN, 46, told, SIZE, SOFT)
    return sheet.drawing(title, f"{title}: {told}.")
