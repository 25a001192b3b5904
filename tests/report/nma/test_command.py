"""`needlewise nma`: what it prints, writes and refuses."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas
import pytest
from tests.synthesis.nma.test_horizons import table as by_week

ROOT = Path(__file__).resolve().parents[3]
SENN = ROOT / "tests" / "published" / "senn2013.csv"


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
