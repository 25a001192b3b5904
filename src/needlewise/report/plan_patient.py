"""A plan for the person: what is done where, what to expect, and when to stop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from needlewise.plan import Item, Plan
from needlewise.plan.items import MUSCLE
from needlewise.report.document import Block, Bullets, Callout, Num, Paragraph, Section, Text
from needlewise.report.downsides import limits
from needlewise.report.numbers import hundred
from needlewise.report.plan_course import course_line, review_lines
from needlewise.report.plan_pictures import pictures
from needlewise.report.plan_words import PlanWords
from needlewise.report.words import difference_number, missing

if TYPE_CHECKING:
    from needlewise.outlook.cells import Cell


def patient_sections(words: PlanWords) -> tuple[Section, ...]:
    """The person's own copy, in plain words."""
    from needlewise.report.plan_view import after, consent, help_

    own = limits(words.words)
    asks = tuple((question,) for question in words.plan.triage.ask_clinician)
    blocks = (*own.blocks, *((Bullets(asks, words["patient.ask"]),) if asks else ()))
    own = replace(own, title=words["section.own_limits"], blocks=blocks)
    found = (_short(words), _where(words), own, _feel(words), _expect(words), consent(words),
             _course(words), after(words), help_(words))  # fmt: skip
    return tuple(section for section in found if section is not None)


def _short(words: PlanWords) -> Section:
    goal = words.plan.goal.words
    blocks: list[Block] = [Paragraph((words["patient.intro"],), "lead")]
    blocks.append(Paragraph(words.say("goal.own_patient", goal) if goal else (words["goal.none"],)))
    blocks.append(Callout("note", words["decides"], ((words["not_signed"],),)))
    if words.plan.examination.helper:
        helper = words.plan.examination.helper
        blocks.append(Paragraph(words.say("examination.helper", helper)))
    return Section("plan", words["section.plan"], tuple(blocks))


def _where(words: PlanWords) -> Section:
    plan = words.plan
    if not plan.needles:
        blocks: list[Block] = [Paragraph((words["patient.nothing"],))]
    else:
        lines = tuple(
            words.say("patient.where", words.name(f), _place(words, f.item))
            for f in words.lines(plan.needles)
        )
        blocks = [Bullets(lines)]
        if any(item.target.electro for item in plan.needles):
            blocks.append(Paragraph((words["patient.current"],)))
    blocks += pictures(words, dangers=False)
    if plan.adjuncts:
        names = ", ".join(item.name for item in plan.adjuncts)
        blocks.append(Paragraph(words.say("patient.beside", names)))
    return Section("where", words["section.where"], tuple(blocks))


def _place(words: PlanWords, item: Item) -> str:
    """What it is and in which part of the body, in the words of the body's regions."""
    labels = {row["region"]: row["label"] for row in words.topic["body_regions"]}
    places = [labels[region] for region in sorted(item.target.regions) if region in labels]
    kind = words["patient.muscle" if item.kind == MUSCLE else "patient.point"]
    return words["patient.item"].format(kind, ", ".join(places)) if places else kind


def _feel(words: PlanWords) -> Section:
    feel = words.words[f"option.{words.plan.option.id}.feel"]
    return Section("feel", words["section.feel"], (Paragraph((feel,)),))


def _expect(words: PlanWords) -> Section:
    """The comparison's own figures for this option, with their ranges and how sure they are."""
    plan = words.plan
    outlook = plan.comparison.outlook
    items: list[Text] = []
    if plan.option.components:
        for week in words.words.weeks:
            items += _told(words, plan, outlook.cell(plan.option.id, "pain", week), week)
    blocks: list[Block] = [Bullets(tuple(items))] if items else []
    blocks.append(Paragraph((words["patient.average"],)))
    return Section("expect", words["section.expect"], tuple(blocks))


def _told(words: PlanWords, plan: Plan, cell: Cell, week: float) -> list[Text]:
    when = words.words.horizon(week)
    if cell.effect is None:
        return [words.say("patient.no_effect", when, missing(cell.why))]
    level = cell.certainty.level if cell.certainty is not None else words["not_said"]
    number = difference_number(cell.effect, 0, f"effect.{cell.key}")
    audience = cell.audience if cell.evidence == "other-people" else words["patient.usual"]
    told = [words.say("patient.effect", when, number, audience, level)]
    reference = plan.comparison.outlook.cell(plan.comparison.outlook.reference, "pain", week)
    if cell.chance is not None and reference.chance is not None:
        told.append(words.say("patient.chance", _chance(cell), when, _chance(reference)))
    return told


def _chance(cell: Cell) -> Num:
    """How many of 100 are clearly better, with the range of the comparison."""
    assert cell.chance is not None
    mean, low, high = (hundred(x) for x in vars(cell.chance).values())
    return Num(f"{mean} ({low} to {high})", f"chance.{cell.key}")


def _course(words: PlanWords) -> Section:
    plan = words.plan
    blocks: list[Block] = []
    if plan.option.components:
        blocks.append(Paragraph(course_line(words, plan.course, "plan"), "lead"))
    if plan.start is not None:
        blocks.append(Paragraph(words.say("course.starts", f"{plan.start}")))
    blocks += review_lines(words)
    blocks.append(Callout("note", words["course.stop_plain"], ((words["course.again"],),)))
    return Section("course", words["section.course"], tuple(blocks))
