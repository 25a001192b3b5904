"""How much is the needle: real against pretend needling (methods, section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from needlewise.distributions import Array
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


@dataclass(frozen=True)
class Compared:
    """What trials say of real against one kind of pretend needling; nothing of it is personal.

    `real` and `above` are draws of the effect against no needling and against the pretend needle.
    """

    trials: tuple[str, ...]
    size: int | None
    effect: Estimate
    real: Array
    above: Array
    audience: str


def _sham(figures: Figures, option: Option, sham: str, week: float) -> ShamCell:
    compared = figures.base.remember(
        ("sham", figures.subject.audience, option.id, sham, week),
        lambda: _compared(figures, option, sham, figures.horizon(week)),
    )
    if compared is None:
        return ShamCell(option.id, sham, week, (), None, None, None, "not compared")
    return ShamCell(
        option.id, sham, week, compared.trials, compared.size, compared.effect,
        _people(figures, option, week, compared), "", compared.audience,
    )  # fmt: skip


def _compared(
    figures: Figures, option: Option, sham: str, horizon: Mapping[str, Any]
) -> Compared | None:
    """The person's own trials where they compared the two, else other people's, else none."""
    own, week = figures.subject.audience, float(horizon["week"])
    for audience in (own, audience_all(figures.topic)):
        effects = figures.base.effects("pain", audience) if audience.populations else None
        if effects is None or not effects.known((*option.components, sham)):
            continue
        support = support_of(effects, option.components, (sham,), horizon)
        if not support.supported or support.kind not in {"direct", "add-on"}:
            continue
        trials = _head_to_head(effects, option.components, sham, horizon)
        sizes = [s.people for s in effects.network.studies if s.id in trials]
        row = effects.contrast(week, option.components, (sham,))
        summary = effects.summary(row, new_setting=audience != own)
        items = [Item(option.components, (), week), Item(option.components, (sham,), week)]
        real, above = draw_effects(effects, items, sobol.EFFECT_NODE, sobol.PAIN)
        return Compared(
            trials,
            sum(n for n in sizes if n is not None) if None not in sizes else None,
            Estimate(summary.mean, summary.low, summary.high),
            real,
            above,
            "" if audience == own else other_people(figures.topic, own, trials),
        )
    return None


def _people(figures: Figures, option: Option, week: float, compared: Compared) -> Estimate | None:
    """The difference in the share clearly better, where this person's chances are known."""
    spread, now = figures.spreads[week], figures.subject.pain
    if (
        week not in figures.without or spread is None or now is None
        or now < figures.topic.assumption("lowest_pain_for_chance")
        or ("pain", week, option.id) not in figures.draws
    ):  # fmt: skip
        return None
    cut = figures.topic.assumption("clearly_better")
    shares = [
        chance_better(expected_with(figures.without[week], effect), now, cut, spread.residual)
        for effect in (compared.real, compared.real - compared.above)
    ]
    return estimate(shares[0] - shares[1])


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
