"""`make_plan`: a person, an examination and an option in; a plan to confirm out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from needlewise.choice import Comparison, compare
from needlewise.errors import InputError
from needlewise.outlook import look_ahead
from needlewise.person import Person, Triage, triage
from needlewise.plan.candidates import (
    Candidate,
    adjunct_candidates,
    instead,
    muscle_candidates,
    point_candidates,
)
from needlewise.plan.constraints import Constraints, constraints
from needlewise.plan.courses import (
    UNKNOWN_COURSE,
    Course,
    ReviewPoint,
    courses,
    review_point,
    stop_rules,
)
from needlewise.plan.edits import Edit, edited
from needlewise.plan.examination import Examination
from needlewise.plan.items import POINT, Because, Blocked, Item, Limit
from needlewise.plan.propose import KINDS, sorted_out
from needlewise.plan.readings import Pattern, TriggerPoint, patterns, trigger_points
from needlewise.synthesis.base import EvidenceBase
from needlewise.topic import Option, Row, Topic

STOPPED, REFUSED, PROPOSED, CONFIRMED, SIGNED = (
    "stopped", "refused", "proposed", "confirmed", "signed",
)  # fmt: skip
NOT_NOW = frozenset({"deferred", "not_feasible", "not_offered", "hidden"})


@dataclass(frozen=True)
class Goal:
    """The person's own words, and the score that stands for them; None is not told."""

    words: str
    instrument: str
    now: float | None
    target: float | None


