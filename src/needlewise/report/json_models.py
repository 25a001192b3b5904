"""The typed shape of the JSON: what its schema prints and what every reply is checked against."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

# The words these fields may hold; the models refuse any other when they are made.
TriageOutcome = Literal[
    "emergency", "urgent", "refer_routine", "clarify", "proceed_with_precautions", "proceed"
]
Status = Literal["available", "precaution", "deferred", "not_feasible", "not_offered", "hidden"]
Evidence = Literal["own", "other-people", "none"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ContentJson(Strict):
    version: str
    hash: str


class ReasonJson(Strict):
    id: str
    text: str
    answers: list[str]
    action: str
    source: str
    where: str


class TriageJson(Strict):
    outcome: TriageOutcome
    reasons: list[ReasonJson]
    text: list[str]
    handover: list[str]
    safety_net: list[str]
    ask_clinician: list[str]
    messages: dict[str, list[str]]


class ConstraintJson(Strict):
    id: str
    text: str
    source: str


class OptionJson(Strict):
    option: str
    status: Status
    reasons: list[str]
    reason_texts: list[str]
    constraints: list[ConstraintJson]
    visits: float | None


class RangeJson(Strict):
    mean: float
    low: float
    high: float


class OutlookJson(Strict):
    """One option, outcome and week.

    `mean`, `low`, `high`: expected pain 0-10 of people like this (outcome pain). For function,
    whose course is not known, the difference to no needling on the instrument. `effect`: the
    trials' average difference, points of 100 or of the instrument, negative is better. Chances
    count people of 100; `difference` is how many more than without needling. A missing number is
    null and `why` says why.
    """

    id: str
    option: str
    outcome: str
    week: float
    evidence: Evidence
    why: str
    trials: int
    people: int | None
    unit: str
    mean: float | None
    low: float | None
    high: float | None
    you_low: float | None
    you_high: float | None
    effect: RangeJson | None
    chance: int | None
    chance_low: int | None
    chance_high: int | None
    chance_without: int | None
    difference: int | None
    difference_low: int | None
    difference_high: int | None
    certainty: str | None
    certainty_reason: str | None
    source_ids: list[str]


class ShamJson(Strict):
    id: str
    option: str
    sham: str
    week: float
    effect: RangeJson | None
    people_of_100: RangeJson | None
    source_ids: list[str]
    why: str


class HarmJson(Strict):
    """People of `denominator` per course; `low` and `high` are bounds where `mean` is null."""

    id: str
    option: str
    event: str
    denominator: int
    mean: float | None
    low: float | None
    high: float | None
    none_seen: bool
    reporter: str
    why: str
    source_ids: list[str]


class VerdictJson(Strict):
    option: str
    against: str
    outcome: str
    week: float
    verdict: str
    evidence: str
    certainty: str


class FitJson(Strict):
    """How often each option comes out ahead, of 100, given the trials, assumptions and weights."""

    ahead: dict[str, int]
    ahead_low: dict[str, int]
    ahead_high: dict[str, int]
    cannot_be_compared: dict[str, str]
    weights: dict[str, float]
    verdict: str
    leader: str | None
    flips: list[dict[str, Any]]
    unknown: list[dict[str, Any]]
    learn: list[dict[str, str]]
    regions: list[dict[str, Any]]
    overturned_by: list[str]


class WhatIfJson(Strict):
    """How many of 100 are clearly better at the primary horizon under another assumption."""

    assumption: str
    option: str
    chance: int | None
    chance_low: int | None
    chance_high: int | None


class ComparisonPart(Strict):
    """`otherwise` has verdicts at the primary horizon by another smallest difference."""

    against_none: list[VerdictJson]
    between: list[VerdictJson]
    otherwise: dict[str, list[VerdictJson]]
    what_if: list[WhatIfJson]
    fit: FitJson | None


class SourceJson(Strict):
    id: str
    label: str
    detail: str
    doi: str
    pmid: str
    read_at: str
    used_for: str


class SectionJson(Strict):
    """What the page says in one section: its sentences, without tables and pictures."""

    id: str
    title: str
    text: list[str]


class ComparisonJson(Strict):
    """A comparison, or a stop: then `outlook`, `harms` and `shams` are empty, `comparison` null.

    `numbers` has every number of the page by its id, as printed.
    """

    content: ContentJson
    about: dict[str, str]
    person_hash: str
    draws_hash: str
    triage: TriageJson
    options: list[OptionJson]
    notes: dict[str, list[str]]
    words: list[SectionJson]
    outlook: list[OutlookJson]
    shams: list[ShamJson]
    harms: list[HarmJson]
    comparison: ComparisonPart | None
    numbers: dict[str, list[str]]
    sources: list[SourceJson]
