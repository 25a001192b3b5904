"""A file that holds no cases is refused in one sentence."""

import json

import pytest

from needlewise.cases.file import changed, read_cases
from needlewise.errors import InputError

CASE = {"id": "A", "intake": {"age": 40}, "expect": {"triage": "proceed"}, "variants": []}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b'{"cases": [', "is not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "must hold a table"),
        (b'{"cases": {}}', "must hold a table"),
        (b'{"cases": []}', "at least one case"),
        (b'{"cases": [3]}', 'case 1 must be a table with an "id"'),
        (b'{"cases": [{"id": ""}]}', 'case 1 must be a table with an "id"'),
        (b'{"cases": [{"id": "A"}]}', '"intake" must be a table'),
        (b'{"cases": [{"id": "A", "intake": {}, "expect": []}]}', '"expect" must be a table'),
    ],
)
def test_wrong_file(tmp_path, content, says):
    path = tmp_path / "cases.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as refusal:
        read_cases(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"variants": {}}, '"variants" must be a list'),
        ({"variants": [1]}, "variant 1 must be a table"),
        ({"variants": [{"id": "a", "change": {}}]}, '"then" must be a table'),
        ({"variants": [{"id": "a", "change": {}, "then": {}}] * 2}, "variant a stands twice"),
    ],
)
def test_wrong_case(tmp_path, change, says):
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [{**CASE, **change}]}), "utf-8")
    with pytest.raises(InputError, match=says):
        read_cases(path)


def test_an_id_twice_is_refused(tmp_path):
    path = tmp_path / "cases.json"
    path.write_text(json.dumps({"cases": [CASE, CASE]}), "utf-8")
    with pytest.raises(InputError, match="case A stands twice"):
        read_cases(path)


def test_no_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        read_cases(tmp_path / "none.json")
    with pytest.raises(InputError, match="is a folder"):
        read_cases(tmp_path)


def test_a_dotted_path_replaces_one_value_and_a_table_replaces_a_table():
    answers = {"red_flags": {"fever": "no", "trauma": "no"}, "labs": {"inr": 2}}
    one = changed(answers, {"red_flags.fever": "yes", "mood.low": "yes"}, "case")
    assert one["red_flags"] == {"fever": "yes", "trauma": "no"}
    assert one["mood"] == {"low": "yes"}
    assert changed(answers, {"red_flags": {}}, "case")["red_flags"] == {}
    assert answers["red_flags"]["fever"] == "no"
    with pytest.raises(InputError, match=r"labs\.inr\.x leads through inr"):
        changed(answers, {"labs.inr.x": 1}, "case")
