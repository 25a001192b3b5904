"""Tables with what nobody means to write: rows that differ, endless names, sizes apart."""

import numpy as np
import pandas
import pytest

from needlewise.errors import InputError
from needlewise.evidence.tables import Adjust, read_network
from needlewise.synthesis.nma import fit

ROWS = {"study": [1, 1, 2, 2], "treatment": [*"ABAB"], "mean": [1.0, 2.0, 1.5, 2.5],
        "sd": [1] * 4, "n": [20] * 4}  # fmt: skip


def test_a_covariate_that_differs_between_arms_is_their_mean_and_said():
    trials = read_network({**ROWS, "age": [40, 70, 50, 50]}, covariates=["age"])
    assert [t.covariates["age"] for t in trials.trials] == [55, 50]
    assert trials.notes == ("1: age is the mean of its rows, 55",)


@pytest.mark.parametrize("by", [Adjust(weight="own"), Adjust(bias="own"), Adjust(bias_sd="own")])
def test_a_trial_has_one_weight_and_one_bias(by):
    with pytest.raises(InputError, match=r"Trial 1: column own has both 0\.5 and 1"):
        read_network({**ROWS, "own": [0.5, 1, 1, 1]}, adjust=by)
    assert len(read_network({**ROWS, "own": [0.5, "", 1, 1]}, adjust=by).trials) == 2


def test_endless_names_and_cells():
    for change in ({"study": ["s" * 5000] * 4}, {"treatment": ["A", "b" * 5000] * 2},
                   {"mean": ["x" * 5000, 1, 2, 3]}):  # fmt: skip
        with pytest.raises(InputError, match=r"row \d") as told:
            read_network({**ROWS, **change})
        assert len(str(told.value)) < 250


def test_numbers_too_far_apart_in_size():
    rows = {"study": [1, 1, 2, 2], "treatment": ["A + C", "B", "A + C", "B"],
            "mean": [4e9, 2e-6, 4e9, 3e-6], "sd": [1e-3] * 4, "n": [20] * 4}  # fmt: skip
    with pytest.raises(InputError, match="too far apart in size"):
        fit(read_network(rows), components="+")


def test_columns_that_are_none_or_uneven():
    changes = (({"sd": [1, 1]}, "column sd has 2 cells"), ({"study": [1]}, "treatment"),
               ({"study": 5}, "must be a list"), ({"study": "1122"}, "must be a list"))  # fmt: skip
    for change, told in changes:
        with pytest.raises(InputError, match=told):
            read_network({**ROWS, **change})


def test_cells_as_data_frames_and_parquet_have_them():
    rows = pandas.DataFrame({**ROWS, "se": pandas.array([None] * 4, dtype="Float64")})
    rows["study"] = rows["study"].astype(np.float32)
    rows["treatment"] = [b"A", b"B"] * 2
    trials = read_network(rows)
    assert [t.name for t in trials.trials] == ["1", "2"]
    assert trials.options == ("A", "B")
    long = [2**60 + 1, 2**60 + 1, 2**60 + 2, 2**60 + 2]
    assert len(read_network({**ROWS, "study": long}).trials) == 2
    rows["treatment"] = [pandas.NA, "B", "A", "B"]
    with pytest.raises(InputError, match="must name the option"):
        read_network(rows)
