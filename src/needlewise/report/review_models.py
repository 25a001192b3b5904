"""The typed shape of a review's JSON: what its schema prints and every reply is checked against."""

from __future__ import annotations

from typing import Literal

from needlewise.report.json_models import (
    ContentJson,
    OptionJson,
    RangeJson,
    SectionJson,
    SourceJson,
    Strict,
    TriageJson,
)

AdviceWord = Literal["continue", "change", "stop", "refer", "stop-and-ask"]
StatusWord = Literal[
    "stopped", "worse", "meaningful-change", "some-change", "no-clear-change", "too-few-scores"
]


class ThresholdJson(Strict):
    """A number the advice hangs on; `where` is its row, `reason` why where nobody measured it."""

    name: str
    value: float
    unit: str
    source: str
    where: str
    printed: str
    reason: str


class WhyJson(Strict):
    key: str
    text: str
    thresholds: list[ThresholdJson]


class AdviceJson(Strict):
    word: AdviceWord
    text: str
    why: list[WhyJson]


class ScoreJson(Strict):
    """`score` is null where none was taken: a gap, never filled."""

    week: float
    score: float | None


class ProgressJson(Strict):
    """One questionnaire. `error` is the standard deviation of the error of one score; `stands_in`
    says that the smallest change that matters stands in for the detectable one.
    """

    instrument: str
    name: str
    low: float
    high: float
    status: StatusWord
    scores: list[ScoreJson]
    first: float | None
    last: float | None
    change: float | None
    gaps: int
    important: float | None
    important_percent: float | None
    important_source: str
    detectable: float | None
    detectable_source: str
    stands_in: bool
    error: float | None


class ForecastJson(Strict):
    """Expected pain 0 to 10 at a week with its range, the range of one score, and its SD."""

    week: float
    mean: float
    low: float
    high: float
    one_low: float
    one_high: float
    sd: float


class CourseJson(Strict):
    without: list[ForecastJson]
    at_start: list[ForecastJson]
    updated: list[ForecastJson]
    unused_weeks: list[float]


class GoalJson(Strict):
    """`chance` counts people of 100; null where `why` says why."""

    instrument: str
    target: float
    week: float
    own: bool
    met: bool
    chance: int | None
    chance_low: int | None
    chance_high: int | None
    why: str


class FromNowJson(Strict):
    """An option from now on; `effect` is the trials' difference as known at the start."""

    option: str
    weeks: float
    forecast: ForecastJson | None
    effect: RangeJson | None
    certainty: str | None
    why: str


class EventJson(Strict):
    kind: str
    date: str
    grade: str
    over: str
    seen_by: str


class DecisionJson(Strict):
    date: str
    choice: str
    option: str
    reason: str
    by: str
    next_measure: str
    next_review: str


class ReviewJson(Strict):
    """A review, or a stop: then everything with a number is empty or null.

    `course` is null where `why_no_course` says why. `needs_decision` is always true: nothing goes
    on by itself.
    """

    content: ContentJson
    about: dict[str, str]
    person_hash: str
    record_hash: str
    draws_hash: str
    triage: TriageJson
    option: str
    week: float | None
    sessions: int | None
    status: StatusWord
    advice: AdviceJson
    needs_decision: bool
    options: list[OptionJson]
    words: list[SectionJson]
    progress: list[ProgressJson]
    course: CourseJson | None
    why_no_course: str
    goal: GoalJson | None
    from_now: list[FromNowJson]
    events: list[EventJson]
    decisions: list[DecisionJson]
    numbers: dict[str, list[str]]
    sources: list[SourceJson]
