"""Published answers of samplers, within the tolerance that stands beside them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, ndtr, ndtri
from scipy.stats import qmc
from tests.synthesis.nma.test_published import bcg, by_option, columns, network, printed

from needlewise.evidence.tables import Trials, read_network
from needlewise.evidence.tables.survival import log_likelihood, risk_sets
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.checks import node_splits
from needlewise.synthesis.nma.classes import class_design
from needlewise.synthesis.nma.design import design
from needlewise.synthesis.nma.deviance import (
    deviance,
    refitted_splits,
    unrelated_mean_effects,
)
from needlewise.synthesis.nma.exact import posterior
from needlewise.synthesis.nma.mixtures import below
from needlewise.synthesis.nma.priors import TauPrior
from needlewise.synthesis.nma.whitened import whitened

TSD = "uniform(5)"
WIDE = 100.0


def close(value, target, tolerance=0.05):
    """Absolute, and relative once the target is above 1: the tolerance of multinma's tests."""
    assert value == pytest.approx(target, abs=tolerance * max(1.0, abs(target)))


def five(row, target, tolerance=0.05):
    """Mean, SD and the ends of 95 %, with or without a median between them."""
    for value, one in zip((row.estimate, row.se), target[:2], strict=True):
        close(value, one, tolerance)
    if len(target) > 2:
        close(row.low, target[2], tolerance)
        close(row.high, target[-1], tolerance)


def sampled(row, target, prior=0.01):
    """Means within 4 Monte Carlo errors and `prior` for the scale that gemtc guessed."""
    allowed = 4 * target["mcse"] + prior
    assert row.estimate == pytest.approx(target["mean"], abs=allowed)
    assert row.se == pytest.approx(target["sd"], rel=0.05, abs=allowed)


def spread_of(tau, target, prior=0.01):
    """As `sampled`, for tau: mean, SD, median."""
    allowed = 4 * target["mcse"] + prior
    assert tau.tau == pytest.approx(target["mean"], abs=allowed)
    assert tau.sd == pytest.approx(target["sd"], rel=0.05, abs=allowed)
    assert tau.median == pytest.approx(target["q50"], abs=allowed)


def pairs(known):
    return {key: target for key, target in known["values"].items() if key[0] != "_"}


# ---- Parkinson's disease: one data set as arms, as contrasts, and as both ----


def test_parkinsons_with_random_effects():
    known = printed("parkinsons", "tsd2_re")
    fitted = fit(network("parkinsons", reference="1"), tau_prior=TSD, effect_sd=WIDE)
    for option, target in pairs(known).items():
        row = by_option(fitted)[option]
        assert row.estimate == pytest.approx(target[0], abs=0.0051)
        assert row.se == pytest.approx(target[1], abs=0.0051)
        five(row, target)
    tau, target = fitted.heterogeneity, known["tau"]
    assert (tau.tau, tau.sd) == pytest.approx((target["mean"], target["sd"]), abs=0.0051)
    assert (tau.low, tau.median, tau.high) == pytest.approx(
        (target["q025"], target["q50"], target["q975"]), abs=0.0051)  # fmt: skip


def parkinsons(contrasts: Sequence[str]) -> Trials:
    """The trials named, with differences in place of their means."""
    given = columns("parkinsons")
    told = [study in contrasts for study in given["study"]]
    arms = {key: ["" if own else value for value, own in zip(given[key], told, strict=True)]
            for key in ("mean", "se")}  # fmt: skip
    differences = {key: [value if own else "" for value, own in zip(given[key], told, strict=True)]
                   for key in ("diff", "se_diff")}  # fmt: skip
    labels = {key: given[key] for key in ("study", "treatment")}
    return read_network({**labels, **arms, **differences}, reference="4")


@pytest.mark.parametrize(("id", "contrasts"), [
    ("gemtc_parkinson", ""), ("gemtc_parkinson-diff", "1234567"),
    ("gemtc_parkinson-shared", "4567"),
])  # fmt: skip
def test_parkinsons_as_arms_and_contrasts(id, contrasts):
    # gemtc takes tau up to the largest difference in any trial, here 2.3 in trial 3.
    known = printed("parkinsons", id)
    fitted = fit(parkinsons(contrasts), tau_prior="uniform(2.3)", effect_sd=WIDE)
    for key, target in pairs(known).items():
        if key == "sd.d":
            spread_of(fitted.heterogeneity, target)
        else:
            sampled(by_option(fitted)[str("ABCDE".index(key[-1]) + 1)], target)
    if contrasts == "1234567":
        found = deviance(fitted)
        assert found.residual == pytest.approx(known["fit"]["Dbar"], abs=0.1)
        assert found.parameters == pytest.approx(known["fit"]["pD"], abs=0.1)


