"""Take a rule, the harms or the ranges away, and the right cases turn red."""

import csv
import json
import re
import shutil

import pytest

from needlewise.cases import channels, run_cases
from needlewise.cases.finding import SHORT
from needlewise.topic import load_topic

pytestmark = pytest.mark.usefixtures("without_pdf")


@pytest.fixture
def changed_topic(topic, tmp_path):
    """A copy of the topic with one table edited row by row; a row of None is left out."""

    def change(table, edit):
        folder = tmp_path / "topic"
        shutil.copytree(topic.folder, folder)
        path = folder / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            names, rows = reader.fieldnames, list(reader)
        kept = [row for row in map(edit, rows) if row is not None]
        assert kept != rows or len(kept) < len(rows)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(kept)
        return load_topic(folder)

    return change


def _short(result, id_):
    outcome = next(o for o in result.outcomes if o.id == id_)
    return {finding.key for finding in outcome.findings if finding.state == SHORT}


def _unless(**cells):
    """An edit that leaves out the rows with these cells."""
    return lambda row: None if all(row[k] == v for k, v in cells.items()) else row


def test_without_the_cauda_equina_rules_the_emergency_is_missed(changed_topic, given, written):
    topic = changed_topic("red_flag_rules", _unless(reason="cauda_equina"))
    result = run_cases(topic, written(given("C01", ("a",))))
    assert "triage" in _short(result, "C01")
    assert "must_show" in _short(result, "C01")
    assert "triage" in _short(result, "C01a")


def test_without_one_of_them_the_variant_that_hangs_on_it_is_missed(changed_topic, given, written):
    topic = changed_topic("red_flag_rules", _unless(rule="bladder-bowel"))
    result = run_cases(topic, written(given("C20", ("a",))))
    assert "triage" in _short(result, "C20a")


def test_without_the_bleeding_rules_warfarin_goes_by(changed_topic, given, written):
    topic = changed_topic("option_rules", _unless(reason="bleeding_risk"))
    found = _short(run_cases(topic, written(given("C06", ("a",)))), "C06")
    assert {"triage", "options.dry_needling", "options.acupuncture.reasons"} <= found
    assert {"options.dry_needling.constraints", "must_show"} <= found


def test_without_the_limits_of_a_rule_they_are_missed(changed_topic, given, written):
    topic = changed_topic("option_rules", lambda row: {**row, "constraints": ""})
    found = _short(run_cases(topic, written(given("C10"))), "C10")
    assert found >= {f"options.{o}.constraints" for o in ("dry_needling", "acupuncture")}
    assert "options.dry_needling" not in found


def test_without_harms_the_row_of_harms_is_missed(changed_topic, given, written):
    case = given("C06")
    case["expect"] = {"must_show": ["harms_row"]}
    topic = changed_topic("harms", lambda row: None)
    assert _short(run_cases(topic, written(case)), "C06") == {"must_show"}


def test_without_ranges_both_detectors_turn_red(topic, given, written, monkeypatch):
    rendered = channels.rendered

    def bare(comparison, channel):
        output = rendered(comparison, channel)
        if channel == channels.JSON:
            return json.dumps(_without_ends(json.loads(output)))
        output = re.sub(r"The range is\s+.*?of\s+100\.", "", output, flags=re.DOTALL)
        return _without_ranges(output)

    monkeypatch.setattr(channels, "rendered", bare)
    case = given("C16")
    case["expect"] = {
        "must_show": ["uncertainty_range", "sources_and_date"], "must_not_show": ["single_number"],
    }  # fmt: skip
    result = run_cases(topic, written(case))
    outcome = result.outcomes[0]
    red = {(f.key, f.expected): f.channels for f in outcome.findings if f.state == SHORT}
    everywhere = ("terminal", "json", "html")
    assert red == {
        ("must_show", "uncertainty_range"): everywhere,
        ("must_not_show", "no single_number"): everywhere,
    }


def _without_ends(value):
    """JSON without the ends of its ranges."""
    if isinstance(value, dict):
        return {k: _without_ends(v) for k, v in value.items() if not k.endswith(("low", "high"))}
    if isinstance(value, list):
        return [_without_ends(item) for item in value]
    return _without_ranges(value) if isinstance(value, str) else value


def _without_ranges(text):
    text = re.sub(r" \([^()]* to [^()]*\)", "", text)
    return re.sub(r"between\s+\S+\s+and\s+\S+", "2", text)


def test_a_comparison_shown_after_a_stop_is_seen(topic, given, written, monkeypatch):
    rendered = channels.rendered
    monkeypatch.setattr(
        channels, "rendered",
        lambda c, channel: rendered(c, channel).replace(
            "Nothing about choosing", "Acupuncture: 54 of 100 better. Nothing about choosing"
        ),
    )  # fmt: skip
    case = given("C03")
    case["expect"] = {"comparison_shown": False, "must_not_show": ["comparison"]}
    result = run_cases(topic, written(case))
    assert _short(result, "C03") == {"comparison_shown", "must_not_show"}
