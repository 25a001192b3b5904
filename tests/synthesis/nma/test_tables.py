"""Node-splits, leave-one-out, quantiles and sums against slow ways to work them out."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.optimize import brentq
from scipy.stats import chi2, norm
from tests.synthesis.nma.test_properties import pair
from tests.synthesis.nma.test_published import bcg, network

from needlewise.evidence.tables import Trial, Trials, read_network
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.checks import node_splits
from needlewise.synthesis.nma.classic import _Large, _Small, estimate_tau
from needlewise.synthesis.nma.design import design
from needlewise.synthesis.nma.influence import leave_one_out, thresholds
from needlewise.synthesis.nma.mixtures import quantile
from needlewise.synthesis.nma.whitened import whitened

INDIRECT = ["indirect", "indirect_se", "difference", "difference_se", "p"]
EXACT = {"effect_sd": 100.0}


def several(*trials, measure="SMD"):
    """Trials given as ("A", "B", ...) with one arm variance each: effects 1, 2, ... apart."""
    made = []
    for k, (options, arms) in enumerate(trials):
        size = len(options) - 1
        covariance = arms[0] * np.ones((size, size)) + np.diag(arms[1:])
        made.append(Trial(f"s{k}", tuple(options), np.arange(1.0, size + 1) + 0.1 * k, covariance))
    options = tuple(sorted({o for t in made for o in t.options}))
    return Trials(measure, "normal", options, tuple(made), "given")


def by_pair(fitted):
    return node_splits(fitted).set_index(["option", "against"])


@pytest.mark.parametrize("tau", ["bayes", "dl"])
def test_a_star_has_direct_evidence_alone(tau):
    found = by_pair(fit(pair(("A", "B", 1, 0.1), ("A", "B", 2, 0.1), ("A", "C", 1, 0.1)), tau=tau))
    assert list(found.index) == [("B", "A"), ("C", "A")]
    assert found[INDIRECT].isna().all(axis=None)
    assert (found["share"] == 1.0).all()
    assert list(found["trials"]) == [2, 1]
    assert found.loc[("B", "A"), "direct"] == pytest.approx(1.5)


@pytest.mark.parametrize("tau", ["bayes", "dl"])
def test_a_triangle_has_both_kinds(tau):
    trials = pair(("A", "B", 1, 0.1), ("B", "C", 1, 0.1), ("A", "C", 1, 0.1))
    found = by_pair(fit(trials, tau=tau, model="common"))
    assert found[INDIRECT].notna().all(axis=None)
    row = found.loc[("C", "A")]
    assert row.indirect == pytest.approx(2.0, abs=1e-3)
    assert row.indirect_se == pytest.approx(math.sqrt(0.2), rel=1e-4)
    assert row.share == pytest.approx(2 / 3, rel=1e-4)


@pytest.mark.parametrize("tau", ["bayes", "dl"])
@pytest.mark.parametrize("last", ["ABC", "ACD"])
def test_what_trials_of_several_arms_alone_say_is_direct(tau, last):
    """Their arms weigh each other's comparisons, which no other trial does."""
    trials = several(("ABC", (0.1, 0.2, 0.3)), ("ABC", (0.3, 0.1, 0.1)), (last, (0.1, 0.1, 0.2)))
    found = by_pair(fit(trials, tau=tau))
    told = set(found.index[found["p"].notna()])
    # A trial of A, C and D joins no pair with B, and A and C only in trials that compare them.
    assert told == set()
    assert (found["share"] == 1.0).all()


def test_a_pair_that_other_trials_join_has_indirect_evidence():
    trials = several(("ABC", (0.1, 0.2, 0.3)), ("AD", (0.1, 0.1)), ("DB", (0.1, 0.1)))
    found = by_pair(fit(trials, tau="dl", model="common"))
    told = set(found.index[found["p"].notna()])
    assert told == {("B", "A"), ("D", "A"), ("D", "B")}


def test_components_join_what_no_trial_does():
    """B + C against C tells of B against A where components add up."""
    trials = pair(("A", "B", 1, 0.1), ("C", "B+C", 1.5, 0.1), ("A", "C", 1, 0.1))
    found = by_pair(fit(trials, tau="dl", model="common", components="+", inactive="A"))
    row = found.loc[("B", "A")]
    assert (row.direct, row.indirect) == pytest.approx((1.0, 1.5))
    assert math.isnan(found.loc[("C", "A"), "p"])