@pytest.mark.parametrize(("model", "options"), [
    ("FE", {"model": "common"}), ("RE", {"tau_prior": TSD}),
])  # fmt: skip
def test_parkinsons_means_from_a_baseline(model, options):
    known = printed("parkinsons", "tsd2_predicted_mean")["values"][model]
    found = by_option(fit(network("parkinsons", reference="1"), effect_sd=WIDE, **options))
    for option in "2345":
        close(found[option].estimate - 0.73, known[option][0])
        close(np.hypot(found[option].se, 21**-0.5), known[option][1])


# ---- Absolute risks: effects beside a baseline with its own uncertainty ----


def risks(fitted, mean, sd, link):
    """Mean and median risk of each option, over a grid of the baseline and draws of effects."""
    drawn = fitted.draws(2048)
    baseline = mean + sd * ndtri((np.arange(400) + 0.5) / 400)
    found = link(drawn[:, None, :] + baseline[None, :, None]).reshape(-1, drawn.shape[1])
    middle = np.median(found, axis=0)
    return dict(zip(fitted.trials.options, zip(found.mean(axis=0), middle, strict=True),
                    strict=True))  # fmt: skip


def test_risks_after_infarction():
    known = printed("blocker", "tsd2_fe")["absolute"]
    trials = network("blocker", reference="Control")
    found = risks(fit(trials, likelihood="counts", model="common"), -2.2, 3.3**-0.5, expit)
    for k, option in enumerate(("Control", "Beta Blocker")):
        assert found[option] == pytest.approx((known["mean"][k], known["median"][k]), abs=0.0055)


@pytest.mark.parametrize(("model", "options"), [
    ("FE", {"model": "common"}), ("RE", {"tau_prior": TSD}),
])  # fmt: skip
def test_risks_of_diabetes_at_three_years(model, options):
    known = printed("diabetes", "tsd2_probability_3y")["values"][model]
    fitted = fit(network("diabetes", "HR", reference="Diuretic"), likelihood="counts", **options)
    found = risks(fitted, -4.2 + np.log(3), 1.11**-0.5, lambda x: -np.expm1(-np.exp(x)))
    for option, target in known.items():
        assert found[option] == pytest.approx(target, abs=0.005)


# ---- Counts with their own likelihood ----


@pytest.mark.parametrize(("name", "id", "measure", "names"), [
    ("diabetes", "gemtc_diabetes-surv_fe", "HR", {"ACEi": "ACE Inhibitor"}),
    ("diabetes", "gemtc_diabetes-surv", "HR", {"ACEi": "ACE Inhibitor"}),
    ("dietary_fat", "gemtc_dietfat_fe", "IRR", {"diet": "Reduced Fat"}),
    ("dietary_fat", "gemtc_dietfat_re", "IRR", {"diet": "Reduced Fat"}),
])  # fmt: skip
def test_rates_and_hazards_of_gemtc(name, id, measure, names):
    reference = "Beta Blocker" if name == "diabetes" else "Control"
    model = {"model": "common"} if id.endswith("fe") else {"tau_prior": TSD}
    fitted = fit(network(name, measure, reference=reference), likelihood="counts", **model)
    for key, target in pairs(printed(name, id)).items():
        if key == "sd.d":
            spread_of(fitted.heterogeneity, target)
        else:
            option = key.rsplit(".", 1)[1]
            sampled(by_option(fitted)[names.get(option, option)], target)


SMOKING = dict(zip("ABCD", ("no_contact", "self_help", "ind_counseling", "grp_counseling"),
                   strict=True))  # fmt: skip


def smoking() -> Trials:
    """Arms of each trial in the order A, B, C, D, which decides what multi-arm trials tell."""
    given = columns("hasselblad1998")
    place = {name: k for k, name in enumerate(SMOKING.values())}
    studies, arms = map(int, given["study"]), (place[name] for name in given["treatment"])
    order = [k for _, _, k in sorted(zip(studies, arms, range(len(given["study"])), strict=True))]
    return read_network({key: [values[k] for k in order] for key, values in given.items()})


