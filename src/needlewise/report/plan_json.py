"""A plan as JSON: the same figures and words as every other channel, with a schema."""

from __future__ import annotations

import json
from typing import Any, Literal

from needlewise.outlook.draws import draws_hash
from needlewise.plan import Because, Blocked, Ceiling, Item, Plan
from needlewise.plan.courses import Course
from needlewise.report.as_json import numbers_json, options_json, triage_json, words_json
from needlewise.report.json_models import (
    ContentJson,
    OptionJson,
    SectionJson,
    SourceJson,
    Strict,
    TriageJson,
)
from needlewise.report.plan_view import plan_document, plan_facts


class BecauseJson(Strict):
    text: str
    source: str
    source_url: str
    where: str


class CeilingJson(Strict):
    """How deep at most. `unit` is cun of the person's own body or mm; never converted."""

    value: float
    unit: Literal["cun", "mm"]
    direction: str
    because: BecauseJson


class ItemJson(Strict):
    """One line of the card. `ceiling` is null where the pack holds no safe depth: `why_none`."""

    id: str
    kind: Literal["muscle", "point", "adjunct"]
    ref: str
    side: str
    regions: list[str]
    name: str
    place: str
    position: str
    ceiling: CeilingJson | None
    why_none: BecauseJson | None
    depth: str
    direction: str
    needle: str
    technique: str
    retention: str
    expect: BecauseJson | None
    why: list[BecauseJson]
    cautions: list[BecauseJson]
    electro: bool
    practitioners_choice: bool
    at_home: bool
    confirmed: bool
    forced: str


class BlockJson(Strict):
    id: str
    name: str
    forcible: bool
    because: list[BecauseJson]


class CourseJson(Strict):
    sessions: int | None
    weeks: int | None
    spacing: str
    minutes: int | None
    because: BecauseJson | None
    changed: bool


class ReviewPointJson(Strict):
    sessions: int | None
    weeks: int | None
    day: str
    because: BecauseJson


class GoalJson(Strict):
    words: str
    instrument: str
    now: float | None
    target: float | None


class PlanJson(Strict):
    """A plan; `id` is the hash of this version. After a stop or a refusal no item is held."""

    content: ContentJson
    about: dict[str, str]
    id: str
    person_hash: str
    examination_hash: str
    draws_hash: str
    triage: TriageJson
    options: list[OptionJson]
    option: str
    status: Literal["stopped", "refused", "proposed", "confirmed", "signed"]
    refusals: list[BecauseJson]
    goal: GoalJson
    examination: dict[str, Any]
    items: list[ItemJson]
    blocked: list[BlockJson]
    general: list[BecauseJson]
    before_session: list[BecauseJson]
    unreachable: list[dict[str, str]]
    instead: list[str]
    course: CourseJson
    other_courses: list[CourseJson]
    review: ReviewPointJson | None
    stop: list[BecauseJson]
    start: str
    signed_by: str
    changes: list[str]
    words: list[SectionJson]
    numbers: dict[str, list[str]]
    sources: list[SourceJson]


def plan_schema() -> str:
    """The JSON schema of `plan_json`."""
    return json.dumps(PlanJson.model_json_schema(), indent=2) + "\n"


def plan_json(plan: Plan) -> str:
    """The plan as JSON text, byte-equal for equal input."""
    return json.dumps(as_model(plan).model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def as_model(plan: Plan) -> PlanJson:
    """The plan as the typed model behind the schema."""
    page = plan_document(plan)
    review = plan.review
    return PlanJson(
        content=ContentJson(**plan.topic.content),
        about=dict(plan_facts(plan)),
        id=plan.id,
        person_hash=plan.person.hash,
        examination_hash=plan.examination.hash,
        draws_hash=draws_hash(),
        triage=triage_json(plan.comparison),
        options=options_json(plan.comparison),
        option=plan.option.id,
        status=plan.status,  # type: ignore[arg-type]
        refusals=[_because(b) for b in plan.refusals],
        goal=GoalJson(**vars(plan.goal)),
        examination={} if plan.stopped else plan.examination.to_mapping(),
        items=[_item(item) for item in plan.items],
        blocked=[_blocked(one) for one in plan.blocked],
        general=[_because(limit.because, limit.text) for limit in plan.general],
        before_session=[_because(b) for b in plan.before_session],
        unreachable=[{"region": r, "side": s, "why": b.text} for r, s, b in plan.unreachable],
        instead=[row["code"] for row in plan.instead],
        course=_course(plan.course),
        other_courses=[_course(c) for c in plan.other_courses],
        review=None if review is None else ReviewPointJson(
            sessions=review.sessions, weeks=review.weeks, day=f"{review.day or ''}",
            because=_because(review.because),
        ),
        stop=[_because(b) for b in plan.stop],
        start=f"{plan.start or ''}",
        signed_by=plan.signed_by,
        changes=list(plan.changes),
        words=words_json(page),
        numbers=numbers_json(page),
        sources=[SourceJson(**vars(s)) for s in page.sources],
    )  # fmt: skip


def _because(because: Because, text: str = "") -> BecauseJson:
    return BecauseJson(
        text=text or because.text, source=because.source, source_url=because.source_url,
        where=because.place,
    )  # fmt: skip


def _item(item: Item) -> ItemJson:
    bound = item.ceiling
    ceiling = (
        CeilingJson(
            value=bound.value, unit=bound.unit,  # type: ignore[arg-type]
            direction=bound.direction, because=_because(bound.because),
        )
        if isinstance(bound, Ceiling)
        else None
    )  # fmt: skip
    return ItemJson(
        id=item.id, kind=item.kind,  # type: ignore[arg-type]
        ref=item.target.ref, side=item.target.side, regions=sorted(item.target.regions),
        name=item.name, place=item.place, position=item.position, ceiling=ceiling,
        why_none=_because(bound) if isinstance(bound, Because) else None,
        depth=item.depth, direction=item.direction, needle=item.needle, technique=item.technique,
        retention=item.retention, expect=_because(item.expect) if item.expect else None,
        why=[_because(b) for b in item.why], cautions=[_because(b) for b in item.cautions],
        electro=item.target.electro, practitioners_choice=item.replaces_trials and item.needled,
        at_home=item.at_home, confirmed=item.confirmed, forced=item.forced,
    )  # fmt: skip


def _blocked(one: Blocked) -> BlockJson:
    return BlockJson(
        id=one.id, name=one.name, forcible=one.forcible,
        because=[_because(limit.because, limit.text) for limit in one.limits],
    )  # fmt: skip


def _course(found: Course) -> CourseJson:
    return CourseJson(
        sessions=found.sessions, weeks=found.weeks, spacing=found.spacing, minutes=found.minutes,
        because=_because(found.because) if found.because else None, changed=found.changed,
    )  # fmt: skip
