"""What the methods for rare events share: which networks they take, and arms that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Arms, Trial, Trials

OTHERWISE = ", or use likelihood = counts, which leaves nothing out"


def counts_of(trial: Trial) -> Arms:
    """Whole counts of a trial. Raises InputError naming it where they are not whole or missing."""
    arms = trial.arms
    if arms is None or not all(
        np.allclose(n, np.round(n), rtol=0.0, atol=1e-9) for n in (arms.events, arms.size)
    ):
        raise InputError(
            f"Trial {trial.name}: methods for rare events need whole counts of events and people, "
            "not weighted or adjusted ones; leave out its weight or bias, or use "
            "likelihood = counts."
        )
    return arms


def check_odds(trials: Trials) -> None:
    """Raise InputError unless every trial has whole counts and the measure is OR."""
    for trial in trials.trials:
        if trial.arms is None:
            break
        counts_of(trial)
    if trials.measure != "OR" or trials.likelihood != "binomial":
        raise InputError(
            "Methods for rare events need events and people for every arm, no bias taken off, and "
            f"the measure OR; this network has {trials.measure} and {trials.likelihood} results."
        )


def fewer_arms(trial: Trial, kept: Sequence[int]) -> Trial:
    """The trial with some of its arms (places, at least two), the first of them its first."""
    turned = np.vstack([np.zeros(len(trial.y)), np.eye(len(trial.y))])[list(kept)]
    turned = turned[1:] - turned[0]
    arms = counts_of(trial)
    return replace(
        trial, options=tuple(trial.options[k] for k in kept), y=turned @ trial.y,
        covariance=turned @ trial.covariance @ turned.T,
        arms=Arms(arms.events[list(kept)], arms.size[list(kept)], arms.offset[list(kept)]),
        first_variance=trial.first_variance if kept[0] == 0 else None,
    )  # fmt: skip


def with_trials(trials: Trials, kept: Sequence[Trial]) -> Trials:
    """The network of these trials alone. Raises InputError where none is left."""
    seen = {option for trial in kept for option in trial.options}
    if not seen:
        raise InputError(
            "No trial is left: in every design all arms but one have no events, or events in "
            "everybody; use likelihood = counts."
        )
    options = tuple(option for option in trials.options if option in seen)
    return replace(trials, trials=tuple(kept), options=options)


def dense(rows: Array) -> Array:
    """Rows of a design, whatever they are kept as."""
    return rows if isinstance(rows, np.ndarray) else np.asarray(rows.toarray())
