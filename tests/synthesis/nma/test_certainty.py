"""Certainty of any network's effects: the facts behind the rules, and what nobody rated."""

import math

import numpy as np
import pytest
from pandas import DataFrame
from tests.synthesis.networks import SHIPPED
from tests.synthesis.nma.test_properties import pair
from tests.synthesis.nma.test_published import network

from needlewise.errors import InputError
from needlewise.synthesis.domains import CONCERNS, DOMAINS, RULES
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.certainty import certainty
from needlewise.synthesis.nma.contributions import trial_shares

NONE, SOME, MAJOR = CONCERNS
NAMES = [name.replace(" ", "_").replace("-", "_") for name in DOMAINS]


@pytest.fixture(scope="module")
def senn():
    return fit(network("senn2013"))


def all_rated(fitted, bias="low", people="low"):
    return {t.name: (bias, people) for t in fitted.trials.trials}


def enough(fitted):
    return dict.fromkeys(fitted.trials.options, len(fitted.trials.trials))


def only(table, option):
    return table.set_index("option").loc[option]


def test_the_rules_are_those_of_the_topic():
    shipped = SHIPPED.settings["certainty"]
    for name, value in RULES.items():
        assert shipped[name] == (list(value) if isinstance(value, tuple) else value)


def test_columns_and_what_nobody_rated(senn):
    found = certainty(senn, important=0.3)
    both = [n for name in NAMES for n in (name, f"{name}_reason")]
    assert list(found) == ["option", "against", "level", "reason", *both]
    assert list(found["option"]) == list(senn.trials.options[1:])
    assert set(found["against"]) == {"placebo"}
    for name in ("within_study_bias", "reporting_bias", "indirectness"):
        assert set(found[name]) == {SOME}
    assert found["within_study_bias_reason"].str.startswith("Nobody rated").all()
    assert found["indirectness_reason"].str.contains("Nobody rated").all()
    assert found["reporting_bias_reason"].str.startswith("Nobody said").all()
    assert set(found["level"]) <= {"low", "very low"}


def test_all_unrated_is_never_above_low():
    """Where nothing else is against it: two trials that agree, far from the zone."""
    fitted = fit(pair(*[("A", "B", 9, 0.01)] * 6), tau="reml")
    known = {"B": 6}
    people_only = {f"s{k}": ("", "low") for k in range(6)}
    found = certainty(fitted, important=1.0, ratings=people_only, known=known)
    assert list(found["level"]) == ["low"]  # one step down for bias makes moderate
    rated = {f"s{k}": ("low", "low") for k in range(6)}
    assert list(certainty(fitted, important=1.0, ratings=rated, known=known)["level"]) == ["high"]


def test_ratings_are_averaged_with_the_shares(senn):
    for option in senn.trials.options[1:]:
        shares = trial_shares(senn, option)
        first = shares["trial"][0]
        ratings = all_rated(senn) | {first: ("high", "some")}
        row = only(certainty(senn, important=0.3, ratings=ratings), option)
        bias, people = 2 * shares["share"][0], shares["share"][0]
        assert row.within_study_bias == CONCERNS[sum(bias >= cut for cut in (0.5, 1.5))]
        indirect = "No trial compared" in row.indirectness_reason
        assert row.indirectness == (SOME if indirect or people >= 0.5 else NONE)


def test_a_table_of_ratings_is_as_good_as_a_mapping(senn):
    names = [t.name for t in senn.trials.trials]
    table = DataFrame({"trial": names, "bias": ["Low", " high"] * 13, "indirectness": "some"})
    table = table.iloc[:25]
    table.loc[3, "bias"] = np.nan
    mapping = {r.trial: (("" if r.trial == names[3] else r.bias.strip().casefold()), "some")
               for r in table.itertuples()}  # fmt: skip
    one, other = (certainty(senn, important=0.3, ratings=r) for r in (table, mapping))
    assert one.equals(other)
    assert one["within_study_bias_reason"].str.contains("Nobody rated").any()


def test_partly_rated_is_said():
    fitted = fit(pair(*[("A", "B", 9, 0.01)] * 4), tau="reml")
    row = certainty(fitted, important=1.0, ratings={"s0": ("low", "low"), "s1": ("low", "high")})
    assert "Nobody rated 2 of the 4 trials" in row["within_study_bias_reason"][0]
    assert "Nobody rated the people of 2 of the 4 trials" in row["indirectness_reason"][0]
    assert "other people" in row["indirectness_reason"][0]


