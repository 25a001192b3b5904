"""`synthesise`: a network in, its exact posterior and what may be shown of it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence import ArmSeries, Network, Study
from needlewise.synthesis.design import Priors, TimeBasis, basis_of, in_row_space, priors_of
from needlewise.synthesis.effects import Effects, Support
from needlewise.synthesis.gaussian import Block, Mixture, posterior


@dataclass(frozen=True)
class Settings:
    """How a network is turned into effects; the topic's settings unless a run changes some."""

    priors: Priors
    basis: TimeBasis
    error_correlation: float
    nodes: int
    split_tau: bool = False
    fixed_tau: float | None = None
    upper: float | None = None


def settings_of(network: Network) -> Settings:
    """The topic's settings for a network's scale."""
    topic = network.topic
    model: Mapping[str, Any] = topic.settings["model"]
    return Settings(
        priors_of(topic.settings, network.scale.kind),
        basis_of(topic.settings),
        model["error_correlation"],
        model["nodes"],
    )


@lru_cache(maxsize=2048)
def study_block(
    study: Study, components: tuple[str, ...], basis: TimeBasis, correlation: float, group: int
) -> Block:
    """One study as observations: errors and random effects are defined on its arms."""
    weeks = study.weeks
    knots = len(basis.knots)
    size = sum(len(arm.weeks) for arm in study.arms)
    errors, effects = np.zeros((size, size)), np.zeros((size, size))
    design = np.zeros((size, len(components) * knots))
    baselines = np.zeros((size, len(weeks)))
    start = 0
    for arm in study.arms:
        stop = start + len(arm.weeks)
        errors[start:stop, start:stop] = _errors(arm, correlation)
        effects[start:stop, start:stop] = 0.5 * basis.kernel(arm.weeks)
        weights = basis.at(arm.weeks)
        for component in arm.components:
            column = components.index(component) * knots
            design[start:stop, column : column + knots] += weights
        for row, week in enumerate(arm.weeks):
            baselines[start + row, weeks.index(week)] = 1.0
        start = stop
    y = np.concatenate([arm.values for arm in study.arms])
    return Block(y, errors, effects, design, baselines, group)


def _errors(arm: ArmSeries, correlation: float) -> Array:
    sds, logs = np.sqrt(arm.variances), np.log2(np.asarray(arm.weeks))
    return np.asarray(np.outer(sds, sds) * correlation ** np.abs(np.subtract.outer(logs, logs)))


