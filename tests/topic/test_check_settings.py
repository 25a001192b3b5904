"""Faults in topic.toml, planted by replacing one piece of text."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from needlewise.topic.check import Finding

FAULTS = Path(__file__).parent / "faults.toml"
PLANTED = tomllib.loads(FAULTS.read_text(encoding="utf-8"))["settings"]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str, copy: Path, news: Callable[[], list[Finding]]) -> None:
    old, new, column, says = (PLANTED[name][key] for key in ("old", "new", "column", "says"))
    path = copy / "topic.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    found = news()
    print(*found, sep="\n")
    assert [(f.file, f.column) for f in found] == [("topic.toml", column)]
    assert says in found[0].wrong
    line = path.read_text(encoding="utf-8").split("\n")[found[0].line - 1]
    # The line of the key, or where the key is missing that of the table that lacks it.
    keys = tuple(column.split(".")) if column else ("title",)
    assert line.startswith((*keys, "[")) or found[0].line == 1, line


def test_a_technique_must_be_an_option(copy: Path, news: Callable[[], list[Finding]]) -> None:
    path = copy / "topic.toml"
    text = path.read_text(encoding="utf-8")
    old = 'techniques = ["dry-needling", '
    path.write_text(text.replace(old, old + '"laser-needling", '), encoding="utf-8")
    (found,) = news()
    assert (found.column, found.value, found.line) == ("techniques", "laser-needling", 6)


def test_a_component_nobody_grouped(copy: Path, news: Callable[[], list[Finding]]) -> None:
    """Every arm that had it is named."""
    path = copy / "topic.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"tens", "massage"', '"massage"'), encoding="utf-8")
    found = news()
    assert len(found) == 5
    assert {(f.file, f.column) for f in found} == {("arms.csv", "components")}
    assert all("'tens'" in f.wrong for f in found)
