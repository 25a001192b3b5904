"""How much each row moves a result: the posterior mean is linear in the rows given tau."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array
from needlewise.synthesis.effects import Effects
from needlewise.synthesis.synthesise import settings_of, study_block


@dataclass(frozen=True)
class Influence:
    """One arm and week: how many points the result moves when this value moves by one."""

    study: str
    arm: str
    week: float
    value: float
    error: float
    weight: float
    source: str
    places: tuple[str, ...]


def influences(effects: Effects, row: Array) -> tuple[Influence, ...]:
    """Weights of all rows in the posterior mean of a contrast, averaged over tau.

    For each node the mean is c' A^-1 X' P y with P = V^-1 - V^-1 Z (Z' V^-1 Z)^-1 Z' V^-1.
    """
    network, mixture = effects.network, effects.mixture
    settings = settings_of(network)
    pull = mixture.covariances @ (row @ mixture.lift)  # (n, s): covariance with touched effects
    squares = effects.tau_squares
    found: list[Influence] = []
    for study in network.studies:
        block = study_block(
            study, network.components, settings.basis, settings.error_correlation, 0
        )
        inverse = np.linalg.inv(block.errors + squares[:, None, None] * block.effects)
        nuisance = inverse @ block.baselines
        middle = np.linalg.inv(block.baselines.T @ nuisance)
        projection = inverse - nuisance @ middle @ nuisance.transpose(0, 2, 1)
        weights = np.einsum("np,rp,nrs->ns", pull, block.design[:, mixture.touched], projection)
        mean = mixture.weights @ weights
        k = 0
        for arm in study.arms:
            for week, value, variance, source, places in zip(
                arm.weeks, arm.values, arm.variances, arm.sources, arm.places, strict=True
            ):
                found.append(
                    Influence(
                        study.id,
                        arm.id,
                        week,
                        float(value),
                        float(np.sqrt(variance)),
                        float(mean[k]),
                        source,
                        places,
                    )
                )
                k += 1
    return tuple(found)
