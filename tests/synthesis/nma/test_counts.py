"""Counts with their own likelihood, against long runs of samplers and brute force."""

import numpy as np
import pytest
from tests.synthesis.nma.test_published import bcg, columns, network, printed

from needlewise.errors import InputError
from needlewise.evidence.tables import read_network
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.deviance import deviance

TSD = "uniform(5)"


def effects(fitted, reference=None):
    return fitted.effects(reference).set_index("option")


def agrees(row, target, spread=None):
    """Means within 0.05 SD and SDs within 5 %, and what two printed digits leave open."""
    mean, sd = target[0], target[1]
    assert row.estimate == pytest.approx(mean, abs=0.05 * sd + 0.0051)
    assert row.se == pytest.approx(sd, rel=0.05, abs=0.0051)


@pytest.mark.parametrize(("name", "id", "model", "measure", "reference"), [
    ("diabetes", "tsd2_fe", "common", "HR", "Diuretic"),
    ("diabetes", "tsd2_re", "random", "HR", "Diuretic"),
])  # fmt: skip
def test_hazards(name, id, model, measure, reference):
    known = printed(name, id)
    prior = {"tau_prior": TSD} if model == "random" else {}
    fitted = fit(network(name, measure, reference=reference), likelihood="counts", model=model,
                 **prior)  # fmt: skip
    found = effects(fitted)
    for option, target in known["values"].items():
        if option != "_columns":
            agrees(found.loc[option], target)
    if model == "random":
        assert fitted.heterogeneity.tau == pytest.approx(known["tau"]["mean"], abs=0.0051)
    assert fitted.effective > 0.5


@pytest.mark.parametrize("name", ["blocker", "dietary_fat"])
@pytest.mark.parametrize("id", ["tsd2_fe", "tsd2_re"])
def test_two_options(name, id):
    known = printed(name, id)
    model = {"model": "common"} if id == "tsd2_fe" else {"tau_prior": TSD}
    trials = network(name, reference="Control")
    fitted = fit(trials, likelihood="counts", **model)
    target = known["values"]["d"]
    target = [target["mean"], target["sd"]] if isinstance(target, dict) else target
    row = fitted.effects().iloc[0]
    agrees(row, target)
    if id == "tsd2_re":
        tau = known["tau"]
        assert fitted.heterogeneity.tau == pytest.approx(
            tau["mean"], abs=0.05 * tau["sd"] + 0.005)  # fmt: skip


def test_smoking_with_zero_arms():
    fitted = fit(network("hasselblad1998"), likelihood="counts", tau_prior=TSD)
    known = printed("hasselblad1998", "gemtc_luades-smoking")["values"]
    names = {"d.A.B": "self_help", "d.A.C": "ind_counseling", "d.A.D": "grp_counseling"}
    found = effects(fitted)
    for key, option in names.items():
        row = found.loc[option]
        assert row.estimate == pytest.approx(known[key]["mean"], abs=0.05 * known[key]["sd"])
        assert row.se == pytest.approx(known[key]["sd"], rel=0.05)
        assert row.low == pytest.approx(known[key]["q025"], abs=0.05)
        assert row.high == pytest.approx(known[key]["q975"], abs=0.05)
    tau = fitted.heterogeneity
    assert tau.median == pytest.approx(known["sd.d"]["q50"], abs=0.05 * known["sd.d"]["sd"] + 0.005)


def test_thrombolytics():
    fitted = fit(network("thrombolytics", reference="SK"), likelihood="counts", model="common")
    for pair, target in printed("thrombolytics", "tsd4_fe")["values"].items():
        if pair != "_columns":
            base, option = pair.split(" -> ")
            agrees(effects(fitted, base).loc[option], target)


