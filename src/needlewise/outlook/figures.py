"""The work behind an outlook: which evidence answers, and every figure drawn from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence import Audience, audience_all, audience_default
from needlewise.outlook import draws as sobol
from needlewise.outlook.cells import Cell
from needlewise.outlook.course import Course, course_of
from needlewise.outlook.prediction import (
    Estimate,
    Item,
    Without,
    chance_better,
    draw_course,
    draw_effects,
    draw_slope,
    estimate,
    expected_with,
    person_range,
    sources_disagree,
    unlike_the_trials,
    widest,
    widest_person,
    without_needling,
)
from needlewise.outlook.spread import Spread, reference_baselines, spread_of
from needlewise.outlook.subject import Subject, other_people
from needlewise.synthesis.base import EvidenceBase
from needlewise.synthesis.certainty import certainty_of
from needlewise.synthesis.effects import Effects, Summary, Support
from needlewise.topic import Option, Topic

NONE = Support("not-studied", (), None, "none")


@dataclass(frozen=True)
class Answer:
    """Which effects answer for an option and horizon, and from whose trials."""

    evidence: str
    effects: Effects | None
    support: Support
    audience: Audience


@dataclass
class Figures:
    """Draws and figures for one subject; everything random comes from the stored Sobol set."""

    topic: Topic
    base: EvidenceBase
    subject: Subject
    course: Course | None
    judged: bool = True  # whether certainty is wanted; ranges that only widen others' need none
    full_effect: bool = False  # whether the effect counts in full, whatever the pain
    only: float | None = None  # the one horizon wanted; draws are those of all horizons
    draws: dict[tuple[str, float, str], Array] = field(default_factory=dict)
    _without_source: dict[str, dict[float, Without]] = field(default_factory=dict)
    _base_chances: dict[tuple[str, float], Array] = field(default_factory=dict)

    @cached_property
    def weeks(self) -> tuple[float, ...]:
        return tuple(float(h["week"]) for h in self.topic.settings["horizons"])

    @property
    def times(self) -> tuple[float, ...]:
        """The horizons figures are wanted for."""
        return self.weeks if self.only is None else (self.only,)

    def horizon(self, week: float) -> Mapping[str, Any]:
        return next(h for h in self.topic.settings["horizons"] if float(h["week"]) == week)

    @cached_property
    def spreads(self) -> dict[float, Spread | None]:
        population = self.subject.population
        if population is None:
            return dict.fromkeys(self.weeks)
        people = self.subject.audience
        return {
            week: self.base.remember(
                ("spread", population, people, week),
                partial(spread_of, self.topic, population, people, self.horizon(week)),
            )
            for week in self.weeks
        }

    @cached_property
    def trial_baseline(self) -> tuple[float, float]:
        """Mean baseline pain of the trials that answer, and the SD between trials."""
        return reference_baselines(self.topic, self.base, self.subject.audience)[:2]

    @cached_property
    def unlike(self) -> bool:
        """Few people with this much pain were studied."""
        pain, spread = self.subject.pain, self.spreads[self.weeks[0]]
        mean, between = self.trial_baseline
        return (
            pain is not None and spread is not None
            and unlike_the_trials(pain, mean, between, spread.start)
        )  # fmt: skip

    @cached_property
    def without(self) -> dict[float, Without]:
        """Expected pain without needling at each horizon, empty where it cannot be had."""
        return self._without(self.course, self._shrinks)

    @cached_property
    def _shrinks(self) -> bool:
        return not self.full_effect and bool(self.topic.assumption("effect_shrinks_with_pain"))

    def _without(self, course: Course | None, shrinks: bool) -> dict[float, Without]:
        if course is None or self.subject.pain is None:
            return {}
        change = self.base.remember(
            ("course", course.population, tuple(s.id for s in course.sources)),
            partial(draw_course, course, self.weeks),
        )
        found = {
            week: without_needling(
                self.subject.pain, course, change[:, k], draw_slope(self.spreads[week]),
                self.trial_baseline[0], shrinks,
            )
            for k, week in enumerate(self.weeks) if week in self.times
        }  # fmt: skip
        if course.population == self.topic.settings["network"]["populations"][0]["name"]:
            return found
        return {w: f.beside(self._trial_people[w], shrinks) for w, f in found.items()}

    @cached_property
    def _trial_people(self) -> dict[float, Array]:
        """Expected pain without needling of the people most trials studied, for somebody else."""
        default = audience_default(self.topic)
        population = str(self.topic.settings["network"]["populations"][0]["name"])
        course = self.base.remember(
            ("course of", population, default), partial(course_of, self.topic, population, default)
        )
        ordinary = Subject(self.trial_baseline[0], population, (), (), default)
        return {
            week: without.trials
            for week, without in Figures(
                self.topic, self.base, ordinary, course, only=self.only
            ).without.items()
        }

    def answer(self, option: Option, outcome: str, week: float) -> Answer:
        """The person's own trials, else those of other people, else none."""
        own, everyone = self.subject.audience, audience_all(self.topic)
        effects = self.base.effects(outcome, own) if own.populations else None
        support = effects.support.get((option.id, week), NONE) if effects else NONE
        if support.supported:
            return Answer("own", effects, support, own)
        others = self.base.everyone(outcome)
        wider = others.support.get((option.id, week), NONE) if others else NONE
        if wider.supported:
            return Answer("other-people", others, wider, everyone)
        return Answer("none", effects, support if support.trials else wider, own)

    def cells(self) -> tuple[Cell, ...]:
        """Every option at every horizon for every pooled outcome."""
        answers = self.base.remember(("answers", self.subject.audience), self._answers)
        for outcome in dict.fromkeys(outcome for outcome, _, _ in answers):
            self._draw(outcome, answers)
        return tuple(
            self._reference(option, outcome, week) if not option.components
            else self._cell(option, outcome, week, answers[outcome, week, option.id])
            for outcome in dict.fromkeys(outcome for outcome, _, _ in answers)
            for week in self.times
            for option in self.topic.options
        )  # fmt: skip

    def _answers(self) -> dict[tuple[str, float, str], Answer]:
        return {
            (outcome, week, option.id): self.answer(option, outcome, week)
            for outcome, settings in self.topic.settings["outcomes"].items()
            if settings["pooled"]
            for week in self.weeks
            for option in self.topic.options
            if option.components
        }

    def _draw(self, outcome: str, answers: Mapping[tuple[str, float, str], Answer]) -> None:
        columns = (
            (sobol.EFFECT_NODE, sobol.PAIN) if outcome == "pain"
            else (sobol.FUNCTION_NODE, sobol.FUNCTION)
        )  # fmt: skip
        for kind in ("own", "other-people"):
            # Sorted by name, so that another order of the options draws the same numbers.
            keys = sorted(
                (k for k, a in answers.items() if k[0] == outcome and a.evidence == kind),
                key=lambda k: (k[2], k[1]),
            )
            if not keys:
                continue
            effects = answers[keys[0]].effects
            assert effects is not None
            items = [Item(self.topic.option(k[2]).components, (), k[1]) for k in keys]
            network = effects.network
            drawn = self.base.remember(
                ("draws", network.outcome, network.audience, tuple(keys)),
                partial(draw_effects, effects, items, *columns),
            )
            self.draws.update(zip(keys, drawn, strict=True))

    def _reference(self, option: Option, outcome: str, week: float) -> Cell:
        """No needling: the course; its effect is zero by definition."""
        cell = self._blank(option, outcome, week, Answer("none", None, NONE, self.subject.audience))
        why = self._why_no_level(outcome)
        if why:
            return replace(cell, why_no_level=why, why_no_chance=why)
        assert self.course is not None
        sources = tuple(dict.fromkeys(s.id.split("/")[0] for s in self.course.sources))
        cell = replace(cell, evidence="own", kind="course", trials=sources)
        without, spread = self.without[week], self.spreads[week]
        expected = estimate(without.pain)
        if spread is None:
            return replace(cell, expected=expected, why_no_chance="no-spread")
        return replace(
            cell,
            expected=expected,
            you=person_range(without.pain, spread.residual),
            **self._chance(week, None),
        )

    def _blank(self, option: Option, outcome: str, week: float, answer: Answer) -> Cell:
        support = answer.support
        whose = answer.audience.name
        if answer.evidence == "other-people":
            whose = other_people(self.topic, self.subject.audience, support.trials)
        return Cell(
            option.id, outcome, week, answer.evidence, "", whose,
            support.trials, support.people, support.kind,
        )  # fmt: skip

    def _why_no_level(self, outcome: str) -> str:
        if outcome != "pain":
            return "no-level"
        if self.subject.population is None:
            return "no-duration"
        if self.subject.pain is None:
            return "no-pain"
        return "no-course" if self.course is None else ""

    def _cell(self, option: Option, outcome: str, week: float, answer: Answer) -> Cell:
        cell = self.base.remember(
            ("cell", self.subject.audience, option.id, outcome, week, self.judged),
            lambda: self._evidence_cell(option, outcome, week, answer),
        )
        why = cell.why or self._why_no_level(outcome)
        if why:
            return replace(cell, why_no_level=why, why_no_chance=why)
        return self._level(cell, self.draws[outcome, week, option.id])

    def _evidence_cell(self, option: Option, outcome: str, week: float, answer: Answer) -> Cell:
        """What the trials say: the part of a cell that is the same for all such people."""
        cell = self._blank(option, outcome, week, answer)
        effects = answer.effects
        if answer.evidence == "none" or effects is None:
            return replace(cell, why="together" if option.parts else answer.support.status)
        average, new = self._summaries(effects)[option.id, week]
        unit = self.unit(outcome)
        other = answer.evidence == "other-people"
        return replace(
            cell,
            effect=_scaled(new if other else average, unit),
            new_setting=_scaled(new, unit),
            certainty=certainty_of(
                self.base, effects, option, self.horizon(week), average, new,
                self.important(outcome) / unit, own=self.subject.audience,
            ) if self.judged else None,
        )  # fmt: skip

    def _summaries(self, effects: Effects) -> dict[tuple[str, float], tuple[Summary, Summary]]:
        """Average and new-setting summary of every option and horizon of one posterior."""
        network = effects.network

        def made() -> dict[tuple[str, float], tuple[Summary, Summary]]:
            keys = [
                (o.id, week)
                for o in self.topic.options
                if o.components and effects.known(o.components)
                for week in self.weeks
            ]
            rows = np.array([effects.contrast(w, self.topic.option(o).components) for o, w in keys])
            pairs = zip(
                effects.summaries(rows), effects.summaries(rows, new_setting=True), strict=True
            )
            return dict(zip(keys, pairs, strict=True))

        return self.base.remember(("summaries", network.outcome, network.audience), made)

    def _level(self, cell: Cell, effect: Array) -> Cell:
        spread = self.spreads[cell.week]
        pains = [expected_with(without, effect) for without in self._scalings(cell.week)]
        expected = widest(*map(estimate, pains))
        if spread is None:
            return replace(cell, expected=expected, why_no_chance="no-spread")
        return replace(
            cell,
            expected=expected,
            you=widest_person(*(person_range(pain, spread.residual) for pain in pains)),
            **self._chance(cell.week, effect),
        )

    def _scalings(self, week: float) -> list[Without]:
        """How the effect may scale: for somebody unlike the trials' people also not at all."""
        found = [self.without[week]]
        ordinary = self.topic.settings["network"]["populations"][0]["name"]
        if self.unlike or self.subject.population != ordinary:
            found.append(self._without(self.course, False)[week])
        return found

    def _chance(self, week: float, effect: Array | None) -> dict[str, Any]:
        """Chance of being clearly better, and its difference to without."""
        now, spread = self.subject.pain, self.spreads[week]
        if now is None or spread is None or now < self.topic.assumption("lowest_pain_for_chance"):
            return {"why_no_chance": "low-pain"}
        cut, residual = self.topic.assumption("clearly_better"), spread.residual
        fewer = self.left_out[week]
        base = {source: self._chance_without(source, week) for source in ("", *fewer)}
        if effect is None:
            return {"chance": widest(*map(estimate, base.values())), "difference": None}
        pairs = [(without, base[""]) for without in self._scalings(week)]
        pairs += [(self._left_out(source)[week], base[source]) for source in fewer]
        chances, differences = [], []
        for without, unneedled in pairs:
            share = chance_better(expected_with(without, effect), now, cut, residual)
            chances.append(estimate(share))
            differences.append(estimate(share - unneedled))
        return {"chance": widest(*chances), "difference": widest(*differences)}

    def _chance_without(self, source: str, week: float) -> Array:
        """Draws of the share clearly better without needling, one source left out ("": none)."""
        key = source, week
        if key not in self._base_chances:
            now, spread = self.subject.pain, self.spreads[week]
            assert now is not None
            assert spread is not None
            without = self._left_out(source) if source else self.without
            self._base_chances[key] = chance_better(
                without[week].pain, now, self.topic.assumption("clearly_better"), spread.residual
            )
        return self._base_chances[key]

    def _left_out(self, source: str) -> dict[float, Without]:
        """Expected pain without needling from all but one source."""
        if source not in self._without_source:
            assert self.course is not None
            course = self.base.remember(
                ("course without", self.course.population, source,
                 tuple(s.id for s in self.course.sources)),
                partial(self.course.without, self.topic, source),
            )  # fmt: skip
            self._without_source[source] = self._without(course, self._shrinks)
        return self._without_source[source]

    @cached_property
    def left_out(self) -> dict[float, tuple[str, ...]]:
        """Sources whose leaving out moves the chance without needling too far."""
        now, lowest = self.subject.pain, self.topic.assumption("lowest_pain_for_chance")
        if self.course is None or now is None or now < lowest or len(self.course.sources) < 3:
            return dict.fromkeys(self.times, ())
        limit = float(self.topic.settings["course"]["disagreement"])
        sources = [source.id for source in self.course.sources]
        found: dict[float, tuple[str, ...]] = {}
        for week in self.times:
            means = [
                0.0
                if self.spreads[week] is None
                else float(np.mean(self._chance_without(source, week)))
                for source in ("", *sources)
            ]
            found[week] = sources_disagree(
                dict(zip(sources, means[1:], strict=True)), means[0], limit
            )
        return found

    def unit(self, outcome: str) -> float:
        """One unit of the network's scale in display units (RMDQ points per SD for function)."""
        settings = self.topic.settings["outcomes"][outcome]
        if settings["scale"] != "standardised":
            return 1.0
        return float(self.topic.settings["instrument_sd"][settings["display_instrument"]]["value"])

    def important(self, outcome: str) -> float:
        """The smallest difference worth having, in display units."""
        return float(self.topic.settings["outcomes"][outcome]["important_difference"])

    def course_line(self) -> tuple[tuple[float, Estimate], ...]:
        """Expected pain without needling from now to 12 months, for the chart."""
        return tuple((week, estimate(w.pain)) for week, w in self.without.items())

    def notes(self, cells: tuple[Cell, ...]) -> dict[str, tuple[str, ...]]:
        """What the page must say beside the numbers, by key, with the names it concerns."""
        found: dict[str, tuple[str, ...]] = {}
        disagree = sorted({s for by in self.left_out.values() for s in by})
        if disagree:
            found["sources-disagree"] = tuple(disagree)
        if self.unlike:
            found["few-like-you"] = ()
        if self.course is not None and self.course.assumed:
            found["course-assumed"] = tuple(s.id for s in self.course.sources)
        if any(c.evidence == "other-people" for c in cells):
            found["other-people"] = tuple(
                sorted({c.option for c in cells if c.evidence == "other-people"})
            )
        if any(s is not None and s.assumed for s in self.spreads.values()):
            found["slope-assumed"] = ()
        return found


def _scaled(summary: Summary, unit: float) -> Estimate:
    return Estimate(summary.mean * unit, summary.low * unit, summary.high * unit)
