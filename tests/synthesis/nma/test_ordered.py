"""Ordered categories: the published psoriasis trials, brute force, and tables that cannot be."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import ndtr
from tests.synthesis.nma.test_published import columns, printed

from needlewise.errors import InputError
from needlewise.evidence.tables import read_network
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.deviance import deviance
from needlewise.synthesis.nma.model import fit_rows

CUTS = ["PASI50", "PASI75", "PASI90"]


def apart():
    """The trials with two arms of one drug kept apart, as they were published, and rows in which
    both have the drug's effect.
    """
    table = columns("hta_psoriasis")
    seen = set()
    for k, key in enumerate(zip(table["study"], table["treatment"], strict=True)):
        if key in seen:
            table["treatment"][k] += " (2)"
        seen.add(key)
    trials = read_network(table, categories=CUTS, reference="Supportive care")
    names = [o for o in trials.options[1:] if not o.endswith(" (2)")]
    place = {name: k for k, name in enumerate(names)}
    rows = []
    for trial in trials.trials:
        for option in trial.options[1:]:
            row = np.zeros(len(names))
            for one, sign in ((option, 1.0), (trial.options[0], -1.0)):
                if one != trials.reference:
                    row[place[one.removesuffix(" (2)")]] += sign
            rows.append(row)
    return trials, names, np.array(rows)


@pytest.mark.parametrize(("id", "options"), [
    ("tsd2_fe", {"model": "common"}), ("tsd2_re", {"tau_prior": "uniform(5)"}),
])  # fmt: skip
def test_psoriasis(id, options):
    known = printed("hta_psoriasis", id)
    trials, names, rows = apart()
    assert trials.likelihood == "ordered"
    fitted = fit_rows(trials, names, rows, likelihood="counts", **options)
    found = fitted.parameters().set_index("parameter")
    for option, target in known["values"].items():
        if option != "_columns":
            assert found.loc[option, "estimate"] == pytest.approx(target[0], abs=0.05)
            assert found.loc[option, "se"] == pytest.approx(target[1], abs=0.05)
    assert 0 < found.loc["PASI75", "estimate"] < found.loc["PASI90", "estimate"]
    told = deviance(fitted)
    assert told.residual == pytest.approx(known["fit"]["resdev"], abs=0.5)
    assert told.parameters == pytest.approx(known["fit"]["pD"], abs=1.0)
    if id == "tsd2_re":
        tau = known["tau"]
        assert fitted.heterogeneity.tau == pytest.approx(tau["mean"], abs=0.05)
        assert fitted.heterogeneity.median == pytest.approx(tau["q50"], abs=0.05)
        assert fitted.heterogeneity.high == pytest.approx(tau["q975"], abs=0.05)


def test_chances_of_psoriasis():
    """A baseline of N(-1.097, 1 / 123) on the probit scale, averaged over both uncertainties."""
    trials, names, rows = apart()
    fitted = fit_rows(trials, names, rows, likelihood="counts", model="common")
    mean, covariance = fitted.means[0], fitted.covariances[0]
    for reached, chances in printed("hta_psoriasis", "tsd2_probabilities_fe")["values"].items():
        for option, target in chances.items():
            line = np.zeros(len(mean))
            if option != trials.reference:
                line[names.index(option)] = 1.0
            if reached != "50":
                line[fitted.design.names.index(f"PASI{reached}")] = -1.0
            variance = 1 / 123 + line @ covariance @ line
            # The mean of Phi over a normal is Phi of the mean over sqrt(1 + variance).
            chance = ndtr((-1.097 + line @ mean) / np.sqrt(1 + variance))
            assert chance == pytest.approx(target, abs=0.02)


def small(**changed):
    table = {"study": ["1", "1", "2", "2"], "treatment": ["A", "B", "A", "B"],
             "n": [20, 22, 15, 16], "some": [5, 7, "", ""], "much": [2, 6, 3, 8]}  # fmt: skip
    return {**table, **changed}


def test_two_trials_by_brute_force():
    """Without heterogeneity: baselines by trapezium, effect and cut-off on a grid."""
    fitted = fit(read_network(small(), categories=["some", "much"], reference="A"),
                 likelihood="counts", model="common", effect_sd=2.0, baseline_sd=2.0)  # fmt: skip
    effect, cut = np.meshgrid(np.linspace(-2, 3, 121), np.linspace(0.05, 2.5, 121), indexing="ij")
    base = np.linspace(-4, 3, 141)

    def logs(counts, ends, eta):
        """Categories from the lowest, between ends that rise."""
        edges = [np.ones_like(eta), *(ndtr(eta - e) for e in ends), np.zeros_like(eta)]
        chances = [np.maximum(a - b, 1e-300) for a, b in pairwise(edges)]
        return sum(r * np.log(p) for r, p in zip(counts, chances, strict=True))

    whole = -0.5 * (effect**2 + cut**2) / 4
    for arms, has_first in ((((13, 5, 2), (9, 7, 6)), True), (((12, 3), (8, 8)), False)):
        grid = np.zeros((*effect.shape, len(base)))
        for counts, moved in zip(arms, (0.0, effect[..., None]), strict=True):
            ends = [0.0, cut[..., None]] if has_first else [cut[..., None]]
            grid = grid + logs(counts, ends, base + moved + 0.0 * cut[..., None])
        grid -= 0.5 * base**2 / 4
        top = grid.max()
        whole = whole + top + np.log(np.exp(grid - top).sum(axis=-1))
    weight = np.exp(whole - whole.max())
    weight /= weight.sum()
    for row, values in zip(fitted.parameters().itertuples(), (effect, cut), strict=True):
        mean = float((weight * values).sum())
        sd = float(np.sqrt((weight * (values - mean) ** 2).sum()))
        assert row.estimate == pytest.approx(mean, abs=0.02 * sd)
        assert row.se == pytest.approx(sd, rel=0.02)


@pytest.mark.parametrize(("table", "told"), [
    (small(much=[2, 6, 3, ""]), "much is missing, which its other arms report"),
    (small(much=[2, 60, 3, 8]), "67 people in categories of 22"),
    (small(much=[2, -6, 3, 8]), "is below 0"),
    (small(much=[2, "six", 3, 8]), "is no number"),
    ({k: v for k, v in small().items() if k != "n"}, "lacks n"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence(table, told):
    with pytest.raises(InputError, match=told):
        read_network(table, categories=["some", "much"], reference="A")
    with pytest.raises(InputError, match="not OR"):
        read_network(small(), "OR", categories=["some", "much"])


def test_arms_of_one_option_are_put_together_and_empty_trials_left_out():
    table = small(treatment=["A", "B", "A", "A"])
    trials = read_network(table, categories=["some", "much"], reference="A")
    assert [name for name, _ in trials.left_out] == ["2"]
    table = {k: [*v, *v[1:2]] for k, v in small().items()}
    trials = read_network(table, categories=["some", "much"], reference="A")
    assert trials.notes == ("1: 2 arms of B put together",)
    assert trials.trials[0].arms.levels[1].tolist() == [14, 12]