@pytest.mark.parametrize(("id", "options"), [
    ("tsd3_fe", {"model": "common"}), ("tsd3_re", {"tau_prior": "half-normal(5)"}),
])  # fmt: skip
def test_statins_by_prevention(id, options):
    known = printed("statins", id)["values"]
    table = columns("statins")
    table["secondary"] = [float(value == "Secondary") for value in table["prevention"]]
    trials = read_network(table, "OR", reference="Placebo", covariates=["secondary"])
    fitted = fit(trials, likelihood="counts", covariates=["secondary"], **options)
    centre = fitted.design.centres["secondary"]
    agrees(fitted.combine(np.array([[1.0, -centre]])).iloc[0], known["d"])
    agrees(fitted.parameters().iloc[1], known["beta_secondary"])


@pytest.mark.parametrize(("id", "covariates"), [
    ("tsd3_or_unadjusted", []), ("tsd3_or_latitude", ["ablat"]),
])  # fmt: skip
def test_bcg_by_latitude(id, covariates):
    known = printed("bcg", id)
    trials = read_network(bcg(), "OR", covariates=["ablat"])
    fitted = fit(trials, likelihood="counts", covariates=covariates, tau_prior=TSD)
    target = known["values"]["d"]
    agrees(fitted.parameters().iloc[0], (target["mean"], target["sd"]))
    if covariates:
        slope = known["values"]["beta"]
        row = fitted.parameters().iloc[1]
        assert row.estimate == pytest.approx(slope["mean"], abs=0.0006)
        assert row.se == pytest.approx(slope["sd"], abs=0.001)
    tau = fitted.heterogeneity
    assert tau.median == pytest.approx(
        known["tau"]["median"], abs=0.05 * known["tau"]["sd"] + 0.005
    )


def test_transfusion_with_an_informative_prior():
    # Trials of a dozen people, where Laplace alone is 5 % low; a rerun of 3 x 600,000 draws gave
    # 0.1794 (0.0026 to 1.7946).
    known = printed("transfusion", "tsd2_informative")["values"]["tau2"]
    trials = network("transfusion", reference="Control")
    tau = fit(trials, likelihood="counts", tau_prior="lognormal(-3.93, 1.51)").heterogeneity
    assert tau.median**2 == pytest.approx(known["median"], abs=0.0051)
    assert tau.low**2 == pytest.approx(known["q025"], abs=0.0006)
    assert tau.median**2 == pytest.approx(0.1794, rel=0.01)
    assert tau.high**2 == pytest.approx(1.7946, rel=0.02)


def test_a_slope_on_the_baseline():
    """Four chains of 60,000 draws by JAGS, `scripts/make_mcmc.py`: BCG by its baseline risk."""
    trials = read_network(bcg(), "OR")
    fitted = fit(trials, likelihood="counts", baseline=True, tau_prior=TSD)
    effect, slope = fitted.parameters().itertuples()
    agrees(effect, (-0.7653, 0.1731))
    agrees(slope, (-0.2981, 0.1104))
    assert fitted.heterogeneity.tau == pytest.approx(0.5161, abs=0.05 * 0.1597)
    centre = fitted.design.centres["baseline"]
    moved = fitted.at(baseline=centre - 1).effects().iloc[0].estimate
    assert moved == pytest.approx(effect.estimate - slope.estimate)
    with pytest.raises(InputError, match="likelihood = counts"):
        fit(trials, baseline=True)
    with pytest.raises(InputError, match="of likelihood = counts"):
        fit(trials, baseline_sd=2.0)
    with pytest.raises(InputError, match="baseline_sd is the SD"):
        fit(trials, likelihood="counts", baseline_sd=-1.0)
    with pytest.raises(InputError, match="no covariate 'age'; choose from baseline"):
        fitted.at(age=60)


