"""Files of answers: what is taken, and how the rest is refused."""

import json
import math

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.person.people import calm, cases

from needlewise.errors import InputError
from needlewise.person import Person, describe_fields
from needlewise.person.intake import load_intake
from needlewise.topic import load_topic

TOPIC = load_topic()


@pytest.mark.parametrize("name", ["office_worker", "acute_lifter", "warfarin_user", "emergency"])
def test_examples_are_read(topic, name, pytestconfig):
    person = Person.from_file(pytestconfig.rootpath / f"examples/{name}.toml", topic)
    assert person.pain_nrs is not None


def test_toml_and_json_hold_the_same_person(topic, tmp_path):
    answers = calm(topic, medicines=[{"name": "warfarin"}], weights={"pain": 1, "burden": 2})
    (tmp_path / "a.toml").write_text(tomli_w.dumps(answers), "utf-8")
    (tmp_path / "a.json").write_text(json.dumps(answers), "utf-8")
    (tmp_path / "b.json").write_text("\ufeff" + json.dumps(answers), "utf-8")
    people = [Person.from_file(tmp_path / name, topic) for name in ("a.toml", "a.json", "b.json")]
    assert people[0] == people[1] == people[2]
    assert len({person.hash for person in people}) == 1
    again = Person.from_mapping(json.loads(people[0].canonical), topic)
    assert again.hash == people[0].hash


def test_every_field_of_the_cases_is_taken(topic):
    for _, intake, then in cases(topic):
        if "input" not in then:
            Person.from_mapping(intake, topic)


def test_the_declared_fields_and_the_model_are_the_same(topic):
    declared = {n.split(".")[0] for n in load_intake(topic).fields}
    assert declared == set(Person.model_fields)
    rows = describe_fields(topic)
    assert all(row["why"] and row["changes"] for row in rows if row["section"] == "safety"
               and row["field"] != "red_flags")  # fmt: skip


def test_the_words_of_a_person_are_read_kindly(topic):
    person = Person.from_mapping(
        {
            "sex": " Female ",
            "conditions": ["Atrial Fibrillation", "COPD"],
            "allergies": "none",
            "medicines": ["aspirin 75 mg"],
            "history": {"option": "dry_needling"},
            "cost": {"dry_needling": 300, "both": 500},
            "weights": {"avoid_needles": 0.6, "pain": 0.4},
            "ranking": ["pain", "burden"],
        },
        topic,
    )
    assert person.sex == "female"
    assert person.conditions == ("atrial_fibrillation", "copd")
    assert person.allergies == ()
    assert person.medicines is not None
    assert person.medicines[0].name == "aspirin 75 mg"
    assert person.history is not None
    assert person.history.option == "dry-needling"
    assert person.cost == {"dry-needling": 300.0, "both": 500.0}
    assert person.weights == {"needles": 0.6, "pain": 0.4}
    assert person.ranking == ("pain", "visits")


@pytest.mark.parametrize("empty", [None, "", "   "])
def test_empty_is_unknown_and_never_no(topic, empty):
    person = Person.from_mapping(
        {"red_flags": {"fever": empty}, "medicines": empty, "pain_nrs": empty, "mood": empty}, topic
    )
    assert "fever" not in person.red_flags
    assert person.medicines is person.pain_nrs is person.mood.low is None


