"""The course of a review over time: what was expected, and what the scores add to it."""

from __future__ import annotations

from needlewise.followup.review import Trajectory
from needlewise.followup.trajectory import Forecast
from needlewise.report.document import (
    Block,
    Chart,
    Num,
    Paragraph,
    Section,
    Series,
    Table,
    Text,
    plain,
)
from needlewise.report.numbers import ten, tenth
from needlewise.report.review_words import ReviewWords
from needlewise.report.words import joined

PAIN = "pain_nrs"
NORMAL = 1.96  # half-width of a 95 % range in standard deviations
UPDATED, SCORES = "updated", "scores"  # names of the lines that are no option


def over_time(words: ReviewWords) -> Section:
    """Chart and table of the expected course, or why there is none."""
    review = words.review
    title = words["section.over-time"]
    trajectory = review.trajectory
    if trajectory is None:
        why = words[f"no_number.{review.why_no_course}"]
        return Section("over-time", title, (Paragraph(words.say("goal.none", why)),))
    error = Num(f"{ten(trajectory.error):g}", "review.error")
    blocks: list[Block] = [
        Paragraph((words["over_time.intro"],)),
        _chart(words, trajectory),
        _table(words, trajectory),
    ]
    if trajectory.unused:
        weeks = joined([(words.week(w),) for w in trajectory.unused])
        blocks.append(Paragraph(words.say("over_time.unused", weeks), "small"))
    blocks.append(Paragraph(words.say("over_time.error", error), "small"))
    blocks.append(Paragraph((words["over_time.told"],), "small"))
    return Section("over-time", title, tuple(blocks))


def _table(words: ReviewWords, trajectory: Trajectory) -> Table:
    """A row for each horizon and for the week of the goal, where that lies ahead."""
    weeks = [float(h["week"]) for h in words.topic.settings["horizons"]]
    columns = tuple(str(c).format(words.option) for c in words.node("over_time.columns"))
    parts = {
        "without": trajectory.without, "start": trajectory.at_start, "updated": trajectory.updated,
    }  # fmt: skip
    rows = tuple(
        (
            (words.week(week),),
            *(
                words.level(found.get(week), f"{name}.{week:g}", _why(words, week))
                for name, found in parts.items()
            ),
        )
        for week in weeks
    )
    return Table(words["over_time.table"], columns, rows)


def _why(words: ReviewWords, week: float) -> str:
    """Why the comparison has no figure of the option at a horizon."""
    review = words.review
    return review.comparison.outlook.cell(review.record.option, "pain", week).why


def _chart(words: ReviewWords, trajectory: Trajectory) -> Chart:
    review = words.review
    start = review.person.pain_nrs or 0.0
    horizons = [float(h["week"]) for h in words.topic.settings["horizons"]]
    last = next((w for w in horizons if w >= review.now + 6.0), horizons[-1])
    none = next(o.id for o in words.topic.options if not o.components)
    lines = [
        _curve(words, none, words["over_time.without"], trajectory.without, start, last),
        _curve(
            words, review.record.option, words["over_time.at_start"].format(words.option),
            trajectory.at_start, start, last,
        ),
        _curve(
            words, UPDATED, words["over_time.updated"].format(words.option), trajectory.updated,
            None, last,
        ),
    ]  # fmt: skip
    own = _own_scores(words, trajectory)
    series = tuple(s for s in (*lines, own) if s.points)
    gaps = [week for s in series for week in s.gaps]
    ticks = {0.0, *(w for w in horizons if w <= last), tenth(review.now), *gaps}
    weeks = tuple((w, words.week(w)) for w in sorted(ticks))
    return Chart(
        "over-time.chart", words["over_time.chart"], series, weeks,
        " ".join(_told(words, s) for s in series), words["over_time.table"], 10.0,
    )  # fmt: skip


def _curve(
    words: ReviewWords, option: str, label: str, found: object, start: float | None, last: float
) -> Series:
    assert isinstance(found, dict)
    told: dict[float, Forecast] = found
    points = [(0.0, start, start, start)] if start is not None and told else []
    points += [
        (w, ten(f.expected.mean), ten(f.expected.low), ten(f.expected.high))
        for w, f in sorted(told.items()) if w <= last
    ]  # fmt: skip
    short = bool(points) and points[-1][0] < last
    return Series(
        option, label, tuple(points), words["over_time.not_known"] if short else "", kind="curve"
    )


def _own_scores(words: ReviewWords, trajectory: Trajectory) -> Series:
    """The scores as they were given, with their error; a missing one is a gap."""
    half = NORMAL * trajectory.error / 10.0
    given = words.review.record.series(PAIN)
    points = tuple(
        (w, tenth(s), tenth(max(s - half, 0.0)), tenth(min(s + half, 10.0)))
        for w, s in given if s is not None
    )  # fmt: skip
    gaps = tuple(w for w, s in given if s is None)
    return Series(
        SCORES, words["over_time.scores"], points, "", "points", gaps, words["scores.none"]
    )


def _told(words: ReviewWords, series: Series) -> str:
    """A line in words, as the picture's text alternative."""
    parts: list[Text] = [
        (f"{words.week(w)} {mean:g} ({low:g} to {high:g})",) for w, mean, low, high in series.points
    ]
    parts += [(f"{words.week(w)} {series.gap}",) for w in series.gaps]
    return f"{series.label}: {plain(joined(parts, ', '))}."
