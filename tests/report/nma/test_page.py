"""The page, JSON and pictures of any network meta-analysis."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

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


def boxes(svg):
    """Labels as boxes: (left, top, right, bottom)."""
    tree = ElementTree.fromstring(svg)
    for text in tree.iter("{http://www.w3.org/2000/svg}text"):
        size, told = float(text.get("font-size")), text.text or ""
        wide = nma.drawing.width(told, size, text.get("font-weight") == "bold")
        x, y = float(text.get("x")), float(text.get("y"))
        left = {"start": x, "middle": x - wide / 2, "end": x - wide}[text.get("text-anchor")]
        yield told, (left, y - 0.75 * size, left + wide, y + 0.2 * size)


def no_collision(name, drawn):
    """Labels stand within the picture, none over another."""
    tree = ElementTree.fromstring(drawn.svg)
    _, _, wide, high = (float(v) for v in tree.get("viewBox").split())
    found = list(boxes(drawn.svg))
    for k, (one, a) in enumerate(found):
        assert a[0] >= -1, (name, one)
        assert a[2] <= wide + 1, (name, one)
        assert a[3] <= high + 1, (name, one)
        for other, b in found[k + 1 :]:
            apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
            assert apart, (name, one, other)


def test_labels_do_not_collide_on_many_options(many):
    made = drawings(many, "higher")
    assert {"contributions", "contribution-bars", "net-heat"} <= set(made)
    for name, drawn in made.items():
        no_collision(name, drawn)


def test_effects_over_time_are_drawn_where_trials_join():
    rows = by_week()
    alone = {"study": ["z", "z"], "treatment": ["B", "D"], "weeks": [52.0, 52.0],
             "mean": [1.0, 2.0], "se": [1.0, 1.0]}  # fmt: skip
    rows = {name: [*rows[name], *alone[name]] for name in rows}
    trials = nw.read_network(rows, "MD", reference="A", weeks="weeks", week=52)
    fitted = nw.synthesise(trials, horizons=(6, 13, 26, 52))
    drawn = nma.effects_over_time(fitted)
    no_collision("over-time", drawn)
    assert "D at 52 weeks" in drawn.text
    assert "D at 6 weeks" not in drawn.text
    assert drawn.svg.count("<path") == 2 * 2  # D has one week, so no line and no band
    with pytest.raises(InputError, match="no horizons"):
        nma.effects_over_time(nw.synthesise(network("senn2013")))


def long_names():
    """Twenty options with names longer than any label, in a ring with chords and larger trials."""
    names = [f"{k} a treatment whose name is longer than any label may be" for k in range(20)]
    rows = []
    for k in range(20):
        arms = [k, (k + 1) % 20, (k + 5) % 20, (k + 9) % 20][: 2 + k % 3]
        for arm in arms:
            rows.append((f"trial {k} of a group of authors and more authors of one more place",
                         names[arm], 1.0 * arm + (k % 7), 3.0, 40))  # fmt: skip
    columns = ("study", "treatment", "mean", "sd", "n")
    return {name: [row[k] for row in rows] for k, name in enumerate(columns)}


def test_labels_do_not_collide_on_long_names():
    made = drawings(nw.synthesise(nw.read_network(long_names()), tau="dl"), "lower")
    for name in ("contributions", "contribution-bars", "net-heat"):
        no_collision(name, made[name])


def test_pictures_of_shares(many):
    bars = nma.contribution_bars(many, "SSRI", "TCA")
    assert bars.text.startswith("What the effect is made of: SSRI against TCA. By direct")
    assert bars.svg.count("<rect") <= 1 + 2 * 10
    assert "others" in bars.svg
    with pytest.raises(InputError, match="no option"):
        nma.contribution_bars(many, "water")
    heat = nma.contributions_heat(many)
    assert "SSRI most from SSRI against Placebo (" in heat.text
    rest = nma.contributions_heat(fit(network("hasselblad1998")))
    assert "others" not in rest.svg
    names = [f"o{k}" for k in range(31)]
    star = {"study": names[1:], "treat1": names[1:], "treat2": ["o0"] * 30, "TE": [1.0] * 30,
            "seTE": [1.0] * 30}  # fmt: skip
    large = nw.synthesise(nw.read_network(star, reference="o0"))
    with pytest.raises(InputError, match="at most 30 options"):
        nma.contributions_heat(large)
    assert not {"contributions", "contribution-bars", "net-heat"} & set(drawings(large, "lower"))


def test_net_heat_is_drawn_where_there_are_loops(many):
    assert "18 comparisons with the smallest parts of Q are left out" in nma.net_heat_map(many).text
    senn = nma.net_heat_map(fit(network("senn2013")), model="random")
    assert "left out" not in senn.text
    table = {"study": ["1", "2"], "treat1": ["B", "C"], "treat2": ["A", "A"], "TE": [1.0, 2.0],
             "seTE": [1.0, 1.0]}  # fmt: skip
    drawn = nma.net_heat_map(nw.synthesise(nw.read_network(table, reference="A")))
    assert "No closed loop" in drawn.text
    no_collision("without loops", drawn)


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


def test_pictures_say_in_words_what_they_show(many):
    for drawn in drawings(many, "lower").values():
        assert "<title>" in drawn.svg
        assert len(drawn.text) > 20
        assert drawn.png().startswith(b"\x89PNG")


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


def run(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "needlewise.cli", "nma", *map(str, arguments)],
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_the_command(tmp_path):
    page, folder = tmp_path / "page.html", tmp_path / "figures"
    code, out, err = run(SENN, "--tau", "reml", "--html", page, "--figures", folder)
    assert (code, err) == (0, "")
    assert "−1.23 (−1.48 to −0.992)" in out
    assert "P-score" in out
    assert page.exists()
    assert len(list(folder.glob("*.svg"))) == len(list(folder.glob("*.png"))) == 9
    code, _, err = run(SENN, "--figures", folder)
    assert code == 2
    assert "--force" in err
    code, out, _ = run(SENN, "--json", "--tau", "reml", "--reference", "metformin")
    assert code == 0
    assert json.loads(out)["effects"][0]["reference"] == "metformin"


@pytest.mark.parametrize(("arguments", "told"), [
    (("nowhere.csv",), "nowhere.csv"), ((SENN, "--measure", "OR"), "worked out"),
    ((SENN, "--tau", "magic"), "bayes"), ((SENN, "--better", "more"), "lower or higher"),
    ((SENN, "--reference", "water"), "no option"), ((SENN, "--components", "+", "--inactive", "x"),
     "no component"), ((SENN, "--likelihood", "counts"), "events for every arm"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence(arguments, told):
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert told in err
    assert "Traceback" not in err


def written(path, table):
    pandas.DataFrame(table).to_csv(path, index=False)
    return path


def test_the_command_by_weeks(tmp_path):
    file, folder = written(tmp_path / "weeks.csv", by_week()), tmp_path / "figures"
    code, out, err = run(file, "--reference", "A", "--weeks", "weeks", "--horizons", "6,13,26,52",
                         "--figures", folder)  # fmt: skip
    assert (code, err) == (0, "")
    assert "Week 26" in out
    assert "line of log time" in " ".join(out.split())
    assert (folder / "over-time.svg").exists()
    code, out, _ = run(file, "--reference", "A", "--weeks", "weeks", "--horizons", "6,13", "--at",
                       "weeks=6", "--json")  # fmt: skip
    found = json.loads(out)
    assert code == 0
    first = next(row for row in found["over_time"] if row["weeks"] == 6 and row["option"] == "B")
    own = next(row for row in found["effects"] if row["option"] == "B")
    assert first["estimate"] == own["estimate"]


@pytest.mark.parametrize("model", [(), ("--likelihood", "counts")])
def test_the_command_without_each_trial(tmp_path, model):
    rows = {"study": ["1", "1", "2", "2", "3", "3"], "treatment": ["A", "B"] * 3,
            "r": [12, 6, 20, 9, 8, 5], "n": [40, 41, 50, 52, 60, 58]}  # fmt: skip
    file = written(tmp_path / "counts.csv", rows)
    code, out, err = run(file, "--leave-one-out", *model)
    assert (code, err) == (0, "")
    assert "What moves most without a trial" in out
    code, out, _ = run(file, "--leave-one-out", "--json", *model)
    assert [row["trial"] for row in json.loads(out)["leave_one_out"]] == ["1", "2", "3"]


@pytest.mark.parametrize(("options", "told"), [
    (("--likelihood", "mantel-haenszel", "--model", "common"), "Efthimiou"),
    (("--likelihood", "hypergeometric", "--model", "common"), "Stijnen"),
])  # fmt: skip
def test_the_command_for_rare_events(tmp_path, options, told):
    file, page = ROOT / "tests" / "published" / "dong2013.csv", tmp_path / "page.html"
    code, out, err = run(file, *options, "--html", page)
    assert (code, err) == (0, "")
    assert told in out
    assert "tau = " not in out
    code, out, _ = run(file, *options, "--json")
    found = json.loads(out)
    assert found["likelihood"] == options[1]
    assert found["effects"][0]["option"] == "ICS"
    assert any("left out" in note for note in found["notes"]) == (options[1] == "mantel-haenszel")


@pytest.mark.parametrize(("options", "told"), [
    (("--likelihood", "mantel-haenszel"), "model = common"),
    (("--likelihood", "hypergeometric"), "two arms"),
    (("--likelihood", "hypergeometric", "--tau-prior", "uniform(5)"), "no priors"),
    (("--likelihood", "exact"), "must be normal, counts"),
])  # fmt: skip
def test_what_rare_events_cannot(options, told):
    code, _, err = run(ROOT / "tests" / "published" / "dong2013.csv", *options)
    assert (code, told in err) == (2, True), err


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


def test_an_interrupt_leaves_nothing_behind(tmp_path):
    rng = np.random.default_rng(1)
    trials = 400
    rows = {"study": np.repeat(np.arange(trials), 2), "treatment": ["A", "B"] * trials,
            "r": rng.integers(1, 9, 2 * trials), "n": rng.integers(20, 60, 2 * trials)}  # fmt: skip
    file, page = written(tmp_path / "counts.csv", rows), tmp_path / "page.html"
    with subprocess.Popen(
        [sys.executable, "-m", "needlewise.cli", "nma", str(file), "--likelihood", "counts",
         "--leave-one-out", "--html", str(page)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as job:  # fmt: skip
        time.sleep(3)
        os.killpg(job.pid, signal.SIGINT)  # as a terminal does: to every process of the job
        out, err = job.communicate(timeout=60)
    assert (job.returncode, out, err) == (130, "", "needlewise: Stopped; nothing was written.\n")
    assert not page.exists()


def test_the_command_with_certainty(tmp_path):
    names = pandas.read_csv(SENN)["study"].unique()
    rated = written(tmp_path / "rated.csv", {"study": names, "rob": "low", "indirectness": "L"})
    code, out, err = run(SENN, "--important", "0.3", "--ratings", rated)
    assert (code, err) == (0, "")
    assert "How sure" in out
    code, out, _ = run(SENN, "--important", "0.3", "--json")
    assert {row["within_study_bias"] for row in json.loads(out)["certainty"]} == {"some concerns"}
    code, out, _ = run(SENN, "--important", "0.3", "--known", "metformin=40", "--known",
                       "acarbose=3", "--json")  # fmt: skip
    found = {row["option"]: row["reporting_bias"] for row in json.loads(out)["certainty"]}
    assert (found["metformin"], found["acarbose"]) == ("some concerns", "no concerns")
    for wrong, told in ((("--known", "metformin=40"), "--important"),
                        (("--important", "0.3", "--known", "metformin"), "NAME=VALUE"),
                        (("--important", "0.3", "--known", "water=4"), "water")):  # fmt: skip
        code, _, err = run(SENN, *wrong)
        assert (code, told in err) == (2, True), err
    code, _, err = run(SENN, "--ratings", rated)
    assert code == 2
    assert "--important" in err


def test_the_command_with_weights_baselines_and_columns(tmp_path):
    counts = {
        "study": ["1", "1", "2", "2", "3", "3", "4", "4"],
        "treatment": ["A", "B"] * 4, "r": [12, 6, 20, 9, 8, 5, 30, 14],
        "n": [40, 41, 50, 52, 60, 58, 55, 57], "w": [0.5, 0.5, 1, 1, 1, 1, 1, 1],
        "b": [0.1] * 8, "sd": [0.2] * 8, "talk": [0, 1] * 4, "walk": [0, 0, 0, 1, 0, 0, 0, 1],
    }  # fmt: skip
    file = written(tmp_path / "counts.csv", counts)
    code, out, _ = run(file, "--weight", "w", "--bias", "b", "--bias-sd", "sd")
    assert code == 0
    assert "counts as 0.5 of itself" in " ".join(out.split())
    code, out, _ = run(file, "--likelihood", "counts", "--baseline", "--at", "baseline=-1")
    assert code == 0
    assert "residual deviance" in out
    code, out, _ = run(file, "--component-column", "talk", "--component-column", "walk")
    assert code == 0
    assert "walk" in out
    cases = ((("--at", "age"), "NAME=VALUE"), (("--horizons", "6;13"), "6,13,26"),
             (("--important", "0"), "1.25"), (("--weeks", "x"), "no column"))  # fmt: skip
    for wrong, told in cases:
        code, _, err = run(file, *wrong)
        assert (code, told in err) == (2, True), (wrong, err)


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


def test_gamma_is_explained():
    fitted = fit(network("hasselblad1998"), inconsistency=True)
    page = " ".join(terminal.text(nma_document(fitted, whole=False)).split())
    assert "A design is the set of options that a trial compares" in page
