"""The standard sensitivity runs: each changes one assumption and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from needlewise.errors import InputError
from needlewise.evidence import ArmSeries, Audience, Network, Study, audience_all, build_network
from needlewise.synthesis.base import evidence_base
from needlewise.synthesis.effects import Effects
from needlewise.synthesis.synthesise import settings_of, synthesise
from needlewise.topic import Topic


@dataclass(frozen=True)
class SensitivityRun:
    """One run; `effects` is None where it leaves no usable trial."""

    name: str
    effects: Effects | None


def sensitivity_runs(topic: Topic, outcome: str, audience: Audience) -> tuple[SensitivityRun, ...]:
    """Every run of the topic's settings for an outcome and audience, fitted once per topic."""
    key = f"sensitivity {outcome} {audience}"
    if key not in topic._memo:
        topic._memo[key] = _runs(topic, outcome, audience)
    found = topic._memo[key]
    assert isinstance(found, tuple)
    return found


def _runs(topic: Topic, outcome: str, audience: Audience) -> tuple[SensitivityRun, ...]:
    return tuple(
        SensitivityRun(str(run["name"]), _run(topic, outcome, audience, run))
        for run in topic.settings["sensitivity"]
    )


def _run(topic: Topic, outcome: str, audience: Audience, run: Mapping[str, Any]) -> Effects | None:
    points = topic.settings["outcomes"][outcome]["scale"] == "points"
    if not points and (run.get("pain_sd") or run.get("benchmark")):
        return evidence_base(topic).effects(outcome, audience)  # both speak of pain alone
    network = _network(topic, outcome, audience, run)
    if run.get("no_treatment"):
        network = without_waiting_list(network, remove=run["no_treatment"] == "removed")
    if run.get("benchmark"):
        network = with_benchmarks(network)
    if not network.studies:
        return None
    settings = settings_of(network)
    priors = settings.priors.scaled(
        run.get("level_factor", 1.0), run.get("drift_factor", 1.0), run.get("tau_factor", 1.0)
    )
    split = bool(run.get("split_tau", False))
    # Fewer nodes on a wide range move a figure by less than 0.001 SD; two heterogeneities make a
    # grid of pairs.
    nodes = settings.nodes // 4 if split else settings.nodes * 3 // 8
    main = evidence_base(topic).effects(outcome, audience)
    upper = None if main is None or split else 2.0 * float(main.mixture.taus.max())
    settings = replace(settings, priors=priors, split_tau=split, nodes=nodes, upper=upper)
    return synthesise(network, settings, support=False)


def _network(topic: Topic, outcome: str, audience: Audience, run: Mapping[str, Any]) -> Network:
    """The network of a run; runs that change only priors share the evidence base's own."""
    base = evidence_base(topic)
    audience = audience_all(topic) if run.get("all_conditions") else audience
    if run.get("pain_sd"):
        return build_network(topic, outcome, audience, pain_sd=run["pain_sd"])
    return base.network(outcome, audience, bool(run.get("printed_only", False)))


def without_waiting_list(network: Network, *, remove: bool) -> Network:
    """Waiting-list arms counted as the reference, or their arms taken out."""
    separate = set(network.topic.settings["network"]["separate"])
    studies = []
    for study in network.studies:
        arms = []
        for arm in study.arms:
            if not separate & set(arm.components):
                arms.append(arm)
            elif not remove:
                kept = tuple(c for c in arm.components if c not in separate)
                arms.append(replace(arm, components=kept))
        if len(arms) > 1:
            studies.append(replace(study, arms=tuple(arms)))
    return network.keep(tuple(studies))


def with_benchmarks(network: Network) -> Network:
    """Published pooled effects as further two-arm studies at the primary horizon."""
    topic, week = network.topic, float(network.topic.settings["primary"]["week"])
    if network.scale.kind != "points":
        return network
    known = {*network.components, network.reference}
    added = [
        _benchmark(network, row.place, row["id"], row["option"], row["against"], week,
                   row.number("estimate"), row.number("ci_low"), row.number("ci_high"))
        for row in topic["benchmarks"]
        if row["outcome"] == network.outcome and {row["option"], row["against"]} <= known
    ]  # fmt: skip
    return network.keep((*network.studies, *added))


def _benchmark(
    network: Network, place: str, name: str, option: str, against: str, week: float,
    estimate: float | None, low: float | None, high: float | None,
) -> Study:  # fmt: skip
    if estimate is None or low is None or high is None:
        raise InputError(f"{place} has no estimate with an interval; add it or remove the row.")
    sd = network.scale.pain_sd
    variance = ((high - low) / 3.92 * sd) ** 2 / 2

    def arm(component: str, value: float) -> ArmSeries:
        own = () if component == network.reference else (component,)
        return ArmSeries(
            component, own, (component,), (week,), np.array([value]), np.array([variance]),
            (None,), ("interval",), ((place,),),
        )  # fmt: skip

    arms = (arm(option, -estimate * sd), arm(against, 0.0))
    return Study(name, name, "benchmark", "benchmark", None, arms)
