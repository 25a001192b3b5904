"""Draws and summaries with named dimensions say what the fit says."""

import numpy as np
import pytest
from tests.synthesis.nma.test_published import network

from needlewise.errors import InputError
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.export import draws_dataset, summary_dataset


def test_draws():
    fitted = fit(network("senn2013"))
    found = draws_dataset(fitted, 8192)
    assert dict(found.sizes) == {"chain": 4, "draw": 2048, "option": 9}
    known = fitted.effects().set_index("option")
    for option, row in known.iterrows():
        drawn = found["effect"].sel(option=option)
        assert float(drawn.mean()) == pytest.approx(row["estimate"], abs=0.02 * row["se"])
        assert float(drawn.std()) == pytest.approx(row["se"], rel=0.03)
    assert float(found["tau"].mean()) == pytest.approx(fitted.heterogeneity.tau, rel=0.01)
    assert found.attrs["reference"] == "placebo"
    assert "half-normal" in found.attrs["prior"]
    assert "tau" not in draws_dataset(fit(network("senn2013"), model="common"), 16)


def test_summaries():
    fitted = fit(network("senn2013"), tau="reml")
    found = summary_dataset(fitted)
    for row in fitted.league().itertuples():
        here = found.sel(option=row.option, against=row.against)
        back = found.sel(option=row.against, against=row.option)
        assert float(here["estimate"]) == row.estimate == -float(back["estimate"])
        assert (float(here["low"]), float(here["high"])) == (row.low, row.high)
        assert (float(back["low"]), float(back["high"])) == (-row.high, -row.low)
        assert float(back["se"]) == row.se
    assert np.isnan(found["estimate"].sel(option="placebo", against="placebo"))
    assert float(found["tau"]) == fitted.heterogeneity.tau
    best = fitted.ranks().iloc[0]
    assert float(found["score"].sel(option=best["option"])) == best["score"]


def test_what_cannot_be_drawn():
    with pytest.raises(InputError, match="tau = bayes"):
        draws_dataset(fit(network("senn2013"), tau="reml"))
    with pytest.raises(InputError, match="multiple of 4"):
        draws_dataset(fit(network("senn2013")), 10)