def baseline_trials():
    """Twelve trials of two and three arms whose effects shrink as the reference's risk grows."""
    rng = np.random.default_rng(5)
    rows, effect = [], {"o0": 0.0, "o1": -0.5, "o2": 0.4}
    for k in range(12):
        base, shared = rng.normal(-1.5, 1), rng.normal(0, 0.2)
        for option in ("o0", "o1", "o2") if k % 3 else ("o1", "o2"):
            eta = base
            if option != "o0":
                eta += effect[option] - 0.4 * (base + 1.5) + shared + rng.normal(0, 0.2)
            n = int(rng.integers(30, 90))
            rows.append((k, option, int(rng.binomial(n, 1 / (1 + np.exp(-eta)))), n))
    return {name: [row[j] for row in rows]
            for j, name in enumerate(("study", "treatment", "events", "n"))}  # fmt: skip


def test_a_slope_with_trials_of_three_arms():
    """Four chains of 60,000 draws by JAGS in the conditional form of TSD 2."""
    trials = read_network(baseline_trials(), "OR", reference="o0")
    fitted = fit(trials, likelihood="counts", baseline=True, tau_prior="half-normal(0.5)")
    known = [(-0.5784, 0.2107), (0.2279, 0.2045), (-0.2379, 0.2339)]
    for row, target in zip(fitted.parameters().itertuples(), known, strict=True):
        agrees(row, target)
    assert fitted.heterogeneity.tau == pytest.approx(0.3404, abs=0.05 * 0.1841)


def test_a_reference_without_events_speaks_for_no_slope():
    """A baseline that may be anything, once a slope of -1 frees it, must not make a spike there:
    with baselines of SD 100 smoking's slope would be -1.01 (0.01).
    """
    fitted = fit(network("hasselblad1998"), likelihood="counts", baseline=True)
    slope = fitted.parameters().iloc[-1]
    assert 0.1 < slope.se < 0.3
    assert "each baseline ~ normal(-2" in fitted.prior


def test_a_slope_past_minus_one():
    """Where a baseline undoes itself the moved arms no longer follow it: nothing breaks there."""
    rng = np.random.default_rng(0)
    rows = {"study": np.repeat(np.arange(30), 2), "treatment": ["A", "B"] * 30,
            "events": rng.binomial(200, 0.015, 60), "n": [200] * 60}  # fmt: skip
    trials = read_network(rows, reference="A")
    fitted = fit(trials, likelihood="counts", baseline=True)
    effect, slope = fitted.parameters().itertuples()
    assert slope.low < -1 < slope.high
    assert abs(effect.estimate) < 3 * effect.se < 1.5
    assert fitted.effective > 0.2


FEW = ((9, 47, 3, 29), (2, 25, 4, 59), (13, 22, 7, 29), (19, 43, 15, 50), (25, 43, 20, 54))


def few(rows):
    """Trials of the options A and B: events and people of each."""
    return read_network({
        "study": [k for k in range(len(rows)) for _ in "AB"], "treatment": ["A", "B"] * len(rows),
        "events": [e for row in rows for e in row[::2]],
        "n": [n for row in rows for n in row[1::2]],
    }, reference="A")  # fmt: skip


def test_a_slope_on_few_baselines_by_brute_force():
    """A common effect, by sums over a grid of effect, slope and each trial's baseline."""
    sd = 1.5
    fitted = fit(few(FEW), likelihood="counts", baseline=True, effect_sd=sd,
                 baseline_sd=sd, model="common")  # fmt: skip
    d, slope = np.linspace(-2.5, 1.0, 71), np.linspace(-1.6, 1.8, 69)
    m = np.linspace(-5.0, 3.0, 241)
    own = m - fitted.design.centres["baseline"]
    log = -0.5 * (np.square(d[:, None] / sd) + np.square(slope / sd))
    for r1, n1, r2, n2 in FEW:
        first = r1 * m - n1 * np.logaddexp(0, m) - 0.5 * np.square(own / sd)
        eta = m + d[:, None, None] + slope[:, None] * own
        log += np.logaddexp.reduce(first + r2 * eta - n2 * np.logaddexp(0, eta), axis=2)
    share = np.exp(log - log.max())
    share /= share.sum()
    for row, at, weight in zip(
        fitted.parameters().itertuples(), (d, slope), (share.sum(axis=1), share.sum(axis=0)),
        strict=True,
    ):  # fmt: skip
        mean = float(weight @ at)
        spread = float(np.sqrt(weight @ np.square(at - mean)))
        assert row.estimate == pytest.approx(mean, abs=0.05 * spread)
        assert row.se == pytest.approx(spread, rel=0.05)


