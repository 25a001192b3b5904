"""`fit`: trials and a model in, a `Fit` out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.classic import METHODS, estimate_tau, solved
from needlewise.synthesis.nma.design import (
    Design,
    check_estimable,
    check_joined,
    design,
    loose_parameters,
)
from needlewise.synthesis.nma.exact import Grid, Marginal, at_tau, grid_of, posterior
from needlewise.synthesis.nma.fit import Fit, Heterogeneity
from needlewise.synthesis.nma.priors import FARTHEST, HEAVY, TauPrior, usual_prior
from needlewise.synthesis.nma.whitened import Whitened, whitened

RARE = ("mantel-haenszel", "hypergeometric")
LIKELIHOODS = ("normal", "counts", *RARE)
TESTS = ("wald", "t", "hartung-knapp")
OWN_COUNTS = frozenset({"OR", "HR", "IRR", "PROBIT"})
COUNT_NODES, HEAVY_NODES = 24, 48
BASELINES, SLOPED_BASELINES = 100.0, 5.0  # SDs of their priors
NONE = Grid(np.zeros(1), np.zeros(1), np.zeros(1), np.ones(1))
CLASS_NODES = 32
ON_OWN_SCALE = frozenset({"MD", "GEN", "RD"})
FINE = 4001  # points on which the density of tau is read off


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
        return _rare(trials, likelihood, model)
    if horizons is not None:
        if tau != "bayes" or likelihood != "normal" or covariates or classes or inconsistency:
            raise InputError(
                "Horizons need tau = bayes and the normal likelihood, without covariates, classes "
                "or inconsistency."
            )
        made = _over_weeks(trials, found, model, (tau_prior, effect_sd, nodes), (horizons, drift))
    elif classes:
        if tau != "bayes" or model != "random" or likelihood != "normal" or inconsistency:
            raise InputError(
                "Classes need tau = bayes, random effects and the normal likelihood, without "
                "inconsistency."
            )
        if components is not None or covariates:
            raise InputError("Classes hold options of their own: no components or covariates.")
        made = _classed(trials, found, (tau_prior, class_prior, effect_sd, nodes))
    elif inconsistency:
        if model != "random" or likelihood != "normal" or tau not in {"bayes", "reml", "ml"}:
            raise InputError(
                "Inconsistency as a variance needs random effects, the normal likelihood, and tau "
                "= bayes, reml or ml."
            )
        made = _inconsistent(trials, found, white, tau, test, (tau_prior, effect_sd, nodes))
    elif likelihood == "counts":
        _must_have_counts(trials, tau)
        made = _counts(
            trials, found, white, model, (tau_prior, effect_sd, baseline_sd), baseline=baseline
        )
    elif tau == "bayes":
        made = _bayes(trials, found, white, model, tau_prior, effect_sd, nodes)
    elif tau_prior is not None or effect_sd is not None:
        raise InputError(f"Priors belong to tau = bayes, not to {tau}.")
    else:
        made = _classic(trials, found, white, model, tau, test)
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
        made = _bayes(own.trials, found, own.white, own.model, None, None, 64)
    else:
        made = _classic(own.trials, found, own.white, own.model, own.method, "wald")
    return replace(made, components=own.components, inactive=own.inactive, loose=own.loose)


def _rare(trials: Trials, likelihood: str, model: str) -> Fit:
    from needlewise.synthesis.nma.hypergeometric import hypergeometric
    from needlewise.synthesis.nma.mantel_haenszel import mantel_haenszel

    if likelihood == "hypergeometric":
        return hypergeometric(trials, model)
    if model != "common":
        raise InputError("Mantel-Haenszel is of a common effect: use model = common.")
    return mantel_haenszel(trials).fit


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
        return _bayes(trials, found, white, model, tau_prior, effect_sd, nodes)
    if likelihood != "counts":
        raise InputError(f"likelihood must be normal or counts, not '{likelihood}'.")
    _must_have_counts(trials, "bayes")
    return _counts(trials, found, white, model, (tau_prior, effect_sd, None), baseline=False)


def _must_have_counts(trials: Trials, tau: str) -> None:
    if tau != "bayes" or trials.likelihood == "normal" or trials.measure not in OWN_COUNTS:
        raise InputError(
            "The likelihood of counts needs tau = bayes and events for every arm, with OR, HR or "
            "IRR as measure, or ordered categories."
        )


def _classic(
    trials: Trials, found: Design, white: Whitened, model: str, method: str, test: str
) -> Fit:
    estimate = estimate_tau(white, method)
    tau = estimate.tau if model == "random" else 0.0
    means, covariance, q = solved(white.sums(np.array([tau * tau])))
    freedom = len(white.y) - white.rows.shape[1]
    if test != "wald" and freedom < 1:
        raise InputError(
            f"A {test} interval needs more contrasts than parameters; here are {len(white.y)} and "
            f"{white.rows.shape[1]}: use wald."
        )
    if test == "hartung-knapp":
        covariance = covariance * (float(q[0]) / freedom)
    own = Heterogeneity(tau, estimate.low, estimate.high) if model == "random" else _none()
    return Fit(
        trials, found, white, model, method, test, np.ones(1), np.array([tau]), means, covariance,
        own, None if test == "wald" else float(freedom),
    )  # fmt: skip


def _none() -> Heterogeneity:
    return Heterogeneity(0.0, 0.0, 0.0)


def _bayes(
    trials: Trials, found: Design, white: Whitened, model: str,
    tau_prior: str | TauPrior | None, effect_sd: float | None, nodes: int,
) -> Fit:  # fmt: skip
    sd = effect_prior(trials, effect_sd)
    effects = f"each effect ~ normal(0, {sd:g}^2)"
    if model == "common":
        log_part, means, covariances = at_tau(white, np.zeros(1), sd)
        return Fit(
            trials, found, white, model, "bayes", "wald", np.ones(1), np.zeros(1), means,
            covariances, _none(), None, effects,
            log_evidence=float(log_part[0]) - 0.5 * len(white.y) * float(np.log(2 * np.pi)),
            effect_sd=sd,
        )  # fmt: skip
    prior = tau_prior_of(trials, tau_prior)
    known = posterior(white, prior, sd, nodes)
    own, density = heterogeneity(known)
    return Fit(
        trials, found, white, model, "bayes", "wald", known.weights, known.taus, known.means,
        known.covariances, own, None, f"{prior}; {effects}",
        log_evidence=known.log_evidence, density=density, effect_sd=sd,
    )  # fmt: skip


def _over_weeks(
    trials: Trials, found: Design, model: str,
    priors: tuple[str | TauPrior | None, float | None, int],
    weeks: tuple[Sequence[float], float | None],
) -> Fit:  # fmt: skip
    from needlewise.synthesis.nma.horizons import checked_knots, over_weeks, prior_over_weeks

    knots = checked_knots(weeks[0])
    made, white = over_weeks(trials, found, knots)
    prior, sd = tau_prior_of(trials, priors[0]), effect_prior(trials, priors[1])
    drift = _usable(weeks[1], "drift") if weeks[1] is not None else 0.5 * prior.scale
    before = prior_over_weeks(len(found.names), knots, sd, drift)
    told = f"each effect ~ normal(0, {sd:g}^2), moving by normal(0, {drift:g}^2) as time doubles"
    if model == "common":
        _, means, covariances = at_tau(white, np.zeros(1), before)
        return Fit(
            trials, made, white, model, "bayes", "wald", np.ones(1), np.zeros(1), means,
            covariances, _none(), None, told,
        )  # fmt: skip
    known = posterior(white, prior, before, priors[2])
    own, density = heterogeneity(known)
    return Fit(
        trials, made, white, model, "bayes", "wald", known.weights, known.taus, known.means,
        known.covariances, own, None, f"{prior}; {told}", log_evidence=known.log_evidence,
        density=density,
    )  # fmt: skip


def _counts(
    trials: Trials, found: Design, white: Whitened, model: str,
    priors: tuple[str | TauPrior | None, float | None, float | None], *, baseline: bool,
) -> Fit:  # fmt: skip
    from needlewise.synthesis.nma.counts import centre_of_baselines, counted

    sd = effect_prior(trials, priors[1])
    usual = SLOPED_BASELINES if baseline else BASELINES
    base = usual if priors[2] is None else _usable(priors[2], "baseline_sd")
    centre = centre_of_baselines(trials) if baseline else None
    told = (
        f"each effect ~ normal(0, {sd:g}^2), each baseline ~ normal({centre or 0:.3g}, {base:g}^2)"
    )
    if model == "common":
        known = counted(trials, found, NONE, None, sd, baseline_sd=base, baseline=centre)
        own, density = _none(), None
    else:
        prior = tau_prior_of(trials, priors[0])
        many = HEAVY_NODES if prior.kind in HEAVY else COUNT_NODES
        grid = grid_of(white, prior, sd, many)
        known = counted(trials, found, grid, prior, sd, baseline_sd=base, baseline=centre)
        own, density = heterogeneity(known)
        told = f"{prior}; {told}"
    found = found.wider(trials.cuts[1:])
    if centre is not None:
        found = found.sloped(0, centre)
    return Fit(
        trials, found, white, model, "bayes", "wald", known.weights, known.taus, known.means,
        known.covariances, own, None, told, likelihood=trials.likelihood,
        effective=known.effective, density=density, counts_deviance=known.deviance,
    )  # fmt: skip


def _inconsistent(
    trials: Trials, found: Design, white: Whitened, method: str, test: str,
    priors: tuple[str | TauPrior | None, float | None, int],
) -> Fit:  # fmt: skip
    from needlewise.synthesis.nma.inconsistency import designs, estimate_two, two_posterior

    rows = found.rows if isinstance(found.rows, np.ndarray) else found.rows.toarray()
    joined = designs(trials, rows)
    if method != "bayes":
        if test != "wald":
            raise InputError("With inconsistency as a variance, intervals are wald.")
        both = estimate_two(joined, restricted=method == "reml")
        at = joined.at(both.gamma[0])
        means, covariance, _ = solved(at.sums(np.array([both.tau[0] ** 2])))
        return Fit(
            trials, found, white, "random", method, test, np.ones(1), np.array([both.tau[0]]),
            means, covariance, Heterogeneity(*both.tau), gammas=np.array([both.gamma[0]]),
            inconsistency=Heterogeneity(*both.gamma),
        )  # fmt: skip
    sd = effect_prior(trials, priors[1])
    prior = tau_prior_of(trials, priors[0])
    known, gammas, own = two_posterior(joined, prior, prior, sd, priors[2])
    told = f"{prior}; gamma the same; each effect ~ normal(0, {sd:g}^2)"
    return Fit(
        trials, found, white, "random", "bayes", "wald", known.weights, known.taus, known.means,
        known.covariances, _of_nodes(known.taus, known.weights), None, told,
        log_evidence=known.log_evidence, gammas=gammas,
        inconsistency=heterogeneity(own)[0],
    )  # fmt: skip


def _classed(
    trials: Trials, found: Design,
    priors: tuple[str | TauPrior | None, str | TauPrior | None, float | None, int],
) -> Fit:  # fmt: skip
    from needlewise.synthesis.nma.classes import class_design, class_posterior

    sd = effect_prior(trials, priors[2])
    prior = tau_prior_of(trials, priors[0])
    within = tau_prior_of(trials, priors[1]) if priors[1] is not None else prior
    made, deviates = class_design(trials, found)
    white = whitened(trials.trials, made.rows)
    known, _, own = class_posterior(white, deviates, prior, within, sd, min(priors[3], CLASS_NODES))
    told = f"{prior}; within classes {within}; each class mean ~ normal(0, {sd:g}^2)"
    return Fit(
        trials, made, white, "random", "bayes", "wald", known.weights, known.taus, known.means,
        known.covariances, _of_nodes(known.taus, known.weights), None, told,
        log_evidence=known.log_evidence, within_classes=heterogeneity(own)[0],
    )  # fmt: skip


def _of_nodes(values: Array, weights: Array) -> Heterogeneity:
    """Mean, SD and quantiles of a quantity known at the nodes alone."""
    order = np.argsort(values)
    whole = np.cumsum(weights[order]) - 0.5 * weights[order]
    low, median, high = np.interp([0.025, 0.5, 0.975], whole, values[order])
    mean = float(weights @ values)
    sd = float(np.sqrt(weights @ np.square(values - mean)))
    return Heterogeneity(mean, float(low), float(high), float(median), sd)


def tau_prior_of(trials: Trials, given: str | TauPrior | None) -> TauPrior:
    """The prior of tau that is asked for, or the usual one of the measure."""
    if isinstance(given, str):
        return TauPrior.parse(given, trials.measure)
    return given or usual_prior(trials.measure, _spread(trials))


def effect_prior(trials: Trials, given: float | None) -> float:
    """SD of the normal prior of an effect: wide, whatever the scale. Raises InputError."""
    if given is not None:
        return _usable(given, "effect_sd")
    return 100.0 if trials.measure not in ON_OWN_SCALE else 100.0 * _spread(trials)


def _usable(sd: float, name: str) -> float:
    """The SD of a prior. Raises InputError unless it is above 0 and no absurd number."""
    if not 1.0 / FARTHEST <= sd <= FARTHEST:
        raise InputError(
            f"{name} is the SD of a prior: it must be above 0 and at most {FARTHEST:g}, not {sd:g}."
        )
    return sd


def _spread(trials: Trials) -> float:
    """Root mean square of the effects seen: the size of a difference on this scale."""
    y = np.concatenate([t.y for t in trials.trials])
    v = np.concatenate([np.diagonal(t.covariance) for t in trials.trials])
    return float(max(np.sqrt(np.mean(np.square(y))), np.sqrt(np.median(v))))


def heterogeneity(known: Marginal) -> tuple[Heterogeneity, tuple[Array, Array]]:
    """Mean, SD, median and central 95 % of tau, and its density (tau, density).

    The log density between the nodes is a spline in the variable of the grid.
    """
    from scipy.interpolate import CubicSpline

    mean = float(known.weights @ known.taus)
    sd = float(np.sqrt(known.weights @ np.square(known.taus - mean)))
    s, order = np.unique(known.grid.s, return_index=True)
    log_density = known.log_density[order]
    usable = np.isfinite(log_density) & (
        log_density > np.nanmax(log_density, initial=-np.inf) - 700
    )
    if usable.sum() < 2:
        raise InputError(
            "How much trials differ could not be worked out: the trials and the priors tell too "
            "little for this model, or numbers are too far apart in size; use fewer parameters or "
            "model = common."
        )
    spline = CubicSpline(s[usable], log_density[usable])
    fine = np.linspace(s[usable][0], s[usable][-1], FINE)
    density = np.exp(spline(fine) - log_density.max())
    steps = 0.5 * (density[1:] + density[:-1]) * np.diff(fine)
    first = 0.5 * density[0] * fine[0]
    whole = np.concatenate([[first], first + np.cumsum(steps)])
    at = np.interp([0.025, 0.5, 0.975], whole / whole[-1], fine)
    low, median, high = (float(v) for v in known.grid.tau_at(at))
    taus = known.grid.tau_at(fine)
    slope = np.gradient(taus, fine)
    curve = density / slope / (whole[-1] * np.ones_like(fine))
    return Heterogeneity(mean, max(low, 0.0), high, median, sd), (taus, curve)
