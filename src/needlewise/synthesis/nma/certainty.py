"""How sure each effect of a network is: the six domains of CINeMA (Nikolakopoulou et al. 2020).

The rules are those of `needlewise.synthesis.domains`; here are the facts that they judge. A table
of trials does not tell how well they were done, whom they were about and which others there are:
what nobody rated counts as some concerns and is said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.certainty import RATINGS, judge
from needlewise.synthesis.domains import RULES, Facts, Trial
from needlewise.synthesis.effects import Summary
from needlewise.synthesis.incoherence import Incoherence
from needlewise.synthesis.nma.checks import design_by_treatment, node_splits
from needlewise.synthesis.nma.contributions import all_trial_shares
from needlewise.synthesis.nma.fit import Fit

if TYPE_CHECKING:
    from pandas import DataFrame

Ratings = Mapping[str, tuple[str, str]]
HALF_RANGE = 1.96


def certainty(
    fit: Fit,
    *,
    important: float,
    ratings: Ratings | DataFrame | None = None,
    known: Mapping[str, int] | None = None,
    rules: Mapping[str, Any] = RULES,
) -> DataFrame:
    """Certainty of every option against the reference.

    option, against, level (high, moderate, low or very low), reason (of the domain that weighs
    most), then each domain's judgement (no, some or major concerns) and its reason:
    within_study_bias, within_study_bias_reason, reporting_bias and so on.

    Args:
        important: the smallest difference worth having, on the scale of the model (ratios: the
            logarithm).
        ratings: trial to (bias, indirectness), each low, some or high, or a table with the columns
            trial, bias, indirectness; what is empty or left out is unrated.
        known: option to the number of known trials of it, published or not; an option left out
            has some concerns of reporting bias.
        rules: cuts of the rules, as `RULES`.

    Raises InputError where the fit is not plain, assumes a common effect or cannot tell how much
    trials differ, or has options without effects of their own, and where an argument cannot be
    understood.
    """
    from pandas import DataFrame

    fit.must_be_plain()
    if fit.model != "random":
        raise InputError(
            "Certainty asks how much trials differ, and a common effect takes it that they do not; "
            "fit with model = random."
        )
    if fit.method != "bayes" and len(fit.white.y) <= fit.white.rows.shape[1]:
        raise InputError(
            "These trials are too few to show how much they differ, which certainty asks; fit with "
            "tau = bayes."
        )
    if not (math.isfinite(important) and important > 0):
        raise InputError(
            f"important must be a number above 0 (ratios: its logarithm), not {important}."
        )
    trials = fit.trials
    rated, counted = _rated(trials, ratings), _counted(trials, known or {})
    coherence = _coherence(fit)
    by_option = all_trial_shares(fit)
    wide = {row.option: row for row in fit.effects(new_trial=True).itertuples()}
    rows = []
    for row in fit.effects().itertuples():
        shares = by_option[row.option]
        found = coherence[row.option]
        facts = Facts(
            trials=tuple(
                _trial(name, 100.0 * share, rated.get(name, ("", "")))
                for name, share in zip(shares["trial"], shares["share"], strict=True)
                if share > 0
            ),
            usable=sum(row.option in t.options for t in trials.trials),
            known=counted.get(row.option),
            kind="indirect" if found.kind == "indirect" else "direct",
            incoherence=found,
            average=_summary(row),
            new_setting=_summary(wide[row.option]),
            important=important,
            printed=True,
            other_people=False,
        )
        judged = judge(facts, rules)
        told = {"option": row.option, "against": trials.reference, "level": judged.level,
                "reason": judged.reason}  # fmt: skip
        for domain in judged.domains:
            name = domain.name.replace(" ", "_").replace("-", "_")
            told |= {name: domain.judgement, f"{name}_reason": domain.reason}
        rows.append(told)
    return DataFrame(rows)


def _summary(row: Any) -> Summary:
    return Summary(row.estimate, row.se, row.low, row.high)


def _trial(name: str, percent: float, rating: tuple[str, str]) -> Trial:
    bias, people = rating
    return Trial(name, percent, RATINGS[bias], RATINGS[people], bool(bias), bool(people))


def _coherence(fit: Fit) -> dict[str, Incoherence]:
    """Option to what direct and indirect evidence against the reference say of each other."""
    reference = fit.trials.reference
    p = float(design_by_treatment(fit.trials)["p"].iloc[0])
    only = Incoherence("indirect", (), p=None if math.isnan(p) else p)
    found = dict.fromkeys(fit.trials.options[1:], only)
    # The reference stands first, so that every pair with it is against it.
    for row in node_splits(fit).itertuples():
        if row.against == reference:
            names = tuple(
                t.name for t in fit.trials.trials if {row.option, reference} <= set(t.options)
            )
            if math.isnan(row.p):  # no other trials join the two
                found[row.option] = Incoherence("direct", names)
            else:
                direct, indirect = (
                    Summary(mean, se, mean - HALF_RANGE * se, mean + HALF_RANGE * se)
                    for mean, se in ((row.direct, row.direct_se), (row.indirect, row.indirect_se))
                )
                found[row.option] = Incoherence("both", names, direct, indirect, row.p)
    return found


def _rated(trials: Trials, ratings: Ratings | DataFrame | None) -> dict[str, tuple[str, str]]:
    """Trial to its two ratings as `RATINGS` has them, "" where unrated."""
    found = {}
    names = {trial.name for trial in trials.trials}
    left_out = {name for name, _ in trials.left_out}
    for name, given in _pairs(ratings):
        if name not in names | left_out:
            raise InputError(f"ratings: there is no trial '{name}'; write it as the table does.")
        if isinstance(given, str) or not hasattr(given, "__len__") or len(given) != 2:
            raise InputError(f"ratings: trial '{name}' needs two ratings, (bias, indirectness).")
        bias, people = (_rating(name, one) for one in given)
        found[name] = (bias, people)
    return found


def _pairs(ratings: Ratings | DataFrame | None) -> list[tuple[str, Any]]:
    from pandas import DataFrame

    if ratings is None:
        return []
    if not isinstance(ratings, DataFrame):
        return [(str(name), given) for name, given in ratings.items()]
    lost = [name for name in ("trial", "bias", "indirectness") if name not in ratings]
    if lost:
        raise InputError(f"ratings: the table needs the column {lost[0]} beside its others.")
    table = ratings[["trial", "bias", "indirectness"]].astype(object)
    names = [str(name) for name in table["trial"]]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"ratings: trial '{twice}' stands there twice; leave one row.")
    return list(zip(names, zip(table["bias"], table["indirectness"], strict=True), strict=True))


def _rating(name: str, given: Any) -> str:
    missing = given is None or given != given  # nan is not itself
    word = "" if missing else str(given).strip().casefold()
    if word not in RATINGS:
        raise InputError(
            f"ratings: '{given}' of trial '{name}' is no rating; write low, some or high."
        )
    return word


def _counted(trials: Trials, known: Mapping[str, int]) -> Mapping[str, int]:
    for option, count in known.items():
        if option not in trials.options:
            raise InputError(f"known: there is no option '{option}'.")
        here = sum(option in t.options for t in trials.trials)
        if count < here:
            raise InputError(
                f"known: {option} stands in {here} trials here, so that {count} known ones are too "
                "few."
            )
    return known
