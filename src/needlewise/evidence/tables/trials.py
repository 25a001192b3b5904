"""What a network meta-analysis is made of: trials with their contrasts, and arms where known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from needlewise.distributions import Array

RATIOS = frozenset({"OR", "RR", "IRR", "HR", "ROM"})
MEASURES = {
    "MD": "mean difference", "SMD": "standardised mean difference (Hedges)",
    "ROM": "log ratio of means", "OR": "log odds ratio", "RR": "log risk ratio",
    "RD": "risk difference", "IRR": "log rate ratio", "HR": "log hazard ratio",
    "PROBIT": "difference on the probit scale", "GEN": "estimates as given",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Arms:
    """Counts of a trial's arms, (k,) each, in the order of its options.

    `size` is people for a binomial likelihood and person-time for a Poisson one; `offset` is added
    to a log hazard (log follow-up time) and is zero otherwise. `levels` (k, cuts) are people in
    ordered categories, each from its cut-off to the next that is reported; nan where it is not.
    """

    events: Array
    size: Array
    offset: Array
    levels: Array | None = None

    def ordered(self, order: NDArray[np.intp]) -> Arms:
        """The arms in another order."""
        levels = None if self.levels is None else self.levels[order]
        return Arms(self.events[order], self.size[order], self.offset[order], levels)


@dataclass(frozen=True, eq=False)
class Repeats:
    """A trial's results at several weeks, each `options` minus `base` at `weeks`: y (N,),
    covariance (N, N).
    """

    base: str
    options: tuple[str, ...]
    weeks: Array
    y: Array
    covariance: Array


@dataclass(frozen=True, eq=False)
class Trial:
    """One trial.

    Attributes:
        options: its k arms in order; the first is the one the others are compared with.
        y: effect of each other arm minus the first, on the scale of the measure, (k - 1,).
        covariance: of y, (k - 1, k - 1).
        arms: counts, where the table had counts.
        covariates: numbers of the trial, such as a mean age.
        first_variance: of the first arm alone, where the table tells it.
        repeats: its results at all weeks, where the table tells weeks; y is then at one of them.
    """

    name: str
    options: tuple[str, ...]
    y: Array
    covariance: Array
    arms: Arms | None = None
    covariates: Mapping[str, float] = field(default_factory=dict)
    first_variance: float | None = None
    repeats: Repeats | None = None

    @property
    def design(self) -> tuple[str, ...]:
        return tuple(sorted(self.options))


@dataclass(frozen=True, eq=False)
class Trials:
    """A network as it was read.

    Attributes:
        measure: a key of `MEASURES`; likelihood: normal, or binomial, poisson or ordered (counts).
        options: all options, the reference first, then by name.
        layout: which table layout was recognised, a sentence; notes: what was done to the data.
        left_out: (trial, why) of trials that carry nothing.
        classes: option to its class, where a column of the table says so.
        week: the week whose results (or the nearest) stand in `y`; None without weeks.
        cuts: names of the cut-offs of ordered categories, the lowest first.
    """

    measure: str
    likelihood: str
    options: tuple[str, ...]
    trials: tuple[Trial, ...]
    layout: str
    notes: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    classes: Mapping[str, str] = field(default_factory=dict)
    week: float | None = None
    cuts: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return self.options[0]

    @property
    def is_ratio(self) -> bool:
        return self.measure in RATIOS

    @property
    def comparisons(self) -> Counter[tuple[str, str]]:
        """How many trials compare each pair directly, pairs in the order of the options."""
        place = {option: k for k, option in enumerate(self.options)}
        found: Counter[tuple[str, str]] = Counter()
        for trial in self.trials:
            arms = sorted(trial.options, key=place.__getitem__)
            found.update((a, b) for k, a in enumerate(arms) for b in arms[k + 1 :])
        return found

    def parts(self) -> tuple[tuple[str, ...], ...]:
        """Sets of options that trials join, the one with the reference first."""
        leader = {option: option for option in self.options}

        def top(option: str) -> str:
            while leader[option] != option:
                leader[option] = leader[leader[option]]
                option = leader[option]
            return option

        for trial in self.trials:
            for other in trial.options[1:]:
                leader[top(other)] = top(trial.options[0])
        found: dict[str, list[str]] = {}
        for option in self.options:
            found.setdefault(top(option), []).append(option)
        return tuple(tuple(part) for part in found.values())
