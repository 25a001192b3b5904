"""A row an arm with people in ordered categories, to trials on the probit scale.

The likelihood of the categories (`fit(likelihood="counts")`) uses all of them; the contrasts made
here are of the lowest cut-off that a trial reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables.columns import Table, meanings
from needlewise.evidence.tables.layouts import Printed, PrintedArm
from needlewise.evidence.tables.trials import Arms, Trial

LAYOUT = "one row an arm, with people in ordered categories"


def ordered_rows(
    table: Table, cuts: Sequence[str], covariates: Sequence[str]
) -> tuple[list[Printed], str, str]:
    """Trials as printed, the layout, and the kind of numbers.

    Args:
        cuts: columns of people who reached that cut-off and not the next reported one, the lowest
            first; an empty cell: the trial does not report it.

    Raises InputError naming the cell.
    """
    known = meanings(table)
    lost = [name for name in (*cuts, *covariates) if name not in table.columns]
    lost += [name for name in ("study", "treatment", "n") if name not in known]
    if lost or not cuts:
        raise InputError(
            f"{table.where} needs a row an arm with columns for study, treatment, n and each of "
            f"the ordered categories; it lacks {', '.join(lost) or 'categories'}."
        )
    found: dict[str, Printed] = {}
    for row in range(table.rows):
        name, option = table.text(row, known["study"]), table.text(row, known["treatment"])
        if not name or not option:
            raise table.fail(row, known["treatment"], "must come with a trial and an option.")
        trial = found.setdefault(name, Printed(name))
        told = {"n": table.number(row, known["n"])} | {c: table.number(row, c) for c in cuts}
        for column, value in told.items():
            if value is not None and value < 0:
                raise table.fail(row, known["n"] if column == "n" else column, "is below 0.")
        trial.arms.append(PrintedArm(option, row, {k: v for k, v in told.items() if v is not None}))
        for covariate in covariates:
            value = table.number(row, covariate)
            if value is not None:
                trial.covariates.setdefault(covariate, value)
    return list(found.values()), LAYOUT, "ordered categories"


def ordered_trial(raw: Printed, cuts: Sequence[str], notes: list[str]) -> Trial | str:
    """A trial of ordered categories, or why it carries nothing. Raises InputError naming it."""
    by_option: dict[str, list[Mapping[str, float]]] = {}
    for arm in raw.arms:
        by_option.setdefault(arm.option, []).append(arm.told)
    if len(by_option) < 2:
        return "it has one arm only"
    told = [c for c in cuts if any(c in arm.told for arm in raw.arms)]
    if not told:
        return "it reports no category"
    for arm in raw.arms:
        lost = [c for c in ("n", *told) if c not in arm.told]
        if lost:
            raise InputError(
                f"Trial {raw.name}, arm {arm.option} (row {arm.row + 1}): {lost[0]} is missing, "
                "which its other arms report."
            )
    notes += [f"{raw.name}: {len(same)} arms of {o} put together"
              for o, same in by_option.items() if len(same) > 1]  # fmt: skip
    size = np.array([sum(a["n"] for a in same) for same in by_option.values()])
    levels = np.full((len(size), len(cuts)), np.nan)
    for k, cut in enumerate(cuts):
        if cut in told:
            levels[:, k] = [sum(a[cut] for a in same) for same in by_option.values()]
    reached = np.nansum(levels, axis=1)
    wrong = np.flatnonzero((reached > size) | (size <= 0))
    if len(wrong):
        raise InputError(
            f"Trial {raw.name}, arm {list(by_option)[wrong[0]]}: {reached[wrong[0]]:g} people in "
            f"categories of {size[wrong[0]]:g} cannot be; each person counts once, in the highest "
            "category reached."
        )
    if (reached == 0).all() or (levels[:, cuts.index(told[-1])] == size).all():
        return "all its people are in one category"
    y, covariance, first = _probits(reached, size)
    arms = Arms(reached, size, np.zeros(len(size)), levels)
    return Trial(raw.name, tuple(by_option), y, covariance, arms, raw.covariates, first)


def _probits(reached: Array, size: Array) -> tuple[Array, Array, float]:
    """Contrasts of probits against the first arm, half a person added to every cell, their
    covariance, and the first arm's own variance.
    """
    from scipy.special import ndtri

    share = (reached + 0.5) / (size + 1.0)
    at = ndtri(share)
    density = np.exp(-0.5 * np.square(at)) / np.sqrt(2 * np.pi)
    variances = share * (1 - share) / ((size + 1.0) * np.square(density))
    covariance = variances[0] + np.diag(variances[1:])
    return np.asarray(at[1:] - at[0]), covariance, float(variances[0])
