"""What the document says: one number everywhere, icons that add up, sentences that follow."""

import json

import pytest
from tests.report.seen import compared, differences, flat, plain_numbers, somebody

from needlewise import report
from needlewise.choice import Values
from needlewise.outlook.cells import NO_FIGURE
from needlewise.report.document import Chart, Icons, Num, Table, numbers, plain, texts
from needlewise.report.view import document
from needlewise.topic import load_topic

TOPIC = load_topic()
PEOPLE = range(25)


class Anyone:
    """One person's comparison, its document and its JSON."""

    def __init__(self, seed):
        self.comparison = somebody(TOPIC, seed)
        assert self.comparison.outlook.triage.comparison_shown
        self.doc = document(self.comparison)
        self.data = json.loads(report.json(self.comparison))
        self.rows = {row["id"]: row for row in self.data["outlook"]}


@pytest.fixture(scope="module", params=PEOPLE)
def anyone(request):
    return Anyone(request.param)


def blocks(doc, kind):
    return [b for s in doc.sections for b in s.blocks if isinstance(b, kind)]


def test_words_terminal_and_json_show_the_same_numbers(anyone):
    """Hard rule 4, for 25 random people: every number of the page in every channel."""
    text = flat(report.text(anyone.comparison, ids=True))
    data, shown = anyone.data, numbers(anyone.doc)
    assert len(shown) > 20
    for number in shown:
        assert f"{number.text} [{number.id}]" in text
        assert number.text in data["numbers"][number.id]
    assert set(data["numbers"]) == {n.id for n in shown}


def test_the_fields_of_the_json_are_the_numbers_in_words(anyone):
    data, told = anyone.data, dict(anyone.data["numbers"])

    def the(name):
        found = told.pop(name, None)
        return [] if found is None else found

    for row in data["outlook"]:
        key, pain = row["id"], row["outcome"] == "pain"
        effect = row["effect"]
        for text in the(f"effect.{key}"):
            assert differences(text) == [effect["mean"], effect["low"], effect["high"]]
        if pain:
            for text in the(f"course.{key}"):
                assert plain_numbers(text) == [row["mean"], row["low"], row["high"]]
        for text in the(f"you.{key}"):
            assert plain_numbers(text) == [row["you_low"], row["you_high"]]
        chance = the(f"chance.{key}")
        if row["chance"] is not None:
            span = f"{row['chance_low']} to {row['chance_high']}"
            assert set(chance) == {str(row["chance"]), str(100 - row["chance"]), span}
            assert row["chance_low"] <= row["chance"] <= row["chance_high"]
        for text in the(f"difference.{key}"):
            more = [row["difference"], row["difference_low"], row["difference_high"]]
            assert differences(text) == more
            assert row["difference"] == row["chance"] - row["chance_without"]
            assert more[1] <= more[0] <= more[2]
        for text in the(f"trials.{key}"):
            assert plain_numbers(text) == [row["trials"]]
        for text in the(f"people.{key}"):
            assert plain_numbers(text) == [row["people"]]
    for row in data["shams"]:
        for text in the(f"effect.{row['id']}"):
            assert differences(text) == [row["effect"][k] for k in ("mean", "low", "high")]
        for text in the(f"chance.{row['id']}"):
            assert differences(text) == [row["people_of_100"][k] for k in ("mean", "low", "high")]
    for row in data["harms"]:
        for text in the(row["id"]):
            kept = [row[k] for k in ("mean", "low", "high") if row[k] is not None]
            assert plain_numbers(text) == pytest.approx(kept, rel=1e-5)
    for row in data["options"]:
        for text in the(f"visits.{row['option']}"):
            assert plain_numbers(text) == [row["visits"]]
    if fit := data["comparison"]["fit"]:
        assert sum(fit["ahead"].values()) in {0, 100}
        for option, count in fit["ahead"].items():
            low, high = fit["ahead_low"][option], fit["ahead_high"][option]
            span = f"{count}" if low == high == count else f"{count} ({low} to {high})"
            assert set(the(f"fit.{option}")) == {str(count), span}
        for flip in fit["flips"][:1]:
            assert set(the(f"flip.{flip['criterion']}")) == {str(flip["now"]), str(flip["needed"])}
    runs = {}
    for row in data["comparison"]["what_if"]:
        runs.setdefault(row["assumption"], {})[row["option"]] = row
    for number, run in enumerate(runs.values(), 1):
        for option, row in run.items():
            for text in the(f"what-if.{number}.{option}"):
                ends = [row["chance"], row["chance_low"], row["chance_high"]]
                assert text == "{} of 100 ({} to {})".format(*ends)
    for row in data["outlook"]:
        for text in the(f"what-if.0.{row['option']}") if row["id"].startswith("pain.13.") else []:
            ends = [row["chance"], row["chance_low"], row["chance_high"]]
            assert text == "{} of 100 ({} to {})".format(*ends)
    left = {name.split(".")[0] for name in told}
    printed = {"recurrence", "natural", "claim", "practice"}  # as a source prints them
    assert left <= {"trials", "benchmark"} | printed, "a number no field of the JSON holds"


