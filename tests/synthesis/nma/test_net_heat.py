"""Net heat against refits in which a design has effects of its own."""

import dataclasses
import re

import numpy as np
import pytest
from tests.synthesis.nma.test_properties import pair
from tests.synthesis.nma.test_published import network

from needlewise.errors import InputError
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.checks import q_decomposition
from needlewise.synthesis.nma.net_heat import net_heat

NETWORKS = ["senn2013", "linde2016", "hasselblad1998", "netmeta_contribution_test"]


def refit(trials, tau, detached=()):
    """Q of the consistent network in which some designs have effects of their own: trial by trial,
    one dense least squares."""
    place = {option: k for k, option in enumerate(trials.options)}
    own = [(d, o) for d in detached for o in d[1:]]
    q, rows, ys = 0.0, [], []
    for trial in trials.trials:
        x = np.zeros((len(trial.y), len(place) + len(own)))
        for j, option in enumerate(trial.options[1:]):
            for name, sign in ((option, 1.0), (trial.options[0], -1.0)):
                if trial.design not in detached:
                    x[j, place[name]] += sign
                elif (trial.design, name) in own:
                    x[j, len(place) + own.index((trial.design, name))] += sign
        k = len(trial.y)
        v = trial.covariance + tau**2 * 0.5 * (np.eye(k) + np.ones((k, k)))
        turn = np.linalg.inv(np.linalg.cholesky(v))
        rows.append(turn @ x)
        ys.append(turn @ trial.y)
    x, y = np.concatenate(rows), np.concatenate(ys)
    miss = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    q = float(miss @ miss)
    return q, np.linalg.matrix_rank(x)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("model", ["common", "random"])
def test_a_column_sums_to_what_a_refit_loses(name, model):
    fitted = fit(network(name), tau="dl")
    tau = fitted.heterogeneity.tau if model == "random" else 0.0
    trials = fitted.trials
    found = net_heat(fitted, model=model)
    whole, rank = refit(trials, tau)
    designs = {trial.design for trial in trials.trials}
    for design in designs:
        label = next(d for d in set(found["detached"]) if sorted(d.split(", ")) == list(design))
        own = found[found["detached"] == label]
        less, more = refit(trials, tau, (design,))
        for _, column in own.groupby("column"):
            if more == rank:
                assert column["heat"].isna().all()
                assert whole == pytest.approx(less, abs=1e-6)
            else:
                assert column["heat"].sum() == pytest.approx(whole - less, abs=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_diagonal_sums_to_q_between_designs(name):
    fitted = fit(network(name), tau="dl")
    found = net_heat(fitted)
    between = q_decomposition(fitted.trials).set_index("part").loc["between", "Q"]
    diagonal = found[found["row"] == found["column"]]
    assert diagonal["heat"].sum() == pytest.approx(between, abs=1e-6)


def slow(trials, detached):
    """The published formulas for a network whose trials have two arms, one refit a design."""
    place = {option: k for k, option in enumerate(trials.options)}
    designs = sorted({t.design for t in trials.trials})
    y, v, x = [], [], np.zeros((len(designs), len(place)))
    for k, (a, b) in enumerate(designs):
        own = [t for t in trials.trials if t.design == (a, b)]
        effects = [float(t.y[0]) * (1 if t.options[0] == a else -1) for t in own]
        weights = [1 / float(t.covariance[0, 0]) for t in own]
        y.append(np.average(effects, weights=weights))
        v.append(1 / sum(weights))
        x[k, place[b]], x[k, place[a]] = 1, -1
    x, y, w = x[:, 1:], np.array(y), np.diag(1 / np.array(v))

    def parts(x):
        return np.diag(w) * (y - x @ np.linalg.pinv(x.T @ w @ x) @ x.T @ w @ y) ** 2

    gone = x.copy()
    gone[designs.index(detached)] = 0
    alone = np.zeros((len(designs), 1))
    alone[designs.index(detached)] = 1
    hat = x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
    heat = parts(x) - parts(np.hstack([gone, alone]))
    return {d: (abs(hat[k, designs.index(detached)]), heat[k]) for k, d in enumerate(designs)}


def square():
    return pair(("A", "B", 1, 0.5), ("A", "B", 2, 0.25), ("B", "C", 1, 1), ("A", "C", -3, 0.5),
                ("C", "D", 1, 1), ("D", "A", 0.3, 0.7), ("D", "E", 1, 1))  # fmt: skip


def cells(found):
    """Row and column, by their options, to contribution and heat."""
    return {
        tuple(tuple(sorted(end.split(" against "))) for end in (r.row, r.column)):
        (r.contribution, r.heat) for r in found.itertuples()
    }  # fmt: skip


def test_each_cell_is_that_of_a_refit():
    trials = square()
    found = cells(net_heat(fit(trials, model="common", tau="dl")))
    for design in {t.design for t in trials.trials}:
        for row, (contribution, heat) in slow(trials, design).items():
            known = found[row, design]
            assert known[0] == pytest.approx(contribution, abs=1e-9)
            if "E" in row + design:
                assert np.isnan(known[1])
            else:
                assert known[1] == pytest.approx(heat, abs=1e-9)


def test_names_and_order_do_not_matter():
    trials = square()
    base = cells(net_heat(fit(trials, model="common", tau="dl")))
    to = dict(zip("ABCDE", "DAEBC", strict=True))
    turned = dataclasses.replace(
        trials,
        options=tuple(sorted(to[o] for o in trials.options)),
        trials=tuple(
            dataclasses.replace(t, options=tuple(to[o] for o in t.options))
            for t in trials.trials[::-1]
        ),
    )
    other = cells(net_heat(fit(turned, model="common", tau="dl")))
    for (row, column), cell in base.items():
        key = tuple(tuple(sorted(to[o] for o in end)) for end in (row, column))
        assert other[key] == pytest.approx(cell, abs=1e-9, nan_ok=True)


def test_the_sum_of_a_design_does_not_hang_on_its_first_option():
    trials = network("linde2016")
    turned = dataclasses.replace(trials, options=(trials.options[0], *trials.options[:0:-1]))
    sums = []
    for one in (trials, turned):
        found = net_heat(fit(one, model="common", tau="dl")).dropna()
        found["design"] = [
            ", ".join(sorted(re.split(r" against |, ", re.sub(r" \(with (.*)\)$", r", \1", name))))
            for name in found["row"]
        ]
        found["gone"] = [", ".join(sorted(d.split(", "))) for d in found["detached"]]
        first = found.groupby(["design", "gone", "column"])["heat"].sum().reset_index()
        sums.append(first.groupby(["design", "gone"])["heat"].mean())
    assert len(sums[0]) > 100
    np.testing.assert_allclose(sums[0], sums[1].loc[sums[0].index], atol=1e-7)


def test_without_loops_there_is_no_heat():
    fitted = fit(pair(("A", "B", 1, 1), ("B", "C", 1, 1), ("B", "C", 2, 1)), tau="dl")
    found = net_heat(fitted)
    assert found["heat"].isna().all()
    assert set(found["contribution"].round(9)) == {0.0, 1.0}


def test_what_cannot_be_worked_out_is_said():
    fitted = fit(square(), tau="dl")
    with pytest.raises(InputError, match="common or random"):
        net_heat(fitted, model="both")
    with pytest.raises(InputError, match="normal likelihood"):
        net_heat(fit(network("hasselblad1998"), likelihood="counts"))