def test_known_trials(senn):
    known = {"metformin": 1000, "acarbose": 5}
    found = certainty(senn, important=0.3, known=known)
    assert only(found, "metformin").reporting_bias == SOME
    assert "of 1000 known trials" in only(found, "metformin").reporting_bias_reason
    assert only(found, "acarbose").reporting_bias == NONE
    assert only(found, "miglitol").reporting_bias_reason.startswith("Nobody said")


def crossings(low, high, important):
    return sum(low < limit < high for limit in (-important, important))


def test_ranges_against_the_zone(senn):
    important = 0.5
    found = certainty(senn, important=important)
    for row, new in zip(senn.effects().itertuples(), senn.effects(new_trial=True).itertuples(),
                        strict=True):  # fmt: skip
        own = crossings(row.low, row.high, important)
        wide = crossings(new.low, new.high, important)
        told = only(found, row.option)
        assert told.imprecision == CONCERNS[own]
        assert told.heterogeneity == CONCERNS[max(wide - own, 0)]
    assert len(set(found["imprecision"])) > 1


def test_incoherence_is_direct_against_indirect():
    loop = [("A", "B", 5, 0.01), ("B", "C", 0, 0.01), ("A", "C", -5, 0.01)]
    clash = pair(*loop * 3, ("A", "D", 1, 0.1), ("C", "E", 1, 0.1))
    found = certainty(fit(clash, tau_prior="half-normal(0.1)", effect_sd=50), important=1.0)
    assert only(found, "B").incoherence == MAJOR
    assert only(found, "D").incoherence == NONE
    assert "Only direct" in only(found, "D").incoherence_reason
    assert only(found, "E").incoherence == MAJOR
    assert "Where two ways meet, they clash" in only(found, "E").incoherence_reason
    line = certainty(fit(pair(("A", "B", 1, 1), ("B", "C", 1, 1))), important=1.0)
    assert only(line, "C").incoherence == MAJOR
    assert "no second way" in only(line, "C").incoherence_reason


def test_ratios_take_the_logarithm():
    fitted = fit(network("hasselblad1998"))
    one, other = (certainty(fitted, important=math.log(z)) for z in (1.1, 5.0))
    assert not one["imprecision"].equals(other["imprecision"])


@pytest.mark.parametrize(("options", "told"), [
    ({"important": 0.0}, "above 0"), ({"important": math.nan}, "above 0"),
    ({"ratings": {"nobody": ("low", "low")}}, "no trial 'nobody'"),
    ({"ratings": {"s0": ("fine", "low")}}, "'fine' of trial 's0'"),
    ({"ratings": {"s0": "low"}}, "two ratings"), ({"ratings": {"s0": ("low",)}}, "two ratings"),
    ({"ratings": DataFrame({"trial": ["s0"], "bias": ["low"]})}, "column indirectness"),
    ({"ratings": DataFrame({"trial": ["s0"] * 2, "bias": "low", "indirectness": "low"})}, "twice"),
    ({"known": {"Z": 3}}, "no option 'Z'"), ({"known": {"B": 1}}, "too few"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence(options, told):
    fitted = fit(pair(("A", "B", 1, 1), ("A", "B", 2, 1)))
    with pytest.raises(InputError, match=told):
        certainty(fitted, **{"important": 1.0, **options})


def test_fits_that_it_does_not_hold_for():
    trials = pair(("P", "X", 1, 1), ("P", "X+Y", 1, 1), ("X", "X+Y", 1, 1))
    with pytest.raises(InputError, match="model = random"):
        certainty(fit(trials, model="common", tau="dl"), important=1.0)
    with pytest.raises(InputError, match="of their own"):
        certainty(fit(trials, tau="dl", components="+", inactive="P"), important=1.0)
    with pytest.raises(InputError, match="tau = bayes"):
        certainty(fit(pair(("A", "B", 1, 1)), tau="reml"), important=1.0)
    with pytest.raises(InputError, match="normal likelihood"):
        certainty(fit(network("hasselblad1998"), likelihood="counts"), important=1.0)
