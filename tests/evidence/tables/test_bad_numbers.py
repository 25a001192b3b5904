"""Numbers that cannot be: one sentence that names trial, arm and row."""

import pytest

from needlewise.errors import InputError
from needlewise.evidence.tables import read_network

MEANS = {"study": ["1", "1"], "treatment": ["A", "B"], "mean": [1.0, 2.0], "sd": [1.0, 1.0],
         "n": [10, 12]}  # fmt: skip
COUNTS = {"study": ["1", "1"], "treatment": ["A", "B"], "events": [1, 2], "n": [10, 12]}


@pytest.mark.parametrize(("change", "measure", "told"), [
    ({"mean": [1.0, ""]}, "MD", r"arm B \(row 2\): its mean is missing"),
    ({"sd": [1.0, ""], "n": [10, 12]}, "MD", "needs sd and n, or a standard error"),
    ({"sd": [1.0, 0.0]}, "MD", "its spread must be above 0"),
    ({"mean": [1.0, -2.0]}, "ROM", "means above 0"),
    ({"n": [1, 1]}, "SMD", "too small for a standardised difference"),
    ({"n": [10, 0]}, "MD", "its size must be above 0"),
])  # fmt: skip
def test_means(change, measure, told):
    with pytest.raises(InputError, match=told):
        read_network({**MEANS, **change}, measure)


@pytest.mark.parametrize(("change", "told"), [
    ({"events": [1, ""]}, "events is missing"), ({"events": [1, 13]}, "13 events of 12 cannot be"),
    ({"events": [-1, 2]}, "cannot be"), ({"n": [10, 0]}, "cannot be"),
])  # fmt: skip
def test_counts(change, told):
    with pytest.raises(InputError, match=told):
        read_network({**COUNTS, **change})


def test_increments_by_cell_and_for_all():
    rows = {"study": ["1", "1", "2", "2"], "treatment": ["A", "B"] * 2, "events": [0, 4, 3, 5],
            "n": [10, 12, 20, 21]}  # fmt: skip
    cell = read_network(rows, "OR", increment_for="cell").trials[0]
    whole = read_network(rows, "OR", increment_for="network")
    own = read_network(rows, "OR")
    # 0.5 in the empty arm alone, both arms of that trial, and both trials
    assert cell.covariance[0, 0] == pytest.approx(1 / 0.5 + 1 / 10.5 + 1 / 4 + 1 / 8)
    assert own.trials[0].covariance[0, 0] == pytest.approx(1 / 0.5 + 1 / 10.5 + 1 / 4.5 + 1 / 8.5)
    assert whole.trials[0].covariance == pytest.approx(own.trials[0].covariance)
    assert own.trials[1].covariance[0, 0] == pytest.approx(1 / 3 + 1 / 17 + 1 / 5 + 1 / 16)
    assert whole.trials[1].covariance[0, 0] < own.trials[1].covariance[0, 0]
    with pytest.raises(InputError, match="trial, cell or network"):
        read_network(rows, "OR", increment_for="arm")
    with pytest.raises(InputError, match="above 0 and at most 1"):
        read_network(rows, "OR", increment=0)


def test_rates_keep_their_time():
    rows = {"study": ["1", "1"], "treatment": ["A", "B"], "events": [0, 4],
            "exposure": [100.0, 120.0]}  # fmt: skip
    trial = read_network(rows).trials[0]
    assert trial.covariance[0, 0] == pytest.approx(1 / 0.5 + 1 / 4.5)
    assert trial.arms.size.tolist() == [100.0, 120.0]


def test_arms_of_one_option_that_cannot_be_put_together():
    rows = {"study": ["1"] * 3, "treatment": ["A", "B", "B"], "mean": [1.0, 2.0, 3.0],
            "se": [0.5, 0.5, 0.5]}  # fmt: skip
    with pytest.raises(InputError, match="has the arm B 2 times"):
        read_network(rows, "MD")
