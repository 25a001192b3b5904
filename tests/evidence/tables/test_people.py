"""A row a person, with time and event: log hazard ratios against a likelihood written out."""

import itertools
import math

import numpy as np
import pytest
from scipy.optimize import minimize

from needlewise.errors import InputError
from needlewise.evidence.tables import read_network
from needlewise.synthesis.nma import fit

# Twelve people in three arms; two events at time 3, three at time 5, one of them beside a person
# who left then.
PEOPLE = {
    "study": ["1"] * 12, "treatment": list("AABBCC" * 2),
    "time": [3, 7, 3, 5, 5, 9, 1, 4, 5, 5, 6, 2], "status": [1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 0],
}  # fmt: skip


def minus_log_likelihood(ratios, table):
    """Efron's partial likelihood, time by time and event by event."""
    hazard = dict(zip(dict.fromkeys(table["treatment"]), np.exp([0.0, *ratios]), strict=True))
    rows = list(zip(table["treatment"], table["time"], table["status"], strict=True))
    found = 0.0
    for time in {t for _, t, seen in rows if seen}:
        at_risk = sum(hazard[arm] for arm, t, _ in rows if t >= time)
        had = [hazard[arm] for arm, t, seen in rows if t == time and seen]
        for k, own in enumerate(had):
            found -= math.log(own) - math.log(at_risk - k / len(had) * sum(had))
    return found


def test_a_likelihood_with_ties_written_out():
    trials = read_network(PEOPLE, reference="A")
    assert (trials.measure, trials.likelihood) == ("HR", "normal")
    assert trials.layout == "one row a person, with time and event"
    assert "partial likelihood" in trials.notes[0]
    trial = trials.trials[0]
    best = minimize(minus_log_likelihood, np.zeros(2), (PEOPLE,), method="Nelder-Mead",
                    options={"xatol": 1e-9, "fatol": 1e-12})  # fmt: skip
    np.testing.assert_allclose(trial.y, best.x, atol=1e-6)
    step = 1e-3
    bend = np.zeros((2, 2))
    for i, j in itertools.product(range(2), repeat=2):
        for a, b in itertools.product((1, -1), repeat=2):
            at = best.x + step * (a * np.eye(2)[i] + b * np.eye(2)[j])
            bend[i, j] += a * b * minus_log_likelihood(at, PEOPLE) / (4 * step**2)
    np.testing.assert_allclose(trial.covariance, np.linalg.inv(bend), rtol=1e-4)


def test_units_order_and_names_do_not_matter():
    known = read_network(PEOPLE, reference="A").trials[0]
    back = {key: values[::-1] for key, values in PEOPLE.items()}
    renamed = {"id": list(range(12)), "Trial": back["study"], "arm": back["treatment"],
               "PFS": [52 * t for t in back["time"]], "Died": back["status"]}  # fmt: skip
    found = read_network(renamed, "HR", reference="A").trials[0]
    place = [("A", *known.options[1:]).index(o) for o in found.options]
    whole = np.concatenate([[0.0], known.y])[place]
    np.testing.assert_allclose(found.y, whole[1:] - whole[0], atol=1e-9)


def test_a_covariate_is_the_mean_of_the_people():
    table = {**PEOPLE, "age": [*range(50, 61), None]}
    trials = read_network(table, covariates=["age"])
    assert trials.trials[0].covariates == {"age": 55.0}


def test_a_trial_without_events_is_left_out():
    table = {key: values * 2 for key, values in PEOPLE.items()}
    table["study"] = ["1"] * 12 + ["2"] * 12
    table["status"] = PEOPLE["status"] + [0] * 12
    trials = read_network(table)
    assert trials.left_out[0][0] == "2"
    assert "nobody" in trials.left_out[0][1]
    assert fit(trials, model="common").effects().shape[0] == 2


def changed(**columns):
    return {**PEOPLE, **columns}


ONE, TWO = PEOPLE["time"], PEOPLE["status"]


@pytest.mark.parametrize(("table", "told"), [
    (changed(time=[-1, *ONE[1:]]), "row 1, column time: '-1' must be a time of 0 or more"),
    (changed(time=["", *ONE[1:]]), "row 1, column time"),
    (changed(time=["soon", *ONE[1:]]), "'soon' is no number"),
    (changed(status=[2, *TWO[1:]]), "row 1, column status: '2' must be 1"),
    (changed(status=["", *TWO[1:]]), "row 1, column status"),
    (changed(status=["dead", *TWO[1:]]), "'dead' is no number"),
    (changed(treatment=["", *PEOPLE["treatment"][1:]]), "must name the option"),
    (changed(status=[s * (arm != "C") for s, arm in zip(TWO, PEOPLE["treatment"], strict=True)]),
     "nobody in arm C has the event"),
    ({"study": ["1"] * 4, "treatment": list("AABB"), "time": [1, 2, 3, 4], "status": [1] * 4},
     "separate completely"),
    ({"study": ["1"] * 4, "treatment": list("AABB"), "time": [1, 2, 3, 4], "status": [0] * 4},
     "no trial can be used"),
])  # fmt: skip
def test_what_cannot_be_used_is_said(table, told):
    with pytest.raises(InputError, match=told):
        read_network(table)


def test_times_give_hazard_ratios_alone():
    with pytest.raises(InputError, match="HR can be worked out, not OR"):
        read_network(PEOPLE, "OR")
    with pytest.raises(InputError, match="weeks = time is for results"):
        read_network(PEOPLE, weeks="time")


def test_arms_with_a_duration_are_no_people():
    arms = {"study": ["1", "1"], "treatment": ["A", "B"], "event": [1, 0], "n": [9, 8],
            "years": [2, 2]}  # fmt: skip
    assert read_network(arms).layout == "one row an arm, with events and people"
