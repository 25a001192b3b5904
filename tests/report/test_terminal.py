"""The terminal: readable at 80 columns, and nothing that could move the cursor."""

import itertools
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report.seen import compared, flat

from needlewise import report
from needlewise.choice import Values
from needlewise.report import terminal
from needlewise.report.document import Document, Num, Paragraph, Section, Source, Table
from needlewise.topic import load_topic

TOPIC = load_topic()
ID = re.compile(r"\[[\w.-]+\]")


@pytest.fixture(scope="module")
def office():
    return compared(TOPIC, Values.ranking("pain", "lasting", "visits"), name="Ann")


def test_80_columns(office):
    for ids in (False, True):
        assert max(map(len, report.text(office, ids=ids).splitlines())) <= 80


def test_ids_only_where_asked_for(office):
    assert not ID.search(report.text(office))
    assert len(ID.findall(flat(report.text(office, ids=True)))) > 100


def test_colours_only_where_asked_for(office):
    assert "\x1b" not in report.text(office)
    coloured = report.text(office, colour=True)
    assert "\x1b[1m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == report.text(office)


@given(st.text(max_size=60))
@settings(max_examples=80, deadline=None)
def test_no_control_character_passes(value):
    """Whatever a name or a goal holds: no escape, no cursor, no override of direction."""
    blocks = (
        Paragraph((value, Num(value, "a.b"))),
        Table(value, (value, value), (((value,), (value,)),)),
    )
    source = Source(value, value, value, value, value, value, value)
    document = Document(
        value, (value,), (Section("s", value, blocks),), ((value, value),), sources=(source,)
    )
    shown = terminal.text(document, ids=True)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} for c in shown.replace("\n", ""))


HOSTILE = [
    "\x1b]0;owned\x07Ann", "Ann\x1b[2J\x1b[H", "a\u202egnp.exe", "\r\nPain: 0", "\u200b" * 150,
    "‮‮", "<script>alert(1)</script>", '#read("/etc/passwd")', "=cmd|' /C calc'!A0", "😀" * 40,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_harmless(name):
    shown = report.text(compared(TOPIC, name=name, goals=[name]))
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    assert not any(line.startswith("Pain: 0") for line in shown.splitlines())


def test_a_hatched_field_where_nothing_is_known(office):
    lines = report.text(office).splitlines()
    at = lines.index("Both")
    assert lines[at + 1].strip() == "/" * 50


def test_icon_fields_have_100_marks(office):
    lines = report.text(office).splitlines()
    fields = [k for k, row in enumerate(lines) if re.fullmatch(r"    [#+~.-]{50}", row)]
    pairs = [(a, b) for a, b in itertools.pairwise(fields) if b == a + 1]
    assert len(pairs) > 10
    for a, b in pairs:
        marks = lines[a].strip() + lines[b].strip()
        assert marks == "".join(sorted(marks, key="#+~-.".index)), "filled in one order"
        better = int(lines[b + 1].split()[0])
        assert marks.count("#") + marks.count("+") + marks.count("~") == better


def test_doi_else_pmid_else_read_at():
    doi = Source("a", "L", "d", "10.1/x", "123", "http://y", "trial")
    assert terminal.source_line(doi).endswith("doi.org/10.1/x")
    pmid = Source("a", "L", "", "", "123", "http://y", "trial")
    assert terminal.source_line(pmid) == "L, trial; PMID 123"
    read = Source("a", "L", "", "", "", "http://y", "trial")
    assert terminal.source_line(read) == "L, trial; read at http://y"
    assert terminal.source_line(Source("a", "L", "", "", "", "", "t")).endswith("no address")


def test_about_says_what_the_content_is(office):
    shown = flat(report.text(office))
    for said in ("not yet signed off by a clinician", "none received", "2026-11-22", "2027-05-22",
                 "to inform and compare; not to diagnose or prescribe", TOPIC.hash):  # fmt: skip
        assert said in shown
