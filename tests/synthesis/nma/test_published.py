"""Published networks reproduce their printed answers to the printed digits."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from needlewise.errors import InputError
from needlewise.evidence.tables import read_network
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.checks import (
    additivity,
    design_by_treatment,
    i_squared,
    node_splits,
    q_decomposition,
)
from needlewise.synthesis.nma.classic import q_at
from needlewise.synthesis.nma.deviance import deviance, unrelated_mean_effects

HERE = Path(__file__).parents[2] / "published"


def printed(name, id):
    found = json.loads((HERE / f"{name}.expected.json").read_text("utf-8"))
    return next(one for one in found["published"] if one["id"] == id)


def network(name, *arguments, **options):
    return read_network(HERE / f"{name}.csv", *arguments, **options)


def columns(name):
    rows = list(csv.DictReader((HERE / f"{name}.csv").open(encoding="utf-8")))
    return {key: [row[key] for row in rows] for key in rows[0]}


def digits(value):
    """Half a unit of the last printed digit."""
    text = repr(value)
    return 0.5 * 10.0 ** -(len(text.split(".")[1]) if "." in text else 0) + 1e-9


def same(value, target, slack=1.0):
    assert value == pytest.approx(target, abs=slack * digits(target)), (value, target)


def by_option(fitted, reference=None):
    return {row.option: row for row in fitted.effects(reference).itertuples()}


def ratios(fitted, targets, reference=None):
    found = by_option(fitted, reference)
    for option, (estimate, low, high) in targets.items():
        row = found[option]
        for value, target in ((row.estimate, estimate), (row.low, low), (row.high, high)):
            same(math.exp(value), target)


def split(trials, targets):
    found = q_decomposition(trials).set_index("part")
    for part, target in targets.items():
        same(found.loc[part, "Q"], target["Q"])
        assert found.loc[part, "df"] == target["df"]
        same(found.loc[part, "p"], target["p"])


def pairs(given, arm):
    return zip(given[arm], given[f"no_{arm}"], strict=True)


def bcg():
    given = columns("bcg")
    return {
        "study": given["study"], "ablat": given["abs_latitude"], "year": given["year"],
        "events_t": given["tb_vacc"], "events_c": given["tb_ctrl"],
        "n_t": [sum(map(int, pair)) for pair in pairs(given, "tb_vacc")],
        "n_c": [sum(map(int, pair)) for pair in pairs(given, "tb_ctrl")],
    }  # fmt: skip


# ---- Means ----


@pytest.mark.parametrize(("id", "options"), [
    ("common", {"model": "common", "tau": "reml"}), ("reml", {"tau": "reml"}),
])  # fmt: skip
def test_senn(id, options):
    known = printed("senn2013", id)
    fitted = fit(network("senn2013"), **options)
    found = by_option(fitted)
    for option, target in known["values"].items():
        same(found[option].estimate, target["estimate"])
        same(found[option].se, target["se"])
    if "tau2" in known:
        same(fitted.heterogeneity.tau**2, known["tau2"])
    else:
        same(float(q_at(fitted.white, np.zeros(1))[0]), known["fit"]["QE"])


def test_senn_league_with_a_new_trial():
    fitted = fit(network("senn2013"), tau="reml")
    for pair, target in printed("senn2013", "reml_league_pi")["values"].items():
        if pair == "_columns":
            continue
        option, against = pair.split(" - ")
        for new_trial, ends in ((False, target[2:4]), (True, target[4:6])):
            row = fitted.effects(against, new_trial=new_trial).set_index("option").loc[option]
            same(row.estimate, target[0])
            same(row.low, ends[0])
            same(row.high, ends[1])


def test_senn_scores():
    ranks = fit(network("senn2013"), tau="reml").ranks(better="lower").set_index("option")
    for option, target in printed("senn2013", "pscores_reml")["values"].items():
        assert ranks.loc[option, "score"] == pytest.approx(target, abs=5e-4)


def test_franchini():
    known = printed("franchini2012", "common_and_random")
    trials = network("franchini2012", reference="Bromocriptine")
    found = by_option(fit(trials, tau="dl"))
    for option, target in known["values"].items():
        for value, one in zip((found[option].estimate, found[option].low, found[option].high),
                              target, strict=True):  # fmt: skip
            same(value, one)
    split(trials, known["Q"])


def test_parkinsons_exactly():
    known = printed("parkinsons", "tsd2_fe")["values"]
    found = by_option(fit(network("parkinsons", reference="1"), model="common"))
    for option in "2345":
        assert found[option].estimate == pytest.approx(known[option][0], abs=0.02)
        assert found[option].se == pytest.approx(known[option][1], abs=0.01)


@pytest.mark.parametrize(("id", "options"), [
    ("tsd2_fe", {"model": "common"}), ("tsd2_re", {"tau_prior": "uniform(5)"}),
])  # fmt: skip
def test_parkinsons_deviance(id, options):
    known = printed("parkinsons", id)["fit"]["contrast"]
    found = deviance(fit(network("parkinsons", reference="1"), effect_sd=100, **options))
    same(found.residual, known["resdev"])
    same(found.parameters, known["pD"])
    same(found.dic, known["DIC"])


def test_thrombolytics_without_consistency():
    """The likelihood is normal here, of counts there: a third of an SD apart at most."""
    known = printed("thrombolytics", "tsd4_ume_fe")["values"]
    trials = network("thrombolytics", reference="SK")
    found = unrelated_mean_effects(trials, model="common")
    table = found.effects.set_index(["against", "option"])
    for pair, target in known.items():
        if pair != "_columns":
            base, option = pair.split(" -> ")
            row = table.loc[(base, option)]
            assert row.estimate == pytest.approx(target[0], abs=0.35 * target[1] + 0.005)
            assert row.se == pytest.approx(target[1], rel=0.2)
    consistent = deviance(fit(trials, model="common"))
    assert found.deviance.residual < consistent.residual


# ---- Counts by inverse variance ----


def test_dogliotti():
    trials = network("dogliotti2014", reference="Placebo/Control")
    assert [name for name, _ in trials.left_out] == ["WASPO, 2007"]
    ratios(fit(trials, model="common", tau="dl"), printed("dogliotti2014", "common_iv")["values"])
    known = printed("dogliotti2014", "random_dl")
    fitted = fit(trials, tau="dl")
    ratios(fitted, known["values"])
    same(fitted.heterogeneity.tau**2, known["tau2"])
    same(i_squared(trials), known["I2"])
    split(trials, known["Q"])


@pytest.mark.parametrize("name", ["baker2009", "linde2016"])
def test_components(name):
    trials = network(name)
    known = printed(name, "nma_random_dl")
    fitted = fit(trials, tau="dl")
    same(fitted.heterogeneity.tau**2, known["tau2"])
    ratios(fitted, known["values"])
    split(trials, known["Q"])
    known = printed(name, "cnma_inactive_placebo")
    parts = {"components": "+", "inactive": "Placebo"}
    added = fit(trials, tau="dl", **parts)
    same(added.heterogeneity.tau**2, known["tau2"])
    ratios(added, known["values"])
    found = additivity(trials, "+", "Placebo").set_index("model")
    same(found.loc["additive", "Q"], known["Q_additive"]["Q"])
    same(found.loc["difference", "Q"], known["Q_difference"]["Q"])
    same(found.loc["difference", "p"], known["Q_difference"]["p"])


def test_components_with_an_active_placebo():
    trials = network("baker2009")
    known = printed("baker2009", "cnma_placebo_active")
    added = fit(trials, tau="dl", components="+")
    same(added.heterogeneity.tau**2, known["tau2"])
    ratios(added, known["values"])
    found = added.parameters().set_index("parameter")
    for part, target in known["incremental"].items():
        if "+" not in part:
            row = found.loc[part]
            for value, one in zip((row.estimate, row.low, row.high), target, strict=True):
                same(math.exp(value), one)
    both = np.array([[float(n in part.split("+")) for n in found.index]
                     for part in known["incremental"] if "+" in part])  # fmt: skip
    targets = [target for part, target in known["incremental"].items() if "+" in part]
    for row, target in zip(added.combine(both).itertuples(), targets, strict=True):
        for value, one in zip((row.estimate, row.low, row.high), target, strict=True):
            same(math.exp(value), one)
    table = additivity(trials, "+").set_index("model")
    for model, part in (("additive", "Q_additive"), ("difference", "Q_difference")):
        same(table.loc[model, "Q"], known[part]["Q"])
        assert table.loc[model, "df"] == known[part]["df"]
        same(table.loc[model, "p"], known[part]["p"])


@pytest.mark.parametrize(("id", "parts"), [
    ("pscores_nma", {}), ("pscores_cnma_inactive", {"components": "+", "inactive": "Placebo"}),
])  # fmt: skip
def test_scores_of_copd(id, parts):
    found = fit(network("baker2009"), tau="dl", **parts).ranks(better="lower").set_index("option")
    for option, target in printed("baker2009", id)["values"].items():
        same(found.loc[option, "score"], target)


def test_hasselblad_with_a_half_everywhere():
    known = printed("hasselblad1998", "reml_half_everywhere")
    fitted = fit(network("hasselblad1998", increment_for="network"), tau="reml")
    same(fitted.heterogeneity.tau**2, known["tau2"])
    for option, target in known["values"].items():
        row = by_option(fitted)[option]
        same(row.estimate, target["estimate"])
        same(row.se, target["se"])
        same(row.low, target["ci"][0])
    for option, (_, _, _, low, high) in known["prediction_OR"].items():
        row = fitted.effects(new_trial=True).set_index("option").loc[option]
        same(math.exp(row.low), low)
        same(math.exp(row.high), high)


def test_hasselblad_with_t_intervals():
    known = printed("hasselblad1998", "netmeta_dl_tdist")["values"]
    found = by_option(fit(network("hasselblad1998"), tau="dl", test="t"))
    for option, target in known.items():
        same(math.exp(found[option].estimate), target["OR"])
        same(math.exp(found[option].low), target["ci"][0])
        same(math.exp(found[option].high), target["ci"][1])
        same(found[option].se, target["se_log"])


def test_nielweise_without_the_empty_trial():
    known = printed("nielweise2007", "normal_normal")["values"]
    fitted = fit(network("nielweise2007"), tau="reml")
    row = by_option(fitted)["treatment"]
    same(row.estimate, known["estimate"])
    same(row.se, known["se"])
    same(fitted.heterogeneity.tau, known["tau"])


# ---- Inconsistency ----


def test_formats_of_therapy():
    trials = network("therapy_formats", reference="cau")
    common = fit(trials, model="common", tau="dl")
    found = by_option(common)
    for option, target in printed("therapy_formats", "common")["values"].items():
        if option != "_columns":
            same(found[option].estimate, target[0])
            same(found[option].low, target[1])
    known = printed("therapy_formats", "q")["values"]
    parts = q_decomposition(trials).set_index("part")
    for part in ("total", "within", "between"):
        assert parts.loc[part, "Q"] == pytest.approx(known[part][0], abs=0.2)
        assert parts.loc[part, "df"] == known[part][1]
    known = printed("therapy_formats", "dbt_random")["values"]
    row = design_by_treatment(trials).iloc[0]
    assert row["Q"] == pytest.approx(known["Q"], abs=0.01)
    assert row.p == pytest.approx(known["p"], abs=0.001)
    assert row.tau_within == pytest.approx(known["tau_within"], abs=0.001)
    splits = node_splits(common).set_index(["option", "against"])
    for pair, target in printed("therapy_formats", "netsplit_common")["values"].items():
        row = splits.loc[tuple(pair.split(" vs "))]
        assert row.trials == target["k"]
        for name, key in (("direct", "direct"), ("indirect", "indirect"), ("difference", "diff")):
            assert row[name] == pytest.approx(target[key], abs=5e-4)


def test_law_without_heterogeneity():
    known = printed("law2016_eg1", "consistency_reml")
    fitted = fit(network("law2016_eg1", reference="A"), tau="reml")
    found = by_option(fitted)
    for option, target in known["values"].items():
        assert found[option].estimate == pytest.approx(target, rel=0.01)
    assert fitted.heterogeneity.tau == 0.0
    # The printed end of the profile carries the search's own tolerance.
    assert fitted.heterogeneity.high**2 == pytest.approx(known["tau2_profile_ci"][1], rel=0.01)


@pytest.mark.parametrize(("name", "id", "reference"), [
    ("senn2013", "random_inconsistency", None), ("law2016_eg1", "random_inconsistency_reml", "A"),
])  # fmt: skip
def test_inconsistency_as_a_variance(name, id, reference):
    known = printed(name, id)
    fitted = fit(network(name, reference=reference), tau="reml", inconsistency=True)
    same(fitted.heterogeneity.tau**2, known["tau2"])
    same(fitted.inconsistency.tau**2, known["gamma2"])
    if "gamma2_profile_ci" in known:
        same(fitted.inconsistency.high**2, known["gamma2_profile_ci"][1])
        found = by_option(fitted)["B"]
        for value, target in zip((found.estimate, found.low, found.high),
                                 known["exp_B_vs_A"]["estimate_ci"], strict=True):  # fmt: skip
            same(math.exp(value), target)


# ---- What must be refused ----


def test_contradictory_trials_are_refused_by_name():
    given = columns("multiarm_error_cases")
    told = {"Frank1990": "off by 0.0217", "Batch 10": "the variance of arm b would be -0.000329"}
    largest = max(map(abs, printed("multiarm_error_cases", "inconsistent_variances")["values"]
                      .values()))  # fmt: skip
    assert f"{largest:.3g}" in told["Frank1990"]
    lowest = printed("multiarm_error_cases", "negative_arm_variance")["values"]["b"]
    assert f"{lowest:.3g}" in told["Batch 10"]
    for study in dict.fromkeys(given["study"]):
        own = {key: [v for v, s in zip(values, given["study"], strict=True) if s == study]
               for key, values in given.items()}  # fmt: skip
        own["te"] = [te or "0" for te in own["te"]]
        with pytest.raises(InputError, match=f"Trial {study}.*{told[study]}"):
            read_network(own)
