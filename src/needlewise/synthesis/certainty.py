"""How sure: certainty by rules adapted from CINeMA (Nikolakopoulou 2020), each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from needlewise.synthesis.effects import Effects, Summary, Support

LEVELS = ("very low", "low", "moderate", "high")
CONCERNS = ("no concerns", "some concerns", "major concerns")
NOT_ASSESSED = "not yet assessed"


@dataclass(frozen=True)
class Domain:
    """One domain: `judgement` is one of CONCERNS or NOT_ASSESSED, `reason` in plain words."""

    name: str
    judgement: str
    reason: str


@dataclass(frozen=True)
class Certainty:
    """The level and the six domains; `reason` is the one that weighs most."""

    level: str
    reason: str
    domains: tuple[Domain, ...]


def certainty_of(
    effects: Effects,
    support: Support,
    average: Summary,
    new_setting: Summary,
    important: float,
    *,
    printed: bool,
    other_people: bool,
) -> Certainty:
    """Certainty of one contrast at one horizon.

    Args:
        average, new_setting: the trials' average and its prediction for a new setting.
        important: half-width of the zone of unimportant differences.
        printed: whether the option stays in the network when rows with derived, imputed or p-only
            spreads are left out.
        other_people: whether the trials are about people unlike this person.
    """
    domains = (
        _bias(effects, support),
        Domain("reporting bias", NOT_ASSESSED, "Not yet assessed."),
        _indirectness(support, other_people),
        _imprecision(average, important),
        _heterogeneity(average, new_setting, important),
        Domain("incoherence", NOT_ASSESSED, "Not yet assessed."),
    )
    loss = sum(CONCERNS.index(d.judgement) for d in domains if d.judgement in CONCERNS)
    level = max(3 - loss, 0)
    if not any(_ratings(effects, support)):
        level = min(level, LEVELS.index(effects.network.topic.settings["certainty"]["unrated_cap"]))
    reason = max(
        (d for d in domains if d.judgement in CONCERNS),
        key=lambda d: CONCERNS.index(d.judgement),
    ).reason
    if other_people:
        level, reason = 0, domains[2].reason
    elif not printed:
        level = 0
        reason = "It rests on p values or worked-out spreads of small trials, not on printed ones."
    return Certainty(LEVELS[level], reason, domains)


def _ratings(effects: Effects, support: Support) -> list[str]:
    studies = effects.network.topic["studies"].by("study_id")
    return [studies[s]["risk_of_bias"] for s in support.trials]


def _bias(effects: Effects, support: Support) -> Domain:
    ratings = _ratings(effects, support)
    if not any(ratings):
        return Domain(
            "within-study bias", CONCERNS[1], "Nobody rated the quality of these trials here."
        )
    worst = "high" in ratings
    unrated = any(not r or r == "unclear" for r in ratings)
    judgement = (
        CONCERNS[2] if worst else CONCERNS[1] if unrated or "some" in ratings else CONCERNS[0]
    )
    reason = (
        "These trials were rated as well done."
        if judgement == CONCERNS[0]
        else "Some of these trials may be biased."
    )
    return Domain("within-study bias", judgement, reason)


def _indirectness(support: Support, other_people: bool) -> Domain:
    if other_people:
        return Domain("indirectness", CONCERNS[2], "It was studied only in other people.")
    if support.kind == "indirect":
        return Domain(
            "indirectness",
            CONCERNS[1],
            "No trial compared the two head to head; the figure goes through other treatments.",
        )
    reason = (
        "Trials added it to a treatment that both groups had."
        if support.kind == "add-on"
        else "Trials compared the two head to head."
    )
    return Domain("indirectness", CONCERNS[0], reason)


def _crossings(low: float, high: float, important: float) -> int:
    return sum(low < limit < high for limit in (-important, important))


def _imprecision(average: Summary, important: float) -> Domain:
    crossed = _crossings(average.low, average.high, important)
    reason = (
        "The range is narrow enough to tell.",
        "The range takes in both a worthwhile and a trivial difference.",
        "The range is so wide that it takes in both benefit and harm.",
    )[crossed]
    return Domain("imprecision", CONCERNS[crossed], reason)


def _heterogeneity(average: Summary, new_setting: Summary, important: float) -> Domain:
    more = _crossings(new_setting.low, new_setting.high, important) - _crossings(
        average.low, average.high, important
    )
    judgement = CONCERNS[min(max(more, 0), 2)]
    reason = (
        "The trials differ from each other more than chance explains."
        if more > 0
        else ("The trials differ little in ways that matter.")
    )
    return Domain("heterogeneity", judgement, reason)
