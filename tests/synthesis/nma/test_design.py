"""Designs: sparse as dense, slopes of one's own, components with what they do together."""

import numpy as np
import pytest
from tests.synthesis.nma.test_published import network

from needlewise.errors import InputError
from needlewise.evidence.tables import read_network
from needlewise.synthesis.nma import design as designs
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.checks import node_splits
from needlewise.synthesis.nma.design import design
from needlewise.synthesis.nma.influence import leave_one_out, thresholds


@pytest.mark.parametrize("options", [{}, {"tau": "reml"}, {"model": "common"}])
def test_sparse_is_dense(monkeypatch, options):
    trials = network("linde2016")
    dense = fit(trials, **options)
    monkeypatch.setattr(designs, "DENSE", 0)
    sparse = fit(trials, **options)
    assert isinstance(dense.design.rows, np.ndarray)
    assert not isinstance(sparse.design.rows, np.ndarray)
    assert sparse.heterogeneity.tau == pytest.approx(dense.heterogeneity.tau, rel=1e-8)
    for table in (lambda f: f.league(), node_splits, leave_one_out, thresholds):
        one, two = table(dense), table(sparse)
        assert list(one.columns) == list(two.columns)
        for name in one.columns:
            if one[name].dtype.kind == "f":
                np.testing.assert_allclose(one[name], two[name], rtol=1e-6, atol=1e-8)
            else:
                assert list(one[name]) == list(two[name])


def slopes_table():
    """Three options whose effects move with x: by 2 and by -1 for each unit."""
    rng = np.random.default_rng(4)
    rows = []
    for k in range(12):
        x = rng.normal(0, 1)
        for arm in (("A", "B"), ("A", "C"), ("A", "B", "C"))[k % 3]:
            mean = {"A": 0.0, "B": 1.0 + 2.0 * x, "C": -1.0 - x}[arm]
            rows.append((k, arm, mean, 0.01, x))
    return {
        n: [r[j] for r in rows] for j, n in enumerate(("study", "treatment", "mean", "se", "x"))
    }


def test_a_slope_for_each_option():
    trials = read_network(slopes_table(), "MD", reference="A", covariates=["x"])
    fitted = fit(trials, covariates=["x"], slopes="own", tau="reml")
    found = fitted.parameters().set_index("parameter")["estimate"]
    assert found["x:B"] == pytest.approx(2.0, abs=0.05)
    assert found["x:C"] == pytest.approx(-1.0, abs=0.05)
    moved = fitted.at(x=1.0).effects().set_index("option")["estimate"]
    assert moved["B"] == pytest.approx(3.0, abs=0.05)
    assert moved["C"] == pytest.approx(-2.0, abs=0.05)
    with pytest.raises(InputError, match="shared or own"):
        design(trials, covariates=["x"], slopes="many")


def together(extra=0.0):
    effects = {"P": 0.0, "A": -1.0, "B": -2.0, "A+B": -3.0 + extra}
    rows = [(f"{a}{b}{k}", b, a, effects[b] - effects[a], 0.1) for k in range(3)
            for a, b in (("P", "A"), ("P", "B"), ("P", "A+B"), ("A", "A+B"))]  # fmt: skip
    names = ("study", "treat1", "treat2", "TE", "seTE")
    return {n: [r[j] for r in rows] for j, n in enumerate(names)}


def test_what_two_components_do_together():
    trials = read_network(together(-0.7), reference="P")
    fitted = fit(trials, components="+", inactive="P", interactions=["A*B"], tau="reml")
    found = fitted.parameters().set_index("parameter")["estimate"]
    assert found["A"] == pytest.approx(-1.0)
    assert found["A*B"] == pytest.approx(-0.7)


@pytest.mark.parametrize(("options", "told"), [
    ({"interactions": ["A*B"]}, "belong to components"),
    ({"components": "+", "interactions": ["A"]}, "as A\\*B"),
    ({"components": "+", "interactions": ["A*P"]}, "No option has both"),
    ({"components": "+", "inactive": "X"}, "no component; components are A, B, P"),
])  # fmt: skip
def test_components_that_cannot_be(options, told):
    with pytest.raises(InputError, match=told):
        fit(read_network(together(), reference="P"), **options)


def test_effects_at_a_covariate_that_is_not_there():
    with pytest.raises(InputError, match="no covariate 'age'; it has none"):
        fit(network("senn2013")).at(age=3)
