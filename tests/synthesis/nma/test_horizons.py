"""Effects over time against a slow dense reference, and what is refused."""

import numpy as np
import pytest

from needlewise.errors import InputError
from needlewise.evidence.tables import read_network
from needlewise.synthesis.nma import fit, plain
from needlewise.synthesis.nma.horizons import over_time

KNOTS = (6.0, 13.0, 26.0, 52.0)
WEEKS = (4.0, 13.0, 20.0, 52.0, 70.0)


def table(seed=1, trials=9):
    rng = np.random.default_rng(seed)
    truth = {"A": 0.0, "B": -5.0, "C": -8.0}
    rows = []
    for k in range(trials):
        arms = [("A", "B"), ("A", "C"), ("B", "C"), ("A", "B", "C")][k % 4]
        for week in WEEKS[: 2 + k % 4]:
            for arm in arms:
                rows.append((f"s{k}", arm, week, truth[arm] + rng.normal(0, 3), 1 + rng.random()))
    names = ("study", "treatment", "weeks", "mean", "se")
    return {name: [row[j] for row in rows] for j, name in enumerate(names)}


def read(rows, **options):
    return read_network(rows, "MD", reference="A", weeks="weeks", **options)


def dense(rows, knots, level, drift, scale):
    """Arms as they are: a free baseline for each trial and week, quadrature by a fine grid."""
    n, parts = len(rows["study"]), ["B", "C"]
    p = len(parts) * len(knots)
    shares = np.array([np.maximum(0, 1 - np.abs(np.arange(len(knots)) - np.interp(
        np.log(w), np.log(knots), np.arange(len(knots))))) for w in rows["weeks"]])  # fmt: skip
    x = np.zeros((n, p))
    for i, arm in enumerate(rows["treatment"]):
        if arm in parts:
            at = parts.index(arm) * len(knots)
            x[i, at : at + len(knots)] = shares[i]
    cells = sorted({(s, w) for s, w in zip(rows["study"], rows["weeks"], strict=True)})
    z = np.array([[float((s, w) == cell) for cell in cells]
                  for s, w in zip(rows["study"], rows["weeks"], strict=True)])  # fmt: skip
    errors, between = np.zeros((n, n)), np.zeros((n, n))
    corr = 0.95 ** np.abs(np.subtract.outer(np.arange(len(knots)), np.arange(len(knots))))
    for i in range(n):
        for j in range(n):
            same = rows["study"][i] == rows["study"][j]
            if same and rows["treatment"][i] == rows["treatment"][j]:
                away = abs(np.log2(rows["weeks"][i] / rows["weeks"][j]))
                errors[i, j] = rows["se"][i] * rows["se"][j] * 0.6**away
                k = [shares[a] @ corr @ shares[b] for a, b in ((i, j), (i, i), (j, j))]
                between[i, j] = 0.5 * k[0] / np.sqrt(k[1] * k[2])
    since = np.log2(np.array(knots) / knots[0])
    own = level**2 + drift**2 * np.minimum(since[:, None], since)
    y, prior = np.array(rows["mean"]), np.kron(np.eye(2), own)
    taus = np.linspace(0, 6 * scale, 1200)
    logs, means, seconds = [], [], []
    for tau in taus:
        v = errors + tau**2 * between + 1e6 * z @ z.T
        w = np.linalg.inv(v)
        precision = np.linalg.inv(prior) + x.T @ w @ x
        c = np.linalg.inv(precision)
        m = c @ x.T @ w @ y
        total = v + x @ prior @ x.T
        logs.append(-0.5 * (np.linalg.slogdet(total)[1] + y @ np.linalg.solve(total, y))
                    - 0.5 * (tau / scale) ** 2)  # fmt: skip
        means.append(m)
        seconds.append(np.diag(c) + m**2)
    weight = np.exp(np.array(logs) - max(logs))
    weight[0] *= 0.5
    weight /= weight.sum()
    mean = weight @ np.array(means)
    return mean, np.sqrt(weight @ np.array(seconds) - mean**2)


def test_against_a_dense_reference():
    rows = table()
    fitted = fit(read(rows), horizons=KNOTS, tau_prior="half-normal(3)", effect_sd=50.0, drift=1.5)
    mean, sd = dense(rows, KNOTS, 50.0, 1.5, 3.0)
    found = fitted.parameters()
    assert list(found["parameter"][:2]) == ["B @ 6", "B @ 13"]
    assert found["estimate"].to_numpy() == pytest.approx(mean, abs=2e-3)
    assert found["se"].to_numpy() == pytest.approx(sd, rel=2e-3)


