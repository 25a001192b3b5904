"""The course without needling: how pain changes in people who get none (methods, section 5).

Change from each source's own baseline, combined by the same exact engine as the trials: a source's
own random course, linear in log(1 + weeks) between knots and zero at the start.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence.inclusion import Audience
from needlewise.synthesis.design import TimeBasis, basis_of, priors_of
from needlewise.synthesis.gaussian import Block, Mixture, posterior
from needlewise.topic import Row, Topic
from needlewise.topic.pack import listed


@dataclass(frozen=True)
class Point:
    """Mean pain of a source at a week: change from its baseline, points of 0-100."""

    week: float
    change: float
    error: float
    assumed_error: bool
    place: str


@dataclass(frozen=True)
class CourseSource:
    """One trial arm or cohort: its baseline (None where not known) and changes from it."""

    id: str
    label: str
    baseline: float | None
    size: float | None
    points: tuple[Point, ...]
    places: tuple[str, ...]


@dataclass(frozen=True)
class Course:
    """The combined course of a population.

    `mixture` is over the mean change at the knots; the random course of a new source has
    covariance tau^2 times the kernel. `baseline` is mu_0, the mean of the sources' baselines.
    """

    population: str
    sources: tuple[CourseSource, ...]
    basis: TimeBasis
    mixture: Mixture
    baseline: float
    assumed: bool

    def without(self, topic: Topic, source: str) -> Course:
        """The course with one source left out."""
        return combine(topic, self.population, [s for s in self.sources if s.id != source])


def shape(basis: TimeBasis, weeks: Sequence[float] | Array) -> Array:
    """Weights of the knots at each week: linear in log(1 + weeks), zero at the start."""
    knots = np.log1p(np.asarray(basis.knots))
    x = np.clip(np.log1p(np.atleast_1d(np.asarray(weeks, dtype=float))), 0.0, knots[-1])
    points = np.concatenate([[0.0], knots])
    upper = np.clip(np.searchsorted(points, x), 1, len(knots))
    share = (x - points[upper - 1]) / (points[upper] - points[upper - 1])
    weights = np.zeros((len(x), len(points)))
    rows = np.arange(len(x))
    weights[rows, upper - 1] += 1.0 - share
    weights[rows, upper] += share
    return weights[:, 1:]


def course_of(
    topic: Topic, population: str, audience: Audience, arms: Sequence[str] = ()
) -> Course | None:
    """The course of a population, None where no source reports one.

    With fewer than two sources it is an assumption (`assumed`). `arms` names the components of the
    trial arms that count as without needling; default those of the topic.
    """
    plain = frozenset(arms or topic.settings["course"]["arms"])
    sources = [*_cohorts(topic, population), *_trial_arms(topic, audience, plain)]
    sources = [s for s in sources if s.baseline is not None]
    return combine(topic, population, sources) if sources else None


def combine(topic: Topic, population: str, sources: Sequence[CourseSource]) -> Course:
    """Meta-analysis of sources with a random course for each."""
    basis, priors = basis_of(topic.settings), priors_of(topic.settings, "points")
    rho = topic.settings["model"]["error_correlation"]
    blocks = []
    for source in sources:
        weeks = np.array([p.week for p in source.points])
        errors = np.array([p.error for p in source.points])
        apart = np.abs(np.subtract.outer(np.log2(weeks), np.log2(weeks)))
        blocks.append(
            Block(
                np.array([p.change for p in source.points]),
                np.outer(errors, errors) * rho**apart,
                basis.kernel(weeks),
                shape(basis, weeks),
                np.zeros((len(weeks), 0)),
            )
        )
    prior = priors.level_sd**2 + priors.drift_sd**2 * basis.drift()
    mixture = posterior(
        blocks, prior, topic.assumption("course_tau_scale"), topic.settings["model"]["nodes"]
    )
    baseline = float(np.mean([s.baseline for s in sources if s.baseline is not None]))
    return Course(population, tuple(sources), basis, mixture, baseline, len(sources) < 2)


def _cohorts(topic: Topic, population: str) -> list[CourseSource]:
    """Cohorts of course.csv; those that count from onset serve only the populations named."""
    from_onset = population in topic.settings["course"]["from_onset"]
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in topic["course"]:
        about = row["population"] == population and row["outcome"] == "pain"
        if about and (row["counts_from"] == "entry" or from_onset):
            groups[row["source_id"]].append(row)
    sources = []
    for source, rows in groups.items():
        start = next((r for r in rows if r.number("week") == 0), None)
        later = [
            r for r in rows if (r.number("week") or 0) > 0 and r.number("mean_0_100") is not None
        ]
        if start is None or not later:
            continue
        baseline = start.number("mean_0_100") or 0.0
        points = []
        for row in later:
            low, high = row.number("ci_low"), row.number("ci_high")
            known = low is not None and high is not None
            error = (
                (high - low) / 3.92 if low is not None and high is not None
                else topic.assumption("course_se")
            )  # fmt: skip
            points.append(
                Point(
                    row.number("week") or 0.0,
                    (row.number("mean_0_100") or 0.0) - baseline,
                    max(error, 0.5),
                    not known,
                    row.place,
                )
            )
        label = start["citation"].split(".")[0]
        sources.append(
            CourseSource(
                source,
                label,
                baseline,
                None,
                tuple(points),
                tuple(r.place for r in [start, *later]),
            )
        )
    return sources


def _trial_arms(topic: Topic, audience: Audience, plain: frozenset[str]) -> list[CourseSource]:
    """Arms of trials that got nothing but `plain`, with a mean change to be had."""
    studies = {s["study_id"]: s for s in topic["studies"]}
    arms = {
        (a["study_id"], a["arm_id"]): a
        for a in topic["arms"]
        if set(listed(a["components"], " + ")) <= plain
        and audience.refusal(studies[a["study_id"]]) is None
    }
    rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in topic["arm_results"]:
        key = row["study_id"], row["arm_id"]
        if row["outcome"] == "pain" and key in arms and row.number("scale_max") is not None:
            rows[key].append(row)
    sources = []
    for (study, arm), found in rows.items():
        source = _trial_source(topic, studies[study], f"{study}/{arm}", found)
        if source is not None:
            sources.append(source)
    return sources


def _trial_source(topic: Topic, study: Row, name: str, rows: Sequence[Row]) -> CourseSource | None:
    allowed = set(topic.settings["course"]["also_use"])
    usable = [
        r for r in rows
        if (r.number("week") or 0) > 0 and (r["use"] == "yes" or r["why_not"] in allowed)
    ]  # fmt: skip
    start = next((r for r in rows if r.number("week") == 0 and r["measure"] == "final"), None)
    by_week: dict[float, Row] = {}
    for row in sorted(usable, key=lambda r: r["measure"]):  # change before final
        by_week.setdefault(row.number("week") or 0.0, row)
    points = []
    for week, row in sorted(by_week.items()):
        point = _change(topic, start, row, week)
        if point is not None:
            points.append(point)
    if not points:
        return None
    baseline, place = _baseline(study, start, usable)
    return CourseSource(
        name, study["label"], baseline, None if start is None else start.number("n"),
        tuple(points), tuple([p.place for p in points] + ([place] if place else [])),
    )  # fmt: skip


def _scaled(row: Row, value: float | None) -> float | None:
    low, high = row.number("scale_min"), row.number("scale_max")
    if value is None or low is None or high is None:
        return None
    return value * 100.0 / (high - low)


def _level(row: Row) -> float | None:
    value = _scaled(row, row.number("mean"))
    if value is None:
        return None
    return 100.0 - value if row["higher_is"] == "better" else value


def _change(topic: Topic, start: Row | None, row: Row, week: float) -> Point | None:
    """Change at a week; its error from printed spreads, else the declared assumption."""
    size, sd = row.number("n"), _scaled(row, row.number("sd"))
    if row["measure"] == "change":
        value = _scaled(row, row.number("mean"))
        if value is None:
            return None
        value = (
            -abs(value)
            if (value > 0) == (row["change_sign"] == "positive-improves")
            else abs(value)
        )
        error = sd / math.sqrt(size) if sd is not None and size else None
    else:
        level, base = _level(row), None if start is None else _level(start)
        first = None if start is None else _scaled(start, start.number("sd"))
        if level is None or base is None:
            return None
        value, error = level - base, None
        if sd is not None and first is not None and size:
            r = topic.assumption("change_correlation")
            error = math.sqrt((first**2 + sd**2 - 2 * r * first * sd) / size)
    assumed = error is None
    return Point(
        week, value, topic.assumption("course_se") if error is None else error, assumed, row.place
    )


def _baseline(study: Row, start: Row | None, rows: Sequence[Row]) -> tuple[float | None, str]:
    """The arm's own start, else final minus change of one week, else the whole trial's mean."""
    if start is not None:
        return _level(start), start.place
    for final in rows:
        for change in rows:
            if (
                final["measure"] == "final" and change["measure"] == "change"
                and final["week"] == change["week"] and final["instrument"] == change["instrument"]
            ):  # fmt: skip
                level, moved = _level(final), _scaled(change, change.number("mean"))
                if level is not None and moved is not None:
                    better = (moved > 0) == (change["change_sign"] == "positive-improves")
                    return level + abs(moved) if better else level - abs(moved), final.place
    return study.number("baseline_pain_0_100"), study.place
