"""What this person could expect had something else been assumed (topic: `outlook_sensitivity`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from needlewise.distributions import Array
from needlewise.outlook.cells import Cell
from needlewise.outlook.course import Course, course_of
from needlewise.outlook.figures import Figures
from needlewise.outlook.look_ahead import Outlook, course_audience


@dataclass(frozen=True)
class WhatIf:
    """One run: its cells of pain by option at the primary horizon, and the shares by week.

    `shares` are as `Outlook.shares`: how much of the trials' effect counts there, draws (1024,).
    """

    name: str
    cells: Mapping[str, Cell]
    shares: Mapping[float, Array]
    course: Course | None


def what_ifs(outlook: Outlook) -> tuple[WhatIf, ...]:
    """Every run of the topic, none after a stop; a run that leaves nothing known has no cells."""
    if not outlook.cells:
        return ()
    return outlook.base.recall("what if", outlook.subject, partial(_runs, outlook))


def _runs(outlook: Outlook) -> tuple[WhatIf, ...]:
    return tuple(_run(outlook, run) for run in outlook.topic.settings["outlook_sensitivity"])


def _run(outlook: Outlook, run: Mapping[str, Any]) -> WhatIf:
    topic, base, subject = outlook.topic, outlook.base, outlook.subject
    course, arms = outlook.course, run.get("course_arms")
    if arms and subject.population is not None:
        people = course_audience(topic, subject)
        course = base.remember(
            ("course of", subject.population, people, tuple(arms)),
            partial(course_of, topic, subject.population, people, arms),
        )
    primary = topic.settings["primary"]
    figures = Figures(
        topic, base, subject, course, judged=False,
        full_effect=run.get("full_effect", False), only=float(primary["week"]),
    )  # fmt: skip
    cells = {c.option: c for c in figures.cells() if c.outcome == primary["outcome"]}
    shares = {week: without.share for week, without in figures.without.items()}
    return WhatIf(str(run["name"]), cells, shares, course)
