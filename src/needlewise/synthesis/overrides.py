"""Judgements set by hand: `[[certainty.override]]` of the topic, each with a reason and a name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from needlewise.errors import InputError
from needlewise.synthesis.domains import BIAS, CONCERNS, DOMAINS, INDIRECTNESS
from needlewise.topic import Topic
from needlewise.topic.pack import SETTINGS

ALWAYS = ("domain", "judgement", "reason", "by")


@dataclass(frozen=True)
class Override:
    """A judgement of one study, or of one option at one horizon.

    `outcome` is empty where every outcome is meant.
    """

    domain: str
    judgement: str
    reason: str
    by: str
    study: str = ""
    option: str = ""
    horizon: str = ""
    outcome: str = ""

    def about(self, option: str, horizon: str, outcome: str) -> bool:
        """Whether it judges this option at this horizon for this outcome."""
        here = (self.option, self.horizon) == (option, horizon)
        return here and self.outcome in {"", outcome}


def overrides(topic: Topic) -> tuple[Override, ...]:
    """Every judgement set by hand.

    Raises InputError where one names what is not there or leaves out its reason.
    """
    entries = topic.settings["certainty"].get("override", [])
    if not isinstance(entries, list):
        raise InputError(
            f"{SETTINGS}: certainty.override is a list; write [[certainty.override]] for each."
        )
    known = {
        "domain": DOMAINS,
        "judgement": CONCERNS,
        "study": topic["studies"].by("study_id"),
        "option": [option.id for option in topic.options if option.components],
        "horizon": [str(horizon["name"]) for horizon in topic.settings["horizons"]],
        "outcome": [o for o, s in topic.settings["outcomes"].items() if s["pooled"]],
    }
    return tuple(_read(entry, number, known) for number, entry in enumerate(entries, 1))


def _read(entry: Mapping[str, Any], number: int, known: Mapping[str, Collection[str]]) -> Override:
    place = f"{SETTINGS}, [[certainty.override]] number {number}"
    needed = ("study",) if "study" in entry else ("option", "horizon")
    for key in (*ALWAYS, *needed):
        if not str(entry.get(key, "")).strip():
            raise InputError(f"{place} does not say its {key}; add it.")
    words = {key: str(value) for key, value in entry.items()}
    for key, word in words.items():
        if key not in (*ALWAYS, *needed, *(() if "study" in entry else ("outcome",))):
            raise InputError(f"{place} has '{key}', which does not belong there; remove it.")
        if key in known and word not in known[key]:
            do = "name a trial of studies.csv" if key == "study" else f"use {_or(known[key])}"
            raise InputError(f"{place}: there is no {key} '{word}'; {do}.")
    if "study" in words and words["domain"] not in (BIAS, INDIRECTNESS):
        raise InputError(f"{place}: a study has only {BIAS} and {INDIRECTNESS}; use one of them.")
    return Override(**words)


def _or(words: Collection[str]) -> str:
    return " or ".join(f"'{word}'" for word in words)
