"""What an examination takes, what it refuses, and what it makes of findings."""

import pytest

from needlewise.errors import InputError
from needlewise.plan import Examination
from needlewise.plan.readings import pattern_reliability, patterns, reliability, trigger_points

from .examined import FOUND, examination

BAD = {
    "a finding without a region": ({**FOUND, "regions": []}, "regions is empty"),
    "an unknown region": ({"regions": ["loin"]}, "'loin' is not known"),
    "a side without its region": ({"sides": {"lumbar": "left"}}, "sides names lumbar"),
    "an unknown side": ({"regions": ["lumbar"], "sides": {"lumbar": "up"}}, "sides.lumbar"),
    "an unknown muscle": (
        {"regions": ["lumbar"], "palpation": [{"muscle": "psoas-magnus", "side": "left"}]},
        "'psoas-magnus' is not known",
    ),
    "a muscle without a side": (
        {"regions": ["lumbar"], "palpation": [{"muscle": "piriformis"}]}, "palpation.0.side"
    ),
    "a finding told twice": (
        {"regions": ["lumbar"], "palpation": [
            {"muscle": "piriformis", "side": "both"}, {"muscle": "piriformis", "side": "left"}]},
        "piriformis on the left is told twice",
    ),
    "an answer that is none": (
        {"regions": ["lumbar"],
         "palpation": [{"muscle": "piriformis", "side": "left", "twitch": "maybe"}]},
        "must be one of",
    ),
    "a day that does not exist": ({"date": "2026-02-30"}, "must be a day such as"),
    "a day in another century": ({"date": "1026-02-03"}, "must lie between 2000 and 2100"),
    "an unknown pattern": ({"traditional": {"pattern": ["Dry-cold"]}}, "'Dry-cold' is not known"),
    "a goal outside its scale": ({"goal": {"target": 11}}, "pain_nrs runs from 0 to 10"),
    "a goal that is no number": ({"goal": {"target": "low"}}, "must be a number"),
    "a goal of an unknown scale": ({"goal": {"instrument": "mood"}}, "'mood' but must be one of"),
    "an unknown entry": ({"pulse": "slow"}, "pulse is not part of an examination"),
    "a note without end": ({"notes": "x" * 2001}, "shorten it to 2,000"),
    "a broken letter": ({"notes": "a\ud800b"}, "broken letter"),
    "not a table": ({"neurology": "fine"}, "neurology"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_told_in_a_sentence(topic, name) -> None:
    given, told = BAD[name]
    with pytest.raises(InputError) as refused:
        Examination.from_mapping(given, topic, where="found.toml: ")
    text = str(refused.value)
    assert told in text
    assert text.startswith("found.toml: ")
    assert text.endswith(".")
    assert "\n" not in text


def test_everything_wrong_is_told_at_once(topic) -> None:
    with pytest.raises(InputError, match=r"loin.*Dry-cold"):
        Examination.from_mapping(
            {"regions": ["loin"], "traditional": {"pattern": ["Dry-cold"]}}, topic
        )


def test_an_empty_examination_is_one(topic) -> None:
    found = Examination.from_mapping({}, topic)
    assert found.to_mapping() == {}
    assert trigger_points(topic, found) == ()


def test_it_comes_back_as_it_was(topic) -> None:
    found = examination(topic)
    assert Examination.from_mapping(found.to_mapping(), topic) == found


def test_words_may_be_written_as_people_write_them(topic) -> None:
    found = Examination.from_mapping(
        {"regions": ["Lumbar"], "palpation": [
            {"muscle": "Lumbar_Multifidus", "side": "LEFT", "taut_band": True}]},
        topic,
    )  # fmt: skip
    assert found.palpation[0].muscle == "lumbar-multifidus"
    assert found.palpation[0].taut_band == "yes"


def test_the_order_of_findings_carries_no_meaning(topic) -> None:
    turned = {**FOUND, "palpation": FOUND["palpation"][::-1]}
    assert Examination.from_mapping(turned, topic).hash == examination(topic).hash


def test_findings_are_held_against_the_criteria(topic) -> None:
    found = {
        (p.finding.muscle, p.side): p.verdict for p in trigger_points(topic, examination(topic))
    }
    assert found == {
        ("lumbar-multifidus", "left"): "essential",
        ("lumbar-multifidus", "right"): "essential",
        ("quadratus-lumborum-superficial", "left"): "all",
        ("gluteus-medius", "left"): "not-met",
    }


def test_what_was_not_looked_for_stays_open(topic) -> None:
    felt = [{"muscle": "piriformis", "side": "left", "taut_band": "yes"}]
    found = trigger_points(topic, examination(topic, palpation=felt))
    assert [p.verdict for p in found] == ["open"]
    assert not found[0].found


def test_each_verdict_stands_in_the_pack(topic) -> None:
    places = {row.place for row in topic["trigger_criteria"]}
    assert {p.because.place for p in trigger_points(topic, examination(topic))} <= places
    assert len(reliability(topic)) >= 10


def test_a_pattern_brings_its_points_and_its_poor_reliability(topic) -> None:
    (found,) = patterns(topic, examination(topic))
    assert found.points == ("BL23", "GV3", "BL40", "BL25", "BL26", "BL58")
    assert pattern_reliability(topic) is not None
