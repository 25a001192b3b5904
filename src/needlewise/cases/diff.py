"""`diff_cases`: which invented people a change of the rules treats differently, and how."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from needlewise.cases.file import changed, read_cases
from needlewise.cases.shown import as_a_case_means
from needlewise.errors import InputError
from needlewise.person import Person, Triage, triage
from needlewise.topic import Topic

WIDTH = 80


def diff_cases(before: Topic, after: Topic, file: Path | None = None) -> str:
    """Every case and variant whose triage differs between two states of a topic, as text.

    Args:
        file: the cases; default those of `before`.
    """
    lines, total = [], 0
    for name, answers in people(file or before.folder / "cases.json"):
        total += 1
        told = list(_differences(_looked(before, answers), _looked(after, answers)))
        if told:
            lines.append(name)
            for line in told:
                lines += textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="    ")
    count = sum(not line.startswith(" ") for line in lines)
    return "\n".join([*lines, f"{count} of {total} cases and variants change."]) + "\n"


def people(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and answers of each case and variant of a file."""
    for case in read_cases(file).cases:
        yield f"{case.id}: {case.title}", case.intake
        for variant in case.variants:
            where = f"{case.id}{variant.id}"
            yield where, changed(case.intake, variant.change, where)


def _looked(topic: Topic, answers: Mapping[str, Any]) -> Triage | str:
    try:
        return triage(topic, Person.from_mapping(as_a_case_means(topic, answers), topic))
    except InputError as error:
        return str(error)


def _differences(before: Triage | str, after: Triage | str) -> Iterator[str]:
    if isinstance(before, str) or isinstance(after, str):
        if before != after:
            yield f"input: {_taken(before)} -> {_taken(after)}"
        return
    if before.outcome != after.outcome:
        yield f"triage: {before.outcome} -> {after.outcome}"
    yield from _sets("reasons", _rules(before), _rules(after))
    for option, status in before.options.items():
        other = after.options.get(option)
        if other is None:
            yield f"{option}: no longer an option"
            continue
        if status.status != other.status:
            yield f"{option}: {status.status} -> {other.status}"
        yield from _sets(
            f"{option}, limits",
            {c.text for c in status.constraints},
            {c.text for c in other.constraints},
        )


def _rules(found: Triage) -> set[str]:
    return {f"{reason.id} ({reason.rule})" for reason in found.reasons}


def _sets(what: str, before: set[str], after: set[str]) -> Iterator[str]:
    for sign, items in (("-", before - after), ("+", after - before)):
        if items:
            yield f"{what} {sign} {'; '.join(sorted(items))}"


def _taken(found: Triage | str) -> str:
    return found if isinstance(found, str) else "taken"
