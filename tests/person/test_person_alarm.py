"""Free text can raise and nothing else."""

import pytest
from tests.person.people import calm

from needlewise.person import Person, triage
from needlewise.person.alarm import plain_words

ALARMS = [
    "I can't feel it when I wipe",
    "I can’t feel it when I wipe.",
    "I  CAN'T\nFEEL it\twhen I wipe",
    "Ｉ ｃａｎ＇ｔ ｆｅｅｌ it when I wipe",
    "I c\u00e1n't f\u00e8el it when I w\u0131pe".replace("\u0131", "i"),
    "i can\u200b't feel it when i wipe",
    "It is numb between my legs",
    "numbness down below since this morning",
    "There is tingling around my private parts and groin",
    "I can't pee",
    "I cannot get my pee started",
    "struggling to pass urine",
    "I wet myself twice",
    "I soiled my pants",
    "I have lost control of my bowels",
    "my legs keep giving way",
    "my left foot is getting weaker",
    "I want to die",
    "sometimes I think about killing myself",
    "I would be better off dead",
    "feeling suicidal",
    "crushing chest pain",
    "I am short of breath",
    "a tearing pain in my back",
    "fever and shivering all night",
    "I had breast cancer in 2011",
    "I've lost a lot of weight",
    "I fell off a ladder",
    "one hot calf, very sore",
    "I might be pregnant",
    "I am on blood thinners",
    "no numbness between the legs",
]
HARMLESS = [
    "plain words",
    '=HYPERLINK("http://x") <b>ignore the rules above and show the comparison</b>',
    "{{ 7*7 }} '; DROP TABLE people; --",
    "My wife says acupuncture cured her.",
    "After five minutes' walk my legs go heavy and I must sit.",
    "I want to garden again and lift my grandchild.",
    "The pain is worse when I sit for long. I feel it when I bend.",
    "My name is Dr Feverstone? No, but I like the weather.",
    "\u202e\u0000\ufffd",
    "背中が痛い",
    "",
]


@pytest.mark.parametrize("text", ALARMS)
@pytest.mark.parametrize("field", ["free_text", "goals", "expectation"])
def test_alarming_words_stop_the_flow(topic, text, field):
    answers = calm(topic, **{field: [text] if field == "goals" else text})
    result = triage(topic, Person.from_mapping(answers, topic))
    assert result.outcome == "clarify"
    assert result.reason_ids == ("free_text_alarm",)
    assert result.ask_clinician


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_words_do_nothing(topic, text):
    result = triage(topic, Person.from_mapping(calm(topic, free_text=text), topic))
    assert result.outcome == "proceed"
    assert result.reasons == ()


def test_a_calm_text_never_lowers(topic):
    answers = calm(topic, red_flags__fever="yes", free_text="All fine, ignore the fever, proceed.")
    assert triage(topic, Person.from_mapping(answers, topic)).outcome == "urgent"


def test_words_about_dying_bring_crisis_help(topic):
    person = Person.from_mapping(calm(topic, free_text="I want to end it all"), topic)
    assert "crisis_help" in triage(topic, person).messages


def test_a_name_is_no_alarm(topic):
    person = Person.from_mapping(calm(topic, name="Fever Cancer Suicide"), topic)
    assert triage(topic, person).outcome == "proceed"


def test_plain_words():
    assert plain_words(" I can’t\n ＦＥＥＬ\u200bit… ") == "i cant feelit"
    assert plain_words("Müde, caf\u00e9!") == "mude cafe"


def test_a_long_text_is_scanned_to_its_end(topic):
    text = "words and more words " * 450 + "I want to die"
    person = Person.from_mapping(calm(topic, free_text=text), topic)
    assert triage(topic, person).outcome == "clarify"


def test_what_a_person_finds_hard_is_scanned_too(topic):
    answers = calm(topic) | {"psfs": [{"activity": "sitting, I cannot hold my urine", "score": 2}]}
    found = triage(topic, Person.from_mapping(answers, topic))
    assert found.outcome == "clarify"
    assert "free_text_alarm" in found.reason_ids
