"""The forest plot: each option against the reference at one horizon, trial by trial, then pooled.

A trial is drawn where two of its arms differ by the option alone (methods, section 0: direct or
add-on). Its estimate is the engine's own input; nothing is pooled or shrunk.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from needlewise.errors import InputError
from needlewise.evidence import ArmSeries, Network, Study
from needlewise.outlook.cells import NO_FIGURE
from needlewise.report.document import Table
from needlewise.report.figures.drawing import Cell, Figure
from needlewise.report.numbers import largest_remainder
from needlewise.report.public_words import (
    columns,
    component_name,
    display_unit,
    said,
    signed,
    treatment_name,
    whose,
)
from needlewise.synthesis.contributions import contributions
from needlewise.synthesis.effects import Effects
from needlewise.topic import Option, Topic

ELSEWHERE = ""  # stands for all trials that are not drawn
LEAST = 0.05  # percent below which the rest is not worth a line
NORMAL = 1.96  # half-width of a 95 % range in standard errors
PRINTED = frozenset({"printed", "interval", "sd"})


@dataclass(frozen=True)
class Own:
    """What one trial says of an option by itself, on the network's scale, negative is better.

    `beside` is what both of its arms had; `people` are those of the two arms, of a trial of two
    arms that states no other size those randomised.
    """

    study: Study
    week: float
    value: float
    error: float
    people: float | None
    beside: tuple[str, ...]
    printed: bool
    places: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A line of the plot: `kind` is option, trial, pooled, prediction or note.

    Numbers are in display units (points); `weight` is in percent, `percent` the same rounded.
    """

    option: str
    kind: str
    text: str
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    week: float | None = None
    people: float | None = None
    weight: float | None = None
    percent: int | None = None
    own: Own | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """The difference as printed beside the plot."""
        if self.low is None or self.high is None:
            return ""
        ends = f"{signed(self.low)} to {signed(self.high)}"
        return ends if self.mean is None else f"{signed(self.mean)} ({ends})"

    @property
    def share(self) -> str:
        """The weight as printed; those of an option sum to 100."""
        return "" if self.percent is None else f"{self.percent} %" if self.percent else "<1 %"


def own_estimates(
    network: Network, components: tuple[str, ...], horizon: Mapping[str, Any]
) -> tuple[Own, ...]:
    """Each trial's own estimate of components against nothing added, one a trial.

    The week nearest the horizon's on the log scale (the later of two), then the pair of arms that
    shares least.
    """
    found = []
    for study in network.studies:
        pairs = sorted(_pairs(study, components, horizon), key=lambda own: own[0])
        if pairs:
            found.append(pairs[0][1])
    return tuple(found)


def _pairs(
    study: Study, components: tuple[str, ...], horizon: Mapping[str, Any]
) -> Iterator[tuple[tuple[float, float, int, tuple[str, ...]], Own]]:
    low, high = horizon["window"]
    for one in study.arms:
        for other in study.arms:
            more, fewer = set(one.components), set(other.components)
            if more - fewer != set(components) or fewer - more:
                continue
            for week in sorted(set(one.weeks) & set(other.weeks)):
                if low <= week < high:
                    away = abs(math.log(week / float(horizon["week"])))
                    yield (away, -week, len(fewer), other.components), _own(study, one, other, week)


def _own(study: Study, one: ArmSeries, other: ArmSeries, week: float) -> Own:
    j, k = one.weeks.index(week), other.weeks.index(week)
    known = [size for size in (one.sizes[j], other.sizes[k]) if size is not None]
    whole = study.people if len(study.arms) == 2 else None
    return Own(
        study,
        week,
        float(one.values[j] - other.values[k]),
        float(np.sqrt(one.variances[j] + other.variances[k])),
        sum(known) if len(known) == 2 else whole,
        other.components,
        {*one.sources[j].split("; "), *other.sources[k].split("; ")} <= PRINTED,
        tuple(dict.fromkeys((*one.places[j], *other.places[k]))),
    )


