"""Many fits at once give what one after the other gives, and end when they are asked to."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from tests.synthesis.nma.test_published import network

from needlewise.errors import InputError
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.influence import leave_one_out
from needlewise.synthesis.nma.many import effects_of, fit_many, refit_without_each


def test_two_processes_give_what_one_gives():
    trials = network("senn2013")
    networks = [replace(trials, trials=trials.trials[k:]) for k in range(4)]
    seen = []
    one = list(fit_many(networks, effects_of, workers=1, tau="reml"))
    two = list(fit_many(networks, effects_of, workers=2, tau="reml", progress=seen.append))
    assert seen == [1, 2, 3, 4]
    for a, b, whole in zip(one, two, networks, strict=True):
        if isinstance(a, InputError):
            assert str(a) == str(b)
        else:
            assert a.equals(b)
            assert a.equals(fit(whole, tau="reml").effects())


def test_an_endless_list_is_not_held():
    trials = network("senn2013")
    asked = []

    def endless():
        for k in count():
            asked.append(k)
            yield trials

    found = fit_many(endless(), effects_of, workers=2, model="common")
    assert len(next(found)) == 9
    found.close()
    assert len(asked) < 20


def test_without_each_trial():
    trials = network("senn2013")
    refitted = refit_without_each(trials, workers=1, tau="reml", model="common")
    quick = leave_one_out(fit(trials, tau="reml", model="common"))
    both = refitted.merge(quick, on=["trial", "option"])
    assert len(both) == len(quick)
    assert both["estimate_x"].to_numpy() == pytest.approx(both["estimate_y"].to_numpy(), abs=1e-9)
    assert both["se_x"].to_numpy() == pytest.approx(both["se_y"].to_numpy(), rel=1e-9)
    assert both["change_x"].to_numpy() == pytest.approx(both["change_y"].to_numpy(), abs=1e-9)
    # Trials that alone have an option leave its row empty.
    alone = refitted[refitted["estimate"].isna()]
    assert set(alone["option"]) <= set(trials.options)
    assert len(refitted) == len(trials.trials) * (len(trials.options) - 1)


def test_what_a_trial_alone_joins_is_missing_without_it():
    trials = network("senn2013")
    found = leave_one_out(fit(trials)).set_index(["trial", "option"])
    alone = [(t.name, o) for t in trials.trials for o in t.options
             if sum(o in other.options for other in trials.trials) == 1]  # fmt: skip
    assert set(found.index[found["estimate"].isna()]) == set(alone)
    assert len(alone) > 1
    refitted = refit_without_each(trials, workers=1).set_index(["trial", "option"])
    both = refitted.join(found.add_suffix("_quick")).dropna()
    assert len(both) == len(found) - len(alone)
    gap = (both["estimate"] - both["estimate_quick"]).abs() / both["se"]
    assert gap.max() < 0.01  # the usual prior of tau follows the trials that are left


def test_without_each_trial_of_counts():
    trials = network("blocker", reference="Control")
    own = replace(trials, trials=trials.trials[:4])
    found = refit_without_each(own, workers=1, likelihood="counts", tau_prior="half-normal(0.5)")
    less = replace(own, trials=own.trials[1:])
    known = fit(less, likelihood="counts", tau_prior="half-normal(0.5)").effects()
    assert found["estimate"][0] == known["estimate"][0]
    assert np.isfinite(found["change"]).all()


def test_no_workers():
    with pytest.raises(InputError, match="at least 1"):
        list(fit_many([], effects_of, workers=-1))
