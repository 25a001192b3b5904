"""What to do next, by the topic's thresholds: continue, change, stop, refer, or stop and ask.

Advice is for two people to talk over; every step names the threshold it hangs on. Nothing goes on
by itself: another block of sessions needs a decision of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from needlewise.followup.course_record import CourseRecord
from needlewise.followup.progress import (
    MEANINGFUL,
    NO_CLEAR,
    SOME,
    TOO_FEW,
    Progress,
    overall,
)
from needlewise.followup.thresholds import Threshold, threshold
from needlewise.person import Triage
from needlewise.topic import Topic

CONTINUE, CHANGE, STOP, REFER, ASK = "continue", "change", "stop", "refer", "stop-and-ask"
PAIN = "pain_nrs"


@dataclass(frozen=True)
class Because:
    """Why: the key of a sentence in `review.toml` with what it hangs on.

    `values` fill the sentence in order: numbers, or the name of an instrument.
    """

    key: str
    values: tuple[float | str, ...] = ()
    thresholds: tuple[Threshold, ...] = ()


@dataclass(frozen=True)
class Advice:
    word: str
    why: tuple[Because, ...]


def advise(
    topic: Topic, record: CourseRecord, found: tuple[Progress, ...], safe: Triage, goal_met: bool
) -> Advice:
    """The advice of a review. The safety check comes first, then the limits, then the scores."""
    if safe.stopped:
        word = ASK if safe.outcome == "clarify" else REFER
        return Advice(word, (Because(f"safety_{safe.outcome}"),))
    if safe.outcome == "refer_routine":
        return Advice(REFER, (Because("safety_refer_routine"),))
    sessions = record.number_of_sessions
    most = threshold(topic, "most_sessions")
    if sessions >= most.value:
        return Advice(STOP, (Because("most_sessions", (sessions, most.value), (most,)),))
    status = overall(found)
    if status == TOO_FEW:
        return Advice(CONTINUE, (Because("too_few_scores"),))
    if goal_met:
        return Advice(STOP, (Because("goal_met"),))
    if status == MEANINGFUL:
        return _after_gain(topic, sessions, found)
    return _without_gain(topic, record, sessions, found, status)


def _leading(found: tuple[Progress, ...], status: str) -> str:
    return next(p.measure.field for p in found if p.status == status)


def _after_gain(topic: Topic, sessions: int, found: tuple[Progress, ...]) -> Advice:
    """A change that matters: to the end of the block, then more only after part of a response."""
    block, high = threshold(topic, "block"), threshold(topic, "partial_high")
    gain = Because("meaningful", (_leading(found, MEANINGFUL),))
    if sessions < block.value:
        return Advice(CONTINUE, (gain, Because("to_the_block", (block.value,), (block,))))
    pain = _pain(found)
    more, low = threshold(topic, "more_sessions"), threshold(topic, "partial_low")
    if pain is not None and pain > high.value:
        return Advice(STOP, (gain, Because("full_response", (pain, high.value), (high,))))
    if sessions >= block.value + more.value:
        return Advice(STOP, (gain, Because("block_done", (sessions,), (block, more))))
    return Advice(
        CONTINUE, (gain, Because("partial", (low.value, high.value, more.value), (low, high, more)))
    )


def _without_gain(
    topic: Topic, record: CourseRecord, sessions: int, found: tuple[Progress, ...], status: str
) -> Advice:
    """No change that matters: wait for the first review, then change, then stop."""
    review, none = threshold(topic, "first_review"), threshold(topic, "no_gain")
    seen = Because("some" if status == SOME else "no_clear", (_leading(found, status),))
    if sessions < review.value:
        early = Because("before_review", (sessions, review.value), (review,))
        return Advice(CONTINUE, (seen, early))
    low = threshold(topic, "partial_low")
    pain = _pain(found)
    if sessions >= none.value and status == NO_CLEAR:
        return Advice(STOP, (seen, Because("no_gain", (sessions, none.value), (none,))))
    if _tried_before(record) and status == NO_CLEAR:
        return Advice(STOP, (seen, Because("tried_before", (sessions,), (review,))))
    reached = Because("review_reached", (sessions, review.value), (review,))
    if pain is not None and pain < low.value:
        below = Because("below_partial", (low.value,), (low,))
        return Advice(CHANGE, (seen, reached, below))
    return Advice(CHANGE, (seen, reached))


def _tried_before(record: CourseRecord) -> bool:
    """Whether going on or changing was decided before the last score was taken."""
    scored = [s.date for s in record.scores if any(v is not None for v in s.values.values())]
    last = max((day for day in scored if day is not None), default=None)
    return last is not None and any(
        d.date is not None and d.date < last and d.choice in {"continue", "change"}
        for d in record.decisions
    )


def _pain(found: tuple[Progress, ...]) -> float | None:
    """Improvement of pain in percent of the start."""
    return next((p.percent for p in found if p.measure.field == PAIN), None)
