"""What the report says and how it reads."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from needlewise.topic.check import Finding, Report, check_topic, format_report
from needlewise.topic.checks.schema import load_schema

from .conftest import SHIPPED, change


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://api-pubmed-ncbi.laibokeji.com/31208917", "proxy"),
        ("https://tokyo-2-qrcode.vukou.com/37141924", "proxy"),
        ("bestpractice-bmj-com.bibliotheek.ehb.be", "proxy"),
        ("https://mijn.bsl.nl/link", "behind a login"),
        ("http://47.251.13.51:8081/35639723", "address of a bare number"),
        ("http://218.28.6.71:81/", "address of a bare number"),
        ("https://scribd.com/document/192434603", "copy of a document"),
        ("https://docksci.com/", "copy of a document"),
        ("https://studylib.net/doc/10804808/", "copy of a document"),
        ("https://metajournal.com/articles/1263151", "mirror of a database"),
        ("https://ncbi.nlm.nih.gov./books", "odd host"),
        ("http://pilotfeasibilitystudies.biomedcentral.com", "plain http"),
        ("handmsg.com", "no https://"),
        ("source page not kept; check before use", "words in place of an address"),
    ],
)
def test_doubtful_addresses_are_listed(address: str, kind: str, shipped: Report) -> None:
    kinds = {f.wrong.partition(",")[0] for f in shipped.only("note") if address in f.value}
    assert kinds == {kind}


@pytest.mark.parametrize(
    "address",
    ["pubmed.ncbi.nlm.nih.gov", "https://pmc.ncbi", "https://doi.org", "https://www.bmj.com"],
)
def test_sound_addresses_are_not(address: str, shipped: Report) -> None:
    values = [f.value for f in shipped.only("note") if f.check == "address"]
    assert not [v for v in values if v.startswith(address)]


def test_the_printed_rate_that_does_not_match_its_counts(shipped: Report) -> None:
    """1 of 3,974 is 0.025 %, while the paper prints 0.003 %."""
    (found,) = (f for f in shipped.only("open") if "3,974" in f.wrong)
    assert (found.file, found.line, found.column) == ("harms.csv", 86, "notes")
    assert "0.025 %" in found.wrong


def test_a_finding_reads_place_wrong_value_do(copy: Path) -> None:
    change(copy, "spread", {"group": "control"}, {"sd_baseline": "2.04"})
    report = check_topic(copy)
    text = format_report(report)
    assert (
        "spread.csv:7 sd_baseline: an SD on 0-100 lies between 3 and 50 ('2.04'). Is it a\n"
        "    standard error, or on 0-10?\n"
    ) in text
    assert "     1  errors\n" in text
    assert text.endswith("The topic cannot be used as it is.\n")
    assert not report.passed


def test_lines_fit_a_terminal(shipped: Report) -> None:
    text = format_report(shipped)
    assert not [line for line in text.splitlines() if len(line) > 80 and " (and" not in line]
    assert text.endswith("The topic can be used.\n")
    assert text == format_report(check_topic())


def test_a_hostile_value_cannot_act_on_the_terminal() -> None:
    hostile = "x\x1b[2J\u202e" * 400
    finding = Finding("error", "a\n.csv", 2, hostile[:9], hostile, "text", hostile, hostile[:9])
    notes = (replace(finding, severity="note"), replace(finding, severity="open"))
    rule = replace(finding, severity="open", check="clinician")
    text = format_report(Report(hostile, 1, 1, (finding, *notes, rule)))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\u001b[2J" in text
    assert len(text) < 20_000


def test_the_schema_knows_every_column_that_the_topic_explains() -> None:
    """Column names in the tables of SCHEMA.md stand in schema.toml, and the other way round."""
    text = (SHIPPED / "SCHEMA.md").read_text(encoding="utf-8")
    shapes = load_schema().tables
    for name in ("studies", "arms", "arm_results", "contrast_results"):
        section = re.split(rf"### {name}\.csv", text)[1].split("###")[0]
        cells = re.findall(r"^\| ([a-z][a-z0-9_, ]+) \|", section, re.M)
        explained = {c.strip() for cell in cells for c in cell.split(",")} - {"column"}
        assert explained <= set(shapes[name].columns), name


def test_every_limit_has_its_reason() -> None:
    import tomllib

    from needlewise.topic.checks.schema import SCHEMA

    limits = tomllib.loads(SCHEMA.read_text(encoding="utf-8"))["limits"]
    assert all(limit["reason"] and limit["unit"] for limit in limits.values())
