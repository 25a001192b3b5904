"""The runner: what passes, what falls short and what is an error."""

import pytest

from needlewise.cases import run_cases
from needlewise.cases.finding import ERROR, HOLDS, SHORT, UNCHECKED
from needlewise.cases.shown import as_a_case_means, ranking_of, show
from needlewise.errors import InputError
from needlewise.person import Person, triage


def _found(result, id_, state):
    outcome = next(o for o in result.outcomes if o.id == id_)
    return [finding for finding in outcome.findings if finding.state == state]


@pytest.fixture
def stop(given):
    """A stop with what is shown and not shown left out: quick, and nothing to look at yet."""
    case = given("C03")
    case["expect"] = {"triage": "urgent", "comparison_shown": False}
    return case


def test_unnamed_signs_are_no_here_and_unknown_elsewhere(topic, given):
    intake = given("C16")["intake"]
    assert triage(topic, Person.from_mapping(intake, topic)).outcome == "clarify"
    filled = Person.from_mapping(as_a_case_means(topic, intake), topic)
    assert triage(topic, filled).outcome == "proceed"


def test_a_sign_that_is_named_and_empty_stays_unknown(topic, given):
    intake = given("C16")["intake"]
    for empty in (None, "", "unknown"):
        answers = {**intake, "red_flags": {**intake["red_flags"], "bladder_bowel_change": empty}}
        filled = Person.from_mapping(as_a_case_means(topic, answers), topic)
        assert triage(topic, filled).outcome == "clarify"
    assert as_a_case_means(topic, {"red_flags": None}) == {"red_flags": None}


def test_a_case_passes_and_says_so(topic, stop, written, without_pdf):
    result = run_cases(topic, written(stop))
    assert result.passed
    assert "C03    pass            2 hold" in result.text
    assert "All 2 expectations that can be checked hold." in result.text
    assert "The PDF was not looked at" in result.text


