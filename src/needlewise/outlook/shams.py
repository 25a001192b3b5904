"""How much is the needle: real against pretend needling (methods, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from needlewise.evidence import audience_all
from needlewise.outlook import draws as sobol
from needlewise.outlook.cells import ShamCell
from needlewise.outlook.figures import Figures
from needlewise.outlook.prediction import (
    Estimate,
    Item,
    chance_better,
    draw_effects,
    estimate,
    expected_with,
)
from needlewise.outlook.subject import other_people
from needlewise.synthesis.effects import Effects
from needlewise.synthesis.synthesise import support_of
from needlewise.topic import Option

SHAMS = ("sham-penetrating", "sham-nonpenetrating")


def shams(figures: Figures) -> tuple[ShamCell, ...]:
    """Real against pretend needling where a trial compared them in the window."""
    return tuple(
        _sham(figures, option, sham, week)
        for week in figures.weeks
        for option in figures.topic.options
        if option.components and not option.parts
        for sham in SHAMS
    )


def _sham(figures: Figures, option: Option, sham: str, week: float) -> ShamCell:
    own = figures.subject.audience
    for audience in (own, audience_all(figures.topic)):
        effects = figures.base.effects("pain", audience) if audience.populations else None
        if effects is None or not effects.known((*option.components, sham)):
            continue
        support = figures.base.remember(
            ("sham", audience, option.id, sham, week),
            partial(support_of, effects, option.components, (sham,), figures.horizon(week)),
        )
        if support.supported and support.kind in {"direct", "add-on"}:
            trials = _head_to_head(effects, option.components, sham, figures.horizon(week))
            cell = _sham_figure(figures, option, sham, week, effects, trials, audience != own)
            if audience == own:
                return cell
            return replace(cell, audience=other_people(figures.topic, own, trials))
    return ShamCell(option.id, sham, week, (), None, None, None, "not compared")


def _sham_figure(
    figures: Figures,
    option: Option,
    sham: str,
    week: float,
    effects: Effects,
    trials: tuple[str, ...],
    others: bool,
) -> ShamCell:
    row = effects.contrast(week, option.components, (sham,))
    sizes = [s.people for s in effects.network.studies if s.id in trials]
    size = sum(n for n in sizes if n is not None) if None not in sizes else None
    network = effects.network
    summary = figures.base.remember(
        ("sham summary", network.audience, option.id, sham, week, others),
        partial(effects.summary, row, new_setting=others),
    )
    people = None
    spread, now = figures.spreads[week], figures.subject.pain
    key = "pain", week, option.id
    if (
        week in figures.without and spread is not None and now is not None
        and now >= figures.topic.assumption("lowest_pain_for_chance") and key in figures.draws
    ):  # fmt: skip
        items = [
            Item(option.components, (), week), Item(option.components, (sham,), week)
        ]  # fmt: skip
        real, above = figures.base.remember(
            ("sham draws", network.audience, option.id, sham, week),
            partial(draw_effects, effects, items, sobol.EFFECT_NODE, sobol.PAIN),
        )
        cut = figures.topic.assumption("clearly_better")
        shares = [
            chance_better(expected_with(figures.without[week], e), now, cut, spread.residual)
            for e in (real, real - above)
        ]
        people = estimate(shares[0] - shares[1])
    return ShamCell(
        option.id,
        sham,
        week,
        trials,
        size,
        Estimate(summary.mean, summary.low, summary.high),
        people,
        "",
    )


def _head_to_head(
    effects: Effects, plus: tuple[str, ...], sham: str, horizon: Mapping[str, Any]
) -> tuple[str, ...]:
    low, high = horizon["window"]
    found = []
    for study in effects.network.studies:
        arms = [a for a in study.arms if any(low <= w < high for w in a.weeks)]
        real = any(set(plus) <= set(a.components) for a in arms)
        if real and any(sham in a.components for a in arms):
            found.append(study.id)
    return tuple(found)
