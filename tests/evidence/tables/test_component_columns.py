"""Components in columns of 0 and 1, a row an arm."""

import numpy as np
import pytest

from needlewise.errors import InputError
from needlewise.evidence.tables import read_network
from needlewise.synthesis.nma import fit

ARMS = {
    "study": ["1", "1", "2", "2", "3", "3", "3"],
    "treatment": ["usual", "a", "usual", "b", "usual", "b", "both"],
    "mean": [0.0, -1.0, 0.5, -1.0, 0.2, -1.4, -2.2],
    "sd": [2.0] * 7, "n": [40, 41, 42, 43, 44, 45, 46],
    "talk": [0, 1, 0, 0, 0, 0, 1], "drug": [0, 0, 0, 1, 0, 1, 1],
}  # fmt: skip


def test_options_are_called_by_their_components():
    trials = read_network(ARMS, reference="usual", component_columns=["talk", "drug"])
    assert trials.options == ("usual", "drug", "talk", "talk + drug")
    named = {**ARMS, "treatment": ["usual", "talk", "usual", "drug", "usual", "drug", "talk+drug"]}
    parts = {"components": "+", "inactive": "usual", "model": "common", "tau": "dl"}
    same = fit(read_network(named, reference="usual"), **parts).parameters()
    found = fit(trials, **parts).parameters()
    assert list(found.parameter) == list(same.parameter) == ["drug", "talk"]
    np.testing.assert_allclose(found.estimate, same.estimate)


def test_arms_with_the_same_components_are_put_together():
    table = {**ARMS, "drug": [0, 0, 0, 1, 0, 1, 1], "talk": [0, 1, 0, 0, 0, 0, 0]}
    trials = read_network(table, reference="usual", component_columns=["talk", "drug"])
    assert trials.trials[2].options == ("usual", "drug")
    assert trials.notes == ("3: 2 arms of drug put together",)


@pytest.mark.parametrize(("columns", "asked", "told"), [
    ({"talk": [0, 2, 0, 0, 0, 0, 1]}, ["talk"], "row 2, column talk: '2' must be 1"),
    ({"talk": [0, "", 0, 0, 0, 0, 1]}, ["talk"], "row 2, column talk"),
    ({"talk": [0, "yes", 0, 0, 0, 0, 1]}, ["talk"], "is no number"),
    ({}, ["walk"], "a column 'walk'"), ({"a+b": [0] * 7}, ["a+b"], r"without \+"),
])  # fmt: skip
def test_what_is_no_component_is_said(columns, asked, told):
    with pytest.raises(InputError, match=told):
        read_network({**ARMS, **columns}, component_columns=asked)