def synthesise(
    network: Network,
    settings: Settings | None = None,
    *,
    check: bool = False,
    support: bool = True,
) -> Effects:
    """The exact posterior of a network.

    Args:
        check: also fit with half as many nodes again and report the largest change of any
            supported contrast in its SDs as `error` (NaN otherwise).
        support: also find what may be shown (not needed in sensitivity runs).

    Raises InputError where there is no study to fit.
    """
    settings = settings or settings_of(network)
    topic = network.topic
    if not network.studies:
        raise InputError(
            f"No trial of {network.outcome} can be used for {network.audience.name}; "
            "there is nothing to combine."
        )
    mixture = _fit(network, settings)
    effects = Effects(network, settings.basis, settings.priors, mixture, {}, float("nan"))
    shown = {
        (option.id, float(horizon["week"])): support_of(effects, option.components, (), horizon)
        for horizon in topic.settings["horizons"]
        for option in topic.options
        if option.components and support
    }
    error = float("nan")
    if check:
        finer = replace(
            effects, mixture=_fit(network, replace(settings, nodes=settings.nodes * 3 // 2))
        )
        error = _change(effects, finer)
    return replace(effects, support=shown, error=error)


def _fit(network: Network, settings: Settings) -> Mixture:
    prior = prior_covariance(network, settings)
    blocks = [
        study_block(
            s,
            network.components,
            settings.basis,
            settings.error_correlation,
            int(settings.split_tau and s.sham_controlled),
        )
        for s in network.studies
    ]
    if settings.fixed_tau is None:
        return posterior(blocks, prior, settings.priors.tau_scale, settings.nodes, settings.upper)
    tau = settings.fixed_tau
    fixed = [
        replace(b, errors=b.errors + tau**2 * b.effects, effects=np.zeros_like(b.effects), group=0)
        for b in blocks
    ]
    mixture = posterior(fixed, prior, settings.priors.tau_scale, 1)
    return replace(mixture, taus=np.full((1, 1), tau))


def prior_covariance(network: Network, settings: Settings) -> Array:
    """Prior covariance over components and knots, independent between components."""
    knots = len(settings.basis.knots)
    size = len(network.components) * knots
    covariance = np.zeros((size, size))
    for k, component in enumerate(network.components):
        block = slice(k * knots, (k + 1) * knots)
        covariance[block, block] = settings.priors.covariance(component, settings.basis)
    return covariance


def support_of(
    effects: Effects,
    plus: tuple[str, ...],
    minus: tuple[str, ...],
    horizon: Mapping[str, Any],
) -> Support:
    """Whether components `plus` against `minus` may be shown at a horizon (methods, section 0)."""
    network = effects.network
    rules = network.topic.settings["network"]
    low, high = horizon["window"]
    if not effects.known((*plus, *minus)):
        return Support("not-studied", (), None, "none")
    target = np.zeros(len(network.components))
    target[[network.components.index(c) for c in plus]] += 1.0
    target[[network.components.index(c) for c in minus]] -= 1.0
    differences = network.differences((low, high))
    varied = [network.components.index(c) for c in (*plus, *minus)]
    trials = tuple(study for study, rows in differences.items() if np.any(rows[:, varied] != 0.0))
    kind = _kind(network, plus, minus, (low, high))
    people = _people(network, trials)
    own = [network.components.index(c) for c in plus]
    if not any(np.any(differences[s][:, own] != 0.0) for s in trials):
        return Support("not-studied", (), None, "none")
    if not in_row_space(np.concatenate(list(differences.values())), target, rules["tolerance"]):
        return Support("not-comparable", trials, people, kind)
    row = effects.contrast(float(horizon["week"]), plus, minus)
    _, variances = effects.mixture.project(row[None, :])
    prior = sum(
        effects.priors.covariance(c, effects.basis)[_knot(effects, horizon)]
        for c in (*plus, *minus)
    )
    means, _ = effects.mixture.project(row[None, :])
    centre = effects.mixture.weights @ means[0]
    variance = effects.mixture.weights @ (variances[0] + np.square(means[0] - centre))
    if np.sqrt(variance) > rules["largest_share_of_prior_sd"] * np.sqrt(prior):
        return Support("too-vague", trials, people, kind)
    return Support("supported", trials, people, kind)


def _knot(effects: Effects, horizon: Mapping[str, Any]) -> tuple[int, int]:
    knot = effects.basis.knots.index(float(horizon["week"]))
    return knot, knot


def _people(network: Network, trials: tuple[str, ...]) -> int | None:
    sizes = [s.people for s in network.studies if s.id in trials]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


def _kind(
    network: Network,
    plus: tuple[str, ...],
    minus: tuple[str, ...],
    window: tuple[float, float],
) -> str:
    """direct: a trial compares exactly these; add-on: with a common co-treatment; else indirect."""
    found = "indirect"
    for study in network.studies:
        for week in study.weeks:
            if not window[0] <= week < window[1]:
                continue
            arms = [set(a.components) for a in study.arms if week in a.weeks]
            for one in arms:
                for other in arms:
                    if one - other == set(plus) and other - one == set(minus):
                        if not one & other:
                            return "direct"
                        found = "add-on"
    return found


def _change(effects: Effects, finer: Effects) -> float:
    """Largest change of mean, SD or range of any component at a horizon, in its SDs."""
    largest = 0.0
    for component in effects.network.components:
        for horizon in effects.network.topic.settings["horizons"]:
            row = effects.contrast(float(horizon["week"]), (component,))
            one, two = effects.summary(row), finer.summary(row)
            moved = (one.mean - two.mean, one.sd - two.sd, one.low - two.low, one.high - two.high)
            largest = max(largest, max(abs(m) for m in moved) / two.sd)
    return largest
