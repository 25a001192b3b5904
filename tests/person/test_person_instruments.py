"""Questionnaires scored: the sums, what is missing, what sources say and where they disagree."""

import csv
import math
import re
import shutil
import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.person.people import calm

from needlewise.errors import InputError
from needlewise.person import Person, triage
from needlewise.person.instruments import (
    load_scoring,
    score_instrument,
    score_lines,
    scores,
)
from needlewise.person.person import MOST_ACTIVITIES
from needlewise.topic import load_topic

TOPIC = load_topic()
NRS, RMDQ, ODI, PEG, PSFS = load_scoring(TOPIC)
SECTIONS = st.lists(st.none() | st.integers(0, 5), min_size=10, max_size=10)
ALL = {
    "pain_nrs": 6,
    "rmdq24": 10,
    "odi": {f"section_{n}": 2 for n in range(1, 11)},
    "peg": {"pain": 7, "enjoyment": 6, "activity": 4},
    "psfs": [{"activity": "dig", "score": 3}, {"activity": "sit", "score": 4},
             {"activity": "run", "score": 0}],
}  # fmt: skip


def lines(answers):
    return score_lines(TOPIC, Person.from_mapping(answers, TOPIC))


def odi(*sections):
    return score_instrument(TOPIC, ODI, sections)


def test_a_person_who_brings_nothing_has_no_scores():
    assert scores(TOPIC, Person.from_mapping({"psfs": [], "odi": {"form": "no"}}, TOPIC)) == ()


def test_all_that_is_brought_is_scored_in_file_order():
    found = scores(TOPIC, Person.from_mapping(ALL, TOPIC))
    assert [s.instrument for s in found] == [NRS, RMDQ, ODI, PEG, PSFS]
    assert [s.value for s in found] == pytest.approx([6, 10, 40, 17 / 3, 7 / 3])
    assert [(s.answered, s.of) for s in found] == [(1, 1), (1, 1), (10, 10), (3, 3), (3, 3)]
    assert [s.higher_is for s in found] == ["worse"] * 4 + ["better"]


def test_the_lines_read_as_a_person_would_say_them():
    pain, roland, oswestry, peg, activity = lines(ALL)
    assert pain.startswith("Your pain score is 6 of 10. A change of 2 points or 30 % counts")
    assert roland == (
        "Your Roland-Morris score is 10 of 24. A change of 5 points or 30 % counts (Ostelo 2008). "
        "Less than 4 to 5 points may be chance (Stratford 1996)."
    )
    assert "moderate limits (Oswestry scoring sheet; LOINC 97909-6)" in oswestry
    assert "12.8 points" in oswestry
    assert peg.startswith("Your PEG score is 5.7 of 10. A change of 1 to 1.75 points counts")
    assert "More is better. How big a change counts is not stated." in activity


# ---- The Oswestry sum: a missed section leaves the denominator ----


def test_the_worked_examples_of_the_oswestry_sheet():
    assert odi(1, 1, 1, 1, 2, 2, 2, 2, 2, 2).value == pytest.approx(32)  # 16 of 50
    nine = odi(1, 1, 2, 2, 2, 2, 2, 2, 2, None)
    assert nine.value == pytest.approx(16 / 45 * 100)
    assert (nine.answered, nine.of) == (9, 10)
    assert "9 of 10 answers; the rest are left out" in nine.note
    assert "at least is not stated" in nine.note


@given(SECTIONS)
def test_oswestry_is_the_share_of_what_was_answered(sections):
    score = odi(*sections)
    answered = [s for s in sections if s is not None]
    if not answered:
        assert score.value is None
        return
    assert score.value == pytest.approx(20 * statistics.fmean(answered))
    assert score.low <= score.value <= score.high
    assert score.band is not None


@given(SECTIONS, st.randoms())
def test_the_order_of_the_sections_does_not_matter(sections, random):
    mixed = random.sample(sections, len(sections))
    assert odi(*mixed) == odi(*sections)


@given(st.lists(st.integers(0, 5), min_size=10, max_size=10), st.integers(0, 9))
def test_a_worse_section_never_lowers_the_score(sections, at):
    worse = [min(5, s + (n == at)) for n, s in enumerate(sections)]
    assert odi(*worse).value >= odi(*sections).value


def test_an_oswestry_person_with_a_gap_is_scored_without_it():
    sections = {f"section_{n}": 5 for n in range(1, 10)}
    (score,) = scores(TOPIC, Person.from_mapping({"odi": sections}, TOPIC))
    assert (score.value, score.answered, score.of) == (100, 9, 10)


# ---- Bands ----


def test_oswestry_bands_that_disagree_are_both_said():
    score = odi(5, 5, 2, 0, 0, 0, 0, 0, 0, 0)  # 24 of 100, 12 of 50
    assert score.band == "moderate limits (Oswestry scoring sheet); mild limits (LOINC 97909-6)"
    assert "Printed bands do not agree" in score.note
    assert not any("This is called" in s for s in score.sentences)