@dataclass(frozen=True)
class Plan:
    """A course as proposed, confirmed or changed; the practitioner decides.

    Attributes:
        status: stopped (triage stops: nothing of treatment is here), refused (`refusals` say what
            has to change first), proposed (items are not all confirmed), confirmed or signed.
        person: as answered, with the safety answers that the examination raised.
        items: the session card; needles first, then what goes beside.
        blocked: what was proposed or asked for and is forbidden here.
        general: limits on the whole plan; before_session: what is entered or checked again first.
        instead: points elsewhere, where a region cannot be reached: the practitioner's choice;
            offers: what custom offers there.
        course, other_courses: sessions and spacing; review, stop: when to look again and stop.
        changes: what the practitioner changed, in order.
        start, signed_by: when it starts, and who signed (None: open).
        id: SHA-256 over content, person, examination, option and edits.
    """

    topic: Topic = field(repr=False)
    person: Person
    examination: Examination
    option: Option
    triage: Triage = field(repr=False)
    comparison: Comparison = field(repr=False)
    status: str
    id: str
    refusals: tuple[Because, ...] = ()
    goal: Goal = Goal("", "", None, None)
    items: tuple[Item, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    general: tuple[Limit, ...] = ()
    before_session: tuple[Because, ...] = ()
    unreachable: tuple[tuple[str, str, Because], ...] = ()
    instead: tuple[Row, ...] = ()
    offers: tuple[Because, ...] = ()
    course: Course = UNKNOWN_COURSE
    other_courses: tuple[Course, ...] = ()
    review: ReviewPoint | None = None
    stop: tuple[Because, ...] = ()
    trigger_points: tuple[TriggerPoint, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    changes: tuple[str, ...] = ()
    start: date | None = None
    signed_by: str = ""

    @property
    def stopped(self) -> bool:
        return self.status == STOPPED

    @property
    def needles(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.needled)

    @property
    def adjuncts(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if not item.needled)

    @property
    def open(self) -> tuple[Item, ...]:
        """Items the practitioner has not confirmed yet."""
        return tuple(item for item in self.items if not item.confirmed)

    def item(self, id: str) -> Item:
        """Raises InputError where the plan has no such item."""
        found = next((item for item in self.items if item.id == id), None)
        if found is None:
            raise InputError(f"The plan has no item '{id}'; its items are listed on it.")
        return found


def make_plan(
    topic: Topic,
    person: Person,
    examination: Examination,
    option: str,
    *,
    edits: Sequence[Edit] = (),
    base: EvidenceBase | None = None,
    safe: Triage | None = None,
) -> Plan:
    """The plan of a course of one option.

    The program proposes; what the case forbids is blocked with its reason; `edits` confirm or
    change it. After a stop, or where the option is not open to this person or practitioner, the
    plan holds no item. `safe` is a triage that more than the answers went into, such as the
    events of a course.

    Raises InputError for an option that does not exist or an edit that cannot be made.
    """
    option = option.replace("_", "-")
    if option not in {o.id for o in topic.options}:
        known = ", ".join(o.id for o in topic.options)
        raise InputError(f"'{option}' is no option of this topic; choose from {known}.")
    chosen = topic.option(option)
    person = examined(topic, person, examination)
    safe = safe or triage(topic, person)
    comparison = compare(look_ahead(topic, None, person, base=base, safe=safe))
    plan = Plan(
        topic, person, examination, chosen, safe, comparison, PROPOSED,
        identity(topic, person, examination, option, edits),
    )  # fmt: skip
    if not safe.comparison_shown:
        return replace(plan, status=STOPPED)
    refusals = (*_refusals(safe, option), *_no_consent(topic, examination, chosen))
    if refusals:
        return replace(plan, status=REFUSED, refusals=refusals)
    return edited(_proposed(plan), edits)


def examined(topic: Topic, person: Person, examination: Examination) -> Person:
    """The person with what the examination found: it raises safety answers and never lowers one."""
    raised = dict(person.red_flags)
    for rule in topic.texts["plan"].get("neurology", ()):
        if all(getattr(examination.neurology, k) == v for k, v in rule["when"].items()):
            for sign, answer in rule["answers"].items():
                if answer == "yes" or raised.get(sign, "unknown") in {"no", "unknown"}:
                    raised[sign] = "yes" if raised.get(sign) == "yes" else answer
    labs = _labs(person, examination)
    if raised == dict(person.red_flags) and labs == person.labs.model_dump(exclude_none=True):
        return person
    answers = json.loads(person.canonical)
    return Person.from_mapping({**answers, "red_flags": raised, "labs": labs}, topic)


def _labs(person: Person, examination: Examination) -> dict[str, float]:
    """Blood tests with today's INR, where it is worse than what was told or nothing was told."""
    labs: dict[str, float] = person.labs.model_dump(exclude_none=True)
    today = examination.today
    if today.inr is None or today.inr < labs.get("inr", 0.0):
        return labs
    labs["inr"] = today.inr
    if today.inr_date is not None and examination.date is not None:
        labs["inr_days_old"] = float(max((examination.date - today.inr_date).days, 0))
    return labs


def _refusals(safe: Triage, option: str) -> tuple[Because, ...]:
    """Why this option cannot be planned: its status, or the practitioner's training."""
    found = safe.options[option]
    binding = [
        reason for reason in found.reasons
        if found.status in NOT_NOW or reason.id == "training_scope"
    ]  # fmt: skip
    return tuple(
        dict.fromkeys(
            Because(r.text, r.source, r.source_url, r.where, f"plan.refused.{r.rule}")
            for r in binding
        )
    )


def _no_consent(topic: Topic, examination: Examination, option: Option) -> tuple[Because, ...]:
    """Nobody is needled who says no today."""
    if examination.today.consent != "no" or not option.components:
        return ()
    words = topic.texts["plan"]["consent"]
    return (Because(words["no"], words["source"], "", "plan.toml", "plan.refused.consent"),)


def _proposed(plan: Plan) -> Plan:
    """What the program proposes, before the practitioner has had a say."""
    topic, person, examination = plan.topic, plan.person, plan.examination
    population = plan.comparison.outlook.subject.population
    bounds = constraints(topic, person, plan.triage, examination).of(plan.option.id)
    found = courses(topic, plan.option.id, population)
    course = found[0] if found else UNKNOWN_COURSE
    items, blocked = sorted_out(topic, plan.option, candidates(plan), bounds, course)
    needled = bool(plan.option.components)
    goal = examination.goal
    words = goal.words or "; ".join(person.goals or ())
    now = goal.now if goal.now is not None else getattr(person, goal.instrument, None)
    return replace(
        plan,
        goal=Goal(words, goal.instrument, now if isinstance(now, float) else None, goal.target),
        items=_on_the_card(items), blocked=blocked,
        general=bounds.general if needled else (),
        before_session=bounds.before_session if needled else (),
        unreachable=tuple((*place, why) for place, why in bounds.unreachable.items()),
        instead=_instead(plan, bounds, blocked), offers=bounds.offers,
        course=course, other_courses=found[1:],
        review=review_point(topic, population, course, needled=needled, start=None),
        stop=stop_rules(topic) if needled else (),
        trigger_points=trigger_points(topic, examination), patterns=patterns(topic, examination),
    )  # fmt: skip


def candidates(plan: Plan) -> tuple[Candidate, ...]:
    """What speaks for itself under this option; its kinds in the order of the options."""
    topic, person, examination = plan.topic, plan.person, plan.examination
    kinds = [KINDS[part] for part in (plan.option.parts or (plan.option.id,)) if part in KINDS]
    found: list[Candidate] = []
    for kind in kinds:
        if kind == POINT:
            electro = plan.option.id == "electroacupuncture"
            found += point_candidates(topic, person, examination, electro=electro)
        else:
            found += muscle_candidates(topic, examination)
    found += adjunct_candidates(topic, person, examination, needled=bool(kinds))
    return tuple(found)


def _on_the_card(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Needles by position, so that the person turns as seldom as may be; then what goes beside."""
    order = list(dict.fromkeys(item.position for item in items if item.needled))
    return tuple(sorted(items, key=lambda item: order.index(item.position) if item.needled else 99))


def _instead(plan: Plan, bounds: Constraints, blocked: tuple[Blocked, ...]) -> tuple[Row, ...]:
    """Points elsewhere, only where something cannot be reached and points are needled at all."""
    options = plan.option.parts or (plan.option.id,)
    if not bounds.unreachable or POINT not in {KINDS.get(option) for option in options}:
        return ()
    gone = {one.target.ref for one in blocked}
    rows = instead(plan.topic, plan.person, plan.examination)
    return tuple(row for row in rows if row["code"] not in gone)


def identity(
    topic: Topic, person: Person, examination: Examination, option: str, edits: Sequence[Edit]
) -> str:
    """One hash for one plan: the same content, person, findings, option and edits."""
    told = [edit.model_dump(mode="json", exclude_defaults=True) for edit in edits]
    parts = [topic.hash, person.hash, examination.hash, option, json.dumps(told, sort_keys=True)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