def test_smoking_consistent():
    known = printed("hasselblad1998", "tsd4_consistency")
    fitted = fit(smoking(), likelihood="counts", tau_prior=TSD)
    for pair, target in pairs(known).items():
        five(by_option(fitted, SMOKING[pair[1]])[SMOKING[pair[2]]], target)
    tau = fitted.heterogeneity
    for value, key in ((tau.median, "median"), (tau.sd, "sd"), (tau.low, "q025"),
                       (tau.high, "q975")):  # fmt: skip
        close(value, known["tau"][key])
    ranks = fitted.rank_probabilities(better="higher")
    for option, target in printed("hasselblad1998", "rank_probs_multinma")["values"].items():
        assert ranks.loc[option].to_numpy() == pytest.approx(target, abs=0.03)


def test_smoking_without_consistency():
    known = printed("hasselblad1998", "ume")
    found = unrelated_mean_effects(smoking(), likelihood="counts", tau_prior=TSD)
    letters = {name: letter for letter, name in SMOKING.items()}
    for row in found.effects.itertuples():
        five(row, known["values"][f"d{letters[row.against]}{letters[row.option]}"][:2])
    tau = found.heterogeneity
    for value, key in ((tau.median, "median"), (tau.sd, "sd"), (tau.low, "q025"),
                       (tau.high, "q975")):  # fmt: skip
        close(value, known["tau"][key])
    assert found.deviance.residual == pytest.approx(known["fit"]["resdev"], abs=0.5)


def test_smoking_split():
    found = refitted_splits(smoking(), likelihood="counts", tau_prior="half-normal(5)")
    rows = {frozenset((r.option, r.against)): r for r in found.itertuples()}
    for pair, target in printed("hasselblad1998", "nodesplit_multinma")["values"].items():
        option, base = pair.split(":")
        row = rows.pop(frozenset((option, base)))
        turned = 1.0 if row.option == option else -1.0
        for value, name in ((row.direct, "dir"), (row.indirect, "ind"), (row.difference, "omega")):
            close(turned * value, target[name])
        close(row.p, target["p"])
    assert not rows


def test_thrombolytics_without_consistency_by_counts():
    trials = network("thrombolytics", reference="SK")
    found = unrelated_mean_effects(trials, likelihood="counts", model="common", effect_sd=WIDE)
    rows = {(r.against, r.option): r for r in found.effects.itertuples()}
    for pair, target in pairs(printed("thrombolytics", "tsd4_ume_fe")).items():
        five(rows[tuple(pair.split(" -> "))], target[:2])


def test_thrombolytics_split():
    trials = network("thrombolytics", reference="SK")
    known = printed("thrombolytics", "dias2010_nodesplit")["values"]
    asked = [tuple(pair.split(" -> ")) for pair in known if pair != "columns"]
    found = refitted_splits(trials, asked, likelihood="counts", model="common", effect_sd=WIDE)
    assert list(zip(found["against"], found["option"], strict=True)) == asked
    for row in found.itertuples():
        target = known[f"{row.against} -> {row.option}"]
        for value, at in ((row.direct, 2), (row.indirect, 4), (row.difference, 6),
                          (row.difference_se, 7), (row.p, 8)):  # fmt: skip
            close(value, target[at])


def test_splits_by_refits_and_calculated_back():
    """With two-arm trials alone and no heterogeneity both are the same (König et al. 2013)."""
    trials = network("senn2013")
    trials = replace(trials, trials=tuple(t for t in trials.trials if len(t.options) == 2))
    again = {(r.option, r.against): r for r in refitted_splits(trials, model="common").itertuples()}
    back = node_splits(fit(trials, model="common", tau="reml"))
    told = [r for r in back.itertuples() if (r.option, r.against) in again]
    assert len(told) == len(again) > 5
    for row in told:
        other = again[row.option, row.against]
        assert row.direct == pytest.approx(other.direct, abs=1e-3)
        assert row.indirect == pytest.approx(other.indirect, abs=1e-3)
        assert row.p == pytest.approx(other.p, abs=1e-3)


def test_vaccine_in_a_new_trial():
    known = printed("bcg", "tsd3_or_unadjusted")["values"]["predictive"]
    fitted = fit(read_network(bcg(), "OR"), likelihood="counts", tau_prior=TSD)
    row = fitted.effects(new_trial=True).iloc[0]
    for value, key in ((row.estimate, "mean"), (row.low, "q025"), (row.high, "q975")):
        close(value, known[key])


