"""A fitted network as JSON: `heterogeneity` and `effects` first, everything else beside them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from needlewise.synthesis.nma import Fit, plain
from needlewise.synthesis.nma.certainty import Ratings, certainty
from needlewise.synthesis.nma.checks import (
    design_by_treatment,
    i_squared,
    node_splits,
    q_decomposition,
)
from needlewise.synthesis.nma.contributions import comparison_shares
from needlewise.synthesis.nma.deviance import deviance
from needlewise.synthesis.nma.horizons import not_joined, over_time
from needlewise.synthesis.nma.influence import egger, residuals, thresholds
from needlewise.synthesis.nma.net_heat import net_heat

if TYPE_CHECKING:
    from pandas import DataFrame

PLAIN = (
    "the same network with the normal likelihood, at one week, without classes or a second variance"
)
CERTIFIED = 0.1  # effective share of the importance points
MOST_PAIRS, MOST_HEAT = 60, 30  # options whose pairs, and whose net heat, are listed


def nma_json(
    fit: Fit, *, better: str = "lower", important: float | None = None,
    ratings: Ratings | DataFrame | None = None, known: Mapping[str, int] | None = None,
    without_each: DataFrame | None = None,
) -> str:  # fmt: skip
    """The fit as JSON text. Effects stand on the scale of the model: ratios as logarithms.

    Arguments are those of `nma_document`.
    """
    trials, own = fit.trials, fit.heterogeneity
    checked = plain(fit)
    small = len(trials.options) <= MOST_PAIRS
    found: dict[str, Any] = {
        "measure": trials.measure,
        "scale": "log" if trials.is_ratio else "as measured",
        "reference": trials.reference,
        "options": list(trials.options),
        "trials": len(trials.trials),
        "model": fit.model,
        "tau_method": fit.method,
        "test": fit.test,
        "likelihood": fit.likelihood,
        "prior": fit.prior,
        "heterogeneity": {
            "tau": own.tau, "low": own.low, "high": own.high, "tau2": own.tau**2,
            "median": own.median, "sd": own.sd, "i_squared": i_squared(trials),
        },
        "at": {**fit.design.centres, **fit.design.asked},
        "effects": rows(fit.effects()),
        "new_trial": rows(fit.effects(new_trial=True)) if fit.model == "random" else [],
        "prior_speaks_for": list(fit.loose),
        "parameters": rows(fit.parameters()),
        "ranks": rows(fit.ranks(better=better)),
        "league": rows(fit.league()) if small else [],
        "q": rows(q_decomposition(trials)),
        "design_by_treatment": rows(design_by_treatment(trials)),
        "node_splits": rows(node_splits(checked)) if small else [],
        "residuals": rows(residuals(checked)),
        "comparisons": rows(fit.comparisons),
        "thresholds": rows(thresholds(checked, better=better)) if small else [],
        "contributions": _contributions(checked) if small else [],
        "net_heat": rows(net_heat(checked)) if len(trials.options) <= MOST_HEAT else [],
        "egger": rows(egger(checked)),
        "checks_of": "this model" if fit.is_plain else PLAIN,
        "layout": trials.layout,
        "notes": list(trials.notes),
        "left_out": [{"trial": name, "why": why} for name, why in trials.left_out],
    }  # fmt: skip
    if without_each is not None:
        found["leave_one_out"] = rows(without_each)
    if important is not None:
        found["certainty"] = rows(
            certainty(checked, important=important, ratings=ratings, known=known)
        )
    if fit.method == "bayes" and (fit.is_plain or fit.counts_deviance is not None):
        told = deviance(fit)
        found["deviance"] = {
            "residual": told.residual, "pD": told.parameters, "DIC": told.dic,
            "data": told.data, "of": told.of,
        }  # fmt: skip
    if fit.design.weeks:
        found["week"] = trials.week
        found["not_joined"] = not_joined(fit)
        found["over_time"] = rows(over_time(fit))
    if fit.within_classes is not None:
        own = fit.within_classes
        found["within_classes"] = {"sd": own.tau, "low": own.low, "high": own.high}
    if fit.inconsistency is not None:
        gap = fit.inconsistency
        found["inconsistency"] = {"gamma": gap.tau, "low": gap.low, "high": gap.high}
    if fit.counts_deviance is not None:
        found["effective_share"] = fit.effective
        found["certified"] = certified(fit)
    return json.dumps(_finite(found), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def certified(fit: Fit) -> bool:
    """Whether enough importance points count for a posterior of counts to be vouched for."""
    return fit.effective >= CERTIFIED


def _contributions(fit: Fit) -> list[dict[str, Any]]:
    """Share of each direct comparison in each effect against the reference, where it has one."""
    if fit.design.names != fit.trials.options[1:]:
        return []
    found = []
    for option in fit.trials.options[1:]:
        told = comparison_shares(fit, option)
        told = told[told["share"] > 0]
        found += [{"effect": option, **row} for row in rows(told)]
    return found


def rows(table: DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True))
            for row in table.astype(object).itertuples(index=False)]  # fmt: skip


def _finite(value: Any) -> Any:
    """Numbers as plain ones; what has no value is null."""
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
