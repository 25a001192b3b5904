"""Trials with results at several weeks, joined: errors of one arm are correlated in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables.trials import Repeats, Trial

PER_DOUBLING = 0.6  # correlation of an arm's errors when time doubles (methods, section 2)


def suffix(week: float) -> str:
    """What parts a trial's rows by week while they are read."""
    return f" at week {week:g}"


def main_week(found: Mapping[str, Mapping[float, Trial]]) -> float:
    """The week most trials report, the later of two."""
    often = Counter(week for by_week in found.values() for week in by_week)
    return max(often, key=lambda week: (often[week], week))


def joined(name: str, by_week: Mapping[float, Trial], week: float) -> Trial:
    """A trial at the week nearest to the one asked, with all its weeks as `repeats`.

    Errors of an arm at weeks t and t' have correlation 0.6 ^ |log2(t / t')|. Raises InputError
    where no arm has a result at every week.
    """
    weeks = sorted(by_week)
    shared = [o for o in by_week[weeks[0]].options
              if all(o in by_week[w].options for w in weeks)]  # fmt: skip
    if not shared:
        told = ", ".join(f"{w:g}" for w in weeks)
        raise InputError(
            f"Trial {name}: no arm has a result at each of its weeks ({told}), so that they cannot "
            "be joined; leave out the weeks with other arms."
        )
    own = [_against(by_week[w], shared[0]) for w in weeks]
    nearest = min(weeks, key=lambda w: (abs(np.log(w / week)), w))
    return replace(by_week[nearest], name=name, repeats=_repeats(shared[0], weeks, own))


def _against(trial: Trial, base: str) -> Trial:
    """The same trial with another arm as its first."""
    if trial.options[0] == base:
        return trial
    k, place = len(trial.options), trial.options.index(base)
    turn = np.zeros((k - 1, k))
    others = [j for j in range(k) if j != place]
    turn[np.arange(k - 1), others], turn[:, place] = 1.0, -1.0
    turn = turn[:, 1:]  # the first arm is zero
    return replace(
        trial, options=(base, *(trial.options[j] for j in others)), y=turn @ trial.y,
        covariance=turn @ trial.covariance @ turn.T, arms=None,
        first_variance=float(_arm_variances(trial)[place]),
    )  # fmt: skip


def _arm_variances(trial: Trial) -> Array:
    """Variances of the arms: the first's where it is known, else what its contrasts share, half of
    the one contrast where there is one.
    """
    own = np.diagonal(trial.covariance)
    size, first = len(own), trial.first_variance
    if first is None:
        shared = (trial.covariance.sum() - own.sum()) / max(size * (size - 1), 1)
        first = 0.5 * float(own[0]) if size == 1 else float(shared)
    first = min(max(first, 0.0), float(own.min()))
    return np.asarray(np.concatenate([[first], own - first]))


def _repeats(base: str, weeks: list[float], trials: list[Trial]) -> Repeats:
    ends = np.cumsum([0, *(len(t.y) for t in trials)])
    covariance = np.zeros((ends[-1], ends[-1]))
    arms = [dict(zip(t.options, _arm_variances(t), strict=True)) for t in trials]
    for a, one in enumerate(trials):
        covariance[ends[a] : ends[a + 1], ends[a] : ends[a + 1]] = one.covariance
        for b in range(a):
            two = trials[b]
            alike = PER_DOUBLING ** abs(np.log2(weeks[a] / weeks[b]))
            block = np.full((len(one.y), len(two.y)), np.sqrt(arms[a][base] * arms[b][base]))
            for i, option in enumerate(one.options[1:]):
                for j, other in enumerate(two.options[1:]):
                    if option == other:
                        block[i, j] += np.sqrt(arms[a][option] * arms[b][option])
            covariance[ends[a] : ends[a + 1], ends[b] : ends[b + 1]] = alike * block
            covariance[ends[b] : ends[b + 1], ends[a] : ends[a + 1]] = alike * block.T
    return Repeats(
        base, tuple(o for t in trials for o in t.options[1:]),
        np.repeat(weeks, [len(t.y) for t in trials]), np.concatenate([t.y for t in trials]),
        covariance,
    )  # fmt: skip