def test_bands_printed_on_the_sum_need_the_whole_form():
    assert "LOINC" in (odi(*[2] * 10).band or "")
    assert odi(*[2] * 9, None).band == "moderate limits (Oswestry scoring sheet)"


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (0, "recovered (Kamper 2010); mild (Boonstra 2016)"),
        (5, "mild (Boonstra 2016)"),
        (6, "moderate (Boonstra 2016)"),
        (7, "moderate (Boonstra 2016)"),
        (8, "severe (Boonstra 2016)"),
        (10, "severe (Boonstra 2016)"),
        (5.5, None),
    ],
)
def test_pain_bands_hold_their_bounds(value, band):
    score = score_instrument(TOPIC, NRS, value)
    assert score.band == band
    assert ("between two printed bands" in score.note) == (band is None)
    assert "do not agree" not in score.note  # recovered and mild are not one scale


@pytest.mark.parametrize(
    ("value", "recovered", "narrow"),
    [(0, True, True), (2, True, True), (3, False, True), (4, False, False), (20, False, False),
     (21, False, True)],
)  # fmt: skip
def test_roland_scores_at_the_ends_say_they_can_hardly_change(value, recovered, narrow):
    score = score_instrument(TOPIC, RMDQ, value)
    assert (score.band == "recovered (Kamper 2010)") == recovered
    assert ("little room to show change" in score.note) == narrow


# ---- What is missing ----


def test_peg_needs_all_three():
    score = score_instrument(TOPIC, PEG, [6, None, 5])
    assert (score.value, score.answered, score.of, score.band) == (None, 2, 3, None)
    assert score.note == "All 3 are needed: no rule for a missed one was found."
    (line,) = lines({"peg": {"pain": 6}})
    assert line.startswith("Your PEG score cannot be worked out: 1 of 3 answers are there.")
    assert "counts" not in line


def test_answers_left_off_the_end_are_missing_too():
    assert score_instrument(TOPIC, PEG, [6, 5]).value is None
    assert odi(1, 1).of == 10


def test_few_activities_are_scored_and_said():
    three = score_instrument(TOPIC, PSFS, [2, 4, 6])
    assert (three.value, three.note) == (4, "")
    assert str(three.detectable_change) == "2 points (Stratford 1995)"
    one = score_instrument(TOPIC, PSFS, [2])
    assert str(one.detectable_change) == "3 points (Stratford 1995)"
    assert "asks for 3 to 5; 1 scored" in one.note
    gap = score_instrument(TOPIC, PSFS, [2, 4, 6, None])
    assert (gap.value, gap.answered, gap.of) == (4, 3, 4)
    assert "3 of 4 answers" in gap.note


def test_what_no_source_states_reads_not_stated():
    change = score_instrument(TOPIC, PSFS, [2, 4, 6]).change_that_matters
    assert (str(change), change.stated, change.low, change.percent) == (
        "not stated", False, None, None,
    )  # fmt: skip
    assert str(score_instrument(TOPIC, NRS, 4).detectable_change) == "not stated"


# ---- What is refused ----


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"odi": {"section_1": 6}}, "odi.section_1 is 6 but must be from 0 to 5."),
        ({"odi": {"section_1": 2.5}}, "odi.section_1 is 2.5 but must be a whole number."),
        ({"odi": {"section_11": 1}}, "odi.section_11 is not a field"),
        ({"odi": [1, 2]}, "odi must be a table"),
        ({"peg": {"pain": 11}}, "peg.pain is 11 but must be from 0 to 10."),
        ({"peg": {"pain": "6"}}, "peg.pain must be a number, not '6'."),
        ({"psfs": [{"activity": "walk", "score": -1}]}, "psfs.1.score is -1 but must be from 0"),
        ({"psfs": [{"activity": "walk", "scor": 1}]}, "did you mean 'psfs.1.score'?"),
        ({"psfs": [{"activity": str(n), "score": 1} for n in range(6)]},
         "psfs names 6 activities; keep the 5 that matter most."),
        ({"rmdq24": 25}, "rmdq24 is 25 but must be from 0 to 24."),
    ],
)  # fmt: skip
def test_numbers_off_the_form_are_refused_at_intake(answers, told):
    with pytest.raises(InputError) as error:
        Person.from_mapping(answers, TOPIC)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("name", "answers", "told"),
    [
        ("PHQ-2", [1, 1], "'PHQ-2' is not scored; use one of NRS pain intensity"),
        (NRS, 11, "is 11 but must be from 0 to 10"),
        (NRS, math.nan, "is nan but must be from 0 to 10"),
        (ODI, [1] * 11, "takes up to 10 answers, not 11"),
        (PEG, [], "takes up to 3 answers, not 0"),
        (PSFS, [1, 2, -1], "is -1 but must be from 0 to 10"),
    ],
)
def test_answers_that_do_not_fit_are_refused_when_scored(name, answers, told):
    with pytest.raises(InputError, match=re.escape(told)):
        score_instrument(TOPIC, name, answers)


# ---- The data behind it ----