def lines_of(effects: Effects, horizon: Mapping[str, Any]) -> tuple[Line, ...]:
    """Every line of the plot, options in the topic's order."""
    options = [o for o in effects.network.topic.options if o.components]
    return tuple(line for option in options for line in _option(effects, option, horizon))


def _option(effects: Effects, option: Option, horizon: Mapping[str, Any]) -> Iterator[Line]:
    network, week = effects.network, float(horizon["week"])
    topic, unit = network.topic, display_unit(network)
    support = effects.support[option.id, week]
    yield Line(option.id, "option", option.label)
    if option.parts and not support.supported:
        yield Line(option.id, "note", said(topic, "figures.together"))
        return
    owns = own_estimates(network, option.components, horizon)
    shares = _shares(effects, option, week, owns) if support.supported else {}
    for own in owns:
        text = own.study.label
        if own.beside:
            text = said(topic, "figures.beside", text, treatment_name(topic, own.beside))
        low, high = (unit * (own.value + k * own.error) for k in (-NORMAL, NORMAL))
        weight, percent = shares.get(own.study.id, (None, None))
        yield Line(
            option.id, "trial", text, unit * own.value, low, high, own.week, own.people, weight,
            percent, own,
        )  # fmt: skip
    if support.trials and not owns:
        name = component_name(topic, network.reference)
        yield Line(option.id, "note", said(topic, "figures.head_to_head_none", name))
    if not support.supported:
        why = NO_FIGURE[support.status]
        yield Line(option.id, "note", said(topic, "figures.no_number", why))
        return
    weight, percent = shares[ELSEWHERE]
    if weight and weight > LEAST:
        rest = said(topic, "figures.elsewhere")
        yield Line(option.id, "note", rest, weight=weight, percent=percent)
    row = effects.contrast(week, option.components)
    one, new = effects.summary(row), effects.summary(row, new_setting=True)
    yield Line(
        option.id, "pooled", said(topic, "figures.pooled", len(support.trials)), unit * one.mean,
        unit * one.low, unit * one.high, people=support.people,
    )  # fmt: skip
    yield Line(
        option.id, "prediction", said(topic, "figures.prediction"), None, unit * new.low,
        unit * new.high,
    )  # fmt: skip


def _shares(
    effects: Effects, option: Option, week: float, owns: tuple[Own, ...]
) -> dict[str, tuple[float | None, int | None]]:
    """Percent of the answer from each drawn trial and from all else, exact and as whole numbers."""
    weights = weights_of(effects, option.components, week)
    here = {own.study.id: weights.get(own.study.id, 0.0) for own in owns}
    exact = {**here, ELSEWHERE: max(0.0, 100.0 - sum(here.values()))}
    rounded = largest_remainder(list(exact.values()), 100)
    return {k: (w, r) for (k, w), r in zip(exact.items(), rounded, strict=True)}


def weights_of(effects: Effects, components: tuple[str, ...], week: float) -> Mapping[str, float]:
    """Percent of each trial in the answer for components at a week, largest first."""
    return contributions(effects, [(week, components, ())])[0].percent


def forest(effects: Effects, week: float) -> Figure:
    """The forest plot of a posterior at a horizon's week.

    Raises InputError where the topic has no such horizon.
    """
    from needlewise.report.figures.forest_plot import plot

    network = effects.network
    topic = network.topic
    horizon = horizon_at(network, week)
    lines = lines_of(effects, horizon)
    outcome = topic.settings["outcomes"][network.outcome]["label"]
    reference = component_name(topic, network.reference)
    title = said(topic, "figures.forest", outcome, horizon["label"], reference)
    alternative = _in_words(network, title, lines)
    svg = plot(network, title, alternative, lines)
    cells = tuple(
        ((name,), (number(line.people),), (number(line.week),), (line.shown,), (line.share,))
        for name, line in zip(_names(topic, lines), lines, strict=True)
        if line.kind != "option"
    )
    tables = [Table(title, columns(topic, "figures.columns_forest"), cells)]
    weights = tuple(_weights(effects, week))
    if weights:
        caption = said(topic, "figures.weights")
        tables.append(Table(caption, columns(topic, "figures.columns_weights"), weights))
    rows = tuple(_row(line) for line in lines if line.kind != "option")
    name = f"forest-{network.outcome}-{week:g}"
    return Figure(name, title, alternative, svg, rows, tuple(tables))


