"""What a course takes: visits and weeks, from the trials that tested the option."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from needlewise.topic import Option, Topic
from needlewise.topic.pack import listed


@dataclass(frozen=True)
class Burden:
    """Visits and weeks of a course: middle value and range over trials, None where unknown."""

    option: str
    visits: float | None
    visits_low: float | None
    visits_high: float | None
    weeks: float | None
    trials: int
    places: tuple[str, ...]


def burden_of(topic: Topic, option: Option) -> Burden:
    """Median and range of planned sessions over all trials with an arm of the option.

    A combination takes the visits of its parts together; no needling takes none.
    """
    if option.parts:
        return _together(option.id, [burden_of(topic, topic.option(p)) for p in option.parts])
    if not option.components:
        return Burden(option.id, 0.0, 0.0, 0.0, 0.0, 0, ())
    wanted = set(option.components)
    studies = {
        arm["study_id"] for arm in topic["arms"] if wanted <= set(listed(arm["components"], " + "))
    }
    rows = [s for s in topic["studies"] if s["study_id"] in studies and s.number("sessions")]
    sessions = [s.number("sessions") or 0.0 for s in rows]
    weeks = [w for s in rows if (w := s.number("weeks_treatment"))]
    if not rows:
        return Burden(option.id, None, None, None, None, 0, ())
    return Burden(
        option.id, float(median(sessions)), min(sessions), max(sessions),
        float(median(weeks)) if weeks else None, len(rows), tuple(s.place for s in rows),
    )  # fmt: skip


def _together(option: str, parts: list[Burden]) -> Burden:
    def total(values: list[float | None]) -> float | None:
        return None if None in values else sum(v for v in values if v is not None)

    return Burden(
        option,
        total([p.visits for p in parts]),
        max((p.visits_low for p in parts if p.visits_low is not None), default=None),
        total([p.visits_high for p in parts]),
        None,
        sum(p.trials for p in parts),
        tuple(place for p in parts for place in p.places),
    )