def test_vaccine_at_a_latitude_in_a_new_trial():
    """The chance that a new trial at 0, 13 and 50 degrees finds the vaccine to do harm."""
    known = printed("bcg", "tsd3_or_latitude")["values"]["prob_predictive_gt0"]
    trials = read_network(bcg(), "OR", covariates=["ablat"])
    fitted = fit(trials, likelihood="counts", covariates=["ablat"], tau_prior=TSD)
    for latitude, target in known.items():
        means, sds = fitted.at(ablat=float(latitude)).pairs_at_nodes(np.array([1]), np.array([0]))
        sds = np.sqrt(np.square(sds) + np.square(fitted.taus)[:, None])
        harm = 1 - below(fitted.weights, means, sds, np.zeros(1))[0]
        assert harm == pytest.approx(target, abs=0.0051)


def statins(**options):
    table = columns("statins")
    table["secondary"] = [float(value == "Secondary") for value in table["prevention"]]
    trials = read_network(table, "OR", reference="Placebo", covariates=["secondary"])
    return fit(trials, likelihood="counts", covariates=["secondary"], **options)


def test_tau_of_statins():
    tau, known = statins(tau_prior="half-normal(5)").heterogeneity, printed("statins", "tsd3_re")
    for value, key in ((tau.median, "median"), (tau.sd, "sd"), (tau.low, "q025"),
                       (tau.high, "q975")):  # fmt: skip
        close(value, known["tau"][key])


def vaccine(**options):
    trials = read_network(bcg(), "OR", covariates=["ablat"])
    return fit(trials, likelihood="counts", tau_prior=TSD, **options)


@pytest.mark.parametrize(("name", "id", "made"), [
    ("hasselblad1998", "tsd4_consistency",
     lambda: fit(smoking(), likelihood="counts", tau_prior=TSD)),
    ("thrombolytics", "tsd4_fe",
     lambda: fit(network("thrombolytics"), likelihood="counts", model="common")),
    ("statins", "tsd3_fe", lambda: statins(model="common")),
    ("statins", "tsd3_re", lambda: statins(tau_prior="half-normal(5)")),
    ("bcg", "tsd3_or_unadjusted", vaccine),
    ("bcg", "tsd3_or_latitude", lambda: vaccine(covariates=["ablat"])),
])  # fmt: skip
def test_deviance_of_counts(name, id, made):
    """pD depends on what is plugged in: here the mean expected counts."""
    known, found = printed(name, id)["fit"], deviance(made())
    assert found.residual == pytest.approx(known["resdev"], abs=0.25)
    assert found.parameters == pytest.approx(known["pD"], abs=1.2)
    assert found.dic == pytest.approx(known["DIC"], abs=1.1)


def test_transfusion_with_a_vague_prior():
    """A sampler of 3 x 600,000 draws gave 2.7705 (0.333 to 18.25), 1 % from the printed median."""
    known = printed("transfusion", "tsd2_vague")["values"]["tau2"]
    trials = network("transfusion", reference="Control")
    tau = fit(trials, likelihood="counts", tau_prior=TSD).heterogeneity
    assert tau.median**2 == pytest.approx(known["median"], rel=0.01)
    assert tau.low**2 == pytest.approx(known["q025"], rel=0.05)
    assert tau.high**2 == pytest.approx(known["q975"], rel=0.02)


# ---- Mantel and Haenszel: another estimator of the same odds ratios ----


@pytest.mark.parametrize(("name", "id"), [("dong2013", "mh"), ("dogliotti2014", "mantel_haenszel")])
def test_rare_events_by_counts_stay_near_mantel_and_haenszel(name, id):
    """Both need no zero-cell rule; they differ by 0.01 where inverse variance differs by 0.02."""
    reference = "Placebo" if name == "dong2013" else "Placebo/Control"
    fitted = fit(network(name, reference=reference), likelihood="counts", model="common")
    for option, target in pairs(printed(name, id)).items():
        row = by_option(fitted)[option]
        found = np.exp([row.estimate, row.low, row.high])
        assert found == pytest.approx(target, abs=0.0151)
    if name == "dong2013":
        for compared, target in printed(name, "league_network")["values"].items():
            option, against = compared.split(":")
            row = by_option(fitted, against)[option]
            found = np.exp([row.estimate, row.low, row.high])
            assert found == pytest.approx(target, abs=0.0151)