def test_a_wrong_outcome_falls_short_with_both_told(topic, stop, written, without_pdf):
    stop["expect"] = {"triage": "emergency", "comparison_shown": True}
    result = run_cases(topic, written(stop))
    assert not result.passed
    assert "triage: expected emergency; found urgent" in result.text
    told = " ".join(result.text.split())
    assert "[terminal, json, html]: expected the comparison; found no comparison" in told
    assert max(map(len, result.text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("then", "good"),
    [
        ({"triage_at_least": "clarify"}, True),
        ({"triage_at_least": "emergency"}, False),
        ({"triage_at_most": "urgent"}, True),
        ({"triage_at_most": "refer_routine"}, False),
        ({"reasons_include": ["malignancy"]}, True),
        ({"reasons_include": ["infection"]}, False),
        ({"options": {"dry_needling": "hidden"}}, True),
        ({"options": {"dry_needling": {"status": "available"}}}, False),
        ({"options": {"acupuncture": {"status": "hidden", "reasons": ["malignancy"]}}}, False),
        ({"options": {"leeches": "hidden"}}, False),
        ({"constraints_include": "no needles in the right arm"}, False),
        ({"must_show": ["urgent_medical_review"]}, True),
        ({"must_show": ["emergency_now"]}, False),
        ({"must_not_show": ["comparison"]}, True),
        ({"must_not_show": ["comparison"], "must_show": ["tie"]}, False),
        ({"estimates": "unchanged"}, False),
        ({"text": "unchanged"}, True),
        ({"values_result": "absent"}, True),
        ({"values_result": "may_change"}, False),
    ],
)
def test_each_key_can_pass_and_fall_short(topic, stop, written, without_pdf, then, good):
    stop["variants"] = [{"id": "a", "change": {}, "then": then, "note": ""}]
    assert run_cases(topic, written(stop)).passed is good


@pytest.mark.parametrize(
    "then",
    [
        {"magic": True},
        {"triage": "calm"},
        {"comparison_shown": "no"},
        {"options": {"dry_needling": {"status": "hidden", "colour": "red"}}},
        {"options": {"dry_needling": "maybe"}},
        {"must_show": ["glitter"]},
        {"must_not_show": ["glitter"]},
        {"range_width": "longer"},
        {"numbers": "prettier"},
        {"text": "longer"},
        {"population": "martian"},
        {"values_result": "nice"},
        {"input": "taken"},
    ],
)
def test_what_the_runner_does_not_know_is_an_error(topic, stop, written, without_pdf, then):
    stop["variants"] = [{"id": "a", "change": {}, "then": then, "note": ""}]
    result = run_cases(topic, written(stop))
    assert not result.passed
    assert _found(result, "C03a", ERROR)
    assert next(iter(then)) in result.text


def test_unknown_keys_and_words_of_the_file_are_errors(topic, stop, written, without_pdf):
    stop["mood"] = 1
    stop["variants"] = [{"id": "a", "change": {}, "then": {}, "colour": 1}]
    path = written(stop, extra=1, vocabulary={"show": ["glitter"], "never_show": ["comparison"]})
    result = run_cases(topic, path)
    assert not result.passed
    told = {(finding.key, finding.found) for o in result.outcomes for finding in o.findings}
    unknown = "this key is not known"
    assert {("extra", unknown), ("mood", unknown), ("colour", unknown)} <= told
    assert ("vocabulary.show", "no detector for glitter") in told


def test_a_sentence_that_nothing_checks_is_told_and_never_passed(topic, stop, written, without_pdf):
    then = {"record": ["the colour of the room"]}
    stop["variants"] = [{"id": "a", "change": {}, "then": then}]
    result = run_cases(topic, written(stop))
    assert result.passed
    assert len(_found(result, "C03a", UNCHECKED)) == 1
    assert not _found(result, "C03a", HOLDS)
    assert "C03a   not checked" in result.text
    assert "C03a: the colour of the room" in result.text


def test_whatever_a_case_says_of_a_plan_a_stop_holds_none(topic, stop, written, without_pdf):
    stop["variants"] = [{"id": "a", "change": {}, "then": {"plan": ["no needles by Tuesday"]}}]
    result = run_cases(topic, written(stop))
    assert len(_found(result, "C03a", HOLDS)) == 2 * len(topic.options)
    assert len(_found(result, "C03a", UNCHECKED)) == 1


@pytest.mark.parametrize(("change", "good"), [({"pain_nrs": 11}, True), ({"pain_nrs": 9}, False)])
def test_an_answer_out_of_range_must_be_refused_by_name(
    topic, stop, written, without_pdf, change, good
):
    then = {"input": "rejected with a plain message; other answers kept"}
    stop["variants"] = [{"id": "a", "change": change, "then": then}]
    assert run_cases(topic, written(stop)).passed is good


def test_answers_that_cannot_be_used_fall_short(topic, stop, written, without_pdf):
    stop["intake"]["pain_nsr"] = 3
    result = run_cases(topic, written(stop))
    assert [finding.key for finding in _found(result, "C03", SHORT)] == ["intake"]
    assert "pain_nrs" in result.text


def test_a_ranking_keeps_the_order_of_the_weights_and_its_ties(topic, given):
    weights = {"pain": 0.1, "function": 0.1, "soreness": 0.7, "burden": 0.1}
    assert ranking_of(weights) == ("soreness", "pain=function=burden")
    for nothing in (None, {}, "ranking_only"):
        with pytest.raises(InputError, match="ranking_only"):
            ranking_of(nothing)
    intake = {**given("C17")["intake"], "weights": "ranking_only"}
    fit = show(topic, intake, weights).comparison.fit
    assert fit is not None
    assert next(iter(fit.weights)) == "soreness"


@pytest.mark.parametrize("change", [{"evidence_remove": "x"}, {"evidence_filter": "x_only"}])
def test_evidence_that_does_not_exist_cannot_be_switched_off(topic, given, change):
    with pytest.raises(InputError, match=next(iter(change))):
        show(topic, {**given("C16")["intake"], **change})


def test_the_largest_study_is_left_out(topic, given):
    intake = given("C16")["intake"]
    removed = {**intake, "evidence_remove": "largest study"}
    outlooks = [show(topic, answers).comparison.outlook for answers in (intake, removed)]
    before, after = (
        {study.id for study in outlook.base.network("pain", outlook.subject.audience).studies}
        for outlook in outlooks
    )
    assert before - after == {"haake-2007"}
    assert after < before


def test_two_processes_find_what_one_finds(topic, given, written):
    cases = [given("C03", ("a", "b")), given("C25", ("b", "c"))]
    path = written(*cases)
    assert run_cases(topic, path, workers=2).text == run_cases(topic, path).text
