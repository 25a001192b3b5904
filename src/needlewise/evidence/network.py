"""Rows of a topic to a `Network`: studies in one form, and a reason for every row left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.contrasts import Contrast, arms_from_contrasts
from needlewise.evidence.inclusion import Audience, audience_default
from needlewise.evidence.scales import Scale, scale_of
from needlewise.evidence.standard_errors import arm_standard_error, contrast_standard_error
from needlewise.topic import Row, Topic
from needlewise.topic.pack import listed

SHAM = "sham-"


@dataclass(frozen=True)
class Measure:
    """One arm at one week on the common scale: value, variance, people, and where it stands."""

    value: float
    variance: float
    size: float | None
    source: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class ArmSeries:
    """An arm of a study over its own weeks.

    `components` leaves out the reference and joins components of one group ("exercise +
    physiotherapy"), which never add; `with_reference` is what the source says. `values` and
    `variances` have shape (weeks,) on the common scale, higher worse.
    """

    id: str
    components: tuple[str, ...]
    with_reference: tuple[str, ...]
    weeks: tuple[float, ...]
    values: Array
    variances: Array
    sizes: tuple[float | None, ...]
    sources: tuple[str, ...]
    places: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Study:
    """A trial as the engine sees it."""

    id: str
    label: str
    population: str
    condition: str
    people: int | None
    arms: tuple[ArmSeries, ...]

    @property
    def weeks(self) -> tuple[float, ...]:
        return tuple(sorted({week for arm in self.arms for week in arm.weeks}))

    @property
    def sham_controlled(self) -> bool:
        return any(c.startswith(SHAM) for arm in self.arms for c in arm.components)

    @property
    def printed(self) -> bool:
        """Whether every spread was printed by the source."""
        kinds = {source for arm in self.arms for source in arm.sources}
        return kinds <= {"printed", "interval", "sd"}


@dataclass(frozen=True)
class Unused:
    """A row that does not enter, and why."""

    study: str
    week: str
    place: str
    why: str


@dataclass(frozen=True)
class Network:
    """The trials of one outcome for one audience.

    `components` are all components but the reference, in alphabetical order; `merged` names arms
    joined because they received the same; `unused` holds every other row of the outcome.
    """

    topic: Topic = field(repr=False, compare=False)
    outcome: str
    scale: Scale
    audience: Audience
    reference: str
    studies: tuple[Study, ...]
    components: tuple[str, ...]
    unused: tuple[Unused, ...]
    merged: tuple[str, ...]

    def without(self, study: str) -> Network:
        """The same network with one study left out."""
        return self.keep(tuple(s for s in self.studies if s.id != study))

    def keep(self, studies: tuple[Study, ...]) -> Network:
        """The same network with only these studies."""
        components = sorted({c for s in studies for arm in s.arms for c in arm.components})
        return replace(self, studies=studies, components=tuple(components))

    def differences(self, window: tuple[float, float]) -> dict[str, Array]:
        """Within-study differences of components between arms that share a week in the window.

        Returns: study id -> array (differences, components); studies without any are left out.
        """
        index = {c: k for k, c in enumerate(self.components)}
        found: dict[str, Array] = {}
        for study in self.studies:
            rows: dict[tuple[frozenset[str], frozenset[str]], None] = {}
            for week in study.weeks:
                if window[0] <= week < window[1]:
                    present = [set(arm.components) for arm in study.arms if week in arm.weeks]
                    for other in present[1:]:
                        rows[frozenset(other - present[0]), frozenset(present[0] - other)] = None
            vectors = np.zeros((len(rows), len(index)))
            for vector, (more, fewer) in zip(vectors, rows, strict=True):
                vector[[index[c] for c in more]] = 1.0
                vector[[index[c] for c in fewer]] = -1.0
            if rows:
                found[study.id] = vectors
        return found


def build_network(
    topic: Topic,
    outcome: str,
    audience: Audience | None = None,
    *,
    pain_sd: float | None = None,
    printed_only: bool = False,
) -> Network:
    """The network of an outcome for an audience (the topic's default where none is given).

    `printed_only` leaves out every row whose spread the source did not print.
    Raises InputError where a study contradicts itself.
    """
    audience = audience or audience_default(topic)
    scale = scale_of(topic, outcome, pain_sd)
    reader = _Reader(topic, outcome, scale, printed_only)
    studies: list[Study] = []
    for row in topic["studies"]:
        if not reader.has_rows(row["study_id"]):
            continue
        refusal = audience.refusal(row)
        if refusal:
            reader.refuse_all(row["study_id"], refusal)
            continue
        study = reader.study(row)
        if study is not None:
            studies.append(study)
    components = tuple(sorted({c for s in studies for arm in s.arms for c in arm.components}))
    return Network(
        topic,
        outcome, scale, audience, str(topic.settings["network"]["reference"]), tuple(studies),
        components, tuple(reader.unused), tuple(reader.merged),
    )  # fmt: skip


class _Reader:
    """Reads one study after the other and keeps account of what stays out."""

    def __init__(self, topic: Topic, outcome: str, scale: Scale, printed_only: bool) -> None:
        self.topic, self.scale, self.printed_only = topic, scale, printed_only
        self.rules = topic.settings["network"]
        self.group_of = {
            c: g["name"] for g in topic.settings["component_groups"] if g["adds"] != "within"
            for c in g["components"]
        }  # fmt: skip
        self.unused: list[Unused] = []
        self.merged: list[str] = []
        self.arms = {(a["study_id"], a["arm_id"]): a for a in topic["arms"]}
        self.arm_rows = _grouped(topic["arm_results"], outcome)
        self.contrast_rows = _grouped(topic["contrast_results"], outcome)

    def has_rows(self, study: str) -> bool:
        return study in self.arm_rows or study in self.contrast_rows

    def refuse(self, row: Row, why: str) -> None:
        self.unused.append(Unused(row["study_id"], row["week"], row.place, why))

    def refuse_all(self, study: str, why: str) -> None:
        for row in [*self.arm_rows.get(study, ()), *self.contrast_rows.get(study, ())]:
            self.refuse(row, why if row["use"] == "yes" else row["why_not"])

    def study(self, row: Row) -> Study | None:
        study = row["study_id"]
        course = row.number("weeks_treatment")
        earliest = (
            course / 2 if course is not None else self.rules["earliest_week_when_course_unknown"]
        )
        arm_weeks = self.by_week(self.arm_rows.get(study, ()), earliest)
        contrast_weeks = self.by_week(self.contrast_rows.get(study, ()), earliest)
        measures: dict[str, dict[float, Measure]] = defaultdict(dict)
        for week in sorted(set(arm_weeks) | set(contrast_weeks)):
            found = self.week(study, arm_weeks.get(week, []), contrast_weeks.get(week, []))
            for arm, measure in found.items():
                measures[arm][week] = measure
        arms = self.merge(study, measures)
        if len(arms) < 2:
            for places in {p for by in measures.values() for m in by.values() for p in m.places}:
                self.unused.append(Unused(study, "", places, "its arms received the same"))
            return None
        people = row.number("n_randomised")
        return Study(
            study, row["label"], row["population"], row["condition"],
            None if people is None else int(people), arms,
        )  # fmt: skip

    def by_week(self, rows: Iterable[Row], earliest: float) -> dict[float, list[Row]]:
        weeks: dict[float, list[Row]] = defaultdict(list)
        for row in rows:
            week = row.number("week")
            if row["use"] != "yes":
                self.refuse(row, row["why_not"])
            elif week is None:
                self.refuse(row, "no week")
            elif week <= 0:
                self.refuse(row, "at or before the start")
            elif week < earliest:
                self.refuse(row, f"during treatment (before week {earliest:g})")
            else:
                weeks[week].append(row)
        return weeks

    def week(self, study: str, arms: list[Row], contrasts: list[Row]) -> dict[str, Measure]:
        """What enters for one week: adjusted contrasts, else changes, else final scores."""
        choices: list[list[Row]] = [
            [c for c in contrasts if c["adjusted"] == "yes"],
            [a for a in arms if a["measure"] == "change"],
            [a for a in arms if a["measure"] == "final"],
            [c for c in contrasts if c["adjusted"] != "yes"],
        ]
        chosen: dict[str, Measure] = {}
        for rows in choices:
            read = self.from_contrasts if rows and "arm_a" in rows[0] else self.from_arms
            found = {} if chosen else read(study, rows)
            if len(found) >= 2:
                chosen = found
            elif chosen:
                for row in rows:
                    self.refuse(row, "another row of this week is preferred")
            elif rows and found:
                places = {place for measure in found.values() for place in measure.places}
                for row in rows:
                    if row.place in places:  # the others have their reason already
                        self.refuse(row, "no other arm with a usable figure at this week")
        return chosen

    def from_arms(self, study: str, rows: list[Row]) -> dict[str, Measure]:
        found: dict[str, Measure] = {}
        for row in rows:
            if row["arm_id"] in found:
                raise InputError(
                    f"{row.place}: {study} reports arm {row['arm_id']} twice for a week; "
                    "keep one row."
                )
            value, factor = self.scale.arm_value(row), self.scale.factor(row)
            error = arm_standard_error(self.topic, row)
            if value is None or factor is None:
                self.refuse(row, f"{row['instrument']} cannot be put on the common scale")
            elif error is None:
                self.refuse(row, "no way to a standard error")
            elif self.printed_only and not error.printed:
                self.refuse(row, f"spread not printed ({error.source})")
            else:
                found[row["arm_id"]] = Measure(
                    value, (error.value * factor) ** 2, row.number("n"), error.source, (row.place,)
                )
        return found

    def from_contrasts(self, study: str, rows: list[Row]) -> dict[str, Measure]:
        contrasts: list[Contrast] = []
        used: list[tuple[Row, str]] = []
        for row in rows:
            sizes = [self.size(study, row[side]) for side in ("arm_a", "arm_b")]
            factor, error = (
                self.scale.contrast_factor(row),
                contrast_standard_error(self.topic, row, sizes),
            )
            estimate = row.number("estimate")
            if estimate is None:
                self.refuse(row, "no estimate")
            elif factor is None:
                self.refuse(row, f"{row['instrument']} cannot be put on the common scale")
            elif error is None:
                self.refuse(row, "no way to a standard error")
            elif self.printed_only and not error.printed:
                self.refuse(row, f"spread not printed ({error.source})")
            else:
                sign = -1.0 if row["favours_a_sign"] == "positive" else 1.0
                contrasts.append(
                    Contrast(
                        row["arm_a"],
                        row["arm_b"],
                        sign * estimate * factor,
                        (error.value * factor) ** 2,
                    )
                )
                used.append((row, error.source))
        if not contrasts:
            return {}
        arms = {arm for c in contrasts for arm in (c.a, c.b)}
        sizes_of = {arm: self.size(study, arm) for arm in arms}
        solved = arms_from_contrasts(study, contrasts, sizes_of, self.scale.rounding)
        found = {}
        for arm, (value, variance) in solved.items():
            rows_of = [(r, s) for r, s in used if arm in (r["arm_a"], r["arm_b"])]
            found[arm] = Measure(
                value, variance, sizes_of[arm], rows_of[0][1],
                tuple(r.place for r, _ in rows_of),
            )  # fmt: skip
        return found

    def nodes(self, components: tuple[str, ...]) -> tuple[str, ...]:
        """Components as the model adds them: those of one group together are one node."""
        groups: dict[str, list[str]] = defaultdict(list)
        for component in components:
            if component != self.rules["reference"]:
                groups[self.group_of.get(component, component)].append(component)
        return tuple(sorted(" + ".join(sorted(parts)) for parts in groups.values()))

    def arm(self, study: str, arm: str) -> Row:
        if (study, arm) not in self.arms:
            raise InputError(f"{study} has results of an arm '{arm}' that arms.csv lacks; add it.")
        return self.arms[study, arm]

    def size(self, study: str, arm: str) -> float | None:
        return self.arm(study, arm).number("n_randomised")

    def merge(self, study: str, measures: dict[str, dict[float, Measure]]) -> tuple[ArmSeries, ...]:
        """Arms that received the same become one, by inverse variance week by week."""
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for arm in measures:
            groups[tuple(sorted(listed(self.arm(study, arm)["components"], " + ")))].append(arm)
        series = []
        for components, arms in groups.items():
            if len(arms) > 1:
                self.merged.append(f"{study}: {', '.join(sorted(arms))}")
            weeks = sorted({week for arm in arms for week in measures[arm]})
            joined = [_pooled([measures[a][w] for a in arms if w in measures[a]]) for w in weeks]
            series.append(
                ArmSeries(
                    " + ".join(sorted(arms)),
                    self.nodes(components),
                    components,
                    tuple(weeks),
                    np.array([m.value for m in joined]),
                    np.array([m.variance for m in joined]),
                    tuple(m.size for m in joined),
                    tuple(m.source for m in joined),
                    tuple(m.places for m in joined),
                )
            )
        return tuple(sorted(series, key=lambda s: s.components))


def _pooled(measures: list[Measure]) -> Measure:
    if len(measures) == 1:
        return measures[0]
    weights = [1.0 / m.variance for m in measures]
    sizes = [m.size for m in measures if m.size is not None]
    return Measure(
        sum(w * m.value for w, m in zip(weights, measures, strict=True)) / sum(weights),
        1.0 / sum(weights),
        sum(sizes) if len(sizes) == len(measures) else None,
        "; ".join(sorted({m.source for m in measures})),
        tuple(p for m in measures for p in m.places),
    )


def _grouped(table: Iterable[Row], outcome: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in table:
        if row["outcome"] == outcome:
            groups[row["study_id"]].append(row)
    return groups
