"""Counts against long runs of a sampler on the same arms: see scripts/make_mcmc.py."""

import json
from pathlib import Path

import pytest

from needlewise.evidence.tables import read_network
from needlewise.synthesis.nma import fit

TESTS = Path(__file__).parents[2]
STORED = sorted((TESTS / "reference" / "mcmc").glob("*.json"))


@pytest.fixture(scope="module", params=STORED, ids=lambda path: path.stem)
def both(request):
    """What was sampled, and the same model integrated."""
    known = json.loads(request.param.read_text("utf-8"))
    trials = read_network(
        TESTS / "published" / known["data_file"], known["measure"], reference=known["reference"]
    )
    assert [name for name, _ in trials.left_out] == known["left_out"]
    return known, fit(trials, likelihood="counts", tau_prior=known["prior"])


def test_there_are_references():
    assert len(STORED) >= 7


def test_every_reference_is_long_enough(both):
    known, _ = both
    for target in [*known["effects"].values(), known["tau"]]:
        assert target["mcse"] < 0.01 * target["sd"]


def test_effects(both):
    known, fitted = both
    found = fitted.effects().set_index("option")
    assert set(found.index) == set(known["effects"])
    for option, target in known["effects"].items():
        row, sd = found.loc[option], target["sd"]
        assert row.estimate == pytest.approx(target["mean"], abs=0.05 * sd + 3 * target["mcse"])
        assert row.se == pytest.approx(sd, rel=0.05)


def test_tau(both):
    known, fitted = both
    assert fitted.heterogeneity.median == pytest.approx(known["tau"]["q50"], rel=0.05)