def test_one_week_on_a_knot_is_the_usual_model():
    rows = table()
    keep = [k for k, week in enumerate(rows["weeks"]) if week == 13.0]
    rows = {name: [column[k] for k in keep] for name, column in rows.items()}
    trials = read(rows)
    fitted = fit(trials, horizons=KNOTS, drift=2.0, tau_prior="half-normal(3)", effect_sd=50.0)
    fitted = fitted.at(weeks=13)
    before = np.sqrt(50.0**2 + 2.0**2 * np.log2(13 / 6))  # a level and a walk from 6 to 13 weeks
    usual = fit(trials, tau_prior="half-normal(3)", effect_sd=before)
    for name in ("estimate", "se", "low", "high"):
        assert fitted.effects()[name].to_numpy() == pytest.approx(usual.effects()[name].to_numpy(),
                                                                  abs=1e-6)  # fmt: skip


def test_what_a_week_has_and_lacks():
    rows = table(trials=2)  # s0: A and B at 4 and 13; s1: A and C at 4, 13 and 20
    trials = read(rows, week=13)
    assert trials.week == 13
    assert "at several weeks" in trials.layout
    found = over_time(fit(trials, horizons=KNOTS)).set_index(["option", "weeks"])
    assert found.loc[("B", 13.0), "supported"]
    assert not found.loc[("B", 26.0), "supported"]
    assert found.loc[("C", 26.0), "supported"]
    assert found.loc[("C", 26.0), "trials"] == 1
    assert not found.loc[("C", 52.0), "supported"]


def test_checks_are_of_the_main_week():
    trials = read(table(), week=20)
    fitted = fit(trials, horizons=KNOTS)
    assert not fitted.is_plain
    again = plain(fitted)
    assert again.is_plain
    assert [len(t.y) for t in trials.trials] == [len(t.options) - 1 for t in trials.trials]


@pytest.mark.parametrize(("change", "options", "told"), [
    ({}, {"horizons": (6, 6)}, "rising order"),
    ({}, {"horizons": (6, 13), "tau": "reml"}, "tau = bayes"),
    ({}, {"horizons": (6, 13), "drift": 0.0}, "above 0"),
    ({}, {"horizons": (6, 13), "drift": float("nan")}, "above 0"),
])  # fmt: skip
def test_what_horizons_cannot(change, options, told):
    with pytest.raises(InputError, match=told):
        fit(read({**table(), **change}), **options)


def test_tables_of_weeks_that_cannot_be_read():
    rows = table()
    with pytest.raises(InputError, match="several weeks"):
        read_network(rows, "MD")
    with pytest.raises(InputError, match="weeks above 0"):
        read({**rows, "weeks": ["", *rows["weeks"][1:]]})
    for week in (0.0, float("nan"), float("inf"), 1e300):
        with pytest.raises(InputError, match="must be above 0"):
            read(rows, week=week)
    with pytest.raises(InputError, match="needs the column of weeks"):
        read_network(rows, "MD", week=6)
    with pytest.raises(InputError, match="no column 'month'"):
        read_network(rows, "MD", weeks="month")
    one = {name: column[:2] for name, column in rows.items() if name != "weeks"}
    with pytest.raises(InputError, match="name the column of weeks"):
        fit(read_network(one, "MD"), horizons=KNOTS)
    apart = {"study": ["s"] * 4, "treatment": ["A", "B", "C", "D"], "weeks": [6, 6, 13, 13],
             "mean": [1, 2, 3, 4], "se": [1, 1, 1, 1]}  # fmt: skip
    with pytest.raises(InputError, match="no arm has a result at each"):
        read_network(apart, "MD", weeks="weeks")


def test_an_option_at_other_weeks_alone():
    rows = {"study": [*"aaaaabbbb"], "treatment": [*"ABCABABAB"],
            "weeks": [6, 6, 6, 13, 13, 6, 6, 13, 13], "mean": [1, 2, 3, 2, 3, 1, 1, 2, 4],
            "se": [1] * 9}  # fmt: skip
    trials = read(rows)
    assert trials.options == ("A", "B")
    assert any("at other weeks alone: C" in note for note in trials.notes)
    with pytest.raises(InputError, match="No trial has C at week 13"):
        fit(trials, horizons=(6, 13))
    assert fit(read(rows, week=6), horizons=(6, 13)).trials.options == ("A", "B", "C")
