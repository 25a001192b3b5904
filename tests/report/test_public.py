"""The public pages: every trial accounted for, every assumption said, nothing from nowhere."""

import ast
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import evidence_made_up as made_up
import pytest
from test_reading import HIGHEST, faults

from needlewise.errors import InputError
from needlewise.evidence import audience_all, audience_default
from needlewise.report import public, reading
from needlewise.report.as_html import html
from needlewise.report.document import Bullets, Callout, Paragraph, Table, block_texts, plain, texts
from needlewise.report.figures.forest import own_estimates
from needlewise.report.public_words import display_unit, signed
from needlewise.synthesis.base import evidence_base
from needlewise.topic import load_topic

TOPIC = load_topic()
REPORT = Path(public.__file__).parent
OUTCOMES = ("pain", "disability")
HOSTILE = "<script>alert(1)</script> & <img src=x onerror=y>"


def tables(section):
    return [b for b in section.blocks if isinstance(b, Table)]


def all_text(sections):
    found = []
    for section in sections:
        for block in section.blocks:
            found += [plain(t) for t in block_texts(block)]
            found += [getattr(block, "caption", ""), getattr(block, "title", "")]
    return "\n".join(found)


def cells(table):
    return [[plain(cell) for cell in row] for row in table.rows]


def everyone(outcome):
    return evidence_base(TOPIC).network(outcome, audience_all(TOPIC))


