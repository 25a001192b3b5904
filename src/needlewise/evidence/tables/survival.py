"""Each person's time to an event to a trial's log hazard ratios, by Cox's partial likelihood.

With arms as the only covariate, the likelihood has one row for each event: how many people of each
arm were at risk then. Of d events at one time, the l-th counts those d less by a share l / d
(Efron 1977). The log likelihood is the sum of log hazards of those who had the event, less the sum
of log(row @ hazards).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables.layouts import Printed
from needlewise.evidence.tables.trials import Trial

NEWTON, HALVINGS = 60, 30
CLOSE = 1e-10
FARTHEST = 16.0  # a log hazard ratio beyond it is on its way to infinity
LEAST = 1e-9  # information below it says that arms were never at risk together

NOTE = "Log hazard ratios are those of Cox's partial likelihood, ties by Efron's rule"


def hazard_ratios(raw: Printed) -> Trial | str:
    """The trial, or why it carries nothing; its first arm is the one the others are compared with.

    Raises InputError where an arm has no hazard ratio.
    """
    options = tuple(raw.people)
    if len(options) < 2:
        return "it has one arm only"
    rows, events = risk_sets([np.array(people) for people in raw.people.values()])
    if not events.any():
        return "nobody in it has the event, which says nothing about a ratio"
    if not events.all():
        arm = options[int(np.argmin(events))]
        raise InputError(
            f"Trial {raw.name}: nobody in arm {arm} has the event, so that its hazard ratio has no "
            "end; put the arm together with another or leave the trial out."
        )
    found = _newton(rows, events)
    if found is None:
        raise InputError(
            f"Trial {raw.name}: the events of its arms ({', '.join(options)}) separate completely, "
            "so that a hazard ratio has no end; check the times or leave the trial out."
        )
    return Trial(raw.name, options, *found, None, raw.covariates)


def risk_sets(arms: Sequence[Array]) -> tuple[Array, Array]:
    """Rows of people at risk, (events, k), and events of each arm, (k,).

    Args:
        arms: for each arm its people, (n, 2): time, and 1 where the event was seen, else 0.
    """
    seen = [np.sort(arm[arm[:, 1] == 1, 0]) for arm in arms]
    times = np.unique(np.concatenate(seen))
    at_risk = np.stack([len(a) - np.searchsorted(np.sort(a[:, 0]), times) for a in arms], axis=1)
    ties = np.stack(
        [np.searchsorted(own, times, "right") - np.searchsorted(own, times) for own in seen], axis=1
    )
    many = ties.sum(axis=1)
    place = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    share = place / np.repeat(many, many)
    rows = np.repeat(at_risk, many, axis=0) - share[:, None] * np.repeat(ties, many, axis=0)
    return rows, ties.sum(axis=0).astype(float)


def log_likelihood(rows: Array, events: Array, ratios: Array) -> float:
    """Partial log likelihood at log hazard ratios against the first arm, (k - 1,)."""
    logs = np.concatenate([[0.0], ratios])
    return float(events @ logs - np.log(rows @ np.exp(logs)).sum())


def _newton(rows: Array, events: Array) -> tuple[Array, Array] | None:
    """Log hazard ratios at the maximum and their covariance; None where there is none."""
    at: Array = np.zeros(len(events) - 1)
    value = log_likelihood(rows, events, at)
    for _ in range(NEWTON):
        share = rows * np.exp(np.concatenate([[0.0], at]))
        share = share / share.sum(axis=1, keepdims=True)
        slope = (events - share.sum(axis=0))[1:]
        information = (np.diag(share.sum(axis=0)) - share.T @ share)[1:, 1:]
        if np.linalg.eigvalsh(information)[0] < LEAST:
            return None
        step = np.linalg.solve(information, slope)
        if float(np.abs(step).max()) < CLOSE:
            return at, np.linalg.inv(information)
        for _ in range(HALVINGS):
            new = log_likelihood(rows, events, at + step)
            if new >= value - 1e-9:
                break
            step = 0.5 * step
        at, value = at + step, new
        if float(np.abs(at).max()) > FARTHEST:
            return None
    return None
