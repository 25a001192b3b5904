"""The JSON: its own schema, its hashes, and nothing in it on a stop."""

import json
import re

import jsonschema
import pytest
from tests.report.seen import compared, somebody

from needlewise import report
from needlewise.choice import Values
from needlewise.report.as_json import schema
from needlewise.topic import load_topic

TOPIC = load_topic()
SCHEMA = json.loads(schema())


def read(comparison):
    data = json.loads(report.json(comparison))
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    return data


@pytest.fixture(scope="module")
def office():
    return compared(TOPIC, Values.ranking("pain", "lasting", "visits"))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("seed", range(40, 46))
def test_random_people_keep_to_the_schema(seed):
    read(somebody(TOPIC, seed))


def test_what_the_issue_names_is_there(office):
    data = read(office)
    assert set(data["content"]) == {"version", "hash"}
    assert {"outcome", "reasons", "text"} <= set(data["triage"])
    assert {"option", "status", "reasons", "constraints"} <= set(data["options"][0])
    assert {
        "option", "outcome", "week", "evidence", "why", "trials", "people", "mean", "low", "high",
        "chance", "chance_low", "chance_high", "chance_without", "certainty", "source_ids",
    } <= set(data["outlook"][0])  # fmt: skip
    assert data["comparison"]["fit"]["leader"] in {None, "acupuncture"}
    assert len(data["outlook"]) == len(TOPIC.options) * 2 * 4


def test_a_missing_number_is_null_and_says_why(office):
    for row in read(office)["outlook"]:
        if row["mean"] is None or row["chance"] is None:
            assert row["why"], row["id"]
        if row["option"] == "both":
            assert row["mean"] is row["effect"] is row["chance"] is row["certainty"] is None
            assert "nobody has measured the two together" in row["why"]


def test_no_number_beyond_the_formatter_s_digits(office):
    """Rounded by the one formatter: no float with more than three decimals anywhere."""
    assert not re.search(r"\d\.\d{4,}", re.sub(r'"[^"]*"', '""', report.json(office)))


@pytest.mark.parametrize(
    "changes",
    [
        {"red_flags__saddle_numbness": "yes"},
        {"red_flags__saddle_numbness": "unknown"},
        {"age": ...},
        {"red_flags__chest_pain": "yes"},
    ],
)
def test_on_a_stop_there_is_no_number_of_any_treatment(changes):
    comparison = compared(TOPIC, Values.ranking("pain"), **changes)
    assert not comparison.outlook.triage.comparison_shown
    data = read(comparison)
    assert data["outlook"] == data["harms"] == data["shams"] == data["sources"] == []
    assert data["comparison"] is None
    assert data["numbers"] == {}
    assert data["notes"] == {}
    assert {o["status"] for o in data["options"]} == {"hidden"}
    assert all(o["visits"] is None for o in data["options"])
    assert data["triage"]["text"]
    assert data["triage"]["handover"]


def test_hashes_of_content_answers_and_draws(office):
    data = read(office)
    assert data["content"]["hash"] == TOPIC.hash
    assert data["person_hash"] == office.outlook.person.hash
    other = read(compared(TOPIC, pain_nrs=5))
    assert other["person_hash"] != data["person_hash"]
    assert other["draws_hash"] == data["draws_hash"]
    assert re.fullmatch(r"[0-9a-f]{64}", data["draws_hash"])


def test_equal_input_is_byte_equal(office):
    again = compared(load_topic(), Values.ranking("pain", "lasting", "visits"))
    assert report.json(again) == report.json(office)


def test_text_of_a_person_stays_text():
    hostile = '</script>"}\n{"outlook": 1}\x00\u202e𝕏'
    data = read(compared(TOPIC, goals=[hostile]))
    assert isinstance(data["outlook"], list)


def test_sources_have_one_address_each(office):
    for source in read(office)["sources"]:
        assert source["label"]
        assert source["doi"] or source["pmid"] or source["read_at"], source["id"]
