"""The evidence as text: rows used and not, effects and how exact, fields of a person."""

import re

import pytest
from tests.report.seen import flat

from needlewise.errors import InputError
from needlewise.evidence import audience_all, audience_default, build_network
from needlewise.person import describe_fields
from needlewise.report.evidence import effects_text, evidence_text, fields_text


@pytest.mark.parametrize("everyone", [False, True])
@pytest.mark.parametrize("outcome", ["pain", "disability"])
def test_every_row_is_used_or_said_why_not(topic, outcome, everyone):
    audience = audience_all(topic) if everyone else audience_default(topic)
    network = build_network(topic, outcome, audience)
    told = evidence_text(topic, outcome, everyone=everyone)
    used, unused = told.split("Not used:")
    for study in network.studies:
        assert f"{study.label} ({study.id})" in used
    for row in network.unused:
        assert row.place in unused
    places = set(re.findall(r"\w+_results\.csv:\d+", told))
    for table in ("arm_results", "contrast_results"):
        for row in topic[table]:
            if row["outcome"] == outcome:
                assert row.place in places, row.place


def test_outcomes_that_are_not_pooled_are_listed(topic):
    told = evidence_text(topic, "sleep", everyone=False)
    assert told.startswith("sleep: listed only, not combined here")
    rows = [
        r
        for name in ("arm_results", "contrast_results")
        for r in topic[name]
        if r["outcome"] == "sleep"
    ]
    assert len(told.splitlines()) == len(rows) + 2


def test_effects_show_support_heterogeneity_and_error(topic):
    told = effects_text(topic, "pain", everyone=False, sensitivity=False)
    assert told.startswith("pain, pain for more than 12 weeks: 16 trials")
    error = float(re.search(r"half as many nodes again: ([\d.e-]+) SD", told)[1])
    assert error <= 1e-6
    for status in ("supported", "not-studied", "not-comparable"):
        assert f"; {status}," in told


def test_sensitivity_runs_are_named_and_those_left_out_said(topic):
    told = effects_text(topic, "pain", everyone=False, sensitivity=True)
    for run in topic.settings["sensitivity"]:
        assert f"\n{run['name']}\n" in told
    printed = told.split("without derived, imputed and p-only rows")[1].split("\nall conditions")[0]
    assert "dry-needling: not in this network" in printed


@pytest.mark.parametrize("outcome", ["sleep", "beauty"])
def test_effects_of_what_is_not_pooled_are_refused(topic, outcome):
    with pytest.raises(InputError, match=outcome):
        effects_text(topic, outcome, everyone=False, sensitivity=False)
    if outcome == "beauty":
        with pytest.raises(InputError, match="pain, disability"):
            evidence_text(topic, outcome, everyone=False)


def test_every_field_says_its_values_and_why_it_is_asked(topic):
    told = fields_text(topic)
    for field in describe_fields(topic):
        assert f"{field['field']} (" in told
        if field["why"]:
            assert field["why"] in flat(told)
