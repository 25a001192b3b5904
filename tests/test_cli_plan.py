"""`needlewise plan`: exit codes, files, JSON, explain, and what is wrong."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import tomli_w

ROOT = Path(__file__).resolve().parent.parent
OFFICE = ROOT / "examples" / "office_worker.toml"
FOUND = ROOT / "examples" / "examinations" / "trigger_points.toml"
EDITS = ROOT / "examples" / "edits" / "confirmed.toml"
DRY = ("--option", "dry-needling")


def run(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "needlewise.cli", *map(str, arguments)],
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_plan_in_the_terminal_and_as_files(tmp_path):
    page, pdf = tmp_path / "plan.html", tmp_path / "plan.pdf"
    code, out, err = run("plan", OFFICE, FOUND, *DRY, "--edits", EDITS, "--html", page,
                         "--pdf", pdf)  # fmt: skip
    assert (code, err) == (0, "")
    assert "Confirmed and signed by A. Practitioner" in out
    assert "atlas" in page.read_text("utf-8")
    assert pdf.read_bytes().startswith(b"%PDF")
    code, _, err = run("plan", OFFICE, FOUND, *DRY, "--pdf", pdf)
    assert code == 2
    assert "--force" in err


def test_json_and_the_persons_copy():
    code, out, _ = run("plan", OFFICE, FOUND, *DRY, "--json")
    assert code == 0
    assert json.loads(out)["option"] == "dry-needling"
    code, out, _ = run("plan", OFFICE, FOUND, "--option", "both", "--for", "patient")
    assert code == 0
    assert "Your plan: Both" in out
    assert json.loads(run("plan", "--json-schema")[1])["title"] == "PlanJson"


def test_a_saved_record_opens_in_every_command(tmp_path):
    record = tmp_path / "record.json"
    person = tomllib.loads(OFFICE.read_text("utf-8"))
    course = {"option": "dry-needling", "started": "2026-10-01",
              "score": [{"date": "2026-10-01", "pain_nrs": 6}]}  # fmt: skip
    whole = {"person": person, "examination": tomllib.loads(FOUND.read_text("utf-8")),
             "plan": {"option": "dry-needling"}, "course": course}  # fmt: skip
    record.write_text(json.dumps(whole, default=str), "utf-8")
    assert "Session card" in run("plan", record)[1]
    assert run("compare", record)[0] == 0
    assert run("review", record)[0] == 0
    whole["examination"]["neurology"]["saddle"] = "changed"
    record.write_text(json.dumps(whole, default=str), "utf-8")
    for command in ("plan", "review"):
        code, out, _ = run(command, record)
        assert code == 3
        assert "Session card" not in out
        assert "Expected pain" not in out


def test_a_failure_writes_nothing_and_force_writes_over(tmp_path):
    page = tmp_path / "plan.html"
    assert run("plan", OFFICE, "nowhere.toml", *DRY, "--html", page)[0] == 2
    assert not page.exists()
    page.write_text("old")
    assert run("plan", OFFICE, FOUND, *DRY, "--html", page)[0] == 2
    assert page.read_text("utf-8") == "old"
    assert run("plan", OFFICE, FOUND, *DRY, "--html", page, "--force")[0] == 0
    assert "Session card" in page.read_text("utf-8")


def test_a_number_is_explained():
    arguments = ("explain", "plan.sessions", OFFICE, "--examination", FOUND, *DRY)
    code, out, _ = run(*arguments)
    assert code == 0
    assert "protocols.csv" in out
    assert run(*arguments[:-2])[0] == 2


def test_a_stop_and_a_refusal_end_with_three(tmp_path):
    stop = tmp_path / "stop.toml"
    stop.write_text(FOUND.read_text("utf-8").replace('saddle = "normal"', 'saddle = "changed"'))
    code, out, _ = run("plan", OFFICE, stop, *DRY)
    assert code == 3
    assert "Session card" not in out
    ill = tmp_path / "ill.toml"
    answers = tomllib.loads(OFFICE.read_text("utf-8"))
    ill.write_text(tomli_w.dumps({**answers, "conditions": ["haemophilia_a"]}), "utf-8")
    code, out, _ = run("plan", ill, FOUND, *DRY)
    assert code == 3
    assert "What has to change first" in out


@pytest.mark.parametrize(("arguments", "told"), [
    ((OFFICE, FOUND), "an option"),
    ((OFFICE, FOUND, "--option", "magic"), "no option of this topic"),
    ((OFFICE, "nowhere.toml", *DRY), "nowhere.toml"),
    ((OFFICE, OFFICE, *DRY), "is not part of an examination"),
    ((OFFICE, FOUND, *DRY, "--edits", FOUND), "[[edit]]"),
    ((OFFICE, FOUND, *DRY, "--for", "insurer"), "practitioner or patient"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence(arguments, told):
    code, out, err = run("plan", *arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
