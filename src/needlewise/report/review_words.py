"""The words of a review: sentences of `review.toml`, scores and forecasts put into words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from needlewise.followup import Review
from needlewise.followup.progress import Progress
from needlewise.followup.thresholds import Measure
from needlewise.followup.trajectory import Forecast
from needlewise.outlook.cells import NO_FIGURE
from needlewise.report.document import Num, Text
from needlewise.report.numbers import hundred, ten, tenth
from needlewise.report.sentences import Sentences
from needlewise.report.words import Words
from needlewise.topic import Topic


@dataclass(frozen=True)
class ReviewWords(Sentences):
    """Wording of one review's topic; `words` is that of the comparison made at the start."""

    file: ClassVar[str] = "review"

    review: Review

    @property
    def topic(self) -> Topic:
        return self.review.topic

    @property
    def words(self) -> Words:
        return Words(self.review.comparison)

    @property
    def option(self) -> str:
        return self.words.option(self.review.record.option)

    # ---- When ----

    def week(self, week: float) -> str:
        return self["over_time.tick_start"] if week <= 0 else self["over_time.tick"].format(
            f"{tenth(week):g}"
        )  # fmt: skip

    def when(self, place: int) -> Text:
        """The time of a score, by its place in the record: its day where there is one."""
        score = self.review.record.scores[place]
        week = self.review.record.week(score)
        if score.date is None:
            return (self.week(week),)
        return self.say("scores.day", f"{score.date}", f"{tenth(week):g}")

    # ---- Figures ----

    def amount(self, measure: Measure) -> Text:
        """The smallest change that matters: points, percent or both."""
        name = f"review.important.{measure.field}"
        parts: list[Text] = []
        if measure.important is not None:
            parts.append(self.say("scores.points", Num(f"{measure.important:g}", name)))
        if measure.percent is not None:
            parts.append(self.say("scores.percent", Num(f"{measure.percent:g}", name)))
        return parts[0] if len(parts) == 1 else self.say("scores.or", *parts)

    def score(self, found: Progress, which: str) -> Num:
        """The first or last score taken."""
        pair = found.first if which == "first" else found.last
        assert pair is not None
        return Num(f"{tenth(pair[1]):g}", f"review.{which}.{found.measure.field}")

    def why_none(self, why: str) -> str:
        """Why there is no forecast and no chance, in words."""
        known = self.node("no_number")
        return str(known[why]) if why in known else NO_FIGURE[why]

    def level(self, forecast: Forecast | None, name: str, why: str = "not-studied") -> Text:
        """Expected pain 0-10 with its range and that of one score, or why there is none."""
        if forecast is None:
            return (self.why_none(why or "not-studied"),)
        e, you = forecast.expected, forecast.you
        return self.say(
            "over_time.cell",
            Num(f"{ten(e.mean):g} ({ten(e.low):g} to {ten(e.high):g})", f"review.{name}"),
            Num(f"{ten(you.low):g} to {ten(you.high):g}", f"review.one-{name}"),
        )

    def chance(self) -> Num:
        goal = self.review.goal
        assert goal is not None
        assert goal.chance is not None
        mean, low, high = (hundred(x) for x in vars(goal.chance).values())
        return Num(f"{mean} ({low} to {high})", "review.goal")

    def target(self) -> tuple[Num, str]:
        """The goal's number and the highest score of its scale."""
        goal = self.review.goal
        assert goal is not None
        high = next(
            p.measure.high for p in self.review.progress if p.measure.field == goal.instrument
        )
        return Num(f"{tenth(goal.target):g}", "review.target"), f"{high:g}"