def test_a_slope_that_few_trials_hardly_know():
    """The numbers are sums over a grid of tau, effect, slope and each trial's baseline."""
    rows = ((4, 16, 9, 56), (9, 39, 2, 21), (9, 51, 4, 31), (13, 54, 5, 27))
    fitted = fit(few(rows), likelihood="counts", baseline=True, effect_sd=1.5,
                 baseline_sd=1.5, tau_prior="uniform(1.5)")  # fmt: skip
    assert fitted.effective > 0.3
    effect, slope = fitted.parameters().itertuples()
    agrees(effect, (-0.5499, 0.4340))
    agrees(slope, (-0.4467, 1.0238))


@pytest.mark.parametrize(("name", "id", "read", "options"), [
    ("diabetes", "tsd2_fe", {"measure": "HR", "reference": "Diuretic"}, {"model": "common"}),
    ("diabetes", "tsd2_re", {"measure": "HR", "reference": "Diuretic"}, {"tau_prior": TSD}),
    ("blocker", "tsd2_fe", {"reference": "Control"}, {"model": "common"}),
    ("blocker", "tsd2_re", {"reference": "Control"}, {"tau_prior": TSD}),
    ("dietary_fat", "gemtc_dietfat_fe", {"reference": "Control"}, {"model": "common"}),
    ("dietary_fat", "gemtc_dietfat_re", {"reference": "Control"}, {"tau_prior": TSD}),
])  # fmt: skip
def test_deviance(name, id, read, options):
    known = printed(name, id)["fit"]
    found = deviance(fit(network(name, **read), likelihood="counts", **options))
    assert found.residual == pytest.approx(known.get("resdev", known.get("Dbar")), abs=0.15)
    assert found.parameters == pytest.approx(known["pD"], abs=0.15)
    assert found.dic == pytest.approx(known["DIC"], abs=0.2)


def test_one_trial_by_brute_force():
    """A two-arm trial without heterogeneity is a double integral over baseline and effect."""
    r, n, sd = np.array([1.0, 6.0]), np.array([12.0, 14.0]), 3.0
    rows = {"study": ["1", "1"], "treatment": ["A", "B"], "events": r, "n": n}
    fitted = fit(read_network(rows, reference="A"), likelihood="counts", model="common",
                 effect_sd=sd, baseline_sd=sd)  # fmt: skip
    m, d = np.meshgrid(np.linspace(-14, 12, 1400), np.linspace(-12, 14, 1400), indexing="ij")
    log = -0.5 * (m**2 + d**2) / sd**2
    for eta, one, people in ((m, r[0], n[0]), (m + d, r[1], n[1])):
        log = log + one * eta - people * np.logaddexp(0, eta)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean = float((weight * d).sum())
    spread = float(np.sqrt((weight * (d - mean) ** 2).sum()))
    row = fitted.effects().iloc[0]
    assert row.estimate == pytest.approx(mean, abs=0.05 * spread)
    assert row.se == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize(("options", "told"), [
    ({"tau": "reml"}, "tau = bayes"), ({"likelihood": "poisson"}, "normal, counts"),
])  # fmt: skip
def test_what_counts_cannot(options, told):
    with pytest.raises(InputError, match=told):
        fit(network("blocker"), **{"likelihood": "counts", **options})
    with pytest.raises(InputError, match="events for every arm"):
        fit(network("senn2013"), likelihood="counts")
