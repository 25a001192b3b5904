"""Networks written out by hand, without a pack's rows."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from needlewise.evidence import ArmSeries, Network, Study, audience_all
from needlewise.evidence.scales import scale_of
from needlewise.synthesis.effects import Effects
from needlewise.synthesis.synthesise import Settings, settings_of, synthesise
from needlewise.topic import Topic, load_topic

SHIPPED = load_topic()
USUAL = "usual-care"


def arm(
    components: str, values: Mapping[float, tuple[float, float]] | tuple[float, float]
) -> ArmSeries:
    """An arm: components joined by `+` (none: usual care), week -> (value, variance)."""
    by_week = values if isinstance(values, Mapping) else {6.0: values}
    own = tuple(sorted(part for part in components.split("+") if part))
    weeks = tuple(sorted(by_week))
    many = len(weeks)
    return ArmSeries(
        components or USUAL, own, own or (USUAL,), weeks,
        np.array([by_week[w][0] for w in weeks]), np.array([by_week[w][1] for w in weeks]),
        (None,) * many, ("printed",) * many, (("by-hand.csv:1",),) * many,
    )  # fmt: skip


def study(name: str, *arms: ArmSeries, people: int | None = 100) -> Study:
    return Study(name, name, "chronic", "nonspecific", people, arms)


def pair(
    name: str, one: str, other: str, value: float, variance: float, week: float = 6.0
) -> Study:
    """A two-arm study: the difference of its arms and that difference's variance."""
    half = variance / 2
    return study(name, arm(one, {week: (value, half)}), arm(other, {week: (0.0, half)}))


def network(*studies: Study, topic: Topic = SHIPPED, outcome: str = "pain") -> Network:
    empty = Network(
        topic, outcome, scale_of(topic, outcome), audience_all(topic), USUAL, (), (), (), ()
    )
    return empty.keep(studies)


def fit(
    *studies: Study,
    tau: float | None = None,
    level_sd: float = 30.0,
    tau_scale: float = 10.0,
    check: bool = False,
    support: bool = False,
    **changes: object,
) -> Effects:
    """The posterior under points priors; `tau` fixes the heterogeneity."""
    made = network(*studies)
    settings: Settings = settings_of(made)
    priors = replace(settings.priors, level_sd=level_sd, tau_scale=tau_scale)
    changed = replace(settings, priors=priors, fixed_tau=tau, **changes)
    return synthesise(made, changed, check=check, support=support)