def test_icons_add_up_and_agree_with_the_counts(anyone):
    data = anyone.rows
    for icons in blocks(anyone.doc, Icons):
        week = icons.id.removeprefix("picture.")
        without = data[f"pain.{week}.no-needling"]["chance"]
        assert [row.option for row in icons.rows] == [o.id for o in TOPIC.options]
        for row in icons.rows:
            figures = data[f"pain.{week}.{row.option}"]
            if not row.counts:
                assert figures["chance"] is None
                continue
            counts = dict(row.counts)
            assert sum(counts.values()) == 100
            better = counts.get("same", 0) + counts.get("more", 0)
            assert better == figures["chance"]
            assert counts.get("same", 0) + counts.get("fewer", 0) == row.line == without
            assert counts.get("more", 0) - counts.get("fewer", 0) == better - without
            assert 0 <= row.solid <= better <= row.band <= 100
            told = " ".join(map(plain, row.beside))
            assert f"{better} of 100 better, {100 - better} not" in told
            assert ("no better, or worse" in told) == (
                figures["difference_low"] is not None and figures["difference_low"] <= 0
            )


def test_the_chart_shows_the_table_s_numbers(anyone):
    data = anyone.rows
    for chart in blocks(anyone.doc, Chart):
        for series in chart.series:
            for week, mean, low, high in series.points[1:]:
                row = data[f"pain.{week:g}.{series.option}"]
                assert (mean, low, high) == (row["mean"], row["low"], row["high"])


def test_every_cell_of_a_table_has_a_number_or_a_reason(anyone):
    tables = {t.caption: t for t in blocks(anyone.doc, Table)}
    for caption in ("Pain against no needling, points of 100", "Function against no needling, "
                    "points of 24"):  # fmt: skip
        for row in tables[caption].rows:
            for cell in row[1:]:
                text = plain(cell)
                told = any(isinstance(p, Num) for p in cell)
                reasons = (*NO_FIGURE.values(), "not studied", "nobody has measured this",
                           "what the others are set against")  # fmt: skip
                assert told or text in reasons, (caption, text)


def test_no_number_is_not_a_number(anyone):
    for text in texts(anyone.doc):
        assert "nan" not in plain(text).lower().split()
        assert "None" not in plain(text)


def test_the_sections_stand_in_the_one_order():
    doc = document(compared(TOPIC))
    assert [s.id for s in doc.sections] == [
        "who", "answer", "picture", "over-time", "usual", "needle", "downsides", "takes",
        "together", "guidelines", "practice", "heard", "sure", "limits", "values", "gaps", "next",
        "words",
    ]  # fmt: skip


def test_a_stop_tells_what_to_do_and_only_what_stops():
    comparison = compared(TOPIC, red_flags__saddle_numbness="yes", pain_weeks=1.5)
    doc = document(comparison)
    assert doc.stop
    assert numbers(doc) == ()
    assert doc.sources == ()
    assert doc.sections[0].id == "stop"
    told = flat(report.text(comparison))
    assert "Most new back pain eases by itself" not in told  # true, and no answer to an alarm
    assert "Numbness between the legs" in told
    assert "acupuncture" not in told.lower()


def test_what_others_were_studied_is_said_beside_each_number():
    told = flat(report.text(compared(TOPIC, pain_weeks=2)))
    assert "No trial of people like you could be used" in told
    for block in blocks(document(compared(TOPIC, pain_weeks=2)), Table):
        if block.caption.startswith("Pain against"):
            for row in block.rows:
                for cell in row[1:]:
                    if any(isinstance(p, Num) for p in cell):
                        assert "studied only in" in plain(cell)
    assert "ours studied only in" in told


def test_one_trial_is_called_one_trial():
    told = flat(report.text(compared(TOPIC)))
    assert "One trial suggests that electroacupuncture" in told
    assert "(1 trial, 52 people; certainty very low)" in told


def test_sources_name_every_trial_behind_a_number(anyone):
    data = anyone.data
    known = {s["id"] for s in data["sources"]}
    for part in ("outlook", "shams", "harms"):
        for row in data[part]:
            if row.get("trials") != 0:
                assert {i.split("/")[0] for i in row["source_ids"]} <= known, row["id"]
    course = anyone.comparison.outlook.course
    for source in course.sources if course else ():
        assert source.id.split("/")[0] in known


def test_no_values_no_fit_and_a_line_how():
    comparison = compared(TOPIC)
    assert comparison.fit is None
    told = flat(report.text(comparison))
    assert "You have not said what matters to you, so no fit is shown." in told
    assert "Put what matters in order" in told


def test_weights_shown_sum_to_100_and_flips_speak_of_them():
    comparison = compared(TOPIC, Values.weighted({"pain": 1, "visits": 1, "needles": 1}))
    told = flat(report.text(comparison))
    assert "pain relief 34, few visits 33, no needles 33" in told
    flip = comparison.fit.flips[0]
    label = {"pain": "pain relief", "visits": "few visits", "needles": "no needles"}[flip.criterion]
    shown = {"pain": 34, "visits": 33, "needles": 33}[flip.criterion]
    assert f"If {label} counted" in told
    assert f"of 100 instead of {shown}," in told
