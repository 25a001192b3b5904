"""`needlewise review`: exit codes, files, JSON that fits its schema, one sentence for bad input."""

import json
import sys

import jsonschema
import pytest
from tests.followup.courses import ROOT

import needlewise as nw
from needlewise import cli

COURSES = ROOT / "examples" / "courses"
ON = ("--on", "2026-11-05")


@pytest.fixture
def run(monkeypatch, capsysbinary):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["needlewise", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsysbinary.readouterr()
        return int(ended.value.code or 0), out.decode(), err.decode()

    return call


def refused(result, word):
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("needlewise: ")
    assert err.count("\n") == 1
    assert word in err


@pytest.mark.parametrize(("name", "code"), [("no_change", 0), ("good_change", 0), ("worse", 3)])
def test_the_examples(run, name, code):
    found, out, err = run("review", COURSES / f"{name}.toml", *ON)
    assert (found, err) == (code, "")
    assert ("Please stop here first" in out) == (code == 3)
    assert ("Your scores so far" in out) == (code == 0)


def test_json_fits_its_schema(run):
    schema = json.loads(run("review", "--json-schema")[1])
    for name in ("no_change", "worse"):
        data = json.loads(run("review", COURSES / f"{name}.toml", "--json", *ON)[1])
        jsonschema.validate(data, schema)


def test_files_are_written_and_not_over_others(run, tmp_path):
    page, paper = tmp_path / "a.html", tmp_path / "a.pdf"
    course = COURSES / "good_change.toml"
    assert run("review", course, "--html", page, "--pdf", paper, *ON)[0] == 0
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert paper.read_bytes().startswith(b"%PDF")
    refused(run("review", course, "--html", page, *ON), "a.html")
    refused(run("review", course, "--html", page, "--pdf", page, "--force", *ON), "two names")


def test_a_number_is_explained(run):
    course = COURSES / "no_change.toml"
    shown = run("review", course, "--ids", *ON)[1]
    assert "[review.goal]" in shown
    out = run("explain", "review.goal", "--course", course, *ON)[1]
    assert out.startswith("review.goal: ")
    refused(run("explain", "review.nothing", "--course", course, *ON), "There is no number")


def test_a_person_may_be_named_apart(run, tmp_path):
    path = tmp_path / "course.toml"
    path.write_text('option = "acupuncture"\nstarted = 2026-10-01\n', "utf-8")
    refused(run("review", path, *ON), "names no person")
    assert run("review", path, "--person", ROOT / "examples" / "office_worker.toml", *ON)[0] == 0


def test_bad_input_is_one_sentence(run, tmp_path):
    path = tmp_path / "course.toml"
    path.write_text('option = "acupuncture"\nstarted = 2026-10-01\n[[score]]\n'
                    "date = 2026-09-01\npain_nrs = 11\n", "utf-8")  # fmt: skip
    refused(run("review", path, *ON), "before the start")
    refused(run("review"), "Give a file")
    refused(run("review", tmp_path / "nothing.toml"), "There is no file")
    refused(run("review", COURSES / "worse.toml", "--on", "soon"), "must be a day")
    refused(run("review", COURSES / "worse.toml", "--on", "2026-10-20"), "after today")


def test_the_front_door_knows_it():
    assert nw.CourseRecord.__name__ == "CourseRecord"
    assert nw.Review.__name__ == "Review"
    assert callable(nw.review)
