"""Contributions of comparisons and trials: what must hold whatever the network."""

import numpy as np
import pytest
from tests.synthesis.nma.test_properties import pair
from tests.synthesis.nma.test_published import network

from needlewise.errors import InputError
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.contributions import (
    adjusted_weights,
    all_trial_shares,
    comparison_shares,
    comparisons,
    trial_shares,
)


@pytest.mark.parametrize("name", ["netmeta_contribution_test", "senn2013", "linde2016"])
@pytest.mark.parametrize("model", ["common", "random"])
def test_shares_sum_to_one(name, model):
    fitted = fit(network(name), model=model, tau="dl")
    for option in fitted.trials.options[1:]:
        for shares in (comparison_shares(fitted, option), trial_shares(fitted, option)):
            assert shares["share"].sum() == pytest.approx(1.0, abs=1e-8)
            assert (shares["share"] >= -1e-12).all()


def test_weights_of_trials_with_several_arms_are_those_of_their_laplacian():
    trial = next(t for t in network("netmeta_contribution_test").trials if len(t.options) == 3)
    full = np.zeros((3, 3))
    full[1:, 1:] = trial.covariance
    own = np.diag(full)
    v = own[:, None] + own - 2 * full
    spread = 3 * np.eye(3) - 1
    laplacian = np.linalg.pinv(-0.5 * spread @ v @ spread / 9)
    found = adjusted_weights(trial, 0.0)
    for (a, b), weight in found.items():
        i, j = trial.options.index(a), trial.options.index(b)
        assert weight == pytest.approx(-laplacian[i, j], abs=1e-8)


def test_a_trial_of_two_arms_weighs_its_precision():
    fitted = fit(pair(("A", "B", 1, 0.5), ("A", "B", 2, 0.25)), model="common", tau="dl")
    shares = trial_shares(fitted, "B").set_index("trial")["share"]
    assert shares["s1"] == pytest.approx(2 / 3)


def test_only_indirect_evidence_runs_through_both_comparisons():
    fitted = fit(pair(("A", "B", 1, 1), ("B", "C", 1, 1)), model="common", tau="dl")
    shares = comparison_shares(fitted, "C", "A")
    assert list(shares["share"]) == pytest.approx([0.5, 0.5])


def test_the_weighted_direct_evidence_is_the_estimate():
    """The hat row times direct estimates is the network's own estimate."""
    fitted = fit(network("senn2013"), model="common", tau="dl")
    options = fitted.trials.options
    known = comparisons(fitted)
    sums = {(options[a], options[b]): 0.0 for a, b in zip(known.base, known.option, strict=True)}
    for trial in fitted.trials.trials:
        y = dict(zip(trial.options, [0.0, *trial.y], strict=True))
        for (a, b), weight in adjusted_weights(trial, 0.0).items():
            key, sign = ((a, b), 1.0) if (a, b) in sums else ((b, a), -1.0)
            sums[key] += sign * weight * (y[b] - y[a])
    direct = np.array(list(sums.values())) / known.weights
    for row in fitted.effects().itertuples():
        flow = known.carried[options.index(row.option)] - known.carried[0]
        assert flow @ direct == pytest.approx(row.estimate, abs=1e-8)


def test_all_effects_at_once_are_each_by_itself():
    fitted = fit(network("linde2016"), tau="dl")
    found = all_trial_shares(fitted)
    assert list(found) == list(fitted.trials.options[1:])
    for option, shares in found.items():
        assert shares.equals(trial_shares(fitted, option))


def test_what_has_no_contributions_is_said():
    trials = pair(("P", "X", 1, 1), ("P", "X+Y", 1, 1), ("X", "X+Y", 1, 1))
    added = fit(trials, tau="dl", components="+", inactive="P")
    with pytest.raises(InputError, match="of their own"):
        trial_shares(added, "X")
    plain = fit(trials, tau="dl")
    with pytest.raises(InputError, match="no option"):
        trial_shares(plain, "Z")
    with pytest.raises(InputError, match="against itself"):
        trial_shares(plain, "P")
