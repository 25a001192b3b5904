"""Answers that tests start from."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from needlewise.person import Person, no_answers
from needlewise.topic import Topic

Answers = dict[str, Any]


def put(answers: Answers, path: str, value: Any) -> Answers:
    """A copy with one dotted path replaced; a value of `...` takes it away."""
    changed = copy.deepcopy(answers)
    *groups, name = path.split(".")
    table = changed
    for group in groups:
        table = table.setdefault(group, {})
    if value is ...:
        table.pop(name, None)
    else:
        table[name] = value
    return changed


def with_unnamed_signs_no(topic: Topic, answers: Answers) -> Answers:
    """As a case file means it: a warning sign that is not named counts as no."""
    filled = copy.deepcopy(answers)
    for path, value in no_answers(topic).items():
        filled.setdefault("red_flags", {}).setdefault(path.removeprefix("red_flags."), value)
    return filled


def calm(topic: Topic, **changes: Any) -> Answers:
    """Three years of ordinary back pain, every question answered."""
    answers: Answers = {
        "age": 46,
        "sex": "female",
        "pregnant": "no",
        "pain_weeks": 156,
        "pain_nrs": 6,
        "pain_site": ["lumbar"],
        "leg_pain": "none",
        "conditions": [],
        "medicines": [],
        "devices": [],
        "needle_history": {"fear": "none", "fainted": "no"},
        "mood": {"low": "no", "suicidal_thoughts": "no", "plan_or_means": "no"},
    }
    for path, value in changes.items():
        answers = put(answers, path.replace("__", "."), value)
    return with_unnamed_signs_no(topic, answers)


def person(topic: Topic, answers: Mapping[str, Any]) -> Person:
    return Person.from_mapping(answers, topic)


def cases(topic: Topic) -> Iterator[tuple[str, Answers, Answers]]:
    """Every case and variant: its id, its intake, what must hold."""
    for case in json.loads((topic.folder / "cases.json").read_text("utf-8"))["cases"]:
        yield case["id"], case["intake"], case["expect"]
        for variant in case["variants"]:
            intake = case["intake"]
            for path, value in variant["change"].items():
                intake = put(intake, path, value)
            yield case["id"] + variant["id"], intake, variant["then"]
