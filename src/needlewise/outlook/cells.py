"""The numbers of an outlook: one cell per option, outcome and horizon, and why one is missing."""

from __future__ import annotations

from dataclasses import dataclass

from needlewise.outlook.prediction import Estimate, PersonRange
from needlewise.synthesis.certainty import Certainty

NO_FIGURE = {
    "not-studied": "no trial looked at this",
    "not-comparable": "trials looked, but nothing links them to care without needling",
    "too-vague": "the trials hardly tell anything about this",
    "together": "nobody has measured the two together",
    "no-pain": "the answer for pain now is missing",
    "no-duration": "how long the pain has lasted is not known",
    "no-course": "nobody has followed such people without needling",
    "no-spread": "nobody has measured how much such people differ from each other",
    "low-pain": "with pain below 2 of 10 a fall of 30 % means too little",
    "no-level": "no source gives the usual course of this outcome",
}


@dataclass(frozen=True)
class Cell:
    """What is known of one option, outcome and horizon for this person.

    Attributes:
        evidence: own (trials about people like this person), other-people or none.
        why: key of NO_FIGURE where there is no effect, empty otherwise.
        audience: whose trials these are, in words ("people with leg pain (sciatica)").
        trials, people, kind: what is behind the effect; for no needling the course's sources.
        effect: the trials' average difference to no needling, display unit, negative is better;
            of other people's trials the prediction for a new setting.
        new_setting: the same for a new setting (heterogeneity added).
        expected: expected level for people like this on average (pain only).
        you: 95 % range for one person (pain only).
        chance: share clearly better with the option; `difference` to without.
        why_no_level, why_no_chance: keys of NO_FIGURE where those are missing.
    """

    option: str
    outcome: str
    week: float
    evidence: str
    why: str
    audience: str
    trials: tuple[str, ...]
    people: int | None
    kind: str
    effect: Estimate | None = None
    new_setting: Estimate | None = None
    expected: Estimate | None = None
    you: PersonRange | None = None
    chance: Estimate | None = None
    difference: Estimate | None = None
    why_no_level: str = ""
    why_no_chance: str = ""
    certainty: Certainty | None = None

    @property
    def key(self) -> str:
        """The part of a number's id that names this cell: `pain.13.acupuncture`."""
        return f"{self.outcome}.{self.week:g}.{self.option}"


@dataclass(frozen=True)
class ShamCell:
    """Real against pretend needling: the difference in points and in people of 100.

    `audience` says whose trials these are where they are not about people like this person.

    `effect` is the trials' average (negative is better); `people` the difference in the share
    clearly better; `why` is a sentence where there is none.
    """

    option: str
    sham: str
    week: float
    trials: tuple[str, ...]
    size: int | None
    effect: Estimate | None
    people: Estimate | None
    why: str
    audience: str = ""

    @property
    def key(self) -> str:
        return f"sham.{self.week:g}.{self.option}.{self.sham}"


@dataclass(frozen=True)
class BenchmarkCell:
    """A published pooled effect beside ours: both on the outcome's scale, negative is better.

    `audience` says whose trials ours come from where they are not about people like this person.
    """

    id: str
    option: str
    against: str
    population: str
    published: Estimate
    ours: Estimate
    distance: float
    place: str
    audience: str = ""
