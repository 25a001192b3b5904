"""How much people differ: spread at the start and later, and how pain now carries over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from needlewise.evidence.inclusion import Audience
from needlewise.synthesis.base import EvidenceBase
from needlewise.topic import Row, Topic


@dataclass(frozen=True)
class Spread:
    """Of one horizon, points of 0-100.

    Attributes:
        start: pooled SD at baseline, s_0.
        later: pooled SD at follow-up, s_t.
        slope_low, slope_high: range of beta_t, how far a point now carries over.
        assumed: whether beta_t is the declared assumption.
        places: rows behind it.
    """

    start: float
    later: float
    slope_low: float
    slope_high: float
    assumed: bool
    places: tuple[str, ...]

    @property
    def residual(self) -> float:
        """SD of later pain given pain now, at the middle slope."""
        middle = 0.5 * (self.slope_low + self.slope_high)
        return math.sqrt(max(self.later**2 - (middle * self.start) ** 2, 1.0))


def spread_of(
    topic: Topic, population: str, people: Audience, horizon: Mapping[str, Any]
) -> Spread | None:
    """The spread of a population at a horizon; None where no row of spread.csv is about it."""
    rows = [
        r for r in topic["spread"]
        if r["population"] == population and r["outcome"] == "pain"
    ]  # fmt: skip
    if not any(r.number("correlation") is not None for r in rows):
        return None
    low, high = horizon["window"]
    starts = [(r.number("sd_baseline"), r.number("n"), r.place) for r in rows]
    laters = [
        (r.number("sd_followup"), r.number("n"), r.place)
        for r in rows if low <= (r.number("week") or 0.0) < high
    ]  # fmt: skip
    for row in _trial_rows(topic, people):
        week = row.number("week")
        if week is None or row["measure"] != "final":
            continue
        scaled = _on_hundred(row)
        if week == 0:
            starts.append((scaled, row.number("n"), row.place))
        elif low <= week < high and row["use"] == "yes":
            laters.append((scaled, row.number("n"), row.place))
    first, last = _pooled(starts), _pooled(laters)
    if first is None or last is None:
        return None
    (start, start_places), (later, later_places) = first, last
    near = [
        r for r in rows
        if r.number("correlation") is not None
        and abs(math.log2((r.number("week") or 1.0) / float(horizon["week"]))) <= 0.5
    ]  # fmt: skip
    if near:
        slopes = [
            (r.number("correlation") or 0.0) * (r.number("sd_followup") or 0.0)
            / (r.number("sd_baseline") or 1.0)
            for r in near
        ]  # fmt: skip
        slope_low, slope_high = max(min(slopes), 0.0), min(max(slopes), 1.0)
    else:
        slope_low, slope_high = topic.assumption("slope_low"), topic.assumption("slope_high")
    places = (*start_places, *later_places, *(r.place for r in near))
    return Spread(start, later, slope_low, slope_high, not near, places)


def trial_baselines(topic: Topic, studies: tuple[str, ...]) -> tuple[float, float, tuple[str, ...]]:
    """Mean of the trials' baseline pain weighted by people, SD between trials, and the rows."""
    found = [
        (s.number("baseline_pain_0_100"), s.number("n_randomised") or 1.0, s.place)
        for s in topic["studies"]
        if s["study_id"] in studies
    ]
    known = [(b, n, place) for b, n, place in found if b is not None]
    if not known:
        return math.nan, math.nan, ()
    total = sum(n for _, n, _ in known)
    mean = sum(b * n for b, n, _ in known) / total
    between = math.sqrt(sum(n * (b - mean) ** 2 for b, n, _ in known) / total)
    return mean, between, tuple(place for _, _, place in known)


def reference_baselines(
    topic: Topic, base: EvidenceBase, people: Audience
) -> tuple[float, float, tuple[str, ...]]:
    """Baselines of the trials about these people; of everyone's where none of those prints any."""
    found: tuple[float, float, tuple[str, ...]] = (math.nan, math.nan, ())
    for effects in (base.effects("pain", people), base.everyone("pain")):
        if effects is not None:
            found = trial_baselines(topic, tuple(s.id for s in effects.network.studies))
            if found[2]:
                break
    return found


def _trial_rows(topic: Topic, people: Audience) -> list[Row]:
    studies = {s["study_id"]: s for s in topic["studies"]}
    return [
        r for r in topic["arm_results"]
        if r["outcome"] == "pain" and r.number("scale_max") is not None
        and r.number("sd") is not None and people.refusal(studies[r["study_id"]]) is None
    ]  # fmt: skip


def _on_hundred(row: Row) -> float | None:
    sd, low, high = row.number("sd"), row.number("scale_min"), row.number("scale_max")
    return None if sd is None or low is None or high is None else sd * 100.0 / (high - low)


def _pooled(
    entries: list[tuple[float | None, float | None, str]],
) -> tuple[float, tuple[str, ...]] | None:
    """SD pooled over groups and the rows it comes from, None where there is none."""
    known = [(sd, n, place) for sd, n, place in entries if sd is not None and n]
    total = sum(n - 1.0 for _, n, _ in known)
    if total <= 0.0:
        return None
    variance = sum((n - 1.0) * sd * sd for sd, n, _ in known) / total
    return math.sqrt(variance), tuple(place for _, _, place in known)
