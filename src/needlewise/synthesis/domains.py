"""The six domains of certainty, by rules adapted from CINeMA (Nikolakopoulou 2020).

Each domain is a judgement with a reason in plain words (methods, section 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from needlewise.synthesis.effects import Summary
from needlewise.synthesis.incoherence import Incoherence

CONCERNS = ("no concerns", "some concerns", "major concerns")
NO, SOME, MAJOR = CONCERNS
BIAS, REPORTING, INDIRECTNESS = "within-study bias", "reporting bias", "indirectness"
IMPRECISION, HETEROGENEITY, INCOHERENCE = "imprecision", "heterogeneity", "incoherence"
DOMAINS = (BIAS, REPORTING, INDIRECTNESS, IMPRECISION, HETEROGENEITY, INCOHERENCE)

OTHER_PEOPLE = "It was studied only in other people."
UNRATED = "Nobody rated the quality of these trials here."
UNRATED_PEOPLE = "Nobody rated whether these trials are about the people in question."
UNCOUNTED = "Nobody said how many trials are known, so that some may be missing here."
# For networks without settings of their own; as `[certainty]` of the topic.
RULES: Mapping[str, Any] = {
    "unrated_cap": "low", "average_cuts": (0.5, 1.5), "incoherence_p": (0.10, 0.01),
    "usable_share": 0.5,
}  # fmt: skip


@dataclass(frozen=True)
class Domain:
    """One domain: `judgement` is one of CONCERNS, `reason` in plain words.

    `by` names who set the judgement by hand, empty where the rule did.
    """

    name: str
    judgement: str
    reason: str
    by: str = ""


@dataclass(frozen=True)
class Trial:
    """A trial behind a figure: its share in percent, its ratings from 0 (no) to 2 (major).

    `rated` says whether anybody judged its quality, `people_rated` whether its people.
    """

    id: str
    percent: float
    bias: float
    indirectness: float
    rated: bool
    people_rated: bool = True


@dataclass(frozen=True)
class Facts:
    """What certainty is judged from, for one contrast at one horizon.

    Attributes:
        trials: the trials behind the figure.
        usable, known: how many known trials of the option gave a usable row, and how many exist
            (None where nobody said).
        kind: how trials compare the option in the window: direct, add-on or indirect.
        average, new_setting: the trials' average and its prediction for a new setting.
        important: half-width of the zone of unimportant differences.
        printed: whether the option stays in the network when rows with derived, imputed or p-only
            spreads are left out.
        other_people: whether the person's own trials do not answer.
    """

    trials: tuple[Trial, ...]
    usable: int
    known: int | None
    kind: str
    incoherence: Incoherence
    average: Summary
    new_setting: Summary
    important: float
    printed: bool
    other_people: bool

    @property
    def rated(self) -> bool:
        """Whether anybody rated any trial behind the figure."""
        return any(t.rated for t in self.trials)


def domains_of(facts: Facts, rules: Mapping[str, Any]) -> tuple[Domain, ...]:
    """The six domains, in the order of DOMAINS; `rules` is `[certainty]` of the topic."""
    return (
        _bias(facts, rules),
        _reporting(facts, rules),
        _indirectness(facts, rules),
        _imprecision(facts),
        _heterogeneity(facts),
        _incoherence(facts, rules),
    )


def _averaged(ratings: Sequence[tuple[float, float]], rules: Mapping[str, Any]) -> str:
    """The judgement on ratings (percent, rating) averaged with their shares."""
    mean = sum(percent * rating for percent, rating in ratings) / 100.0
    return CONCERNS[sum(mean >= cut - 1e-9 for cut in rules["average_cuts"])]


def _bias(facts: Facts, rules: Mapping[str, Any]) -> Domain:
    judgement = _averaged([(t.percent, t.bias) for t in facts.trials], rules)
    if not facts.rated:
        return Domain(BIAS, judgement, UNRATED)
    reason = {
        NO: "The trials that count most were rated as well done.",
        SOME: "Some of these trials may be biased.",
        MAJOR: "The trials that count most may well be biased.",
    }[judgement]
    return Domain(BIAS, judgement, reason + _left([t.rated for t in facts.trials], "rated"))


def _left(rated: Sequence[bool], what: str) -> str:
    """How many trials nobody judged, as a sentence after another; empty where none."""
    few = len(rated) - sum(rated)
    return f" Nobody {what} {few} of the {len(rated)} trials behind this figure." if few else ""


def _reporting(facts: Facts, rules: Mapping[str, Any]) -> Domain:
    if facts.known is None:
        return Domain(REPORTING, SOME, UNCOUNTED)
    few = facts.usable < rules["usable_share"] * facts.known
    trials = "trial" if facts.known == 1 else "trials"
    reason = f"{facts.usable} of {facts.known} known {trials} gave a usable figure."
    return Domain(REPORTING, SOME if few else NO, reason)


def _indirectness(facts: Facts, rules: Mapping[str, Any]) -> Domain:
    judgement = _averaged([(t.percent, t.indirectness) for t in facts.trials], rules)
    rated = [t.people_rated for t in facts.trials]
    if judgement == MAJOR:
        alone = all(rated) and all(t.indirectness > 0.0 for t in facts.trials)
        reason = OTHER_PEOPLE if alone else "Most of this comes from trials in other people."
    elif facts.kind == "indirect":
        judgement = SOME
        reason = "No trial compared the two head to head; the figure goes through other treatments."
    elif judgement == SOME:
        known = any(t.people_rated and t.indirectness > 0.0 for t in facts.trials)
        reason = "Part of this comes from trials in other people." if known else UNRATED_PEOPLE
    elif facts.kind == "add-on":
        reason = "Trials added it to a treatment that both groups had."
    else:
        reason = "Trials compared the two head to head."
    if not any(rated):
        reason = UNRATED_PEOPLE if reason == UNRATED_PEOPLE else f"{reason} {UNRATED_PEOPLE}"
    else:
        reason += _left(rated, "rated the people of")
    return Domain(INDIRECTNESS, judgement, reason)


def _crossings(summary: Summary, important: float) -> int:
    """How many limits of the zone of unimportant differences a range crosses."""
    return sum(summary.low < limit < summary.high for limit in (-important, important))


def _imprecision(facts: Facts) -> Domain:
    crossed = _crossings(facts.average, facts.important)
    reason = (
        "The range is narrow enough to tell.",
        "The range takes in both a worthwhile and a trivial difference.",
        "The range is so wide that it takes in both benefit and harm.",
    )[crossed]
    return Domain(IMPRECISION, CONCERNS[crossed], reason)


def _heterogeneity(facts: Facts) -> Domain:
    wider = _crossings(facts.new_setting, facts.important)
    more = max(wider - _crossings(facts.average, facts.important), 0)
    reason = (
        "The trials differ from each other more than chance explains."
        if more
        else "The trials differ little in ways that matter."
    )
    return Domain(HETEROGENEITY, CONCERNS[more], reason)


def _incoherence(facts: Facts, rules: Mapping[str, Any]) -> Domain:
    found, p = facts.incoherence, facts.incoherence.p
    if found.kind == "direct":
        reason = "Only direct comparisons lead to this figure, so nothing can disagree with them."
        return Domain(INCOHERENCE, NO, reason)
    if p is None:
        reason = "The figure goes only through other treatments, and no second way checks it."
        return Domain(INCOHERENCE, MAJOR, reason)
    calm, alarming = rules["incoherence_p"]
    if found.kind == "indirect":
        level = (p <= calm) + (p < alarming)
        start = "The figure goes only through other treatments. Where two ways meet, they"
    else:
        level = 0 if p > calm else 3 - max(shared_areas(found, facts.important), 1)
        start = "Direct comparisons and the way through other treatments"
    return Domain(
        INCOHERENCE, CONCERNS[level], f"{start} {('agree', 'differ somewhat', 'clash')[level]}."
    )


def shared_areas(found: Incoherence, important: float) -> int:
    """On how many areas below, inside and above the zone direct and indirect ranges agree, 0 to 3.

    They agree on an area when both reach into it or neither does.
    """
    assert found.direct is not None
    assert found.indirect is not None
    one, other = (_areas(s, important) for s in (found.direct, found.indirect))
    return sum(a == b for a, b in zip(one, other, strict=True))


def _areas(summary: Summary, important: float) -> tuple[bool, bool, bool]:
    low, high = summary.low, summary.high
    return low < -important, low < important and high > -important, high > important
