"""Each kind of model, from trials and their design to a `Fit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.classic import estimate_tau, solved
from needlewise.synthesis.nma.design import Design
from needlewise.synthesis.nma.exact import EffectPrior, Grid, at_tau, grid_of, posterior
from needlewise.synthesis.nma.fit import Fit, Heterogeneity
from needlewise.synthesis.nma.heterogeneity import heterogeneity, of_nodes
from needlewise.synthesis.nma.priors import HEAVY, TauPrior, effect_prior, tau_prior_of, usable
from needlewise.synthesis.nma.whitened import Whitened, whitened

RARE = ("mantel-haenszel", "hypergeometric")
OWN_COUNTS = frozenset({"OR", "HR", "IRR", "PROBIT"})
COUNT_NODES, HEAVY_NODES = 24, 48
BASELINES, SLOPED_BASELINES = 100.0, 5.0  # SDs of their priors
NONE = Grid(np.zeros(1), np.zeros(1), np.zeros(1), np.ones(1))
CLASS_NODES = 32


def none() -> Heterogeneity:
    """No SD between trials: a common effect."""
    return Heterogeneity(0.0, 0.0, 0.0)


def classic(
    trials: Trials, found: Design, white: Whitened, model: str, method: str, test: str
) -> Fit:
    """The frequentist twin. Raises InputError where a t interval has no degree of freedom."""
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
    own = Heterogeneity(tau, estimate.low, estimate.high) if model == "random" else none()
    return Fit(
        trials, found, white, model, method, test, np.ones(1), np.array([tau]), means, covariance,
        own, None if test == "wald" else float(freedom),
    )  # fmt: skip


def bayes(
    trials: Trials, found: Design, white: Whitened, model: str,
    tau_prior: str | TauPrior | None, effect_sd: float | None, nodes: int,
) -> Fit:  # fmt: skip
    """The exact posterior with the normal likelihood. Raises InputError for a bad prior."""
    sd = effect_prior(trials, effect_sd)
    prior = tau_prior_of(trials, tau_prior) if model == "random" else None
    told = f"each effect ~ normal(0, {sd:g}^2)"
    return replace(_exact(trials, found, white, prior, sd, nodes, told), effect_sd=sd)


def _exact(
    trials: Trials, found: Design, white: Whitened, prior: TauPrior | None, before: EffectPrior,
    nodes: int, told: str,
) -> Fit:  # fmt: skip
    """The posterior with effects `before` the trials in words `told`; without a prior of tau their
    effects are common.
    """
    if prior is None:
        log_part, means, covariances = at_tau(white, np.zeros(1), before)
        constant = 0.5 * len(white.y) * float(np.log(2 * np.pi))
        return Fit(
            trials, found, white, "common", "bayes", "wald", np.ones(1), np.zeros(1), means,
            covariances, none(), None, told, log_evidence=float(log_part[0]) - constant,
        )  # fmt: skip
    known = posterior(white, prior, before, nodes)
    own, density = heterogeneity(known)
    return Fit(
        trials, found, white, "random", "bayes", "wald", known.weights, known.taus, known.means,
        known.covariances, own, None, f"{prior}; {told}", log_evidence=known.log_evidence,
        density=density,
    )  # fmt: skip


def over_time_of(
    trials: Trials, found: Design, model: str,
    priors: tuple[str | TauPrior | None, float | None, int],
    weeks: tuple[Sequence[float], float | None],
) -> Fit:  # fmt: skip
    """The exact posterior over weeks; priors: of tau, of effects, nodes; weeks: knots, drift.
    Raises InputError for knots or priors that cannot be, or trials without weeks.
    """
    from needlewise.synthesis.nma.horizons import checked_knots, over_weeks, prior_over_weeks

    knots = checked_knots(weeks[0])
    made, white = over_weeks(trials, found, knots)
    prior, sd = tau_prior_of(trials, priors[0]), effect_prior(trials, priors[1])
    drift = usable(weeks[1], "drift") if weeks[1] is not None else 0.5 * prior.scale
    before = prior_over_weeks(len(found.names), knots, sd, drift)
    told = f"each effect ~ normal(0, {sd:g}^2), moving by normal(0, {drift:g}^2) as time doubles"
    return _exact(
        trials, made, white, prior if model == "random" else None, before, priors[2], told
    )


def of_counts(
    trials: Trials, found: Design, white: Whitened, model: str,
    priors: tuple[str | TauPrior | None, float | None, float | None], *, baseline: bool,
) -> Fit:  # fmt: skip
    """The posterior with the likelihood of the counts; priors: of tau, effects, baselines.
    Raises InputError for priors that cannot be and baselines that trials do not tell.
    """
    from needlewise.synthesis.nma.counts import counted
    from needlewise.synthesis.nma.latent import centre_of_baselines

    sd = effect_prior(trials, priors[1])
    usual = SLOPED_BASELINES if baseline else BASELINES
    base = usual if priors[2] is None else usable(priors[2], "baseline_sd")
    centre = centre_of_baselines(trials) if baseline else None
    told = (
        f"each effect ~ normal(0, {sd:g}^2), each baseline ~ normal({centre or 0:.3g}, {base:g}^2)"
    )
    if model == "common":
        known = counted(trials, found, NONE, None, sd, baseline_sd=base, baseline=centre)
        own, density = none(), None
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


def with_inconsistency(
    trials: Trials, found: Design, white: Whitened, method: str, test: str,
    priors: tuple[str | TauPrior | None, float | None, int],
) -> Fit:  # fmt: skip
    """Tau and gamma by posterior or (restricted) likelihood; priors: of both, of effects, nodes.
    Raises InputError where designs are too few.
    """
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
        known.covariances, of_nodes(known.taus, known.weights), None, told,
        log_evidence=known.log_evidence, gammas=gammas,
        inconsistency=heterogeneity(own)[0],
    )  # fmt: skip


def with_classes(
    trials: Trials, found: Design,
    priors: tuple[str | TauPrior | None, str | TauPrior | None, float | None, int],
) -> Fit:  # fmt: skip
    """The exact posterior with an SD within classes; priors: tau, classes, effects, nodes.
    Raises InputError where classes say nothing.
    """
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
        known.covariances, of_nodes(known.taus, known.weights), None, told,
        log_evidence=known.log_evidence, within_classes=heterogeneity(own)[0],
    )  # fmt: skip


def of_rare_events(trials: Trials, likelihood: str, model: str) -> Fit:
    """Mantel-Haenszel or the conditional likelihood. Raises InputError as these do."""
    from needlewise.synthesis.nma.hypergeometric import hypergeometric
    from needlewise.synthesis.nma.mantel_haenszel import mantel_haenszel

    if likelihood == "hypergeometric":
        return hypergeometric(trials, model)
    if model != "common":
        raise InputError("Mantel-Haenszel is of a common effect: use model = common.")
    return mantel_haenszel(trials).fit


def must_have_counts(trials: Trials, tau: str) -> None:
    """Raise InputError where a table has no counts whose likelihood is known."""
    if tau != "bayes" or trials.likelihood == "normal" or trials.measure not in OWN_COUNTS:
        raise InputError(
            "The likelihood of counts needs tau = bayes and events for every arm, with OR, HR or "
            "IRR as measure, or ordered categories."
        )
