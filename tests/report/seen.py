"""Comparisons of invented people, and how their texts are read back."""

from __future__ import annotations

import random
import re
from typing import Any

from tests.person.people import calm, person

from needlewise.choice import Comparison, Values, compare
from needlewise.outlook import look_ahead
from needlewise.topic import Topic

CRITERIA = ["pain", "function", "lasting", "soreness", "serious-harm", "visits", "cost", "needles"]


def compared(topic: Topic, values: Values | None = None, **changes: Any) -> Comparison:
    return compare(look_ahead(topic, None, person(topic, calm(topic, **changes))), values)


def somebody(topic: Topic, seed: int) -> Comparison:
    """A random person whom nothing stops, with random values."""
    rng = random.Random(seed)
    changes: dict[str, Any] = {
        "pain_nrs": rng.choice(
            [..., 0, 1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10, round(10 * rng.random(), 1)]
        ),
        "pain_weeks": rng.choice([..., 2, 8, 20, 60, 300]),
        "age": rng.choice([25, 46, 64, 65, 80]),
        "leg_pain": rng.choice(["none", "none", "none", "left", "unknown"]),
        "sex": rng.choice(["male", "female"]),
        "name": rng.choice([..., "Ann", "José"]),
    }
    if changes["pain_weeks"] in (..., 2) and changes["leg_pain"] == "unknown":
        changes["leg_pain"] = "none"  # new pain or pain of unknown age: asked first
    if rng.random() < 0.5:
        changes["cost"] = {"acupuncture": rng.randrange(900), "dry-needling": 300, "no-needling": 0}
    names = rng.sample(CRITERIA, rng.randrange(1, 6))
    values = rng.choice(
        [
            None,
            Values.ranking(*names),
            Values.weighted({n: rng.random() + 0.01 for n in names}),
        ]
    )
    return compared(topic, values, **changes)


def flat(text: str) -> str:
    """The text with line breaks and indents as single spaces."""
    return re.sub(r"\s+", " ", text)


_PART = re.compile(r"(?:([\d.,]+) (less|fewer|more))|(no different|no more|none)")


def differences(text: str) -> list[float]:
    """The three signed numbers of `18 less (31 less to 4 more)`."""
    found = []
    for size, way, nil in _PART.findall(text):
        found.append(0.0 if nil else float(size.replace(",", "")) * (1 if way == "more" else -1))
    return found


def plain_numbers(text: str) -> list[float]:
    """The numbers of `5.4 (4.1 to 6.8)`."""
    return [float(x.replace(",", "")) for x in re.findall(r"[\d.,]*\d", text)]
