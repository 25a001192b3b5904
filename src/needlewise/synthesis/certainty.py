"""How sure a figure is: the facts behind its six domains, and the level they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from needlewise.evidence import Audience
from needlewise.synthesis.base import EvidenceBase
from needlewise.synthesis.contributions import Contributions, contributions
from needlewise.synthesis.domains import (
    BIAS,
    CONCERNS,
    OTHER_PEOPLE,
    Domain,
    Facts,
    Trial,
    domains_of,
)
from needlewise.synthesis.effects import Effects, Summary
from needlewise.synthesis.incoherence import incoherence_of
from needlewise.synthesis.overrides import Override, overrides
from needlewise.topic import Option, Topic
from needlewise.topic.pack import listed

LEVELS = ("very low", "low", "moderate", "high")
RATINGS = {"low": 0.0, "some": 1.0, "unclear": 1.0, "": 1.0, "high": 2.0}
NOT_PRINTED = "It rests on p values or worked-out spreads of small trials, not on printed ones."


@dataclass(frozen=True)
class Certainty:
    """The level and the six domains; `reason` is the one that weighs most."""

    level: str
    reason: str
    domains: tuple[Domain, ...]


def certainty_of(
    base: EvidenceBase,
    effects: Effects,
    option: Option,
    horizon: Mapping[str, Any],
    average: Summary,
    new_setting: Summary,
    important: float,
    *,
    own: Audience,
) -> Certainty:
    """Certainty of an option against the reference at a horizon, worked out once per audience.

    Args:
        effects: the base's own posterior that answers; the contrast must be supported.
        average, new_setting, important: on the network's scale, as in `Facts`.
        own: whose trials would be about this person; where they are not those of `effects`, the
            figure comes from other people.

    Raises InputError where a judgement set by hand cannot be understood.
    """
    network, week = effects.network, float(horizon["week"])
    topic, outcome, audience = network.topic, network.outcome, network.audience

    def made() -> Certainty:
        by_hand = base.remember("certainty overrides", partial(overrides, topic))
        percent = _shares(base, effects)[option.id, week].percent
        known = base.remember(
            ("known trials", audience, option.id),
            partial(known_trials, topic, audience, option.components),
        )
        facts = Facts(
            trials=_trials(topic, percent, own, by_hand),
            usable=sum(study.id in known for study in network.studies),
            known=len(known),
            kind=effects.support[option.id, week].kind,
            incoherence=base.remember(
                ("incoherence", outcome, audience, option.id, week),
                partial(incoherence_of, effects, option.components, (), horizon),
            ),
            average=average,
            new_setting=new_setting,
            important=important,
            printed=base.stays_when_printed_only(outcome, audience, option.components),
            other_people=own != audience,
        )
        here = [o for o in by_hand if o.about(option.id, str(horizon["name"]), outcome)]
        return judge(facts, topic.settings["certainty"], here)

    return base.remember(("certainty", outcome, audience, own, option.id, week), made)


def judge(facts: Facts, rules: Mapping[str, Any], by_hand: Sequence[Override] = ()) -> Certainty:
    """From high one step down for some concerns in a domain, two for major; then the caps."""
    set_by = {o.domain: o for o in by_hand}
    domains = tuple(
        _set_by_hand(set_by[d.name]) if d.name in set_by else d for d in domains_of(facts, rules)
    )
    level = max(3 - sum(CONCERNS.index(d.judgement) for d in domains), 0)
    if not facts.rated:
        level = min(level, LEVELS.index(rules["unrated_cap"]))
    reason = max(domains, key=lambda d: CONCERNS.index(d.judgement)).reason
    if facts.other_people:
        level, reason = 0, OTHER_PEOPLE
    elif not facts.printed:
        level, reason = 0, NOT_PRINTED
    return Certainty(LEVELS[level], reason, domains)


def _set_by_hand(override: Override) -> Domain:
    reason = f"Set by {override.by}: {override.reason}"
    return Domain(override.domain, override.judgement, reason, override.by)


def _shares(base: EvidenceBase, effects: Effects) -> dict[tuple[str, float], Contributions]:
    """Contributions to every supported figure of a posterior, worked out once."""
    network = effects.network

    def made() -> dict[tuple[str, float], Contributions]:
        keys = [key for key, support in effects.support.items() if support.supported]
        asked = [(week, network.topic.option(o).components, ()) for o, week in keys]
        return dict(zip(keys, contributions(effects, asked), strict=True))

    return base.remember(("contributions", network.outcome, network.audience), made)


def _trials(
    topic: Topic, percent: Mapping[str, float], own: Audience, by_hand: Sequence[Override]
) -> tuple[Trial, ...]:
    """The trials behind a figure with their ratings: of the pack, or set by hand."""
    studies = topic["studies"].by("study_id")
    found = {}
    for study, share in percent.items():
        row = studies[study]
        rating, strange = row["risk_of_bias"], own.refusal(row) is not None
        found[study] = Trial(study, share, RATINGS[rating], 2.0 * strange, bool(rating))
    for o in by_hand:
        if o.study in found:
            rated = float(CONCERNS.index(o.judgement))
            found[o.study] = (
                replace(found[o.study], bias=rated, rated=True)
                if o.domain == BIAS
                else replace(found[o.study], indirectness=rated)
            )
    return tuple(found.values())


def known_trials(topic: Topic, audience: Audience, components: tuple[str, ...]) -> frozenset[str]:
    """Trials in an audience that compare these components with anything else, usable or not."""
    given: dict[str, set[bool]] = {}
    for arm in topic["arms"]:
        has = set(components) <= set(listed(arm["components"], " + "))
        given.setdefault(arm["study_id"], set()).add(has)
    return frozenset(
        row["study_id"]
        for row in topic["studies"]
        if given.get(row["study_id"]) == {True, False} and audience.refusal(row) is None
    )
