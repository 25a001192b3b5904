"""Whatever stands in a cell, a check ends in a report."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.topic.check import check_draft, check_topic, format_report
from needlewise.topic.checks.reading import Draft

HOSTILE = ["", " ", "nan", "-inf", "1e400", "1e-400", "0", "-0", "-1", "9" * 400, "1e99999999999"]
HOSTILE += ["=1+1", "<b>", "\0", "\x1b[0m", "\u202e", "\ud800", "yes", "no", "٣", "١٢٫٥", "P-ONLY"]
HOSTILE += ["https://[", "://", "a://b://c", "rule:", "DERIVED IMPUTED", "printed 1e5%", " + ", ";"]
CELLS = st.one_of(
    st.text(max_size=30),
    st.floats().map(str),
    st.integers().map(str),
    st.sampled_from(HOSTILE),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_cell(draft: Draft, data: st.DataObject) -> None:
    """Up to eight cells of the results and harms at once; each put back afterwards."""
    tables = ["arm_results", "contrast_results", "event_results", "harms", "studies", "arms"]
    tables += ["spread", "open_questions", "needling", "course", "options", "points"]
    before = []
    try:
        for _ in range(data.draw(st.integers(1, 8))):
            table = draft.tables[data.draw(st.sampled_from(tables))]
            row = table.rows[data.draw(st.integers(0, len(table) - 1))]
            column = data.draw(st.sampled_from(table.columns))
            before.append((row, column, row[column]))
            row[column] = data.draw(CELLS)
        report = check_draft(draft)
        text = format_report(report)
    finally:
        for row, column, cell in reversed(before):
            row[column] = cell
    assert "\x1b" not in text
    for finding in report.errors:
        assert finding.wrong
        assert finding.do


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=st.binary(max_size=200),
    name=st.sampled_from(["a.csv", "a.json", "a.toml", "topic.toml"]),
)
def test_any_bytes_in_a_file(content: bytes, name: str, tmp_path: Path) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    (tmp_path / "topic.toml").write_text('id = "x"\n', encoding="utf-8")
    (tmp_path / name).write_bytes(content)
    try:
        report = check_topic(tmp_path)
    except InputError as refused:
        pytest.fail(f"a file in a topic folder is a finding, not an end: {refused}")
    assert report.errors
    assert format_report(report)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_setting(draft: Draft, data: st.DataObject) -> None:
    """Any value in place of any setting, whatever its type."""
    keys = st.text(max_size=4)
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=5,
    )
    whole = draft.settings
    key = data.draw(st.sampled_from(sorted(whole)))
    here = whole[key]
    value = data.draw(anything)
    if isinstance(here, dict) and data.draw(st.booleans()):
        inner = data.draw(st.sampled_from(sorted(here)))
        value = {**here, inner: value}
    elif isinstance(here, list) and isinstance(here[0], dict) and data.draw(st.booleans()):
        value = [{**here[0], data.draw(st.sampled_from(sorted(here[0]))): value}, *here[1:]]
    try:
        draft.settings = {**whole, key: value}
        assert format_report(check_draft(draft))
    finally:
        draft.settings = whole
