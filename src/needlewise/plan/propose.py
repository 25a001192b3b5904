"""Candidates to items: what the pack says of each, and what the case blocks or limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from needlewise.errors import InputError
from needlewise.plan.candidates import Candidate, adjunct_reasons
from needlewise.plan.constraints import Constraints
from needlewise.plan.courses import Course
from needlewise.plan.depths import ceiling
from needlewise.plan.items import ADJUNCT, MUSCLE, POINT, Because, Blocked, Item, Target
from needlewise.plan.readings import twitch
from needlewise.topic import Option, Row, Topic

KINDS = {"dry-needling": MUSCLE, "acupuncture": POINT, "electroacupuncture": POINT}


def technique_of(option: Option, target: Target) -> str:
    """The option whose rules bind a target: in a combination the part that needles it so."""
    for part in option.parts:
        if KINDS.get(part) == target.kind:
            return part
    return option.id


def sorted_out(
    topic: Topic,
    option: Option,
    candidates: Iterable[Candidate],
    bounds: Constraints,
    course: Course,
) -> tuple[tuple[Item, ...], tuple[Blocked, ...]]:
    """Items and blocked targets, in the order of the candidates."""
    items, blocked = [], []
    for candidate in candidates:
        limits = bounds.on(candidate.target, technique_of(option, candidate.target))
        blocks = tuple(limit for limit in limits if limit.blocks)
        item = item_of(topic, candidate, course, bounds)
        if blocks:
            blocked.append(Blocked(candidate.target, item.name, blocks))
        else:
            told = tuple(replace(limit.because, text=limit.text) for limit in limits)
            items.append(replace(item, cautions=(*item.cautions, *told)))
    return tuple(items), tuple(blocked)


def item_of(topic: Topic, candidate: Candidate, course: Course, bounds: Constraints) -> Item:
    """One line of the session card with what the pack says of it."""
    made = {MUSCLE: _muscle, POINT: _point, ADJUNCT: _adjunct}[candidate.target.kind]
    return made(topic, candidate, course, bounds)


def row_of(topic: Topic, kind: str, ref: str) -> Row:
    """The pack's row of a target. Raises InputError where there is none."""
    table, column = {
        MUSCLE: ("muscles", "slug"),
        POINT: ("points", "code"),
        ADJUNCT: ("plan_adjuncts", "adjunct"),
    }[kind]
    row = topic[table].by(column).get(ref)
    if row is None:
        raise InputError(f"'{ref}' is no {kind} of this topic; choose one of {table}.csv.")
    return row


def _muscle(topic: Topic, candidate: Candidate, course: Course, bounds: Constraints) -> Item:
    target = candidate.target
    row = row_of(topic, MUSCLE, target.ref)
    return Item(
        target, row["muscle"], place=row["trigger_point_sites"],
        position=position(topic, words_positions(topic, row["patient_position"]), bounds),
        ceiling=ceiling(topic, MUSCLE, target.ref), direction=row["needle_direction"],
        needle=row["typical_needle_length_mm"], technique=row["depth_note"],
        expect=twitch(topic), why=candidate.why,
    )  # fmt: skip


def _point(topic: Topic, candidate: Candidate, course: Course, bounds: Constraints) -> Item:
    target = candidate.target
    row = row_of(topic, POINT, target.ref)
    usual = topic.texts["plan"]["positions"].get(row["region"], ())
    return Item(
        target, f"{row['code']} {row['pinyin']}", place=row["landmark"],
        position=position(topic, tuple(usual), bounds), ceiling=ceiling(topic, POINT, target.ref),
        direction=row["needle_direction"],
        retention=f"{course.minutes} min" if course.minutes else "",
        why=candidate.why, replaces_trials=not candidate.trials,
    )  # fmt: skip


def _adjunct(topic: Topic, candidate: Candidate, course: Course, bounds: Constraints) -> Item:
    row = row_of(topic, ADJUNCT, candidate.target.ref)
    rows = topic["adjuncts"].by("adjunct")
    cautions = [
        Because.of(rows[name], rows[name]["contraindications"], f"adjunct.{row['adjunct']}.safety")
        for name in filter(None, (part.strip() for part in row["safety"].split(";")))
        if rows[name]["contraindications"]
    ]
    return Item(
        candidate.target, row["label"], technique=row["question"],
        why=candidate.why or adjunct_reasons(topic, row), cautions=tuple(cautions),
        at_home=row["home"] == "yes",
    )  # fmt: skip


def words_positions(topic: Topic, words: str) -> tuple[str, ...]:
    """The positions that the pack's words name, in the order of plan.toml."""
    named = topic.texts["plan"]["position_words"]
    return tuple(p for word, found in named.items() if word in words.casefold() for p in found)


def position(topic: Topic, possible: tuple[str, ...], bounds: Constraints) -> str:
    """The first position that this person can hold; "" where the pack names none that is left."""
    return next((p for p in possible if p not in bounds.positions), "")
