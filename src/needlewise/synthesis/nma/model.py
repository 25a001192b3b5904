"""`fit`: trials and a model in, a `Fit` out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.classic import METHODS
from needlewise.synthesis.nma.design import (
    Design,
    check_estimable,
    check_joined,
    design,
    loose_parameters,
)
from needlewise.synthesis.nma.fit import Fit
from needlewise.synthesis.nma.kinds import (
    RARE,
    bayes,
    classic,
    must_have_counts,
    of_counts,
    of_rare_events,
    over_time_of,
    with_classes,
    with_inconsistency,
)
from needlewise.synthesis.nma.priors import TauPrior
from needlewise.synthesis.nma.whitened import whitened

LIKELIHOODS = ("normal", "counts", *RARE)
TESTS = ("wald", "t", "hartung-knapp")


@contextmanager
def _solvable() -> Iterator[None]:
    """What cannot be solved in floating point, as an InputError."""
    try:
        yield
    except np.linalg.LinAlgError:
        raise InputError(
            "The numbers of these trials are too far apart in size to be worked out together; look "
            "for a wrong unit, a lost decimal point or a standard error near 0."
        ) from None


@_solvable()
def fit(
    trials: Trials,
    *,
    model: str = "random",
    tau: str = "bayes",
    test: str = "wald",
    components: str | None = None,
    inactive: str | None = None,
    interactions: Sequence[str] = (),
    covariates: Sequence[str] = (),
    slopes: str = "shared",
    tau_prior: str | TauPrior | None = None,
    effect_sd: float | None = None,
    nodes: int = 64,
    likelihood: str = "normal",
    inconsistency: bool = False,
    classes: bool = False,
    class_prior: str | TauPrior | None = None,
    baseline: bool = False,
    baseline_sd: float | None = None,
    horizons: Sequence[float] | None = None,
    drift: float | None = None,
) -> Fit:
    """Fit a network.

    Args:
        model: random (effects differ between trials by tau) or common (they do not).
        tau: bayes (the whole posterior) or an estimate: reml, ml, dl, pm.
        test: intervals of an estimate: wald, t, or hartung-knapp.
        components, inactive, interactions, covariates, slopes: see `design`.
        tau_prior: such as "half-normal(0.5)"; None: the usual one for the measure.
        effect_sd: SD of the normal prior of each parameter; None: 100 on ratio and standardised
            scales, else 100 times the spread of the effects seen.
        likelihood: normal (of the estimates), or counts (binomial or Poisson, no zero-cell rule),
            where the table had counts, with tau = bayes only; for rare events also mantel-haenszel
            (a common effect) and hypergeometric (tau by maximum likelihood), both of odds ratios.
        inconsistency: designs deviate from consistency with an SD of their own, gamma; with tau
            = bayes (the same prior as tau's), reml or ml.
        classes: options of one class (`Trials.classes`) lean on each other, by an SD within classes
            with `class_prior` (None: the same as tau's); with tau = bayes.
        baseline: effects against the reference move with the trial's own baseline, its log odds,
            rate or hazard under the reference, by one slope (Achana et al. 2013); with
            likelihood = counts.
        baseline_sd: SD of the normal prior of each trial's baseline, with likelihood = counts;
            None: 100 about 0, or, with a slope on it, 5 about the mean of the baselines. Were that
            vaguer, a trial whose reference has no events would speak for a slope of -1, at which
            its baseline may be anything.
        horizons: weeks between which effects move in a line of log time, from tables read with a
            column of weeks; with tau = bayes. `drift` is the prior SD of a move when time doubles
            (None: half the scale of tau's prior).

    Raises InputError naming trials and options, and what to do.
    """
    tau = tau.casefold()
    if model not in {"random", "common"}:
        raise InputError(f"model must be random or common, not '{model}'.")
    if tau not in {"bayes", *METHODS}:
        raise InputError(f"tau must be bayes, {', '.join(METHODS)}, not '{tau}'.")
    if test not in TESTS:
        raise InputError(f"test must be one of {', '.join(TESTS)}, not '{test}'.")
    if test != "wald" and tau == "bayes":
        raise InputError(f"The test {test} belongs to an estimate of tau, such as reml, not bayes.")
    if drift is not None and horizons is None:
        raise InputError("drift says how effects move between horizons; name horizons as well.")
    if class_prior is not None and not classes:
        raise InputError("class_prior is of the SD within classes; name the classes as well.")
    found = design(
        trials, components=components, inactive=inactive, interactions=interactions,
        covariates=covariates, slopes=slopes,
    )  # fmt: skip
    if components is None:
        check_joined(trials, ", or name what parts the components of an option")
    loose = loose_parameters(found)
    if tau != "bayes":
        check_estimable(loose, "components" if components else "effects")
    white = whitened(trials.trials, found.rows)
    if likelihood not in LIKELIHOODS:
        raise InputError(f"likelihood must be {', '.join(LIKELIHOODS)}, not '{likelihood}'.")
    if baseline_sd is not None and likelihood != "counts":
        raise InputError("baseline_sd is of the baselines of likelihood = counts.")
    if baseline and likelihood != "counts":
        raise InputError(
            "A slope on the baseline needs likelihood = counts: with estimates alone the error of "
            "each baseline would be taken for an effect."
        )
    if likelihood in RARE:
        given = (components, covariates, classes, inconsistency, horizons, tau_prior, effect_sd)
        if any(given) or tau not in {"bayes", "ml"} or test != "wald":
            raise InputError(
                f"The likelihood {likelihood} takes options with effects of their own and no "
                "priors; use counts for more."
            )
        return of_rare_events(trials, likelihood, model)
    if horizons is not None:
        if tau != "bayes" or likelihood != "normal" or covariates or classes or inconsistency:
            raise InputError(
                "Horizons need tau = bayes and the normal likelihood, without covariates, classes "
                "or inconsistency."
            )
        made = over_time_of(trials, found, model, (tau_prior, effect_sd, nodes), (horizons, drift))
    elif classes:
        if tau != "bayes" or model != "random" or likelihood != "normal" or inconsistency:
            raise InputError(
                "Classes need tau = bayes, random effects and the normal likelihood, without "
                "inconsistency."
            )
        if components is not None or covariates:
            raise InputError("Classes hold options of their own: no components or covariates.")
        made = with_classes(trials, found, (tau_prior, class_prior, effect_sd, nodes))
    elif inconsistency:
        if model != "random" or likelihood != "normal" or tau not in {"bayes", "reml", "ml"}:
            raise InputError(
                "Inconsistency as a variance needs random effects, the normal likelihood, and tau "
                "= bayes, reml or ml."
            )
        made = with_inconsistency(trials, found, white, tau, test, (tau_prior, effect_sd, nodes))
    elif likelihood == "counts":
        must_have_counts(trials, tau)
        made = of_counts(
            trials, found, white, model, (tau_prior, effect_sd, baseline_sd), baseline=baseline
        )
    elif tau == "bayes":
        made = bayes(trials, found, white, model, tau_prior, effect_sd, nodes)
    elif tau_prior is not None or effect_sd is not None:
        raise InputError(f"Priors belong to tau = bayes, not to {tau}.")
    else:
        made = classic(trials, found, white, model, tau, test)
    return replace(made, components=components, inactive=inactive, loose=loose)


def plain(own: Fit) -> Fit:
    """The same network with the normal likelihood, without classes or a second variance, on which
    trials and comparisons are checked; a fit that is so already is returned as it is.
    """
    if own.is_plain:
        return own
    if own.design.weeks:
        return fit(own.trials, model=own.model, components=own.components, inactive=own.inactive)
    if own.within_classes is not None:
        return fit(own.trials)
    if own.method == "mantel-haenszel":
        return fit(own.trials, model="common", tau="reml")
    found = own.design
    if len(found.names) > own.white.rows.shape[1]:  # cut-offs, or a slope on the baseline
        found = found.first(own.white.rows.shape[1])
    if own.method == "bayes":
        made = bayes(own.trials, found, own.white, own.model, None, None, 64)
    else:
        made = classic(own.trials, found, own.white, own.model, own.method, "wald")
    return replace(made, components=own.components, inactive=own.inactive, loose=own.loose)


def fit_rows(
    trials: Trials,
    names: Sequence[str],
    rows: Array,
    *,
    model: str = "random",
    likelihood: str = "normal",
    tau_prior: str | TauPrior | None = None,
    effect_sd: float | None = None,
    nodes: int = 64,
) -> Fit:
    """A posterior of parameters of one's own: `rows` (N, p) say how each contrast of the trials is
    made of them. Its tables are `parameters` and `combine`; options have no effects of it.

    Raises InputError as `fit` does.
    """
    if model not in {"random", "common"}:
        raise InputError(f"model must be random or common, not '{model}'.")
    found = Design(tuple(names), np.zeros((len(trials.options), len(names))), rows, {})
    white = whitened(trials.trials, rows)
    if likelihood == "normal":
        return bayes(trials, found, white, model, tau_prior, effect_sd, nodes)
    if likelihood != "counts":
        raise InputError(f"likelihood must be normal or counts, not '{likelihood}'.")
    must_have_counts(trials, "bayes")
    return of_counts(trials, found, white, model, (tau_prior, effect_sd, None), baseline=False)