def _weights(effects: Effects, week: float) -> Iterator[tuple[tuple[str], tuple[str]]]:
    """Every option with all trials behind its answer, those that are not drawn too."""
    topic = effects.network.topic
    labels = {s.id: s.label for s in effects.network.studies}
    for option in topic.options:
        found = effects.support.get((option.id, week))
        if found is None or not found.supported:
            continue
        weights = weights_of(effects, option.components, week)
        told = [
            said(topic, "figures.weight", labels[s], f"{w:.0f}")
            for s, w in weights.items()
            if w >= 0.5
        ]
        yield (option.label,), ("; ".join(told),)


def forest_svg(effects: Effects, week: float) -> str:
    """The forest plot as SVG text."""
    return forest(effects, week).svg


def forest_png(effects: Effects, week: float, scale: float = 2.0) -> bytes:
    """The forest plot as PNG, `scale` pixels to a unit."""
    return forest(effects, week).png(scale)


def horizon_at(network: Network, week: float) -> Mapping[str, Any]:
    """The topic's horizon at a week. Raises InputError where there is none."""
    horizons: list[Mapping[str, Any]] = network.topic.settings["horizons"]
    for horizon in horizons:
        if float(horizon["week"]) == week:
            return horizon
    known = ", ".join(f"{h['week']:g}" for h in horizons)
    raise InputError(said(network.topic, "figures.unknown_week", f"{week:g}", known))


def number(x: float | None) -> str:
    """People or weeks as printed; nothing where not known."""
    return "" if x is None else f"{x:,.6g}"


def direction(network: Network, which: str) -> str:
    """What a difference on that side means: `less` or `more`."""
    words = network.topic.texts["public"]["figures"]
    own = words.get(network.outcome)
    return str((own if isinstance(own, Mapping) else words)[which])


def _names(topic: Topic, lines: tuple[Line, ...]) -> list[str]:
    """Each line's name with its option, so that a line can be read alone."""
    return [
        line.text if line.kind == "option" else f"{topic.option(line.option).label}: {line.text}"
        for line in lines
    ]


def _in_words(network: Network, title: str, lines: tuple[Line, ...]) -> str:
    """The plot in words, every number as in the picture."""
    topic = network.topic
    unit = str(topic.settings["outcomes"][network.outcome]["unit"])
    told = [title, whose(network), said(topic, "figures.unit", unit)]
    parts = [f"{'. '.join(t.rstrip('.') for t in told)}.", said(topic, "figures.alt_minus")]
    parts += [
        f"{_told(topic, name, line).rstrip('.')}."
        for name, line in zip(_names(topic, lines), lines, strict=True)
        if line.kind != "option"
    ]
    return " ".join(parts)


def _told(topic: Topic, name: str, line: Line) -> str:
    """One line in words: its name, week, figures, people and weight, as far as it has them."""
    text = name
    if line.week is not None:
        text = said(topic, "figures.alt_week", text, number(line.week))
    if line.shown:
        text = said(topic, "figures.alt_line", text, line.shown)
    if line.own is not None and not line.own.printed:
        text = said(topic, "figures.alt_worked", text)
    if line.people is not None:
        people = said(topic, "figures.alt_people", number(line.people))
        text = said(topic, "figures.alt_more", text, people)
    return said(topic, "figures.alt_weight", text, line.share) if line.share else text


def _row(line: Line) -> dict[str, Cell]:
    """A line's numbers unrounded, in display units, with where they come from."""
    own = line.own
    return {
        "option": line.option,
        "line": line.kind,
        "label": line.text,
        "study": own.study.id if own else None,
        "week": line.week,
        "people": line.people,
        "mean": line.mean,
        "low": line.low,
        "high": line.high,
        "shown": line.shown,
        "weight": line.weight,
        "printed": None if own is None else "yes" if own.printed else "no",
        "places": "; ".join(own.places) if own else None,
    }
