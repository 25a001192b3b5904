"""From the contrasts a source prints to arms, so that every study has one form.

Only differences within a study and week carry information, so the first arm may stand at zero;
what matters is how each contrast's variance is shared between its two arms (methods, section 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from needlewise.errors import InputError


@dataclass(frozen=True)
class Contrast:
    """`value` = arm `a` minus arm `b` on the common scale, higher worse, with its variance."""

    a: str
    b: str
    value: float
    variance: float


def arms_from_contrasts(
    study: str, contrasts: Sequence[Contrast], sizes: dict[str, float | None], rounding: float
) -> dict[str, tuple[float, float]]:
    """Value and variance of each arm behind contrasts of one study and week.

    Args:
        study: named in errors.
        contrasts: their arms must hang together.
        sizes: people behind each arm, None where unknown (then taken as equal).
        rounding: how far printed contrasts may miss each other, on the common scale.

    Returns: arm -> (value relative to the first arm, variance).
    Raises InputError where contrasts contradict each other.
    """
    arms = list(dict.fromkeys(arm for c in contrasts for arm in (c.a, c.b)))
    pairs = {frozenset((c.a, c.b)) for c in contrasts}
    if any(len(pair) < 2 for pair in pairs):
        raise InputError(f"{study} compares an arm with itself; correct the arms of the row.")
    if len(pairs) < len(contrasts):
        raise InputError(f"{study} reports one comparison twice for a week; keep one row.")
    values = _values(study, arms, contrasts, rounding)
    if len(contrasts) == len(arms) - 1:
        variances = _split(arms, contrasts, sizes)
    elif len(contrasts) == len(arms) * (len(arms) - 1) // 2:
        variances = _recover(study, arms, contrasts)
    else:
        raise InputError(
            f"{study} reports some but not all comparisons of its {len(arms)} arms; give all of "
            "them, or only those against one arm."
        )
    return {arm: (values[arm], variances[arm]) for arm in arms}


def _values(
    study: str, arms: list[str], contrasts: Sequence[Contrast], rounding: float
) -> dict[str, float]:
    design = np.zeros((len(contrasts), len(arms)))
    for row, contrast in zip(design, contrasts, strict=True):
        row[arms.index(contrast.a)], row[arms.index(contrast.b)] = 1.0, -1.0
    printed = np.array([c.value for c in contrasts])
    solution, _, rank, _ = np.linalg.lstsq(design, printed, rcond=None)
    if rank < len(arms) - 1:
        raise InputError(f"The comparisons of {study} do not hang together; link all its arms.")
    if np.max(np.abs(design @ solution - printed)) > rounding:
        raise InputError(
            f"The comparisons of {study} contradict each other: going round its arms does not "
            "lead back to zero; check their signs."
        )
    return dict(zip(arms, (solution - solution[0]).tolist(), strict=True))


def _split(
    arms: list[str], contrasts: Sequence[Contrast], sizes: dict[str, float | None]
) -> dict[str, float]:
    """Share each variance by 1/n; an arm in several contrasts gets the mean of its shares."""
    shares: dict[str, list[float]] = {arm: [] for arm in arms}
    for c in contrasts:
        one, other = sizes[c.a], sizes[c.b]
        part = other / (one + other) if one and other else 0.5
        shares[c.a].append(part * c.variance)
        shares[c.b].append((1.0 - part) * c.variance)
    centre = {arm: sum(s) / len(s) for arm, s in shares.items()}
    for c in contrasts:  # the end arms take what is left, so that each contrast keeps its variance
        for end, hub in ((c.a, c.b), (c.b, c.a)):
            if len(shares[end]) == 1 and len(shares[hub]) > 1:
                centre[end] = max(c.variance - centre[hub], 0.05 * c.variance)
    return centre


def _recover(study: str, arms: list[str], contrasts: Sequence[Contrast]) -> dict[str, float]:
    """Arm variances from all contrasts: least squares on v_jk = a_j + a_k (Lu 2011)."""
    printed = {frozenset((c.a, c.b)): c.variance for c in contrasts}
    pairs = list(combinations(range(len(arms)), 2))
    design = np.zeros((len(pairs), len(arms)))
    target = np.empty(len(pairs))
    for k, (i, j) in enumerate(pairs):
        design[k, [i, j]] = 1.0
        target[k] = printed[frozenset((arms[i], arms[j]))]
    solution = np.linalg.lstsq(design, target, rcond=None)[0]
    misfit = float(np.max(np.abs(design @ solution - target)))
    if np.min(solution) <= 1e-9 * np.max(target) or misfit > 0.05 * float(np.max(target)):
        raise InputError(
            f"The standard errors of {study} do not fit three or more arms: an arm would have "
            f"variance {float(np.min(solution)):.4g} (misfit {misfit:.4g}); check them against "
            "the source."
        )
    return dict(zip(arms, solution.tolist(), strict=True))