# ---- Options in classes ----


def anxiety() -> Trials:
    return network("social_anxiety", "SMD", classes="class", reference="Waitlist")


def test_classes_with_one_sd():
    """The printed analysis gives each class an SD of its own; one for all moves the options of
    classes that differ most (cognitive therapy, MAO inhibitors) by 0.075, the rest by under 0.05.
    """
    found = by_option(
        fit(anxiety(), classes=True, tau_prior="half-normal(5)", class_prior="normal(0.33, 0.1)")
    )
    for option, target in pairs(printed("social_anxiety", "exchangeable_class_re")).items():
        far = option in {"Cognitive therapy", "Phenelzine"}
        assert found[option].estimate == pytest.approx(target[0], abs=0.08 if far else 0.05)
        assert found[option].se == pytest.approx(target[1], abs=0.05)


def test_classes_with_an_sd_each():
    """The printed analysis: SDs drawn from their prior, each set weighed by its evidence."""
    trials = anxiety()
    made, deviates = class_design(trials, design(trials))
    white = whitened(trials.trials, made.rows)
    own = [trials.classes[n] if d else "" for n, d in zip(made.names, deviates, strict=True)]
    names = sorted(set(own) - {""})
    place = np.array([names.index(name) if name else -1 for name in own])
    points = qmc.Sobol(len(names), seed=2).random(128)
    below_zero = ndtr(-3.3)
    drawn = 0.33 + 0.1 * ndtri(below_zero + (1 - below_zero) * points)
    logs, means, squares = [], [], []
    for sds in drawn:
        covariance = np.diag(np.square(np.where(place >= 0, sds[place], 10.0)))
        known = posterior(white, TauPrior.parse("half-normal(5)"), covariance, 16)
        at = known.means @ made.made_of.T
        spread = np.stack([((made.made_of @ c) * made.made_of).sum(1) for c in known.covariances])
        logs.append(known.log_evidence)
        means.append(known.weights @ at)
        squares.append(known.weights @ (spread + np.square(at)))
    weight = np.exp(np.array(logs) - max(logs))
    weight /= weight.sum()
    mean = weight @ np.array(means)
    sd = np.sqrt(weight @ np.array(squares) - np.square(mean))
    for option, target in pairs(printed("social_anxiety", "exchangeable_class_re")).items():
        k = trials.options.index(option)
        assert (mean[k], sd[k]) == pytest.approx(target, abs=0.05)


# ---- People's own times ----


def test_myeloma_by_partial_likelihood():
    """In two steps, trial by trial, as in one step stratified by trial; and beside M-splines."""
    trials = network("ndmm", reference="Pbo")
    assert trials.layout == "one row a person, with time and event"
    found = by_option(fit(trials, model="common", tau="dl"))
    one_step = {"Len": (-0.5233, 0.0455), "Thal": (-0.0999, 0.0867)}
    for option, (estimate, se) in one_step.items():
        assert found[option].estimate == pytest.approx(estimate, abs=5e-4)
        assert found[option].se == pytest.approx(se, abs=1.1e-4)
    for option, target in pairs(printed("ndmm", "nma_ph_mspline")).items():
        five(found[option], target, 0.02)


def test_myeloma_in_one_step():
    """The likelihood of all trials together has its maximum at the figures beside the data."""
    given = columns("ndmm")
    people = list(zip(given["study"], given["treatment"], map(float, given["months"]),
                      map(float, given["status"]), strict=True))  # fmt: skip
    sets = []
    for study in sorted(set(given["study"])):
        if study != "Morgan2012":  # the only one of thalidomide
            arms = [np.array([p[2:] for p in people if p[:2] == (study, arm)])
                    for arm in ("Pbo", "Len")]  # fmt: skip
            sets.append(risk_sets(arms))

    def minus(ratio):
        return -sum(log_likelihood(*own, np.array([ratio])) for own in sets)

    best = minimize_scalar(minus, bounds=(-2, 1), method="bounded", options={"xatol": 1e-8}).x
    bend = (minus(best + 1e-3) - 2 * minus(best) + minus(best - 1e-3)) / 1e-6
    assert best == pytest.approx(-0.5233, abs=5.1e-5)
    assert bend**-0.5 == pytest.approx(0.0455, abs=5.1e-5)
