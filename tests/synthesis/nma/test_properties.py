"""What must hold of any network: names and order do not matter, units carry through, and so on."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.synthesis.nma.test_published import network, printed

from needlewise.errors import InputError
from needlewise.evidence.tables import Trial, Trials, read_network
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.influence import leave_one_out, thresholds
from needlewise.synthesis.nma.priors import TauPrior

PRIOR = {"tau_prior": "half-normal(0.5)", "effect_sd": 10.0}


@st.composite
def tables(draw):
    """A connected network with a row an arm."""
    count = draw(st.integers(2, 5))
    trials = draw(st.integers(count, 9))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(trials):
        first = k % count
        others = [o for o in range(count) if o != first]
        arms = [first, *rng.choice(others, size=min(len(others), 1 + k % 3), replace=False)]
        if k < count - 1:
            arms[1:2] = [k + 1]
            arms = list(dict.fromkeys(arms))
        for arm in arms:
            rows.append((f"t{k}", f"o{arm}", rng.normal(arm), 0.5 + rng.random(), 20.0 + k))
    names = ("study", "treatment", "mean", "sd", "n")
    return {name: [row[k] for row in rows] for k, name in enumerate(names)}


def dense(trials):
    """Each contrast as (trial, place), its row over all options, and its effect."""
    place = {o: k for k, o in enumerate(trials.options)}
    rows = [(t, j) for t in trials.trials for j in range(len(t.y))]
    x = np.zeros((len(rows), len(place)))
    for k, (t, j) in enumerate(rows):
        x[k, place[t.options[j + 1]]] += 1
        x[k, place[t.options[0]]] -= 1
    return rows, x, np.array([t.y[j] for t, j in rows])


def by_option(fitted):
    return fitted.effects().set_index("option")[["estimate", "se", "low", "high"]].sort_index()


@settings(max_examples=25, deadline=None)
@given(tables())
def test_order_and_names_do_not_matter(table):
    base = fit(read_network(table, reference="o0"), **PRIOR)
    turned = {name: values[::-1] for name, values in table.items()}
    other = fit(read_network(turned, reference="o0"), **PRIOR)
    np.testing.assert_allclose(by_option(base), by_option(other), rtol=1e-6, atol=1e-9)
    named = {**table, "treatment": [f"z{9 - int(t[1:])}" for t in table["treatment"]]}
    renamed = fit(read_network(named, reference="z9"), **PRIOR)
    found = by_option(renamed).rename(index=lambda z: f"o{9 - int(z[1:])}").sort_index()
    np.testing.assert_allclose(by_option(base), found, rtol=1e-6, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(tables(), st.sampled_from([0.01, 3.0, 250.0]))
def test_units_carry_through(table, size):
    base = fit(read_network(table, reference="o0"), **PRIOR)
    scaled = {**table, **{n: [size * v for v in table[n]] for n in ("mean", "sd")}}
    other = fit(
        read_network(scaled, reference="o0"),
        tau_prior=TauPrior("half-normal", 0.5 * size), effect_sd=10.0 * size,
    )  # fmt: skip
    np.testing.assert_allclose(size * by_option(base), by_option(other), rtol=1e-6)


@settings(max_examples=20, deadline=None)
@given(tables())
def test_another_reference_says_the_same(table):
    one = fit(read_network(table, reference="o0"), tau="reml")
    two = fit(read_network(table, reference="o1"), tau="reml")
    np.testing.assert_allclose(
        one.effects("o1")["estimate"].sum(), two.effects("o1")["estimate"].sum(), rtol=1e-6,
        atol=1e-7,
    )  # fmt: skip
    assert one.heterogeneity.tau == pytest.approx(two.heterogeneity.tau, rel=1e-4, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(tables())
def test_a_trial_more_never_costs_precision_at_one_tau(table):
    trials = read_network(table, reference="o0")
    fewer = dataclasses.replace(trials, trials=trials.trials[:-1])
    if len(fewer.parts()) > 1 or {o for t in fewer.trials for o in t.options} != set(
        trials.options
    ):
        return
    whole, part = (fit(t, model="common", tau="reml").effects()["se"] for t in (trials, fewer))
    assert (whole <= part + 1e-12).all()


def test_leaving_one_out_is_fitting_without_it():
    trials = network("senn2013")
    options = {"tau_prior": TauPrior("half-normal", 0.5), "effect_sd": 100.0}
    fitted = fit(trials, **options)
    found = leave_one_out(fitted).set_index(["trial", "option"])
    for k in (0, 2, 7):
        name = trials.trials[k].name
        kept = trials.trials[:k] + trials.trials[k + 1 :]
        again = fit(dataclasses.replace(trials, trials=kept), **options).effects()
        for row in again.itertuples():
            assert found.loc[(name, row.option), "estimate"] == pytest.approx(
                row.estimate, abs=2e-4
            )
            assert found.loc[(name, row.option), "se"] == pytest.approx(row.se, rel=2e-3)


def test_a_threshold_is_where_the_best_changes():
    trials = network("senn2013")
    fitted = fit(trials, model="common", tau="reml")
    best = fitted.ranks()["option"][0]
    row = thresholds(fitted).dropna().iloc[0]
    for share, changes in ((0.999, False), (1.001, True)):
        moved = []
        for trial in trials.trials:
            y = trial.y.copy()
            if trial.name == row.trial:
                y[trial.options.index(row.option) - 1] += share * row.to_change
            moved.append(dataclasses.replace(trial, y=y))
        found = fit(dataclasses.replace(trials, trials=tuple(moved)), model="common", tau="reml")
        lowest = found.effects().sort_values("estimate")["option"].iloc[0]
        assert (lowest != best) is changes
        assert not changes or lowest == row.new_best


def test_finer_grids_change_nothing():
    fitted = fit(network("senn2013"))
    finer = fit(network("senn2013"), nodes=96)
    np.testing.assert_allclose(by_option(fitted), by_option(finer), rtol=1e-7)


def test_against_a_dense_posterior_that_shares_no_code():
    trials = network("franchini2012")
    prior, sd = TauPrior("half-normal", 1.0), 20.0
    fitted = fit(trials, tau_prior=prior, effect_sd=sd)
    rows, x, y = dense(trials)
    x = x[:, 1:]
    taus = (np.arange(3000) + 0.5) * 0.002
    logs, means, seconds = [], [], []
    for tau in taus:
        v = np.zeros((len(rows), len(rows)))
        for a, (t, j) in enumerate(rows):
            for b, (u, k) in enumerate(rows):
                if t is u:
                    v[a, b] = t.covariance[j, k] + tau**2 * (1.0 if j == k else 0.5)
        whole = v + sd**2 * x @ x.T
        inverse = np.linalg.inv(whole)
        logs.append(-0.5 * np.linalg.slogdet(whole)[1] - 0.5 * y @ inverse @ y - 0.5 * tau**2)
        gain = sd**2 * x.T @ inverse
        mean = gain @ y
        means.append(mean)
        seconds.append(np.diag(sd**2 * np.eye(x.shape[1]) - gain @ x * sd**2) + mean**2)
    weight = np.exp(np.array(logs) - max(logs))
    weight /= weight.sum()
    mean = weight @ np.array(means)
    spread = np.sqrt(weight @ np.array(seconds) - mean**2)
    found = fitted.effects()
    np.testing.assert_allclose(found["estimate"], mean, atol=1e-4 * spread.min())
    np.testing.assert_allclose(found["se"], spread, rtol=1e-4)


def test_inconsistency_against_a_dense_posterior():
    """Both SDs on a plain grid, all trials in one covariance: no block, no turn."""
    trials = network("franchini2012")
    prior, sd = TauPrior("half-normal", 0.8), 20.0
    fitted = fit(trials, tau_prior=prior, effect_sd=sd, inconsistency=True)
    rows, x, y = dense(trials)
    errors, same_trial, same_design = (np.zeros((len(rows), len(rows))) for _ in range(3))
    for a, (t, j) in enumerate(rows):
        for b, (u, k) in enumerate(rows):
            if t is u:
                errors[a, b] = t.covariance[j, k]
                same_trial[a, b] = 0.5 * x[a] @ x[b]
            if t.design == u.design:
                same_design[a, b] = 0.5 * x[a] @ x[b]
    x = x[:, 1:]
    grid = (np.arange(90) + 0.5) * 0.05
    logs, means, seconds = [], [], []
    for tau in grid:
        for gamma in grid:
            whole = errors + tau**2 * same_trial + gamma**2 * same_design + sd**2 * x @ x.T
            inverse = np.linalg.inv(whole)
            logs.append(-0.5 * (np.linalg.slogdet(whole)[1] + y @ inverse @ y
                                + (tau**2 + gamma**2) / 0.64))  # fmt: skip
            gain = sd**2 * x.T @ inverse
            means.append(gain @ y)
            seconds.append(np.diag(sd**2 * np.eye(x.shape[1]) - gain @ x * sd**2) + means[-1] ** 2)
    weight = np.exp(np.array(logs) - max(logs))
    weight /= weight.sum()
    mean = weight @ np.array(means)
    spread = np.sqrt(weight @ np.array(seconds) - mean**2)
    found = fitted.effects()
    np.testing.assert_allclose(found["estimate"], mean, atol=2e-3 * spread.min())
    np.testing.assert_allclose(found["se"], spread, rtol=2e-3)
    gammas = np.tile(grid, len(grid))
    assert fitted.inconsistency.tau == pytest.approx(weight @ gammas, rel=5e-3)


def test_classes_against_a_dense_posterior():
    """Effects drawn about class means, all in one covariance of the contrasts."""
    rows = [("P", "A1", 1.0, 0.2), ("P", "A2", 1.6, 0.3), ("P", "B1", -0.5, 0.1),
            ("A1", "A2", 0.2, 0.4), ("P", "C", 2.0, 0.5), ("B1", "B2", 0.3, 0.2)]  # fmt: skip
    classes = {"A1": "A", "A2": "A", "B1": "B", "B2": "B", "C": "C"}
    trials = dataclasses.replace(pair(*rows), classes=classes)
    prior, within, sd = "half-normal(0.6)", "half-normal(0.8)", 10.0
    fitted = fit(trials, classes=True, tau_prior=prior, class_prior=within, effect_sd=sd)
    options = trials.options[1:]
    x = np.array([[(o == b) - (o == a) for o in options] for a, b, _, _ in rows], dtype=float)
    y, v = (np.array([row[k] for row in rows]) for k in (2, 3))
    same_class = np.array([[classes[a] == classes[b] for b in options] for a in options], float)
    nested = np.diag([float(o != "C") for o in options])
    grid = (np.arange(110) + 0.5) * 0.04
    logs, means, seconds, kappas = [], [], [], []
    for tau in grid:
        for kappa in grid:
            d = sd**2 * same_class + kappa**2 * nested
            whole = np.diag(v + tau**2) + x @ d @ x.T
            inverse = np.linalg.inv(whole)
            logs.append(-0.5 * (np.linalg.slogdet(whole)[1] + y @ inverse @ y
                                + tau**2 / 0.36 + kappa**2 / 0.64))  # fmt: skip
            gain = d @ x.T @ inverse
            means.append(gain @ y)
            seconds.append(np.diag(d - gain @ x @ d) + means[-1] ** 2)
            kappas.append(kappa)
    weight = np.exp(np.array(logs) - max(logs))
    weight /= weight.sum()
    mean = weight @ np.array(means)
    spread = np.sqrt(weight @ np.array(seconds) - mean**2)
    found = fitted.effects()
    np.testing.assert_allclose(found["estimate"], mean, atol=2e-3 * spread.min())
    np.testing.assert_allclose(found["se"], spread, rtol=2e-3)
    assert fitted.within_classes.tau == pytest.approx(weight @ np.array(kappas), rel=5e-3)


def test_one_sd_for_all_classes_stays_near_one_for_each():
    """The printed analysis gives classes an SD each, with an informative prior; here they share
    one: estimates differ by up to 0.12 (docs/engine/classes.md has both)."""
    known = printed("social_anxiety", "exchangeable_class_re")["values"]
    trials = network("social_anxiety", "SMD", classes="class", reference="Waitlist")
    fitted = fit(trials, classes=True, tau_prior="half-normal(5)", class_prior="half-normal(1)")
    found = fitted.effects().set_index("option")
    for option, target in known.items():
        if option != "_columns":
            assert found.loc[option, "estimate"] == pytest.approx(target[0], abs=0.12)


def test_probabilities_fit_together():
    fitted = fit(network("senn2013"))
    ranks = fitted.rank_probabilities()
    np.testing.assert_allclose(ranks.sum(axis=1), 1.0)
    np.testing.assert_allclose(ranks.sum(axis=0), 1.0)
    scores = fitted.ranks().set_index("option")["mean_rank"]
    drawn = (ranks * np.arange(1, len(ranks) + 1)).sum(axis=1)
    np.testing.assert_allclose(drawn[scores.index], scores, atol=0.03)
    beats = fitted.beats().to_numpy()
    np.testing.assert_allclose((beats + beats.T)[~np.eye(len(beats), dtype=bool)], 1.0)
    assert (fitted.beats(0.2).fillna(0) <= fitted.beats(0.0).fillna(0)).all().all()


def pair(*rows):
    trials = [
        Trial(f"s{k}", (a, b), np.array([y]), np.array([[v]]))
        for k, (a, b, y, v) in enumerate(rows)
    ]
    options = tuple(dict.fromkeys(o for t in trials for o in t.options))
    return Trials("MD", "normal", options, tuple(trials), "made by a test")


BAD = {
    "two parts": (pair(("A", "B", 1, 1), ("C", "D", 1, 1)), {}, "2 parts"),
    "no freedom": (pair(("A", "B", 1, 1)), {"tau": "reml", "test": "t"}, "use wald"),
    "components tied": (
        pair(("P", "X+Y", 1, 1), ("P", "X+Y", 2, 1)),
        {"components": "+", "inactive": "P", "tau": "reml"},
        "X",
    ),
    "no component": (pair(("A", "B", 1, 1)), {"components": "+", "inactive": "Z"}, "no component"),
    "no variance": (pair(("A", "B", 1, 0.0)), {}, "s0"),
    "prior": (pair(("A", "B", 1, 1)), {"tau_prior": "flat"}, "no prior"),
    "prior with reml": (pair(("A", "B", 1, 1)), {"tau": "reml", "effect_sd": 2}, "bayes"),
    "model": (pair(("A", "B", 1, 1)), {"model": "mixed"}, "random or common"),
    "no classes": (pair(("A", "B", 1, 1)), {"classes": True}, "No class is known"),
    "classes with reml": (pair(("A", "B", 1, 1)), {"classes": True, "tau": "reml"}, "tau = bayes"),
    "one design": (pair(("A", "B", 1, 1), ("A", "B", 2, 1)), {"inconsistency": True}, "one design"),
    "inconsistency without bayes or reml": (
        pair(("A", "B", 1, 1), ("A", "C", 2, 1)), {"inconsistency": True, "tau": "dl"}, "or ml"),
    "tau": (pair(("A", "B", 1, 1)), {"tau": "x"}, "bayes"),
    "covariate": (pair(("A", "B", 1, 1)), {"covariates": ["age"]}, "age is missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_networks_that_cannot_be_fitted_are_named(name):
    trials, options, told = BAD[name]
    with pytest.raises(InputError, match=told):
        fit(trials, **options)


@pytest.mark.parametrize("text", [
    "half-normal(0.5)", "half-cauchy(0.3)", "uniform(2)", "lognormal(-2.56, 1.74)",
    "logt(-3.44, 2.59)", "turner(any)", "turner(pain, nonpharmacological-placebo)",
])  # fmt: skip
def test_priors_are_densities(text):
    prior = TauPrior.parse(text)
    logs = np.linspace(-60, 25, 400_001)
    taus = np.exp(logs)
    mass = np.exp(prior.log_density(taus) + logs)
    assert np.trapezoid(mass, logs) == pytest.approx(1.0, abs=2e-3)


def test_priors_by_name_say_whose_they_are():
    prior = TauPrior.parse("turner(pain, nonpharmacological-placebo)", "OR")
    assert (prior.one, prior.two) == (-2.05, 1.71)
    assert "Turner" in str(prior)
    assert TauPrior.parse("rhodes(any)", "SMD").one == -3.44
    with pytest.raises(InputError, match="of SMD, not of OR"):
        TauPrior.parse("rhodes(any)", "OR")
    with pytest.raises(InputError, match="not in the table"):
        TauPrior.parse("turner(happiness)", "OR")


def test_one_trial_and_extreme_values():
    one = fit(pair(("A", "B", 1.5, 0.25)))
    assert one.effects()["estimate"][0] == pytest.approx(1.5, rel=0.01)
    assert fit(pair(("A", "B", 1, 1)), tau="reml").heterogeneity.high == np.inf
    far = fit(pair(("A", "B", 1e6, 1e-6), ("A", "B", -1e6, 1e-6), ("B", "C", 0, 1e6)))
    assert np.isfinite(far.effects()[["estimate", "se", "low", "high"]].to_numpy()).all()


def test_disconnected_parts_joined_by_components():
    trials = pair(("P", "X", 1, 0.1), ("P", "Z", 2, 0.1), ("X+Z", "X+Y", 0.5, 0.1))
    with pytest.raises(InputError, match="parts"):
        fit(trials, tau="reml")
    joined = fit(trials, tau="dl", components="+", inactive="P", model="common")
    found = joined.effects().set_index("option")["estimate"]
    assert found["X+Y"] == pytest.approx(1 + 2 + 0.5)


def test_what_the_prior_fills_is_named():
    trials = pair(("P", "X+Y", 1, 1), ("P", "X+Y", 2, 1))
    fitted = fit(trials, components="+", inactive="P", effect_sd=5.0)
    assert fitted.loose == ("X", "Y")
    assert fitted.parameters()["se"].min() > 2.0
