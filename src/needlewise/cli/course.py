"""The commands of a course: `plan` and `review`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from needlewise.cli.parts import (
    STOP,
    AsJson,
    Force,
    Html,
    Ids,
    JsonSchema,
    Pdf,
    TopicName,
    out,
    show_page,
    writable,
)
from needlewise.errors import InputError

if TYPE_CHECKING:
    from needlewise.followup import Review
    from needlewise.plan import Plan
    from needlewise.topic import Topic


def reviewed(topic: Topic, course: Path, person: Path | None, on: str | None) -> Review:
    from datetime import date

    from needlewise.followup import CourseRecord, Record
    from needlewise.followup import review as look_back
    from needlewise.person import Person
    from needlewise.person.reading import read_answers

    try:
        today = date.today() if on is None else date.fromisoformat(on)
    except ValueError:
        raise InputError(f"--on must be a day such as 2026-11-05, not '{on}'.") from None
    if person is None and "examination" in read_answers(course):
        found = Record.from_file(course, topic).review(today)
        if found is None:
            raise InputError(f"{course} holds no course yet; note a session or a score first.")
        return found
    record = CourseRecord.from_file(course, topic)
    someone = None if person is None else Person.from_file(person, topic)
    return look_back(topic, someone, record, today=today)


def review(
    course: Annotated[Path | None, typer.Argument(help="A course so far, TOML or JSON.")] = None,
    person: Annotated[
        Path | None, typer.Option(help="The answers at the start, where the course has none.")
    ] = None,
    on: Annotated[str | None, typer.Option(help="The day of the review; default: today.")] = None,
    as_json: AsJson = False,
    html: Html = None,
    pdf: Pdf = None,
    ids: Ids = False,
    json_schema: JsonSchema = False,
    force: Force = False,
    topic: TopicName = "low-back-pain",
) -> None:
    """Look back at a course: what the scores show, what may come, and what to do next."""
    from needlewise.report.review_json import review_json, review_schema
    from needlewise.report.review_view import review_document
    from needlewise.topic import load_topic

    if json_schema:
        out(review_schema())
        return
    if course is None:
        raise InputError("Give a file with a course so far, such as examples/courses/*.toml.")
    writable(html, pdf, force=force)
    found = reviewed(load_topic(topic), course, person, on)
    shown = review_json(found) if as_json else None
    show_page(review_document(found), shown, html, pdf, ids=ids, force=force)
    if found.stopped:
        raise typer.Exit(STOP)


def plan(
    person: Annotated[Path | None, typer.Argument(help="A person's answers, TOML or JSON.")] = None,
    examination: Annotated[
        Path | None, typer.Argument(help="What was found, TOML or JSON.")
    ] = None,
    option: Annotated[str | None, typer.Option(help="Which option is planned.")] = None,
    edits: Annotated[
        Path | None, typer.Option(help="What the practitioner confirms and changes.")
    ] = None,
    reader: Annotated[
        str, typer.Option("--for", help="Who reads it: practitioner or patient.")
    ] = "practitioner",
    as_json: AsJson = False,
    html: Html = None,
    pdf: Pdf = None,
    ids: Ids = False,
    json_schema: JsonSchema = False,
    force: Force = False,
    topic: TopicName = "low-back-pain",
) -> None:
    """Plan a course of one option: where, how deep, how often, what to heed, when to stop."""
    from needlewise.report.plan_json import plan_json, plan_schema
    from needlewise.report.plan_view import plan_document
    from needlewise.topic import load_topic

    if json_schema:
        out(plan_schema())
        return
    if person is None:
        raise InputError(
            "Give answers, an examination and an option, or a saved record: needlewise plan "
            "me.toml examples/examinations/trigger_points.toml --option dry-needling."
        )
    if reader not in {"practitioner", "patient"}:
        raise InputError(f"--for takes practitioner or patient, not '{reader}'.")
    writable(html, pdf, force=force)
    found = planned(load_topic(topic), person, examination, option, edits)
    page = plan_document(found, for_whom="patient" if reader == "patient" else "practitioner")
    show_page(page, plan_json(found) if as_json else None, html, pdf, ids=ids, force=force)
    if found.stopped or found.status == "refused":
        raise typer.Exit(STOP)


def planned(
    topic: Topic, person: Path, examination: Path | None, option: str | None, edits: Path | None
) -> Plan:
    """The plan of answers and an examination, or of a whole record as the site saves it."""
    from needlewise.followup import Record
    from needlewise.person import Person
    from needlewise.plan import Examination, make_plan, read_edits

    if examination is None and option is None and edits is None:
        found = Record.from_file(person, topic).plan()
        if found is not None:
            return found
    if examination is None or option is None:
        raise InputError(
            f"{person} holds no plan; add an examination and an option, for example: needlewise "
            "plan me.toml examples/examinations/trigger_points.toml --option dry-needling."
        )
    return make_plan(
        topic,
        Person.from_file(person, topic),
        Examination.from_file(examination, topic),
        option,
        edits=read_edits(edits) if edits is not None else (),
    )
