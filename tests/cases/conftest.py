"""Small files of cases made for one test each."""

import copy
import json

import pytest

from needlewise.cases import channels


@pytest.fixture
def given(topic):
    """A case of the shipped file by id, to be changed freely."""
    cases = json.loads((topic.folder / "cases.json").read_text("utf-8"))["cases"]

    def one(id_, variants=()):
        case = copy.deepcopy(next(case for case in cases if case["id"] == id_))
        case["variants"] = [v for v in case["variants"] if v["id"] in variants]
        return case

    return one


@pytest.fixture
def written(tmp_path):
    """Cases as a file."""

    def write(*cases, **more):
        path = tmp_path / "some-cases.json"
        path.write_text(json.dumps({"cases": list(cases), **more}), "utf-8")
        return path

    return write


@pytest.fixture
def without_pdf(monkeypatch):
    """As on a machine without the reader of PDFs, which takes most of the time."""
    monkeypatch.setattr(channels, "can_read_pdf", lambda: False)
