"""Sessions, spacing, the review and the stop rule of a plan, each with its source."""

from __future__ import annotations

from needlewise.plan.courses import Course
from needlewise.report.document import Block, Bullets, Callout, Num, Paragraph, Section, Text
from needlewise.report.plan_words import PlanWords, in_a_row


def course(words: PlanWords) -> Section:
    """How many sessions and how far apart, when to look again, when to stop."""
    plan = words.plan
    blocks: list[Block] = []
    if plan.option.components:
        blocks.append(Paragraph(course_line(words, plan.course, "plan"), "lead"))
        if plan.start is not None:
            blocks.append(Paragraph(words.say("course.starts", f"{plan.start}")))
        others = tuple(
            course_line(words, other, f"plan.other-{k}")
            for k, other in enumerate(plan.other_courses, 1)
        )
        if others:
            blocks.append(Bullets(others, words["course.other"]))
    blocks += review_lines(words)
    if plan.stop:
        items = tuple(words.sourced(because) for because in plan.stop)
        blocks.append(Bullets(items, words["course.stop"]))
        own = (r for r in words.topic["protocols"] if r["option"] == plan.option.id)
        if not any(row["stop_rule"] for row in own):
            told = words.say("course.borrowed", words.words.short(plan.option.id))
            blocks.append(Paragraph(told, "small"))
    blocks.append(Callout("note", words["course.stop_plain"], ((words["course.again"],),)))
    return Section("course", words["section.course"], tuple(blocks))


def course_line(words: PlanWords, found: Course, name: str) -> Text:
    """`10 sessions over 7 weeks, 2 a week; 20 minutes each. As in Cherkin 2009.`"""
    if found.sessions is None:
        return (words["course.none"],)
    number = Num(f"{found.sessions}", f"{name}.sessions")
    if found.sessions == 1:
        told = words.say("course.single", number)
    elif found.weeks is None:
        told = words.say("course.sessions_only", number, found.spacing)
    else:
        weeks = Num(f"{found.weeks}", f"{name}.weeks")
        told = words.say("course.sessions", number, weeks, found.spacing)
    parts = [told]
    if found.minutes is not None:
        parts.append(words.say("course.minutes", Num(f"{found.minutes}", f"{name}.minutes")))
    if found.changed:
        parts.append((words["course.changed"],))
    if found.because is not None:
        parts.append(words.say("course.source", found.because.text))
    return in_a_row(parts)


def review_lines(words: PlanWords) -> list[Block]:
    """When to look again, set before the first session."""
    found = words.plan.review
    if found is None:
        return []
    weeks = None if found.weeks is None else Num(f"{found.weeks}", "plan.review.weeks")
    if found.sessions is not None:
        number = Num(f"{found.sessions}", "plan.review.sessions")
        told = (
            words.say("course.review_sessions", number, weeks)
            if weeks is not None
            else words.say("course.review_sessions_only", number)
        )
    elif weeks is not None:
        told = words.say("course.review_weeks", weeks)
    else:
        told = ()
    day = words.say("course.review_day", f"{found.day}") if found.day is not None else ()
    return [Paragraph((*told, *((" ",) if told and day else ()), *day))] if told or day else []
