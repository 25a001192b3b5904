"""Rare events: Mantel-Haenszel and the exact conditional likelihood, against print, brute force and
closed forms."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from tests.synthesis.nma.test_published import columns, network, printed, ratios, same

from needlewise.errors import InputError
from needlewise.evidence.tables import Adjust, read_network
from needlewise.synthesis.nma import fit, plain
from needlewise.synthesis.nma.hypergeometric import (
    Hypergeometric,
    Multinomial,
    hypergeometric,
    proportions,
    two_arms,
)
from needlewise.synthesis.nma.logit_normal import Binomial, integrated
from needlewise.synthesis.nma.mantel_haenszel import mantel_haenszel, mh_contrasts


def table(*rows):
    """Rows of trial, option, events, n."""
    return read_network(
        dict(zip(("study", "treatment", "events", "n"), map(list, zip(*rows, strict=True)),
                 strict=True)), "OR")  # fmt: skip


@pytest.fixture(scope="module")
def dong():
    return network("dong2013", "OR", reference="Placebo")


@pytest.fixture(scope="module")
def pooled(dong):
    return mantel_haenszel(dong)


# ---- Mantel-Haenszel ----


def test_dong(pooled):
    known = printed("dong2013", "mh")
    ratios(pooled.fit, known["values"])
    between, counts = known["Q_between"], known["counts"]
    same(pooled.Q, between["Q"])
    same(pooled.p, between["p"])
    assert pooled.df == between["df"]
    assert len(pooled.designs) == counts["designs"]
    trials = pooled.fit.trials
    assert (len(trials.trials), len(trials.options)) == (counts["k"], counts["n"])
    assert sum(pooled.fit.comparisons["trials"]) == counts["m"]
    assert sum(t.arms.size.sum() for t in trials.trials) == counts["observations"]
    assert [note.split(":")[0] for note in pooled.notes] == [
        "5", "25", "37", "Design Placebo, LABA-ICS (trial 34)"]  # fmt: skip


def test_dong_league(pooled):
    for pair, target in printed("dong2013", "league_network")["values"].items():
        option, against = pair.split(":")
        ratios(pooled.fit, {option: target}, against)
    assert len(pooled.league()) == 15
    assert pooled.effects("ICS")["reference"].eq("ICS").all()


def test_dong_direct_and_indirect(pooled):
    found = pooled.splits().set_index(["option", "against"])
    for pair, known in printed("dong2013", "sidde")["values"].items():
        option, against = pair.split(":")
        sign = 1 if (option, against) in found.index else -1
        row = found.loc[(option, against) if sign > 0 else (against, option)]
        assert row["trials"] == known["k"]
        for name, key in (("direct", "direct"), ("indirect", "indirect"), ("difference", "RoR")):
            same(math.exp(sign * row[name]), known[key])
        same(row["p"], known["p"])
    alone = found.loc["TIO-SMI", "Placebo"]
    assert np.isfinite(alone["direct"])
    assert np.isnan(alone[["indirect", "difference", "p"]].astype(float)).all()


def test_dogliotti():
    known = printed("dogliotti2014", "mantel_haenszel")["values"]
    found = mantel_haenszel(network("dogliotti2014", "OR", reference="Placebo/Control"))
    ratios(found.fit, known)
    assert len(found.fit.trials.trials) == 19
    assert found.notes[0].startswith("WASPO, 2007: left out")


def test_two_arms_are_those_of_robins_breslow_and_greenland():
    events, sizes = np.array([[1, 4], [0, 3], [6, 0]]), np.array([[20, 22], [15, 14], [30, 35]])
    a, c = events[:, 1], events[:, 0]
    b, d = sizes[:, 1] - a, sizes[:, 0] - c
    n = a + b + c + d
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    variance = (
        (p * r).sum() / (2 * r.sum() ** 2) + (q * s).sum() / (2 * s.sum() ** 2)
        + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
    )  # fmt: skip
    effect, covariance = mh_contrasts(events, sizes)
    assert effect[0] == pytest.approx(math.log(r.sum() / s.sum()), rel=1e-12)
    assert covariance[0, 0] == pytest.approx(variance, rel=1e-12)


def test_one_trial_a_design_is_the_normal_common_effect():
    trials = table(
        ("1", "A", 5, 60), ("1", "B", 8, 55), ("1", "C", 3, 70), ("2", "A", 9, 80),
        ("2", "C", 6, 75), ("3", "B", 4, 40), ("3", "D", 7, 45), ("4", "A", 2, 30),
        ("4", "B", 5, 33), ("4", "C", 6, 31), ("4", "D", 1, 36),
    )  # fmt: skip
    found, other = mantel_haenszel(trials), fit(trials, model="common", tau="dl")
    np.testing.assert_allclose(found.fit.means, other.means, rtol=1e-10)
    np.testing.assert_allclose(found.fit.covariances, other.covariances, rtol=1e-10)


def test_order_of_arms_trials_and_the_reference_do_not_matter(dong, pooled):
    turned = columns("dong2013")
    turned = {name: own[::-1] for name, own in turned.items()}
    other = mantel_haenszel(read_network(turned, "OR", reference="LABA"))
    np.testing.assert_allclose(other.Q, pooled.Q, rtol=1e-9)
    one, two = (f.effects("ICS").set_index("option") for f in (pooled, other))
    np.testing.assert_allclose(two.loc[one.index, ["estimate", "se"]],
                               one[["estimate", "se"]], rtol=1e-9)  # fmt: skip
    assert plain(pooled.fit).likelihood == "normal"


def test_an_arm_without_events_leaves_its_design():
    trials = table(
        ("1", "A", 5, 60), ("1", "B", 8, 55), ("1", "C", 0, 70),
        ("2", "A", 4, 50), ("2", "C", 2, 50), ("3", "A", 9, 9), ("3", "D", 4, 9),
    )  # fmt: skip
    found = mantel_haenszel(trials)
    assert found.designs == (("A", "B"), ("A", "C"))
    assert found.notes == (
        "Design A, B, C: its arm C is left out, it has no events",
        "Design A, D (trial 3): left out, all its arms but one have no events, or events in "
        "everybody",
        "D: left out, no trial that is left has it",
    )
    assert found.df == 0
    assert math.isnan(found.p)
    assert found.effects()["estimate"][0] == pytest.approx(math.log(8 * 55 / (5 * 47)))


# ---- Exact conditional likelihood ----


def test_nielweise():
    """Print took its integrals to 1.2e-4; its standard error of .3511 is .35104 with exact ones,
    as the next test shows."""
    known = printed("nielweise2007", "hypergeometric_normal_exact")["values"]
    found = hypergeometric(network("nielweise2007", "OR"), "random")
    row = found.effects().iloc[0]
    same(row.estimate, known["estimate"])
    same(row.se, known["se"], slack=1.2)
    same(found.heterogeneity.tau, known["tau"])
    for value, target in zip((row.estimate, row.low, row.high), known["OR"], strict=True):
        same(math.exp(value), target, slack=1.5)
    assert found.heterogeneity.low == 0.0
    assert 1.7 < found.heterogeneity.high < 1.9
    assert plain(found).effects().iloc[0].estimate > row.estimate  # the increment's bias


def test_nielweise_by_brute_force():
    """Integrals by adaptive subdivision, the top checked and the information by differences."""
    from scipy.integrate import quad
    from scipy.stats import nchypergeom_fisher, norm

    trials = network("nielweise2007", "OR")
    found = hypergeometric(trials, "random")
    at = np.array([found.means[0, 0], found.heterogeneity.tau])

    def height(mean, tau):
        total = 0.0
        for trial in trials.trials:
            x, n = trial.arms.events, trial.arms.size
            law = nchypergeom_fisher
            u = np.arange(int(x.sum()) + 1)
            logs = law.logpmf(u, int(n.sum()), int(n[1]), int(x.sum()), 1.0)

            def chance(z, logs=logs, u=u, x=x):
                own = logs + u * (mean + tau * z)
                return math.exp(own[int(x[1])] - np.logaddexp.reduce(own)) * norm.pdf(z)

            total += math.log(quad(chance, -9, 9, epsabs=0, epsrel=1e-11)[0])
        return total

    h = 2e-3
    f = {(i, j): height(at[0] + i * h, at[1] + j * h) for i in (-1, 0, 1) for j in (-1, 0, 1)}
    gradient = np.array([f[1, 0] - f[-1, 0], f[0, 1] - f[0, -1]]) / (2 * h)
    cross = (f[1, 1] + f[-1, -1] - f[1, -1] - f[-1, 1]) / (4 * h * h)
    own = [(f[1, 0] - 2 * f[0, 0] + f[-1, 0]) / h**2, (f[0, 1] - 2 * f[0, 0] + f[0, -1]) / h**2]
    covariance = np.linalg.inv(-np.array([[own[0], cross], [cross, own[1]]]))
    assert np.abs(gradient).max() < 1e-5
    assert math.sqrt(covariance[0, 0]) == pytest.approx(0.351040, abs=2e-6)
    assert math.sqrt(found.covariances[0, 0, 0]) == pytest.approx(0.351040, abs=1e-6)
    assert found.heterogeneity.sd == pytest.approx(math.sqrt(covariance[1, 1]), rel=1e-4)


def test_nielweise_by_the_binomial_approximation():
    """Print is 1e-5 beyond rounding: the estimate is -1.302643 at 16 nodes and at 100."""
    known = printed("nielweise2007", "binomial_approximation")["values"]
    found = hypergeometric(network("nielweise2007", "OR"), "random", exact=False)
    row = found.effects().iloc[0]
    same(row.estimate, known["estimate"], slack=1.2)
    same(row.se, known["se"])
    assert found.heterogeneity.tau == pytest.approx(known["tau"], abs=5e-5)


def test_single_arms():
    """Print is 3e-4 off at most; by 100 nodes the likelihood here is higher than at print."""
    known = printed("nielweise2007", "binomial_normal_single_arm")["values"]
    rows = columns("nielweise2007")
    for name, key in (("control", "c"), ("treated", "t")):
        events, n = (np.array(rows[f"{c}_{key}"], dtype=float) for c in ("events", "n"))
        found, target = proportions(events, n), known[name]
        assert found.estimate == pytest.approx(target["estimate"], abs=3.5e-4)
        assert found.se == pytest.approx(target["se"], abs=3.5e-4)
        assert found.tau.tau**2 == pytest.approx(target["tau2"], abs=1.3e-3)
        assert found.low < found.estimate < found.high
        family, ones = Binomial(n, np.zeros(len(n))), np.ones((len(n), 1))
        top, at_print = (
            integrated(family, events, ones, np.array(at), 100)[0]
            for at in (
                (found.estimate, found.tau.tau),
                (target["estimate"], math.sqrt(target["tau2"])),
            )
        )
        assert top > at_print


def enumerated(sizes, total, theta):
    """Constant, mean and covariance of all tables with so many events."""
    xs = [x for x in itertools.product(*(range(n + 1) for n in sizes)) if sum(x) == total]
    weights = np.array([
        math.prod(math.comb(n, k) for n, k in zip(sizes, x, strict=True)) * math.exp(theta @ x)
        for x in xs
    ])  # fmt: skip
    share, xs = weights / weights.sum(), np.array(xs, dtype=float)
    mean = share @ xs
    return math.log(weights.sum()), mean, (xs - mean).T @ ((xs - mean) * share[:, None])


@pytest.mark.parametrize(("sizes", "total"), [
    ((3, 4), 2), ((5, 2), 6), ((3, 4, 2), 4), ((2, 3, 2, 4), 5), ((2, 3, 4), 9), ((4, 1), 0),
])  # fmt: skip
@pytest.mark.parametrize("scale", [0.0, 1.0, 12.0])
def test_every_table(sizes, total, scale):
    theta = scale * np.array([0.0, -1.0, 0.7, 1.6])[: len(sizes)]
    known = enumerated(sizes, total, theta)
    found = Hypergeometric.of(np.array(sizes, dtype=float), total).moments(theta)
    for one, two in zip(found, known, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-10, atol=1e-10)
    if len(sizes) == 2:  # the same law, for many trials at once
        events = np.array([[total - max(0, total - sizes[0]), max(0, total - sizes[0])]], float)
        family = two_arms(events, np.array([sizes], dtype=float))
        value, mean, spread = family.cumulant(np.array([[theta[1]]]))
        assert float(value[0, 0]) == pytest.approx(known[0], abs=1e-10)
        assert float(mean[0, 0]) == pytest.approx(known[1][1], abs=1e-10)
        assert float(spread[0, 0]) == pytest.approx(known[2][1, 1], abs=1e-10)


def test_many_people_do_not_underflow():
    sizes, theta = np.array([13780.0, 10396.0, 1000.0]), np.array([0.0, -0.2, 0.1])
    log, mean, spread = Hypergeometric.of(sizes, 2000).moments(theta)
    assert math.isfinite(log)
    assert mean.sum() == pytest.approx(2000, rel=1e-10)
    np.testing.assert_allclose(spread.sum(axis=0), 0, atol=1e-6)


def test_few_events_of_many_are_multinomial():
    sizes, theta = np.array([2e6, 1e6, 3e6]), np.array([0.0, 0.4, -0.3])
    exact = Hypergeometric.of(sizes, 7.0).moments(theta)
    near = Multinomial(sizes, 7.0).moments(theta)
    assert exact[0] + math.lgamma(8) == pytest.approx(near[0], abs=1e-4)
    np.testing.assert_allclose(exact[1], near[1], rtol=1e-4)
    np.testing.assert_allclose(exact[2], near[2], rtol=1e-4)


def test_one_trial_has_the_conditional_odds_ratio():
    from scipy.stats.contingency import odds_ratio

    trials = table(("1", "A", 3, 40), ("1", "B", 9, 45))
    found = hypergeometric(trials).effects().iloc[0]
    assert math.exp(found.estimate) == pytest.approx(
        odds_ratio([[9, 36], [3, 37]], kind="conditional").statistic, rel=1e-6
    )


def test_dong_exactly_and_by_mantel_haenszel(dong, pooled):
    """Both are common effects and use the same counts; they agree to a tenth of an SE."""
    exact = hypergeometric(dong).effects().set_index("option")
    mh = pooled.effects().set_index("option")
    near = hypergeometric(dong, exact=False).effects().set_index("option")
    known = [0.030795, -0.073707, -0.229573, -0.086126, 0.412589]
    np.testing.assert_allclose(exact["estimate"], known, atol=1e-6)
    assert ((exact["estimate"] - mh["estimate"]).abs() < 0.1 * exact["se"]).all()
    assert ((exact["se"] / mh["se"] - 1).abs() < 0.01).all()
    assert ((near["estimate"] - mh["estimate"]).abs() > 0.1 * mh["se"]).any()  # 14 % have events


def test_the_posterior_with_a_flat_prior_is_near_the_exact_likelihood(dong):
    exact = hypergeometric(dong).effects()
    counted = fit(dong, model="common", likelihood="counts").effects()
    np.testing.assert_allclose(counted["estimate"], exact["estimate"], atol=0.01)
    np.testing.assert_allclose(counted["se"], exact["se"], rtol=0.02)


def two_armed(reference):
    trials = network("hasselblad1998", "OR", reference=reference)
    kept = tuple(t for t in trials.trials if len(t.options) == 2)
    return dataclasses.replace(trials, trials=kept)


def test_random_effects_of_a_network_of_two_arms():
    common, random = (hypergeometric(two_armed("no_contact"), m) for m in ("common", "random"))
    assert (random.effects()["se"] > common.effects()["se"]).all()
    spread = random.heterogeneity
    assert 0 < spread.low < spread.tau < spread.high
    told = random.summary()
    assert (told["new_low"] < told["low"]).all()
    turned = hypergeometric(two_armed("self_help"), "random")
    assert turned.heterogeneity.tau == pytest.approx(spread.tau, abs=1e-6)
    one, two = (f.effects("ind_counseling").set_index("option") for f in (random, turned))
    np.testing.assert_allclose(two.loc[one.index, ["estimate", "se"]],
                               one[["estimate", "se"]], atol=1e-6)  # fmt: skip
    # A normal likelihood of the same trials is near, where events are many.
    near = fit(random.trials, tau="ml")
    assert spread.tau == pytest.approx(near.heterogeneity.tau, rel=0.15)


def test_slopes_and_curvatures():
    """Against differences of the integral, with two effects."""
    trials = two_armed("no_contact").trials[:5]
    events = np.array([t.arms.events for t in trials])
    family = two_arms(events, np.array([t.arms.size for t in trials]))
    rows = np.array([[1.0, 0.0], [1.0, 0.5], [0.0, 1.0], [1.0, -1.0], [0.0, 1.0]])
    at, h = np.array([0.3, -0.2, 0.6]), 1e-4

    def height(at):
        return integrated(family, events[:, 1], rows, at)

    _, slope, curve = height(at)
    for k, move in enumerate(h * np.eye(3)):
        more, less = height(at + move), height(at - move)
        assert slope[k] == pytest.approx((more[0] - less[0]) / (2 * h), rel=1e-5, abs=1e-5)
        np.testing.assert_allclose(curve[k], (more[1] - less[1]) / (2 * h), rtol=1e-5, atol=1e-5)


def test_no_heterogeneity_is_the_common_effect():
    same_ = [(str(k), o, x, 100) for k in range(6) for o, x in (("A", 4), ("B", 8))]
    common, random = (hypergeometric(table(*same_), model) for model in ("common", "random"))
    assert random.heterogeneity.tau == 0.0
    assert random.heterogeneity.high > 0.1
    assert math.isnan(random.heterogeneity.sd)
    np.testing.assert_allclose(random.means, common.means, atol=1e-7)
    np.testing.assert_allclose(random.covariances, common.covariances, rtol=1e-7)


# ---- What cannot be used ----

A_LONE = [("1", "A", 0, 20), ("1", "B", 3, 20)]
PARTS = [("1", "A", 1, 20), ("1", "B", 3, 20), ("2", "B", 2, 20), ("2", "C", 0, 20),
         ("3", "C", 1, 20), ("3", "D", 2, 20)]  # fmt: skip


def dong_and_one_without_events():
    rows = columns("dong2013")
    more = {
        "study": ["42", "42"],
        "treatment": ["Placebo", "New"],
        "events": [1, 0],
        "n": [100, 100],
    }
    return read_network({k: [*own, *more[k]] for k, own in rows.items()}, "OR")


@pytest.mark.parametrize(("make", "text"), [
    (lambda: mantel_haenszel(table(*A_LONE)), "No trial is left: in every design"),
    (lambda: mantel_haenszel(table(*PARTS)), "no trial joins: B, A; C, D.*Design B, C"),
    (lambda: mantel_haenszel(network("senn2013")), "the measure OR; this network has MD and norm"),
    (lambda: mantel_haenszel(network("dong2013", "RR")), "OR; this network has RR and binomial"),
    (lambda: hypergeometric(network("dong2013", "RD")), "OR; this network has RD and binomial"),
    (lambda: hypergeometric(table(*A_LONE)), "no maximum for B against A, as its"),
    (lambda: hypergeometric(table(*PARTS, ("4", "A", 3, 30), ("4", "E", 0, 30))),
     "no maximum for"),
    (lambda: hypergeometric(dong_and_one_without_events()), "no maximum for New against Placebo,"),
    (lambda: hypergeometric(table(PARTS[0], PARTS[1], *PARTS[4:])), "parts that no trial joins"),
    (lambda: hypergeometric(table(*A_LONE), "random"), "no maximum for B"),
    (lambda: hypergeometric(network("dong2013"), "random"), "two arms, and trial 13 has more"),
    (lambda: hypergeometric(table(*A_LONE), "fixed"), "model must be random or common"),
    (lambda: proportions([0, 0], [10, 12]), "for the proportion as no arm has an event"),
    (lambda: proportions([1, 4], [10, 3]), "Arm 2: 4 events of 3"),
    (lambda: proportions([1, 4], [10]), "as many of one as the other"),
])  # fmt: skip
def test_bad_input(make, text):
    with pytest.raises(InputError, match=text):
        make()


def test_weighted_trials_have_no_whole_counts():
    rows = columns("nielweise2007")
    rows["weight"] = [0.5] + [1.0] * (len(rows["study"]) - 1)
    trials = read_network(rows, "OR", adjust=Adjust(weight="weight"))
    for method in (mantel_haenszel, hypergeometric):
        with pytest.raises(InputError, match="Trial Bach 1996: methods for rare events need whole"):
            method(trials)


@pytest.mark.parametrize("model", ["common", "random"])
def test_events_that_are_not_rare(model):
    many = table(("1", "A", 4e8, 9e8), ("1", "B", 3e8, 9e8), ("2", "A", 4, 9), ("2", "B", 3, 9))
    with pytest.raises(InputError, match=r"Trial 1 has more than 10,000 events"):
        hypergeometric(many, model)
