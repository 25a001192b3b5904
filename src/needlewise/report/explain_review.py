"""Where a number of a review comes from: formula, inputs, rows, sources, assumptions."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterable

from needlewise.errors import InputError
from needlewise.followup import Review
from needlewise.followup.thresholds import Measure, Threshold, measures, threshold
from needlewise.report.document import numbers
from needlewise.report.explain import explain_number, explanation
from needlewise.report.review_view import maintenance_rows, review_document
from needlewise.report.review_words import ReviewWords

OWN = "review."
COURSE = (
    "Y(t) = m(t) + f(t) + e. m is the expected course of the outlook; f a Gaussian process, "
    "Matern 3/2 in log(1 + weeks), with SD s_f(t), s_f(t)^2 + error^2 = squared spread between "
    "people; its tie to the start is the slope of the outlook; e the error of one score. Scores "
    "condition it exactly in each of 1,024 stored joint draws of course, effect and slope; mean "
    "and 2.5 and 97.5 % quantiles over the draws (methods, section 7)."
)
ONE = " One score: the spread given the scores added, a normal clipped to 0-100."
FORMULAS = {
    "sessions": "Sessions of the record, or the number it states where it lists fewer.",
    "why": "A threshold of [review] in topic.toml, or what was counted against it.",
    "score": "As it was given; a score that was not taken is never filled in.",
    "first": "The first score that was taken.",
    "last": "The last score that was taken.",
    "gaps": "Scores of the record that were not taken.",
    "important": "The smallest change that matters, as the source prints it.",
    "detectable": "The change that chance alone may bring, as the source prints it; where none "
    "does, the smallest change that matters in its place.",
    "error": "Standard deviation of the error of one score = detectable change / (z sqrt(2)), z of "
    "the two-sided level.",
    "without": f"{COURSE} Without needling, given the score at the start alone.",
    "start": f"{COURSE} With the option, given the score at the start alone.",
    "updated": f"{COURSE} With the option, given all scores at times of which trials tell.",
    "from-now": f"{COURSE} f as learned under the option so far; m that of the option from now on, "
    "its effect beginning anew; needling no more: the course so far as the trials measured it, "
    "the range also without any effect.",
    "effect": "The trials' difference to no needling at the end of a course, as at the start of "
    "this course; the scores of one person change nothing about it.",
    "goal": f"{COURSE} Chance that a score is at most the target, by draw; mean and quantiles.",
    "target": "As the record states it, else (1 - 0.30) x pain at the start.",
    "more": "As the source says it; nothing is computed.",
}


def explain_review(review: Review, number: str) -> str:
    """The explanation of a number of a review by its id, as text.

    Numbers that a review shares with the comparison are explained as there. Raises InputError
    where the review shows no such number.
    """
    shown = shown_as(review, number)
    if not number.startswith(OWN):
        return explain_number(review.comparison, number)
    lines = [f"{number}: {'; '.join(shown)}", ""]
    for title, rows in _parts(review, number.removeprefix(OWN)):
        if rows:
            lines.append(title)
        for row in rows:
            lines += textwrap.wrap(
                row, 80, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
            )
        lines += [""] if rows else []
    return "\n".join(lines)


def shown_as(review: Review, number: str) -> tuple[str, ...]:
    """How the number stands on the page. Raises InputError where it does not."""
    if review.stopped:
        raise InputError("No number is shown to this person: the safety check comes first.")
    known = numbers(review_document(review))
    shown = tuple(dict.fromkeys(n.text for n in known if n.id == number))
    if not shown:
        near = difflib.get_close_matches(number, sorted({n.id for n in known}), 3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise InputError(
            f"There is no number {number} in this review; needlewise review --ids lists them.{hint}"
        )
    return shown


def _parts(review: Review, rest: str) -> Iterable[tuple[str, list[str]]]:
    kind, _, name = rest.partition(".")
    one = kind.startswith("one-")
    kind = kind.removeprefix("one-")
    yield "Formula", [FORMULAS[kind] + (ONE if one else "")]
    measure = measures(review.topic).get(name.partition(".")[0])
    if measure is not None:
        yield "Rows", [*measure.places, *_scores(review, measure)]
        if kind == "detectable" and measure.stands_in:
            yield "Assumptions", [_threshold(threshold(review.topic, "detectable_level"))]
    elif kind in {"without", "start", "updated", "from-now", "goal", "error"}:
        yield from _course(review, kind, name)
    elif kind == "effect":
        week = float(review.topic.settings["horizons"][0]["week"])
        trail = explanation(review.comparison, f"effect.pain.{week:g}.{name}")[1]
        yield from ((title, list(rows)) for title, rows in trail)
    elif kind == "why":
        key = name.rpartition(".")[0]
        found = [t for b in review.advice.why if b.key == key for t in b.thresholds]
        yield "Thresholds", [_threshold(t) for t in found]
    elif kind == "more":
        rows = [r for r in maintenance_rows(ReviewWords(review)) if f"{r.line}" == name]
        yield "Rows", [f"{r.place} {'; '.join(f'{c}: {v}' for c, v in r.items() if v)}"
                       for r in rows]  # fmt: skip
    yield "Content", [f"version {review.topic.version}, hash {review.topic.hash}"]
    yield "Course record", [f"hash {review.record.hash}"]


def _course(review: Review, kind: str, name: str) -> Iterable[tuple[str, list[str]]]:
    topic, trajectory = review.topic, review.trajectory
    if trajectory is None:
        return
    measure = measures(topic)["pain_nrs"]
    model = trajectory.ways[0].model
    yield "Inputs", [
        *_scores(review, measure),
        f"error of one score: {trajectory.error:.2f} of 100",
        f"spread between people at the start {model.start:.1f}, at the horizons "
        + ", ".join(f"{sd:.1f}" for sd in model.later),
        f"slopes {model.slopes.min():.2f} to {model.slopes.max():.2f}; length of the process in "
        f"log(1 + weeks) {model.length.min():.2f} to {model.length.max():.2f}",
        f"readings of who the person is whose widest range stands: {len(trajectory.ways)}",
    ]  # fmt: skip
    found = {
        "without": trajectory.without, "start": trajectory.at_start, "updated": trajectory.updated,
    }.get(kind)  # fmt: skip
    if found is not None:
        yield "Standard deviation of one score", [f"{found[float(name)].sd:.1f} of 100"]
    if kind == "error":
        yield "Rows", list(measure.places)
    weeks = [float(h["week"]) for h in topic.settings["horizons"]]
    if kind in {"start", "updated"}:
        yield "What was known at the start", [
            f"course.pain.{w:g}.{review.record.option}" for w in weeks if w == float(name)
        ]  # fmt: skip
    used = ["detectable_level", "effect_from_the_start"]
    yield (
        "Assumptions",
        [
            *(_threshold(threshold(topic, n)) for n in used),
            *(
                f"{n} = {topic.assumption(n):g}: {topic.settings['assumptions'][n]['reason']}"
                for n in ("slope_low", "slope_high", "effect_shrinks_with_pain", "course_tau_scale")
            ),
        ],
    )


def _scores(review: Review, measure: Measure) -> list[str]:
    series = review.record.series(measure.field)
    told = ", ".join(f"week {w:.1f}: {'none' if s is None else f'{s:g}'}" for w, s in series)
    return [f"scores of the record, {measure.name}: {told or 'none'}"]


def _threshold(found: Threshold) -> str:
    where = f'{found.place} "{found.printed}"; {found.source}' if found.place else found.source
    return f"{found.name} = {found.value:g} {found.unit}: {where or found.reason}"