def test_the_numbers_are_those_of_the_tables_they_come_from():
    """The machine-readable row repeats its sources and adds nothing."""
    named = TOPIC["instruments"].by("name")
    for name, instrument in load_scoring(TOPIC).items():
        row = named[name]
        printed = set(re.findall(r"\d+(?:\.\d+)?", " ".join(row.values())))
        cells = ("change", "change_percent", "detectable", "detectable_one", "room", "items")
        for cell in cells:
            if name in {NRS, RMDQ} and cell == "items":  # the total alone is brought
                continue
            for number in re.findall(r"\d+(?:\.\d+)?", instrument.row[cell]):
                assert {number, f"{number}.0"} & printed, (name, cell, number)
        assert ("higher = worse" in row["direction"]) == (instrument.row["higher_is"] == "worse")
        assert row["score_range"].startswith("0-10" if name == PSFS else
                                             f"0-{instrument.span[1]:g}")  # fmt: skip


def test_the_thresholds_named_say_the_same():
    for instrument in load_scoring(TOPIC).values():
        rows = {r.place: r for r in TOPIC["thresholds"] if r.place in instrument.places}
        if not instrument.row["thresholds"]:
            assert not rows
            continue
        by_kind = {r["kind"]: r["threshold"] for r in rows.values()}
        assert by_kind == {
            "absolute": instrument.row["change"],
            "percent": instrument.row["change_percent"],
        }


def test_every_place_is_a_row_of_the_pack():
    for score in scores(TOPIC, Person.from_mapping(ALL, TOPIC)):
        for place in score.places:
            file, _, line = place.partition(":")
            assert any(row.line == int(line) for row in TOPIC[file.removesuffix(".csv")])
        assert score.places[0].startswith("scoring.csv")


def test_the_bands_of_one_source_do_not_overlap():
    for instrument in load_scoring(TOPIC).values():
        for source in {b["source"] for b in instrument.bands}:
            ends = [(float(b["low"]), float(b["high"])) for b in instrument.bands
                    if b["source"] == source]  # fmt: skip
            assert ends == sorted(ends)
            assert all(a[1] < b[0] for a, b in pairwise(ends))


def test_the_form_of_activities_is_as_long_as_the_row_says():
    assert load_scoring(TOPIC)[PSFS].items[1] == MOST_ACTIVITIES


def test_scores_change_nothing_in_the_safety_check():
    plain = triage(TOPIC, Person.from_mapping(calm(TOPIC), TOPIC))
    told = triage(TOPIC, Person.from_mapping({**calm(TOPIC), **ALL}, TOPIC))
    assert (plain.outcome, plain.options) == (told.outcome, told.options)


# ---- Another topic's rows ----


def changed(tmp_path, scored, /, **cells):
    """The topic with cells of one scoring row replaced."""
    folder = shutil.copytree(TOPIC.folder, tmp_path / "topic")
    with (folder / "scoring.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["instrument"] == scored:
            row.update(cells)
    with (folder / "scoring.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return load_topic(folder)


@pytest.mark.parametrize(("combine", "value"), [("sum", 9), ("mean", 3), ("count", 2)])
def test_how_answers_are_combined_is_data(tmp_path, combine, value):
    topic = changed(tmp_path, PEG, combine=combine)
    assert score_instrument(topic, PEG, [0, 4, 5]).value == value


def test_a_least_number_of_answers_is_data(tmp_path):
    topic = changed(tmp_path, ODI, least="8")
    assert score_instrument(topic, ODI, [1] * 8).value == 20
    short = score_instrument(topic, ODI, [1] * 7)
    assert short.value is None
    assert "At least 8 are needed." in short.note


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"change": "many"}, "column change: 'many' is not a number or a range"),
        ({"items": ""}, "column items is empty"),
        ({"combine": "product"}, "a way to combine that is not known"),
        ({"field": "shoe_size"}, "a field or a way to combine that is not known"),
        ({"instrument": "PEGG"}, "names an instrument"),
    ],
)
def test_a_broken_row_is_told_with_its_place(tmp_path, cells, told):
    with pytest.raises(InputError, match=told) as error:
        load_scoring(changed(tmp_path, PEG, **cells))
    assert "scoring.csv:5" in str(error.value)


# ---- Plain words ----


def syllables(word):
    found = len(re.findall(r"[aeiouy]+", word))
    return max(1, found - (word.endswith("e") and not word.endswith("le")))


def grade(text):
    """Flesch-Kincaid grade; sources in brackets are read past, as on a page."""
    text = re.sub(r"\([^)]*\)", "", text)
    words = re.findall(r"[a-z]+", text.casefold())
    sentences = max(1, len(re.findall(r"[.:;](?:\s|$)", text)))
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_the_lines_are_plain():
    sections = {f"section_{n}": 1 + (n > 5) for n in range(1, 10)}
    dig = [{"activity": "dig", "score": 1}]
    hard = {"peg": {"pain": 6}, "psfs": dig, "rmdq24": 2, "pain_nrs": 5.5, "odi": sections}
    for line in (*lines(ALL), *lines(hard)):
        assert grade(line) <= 8, line
        assert "!" not in line
        assert "crippled" not in line
        assert "{" not in line
