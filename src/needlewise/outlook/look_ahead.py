"""`look_ahead`: effects and a person in, what this person can expect out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from needlewise.distributions import Array
from needlewise.evidence import Audience, audience_default
from needlewise.outlook.benchmarks import benchmarks
from needlewise.outlook.burden import Burden, burden_of
from needlewise.outlook.cells import BenchmarkCell, Cell, ShamCell
from needlewise.outlook.course import Course, course_of
from needlewise.outlook.figures import Figures
from needlewise.outlook.harms import HarmCell, harm_cells
from needlewise.outlook.prediction import Estimate, widest, widest_person
from needlewise.outlook.shams import shams
from needlewise.outlook.spread import Spread
from needlewise.outlook.subject import Subject, at_least_ordinary, every_answer, subject_of
from needlewise.person import Person, Triage, triage
from needlewise.synthesis.base import EvidenceBase, evidence_base
from needlewise.synthesis.effects import Effects
from needlewise.topic import Row, Topic


@dataclass(frozen=True)
class HarmLine:
    """One harm for one option: the cell to show (None: no rate known) and the others beside it."""

    option: str
    event: str
    denominator: int
    cell: HarmCell | None
    others: tuple[HarmCell, ...]

    @property
    def key(self) -> str:
        return f"harm.{self.event}.{self.option}"


@dataclass(frozen=True)
class Outlook:
    """What this person can expect of each option.

    After a stop everything but `triage` is empty: no number exists that could be shown.
    `draws` holds joint draws of the supported effects by (outcome, week, option), shape (1024,),
    for the choice; `notes` are keys of sentences the page must say.
    """

    topic: Topic = field(repr=False)
    person: Person
    triage: Triage
    subject: Subject
    base: EvidenceBase = field(repr=False)
    cells: tuple[Cell, ...] = ()
    shams: tuple[ShamCell, ...] = ()
    harms: tuple[HarmLine, ...] = ()
    burdens: tuple[Burden, ...] = ()
    benchmarks: tuple[BenchmarkCell, ...] = ()
    course: Course | None = None
    spreads: Mapping[float, Spread | None] = field(default_factory=dict)
    course_line: tuple[tuple[float, Estimate], ...] = ()
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    draws: Mapping[tuple[str, float, str], Array] = field(default_factory=dict, repr=False)
    shares: Mapping[float, Array] = field(default_factory=dict, repr=False)

    @property
    def reference(self) -> str:
        """The option the others are set against: the one that adds nothing."""
        return next(o.id for o in self.topic.options if not o.components)

    def share(self, week: float) -> Array | float:
        """How much of the trials' effect counts for this person, draws (1024,); 1 if not known."""
        return self.shares.get(week, 1.0)

    def cell(self, option: str, outcome: str, week: float) -> Cell:
        return next(
            c for c in self.cells
            if c.option == option and c.outcome == outcome and c.week == week
        )  # fmt: skip

    def burden(self, option: str) -> Burden:
        return next(b for b in self.burdens if b.option == option)

    def harm(self, option: str, event: str) -> HarmLine:
        return next(h for h in self.harms if h.option == option and h.event == event)


def look_ahead(
    topic: Topic,
    effects: Effects | None,
    person: Person,
    *,
    base: EvidenceBase | None = None,
    safe: Triage | None = None,
) -> Outlook:
    """The outlook of a person.

    Args:
        effects: pain effects already computed, used for the audience they belong to (None: all
            effects are computed here).
        base: another evidence base, for example with a study left out.
        safe: this person's triage, where it is known already.
    """
    base = base or evidence_base(topic)
    if effects is not None:
        base.adopt(effects)
    safe = safe or triage(topic, person)
    subject = subject_of(topic, person)
    if not safe.comparison_shown:
        return Outlook(topic, person, safe, subject, base)
    burdens = base.remember(
        "burdens", lambda: tuple(burden_of(topic, option) for option in topic.options)
    )
    own = base.recall("subject", subject, partial(_of_subject, topic, base, subject))
    return Outlook(
        topic, person, safe, subject, base,
        harms=_harms(topic, burdens),
        burdens=burdens,
        benchmarks=base.remember(
            ("benchmarks", subject.audience), partial(benchmarks, topic, base, subject.audience)
        ),
        **own,
    )  # fmt: skip


def _of_subject(topic: Topic, base: EvidenceBase, subject: Subject) -> dict[str, Any]:
    """The fields of an outlook that hang on pain, duration and audience, and nothing else."""
    population = subject.population
    course = None
    if population is not None:
        people = course_audience(topic, subject)
        course = base.remember(
            ("course of", population, people), partial(course_of, topic, population, people)
        )
    figures = Figures(topic, base, subject, course)
    cells, pretend = figures.cells(), shams(figures)
    for answered in (*every_answer(topic, subject), *at_least_ordinary(topic, subject)):
        other = Figures(topic, base, answered, course, judged=False)
        cells = tuple(map(_widened, cells, other.cells()))
        pretend = tuple(map(_widened_sham, pretend, shams(other)))
    return {
        "cells": cells,
        "shams": pretend,
        "course": course,
        "spreads": figures.spreads,
        "course_line": figures.course_line(),
        "notes": figures.notes(cells),
        "draws": figures.draws,
        "shares": {week: w.share for week, w in figures.without.items()},
    }


def _widened(cell: Cell, other: Cell) -> Cell:
    """A cell whose ranges hold whichever way an open question would be answered.

    An unanswered question never narrows a range, nor does it turn other people's trials into the
    person's own; and nobody gets a narrower range than the people most trials studied.
    """
    you = cell.you
    if you is not None and other.you is not None:
        you = widest_person(you, other.you)
    return replace(
        cell,
        effect=_both(cell.effect, other.effect),
        new_setting=_both(cell.new_setting, other.new_setting),
        expected=_both(cell.expected, other.expected),
        you=you,
        chance=_both(cell.chance, other.chance),
        difference=_both(cell.difference, other.difference),
    )


def _widened_sham(cell: ShamCell, other: ShamCell) -> ShamCell:
    """As `_widened`, for real against pretend needling."""
    return replace(
        cell, effect=_both(cell.effect, other.effect), people=_both(cell.people, other.people)
    )


def _both(one: Estimate | None, two: Estimate | None) -> Estimate | None:
    return one if one is None or two is None else widest(one, two)


def course_audience(topic: Topic, subject: Subject) -> Audience:
    """Trials whose untreated arms show the course: by duration alone, ordinary back pain."""
    default = audience_default(topic)
    return Audience(subject.audience.name, subject.audience.populations, default.conditions)


def _harms(topic: Topic, burdens: tuple[Burden, ...]) -> tuple[HarmLine, ...]:
    lines = []
    for row in topic["harm_rows"]:
        for option, burden in zip(topic.options, burdens, strict=True):
            cells = (
                ()
                if not option.components or option.parts
                else _known_harms(topic, option.id, row, burden.visits)
            )
            lines.append(
                HarmLine(
                    option.id,
                    row["event"],
                    int(row["denominator"]),
                    cells[0] if cells else None,
                    cells[1:],
                )
            )
    return tuple(lines)


def _known_harms(topic: Topic, option: str, row: Row, visits: float | None) -> tuple[HarmCell, ...]:
    key = f"harms {option} {row['event']} {visits}"
    if key not in topic._memo:
        topic._memo[key] = harm_cells(topic, option, row["event"], visits)
    found = topic._memo[key]
    assert isinstance(found, tuple)
    return found