def test_nothing_changes_afterwards(topic):
    person = Person.from_mapping(calm(topic, weights={"pain": 1}), topic)
    with pytest.raises(ValueError, match="frozen"):
        person.age = 3
    with pytest.raises(TypeError):
        person.red_flags["fever"] = "no"
    with pytest.raises(TypeError):
        person.weights["pain"] = 2


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"pain_nrs": 11}, "pain_nrs is 11 but must be from 0 to 10."),
        ({"pain_weeks": -3}, "pain_weeks is -3 but must be from 0 to 5,200."),
        ({"pain_weeks": math.nan}, "pain_weeks must be a plain number, not nan."),
        ({"age": math.inf}, "age must be a plain number, not inf."),
        ({"age": 10**400}, "age is a huge number but must be from 0 to 120."),
        ({"pain_nrs": "6"}, "pain_nrs must be a number, not '6'."),
        ({"pain_nrs": True}, "pain_nrs must be a number, not true."),
        ({"pain_nrs": [6]}, "pain_nrs must be a number, not a list."),
        ({"pain_nrs": {}}, "pain_nrs must be a number, not a table."),
        ({"red_flags": {"fever": True}},
         "red_flags.fever must be one of yes, no, unknown, not true."),
        ({"red_flags": {"fevr": "no"}},
         "red_flags.fevr is not a field; did you mean 'red_flags.fever'?"),
        ({"red_flags": []}, "red_flags must be a table of name = answer, not a list."),
        ({"red_flags": {"fever": "yess"}}, "did you mean 'yes'?"),
        ({"pain_week": 3}, "pain_week is not a field; did you mean 'pain_weeks'?"),
        ({"qqqq": 3}, "qqqq is not a field; `needlewise person fields` lists them all."),
        ({"labs": {"irn": 3}}, "labs.irn is not a field; did you mean 'labs.inr'?"),
        ({"labs": 3}, "labs must be a table of name = answer, not 3."),
        ({"medicines": "warfarin"}, "medicines must be a list in square brackets"),
        ({"medicines": [{"nam": "x"}]}, "did you mean 'medicines.1.name'?"),
        ({"medicines": [{"name": "x"}, {"name": 3}]}, "medicines.2.name must be text"),
        ({"medicines": [{"name": "x"}, {"name": "x"}]}, "medicines names a table twice"),
        ({"medicines": [7]}, "medicines.1 must be a table"),
        ({"conditions": ["copd", "COPD"]}, "conditions names 'copd' twice; name it once."),
        ({"conditions": ["none", "copd"]}, "conditions says 'none' beside other entries"),
        ({"conditions": [""]}, "conditions holds an empty entry"),
        ({"conditions": ["x"] * 201}, "conditions has 201 entries"),
        ({"pain_site": ["moon"]}, "pain_site is 'moon' but must be one of low_lumbar"),
        ({"free_text": "x" * 10_001}, "free_text has 10,001 characters; shorten it to 10,000."),
        ({"name": "\ud800"}, "name holds a broken character"),
        ({"name": 3}, "name must be text in quotes, not 3."),
        ({"weights": {"pain": 0}}, "weights are all zero"),
        ({"weights": {"pain": -1}}, "weights is -1 but must be from 0"),
        ({"weights": {"burden": 1, "visits": 1}}, "weights gives 'visits' twice"),
        ({"weights": {"luck": 1}}, "must be one of pain"),
        ({"weights": [1]}, "weights must be a table"),
        ({"ranking": ["pain", "pain"]}, "ranking names 'pain' twice"),
        ({"cost": {"massage": 3}}, "cost is 'massage' but must be one of no-needling"),
        ({"history": {"rmdq24": [12, 25]}}, "history.rmdq24 is 25 but must be from 0 to 24."),
        ({"history": {"option": "massage"}}, "history.option is 'massage'"),
    ],
)  # fmt: skip
def test_bad_answers_are_told_in_plain_words(topic, answers, told):
    with pytest.raises(InputError) as error:
        Person.from_mapping(answers, topic)
    assert told in str(error.value)
    assert "pydantic" not in str(error.value)
    assert len(str(error.value)) < 600


def test_all_that_is_wrong_is_told_together(topic):
    with pytest.raises(InputError) as error:
        Person.from_mapping(
            {"pain_nrs": 11, "agee": 3, "red_flags": {"fever": 1, "traum": "no"}, "sex": "x"}, topic
        )
    for field in ("pain_nrs", "agee", "red_flags.fever", "red_flags.trauma", "sex"):
        assert field in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.toml", b"", "is empty"),
        ("a.json", b" \n ", "is empty"),
        ("a.toml", b"age = ", "is not valid TOML"),
        ("a.toml", b"age = 1\nage = 2", "is not valid TOML"),
        ("a.json", b'{"age": 1', "is not valid JSON"),
        ("a.json", b'{"age": 1, "age": 2}', "'age' stands twice"),
        ("a.json", b'{"age": NaN}', "NaN is not a number"),
        ("a.json", b"[1]", "must hold one table"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.toml", b"a=" + b"[" * 100_000, "nested too deeply"),
        ("a.json", b'{"age":' + b"9" * 9000 + b"}", "cannot be used"),
        ("a.toml", "näme = 'x'".encode("latin-1"), "is not UTF-8"),
        ("a.json", b"\x00\x01\xff\xfe", "is not UTF-8"),
        ("a.json", "{}".encode("utf-16"), "is not UTF-8"),
        ("a.toml", b"#" * 1_000_001, "larger than 1 MB"),
        ("a.csv", b"age,3", "must be a file that ends in .toml or .json"),
    ],
)
def test_bad_files_are_told_in_one_sentence(topic, tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=told.replace(".", r"\.")):
        Person.from_file(tmp_path / name, topic)


def test_no_file_and_a_folder(topic, tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        Person.from_file(tmp_path / "me.toml", topic)
    with pytest.raises(InputError, match="is a folder"):
        Person.from_file(tmp_path, topic)
    with pytest.raises(InputError, match="cannot be read"):
        Person.from_file("a\0b.toml", topic)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(Person.model_fields)) | st.text(max_size=9), ANYTHING)
)
def test_whatever_is_given_is_taken_or_refused_plainly(answers):
    try:
        told = Person.from_mapping(answers, TOPIC).hash
    except InputError as error:
        told = str(error)
    assert len(told) == 64 or told.endswith((".", "?"))
