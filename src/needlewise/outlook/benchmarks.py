"""Published pooled effects beside ours (methods, section 0)."""

from __future__ import annotations

import numpy as np

from needlewise.evidence import Audience, audience_all
from needlewise.outlook.cells import BenchmarkCell
from needlewise.outlook.prediction import Estimate
from needlewise.outlook.subject import other_people
from needlewise.synthesis.base import EvidenceBase
from needlewise.synthesis.effects import Effects, Support
from needlewise.synthesis.synthesise import support_of
from needlewise.topic import Row, Topic


def benchmarks(topic: Topic, base: EvidenceBase, own: Audience) -> tuple[BenchmarkCell, ...]:
    """Each benchmark of the primary outcome beside our effect, where that may be shown."""
    found = (_beside(topic, base, own, row) for row in topic["benchmarks"])
    return tuple(cell for cell in found if cell is not None)


def _beside(topic: Topic, base: EvidenceBase, own: Audience, row: Row) -> BenchmarkCell | None:
    outcome, week = str(topic.settings["primary"]["outcome"]), topic.settings["primary"]["week"]
    numbers = [row.number(c) for c in ("estimate", "ci_low", "ci_high")]
    if row["outcome"] != outcome or None in numbers:
        return None
    for audience in (own, audience_all(topic)):
        effects = base.effects(outcome, audience) if audience.populations else None
        if effects is None:
            continue
        minus = () if row["against"] == effects.network.reference else (row["against"],)
        support = _support(topic, effects, row["option"], minus)
        if support is None or not support.supported:
            continue
        scale = effects.network.scale.pain_sd
        mean, low, high = (-(n or 0.0) * scale for n in numbers)
        ours = effects.summary(
            effects.contrast(float(week), (row["option"],), minus), new_setting=audience != own
        )
        sd = float(np.hypot(ours.sd, (low - high) / 3.92))
        return BenchmarkCell(
            row["id"], row["option"], row["against"], row["population"],
            Estimate(mean, high, low), Estimate(ours.mean, ours.low, ours.high),
            (ours.mean - mean) / sd, row.place,
            "" if audience == own else other_people(topic, own, support.trials),
        )  # fmt: skip
    return None


def _support(topic: Topic, effects: Effects, option: str, minus: tuple[str, ...]) -> Support | None:
    if not effects.known((option, *minus)):
        return None
    week = topic.settings["primary"]["week"]
    horizon = next(h for h in topic.settings["horizons"] if h["week"] == week)
    return support_of(effects, (option,), minus, horizon)
