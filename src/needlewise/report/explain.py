"""Where a number comes from: formula, inputs, rows with file and line, weights, assumptions."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterable

from needlewise.choice import Comparison
from needlewise.errors import InputError
from needlewise.outlook.cells import Cell
from needlewise.outlook.course import Course
from needlewise.outlook.spread import reference_baselines
from needlewise.outlook.what_if import what_ifs
from needlewise.report.document import numbers
from needlewise.report.honesty import rows_by_id
from needlewise.report.terminal import clean, source_line
from needlewise.report.view import document, sources
from needlewise.report.words import Words
from needlewise.synthesis.effects import Effects
from needlewise.synthesis.influence import influences
from needlewise.topic import Row, Topic

FORMULAS = {
    "effect": "Mean and 2.5 and 97.5 % quantiles of the exact posterior, a mixture of Gaussians "
    "over tau; given tau the mean is the sum of weight times row value (methods, section 2).",
    "course": "E[Y] = mu_0 + change + slope x (pain now - mu_0); with an option, share x effect "
    "is added, share = min(1, expected pain / the trials' expected pain); kept on 0 to 100; range "
    "over 1,024 stored joint draws in a new setting (methods, section 5).",
    "you": "As course.*, with the spread between people added: a normal clipped to 0-100 whose "
    "clipped mean is the expected pain.",
    "chance": "Share of people whose clipped normal pain is at most (1 - 0.30) x pain now: mean "
    "and range over 1,024 stored joint draws (methods, section 5).",
    "difference": "chance with the option minus chance without, in the same draws.",
    "harm": "Random-effects rate over surveys of one option, event, denominator and reporter; "
    "from a rate per visit only the bounds p and 1 - (1 - p)^n; none seen: exact one-sided 95 % "
    "limit 1 - 0.05^(1/N) (methods, section 5).",
    "what-if": "As chance.*, with one assumption changed as its row says.",
    "visits": "Median of the sessions planned in trials with this option, and their range.",
    "benchmark": "Published standardised difference x SD of pain, beside the posterior of the "
    "same contrast; distance = difference / root of summed squares of both standard errors.",
    "fit": "Sum over criteria of weight x value between the criterion's ends, in 1,024 stored "
    "draws of effects and weights together; share of draws in which each option is ahead, ties "
    "shared; the range carries what nobody measured at both ends (methods, section 6).",
    "flip": "The weight at which two options draw level on average when all other weights keep "
    "their proportions.",
    "trials": "Number of studies with usable rows among those that answer.",
    "people": "People randomised in those studies.",
    "recurrence": "Percent of the people followed with the event within the time, as printed, as a "
    "count of 100; its 95 % interval where the source gives one.",
    "natural": "Mean pain of the source at its start plus its change by the week; range = mean "
    "plus or minus 1.96 standard errors of the change, kept on 0 to 100.",
    "claim": "The figure as the source prints it, in plain words; nothing is computed.",
    "practice": "As the source says it, in plain words; nothing is computed.",
}
PRINTED = ("recurrence", "natural", "claim", "practice")  # shown as a source prints them
NEW_SETTING = "the range is that of a new setting (tau squared added)"
ALSO = {
    "course": ("effect_shrinks_with_pain", "slope_low", "slope_high", "course_se",
               "course_tau_scale", "change_correlation", "pain_sd"),
    "chance": ("clearly_better", "lowest_pain_for_chance"),
    "effect": ("pain_sd", "derived_p_variance_factor", "imputed_variance_factor", "equal_arms"),
    "natural": ("course_se",),
    "harm": ("harm_tau_scale",),
    "benchmark": ("pain_sd",),
}  # fmt: skip


def explain_number(comparison: Comparison, number: str) -> str:
    """The explanation of a number by its id, as text.

    Raises InputError where the comparison shows no such number.
    """
    shown, parts = explanation(comparison, number)
    lines = [f"{number}: {'; '.join(shown)}", ""]
    for title, rows in parts:
        lines.append(title)
        for row in rows:
            lines += textwrap.wrap(
                row, 80, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False,
            )  # fmt: skip
        lines.append("")
    return "\n".join(lines)


def explanation(
    comparison: Comparison, number: str
) -> tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """How a number is shown, and its trail as (title, lines).

    Raises InputError where the comparison shows no such number.
    """
    if not comparison.outlook.triage.comparison_shown:
        raise InputError("No number is shown to this person: the safety check comes first.")
    known = numbers(document(comparison))
    shown = tuple(dict.fromkeys(n.text for n in known if n.id == number))
    if not shown:
        near = difflib.get_close_matches(number, sorted({n.id for n in known}), 3)
        hint = (
            f" Did you mean {' or '.join(near)}?"
            if near
            else " needlewise compare --ids lists them."
        )
        raise InputError(f"There is no number {number} in this comparison.{hint}")
    parts = ((title, tuple(dict.fromkeys(map(clean, rows)))) for title, rows in
             _parts(comparison, number))  # fmt: skip
    return shown, tuple((title, rows) for title, rows in parts if rows)


def _parts(comparison: Comparison, number: str) -> Iterable[tuple[str, list[str]]]:
    kind, _, rest = number.partition(".")
    outlook = comparison.outlook
    yield "Formula", [FORMULAS[kind]]
    if kind in PRINTED:
        places = rows_by_id(Words(comparison))[number]
        yield "Rows", [_whole_row(outlook.topic, p) for p in places]
    elif kind == "harm":
        yield from _harm(comparison, rest)
    elif kind == "visits":
        burden = outlook.burden(rest)
        yield (
            "Rows",
            [_row(outlook.topic, p) for p in burden.places]
            or ["none: no needling takes no visit for needling"],
        )
    elif kind == "benchmark":
        cell = next(b for b in outlook.benchmarks if b.id == rest)
        yield "Rows", [_row(outlook.topic, cell.place)]
        yield from _contrast(
            comparison, _primary(outlook.topic), cell.option, cell.against, cell.audience
        )
    elif kind == "what-if":
        run, _, option = rest.partition(".")
        changed = what_ifs(outlook)[int(run) - 1] if run != "0" else None
        yield "Changed assumption", [changed.name if changed else "none: as on the page"]
        primary = outlook.topic.settings["primary"]["outcome"], _primary(outlook.topic)
        moved = changed.cells[option] if changed else outlook.cell(option, *primary)
        yield from _person(comparison, moved.week, changed.course if changed else None)
        if moved.effect is not None:
            yield "Effects behind it", [f"effect.{moved.key}"]
    elif kind in {"fit", "flip"}:
        yield from _fit(comparison)
    elif kind in {"trials", "people"} and rest in {"pain"}:
        effects = outlook.base.effects("pain", outlook.subject.audience)
        assert effects is not None
        yield "Studies", [f"{s.label} ({s.id})" for s in effects.network.studies]
    elif rest.startswith("sham."):
        pretend = next(s for s in outlook.shams if s.key == rest)
        yield from _contrast(
            comparison, pretend.week, pretend.option, pretend.sham, pretend.audience
        )
        if kind == "chance":
            yield from _person(comparison, pretend.week)
    else:
        outcome, week, option = rest.split(".")
        yield from _cell(comparison, kind, outlook.cell(option, outcome, float(week)))
    used = [*ALSO.get(kind, ())]
    if kind in {"chance", "you", "difference", "what-if"}:
        used = [*ALSO["course"], *ALSO["chance"]]
    yield "Assumptions", [_assumption(outlook.topic, name) for name in used]
    yield "Content", [f"version {outlook.topic.version}, hash {outlook.topic.hash}"]


def _primary(topic: Topic) -> float:
    return float(topic.settings["primary"]["week"])


def _assumption(topic: Topic, name: str) -> str:
    entry = topic.settings["assumptions"][name]
    return f"{name} = {entry['value']:g} {entry['unit']}: {entry['reason']}"


def _at(topic: Topic, place: str) -> Row:
    file, line = place.split(":")
    return next(r for r in topic[file.removesuffix(".csv")] if r.line == int(line))


def _whole_row(topic: Topic, place: str) -> str:
    """File, line and every cell that is filled."""
    filled = [f"{column}: {cell}" for column, cell in _at(topic, place).items() if cell]
    return f"{place} {'; '.join(filled)}"


def _row(topic: Topic, place: str) -> str:
    """File, line and what stands there that matters."""
    row = _at(topic, place)
    wanted = ("study_id", "source_id", "id", "arm_id", "event", "week", "mean", "mean_0_100", "sd",
              "sd_baseline", "sd_followup", "correlation", "n", "events", "total",
              "rate_per_10000", "estimate", "se", "sessions", "baseline_pain_0_100", "pool_why_not",
              "source_url")  # fmt: skip
    cells = ", ".join(f"{c} {row[c]}" for c in wanted if row.get(c))
    return f"{place} {cells}"


def _cell(comparison: Comparison, kind: str, cell: Cell) -> Iterable[tuple[str, list[str]]]:
    outlook = comparison.outlook
    reference = not outlook.topic.option(cell.option).components
    if kind in {"trials", "people"}:
        studies = outlook.topic["studies"].by("study_id")
        yield "Studies", [f"{studies[t].place} {studies[t]['label']}" for t in cell.trials]
        return
    if kind != "effect":
        yield from _person(comparison, cell.week)
    if reference:
        return
    effects = (
        outlook.base.everyone(cell.outcome)
        if cell.evidence == "other-people"
        else outlook.base.effects(cell.outcome, outlook.subject.audience)
    )
    assert effects is not None
    whose = f"{cell.audience}; evidence: {cell.evidence}, {cell.kind}"
    others = cell.evidence == "other-people"
    yield "Whose trials", [f"{whose}; {NEW_SETTING}" if others else whose]
    yield from _rows(comparison, effects, cell.week, (cell.option,), ())


def _contrast(
    comparison: Comparison, week: float, option: str, against: str, others: str
) -> Iterable[tuple[str, list[str]]]:
    """Rows behind pain with an option against another arm; `others`: whose trials, if not own."""
    outlook = comparison.outlook
    effects = (
        outlook.base.everyone("pain")
        if others
        else outlook.base.effects("pain", outlook.subject.audience)
    )
    assert effects is not None
    minus = () if against == effects.network.reference else (against,)
    yield "Whose trials", [f"{others}; {NEW_SETTING}" if others else outlook.subject.audience.name]
    yield from _rows(comparison, effects, week, (option,), minus)


def _rows(
    comparison: Comparison, effects: Effects, week: float, plus: tuple[str, ...],
    minus: tuple[str, ...],
) -> Iterable[tuple[str, list[str]]]:  # fmt: skip
    """Rows that move the result, the strongest first, then what stands behind them."""
    topic = comparison.outlook.topic
    found = sorted(
        influences(effects, effects.contrast(week, plus, minus)), key=lambda i: -abs(i.weight)
    )
    shown = [i for i in found if abs(i.weight) >= 0.005]
    labels = topic["studies"].by("study_id")
    yield "Rows and how far the result moves for each point of theirs", [
        f"{', '.join(i.places)} {labels[i.study]['label']}, {i.arm}, week {i.week:g}: "
        f"{i.value:.4g} (standard error {i.error:.3g}, {i.source}), weight {i.weight:+.3f}"
        for i in shown
    ]  # fmt: skip
    tau = effects.tau()
    yield (
        "Model",
        [
            f"{len(effects.network.studies)} studies, scale: {effects.network.scale.unit}",
            f"heterogeneity tau {tau.mean:.2f} ({tau.low:.2f} to {tau.high:.2f}), "
            f"half-normal prior scale {effects.priors.tau_scale:g}",
            f"prior of a component: level SD {effects.priors.level_sd:g}, drift SD "
            f"{effects.priors.drift_sd:g} per doubling of time",
        ],
    )
    used = {i.study for i in shown}
    known = {s.id: s for s in sources(comparison)}
    yield (
        "Sources",
        [
            source_line(known[s]) if s in known else f"{labels[s].place} {labels[s]['label']}"
            for s in sorted(used)
        ],
    )


def _person(
    comparison: Comparison, week: float, other: Course | None = None
) -> Iterable[tuple[str, list[str]]]:
    outlook = comparison.outlook
    course, spread = other or outlook.course, outlook.spreads.get(week)
    if course is None:
        return
    yield (
        "Inputs",
        [
            f"pain now: {outlook.subject.pain} of 100 (from the person's file)",
            f"mu_0: {course.baseline:.1f}, mean baseline of the course's sources",
        ],
    )
    yield (
        "Course without needling",
        [
            f"{_row(outlook.topic, p.place)}; change {p.change:.1f}, standard error {p.error:.1f}"
            + (" (assumed)" if p.assumed_error else "")
            for s in course.sources
            for p in s.points
        ],
    )
    if spread is not None:
        yield (
            "Spread between people",
            [
                f"at the start {spread.start:.1f}, later {spread.later:.1f}, slope "
                f"{spread.slope_low:g} to {spread.slope_high:g}"
                + (" (assumed)" if spread.assumed else ""),
                *(_row(outlook.topic, p) for p in spread.places),
            ],
        )
    mean, _, places = reference_baselines(outlook.topic, outlook.base, outlook.subject.audience)
    yield "The trials' pain at the start", [
        f"mean {mean:.1f}, weighted by people", *(_row(outlook.topic, p) for p in places)
    ]  # fmt: skip


def _harm(comparison: Comparison, rest: str) -> Iterable[tuple[str, list[str]]]:
    event, option = rest.rsplit(".", 1)
    line = comparison.outlook.harm(option, event)
    if line.cell is None:
        return
    cell = line.cell
    told = [f"per {cell.per}, reporter: {cell.reporter}"]
    if cell.treatments is not None:
        told.append(f"visits in a course: {cell.treatments:g} (visits.{option})")
    yield "Inputs", told
    yield "Rows", [_row(comparison.outlook.topic, p) for p in cell.places]
    yield (
        "Other cells, not shown",
        [f"{c.reporter}, per {c.per}: {', '.join(c.places)}" for c in line.others],
    )


def _fit(comparison: Comparison) -> Iterable[tuple[str, list[str]]]:
    fit = comparison.fit
    if fit is None:
        return
    yield "Weights", [f"{c}: {w:.3f} (from the person)" for c, w in fit.weights.items()]
    yield (
        "Mean value of each option on each criterion, 0 worst to 1 best",
        [f"{o}, {c}: {v:.3f}" for (o, c), v in fit.parts.items()],
    )
    yield "Total", [f"{o}: {v:.3f}" for o, v in fit.values.items()]
    yield (
        "Ends of the criteria",
        [
            f"{c['name']}: {c.get('worst', 'as typed')} to {c.get('best', 'as typed')} {c['unit']}"
            for c in comparison.outlook.topic.settings["criteria"]
            if c["name"] in fit.weights
        ],
    )
    week = _primary(comparison.outlook.topic)
    yield "Effects behind it", [
        f"effect.pain.{week:g}.{o}; effect.disability.{week:g}.{o}; visits.{o}"
        for o in fit.options if comparison.outlook.topic.option(o).components
    ]  # fmt: skip
