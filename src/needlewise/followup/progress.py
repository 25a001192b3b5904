"""What the scores show so far: change, what chance alone may bring, and what matters."""

from __future__ import annotations

from dataclasses import dataclass

from needlewise.followup.course_record import CourseRecord
from needlewise.followup.thresholds import Measure, measures
from needlewise.topic import Topic

# The worst news leads: one questionnaire that is clearly worse is not outweighed by another.
WORSE, MEANINGFUL, SOME, NO_CLEAR, TOO_FEW = (
    "worse", "meaningful-change", "some-change", "no-clear-change", "too-few-scores",
)  # fmt: skip
ORDER = (WORSE, MEANINGFUL, SOME, NO_CLEAR, TOO_FEW)


@dataclass(frozen=True)
class Progress:
    """One questionnaire over the course.

    `first` and `last` are the first and last score taken, with their weeks (None: none taken);
    `change` is last less first in points, `better` the same as improvement, `percent` that in
    percent of the first. `gaps` are the weeks at which a score is missing.
    """

    measure: Measure
    scores: tuple[tuple[float, float | None], ...]
    first: tuple[float, float] | None
    last: tuple[float, float] | None
    change: float | None
    status: str

    @property
    def gaps(self) -> tuple[float, ...]:
        return tuple(week for week, score in self.scores if score is None)

    @property
    def better(self) -> float | None:
        return None if self.change is None else self.measure.better(self.change)

    @property
    def percent(self) -> float | None:
        """Improvement in percent of the first score; None where that is 0."""
        if self.better is None or self.first is None or self.first[1] == 0:
            return None
        return 100.0 * self.better / self.first[1]


def progress(topic: Topic, record: CourseRecord) -> tuple[Progress, ...]:
    """Every questionnaire of which a score was taken, in the order of `scoring.csv`."""
    given = set(record.instruments)
    return tuple(
        _progress(measure, record.series(field))
        for field, measure in measures(topic).items() if field in given
    )  # fmt: skip


def _progress(measure: Measure, scores: tuple[tuple[float, float | None], ...]) -> Progress:
    known = [(week, score) for week, score in scores if score is not None]
    if len(known) < 2:
        first = known[0] if known else None
        return Progress(measure, scores, first, first, None, TOO_FEW)
    first, last = known[0], known[-1]
    change = last[1] - first[1]
    return Progress(measure, scores, first, last, change, _status(measure, first[1], change))


def _status(measure: Measure, first: float, change: float) -> str:
    """By how much, in the words of the thresholds: chance, some change, change that matters."""
    better = measure.better(change)
    if measure.detectable is None:
        return NO_CLEAR  # nobody says what chance may bring, so no change is called one
    if abs(better) < measure.detectable:
        return NO_CLEAR
    enough = measure.important is not None and abs(better) >= measure.important
    share = measure.percent is not None and first > 0 and 100 * better / first >= measure.percent
    if better < 0:
        return WORSE
    return MEANINGFUL if enough or share else SOME


def overall(found: tuple[Progress, ...]) -> str:
    """The status that leads over all questionnaires."""
    return min((p.status for p in found), key=ORDER.index, default=TOO_FEW)
