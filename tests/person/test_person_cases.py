"""The invented people of the pack: what an honest system must do with each."""

import pytest
from tests.person.people import cases, with_unnamed_signs_no

from needlewise.errors import InputError
from needlewise.person import Person, triage
from needlewise.person.rulebook import RANKS
from needlewise.topic import load_topic

ALL = list(cases(load_topic()))
USABLE = [case for case in ALL if "input" not in case[2]]


@pytest.mark.parametrize(("name", "intake", "then"), USABLE, ids=[c[0] for c in USABLE])
def test_case_holds(topic, name, intake, then):
    result = triage(topic, Person.from_mapping(with_unnamed_signs_no(topic, intake), topic))
    if "triage" in then:
        assert result.outcome == then["triage"]
    if "triage_at_least" in then:
        assert result.rank >= RANKS[then["triage_at_least"]]
    if "triage_at_most" in then:
        assert result.rank <= RANKS[then["triage_at_most"]]
    if "comparison_shown" in then:
        assert result.comparison_shown is then["comparison_shown"]
    assert set(then.get("reasons_include", ())) <= set(result.reason_ids)
    for option, wanted in then.get("options", {}).items():
        wanted = wanted if isinstance(wanted, dict) else {"status": wanted}
        status = result.options[option.replace("_", "-")]
        assert status.status == wanted["status"]
        if "reasons" in wanted:
            assert list(status.reason_ids) == wanted["reasons"]
        if "constraints" in wanted:
            assert [c.text for c in status.constraints] == wanted["constraints"]
    if "constraints_include" in then:
        for option in ("dry-needling", "acupuncture", "electroacupuncture", "both"):
            texts = [c.text for c in result.options[option].constraints]
            assert then["constraints_include"] in texts
    own = {"precaution_reason", "evidence_on_precaution", "do_not_change_medicine", "crisis_help",
           "ask_clinician", "safety_net", "emergency_now", "urgent_medical_review", "why_stopped",
           "handover_note", "right_to_stop", "population_gap", "text_alternative"}  # fmt: skip
    # Case C16's texts of the comparison itself are the report's.
    missing = own & set(then.get("must_show", ())) - set(result.messages)
    assert not missing


@pytest.mark.parametrize(
    ("name", "intake", "then"),
    [case for case in ALL if "input" in case[2]],
    ids=[c[0] for c in ALL if "input" in c[2]],
)
def test_case_input_is_refused(topic, name, intake, then):
    with pytest.raises(InputError, match=r"pain_(nrs|weeks) is .* must be from 0 to"):
        Person.from_mapping(with_unnamed_signs_no(topic, intake), topic)


@pytest.mark.parametrize("name", ["C06", "C15", "C16", "C20", "C23", "C25a"])
def test_a_case_file_without_the_runner_is_clarify(topic, name):
    intake = next(intake for id_, intake, _ in ALL if id_ == name)
    result = triage(topic, Person.from_mapping(intake, topic))
    assert result.outcome == "clarify"
    assert "unknown_answer" in result.reason_ids
    assert {status.status for status in result.options.values()} == {"hidden"}


def test_reasons_are_those_of_the_vocabulary(topic):
    import json

    cases_file = json.loads((topic.folder / "cases.json").read_text("utf-8"))
    ours = set(topic.texts["triage_texts"]["reasons"])
    assert set(cases_file["vocabulary"]["reason"]) <= ours
    assert ours - set(cases_file["vocabulary"]["reason"]) == {"clot", "consent", "heart"}


def test_harmless_narratives_raise_no_alarm(topic):
    import json

    alarming = {"C01", "C03"}
    for case in json.loads((topic.folder / "cases.json").read_text("utf-8"))["cases"]:
        answers = {"free_text": case["narrative"]}
        found = "free_text_alarm" in triage(topic, Person.from_mapping(answers, topic)).reason_ids
        assert found is (case["id"] in alarming), case["id"]