def test_parameters_that_no_trial_tells_apart_do_not_hide_indirect_evidence():
    trials = pair(("A", "B+C", 1, 0.1), ("A", "D", 1, 0.1), ("D", "B+C", 0.3, 0.1))
    fitted = fit(trials, components="+", inactive="A", model="common")
    assert fitted.loose == ("B", "C")
    row = by_pair(fitted).loc[("B+C", "A")]
    assert row.indirect == pytest.approx(1.3, abs=1e-3)
    assert row.indirect_se == pytest.approx(math.sqrt(0.2), rel=1e-3)


@np.errstate(invalid="ignore", divide="ignore")
def slow_splits(fitted):
    """Pair to direct, indirect and their difference with SDs, and p, node by node."""
    options = fitted.trials.options
    found = {}
    for a, b in itertools.combinations(options, 2):
        known = []
        for trial in fitted.trials.trials:
            if {a, b} <= set(trial.options):
                pick = np.zeros(len(trial.options))
                pick[trial.options.index(b)], pick[trial.options.index(a)] = 1.0, -1.0
                known.append((pick[1:] @ trial.y, pick[1:] @ trial.covariance @ pick[1:]))
        if not known:
            continue
        pick = np.zeros(len(options))
        pick[options.index(b)], pick[options.index(a)] = 1.0, -1.0
        rows = []  # of all direct evidence the rest is noise
        for k, tau in enumerate(fitted.taus):
            precision = sum(1 / (v + tau**2) for _, v in known)
            direct = sum(y / (v + tau**2) for y, v in known) / precision
            net = pick[1:] @ fitted.means[k]
            other = pick[1:] @ fitted.covariances[k] @ pick[1:]
            left = 1 / other - precision
            indirect = (net / other - precision * direct) / left
            rows.append((direct, 1 / precision, indirect, 1 / left,
                         direct - indirect, 1 / precision + 1 / left))  # fmt: skip
        told = []
        for mean, variance in np.array(rows).T.reshape(3, 2, -1):
            middle = fitted.weights @ mean
            told += [middle, np.sqrt(fitted.weights @ (variance + (mean - middle) ** 2))]
        mean, variance = np.array(rows).T[4:]
        below = fitted.weights @ norm.cdf(0, mean, np.sqrt(variance))
        found[b, a] = [*told, 2 * min(below, 1 - below)]
    return found


@pytest.mark.parametrize("options", [{}, {"tau": "reml"}])
@pytest.mark.parametrize("name", ["senn2013", "linde2016", "hasselblad1998"])
def test_splits_are_those_worked_out_pair_by_pair(name, options):
    fitted = fit(network(name), **options)
    found = by_pair(fitted)
    known = slow_splits(fitted)
    assert set(found.index) == set(known)
    both = 0
    for pair_, target in known.items():
        row = found.loc[pair_]
        assert (row.direct, row.direct_se) == pytest.approx(target[:2], rel=1e-10, abs=1e-10)
        if not math.isnan(row.p):
            both += 1
            assert list(row[INDIRECT]) == pytest.approx(target[2:], rel=1e-8, abs=1e-10)
    assert both


def slow_leaving(fitted, left_out, prior):
    """Estimates and SDs of the options without one trial, by dense algebra at each tau."""
    own = [t for t in fitted.trials.trials if t is not left_out]
    place = {o: k for k, o in enumerate(fitted.trials.options)}

    def at(trials, tau):
        rows = np.zeros((sum(len(t.y) for t in trials), len(place)))
        total, k = np.zeros((len(rows), len(rows))), 0
        for t in trials:
            n = len(t.y)
            rows[np.arange(k, k + n), [place[o] for o in t.options[1:]]] += 1
            rows[k : k + n, place[t.options[0]]] -= 1
            total[k : k + n, k : k + n] = t.covariance + tau**2 * 0.5 * (np.eye(n) + 1)
            k += n
        x, y = rows[:, 1:], np.concatenate([t.y for t in trials])
        precision = x.T @ np.linalg.solve(total, x) + np.eye(len(place) - 1) * prior
        covariance = np.linalg.inv(precision)
        mean = covariance @ x.T @ np.linalg.solve(total, y)
        log = -0.5 * (np.linalg.slogdet(total)[1] + np.linalg.slogdet(precision)[1]
                      + y @ np.linalg.solve(total, y) - mean @ precision @ mean)  # fmt: skip
        return log, mean, np.diag(covariance)

    logs, means, variances = [], [], []
    for weight, tau in zip(fitted.weights, fitted.taus, strict=True):
        log, mean, variance = at(own, tau)
        logs.append(math.log(weight) + log - at(fitted.trials.trials, tau)[0])
        means.append(mean)
        variances.append(variance)
    weights = np.exp(np.array(logs) - max(logs))
    weights /= weights.sum()
    mean = weights @ np.array(means)
    spread = weights @ (np.array(variances) + np.square(np.array(means) - mean))
    return mean, np.sqrt(spread)


