"""Is the outlook right about itself? Predicted against observed, and simulated people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from needlewise.distributions import Array
from needlewise.evidence import audience_default
from needlewise.outlook.clipped import latent_mean
from needlewise.outlook.course import Course, course_of, shape
from needlewise.outlook.figures import Figures
from needlewise.outlook.prediction import Estimate
from needlewise.outlook.spread import spread_of
from needlewise.outlook.subject import Subject
from needlewise.synthesis.base import EvidenceBase, evidence_base
from needlewise.synthesis.effects import Effects
from needlewise.topic import Option, Row, Topic
from needlewise.topic.pack import listed

PEOPLE = 20_000
SEED = 20261122


@dataclass(frozen=True)
class Responders:
    """One trial arm with a count of responders beside the chance the outlook gives its people.

    `predicted` is of at least 30 % less pain; `definition` what the trial counted instead.
    """

    study: str
    arm: str
    option: str
    week: float
    observed: float
    total: float
    predicted: Estimate
    definition: str
    place: str


def responders(topic: Topic) -> tuple[Responders, ...]:
    """Every arm with a count of a default-audience trial that an option describes."""
    base, audience = evidence_base(topic), audience_default(topic)
    studies = topic["studies"].by("study_id")
    arms = {(a["study_id"], a["arm_id"]): a for a in topic["arms"]}
    found = []
    for row in topic["event_results"]:
        study = studies[row["study_id"]]
        option = _option(topic, listed(arms[row["study_id"], row["arm_id"]]["components"], " + "))
        counted = row["event"] == "responder" and row["use"] == "yes" and row.number("week")
        if not counted or option is None or audience.refusal(study) is not None:
            continue
        predicted = _predicted(topic, base, option, study, row)
        if predicted is not None:
            total = row.number("total") or 0.0
            events = row.number("events")
            if events is None:
                events = round(total * (row.number("percent") or 0.0) / 100.0)
            found.append(
                Responders(
                    study["label"],
                    row["arm_id"],
                    option.id,
                    row.number("week") or 0.0,
                    events / total,
                    total,
                    predicted,
                    row["definition"],
                    row.place,
                )
            )
    return tuple(found)


def _option(topic: Topic, components: tuple[str, ...]) -> Option | None:
    """The option an arm received on top of usual care, None where it received more."""
    plain = set(topic.settings["course"]["arms"])
    own = tuple(c for c in components if c not in plain)
    return next((o for o in topic.options if o.components == own), None)


def _predicted(
    topic: Topic, base: EvidenceBase, option: Option, study: Row, row: Row
) -> Estimate | None:
    week = row.number("week") or 0.0
    horizon = next(h for h in topic.settings["horizons"] if h["window"][0] <= week < h["window"][1])
    figures = _ordinary(topic, base, study.number("baseline_pain_0_100"))
    cells = {(c.option, c.outcome, c.week): c for c in figures.cells()}
    return cells[option.id, "pain", float(horizon["week"])].chance


def _ordinary(topic: Topic, base: EvidenceBase, pain: float | None) -> Figures:
    """The outlook of the default audience's people at a pain level (None: the course's mean)."""
    population = str(topic.settings["network"]["populations"][0]["name"])
    audience = audience_default(topic)
    course = base.remember(
        ("course of", population, audience), lambda: course_of(topic, population, audience)
    )
    assert course is not None
    level = course.baseline if pain is None else pain
    return Figures(topic, base, Subject(level, population, (), (), audience), course)


@dataclass(frozen=True)
class Reliability:
    """Simulated people against what the outlook told them.

    `coverage`: share whose pain fell inside their 95 % range. `brier`: mean squared miss of the
    chance, `brier_of_mean` that of telling everybody the same. `bins`: (people, mean chance told,
    share clearly better).
    """

    option: str
    week: float
    coverage: float
    brier: float
    brier_of_mean: float
    bins: tuple[tuple[int, float, float], ...]


def reliability(topic: Topic, option: str, week: float, people: int = PEOPLE) -> Reliability:
    """Draw settings and people from the model itself and hold the outlook's answers against them.

    The truth comes from fresh random numbers, the answers from the stored Sobol set.
    """
    random = np.random.default_rng(SEED)
    base = evidence_base(topic)
    levels = np.arange(30.0, 100.0, 10.0)
    told = {level: _told(topic, base, option, week, float(level)) for level in levels}
    pain = random.choice(levels, people)
    later = _later(topic, base, option, week, pain, random)
    better = later <= (1.0 - topic.assumption("clearly_better")) * pain
    chance = np.array([told[p][0] for p in pain])
    inside = np.array([told[p][1] <= y <= told[p][2] for p, y in zip(pain, later, strict=True)])
    return Reliability(
        option, week, float(inside.mean()), float(np.mean((chance - better) ** 2)),
        float(np.mean((better.mean() - better) ** 2)), _bins(chance, better),
    )  # fmt: skip


def _told(
    topic: Topic, base: EvidenceBase, option: str, week: float, pain: float
) -> tuple[float, float, float]:
    figures = _ordinary(topic, base, pain)
    cell = next(
        c for c in figures.cells()
        if (c.option, c.outcome, c.week) == (option, "pain", week)
    )  # fmt: skip
    assert cell.chance is not None
    assert cell.you is not None
    return cell.chance.mean, cell.you.low, cell.you.high


def _later(
    topic: Topic, base: EvidenceBase, option: str, week: float, pain: Array,
    random: np.random.Generator,
) -> Array:  # fmt: skip
    """Pain at a week of people who each live in a setting of their own."""
    figures = _ordinary(topic, base, None)
    effects, course = base.effects("pain", audience_default(topic)), figures.course
    assert effects is not None
    assert course is not None
    horizon = figures.horizon(week)
    spread = spread_of(topic, course.population, audience_default(topic), horizon)
    assert spread is not None
    size = len(pain)
    change = _sampled_course(course, week, size, random)
    slope = random.uniform(spread.slope_low, spread.slope_high, size)
    centre = course.baseline + change
    mean = np.clip(centre + slope * (pain - course.baseline), 0.1, 99.9)
    trials = np.clip(centre + slope * (figures.trial_baseline[0] - course.baseline), 0.1, 99.9)
    components = topic.option(option).components
    if components:
        effect = _sampled_effect(effects, components, week, size, random)
        mean = np.clip(mean + np.minimum(1.0, mean / trials) * effect, 0.1, 99.9)
    latent = latent_mean(mean, spread.residual)
    return np.clip(latent + spread.residual * random.standard_normal(size), 0.0, 100.0)


def _sampled_effect(
    effects: Effects, components: tuple[str, ...], week: float, size: int,
    random: np.random.Generator,
) -> Array:  # fmt: skip
    means, variances = effects.mixture.project(effects.contrast(week, components)[None, :])
    nodes = random.choice(len(effects.mixture.weights), size, p=effects.mixture.weights)
    spread = np.sqrt(variances[0][nodes] + effects.tau_squares[nodes])
    return np.asarray(means[0][nodes] + spread * random.standard_normal(size))


def _sampled_course(course: Course, week: float, size: int, random: np.random.Generator) -> Array:
    weights = shape(course.basis, [week])
    means, covariances = course.mixture.joint(weights)
    nodes = random.choice(len(course.mixture.weights), size, p=course.mixture.weights)
    tau = course.mixture.taus[nodes, 0]
    spread = np.sqrt(covariances[nodes, 0, 0] + np.square(tau))
    return np.asarray(means[nodes, 0] + spread * random.standard_normal(size))


def _bins(chance: Array, better: NDArray[np.bool_]) -> tuple[tuple[int, float, float], ...]:
    found = []
    for level in np.unique(np.round(chance, 2)):
        chosen = np.round(chance, 2) == level
        found.append(
            (int(chosen.sum()), float(chance[chosen].mean()), float(better[chosen].mean()))
        )
    return tuple(found)
