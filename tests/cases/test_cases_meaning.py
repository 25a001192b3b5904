"""A limit counts as said by its words; take the limit away and it does not."""

import json

import pytest

from needlewise.cases.meaning import said


def _limits(topic):
    for case in json.loads((topic.folder / "cases.json").read_text("utf-8"))["cases"]:
        for option, wanted in case["expect"]["options"].items():
            for k, text in enumerate(wanted["constraints"]):
                rest = wanted["constraints"][:k] + wanted["constraints"][k + 1 :]
                if not text.startswith("as "):
                    yield f"{case['id']} {option}", text, rest


def test_each_limit_of_the_cases_is_missed_when_it_alone_is_gone(topic):
    limits = list(_limits(topic))
    assert len(limits) > 15
    for where, text, rest in limits:
        assert said(text, [*rest, text]), where
        assert not said(text, rest), where


@pytest.mark.parametrize(
    ("expected", "shown"),
    [
        ("hold pressure longer", "Press for longer after each needle: hold the pressure."),
        ("no needles in the right arm", "The right arm gets no needle."),
        ("care with feet: loss of feeling, slow healing", "feet need care: feeling is lost, slow "
         "to heal"),
    ],
)  # fmt: skip
def test_other_words_for_the_same(expected, shown):
    assert said(expected, [shown])


@pytest.mark.parametrize(
    ("expected", "shown"),
    [
        ("no needles in the right arm", "no needles in the left leg"),
        ("no current across the fracture", "current across the fracture"),
        ("side-lying", "lie as you like"),
        ("gentle stimulation", ""),
    ],
)
def test_something_else_is_not_the_same(expected, shown):
    assert not said(expected, [shown])
