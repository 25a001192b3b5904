"""Trials that count for less, or whose bias is taken off."""

import numpy as np
import pytest

from needlewise.errors import InputError
from needlewise.evidence.tables import Adjust, read_network
from needlewise.synthesis.nma import fit

ROWS = {
    "study": ["1", "1", "2", "2", "3", "3", "3"],
    "treatment": ["A", "B", "B", "C", "C", "A", "B"],
    "events": [10, 6, 9, 4, 5, 8, 12],
    "n": [50, 52, 60, 61, 40, 42, 41],
    "half": [0.5, 0.5, "", "", 1, 1, 1],
    "off": [0.3, 0.3, 0.3, 0.3, -0.2, -0.2, -0.2],
    "unsure": [0.1, 0.1, 0.4, 0.4, 0.2, 0.2, 0.2],
}


def read(**columns):
    return read_network(ROWS, "OR", reference="A", adjust=Adjust(**columns))


def test_a_half_counts_half():
    plain, less = read(), read(weight="half")
    assert less.trials[0].covariance == pytest.approx(2 * plain.trials[0].covariance)
    assert less.trials[1].covariance == pytest.approx(plain.trials[1].covariance)
    assert less.notes == ("1: counts as 0.5 of itself",)


def test_two_halves_of_a_trial_are_the_trial():
    """With counts too: a weight is a power of the likelihood, where effects do not differ."""
    twice = {name: [*column, *column[:2]] for name, column in ROWS.items()}
    twice["study"] = [*ROWS["study"], "1b", "1b"]
    halves = read_network(twice, "OR", reference="A", adjust=Adjust(weight="half"))
    for likelihood, slack in (("normal", 1e-9), ("counts", 0.01)):
        one = fit(read(), model="common", likelihood=likelihood).effects()
        two = fit(halves, model="common", likelihood=likelihood).effects()
        assert two["estimate"].to_numpy() == pytest.approx(one["estimate"].to_numpy(), abs=slack)
        assert two["se"].to_numpy() == pytest.approx(one["se"].to_numpy(), rel=slack)


def test_a_bias_is_taken_off_effects_against_the_reference():
    plain, less = read(), read(bias="off", bias_sd="unsure")
    one, two, three = less.trials
    assert one.y == pytest.approx(plain.trials[0].y - 0.3)
    assert one.covariance == pytest.approx(plain.trials[0].covariance + 0.01)
    assert two.y == pytest.approx(plain.trials[1].y)  # without the reference biases cancel
    # C is its first arm: A against C moves up by the bias, B against C stays.
    assert three.options == ("C", "A", "B")
    assert three.y - plain.trials[2].y == pytest.approx([-0.2, 0.0])
    extra = three.covariance - plain.trials[2].covariance
    assert extra == pytest.approx(np.array([[0.04, 0.0], [0.0, 0.0]]))
    with pytest.raises(InputError, match="events for every arm"):
        fit(less, likelihood="counts")


@pytest.mark.parametrize(("columns", "change", "told"), [
    ({"weight": "half"}, {"half": [0] * 7}, "above 0 and at most 1"),
    ({"weight": "half"}, {"half": [2] * 7}, "Trial 1: its weight 2"),
    ({"bias_sd": "unsure"}, {"unsure": [-1] * 7}, "must not be below 0"),
    ({"bias": "none"}, {}, "no column 'none'"),
])  # fmt: skip
def test_columns_that_cannot_be(columns, change, told):
    with pytest.raises(InputError, match=told):
        read_network({**ROWS, **change}, "OR", adjust=Adjust(**columns))


def test_weights_and_biases_over_weeks():
    rows = {"study": ["1"] * 4, "treatment": ["A", "B"] * 2, "weeks": [6, 6, 13, 13],
            "mean": [5.0, 3.0, 5.0, 2.0], "se": [0.5, 0.6, 0.5, 0.6], "half": [0.5] * 4,
            "off": [-0.5] * 4, "unsure": [0.3] * 4}  # fmt: skip
    options = {"measure": "MD", "reference": "A", "weeks": "weeks"}
    plain = read_network(rows, **options).trials[0].repeats
    less = read_network(rows, **options, adjust=Adjust("half", "off", "unsure")).trials[0].repeats
    assert less.y == pytest.approx(plain.y + 0.5)
    assert less.covariance == pytest.approx(2 * plain.covariance + 0.09)
