"""A change of any rule prints which invented people it treats differently."""

import csv
import shutil

import pytest

from needlewise.cases import diff_cases
from needlewise.topic import load_topic


@pytest.fixture
def copy(topic, tmp_path):
    folder = tmp_path / "pack"
    shutil.copytree(topic.folder, folder)
    return folder


def without(folder, table, rule):
    """Delete one rule row."""
    path = folder / table
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    kept = [row for row in rows if row[0] != rule]
    assert len(kept) == len(rows) - 1
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *kept])
    return load_topic(folder)


def test_the_same_rules_change_nobody(topic, copy) -> None:
    assert diff_cases(topic, load_topic(copy)).startswith("0 of ")


def test_a_deleted_red_flag_names_the_cases_it_changes(topic, copy) -> None:
    told = diff_cases(topic, without(copy, "red_flag_rules.csv", "swollen-calf"))
    assert "C11a\n" in told
    assert "triage: urgent -> proceed_with_precautions" in told
    assert told.rstrip().endswith("cases and variants change.")
    assert "C01" not in told


def test_a_deleted_limit_names_option_and_limit(topic, copy) -> None:
    told = diff_cases(topic, without(copy, "option_rules.csv", "nickel"))
    assert "C16a" in told
    assert "dry-needling: precaution -> available" in told