# ---- Trials used and left out ----


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_trial_used_stands_there_once_with_the_engines_numbers(outcome):
    network = everyone(outcome)
    found = tables(public.trials_used(TOPIC, outcome))
    assert len(found) == len(network.studies)
    unit = display_unit(network)
    for table, study in zip(found, network.studies, strict=True):
        assert table.caption.startswith(f"{study.label}: ")
        expected = [
            [f"{week:g}", signed(unit * value), signed(unit * variance**0.5), ", ".join(places)]
            for arm in study.arms
            for week, value, variance, places in zip(
                arm.weeks, arm.values, arm.variances, arm.places, strict=True
            )
        ]
        assert [[row[k] for k in (1, 2, 3, 6)] for row in cells(table)] == expected
    labels = [s.label for s in network.studies]
    captions = [t.caption.split(": ")[0] for t in found]
    assert sorted(captions) == sorted(labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_trials_of_other_people_only_are_marked(outcome):
    ordinary = {
        s.id for s in evidence_base(TOPIC).network(outcome, audience_default(TOPIC)).studies
    }
    section = public.trials_used(TOPIC, outcome)
    notes = [plain(b.text) for b in section.blocks
             if isinstance(b, Paragraph) and "It counts for" in plain(b.text)]  # fmt: skip
    for study, note in zip(everyone(outcome).studies, notes, strict=True):
        assert ("only other people" in note) is (study.id not in ordinary)


def test_a_trials_figures_here_give_its_estimate_in_the_forest():
    network = everyone("pain")
    own = {
        o.study.id: o
        for o in own_estimates(network, ("acupuncture",), TOPIC.settings["horizons"][0])
    }
    table = next(t for t in tables(public.trials_used(TOPIC, "pain"))
                 if t.caption.startswith("Molsberger"))  # fmt: skip
    values = {row[0]: float(row[2].replace("−", "-")) for row in cells(table) if row[1] == "4"}
    assert values["acupuncture + usual care"] - values["usual care"] == pytest.approx(
        own["molsberger-2002"].value, abs=0.11
    )


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_used_left_out_and_silent_trials_are_all_trials(outcome):
    network = everyone(outcome)
    used = {s.label for s in network.studies}
    section = public.trials_left_out(TOPIC, outcome)
    whole, partly = tables(section)
    left = {row[0] for row in cells(whole)}
    silent = plain(section.blocks[-1].text).split(": ", 1)[1].rstrip(".").split(", ")
    assert {row[0] for row in cells(partly)} <= used
    assert not used & left
    labels = [r["label"] for r in TOPIC["studies"]]
    told = ", ".join([*used, *left, *silent])
    for label in labels:
        assert label in told
    rows = [r for r in (*TOPIC["arm_results"], *TOPIC["contrast_results"])
            if r["outcome"] == outcome]  # fmt: skip
    quiet = {r["study_id"] for r in TOPIC["studies"]} - {r["study_id"] for r in rows}
    assert len(used) + len(left) + len(quiet) == len(labels)
    for row in TOPIC["studies"]:
        if row["study_id"] in quiet:
            assert row["label"] in ", ".join(silent)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_row_is_used_or_left_out_with_a_reason(outcome):
    used = all_text([public.trials_used(TOPIC, outcome)])
    found = [row for t in tables(public.trials_left_out(TOPIC, outcome)) for row in cells(t)]
    assert all(row[1] for row in found)
    places = [place for row in found for place in row[2].split(", ")]
    assert len(places) == len(set(places))
    for row in (*TOPIC["arm_results"], *TOPIC["contrast_results"]):
        if row["outcome"] == outcome:
            in_use = re.search(rf"\b{re.escape(row.place)}\b", used) is not None
            assert in_use is not (row.place in places), row.place


def test_outcomes_that_are_not_combined_are_listed():
    section = public.trials_used(TOPIC, "sleep")
    rows = [r for r in (*TOPIC["arm_results"], *TOPIC["contrast_results"])
            if r["outcome"] == "sleep" and r["use"] == "yes"]  # fmt: skip
    assert [row[-1] for row in cells(tables(section)[0])] == [r.place for r in rows]
    left = [row for t in tables(public.trials_left_out(TOPIC, "sleep")) for row in cells(t)]
    assert all(row[1] for row in left)


def test_a_topic_without_trials_says_so():
    empty = made_up.without_trials(TOPIC)
    for outcome in (*OUTCOMES, "sleep"):
        assert "No trial of this outcome can be used." in all_text(
            [public.trials_used(empty, outcome)]
        )
        assert "No row is left out." in all_text([public.trials_left_out(empty, outcome)])
    for page in (public.about_page(empty), public.methods_page(empty)):
        assert html(page)


def test_an_outcome_nobody_knows_is_refused():
    for ask in (public.trials_used, public.trials_left_out, public.evidence_page):
        with pytest.raises(InputError, match="'mood' is not an outcome"):
            ask(TOPIC, "mood")


def test_the_evidence_page_has_every_source():
    page = public.evidence_page(TOPIC, "pain")
    assert [s.id for s in page.sources] == [s.id for s in everyone("pain").studies]
    assert all(s.doi or s.pmid or s.read_at for s in page.sources)


# ---- One trial ----


@pytest.mark.parametrize("study", [r["study_id"] for r in TOPIC["studies"]])
def test_a_trials_page_holds_all_its_rows_once(study):
    page = public.trial_page(TOPIC, study)
    found = [row[-1] for s in page.sections if s.id in {"trial-rows", "trial-events"}
             for t in tables(s) for row in cells(t)]  # fmt: skip
    expected = [
        r.place
        for name in ("arm_results", "contrast_results", "event_results")
        for r in TOPIC[name]
        if r["study_id"] == study
    ]
    assert found == expected
    row = TOPIC["studies"].by("study_id")[study]
    (source,) = page.sources
    assert (source.label, source.doi, source.pmid) == (row["label"], row["doi"], row["pmid"])
    arms = [a["arm_id"] for a in TOPIC["arms"] if a["study_id"] == study]
    assert [
        r[0] for s in page.sections if s.id == "trial-arms" for r in cells(tables(s)[0])
    ] == arms


def test_a_trials_page_says_which_rows_are_used_and_what_for():
    (table,) = tables(next(s for s in public.trial_page(TOPIC, "haake-2007").sections
                           if s.id == "trial-rows"))  # fmt: skip
    uses = {row[-1]: row[4] for row in cells(table)}
    network = evidence_base(TOPIC).network("pain", audience_default(TOPIC))
    haake = next(s for s in network.studies if s.id == "haake-2007")
    for arm in haake.arms:
        for places in arm.places:
            for place in places:
                assert "used for pain" in uses[place]
    starts = [r for r in TOPIC["arm_results"] if r["study_id"] == "haake-2007"
              and r["outcome"] == "pain" and r["week"] == "0"]  # fmt: skip
    assert len(starts) == 3
    assert {uses[r.place] for r in starts} == {"used for how much people differ"}
    assert "not used: from before the treatment" in uses.values()


def test_other_peoples_trials_say_so_and_unrated_ones_too():
    page = public.trial_page(TOPIC, "heo-2020")
    said = all_text(page.sections)
    assert "used for pain, in other people's numbers only" in said
    assert "Nobody has rated here how well this trial was done." in said
    rated = [{**r, "risk_of_bias": "low", "risk_of_bias_source": "J. Doe"}
             for r in TOPIC["studies"]]  # fmt: skip
    topic = replace(
        TOPIC, tables={**TOPIC.tables, "studies": made_up._table(TOPIC, "studies", rated)}, _memo={}
    )
    assert "Rated low by J. Doe." in all_text(public.trial_page(topic, "heo-2020").sections)


def test_a_trial_nobody_knows_is_refused():
    with pytest.raises(InputError, match="no trial 'smith-1900'"):
        public.trial_page(TOPIC, "smith-1900")


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        self.found |= {name for name, _ in attrs}


def test_hostile_labels_are_text():
    topic = made_up.with_label(TOPIC, "molsberger-2002", HOSTILE)
    for page in (public.evidence_page(topic, "pain"), public.trial_page(topic, "molsberger-2002")):
        assert HOSTILE in "\n".join([page.title, all_text(page.sections)])
        parser = Tags()
        parser.feed(html(page))
        assert not {"script", "img", "onerror"} & parser.found


# ---- Pages of the pack ----


def test_every_assumption_stands_with_its_reason_and_a_plain_name():
    page = public.methods_page(TOPIC)
    rows = {row[0]: row for s in page.sections if s.id == "methods-assumed"
            for row in cells(tables(s)[0])}  # fmt: skip
    names = TOPIC.texts["public"]["methods"]["names"]
    assumptions = TOPIC.settings["assumptions"]
    assert set(names) == set(assumptions)
    for name, entry in assumptions.items():
        assert rows[names[name]][1:] == [f"{entry['value']:g} {entry['unit']}", entry["reason"]]
    taken = [e for e in TOPIC.settings["instrument_sd"].values() if e.get("assumption")]
    assert len(rows) == len(assumptions) + len(taken)
    told = all_text(page.sections)
    for entry in taken:
        assert entry["from"] in told
    for run in (*TOPIC.settings["sensitivity"], *TOPIC.settings["outlook_sensitivity"]):
        assert run["name"] in told
    assert TOPIC.settings["network"]["reference_reason"] in told


def test_an_assumption_added_to_the_topic_shows_at_once():
    new = {"value": 7.0, "unit": "days", "assumption": True, "reason": "Because it was tried."}
    settings = {
        **TOPIC.settings, "assumptions": {**TOPIC.settings["assumptions"], "a_new_one": new}
    }  # fmt: skip
    told = all_text(public.methods_page(replace(TOPIC, settings=settings, _memo={})).sections)
    assert "a new one" in told
    assert "Because it was tried." in told


def test_the_about_page_says_state_dates_money_use_and_what_is_open():
    told = all_text(public.about_page(TOPIC).sections)
    about = TOPIC.settings["about"]
    for part in (
        TOPIC.version, TOPIC.hash, "not yet signed off by a clinician", about["funding"],
        str(about["search_date"]), str(about["next_review"]), about["purpose"],
    ):  # fmt: skip
        assert part in told
    (table,) = tables(public.about_page(TOPIC).sections[0])
    facts = dict(cells(table))
    assert facts["Open questions about single cells"] == str(len(TOPIC["open_questions"]))
    assert facts["Trials rated for how well they were done"] == f"0 of {len(TOPIC['studies'])}"


def about(**changed):
    kept = {**TOPIC.settings["about"], **changed}
    kept = {k: v for k, v in kept.items() if v is not None}
    return replace(TOPIC, settings={**TOPIC.settings, "about": kept}, _memo={})


def test_the_banner_comes_the_day_after_the_review_date():
    topic = about(next_review=date(2027, 5, 22))
    assert public.review_due(topic, date(2027, 5, 21)) is None
    assert public.review_due(topic, date(2027, 5, 22)) is None
    late = public.review_due(topic, date(2027, 5, 23))
    assert late is not None
    assert "2027-05-22" in late
    page = public.about_page(topic, date(2027, 5, 23))
    assert [b.title for b in page.sections[0].blocks if isinstance(b, Callout)] == [late]
    on_time = public.about_page(topic, date(2027, 5, 22)).sections[0]
    assert not [b for b in on_time.blocks if isinstance(b, Callout)]


@pytest.mark.parametrize("stated", [None, "", "soon"])
def test_a_missing_review_date_is_said(stated):
    topic = about(next_review=stated)
    assert "No date is set" in public.review_due(topic, date(2027, 1, 1))
    bare = replace(TOPIC, settings={k: v for k, v in TOPIC.settings.items() if k != "about"},
                   _memo={})  # fmt: skip
    assert "No date is set" in public.review_due(bare, date(2027, 1, 1))
    assert "not stated" in all_text(public.about_page(bare).sections)


def test_all_guidelines_claims_and_standards_are_there():
    guidelines = public.guidelines_page(TOPIC)
    rows = [r for t in tables(guidelines.sections[0]) for r in t.rows]
    stated = [r for r in TOPIC["guidelines"] if r["recommendation"]]
    assert len(rows) == len(stated)
    assert {s.read_at for s in guidelines.sources} == {r["source_url"] for r in stated}
    claims = public.claims_page(TOPIC)
    found = sum(len(t.rows) for t in tables(claims.sections[0]))
    assert found == len(TOPIC["claims"])
    assert {s.label for s in claims.sources} == {r["source"] for r in TOPIC["claims"]}
    standards = public.standards_page(TOPIC)
    items = [row for s in standards.sections for t in tables(s) for row in cells(t)]
    assert [row[0] for row in items] == [r["number"] for r in TOPIC["ipdas"]]
    for row, item in zip(items, TOPIC["ipdas"], strict=True):
        assert (row[2] == "met") is (item["status"] == "met")
        assert item["check"] in row[3]


# ---- Wording ----

PAGES = (
    public.guidelines_page, public.claims_page, public.standards_page, public.methods_page,
    public.about_page,
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.__name__)
def test_pages_read_at_grade_8_or_lower(page):
    counts = reading.of_document(TOPIC, page(TOPIC))
    for name in ("the whole page", "paragraphs and lists alone"):
        assert counts[name].grade <= HIGHEST


def test_trials_used_read_at_grade_8_or_lower():
    section = public.trials_used(TOPIC, "pain")
    told = [plain(t) for b in section.blocks if isinstance(b, (Paragraph, Bullets))
            for t in block_texts(b)]  # fmt: skip
    assert reading.count(TOPIC, told).grade <= HIGHEST
    assert reading.of_texts(TOPIC)["public.toml"].grade <= HIGHEST


@pytest.mark.parametrize(
    "path",
    sorted([*REPORT.glob("public*.py"), *(REPORT / "figures").glob("*.py")]),
    ids=lambda p: p.name,
)
def test_sentences_stand_in_the_topic(path):
    assert [f for f in faults(path) if "system-ui" not in f] == []  # names of fonts


def test_no_sentence_of_the_topic_stands_unused():
    """Each is asked for by its path, its name, or the stem that its path begins with."""
    paths = (*REPORT.glob("public*.py"), *(REPORT / "figures").glob("*.py"))
    asked = {
        node.value
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    stems = tuple(text for text in asked if re.fullmatch(r"[a-z]+\.[a-z]+_", text))
    for group in set(TOPIC.texts["public"]) - {"components", "spread", "reasons"}:
        for name, value in TOPIC.texts["public"][group].items():
            path, first = f"{group}.{name}", name.removesuffix("_title")
            known = {path, name, first} & asked or path.startswith(stems)
            assert isinstance(value, dict) or known, f"{path} is shown nowhere"


def test_every_component_and_spread_of_the_pack_has_a_plain_name():
    words = TOPIC.texts["public"]
    parts = {c for a in TOPIC["arms"] for c in a["components"].split(" + ") if c}
    assert parts <= set(words["components"])
    for outcome in OUTCOMES:
        for study in everyone(outcome).studies:
            for arm in study.arms:
                assert {p for s in arm.sources for p in s.split("; ")} <= set(words["spread"])


def test_documents_say_what_they_were_made_from():
    for page in (*(p(TOPIC) for p in PAGES), public.evidence_page(TOPIC, "pain")):
        assert dict(page.facts) == {"Content version": TOPIC.version, "Content hash": TOPIC.hash}
        assert list(texts(page))
