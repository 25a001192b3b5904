"""A review as JSON: the same rounded numbers as every other channel, with a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping

from needlewise.followup import Review
from needlewise.followup.advice import Because
from needlewise.followup.progress import Progress
from needlewise.followup.review import Switch
from needlewise.followup.thresholds import Threshold
from needlewise.followup.trajectory import Forecast
from needlewise.outlook.draws import draws_hash
from needlewise.outlook.prediction import Estimate
from needlewise.report.as_json import numbers_json, options_json, triage_json, words_json
from needlewise.report.document import plain
from needlewise.report.json_models import ContentJson, RangeJson, SourceJson
from needlewise.report.numbers import hundred, ten, tenth, whole
from needlewise.report.review_models import (
    AdviceJson,
    CourseJson,
    DecisionJson,
    EventJson,
    ForecastJson,
    FromNowJson,
    GoalJson,
    ProgressJson,
    ReviewJson,
    ScoreJson,
    ThresholdJson,
    WhyJson,
)
from needlewise.report.review_view import because, review_document
from needlewise.report.review_words import ReviewWords
from needlewise.report.view import facts


def review_schema() -> str:
    """The JSON schema of `review_json`."""
    return json.dumps(ReviewJson.model_json_schema(), indent=2) + "\n"


def review_json(review: Review) -> str:
    """The review as JSON text, byte-equal for equal input."""
    return json.dumps(as_model(review).model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def as_model(review: Review) -> ReviewJson:
    """The review as the typed model behind the schema."""
    page, stopped = review_document(review), review.stopped
    return ReviewJson(
        content=ContentJson(**review.topic.content),
        about=dict(facts(review.comparison)),
        person_hash=review.person.hash,
        record_hash=review.record.hash,
        draws_hash=draws_hash(),
        triage=triage_json(review.comparison),
        option=review.record.option,
        week=None if stopped else tenth(review.now),
        sessions=None if stopped else review.record.number_of_sessions,
        status=review.status,  # type: ignore[arg-type]
        advice=_advice(review),
        needs_decision=True,
        options=options_json(review.comparison),
        words=words_json(page),
        progress=[_progress(p) for p in review.progress],
        course=_course(review),
        why_no_course=(
            ReviewWords(review)[f"no_number.{review.why_no_course}"] if review.why_no_course else ""
        ),
        goal=_goal(review),
        from_now=[_from_now(review, s) for s in review.switches],
        events=[
            EventJson(
                kind=e.kind, date=f"{e.date or ''}", grade=e.grade, over=e.over, seen_by=e.seen_by
            )
            for e in review.record.events
        ],
        decisions=[
            DecisionJson(
                date=f"{d.date or ''}", choice=d.choice, option=d.option, reason=d.reason, by=d.by,
                next_measure=f"{d.next_measure or ''}", next_review=f"{d.next_review or ''}",
            )
            for d in review.record.decisions
        ],
        numbers=numbers_json(page),
        sources=[SourceJson(**vars(s)) for s in page.sources],
    )  # fmt: skip


def _advice(review: Review) -> AdviceJson:
    words = ReviewWords(review)
    return AdviceJson(
        word=review.advice.word,  # type: ignore[arg-type]
        text=words[f"advice.{review.advice.word}"],
        why=[_why(words, b) for b in review.advice.why],
    )


def _why(words: ReviewWords, why: Because) -> WhyJson:
    return WhyJson(
        key=why.key, text=plain(because(words, why)),
        thresholds=[_threshold(t) for t in why.thresholds],
    )  # fmt: skip


def _threshold(found: Threshold) -> ThresholdJson:
    return ThresholdJson(
        name=found.name, value=found.value, unit=found.unit, source=found.source,
        where=found.place, printed=found.printed, reason=found.reason,
    )  # fmt: skip


def _progress(found: Progress) -> ProgressJson:
    measure = found.measure
    return ProgressJson(
        instrument=measure.field, name=measure.name, low=measure.low, high=measure.high,
        status=found.status,  # type: ignore[arg-type]
        scores=[
            ScoreJson(week=tenth(w), score=None if s is None else tenth(s)) for w, s in found.scores
        ],
        first=None if found.first is None else tenth(found.first[1]),
        last=None if found.last is None else tenth(found.last[1]),
        change=None if found.change is None else tenth(found.change),
        gaps=len(found.gaps),
        important=measure.important, important_percent=measure.percent,
        important_source=measure.important_source,
        detectable=measure.detectable, detectable_source=measure.detectable_source,
        stands_in=measure.stands_in,
        error=None if measure.error is None else tenth(measure.error),
    )  # fmt: skip


def _forecast(found: Forecast) -> ForecastJson:
    e, you = found.expected, found.you
    return ForecastJson(
        week=tenth(found.week), mean=ten(e.mean), low=ten(e.low), high=ten(e.high),
        one_low=ten(you.low), one_high=ten(you.high), sd=ten(found.sd),
    )  # fmt: skip


def _course(review: Review) -> CourseJson | None:
    trajectory = review.trajectory
    if trajectory is None:
        return None

    def told(part: Mapping[float, Forecast]) -> list[ForecastJson]:
        return [_forecast(f) for _, f in sorted(part.items())]

    return CourseJson(
        without=told(trajectory.without), at_start=told(trajectory.at_start),
        updated=told(trajectory.updated), unused_weeks=[tenth(w) for w in trajectory.unused],
    )  # fmt: skip


def _goal(review: Review) -> GoalJson | None:
    goal = review.goal
    if goal is None:
        return None
    counts = (
        (None, None, None)
        if goal.chance is None
        else tuple(hundred(x) for x in vars(goal.chance).values())
    )
    return GoalJson(
        instrument=goal.instrument, target=tenth(goal.target), week=tenth(goal.week), own=goal.own,
        met=goal.met, chance=counts[0], chance_low=counts[1], chance_high=counts[2],
        why=ReviewWords(review).why_none(goal.why) if goal.why else "",
    )  # fmt: skip


def _from_now(review: Review, switch: Switch) -> FromNowJson:
    cell = review.comparison.outlook.cell(switch.option, "pain", switch.weeks)
    return FromNowJson(
        option=switch.option,
        weeks=switch.weeks,
        forecast=None if switch.forecast is None else _forecast(switch.forecast),
        effect=_effect(cell.effect),
        certainty=None if cell.certainty is None else cell.certainty.level,
        why=ReviewWords(review).why_none(switch.why) if switch.why else "",
    )


def _effect(effect: Estimate | None) -> RangeJson | None:
    if effect is None:
        return None
    mean, low, high = (float(whole(x)) for x in vars(effect).values())
    return RangeJson(mean=mean, low=low, high=high)
