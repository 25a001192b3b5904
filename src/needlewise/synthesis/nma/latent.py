"""What trials' predictors are made of: effects, cut-offs, a slope on the baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.arms import Group, Said
from needlewise.synthesis.nma.inner import Latent
from needlewise.synthesis.nma.levels import APART


@dataclass(frozen=True, eq=False)
class Model:
    """Groups of trials, prior SDs of the parameters and of the baselines, number of cut-offs after
    the first, and whether a last parameter is a slope on the trial's baseline less `centre`.
    """

    groups: list[Group]
    sd: float
    baseline_sd: float
    cuts: int
    sloped: bool
    centre: float

    @property
    def extra(self) -> int:
        """Parameters besides effects, the last of all, on which every trial stands."""
        return self.cuts + self.sloped

    def start(self, nodes: int, effects: int) -> Array:
        """Where the climb to the modes begins, (n, p): no effects, cut-offs apart."""
        own = [APART * (k + 1) for k in range(self.cuts)] + [0.0] * self.sloped
        return np.tile([*np.zeros(effects), *own], (nodes, 1))

    def rows(self, group: Group) -> Array:
        """From parameters to the numbers a trial's likelihood stands on, (m, D, p)."""
        m, k, p = group.rows.shape
        found = np.zeros((m, k + self.extra, p + self.extra))
        found[:, :k, :p] = group.rows
        found[:, k:, p:] = np.eye(self.extra)
        return found

    def latent(self, group: Group, half: Array, at: Array) -> Latent:
        """What the predictors are at those numbers (n, q, m, D), with h (n, 1, 1)."""
        k = len(group.moved)
        base = np.zeros((k, *at.shape[:-1]))
        base[1:] = np.moveaxis(at[..., : k - 1], -1, 0)
        if not self.sloped:
            return Latent(base, np.ones(group.moved.shape), half[None], self.baseline_sd)
        base += self.centre  # where the baselines' prior has its middle
        turned = at[..., -1] * group.moved  # the slope, in the arms that it moves
        # What moved arms share is (1 + slope) m and a shift of variance h. It is the common part;
        # the first arm, which is m itself, has m's mean given it and what is left of m's variance.
        moved, sd = turned[-1] != 0.0, self.baseline_sd
        along, spread = 1.0 + turned[-1], np.broadcast_to(half, turned[-1].shape)
        whole = np.square(along * sd) + spread
        w, own = np.ones(base.shape), np.broadcast_to(half, base.shape).copy()
        w[0] = np.where(moved, sd**2 * along / whole, 1.0)
        own[0] = np.where(moved, sd**2 * spread / whole, spread)
        return Latent(base, w, own, np.where(moved, np.sqrt(whole), sd))

    def rises(self, group: Group, at: Array) -> bool:
        """Whether cut-offs are in order at all those numbers."""
        first = group.rows.shape[1]
        cuts = at[..., first : first + self.cuts]
        return bool((np.diff(cuts, axis=-1, prepend=0.0) > 0).all())

    def said(self, group: Group, at: Array) -> Said:
        """What the arms say at those numbers."""
        first = group.rows.shape[1]
        return group.said.at(at[..., first : first + self.cuts])


def centre_of_baselines(trials: Trials) -> float:
    """Mean predictor of the reference's arms as they were counted.

    Raises InputError where the reference has no arms with both another option and events.
    """
    found = []
    for trial in trials.trials:
        if trials.reference in trial.options and trial.arms is not None:
            j = trial.options.index(trials.reference)
            r, n = trial.arms.events[j] + 0.5, trial.arms.size[j] + 1.0
            found.append(float(np.log(r / n if trials.measure != "OR" else r / (n - r))))
    if len(found) < 3:
        raise InputError(
            f"A slope on the baseline needs three trials with the reference {trials.reference}; "
            f"here are {len(found)}."
        )
    return float(np.mean(found))
