"""Printed contrasts of one trial to contrasts against one arm with their covariance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError

TOLERANCE = 2e-3  # of the largest contrast or variance: what rounding of printed figures explains

Pair = tuple[str, str]


def solve(
    name: str,
    options: tuple[str, ...],
    contrasts: Mapping[Pair, tuple[float, float]],
    sizes: Mapping[str, float],
    *,
    inconsistent: bool = False,
) -> tuple[Array, Array, str]:
    """Effects against the first option, their covariance, and a note where something was derived.

    Args:
        contrasts: (option, base) to effect of option minus base and its variance.
        sizes: people of each arm, where known.
        inconsistent: use contrasts that no arms can give, after least squares.

    Covariances follow from variances of arms, v_jk = a_j + a_k: three arms exactly, more by least
    squares; three arms with two contrasts split the shared variance by 1/n.

    Raises InputError naming the trial where the contrasts contradict each other.
    """
    k, place = len(options), {option: j for j, option in enumerate(options)}
    pairs = [(place[a], place[b], y, v) for (a, b), (y, v) in contrasts.items()]
    incidence = np.zeros((len(pairs), k))
    for row, (a, b, _, _) in enumerate(pairs):
        incidence[row, a], incidence[row, b] = 1.0, -1.0
    y = np.array([p[2] for p in pairs])
    v = np.array([p[3] for p in pairs])
    if np.linalg.matrix_rank(incidence) < k - 1:
        raise InputError(
            f"Trial {name}: its contrasts do not join all its options ({', '.join(options)}); "
            "add the missing contrast or make two trials of it."
        )
    if k == 2:
        return incidence[:1, 1] * y[:1], v[:1, None], ""
    effects = np.linalg.lstsq(incidence[:, 1:], y, rcond=None)[0]
    misfit = float(np.abs(incidence[:, 1:] @ effects - y).max())
    if misfit > TOLERANCE * max(1.0, float(np.abs(y).max())) * k and not inconsistent:
        raise InputError(
            f"Trial {name}: its contrasts do not add up (off by {misfit:.3g}); check the signs and "
            "which option is compared with which, or leave the trial out."
        )
    arms, note = _arm_variances(name, options, pairs, v, sizes, inconsistent)
    return effects, arms[0] + np.diag(arms[1:]), note


def _arm_variances(
    name: str, options: tuple[str, ...], pairs: list[tuple[int, int, float, float]], v: Array,
    sizes: Mapping[str, float], inconsistent: bool,
) -> tuple[Array, str]:  # fmt: skip
    k = len(options)
    sums = np.zeros((len(pairs), k))
    for row, (a, b, _, _) in enumerate(pairs):
        sums[row, a] = sums[row, b] = 1.0
    if len(pairs) < k or np.linalg.matrix_rank(sums) < k:
        return _shared(name, options, pairs, sizes)
    arms = np.linalg.lstsq(sums, v, rcond=None)[0]
    residual = float(np.abs(sums @ arms - v).max())
    lowest = int(np.argmin(arms))
    wrong = residual > 10 * TOLERANCE * float(v.max()) or arms[lowest] < -TOLERANCE * float(v.max())
    if wrong and not inconsistent:
        told = (
            f"the variance of arm {options[lowest]} would be {arms[lowest]:.3g}"
            if arms[lowest] < 0
            else f"no variances of arms give these errors (off by {residual:.3g})"
        )  # fmt: skip
        raise InputError(
            f"Trial {name}: its standard errors cannot belong to one trial: {told}; check that all "
            "are standard errors (not standard deviations or variances), or leave the trial out."
        )
    note = "" if not wrong else f"{name}: contrasts that do not fit together, used on request"
    return np.maximum(arms, 1e-9 * float(v.max())), note


def _shared(
    name: str, options: tuple[str, ...], pairs: list[tuple[int, int, float, float]],
    sizes: Mapping[str, float],
) -> tuple[Array, str]:  # fmt: skip
    """Arm variances where only contrasts with one common arm are printed.

    The common arm's share of each variance follows 1/n where sizes are known, else a half; the
    smallest over its contrasts is taken, so that no arm is left with less than nothing.
    """
    k = len(options)
    hubs = [j for j in range(k) if all(j in (a, b) for a, b, _, _ in pairs)]
    if not hubs:
        raise InputError(
            f"Trial {name}: with {k} arms, give all contrasts or those with one common arm, so "
            "that their covariance is known."
        )
    hub = hubs[0]
    known = all(option in sizes for option in options)
    by_arm = {a + b - hub: v for a, b, _, v in pairs}
    n = [sizes.get(option, 1.0) for option in options]
    shares = [v * (1 / n[hub]) / (1 / n[hub] + 1 / n[j]) for j, v in by_arm.items()]
    common = min(shares)
    arms = np.array([common if j == hub else by_arm[j] - common for j in range(k)])
    how = "by the sizes of the arms" if known else "in halves"
    return arms, f"{name}: variance of the common arm {options[hub]} derived {how}"
