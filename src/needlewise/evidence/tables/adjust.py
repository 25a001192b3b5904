"""Trials that count for less, or whose bias is taken off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from needlewise.errors import InputError
from needlewise.evidence.tables.trials import Repeats, Trial


@dataclass(frozen=True)
class Adjust:
    """Names of columns with a number for each trial; an empty cell changes nothing.

    Attributes:
        weight: above 0 to 1; a trial counts as that share of itself: its variances are divided by
            it, its counts multiplied (a power of its likelihood).
        bias: what the trial is thought to exaggerate the effect of every other option against the
            reference, on the scale of the measure; it is taken off (Turner et al. 2009).
        bias_sd: how unsure that is, an SD, added to its errors (Welton et al. 2009).
    """

    weight: str | None = None
    bias: str | None = None
    bias_sd: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(c for c in (self.weight, self.bias, self.bias_sd) if c is not None)


def adjusted(trials: Sequence[Trial], by: Adjust, reference: str) -> tuple[list[Trial], list[str]]:
    """The trials as they are to count, and what was done, a sentence each.

    A trial without the reference keeps its effects: biases of its options cancel. Raises
    InputError naming the trial.
    """
    found, told = [], []
    for trial in trials:
        weight, bias, sd = (
            trial.covariates.get(c, usual) if c is not None else usual
            for c, usual in ((by.weight, 1.0), (by.bias, 0.0), (by.bias_sd, 0.0))
        )
        if not 0 < weight <= 1:
            raise InputError(
                f"Trial {trial.name}: its weight {weight:g} must be above 0 and at most 1; leave "
                "out a trial that is not to count."
            )
        if sd < 0:
            raise InputError(
                f"Trial {trial.name}: the SD of its bias, {sd:g}, must not be below 0."
            )
        if weight < 1:
            trial = _weighted(trial, weight)
            told.append(f"{trial.name}: counts as {weight:g} of itself")
        if (bias or sd) and reference in trial.options:
            trial = _less_biased(trial, bias, sd, reference)
            told.append(f"{trial.name}: a bias of {bias:g} (SD {sd:g}) taken off")
        found.append(trial)
    return found, told


def _weighted(trial: Trial, weight: float) -> Trial:
    arms, own = trial.arms, trial.repeats
    if arms is not None:
        arms = replace(arms, events=arms.events * weight, size=arms.size * weight)
    if own is not None:
        own = replace(own, covariance=own.covariance / weight)
    return replace(trial, covariance=trial.covariance / weight, arms=arms, repeats=own)


def _less_biased(trial: Trial, bias: float, sd: float, reference: str) -> Trial:
    """One bias for all contrasts of a trial; counts are no longer what the trial says."""
    first, own = trial.options[0] == reference, trial.repeats
    moved = np.array([1.0 - (o == reference) for o in trial.options[1:]]) - (not first)
    if own is not None:
        own = _less_biased_repeats(own, bias, sd, reference)
    covariance = trial.covariance + sd**2 * np.outer(moved, moved)
    return replace(trial, y=trial.y - bias * moved, covariance=covariance, arms=None, repeats=own)


def _less_biased_repeats(own: Repeats, bias: float, sd: float, reference: str) -> Repeats:
    first = own.base == reference
    moved = np.array([1.0 - (o == reference) for o in own.options]) - (not first)
    return replace(
        own, y=own.y - bias * moved, covariance=own.covariance + sd**2 * np.outer(moved, moved)
    )