@pytest.mark.parametrize(("name", "options"), [
    ("senn2013", EXACT), ("hasselblad1998", EXACT), ("hasselblad1998", {"tau": "reml"}),
    ("parkinsons", EXACT),
])  # fmt: skip
def test_leaving_out_is_dense_algebra_without_the_trial(name, options):
    fitted = fit(network(name), **options)
    prior = options["effect_sd"] ** -2 if "effect_sd" in options else 0.0
    table = leave_one_out(fitted)
    whole = fitted.effects()
    for trial in fitted.trials.trials:
        rows = table[table["trial"] == trial.name]
        assert list(rows["option"]) == list(fitted.trials.options[1:])
        mean, sd = slow_leaving(fitted, trial, prior)
        told = rows["estimate"].notna().to_numpy()  # nan where the prior alone would speak
        assert (sd[~told] > 0.9 * prior**-0.5 if prior else told).all()
        rows, mean, sd, own = rows[told], mean[told], sd[told], whole[told]
        np.testing.assert_allclose(rows["estimate"], mean, rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(rows["se"], sd, rtol=1e-6)
        np.testing.assert_allclose(
            rows["change"], (mean - own["estimate"]) / own["se"], rtol=1e-6, atol=1e-7
        )


def test_a_trial_that_alone_joins_an_option_cannot_be_left_out():
    trials = pair(("A", "B", 1, 0.1), ("A", "B", 2, 0.1), ("A", "C", 1, 0.1))
    assert set(leave_one_out(fit(trials, tau="reml"))["trial"]) == {"s0", "s1"}


@pytest.mark.parametrize("check", [leave_one_out, thresholds])
def test_batches_change_nothing(check, monkeypatch):
    fitted = fit(network("linde2016"))
    whole = check(fitted)
    monkeypatch.setattr("needlewise.synthesis.nma.influence.CHUNK", 1000)
    parts = check(fitted)
    for name in whole:
        if whole[name].dtype.kind == "f":
            np.testing.assert_allclose(parts[name], whole[name], rtol=1e-9, atol=1e-10)
        else:
            assert list(parts[name]) == list(whole[name])


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_at_a_threshold_two_options_are_level(better):
    trials = network("hasselblad1998")
    fitted = fit(trials, model="common", tau="dl")
    best = fitted.ranks(better=better)["option"][0]
    table = thresholds(fitted, better=better)
    assert [(r.trial, r.option, r.against) for r in table.itertuples()] == [
        (t.name, option, t.options[0]) for t in trials.trials for option in t.options[1:]
    ]
    for row in table.itertuples():
        moved = []
        for trial in trials.trials:
            y = trial.y.copy()
            if trial.name == row.trial:
                y[trial.options.index(row.option) - 1] += row.to_change
            moved.append(dataclasses.replace(trial, y=y))
        found = fit(dataclasses.replace(trials, trials=tuple(moved)), model="common", tau="dl")
        effects = {trials.reference: 0.0, **found.effects().set_index("option")["estimate"]}
        assert effects[row.new_best] == pytest.approx(effects[best], abs=1e-8)


# ---- Estimates of tau ----


@pytest.mark.parametrize("name", ["senn2013", "thrombolytics", "diabetes", "bcg"])
@pytest.mark.parametrize("method", ["reml", "ml", "dl", "pm"])
def test_independent_parts_say_what_the_sums_say(name, method, monkeypatch):
    trials = read_network(bcg(), "RR") if name == "bcg" else network(name)
    white = whitened(trials.trials, design(trials).rows)
    parts = estimate_tau(white, method)
    monkeypatch.setattr("needlewise.synthesis.nma.classic.SMALL", 0)
    sums = estimate_tau(white, method)
    for one, two in zip(dataclasses.astuple(parts), dataclasses.astuple(sums), strict=True):
        assert one == pytest.approx(two, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("kind", [_Small, _Large])
def test_slopes_of_the_likelihood(kind, restricted):
    trials = network("senn2013")
    known = kind(whitened(trials.trials, design(trials).rows))
    for square in (0.0, 0.05, 1.0):
        step = 1e-5
        near = np.array([square, square + step])
        if square:
            near[0] -= step
        values = known.minus(near, restricted=restricted)
        slope = known.slope(float(near.mean()), restricted=restricted)
        assert slope == pytest.approx(np.diff(values)[0] / np.diff(near)[0], rel=1e-5)


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_the_estimate_is_the_least_of_a_fine_grid(method):
    """The whole covariance at each tau, without turning anything."""
    trials = network("senn2013")
    rows, y = design(trials).rows, np.concatenate([t.y for t in trials.trials])
    errors = block_diag(*(t.covariance for t in trials.trials))
    effects = block_diag(*(0.5 * (np.eye(len(t.y)) + 1) for t in trials.trials))

    def minus(tau):
        total = errors + tau**2 * effects
        precision = rows.T @ np.linalg.solve(total, rows)
        miss = y - rows @ np.linalg.solve(precision, rows.T @ np.linalg.solve(total, y))
        found = np.linalg.slogdet(total)[1] + miss @ np.linalg.solve(total, miss)
        return 0.5 * (found + (np.linalg.slogdet(precision)[1] if method == "reml" else 0.0))

    known = fit(trials, tau=method).heterogeneity
    least = minus(known.tau)
    assert all(minus(tau) >= least - 1e-10 for tau in np.linspace(0.0, 2.0, 201))
    assert minus(known.tau * 1.001) > least < minus(known.tau * 0.999)
    for end in (known.low, known.high):
        assert minus(end) - least == pytest.approx(0.5 * chi2.ppf(0.95, 1), abs=1e-6)


# ---- Mixtures and sums ----


@pytest.mark.parametrize("share", [0.025, 0.5, 0.975])
def test_quantiles_are_where_the_probability_is(share):
    rng = np.random.default_rng(1)
    weights = rng.dirichlet(np.full(12, 0.5))
    means = rng.normal(size=(12, 40)) * np.geomspace(1e-3, 30, 40)
    sds = rng.gamma(2.0, size=(12, 40))
    found = quantile(weights, means, sds, share)
    for k in range(40):
        target = brentq(
            lambda x, k=k: weights @ norm.cdf(x, means[:, k], sds[:, k]) - share, -500, 500,
            xtol=1e-13, rtol=1e-14,
        )  # fmt: skip
        assert found[k] == pytest.approx(target, abs=1e-10)


def test_quantiles_of_what_is_certain():
    weights, means = np.array([0.3, 0.7]), np.array([[2.0, 0.0], [2.0, 0.0]])
    sds = np.array([[0.0, 1.0], [0.0, 1.0]])
    assert list(quantile(weights, means, sds, 0.975)) == pytest.approx([2.0, norm.ppf(0.975)])


@pytest.mark.parametrize("kind", ["small", "sparse rows", "few products", "full"])
def test_sums_are_plain_products_however_they_are_kept(kind):
    trials = network("senn2013" if kind == "small" else "linde2016")
    rows = design(trials).rows
    if kind == "full":
        rng = np.random.default_rng(0)
        rows = rows @ rng.normal(size=(rows.shape[1], rows.shape[1]))
    dense = whitened(trials.trials, rows)
    made = dense
    if kind == "sparse rows":
        from scipy import sparse

        made = whitened(trials.trials, sparse.csr_array(rows))
    squares = np.array([0.0, 0.1, 2.0])
    found = made.sums(squares)
    for k, square in enumerate(squares):
        w = 1 / (1 + square * dense.values)
        x = dense.rows
        np.testing.assert_allclose(found.precision[k], x.T @ (w[:, None] * x), atol=1e-8)
        np.testing.assert_allclose(found.score[k], x.T @ (w * dense.y), atol=1e-8)
        assert found.square[k] == pytest.approx(w @ dense.y**2)
        _, log_determinant, unexplained = found.factored()
        assert log_determinant[k] == pytest.approx(np.linalg.slogdet(found.precision[k])[1])
        miss = dense.y - x @ np.linalg.solve(found.precision[k], found.score[k])
        assert unexplained[k] == pytest.approx(w @ miss**2)


def test_numbers_that_fit_without_any_miss():
    """One trial an option: nothing is left unexplained, and nothing breaks."""
    trials = pair(("A", "B", 1e6, 1e-6), ("A", "C", 0.0, 1e-6))
    fitted = fit(dataclasses.replace(trials, measure="MD"))
    assert fitted.effects()["estimate"][0] == pytest.approx(1e6, rel=1e-3)
