"""The page, JSON and pictures of any network meta-analysis."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest
from tests.synthesis.nma.test_horizons import table as by_week
from tests.synthesis.nma.test_published import network

import needlewise as nw
from needlewise.errors import InputError
from needlewise.report import nma, terminal
from needlewise.report.as_html import html
from needlewise.report.as_pdf import pdf_bytes
from needlewise.report.nma.as_json import nma_json
from needlewise.report.nma.page import drawings, nma_document
from needlewise.report.nma.pictures import number
from needlewise.synthesis.nma import fit, plain
from needlewise.synthesis.nma.checks import node_splits
from needlewise.synthesis.nma.influence import leave_one_out, residuals, thresholds

ROOT = Path(__file__).resolve().parents[3]
SENN = ROOT / "tests" / "published" / "senn2013.csv"


@pytest.fixture(scope="module")
def many():
    return fit(network("linde2016"))


def test_the_library_reads_and_fits_any_network(tmp_path):
    fitted = nw.synthesise(nw.read_network(SENN, outcome="md"), tau="reml")
    assert fitted.heterogeneity.tau == pytest.approx(0.3161, abs=5e-5)
    path = tmp_path / "forest.svg"
    nw.report.forest(fitted).save(path)
    assert "rosiglitazone" in path.read_text("utf-8")
    with pytest.raises(InputError):
        nw.report.forest(fitted).save(path)
    with pytest.raises(InputError, match=r"\.svg or \.png"):
        nw.report.forest(fitted).save(tmp_path / "forest.bmp")
    with pytest.raises(AttributeError):
        _ = nw.report.forests


def test_the_page_says_what_was_done(many):
    page = terminal.text(nma_document(many, better="higher", whole=False))
    for told in ("What the trials say together", "SUCRA", "tau =", "half-normal(0.5)",
                 "Read as one row an arm", "Design-by-treatment test", "Lu and Ades"):  # fmt: skip
        assert told in page
    first = nma_document(many, better="higher").sections[0].blocks[0].rows[0][0][0]
    assert first == many.ranks(better="higher")["option"][0]
    assert pdf_bytes(nma_document(many)).startswith(b"%PDF")
    whole = html(nma_document(many))
    assert whole.count("<svg") == len(drawings(many, "lower"))


def test_json_has_what_was_promised(many):
    found = json.loads(nma_json(many))
    assert {"tau", "low", "high"} <= set(found["heterogeneity"])
    assert set(found["effects"][0]) == {"option", "reference", "estimate", "se", "low", "high"}
    assert len(found["effects"]) == 21
    assert found["prior"].startswith("tau ~ half-normal")
    assert len(found["league"]) == 22 * 21 // 2


def test_certainty_stands_where_it_is_asked_for(many):
    plain_page = terminal.text(nma_document(many, whole=False))
    assert "How sure each effect is" not in plain_page
    assert "certainty" not in json.loads(nma_json(many))
    ratings = {t.name: ("low", "low") for t in many.trials.trials[:40]}
    asked = {"important": 0.2, "ratings": ratings, "known": {"SSRI": 500}}
    document = nma_document(many, better="higher", **asked)
    section = document.sections[1]
    assert section.id == "certainty"
    levels = {row[0][0]: row[1][0] for row in section.blocks[0].rows}
    found = json.loads(nma_json(many, **asked))["certainty"]
    assert levels == {row["option"]: row["level"] for row in found}
    assert len(set(levels.values())) > 1
    page = " ".join(terminal.text(nma_document(many, whole=False, **asked)).split())
    assert "The smallest difference worth having: 1.22. It is a ratio; its inverse is 0.819" in page
    assert "of 500 known trials" in page
    assert "CINeMA" in page
    unrated = nma_document(many, whole=False, important=0.2).sections[1].blocks[2].rows
    assert next(row[3] for row in unrated if "quality of these trials" in row[2][0]) == ("all",)
    html(document)
    assert pdf_bytes(document).startswith(b"%PDF")


def test_certainty_of_counts_is_that_of_the_plain_network():
    fitted = fit(network("hasselblad1998"), likelihood="counts")
    page = " ".join(terminal.text(nma_document(fitted, whole=False, important=0.3)).split())
    assert "Judged in the same network with the normal likelihood" in page
    found = json.loads(nma_json(fitted, important=0.3))
    assert len(found["certainty"]) == 3


def test_hostile_names_stay_names():
    bad = "<script>&\"' =1+1 #pagebreak()"
    table = {"study": ["1", "1", "2", "2"], "treatment": [bad, "B", bad, "B"],
             "mean": [1.0, 2, 1, 3], "sd": [1.0, 1, 1, 1], "n": [20, 20, 30, 30]}  # fmt: skip
    fitted = nw.synthesise(nw.read_network(table))
    assert "<script>" not in html(nma_document(fitted))
    assert pdf_bytes(nma_document(fitted)).startswith(b"%PDF")
    assert nma.forest(fitted).png().startswith(b"\x89PNG")


def test_ratios_beyond_all_numbers_and_what_the_prior_fills(tmp_path):
    table = {"study": ["1", "2"], "treat1": ["B", "B"], "treat2": ["A", "A"], "TE": [900.0, 905.0],
             "seTE": [1.0, 1.0]}  # fmt: skip
    fitted = nw.synthesise(nw.read_network(table, "OR"), tau="dl")
    assert "∞" in terminal.text(nma_document(fitted))
    table = {"study": ["1", "2"], "treat1": ["A+B", "A+B"], "treat2": ["P", "P"], "TE": [1.0, 2.0],
             "seTE": [1.0, 1.0]}  # fmt: skip
    trials = nw.read_network(table, reference="P")
    loose = nw.synthesise(trials, components="+", inactive="P")
    assert "The prior speaks here" in terminal.text(nma_document(loose))
    assert json.loads(nma_json(loose))["prior_speaks_for"] == ["A", "B"]


@pytest.mark.parametrize("options", [
    {"likelihood": "counts"}, {"inconsistency": True}, {"inconsistency": True, "tau": "reml"},
])  # fmt: skip
def test_checks_are_of_a_model_that_they_fit(options):
    trials = network("hasselblad1998")
    fitted = fit(trials, **options)
    for check in (residuals, leave_one_out, thresholds, node_splits):
        with pytest.raises(InputError, match="normal likelihood"):
            check(fitted)
        check(plain(fitted))
    page = terminal.text(nma_document(fitted, whole=False))
    assert "are checked in the same network" in " ".join(page.split())
    counted = options.get("likelihood") == "counts"
    assert ("serves the checks alone" in page) == counted
    assert "indirect" not in nma.forest(fitted).svg
    found = json.loads(nma_json(fitted))
    usual = json.loads(nma_json(fit(trials, tau=options.get("tau", "bayes"))))
    assert found["checks_of"].startswith("the same network")
    assert found["residuals"] == usual["residuals"]
    assert found["effects"] != usual["effects"] or options.get("tau") == "reml"


def test_classes_are_checked_without_them():
    trials = network("social_anxiety", "SMD", classes="class", reference="Waitlist")
    fitted = fit(trials, classes=True)
    found = json.loads(nma_json(fitted))["residuals"]
    assert all(0 <= row["leverage"] <= row["contrasts"] + 1e-9 for row in found)
    assert "Within classes" in terminal.text(nma_document(fitted, whole=False))


def test_the_page_says_at_which_values_effects_are():
    rows = {"study": [1, 2, 3, 4], "yi": [0.1, 0.4, 0.2, 0.9], "vi": [0.1] * 4,
            "age": [50, 60, 55, 75]}  # fmt: skip
    fitted = fit(nw.read_network(rows, covariates=["age"]), covariates=["age"])
    moved = fitted.at(age=70)
    for own, told in ((fitted, "age 60"), (moved, "age 70"), (moved.at(age=60), "age 60")):
        page = terminal.text(nma_document(own, whole=False))
        assert f"Effects hold at these values: {told}." in page
        assert json.loads(nma_json(own))["at"] == {"age": float(told.split()[1])}
    again = moved.at(age=70).effects()
    np.testing.assert_allclose(again.estimate, moved.effects().estimate)
    rows["weeks"] = rows.pop("age")
    weekly = fit(nw.read_network(rows, covariates=["weeks"]), covariates=["weeks"])
    np.testing.assert_allclose(weekly.at(weeks=70).effects().estimate, again.estimate)


def test_the_page_says_which_week_and_what_no_trials_join_then():
    rows = by_week()
    late = [w > 30 and t == "B" for w, t in zip(rows["weeks"], rows["treatment"], strict=True)]
    rows = {name: [v for v, lost in zip(column, late, strict=True) if not lost]
            for name, column in rows.items()}  # fmt: skip
    fitted = fit(nw.read_network(rows, "MD", reference="A", weeks="weeks"), horizons=(6, 13, 70))
    for week, told in ((13, ""), (70, "no trials lead from these to A: B")):
        own = fitted.at(weeks=week)
        page = " ".join(terminal.text(nma_document(own, whole=False)).split())
        assert f"the first table is of week {week}." in page
        assert ("No trials compare these at that week" in page) == bool(told)
        assert told in page
        assert json.loads(nma_json(own))["not_joined"] == (["B"] if told else [])


def test_what_trials_hardly_bound_is_said():
    rows = {"study": [1, 1, 2, 2], "treatment": [*"ABAB"], "n": [90] * 4, "r": [0, 3, 0, 2]}
    for rows["r"], known in (([0, 3, 0, 2], False), ([1, 3, 2, 2], True)):
        fitted = fit(nw.read_network(rows), likelihood="counts")
        page = terminal.text(nma_document(fitted, whole=False))
        assert ("The trials hardly bound these" in page) != known


def test_counts_that_are_not_certified_say_so():
    fitted = fit(network("hasselblad1998"), likelihood="counts")
    for effective, told in ((0.004, "less than 1 %"), (0.09, "9 %"), (0.11, "")):
        own = replace(fitted, effective=effective)
        page = " ".join(terminal.text(nma_document(own, whole=False)).split())
        assert ("These numbers are not certified" in page) == bool(told)
        assert f"of which {told} count" in page or not told
        assert json.loads(nma_json(own))["certified"] is not bool(told)


def test_tables_are_frames_with_named_columns(many):
    for table in (many.effects(), many.league(), many.ranks(), many.summary(), many.comparisons):
        assert isinstance(table, pandas.DataFrame)
        assert all(isinstance(name, str) and re.fullmatch(r"[a-z_]+", name) for name in table)
    assert np.isfinite(many.draws(256)).all()
    assert many.league_table().shape == (22, 22)


@pytest.mark.parametrize(("measure", "words"), [
    ("MD", ("Below 0 the mean is lower than with A", "Measure: mean difference.")),
    ("SMD", ("Standardised mean difference (Hedges)", "in standard deviations between people")),
    ("ROM", ("1.20 is 20 % more", "Measure: ratio of means, worked out by its logarithm.",
             "Tau is the standard deviation of the logarithm", "indirect, as logarithms")),
])  # fmt: skip
def test_a_newcomer_can_read_the_numbers(measure, words):
    rows = {"study": [1, 1, 2, 2, 3, 3, 4, 4], "treatment": [*"ABABBCAC"],
            "mean": [50, 44, 52, 47, 45, 43, 51, 41], "sd": [20] * 8, "n": [40] * 8}  # fmt: skip
    fitted = fit(nw.read_network(rows, measure, reference="A"))
    page = " ".join(terminal.text(nma_document(fitted, whole=False)).split())
    for told in (*words, "one more such trial", "leverage, 0 to 1", "lower DIC"):
        assert told in page
    assert "New trial: –" in page
    assert "that lower is better; --better higher turns it round" in page
    assert "hedges" not in page


def test_a_small_p_is_never_nought():
    page = " ".join(terminal.text(nma_document(fit(network("hasselblad1998")))).split())
    assert "df: 23 p: below 0.001" in page
    assert "Components" not in page


def test_a_page_over_weeks_has_each_effect_once():
    rows = nw.read_network(by_week(), "MD", reference="A", weeks="weeks")
    page = terminal.text(nma_document(fit(rows, horizons=(6, 13)), whole=False))
    assert "B @ 6" not in page
    assert "Rücker, Petropoulou" not in page
    common = fit(network("senn2013"), model="common", tau="reml")
    assert "one tau" not in terminal.text(nma_document(common, whole=False))


def test_tau_without_an_end_and_a_slope_without_a_p():
    same = {"study": [1, 2, 3], "yi": [1.1, 1.1, 1.1], "vi": [0.3] * 3}
    page = terminal.text(nma_document(fit(nw.read_network(same)), whole=False))
    assert "nan" not in page
    assert "∞" not in page
    one = {"study": [1], "treat1": ["B"], "treat2": ["A"], "TE": [1.0], "seTE": [0.2]}
    alone = fit(nw.read_network(one), tau="reml")
    assert "too few to set an upper limit" in " ".join(
        terminal.text(nma_document(alone, whole=False)).split()
    )


@pytest.mark.parametrize(("value", "told"), [
    (0.0, "0.00"), (1.234, "1.23"), (-1234.5, "−1234"), (7e20, "7.0 × 10^20"),
    (-2e9, "−2.0 × 10^9"),
    (0.00031, "0.000310"), (-0.0000123, "−0.0000123"), (1e-9, "0.000"), (float("nan"), "–"),
    (float("-inf"), "−∞"),
])  # fmt: skip
def test_numbers_as_they_are_shown(value, told):
    assert number(value) == told


def test_one_trial_is_called_one_trial():
    table = {"study": ["1", "1"], "treatment": ["A", "B"], "events": [1, 2], "n": [9, 9]}
    assert nma_document(nw.synthesise(nw.read_network(table))).title.endswith(
        "2 options, one trial"
    )


def test_gamma_is_explained():
    fitted = fit(network("hasselblad1998"), inconsistency=True)
    page = " ".join(terminal.text(nma_document(fitted, whole=False)).split())
    assert "A design is the set of options that a trial compares" in page
