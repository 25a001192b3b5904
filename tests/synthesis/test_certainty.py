"""Certainty: each domain at its edges, and what caps the level whatever the domains say."""

from dataclasses import replace

import pytest

from needlewise.synthesis.certainty import CONCERNS, LEVELS, NOT_ASSESSED, certainty_of
from needlewise.synthesis.effects import Summary, Support
from needlewise.topic import Row, Table

from .networks import SHIPPED, fit, network, pair

NARROW = Summary(-15.0, 1.0, -17.0, -13.0)
TRIALS = ("brinkhaus-2006", "haake-2007")
NONE, SOME, MAJOR = CONCERNS


def rated(*ratings: str):
    """The shipped topic with the two trials rated like this."""
    table = SHIPPED["studies"]
    given = dict(zip(TRIALS, ratings, strict=True))
    rows = tuple(
        Row({**r, "risk_of_bias": given.get(r["study_id"], "")}, r.file, r.line) for r in table
    )
    topic = replace(
        SHIPPED,
        tables={**SHIPPED.tables, "studies": Table(table.name, table.columns, rows)},
        _memo={},
    )
    effects = fit(pair("s", "acupuncture", "", -15.0, 4.0), tau=1.0)
    return replace(effects, network=network(*effects.network.studies, topic=topic))


def judge(average=NARROW, new=None, ratings=("low", "low"), kind="direct", **rest):
    """The certainty with a zone of unimportant differences from -10 to 10."""
    support = Support("supported", TRIALS, 500, kind)
    options = {"printed": True, "other_people": False, **rest}
    return certainty_of(rated(*ratings), support, average, new or average, 10.0, **options)


def domain(certainty, name):
    (found,) = [d for d in certainty.domains if d.name == name]
    return found


def test_nothing_against_it_is_high() -> None:
    found = judge()
    assert found.level == "high"
    assert {d.judgement for d in found.domains} == {NONE, NOT_ASSESSED}
    assert len({d.name for d in found.domains}) == len(found.domains) == 6


@pytest.mark.parametrize("name", ["reporting bias", "incoherence"])
def test_what_is_not_built_is_said(name) -> None:
    assert domain(judge(), name).judgement == NOT_ASSESSED


@pytest.mark.parametrize(
    ("ratings", "judgement", "level"),
    [
        (("low", "low"), NONE, "high"),
        (("low", "some"), SOME, "moderate"),
        (("some", "some"), SOME, "moderate"),
        (("low", ""), SOME, "moderate"),
        (("low", "unclear"), SOME, "moderate"),
        (("low", "high"), MAJOR, "low"),
        (("", ""), SOME, "low"),  # one step down, but nobody rated them: never above low
    ],
)
def test_bias(ratings, judgement, level) -> None:
    found = judge(ratings=ratings)
    assert domain(found, "within-study bias").judgement == judgement
    assert found.level == level


def test_unrated_trials_are_said_to_be_unrated() -> None:
    found = judge(ratings=("", ""))
    assert found.reason == "Nobody rated the quality of these trials here."
    assert judge().domains[0].reason == "These trials were rated as well done."


@pytest.mark.parametrize(
    ("low", "high", "judgement", "level"),
    [
        (-20, -10, NONE, "high"),  # touching a limit is not crossing it
        (-20, -9.9, SOME, "moderate"),
        (-10, 10, NONE, "high"),
        (-9.9, 10.1, SOME, "moderate"),
        (-10.1, 10, SOME, "moderate"),
        (-10.1, 10.1, MAJOR, "low"),
    ],
)
def test_imprecision(low, high, judgement, level) -> None:
    found = judge(Summary((low + high) / 2, 1.0, low, high))
    assert domain(found, "imprecision").judgement == judgement
    assert found.level == level


@pytest.mark.parametrize(
    ("average", "new", "judgement"),
    [
        ((-17, -13), (-17.5, -12), NONE),
        ((-17, -13), (-20, -9), SOME),
        ((-17, -13), (-30, 11), MAJOR),
        ((-17, -9), (-30, 5), NONE),  # that limit the average crosses by itself
        ((-17, -9), (-30, 11), SOME),
        ((-11, 11), (-30, 30), NONE),
    ],
)
def test_heterogeneity(average, new, judgement) -> None:
    one, two = (Summary(sum(x) / 2, 1.0, *x) for x in (average, new))
    assert domain(judge(one, two), "heterogeneity").judgement == judgement


@pytest.mark.parametrize(
    ("kind", "judgement", "word"),
    [
        ("direct", NONE, "head to head"),
        ("add-on", NONE, "both groups had"),
        ("indirect", SOME, "No trial compared the two"),
    ],
)
def test_indirectness(kind, judgement, word) -> None:
    found = domain(judge(kind=kind), "indirectness")
    assert found.judgement == judgement
    assert word in found.reason


def test_losses_add_up_and_stop_at_very_low() -> None:
    wide, wider = Summary(0, 9, -15, 9), Summary(0, 20, -40, 40)
    levels = [
        judge(wide).level,
        judge(wide, wider).level,
        judge(wide, wider, kind="indirect").level,
        judge(wide, wider, kind="indirect", ratings=("high", "high")).level,
    ]
    assert levels == ["moderate", "low", "very low", "very low"]


def test_the_reason_is_that_of_the_gravest_domain() -> None:
    wide = Summary(0, 9, -15, 15)
    assert judge(wide, ratings=("some", "some")).reason == domain(judge(wide), "imprecision").reason


def test_other_people_and_worked_out_spreads_are_very_low() -> None:
    others, derived = judge(other_people=True), judge(printed=False)
    assert others.level == derived.level == LEVELS[0] == "very low"
    assert others.reason == "It was studied only in other people."
    assert domain(others, "indirectness").judgement == MAJOR
    assert "not on printed ones" in derived.reason
