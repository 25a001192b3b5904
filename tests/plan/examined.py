"""Examinations that tests start from."""

from __future__ import annotations

from typing import Any

from needlewise.plan import Examination
from needlewise.topic import Topic

FOUND: dict[str, Any] = {
    "date": "2026-10-01",
    "regions": ["lumbar"],
    "palpation": [
        {
            "muscle": "quadratus-lumborum-superficial", "side": "left", "taut_band": "yes",
            "hypersensitive_spot": "yes", "referred_pain": "yes",
        },
        {
            "muscle": "lumbar-multifidus", "side": "both", "taut_band": "yes",
            "hypersensitive_spot": "yes", "referred_pain": "no",
        },
        {"muscle": "gluteus-medius", "side": "left", "taut_band": "yes",
         "hypersensitive_spot": "no"},
    ],
    "traditional": {"pattern": ["Cold-damp"]},
    "goal": {"words": "garden for an hour", "instrument": "pain_nrs", "now": 6, "target": 4},
}  # fmt: skip


def examination(topic: Topic, **changes: Any) -> Examination:
    """The findings above with whole tables replaced."""
    return Examination.from_mapping({**FOUND, **changes}, topic)
