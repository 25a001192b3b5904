"""What the practitioner confirms and changes: `Edit`, read from a file and applied in order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from needlewise.errors import InputError
from needlewise.person.answers import shown
from needlewise.person.reading import read_answers
from needlewise.person.typed import Part, Words
from needlewise.plan.candidates import Candidate, sides, target, trials_of
from needlewise.plan.constraints import constraints
from needlewise.plan.courses import review_point
from needlewise.plan.depths import check_depth
from needlewise.plan.examination import FIRST_YEAR, LAST_YEAR, Word
from needlewise.plan.items import (
    ADJUNCT,
    MIDDLE,
    NO_SIDE,
    Because,
    Blocked,
    Item,
    Limit,
)
from needlewise.plan.propose import KINDS, item_of, row_of, technique_of
from needlewise.plan.rules import POSITIONS

if TYPE_CHECKING:
    from needlewise.plan.plan import Plan

ON_ITEM = ("depth", "needle", "technique", "retention", "position", "direction")
ON_COURSE = {"sessions": (1, 60), "weeks": (1, 104), "minutes": (1, 180)}
MOST_EDITS = 500


class Edit(Part):
    """One change by the practitioner.

    `item` is an item's id, "all" (confirm), or course, goal or review (change); `field` and
    `value` say what becomes what; `reason` is needed to force what is blocked and is printed.
    """

    action: Literal["confirm", "remove", "add", "change", "force", "sign"]
    item: Words = ""
    field: Word = ""
    value: Words = ""
    reason: Words = ""
    by: Words = ""


def read_edits(path: str | Path) -> tuple[Edit, ...]:
    """Edits from a TOML or JSON file with a list `edit`. Raises InputError naming the edit."""
    return edits_from(read_answers(path), where=f"{path}: ")


def edits_from(mapping: Mapping[str, Any], *, where: str = "") -> tuple[Edit, ...]:
    """Edits given as plain tables. Raises InputError as `read_edits`."""
    unknown = [name for name in mapping if name != "edit"]
    given = mapping.get("edit", [])
    if unknown or not isinstance(given, list):
        raise InputError(f"{where}a file of edits holds [[edit]] entries and nothing else.")
    if len(given) > MOST_EDITS:
        raise InputError(f"{where}there are {len(given)} edits; keep the last {MOST_EDITS}.")
    found = []
    for number, one in enumerate(given, 1):
        try:
            found.append(Edit.model_validate(one))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"])) or "it"
            raise InputError(
                f"{where}edit {number}: {name} cannot be {shown(first['input'])}; an edit has an "
                "action (confirm, remove, add, change, force or sign), an item, and where needed "
                "a field, a value and a reason."
            ) from None
    return tuple(found)


def edited(plan: Plan, edits: Sequence[Edit]) -> Plan:
    """The plan after the edits, in order. Raises InputError naming the edit that cannot be made."""
    for number, edit in enumerate(edits, 1):
        try:
            plan = {
                "confirm": _confirm, "remove": _remove, "add": _add, "change": _change,
                "force": _force, "sign": _sign,
            }[edit.action](plan, edit)  # fmt: skip
        except InputError as error:
            raise InputError(f"Edit {number} ({edit.action} {edit.item}): {error}") from None
        if edit.action not in {"confirm", "sign"}:
            plan = replace(plan, changes=(*plan.changes, _told(edit)), signed_by="")
    if plan.signed_by:
        return replace(plan, status="signed")
    return replace(plan, status="confirmed" if plan.items and not plan.open else "proposed")


def _told(edit: Edit) -> str:
    parts = [edit.action, edit.item]
    if edit.field:
        parts.append(f"{edit.field}: {edit.value}")
    if edit.reason:
        parts.append(f"({edit.reason})")
    return " ".join(parts)


def _with(plan: Plan, item: Item) -> Plan:
    return replace(plan, items=tuple(item if i.id == item.id else i for i in plan.items))


def _confirm(plan: Plan, edit: Edit) -> Plan:
    chosen = plan.items if edit.item == "all" else (plan.item(edit.item),)
    for item in chosen:
        plan = _with(plan, replace(item, confirmed=True))
    return plan


def _remove(plan: Plan, edit: Edit) -> Plan:
    gone = plan.item(edit.item)
    return replace(plan, items=tuple(item for item in plan.items if item is not gone))


def _sign(plan: Plan, edit: Edit) -> Plan:
    if not edit.by:
        raise InputError("a signature needs a name in by.")
    if not plan.items:
        raise InputError("the plan holds no line; there is nothing to sign.")
    if plan.open:
        names = ", ".join(item.id for item in plan.open[:5])
        raise InputError(f"{len(plan.open)} items are not confirmed yet ({names}); confirm each.")
    return replace(plan, signed_by=edit.by)


def _asked_for(plan: Plan, edit: Edit) -> tuple[Item, tuple[Limit, ...]]:
    """The item an edit wants to add, as the pack has it, and what the case says to it."""
    topic = plan.topic
    kind, _, rest = edit.item.partition(":")
    ref, _, side = rest.partition(":")
    if kind not in {"muscle", "point", ADJUNCT} or not ref:
        raise InputError("write the item as muscle:NAME:SIDE, point:CODE:SIDE or adjunct:NAME.")
    row = row_of(topic, kind, ref)
    _side(plan, kind, ref, side)
    parts = plan.option.parts or (plan.option.id,)
    if kind != ADJUNCT and kind not in {KINDS.get(part) for part in parts}:
        raise InputError(f"{plan.option.label} holds no {kind}; choose another option first.")
    if any(item.id == edit.item for item in plan.items):
        raise InputError("it is in the plan already.")
    technique = ("dry-needling",) if kind == "muscle" else ("acupuncture", "electroacupuncture")
    trials = () if kind == ADJUNCT else trials_of(topic, kind, technique).get(ref, ())
    electro = plan.option.id == "electroacupuncture" and kind == "point"
    wanted = target(topic, kind, ref, side, electro=electro)
    why = Because(edit.reason or "added by the practitioner", "the practitioner", "", row.place)
    bounds = constraints(topic, plan.person, plan.triage, plan.examination)
    item = item_of(topic, Candidate(wanted, (why,), trials), plan.course, bounds)
    limits = bounds.on(wanted, technique_of(plan.option, wanted))
    told = tuple(replace(limit.because, text=limit.text) for limit in limits)
    return replace(item, cautions=(*item.cautions, *told)), limits


def _side(plan: Plan, kind: str, ref: str, side: str) -> None:
    """Whether a target has such a side."""
    from needlewise.plan import atlas

    if kind == ADJUNCT:
        known: tuple[str, ...] = (NO_SIDE,)
    elif ref in atlas.not_placed(plan.topic):
        known = (*sides("both"), MIDDLE)
    else:
        known = tuple(place.side for place in atlas.places_of(plan.topic, ref))
    if side not in known:
        told = " or ".join(known) if kind != ADJUNCT else "none"
        raise InputError(f"{ref} has no side '{side}'; write {told}.")


def _add(plan: Plan, edit: Edit) -> Plan:
    item, limits = _asked_for(plan, edit)
    blocks = tuple(limit for limit in limits if limit.blocks)
    if blocks:
        can = all(limit.forcible for limit in blocks)
        raise InputError(
            f"{item.name} is blocked: {blocks[0].text} "
            + (
                "It can be kept only by force, with a reason."
                if can
                else "No reason can lift this."
            )
        )
    return replace(plan, items=(*plan.items, item))


def _force(plan: Plan, edit: Edit) -> Plan:
    item, limits = _asked_for(plan, edit)
    blocks = tuple(limit for limit in limits if limit.blocks)
    if not blocks:
        raise InputError("it is not blocked; add it instead.")
    shortest = int(plan.topic.texts["plan"]["reason"]["shortest"])
    if not all(limit.forcible for limit in blocks):
        raise InputError(
            f"{next(b for b in blocks if not b.forcible).text} No reason can lift this."
        )
    if sum(letter.isalpha() for letter in edit.reason) < shortest:
        raise InputError(f"type a reason of at least {shortest} letters; it is printed.")
    kept = tuple(b for b in plan.blocked if b.id != item.id)
    forced = replace(item, forced=edit.reason, confirmed=False)
    return replace(
        plan, items=(*plan.items, forced),
        blocked=(*kept, Blocked(item.target, item.name, blocks)),
    )  # fmt: skip


def _change(plan: Plan, edit: Edit) -> Plan:
    if edit.item == "course":
        return _change_course(plan, edit)
    if edit.item == "goal":
        return _change_goal(plan, edit)
    if edit.item == "review":
        return _change_review(plan, edit)
    item = plan.item(edit.item)
    if edit.field not in ON_ITEM:
        raise InputError(f"'{edit.field}' cannot be changed; choose from {', '.join(ON_ITEM)}.")
    value = edit.value
    _plain(plan, edit)
    if edit.field == "depth":
        value = _depth(item, value)
    if edit.field == "direction" and item.depth:
        item = replace(item, depth="")  # a depth holds for the direction it was typed for
    if edit.field == "position":
        value = value.casefold().replace(" ", "_")
        if value not in POSITIONS:
            raise InputError(f"'{edit.value}' is no position; choose {', '.join(POSITIONS)}.")
        bounds = constraints(plan.topic, plan.person, plan.triage, plan.examination)
        if value in bounds.positions:
            raise InputError(f"{value} is not possible: {bounds.positions[value].text}")
    new: dict[str, Any] = {edit.field: value}
    return _with(plan, replace(item, **new, confirmed=False))


DEPTH = re.compile(r"\d\s*(?:cun|mm|cm|millimet|centimet|inch)", re.IGNORECASE)


def _plain(plan: Plan, edit: Edit) -> None:
    """Words of a line say no depth and bring in no current: both have rules of their own."""
    if edit.field == "direction" and not edit.value:
        raise InputError("a direction cannot be empty; a depth holds for one direction only.")
    if edit.field in {"technique", "direction", "retention"} and DEPTH.search(edit.value):
        raise InputError(f"'{edit.value}' holds a depth; write it in the field depth.")
    words = plan.topic.texts["plan"]["current"]["words"]
    told = f" {edit.value.casefold()}"
    if plan.option.id != "electroacupuncture" and any(word in told for word in words):
        raise InputError(
            f"'{edit.value}' speaks of current; only the option electroacupuncture holds it."
        )


def _depth(item: Item, typed: str) -> str:
    """A typed depth, held against the ceiling; where there is none it needs a unit all the same."""
    if not item.needled:
        raise InputError(f"{item.name} has no depth.")
    assert item.ceiling is not None
    return check_depth(item.ceiling, typed, item.direction)


def _whole(name: str, value: str) -> int:
    low, high = ON_COURSE[name]
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise InputError(f"{name} must be a whole number from {low} to {high}, not {shown(value)}.")
    return int(value)


def _change_course(plan: Plan, edit: Edit) -> Plan:
    if edit.field == "start":
        return _started(plan, _day(edit.value))
    if edit.field == "spacing":
        return replace(plan, course=replace(plan.course, spacing=edit.value, changed=True))
    if edit.field not in ON_COURSE:
        known = ", ".join((*ON_COURSE, "spacing", "start"))
        raise InputError(f"'{edit.field}' is no part of a course; choose from {known}.")
    new: dict[str, Any] = {edit.field: _whole(edit.field, edit.value)}
    course = replace(plan.course, **new, changed=True)
    return _started(replace(plan, course=course), plan.start)


def _day(value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise InputError(f"'{value}' is no day; write it as 2026-11-26.") from None
    if not FIRST_YEAR <= day.year < LAST_YEAR:
        raise InputError(f"{day} must lie between {FIRST_YEAR} and {LAST_YEAR}.")
    return day


def _started(plan: Plan, start: date | None) -> Plan:
    """The course from a day on; a review the practitioner set stays."""
    if plan.review is not None and plan.review.changed:
        weeks = plan.review.weeks
        day = start + timedelta(weeks=weeks) if start is not None and weeks is not None else None
        return replace(plan, start=start, review=replace(plan.review, day=day))
    population = plan.comparison.outlook.subject.population
    needled = bool(plan.option.components)
    point = review_point(plan.topic, population, plan.course, needled=needled, start=start)
    return replace(plan, start=start, review=point)


def _change_goal(plan: Plan, edit: Edit) -> Plan:
    if edit.field == "words":
        return replace(plan, goal=replace(plan.goal, words=edit.value))
    if edit.field not in {"now", "target"}:
        raise InputError(f"'{edit.field}' is no part of a goal; choose from words, now, target.")
    row = next(r for r in plan.topic["scoring"] if r["field"] == plan.goal.instrument)
    low, high = row.number("low"), row.number("high")
    try:
        value = float(edit.value)
    except ValueError:
        raise InputError(f"'{edit.value}' is no number.") from None
    if low is not None and high is not None and not low <= value <= high:
        raise InputError(f"{value:g} lies outside {low:g} to {high:g} of {row['name']}.")
    new: dict[str, Any] = {edit.field: value}
    return replace(plan, goal=replace(plan.goal, **new))


def _change_review(plan: Plan, edit: Edit) -> Plan:
    """The first review; with new pain never later than the topic allows."""
    assert plan.review is not None
    population = plan.comparison.outlook.subject.population
    latest = plan.topic.texts["plan"]["review"]["acute"]["weeks"] if population == "acute" else None
    point = plan.review
    if edit.field == "day":
        point = replace(point, day=_day(edit.value), changed=True)
    elif edit.field == "weeks":
        weeks = _whole("weeks", edit.value)
        day = plan.start + timedelta(weeks=weeks) if plan.start is not None else None
        point = replace(point, weeks=weeks, day=day, changed=True)
    elif edit.field == "sessions":
        point = replace(point, sessions=_whole("sessions", edit.value), changed=True)
    else:
        raise InputError(f"'{edit.field}' is no part of a review; choose sessions, weeks or day.")
    if latest is not None:
        too_late = point.weeks is None or point.weeks > latest
        if point.day is not None and plan.start is not None:
            too_late = too_late or point.day > plan.start + timedelta(weeks=latest)
        elif edit.field == "day":
            raise InputError("with new pain, set the day of the first session before this day.")
        if too_late:
            raise InputError(f"with new pain the first review is within {latest} weeks.")
    if point.day is not None and plan.start is not None and point.day < plan.start:
        raise InputError(f"{point.day} lies before the first session on {plan.start}.")
    return replace(plan, review=point)
