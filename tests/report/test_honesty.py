"""The honesty pages: all they say comes from the tables, with its figure, and is never guessed."""

import csv
import re
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report.seen import compared, flat, somebody

from needlewise.errors import InputError
from needlewise.outlook.cells import NO_FIGURE
from needlewise.report import claims, honesty
from needlewise.report.document import Bullets, Document, Num, Table, numbers, plain, texts
from needlewise.report.explain import explain_number
from needlewise.report.plain_words import forms, glossary, said, words_in
from needlewise.report.view import document
from needlewise.report.words import Words
from needlewise.topic import load_topic

TOPIC = load_topic()
FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")


@pytest.fixture(scope="module")
def office():
    return compared(TOPIC)


def section(comparison, name):
    return next(s for s in document(comparison).sections if s.id == name)


def told(part):
    """All words of a section as one text, tables with their captions."""
    page = Document("", (), (part,), ())
    captions = [b.caption for b in part.blocks if isinstance(b, Table)]
    titles = [b.title for b in part.blocks if isinstance(b, Bullets)]
    return flat(" ".join([*captions, *titles, *map(plain, texts(page))]))


def rows_of(part):
    return [row for b in part.blocks if isinstance(b, Table) for row in b.rows]


def changed(tmp_path, table, edit):
    """A copy of the topic with the lines of one table changed."""
    folder = shutil.copytree(TOPIC.folder, tmp_path / "topic")
    path = folder / f"{table}.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = edit(lines)
    assert kept != lines
    path.write_text("".join([head, *kept]), encoding="utf-8")
    return load_topic(folder)


def bare(text):
    """The text without spaces and line breaks."""
    return re.sub(r"\s", "", text)


# ---- Plain words ----


def test_plain_words_speak_of_cells_that_are_there():
    for row in TOPIC["plain_words"]:
        cells = {r[row["column"]] for r in TOPIC[row["table"]]}
        assert row["text"] in cells, f"{row.place} speaks of a cell that is no longer there"


def figures(text):
    """Numbers in digits, without commas and signs; "million" and "16+" read as they stand."""
    return {float(n.replace(",", "")) for n in FIGURE.findall(text)}


def test_plain_words_hold_no_number_the_cell_does_not_hold():
    """A scale or a denominator may be named; a result may not be made up or rounded."""
    named = {100.0, 10_000.0, 10.0}
    for row in TOPIC["plain_words"]:
        source = row["text"] if row["column"] != "evidence" else _whole(row)
        extra = figures(row["plain"]) - figures(source) - named
        assert not extra, (row.place, extra)


def _whole(row):
    return " ".join(" ".join(r.values()) for r in TOPIC[row["table"]] if row["text"] in r.values())


@pytest.mark.parametrize("table", ["claims", "guidelines", "recurrence", "practice"])
def test_no_shorthand_reaches_the_page(table):
    shorthand = re.compile(r"\b(?:LBP|RCTs?|SMD|MD|RR|OR|RMDQ|VAS\d*|NRS|CI|n ?= ?\d+)\b")
    plain_cells = {r["text"]: r["plain"] for r in TOPIC["plain_words"] if r["table"] == table}
    shown = {
        "claims": ("evidence", "figure"), "guidelines": ("population",),
        "recurrence": ("population", "event"),
        "practice": ("profession", "who_may_perform", "training_hours"),
    }  # fmt: skip
    for row in TOPIC[table]:
        if table == "guidelines" and not row["recommendation"]:
            continue
        for column in shown[table]:
            text = plain_cells.get(row[column], row[column])
            assert not shorthand.search(text), (row.place, column, text)


# ---- What you may have heard ----


def test_every_row_of_claims_is_on_the_page_once(office):
    asked = claims.claims(TOPIC)
    assert sorted(r.line for c in asked for r in c.rows) == [r.line for r in TOPIC["claims"]]
    assert all(c.rows for c in asked)
    assert len({c.id for c in asked}) == len(asked)
    page = section(office, "heard")
    assert len(rows_of(page)) == len(TOPIC["claims"]) == 47
    for claim, table in zip(asked, [b for b in page.blocks if isinstance(b, Table)], strict=True):
        assert table.caption == f"“{claim.said}” {claim.holds}"
        words = [said(TOPIC, f"claims.{r['verdict']}") for r in claim.rows]
        assert [plain(row[1]) for row in table.rows] == words
        assert [plain(row[3]) for row in table.rows] == [r["source"] for r in claim.rows]


def test_each_figure_is_traced_to_its_row(office):
    for claim in claims.claims(TOPIC):
        for k, row in enumerate(claim.rows):
            shown = claims.figure(TOPIC, claim, k)
            if not row["figure"]:
                assert shown == ("no figure",)
                continue
            (number,) = shown
            assert isinstance(number, Num)
            explained = explain_number(office, number.id)
            assert row.place in explained
            assert bare(row["figure"]) in bare(explained)  # the figure as the source prints it


def test_one_verdict_only_where_all_agree():
    by_id = {c.id: c for c in claims.claims(TOPIC)}
    assert by_id["rapid-relief"].holds == "In part."
    assert by_id["head-to-head"].holds == "We cannot answer this from the evidence here."
    assert by_id["lung"].holds == "The findings differ: yes and not known."
    assert by_id["far-points"].holds == "The findings differ: in part, no and not known."


def test_a_changed_verdict_changes_the_answer(tmp_path):
    topic = changed(
        tmp_path, "claims",
        lambda lines: [x.replace(",supported,", ",not-supported,") for x in lines],
    )  # fmt: skip
    assert claims.hear(topic, "Acupuncture lasts").text == "The findings differ: in part and no."


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        ("The effect of acupuncture lasts.", "lasting"),
        ("  does ACUPUNCTURE last?? ", "lasting"),
        ("Is it true that acupuncture has long-lasting effects", "lasting"),
        ("pneumothorax rare", "lung"),
        ("I heard that dry needling works fast!", "rapid-relief"),
    ],
)
def test_a_sentence_is_known_by_its_wording(sentence, claim):
    answer = claims.hear(TOPIC, sentence)
    assert answer.claim is not None
    assert answer.claim.id == claim
    assert answer.text == answer.claim.holds


@pytest.mark.parametrize(
    "sentence",
    [
        "Acupuncture does not last.",  # near a claim and its opposite
        "Acupuncture lasts for ten years.",
        "Dry needling lasts.",
        "Acupuncture is better than dry needling.",
        "Acupuncture",
        "Acupuncture lasts and dry needling works fast",
        *TOPIC.texts["honesty"]["claims"]["unanswered"],
    ],
)
def test_what_is_not_declared_is_never_answered(sentence):
    answer = claims.hear(TOPIC, sentence)
    assert answer.claim is None
    assert answer.text == "We cannot answer this from the evidence here."


@given(st.text(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_text_gets_an_answer_or_one_sentence(text):
    if not claims._words(TOPIC, text):  # nothing but marks and filler words
        with pytest.raises(InputError, match=r"Give a sentence .*\.$"):
            claims.hear(TOPIC, text)
        return
    answer = claims.hear(TOPIC, text)
    assert len(answer.sentence) <= claims.LONGEST
    if answer.claim is not None:
        assert answer.text == answer.claim.holds


def test_no_wording_belongs_to_two_claims():
    asked = TOPIC.texts["honesty"]["claims"]["asked"]
    seen = {}
    for entry in asked:
        for wording in {
            claims._words(TOPIC, s) for s in (entry["said"], entry["claim"], *entry["alike"])
        }:
            assert seen.setdefault(wording, entry["id"]) == entry["id"]
            assert wording


def test_what_cannot_be_answered_is_marked_so(office):
    page = section(office, "heard")
    marked = next(b for b in page.blocks if isinstance(b, Bullets))
    assert "cannot answer" in marked.title
    assert [plain(i) for i in marked.items] == TOPIC.texts["honesty"]["claims"]["unanswered"]


# ---- Both together, guidelines, who does it ----


def test_both_says_what_reviews_say_and_else_that_none_looked(office, tmp_path):
    page = told(section(office, "together"))
    assert "No trial gives a number for both." in page
    assert "both together did better on pain right after than dry needling alone" in page
    assert "may be biased" in page
    topic = changed(
        tmp_path, "claims", lambda lines: [x for x in lines if not x.startswith("the two can")]
    )
    alone = told(honesty.together(Words(compared(topic))))
    assert "No review in this content looked at it." in alone
    assert "did better" not in alone


def test_guidelines_against_stand_beside_those_for(office):
    page = section(office, "guidelines")
    tables = {b.caption: b for b in page.blocks if isinstance(b, Table)}
    assert list(tables) == [
        "For it", "May be offered", "Against it", "Not enough evidence", "Does not speak of it",
    ]  # fmt: skip
    shown = sum(len(t.rows) for t in tables.values())
    assert shown == sum(bool(r["recommendation"]) for r in TOPIC["guidelines"])
    against = [plain(row[0]) for row in tables["Against it"].rows]
    assert against[0] == "Danish Health Authority, 2018"
    assert any("England" in body for body in against)
    for table in tables.values():
        years = [re.search(r", (\d{4})", plain(row[0]))[1] for row in table.rows]
        assert years == sorted(years, reverse=True)


def test_who_does_it_has_every_row_with_its_source(office):
    page = section(office, "practice")
    assert len(rows_of(page)) == len(TOPIC["practice"])
    assert sorted(plain(row[3]) for row in rows_of(page)) == sorted(
        r["source"] for r in TOPIC["practice"]
    )
    words = told(page)
    assert "Check locally" in words
    assert "We have no rows on training for electroacupuncture." in words
    ids = {n.id for n in numbers(document(office)) if n.id.startswith("practice.")}
    assert "practice.5" in ids
    assert "training_hours: 24" in flat(explain_number(office, "practice.5"))


# ---- What usually happens ----


def test_what_usually_happens_shows_the_sources_of_the_course(office):
    page = section(office, "usual")
    followed = next(b for b in page.blocks if isinstance(b, Table))
    course = office.outlook.course
    assert len(followed.rows) == len(course.sources)
    for row, source in zip(followed.rows, course.sources, strict=True):
        assert source.label in plain(row[0])
        assert plain(row[1]) == f"{round(source.baseline / 10 + 1e-9, 1):g}"
        for point in source.points:
            assert f"week {point.week:g}: " in plain(row[2])
            level = re.search(rf"week {point.week:g}: ([\d.]+) \(([\d.]+) to", plain(row[2]))
            assert float(level[1]) == pytest.approx((source.baseline + point.change) / 10, abs=0.06)
            assert float(level[2]) <= float(level[1])


def test_recurrence_tells_population_and_count_of_100(office):
    page = section(office, "usual")
    again = [b for b in page.blocks if isinstance(b, Table)][1]
    assert len(again.rows) == len(TOPIC["recurrence"])
    words = told(page)
    assert "69 of 100 (62 to 74)" in words
    assert "18 of 100, no range given" in words
    assert "250 people who got over an episode" in words
    for row in TOPIC["recurrence"]:
        number = honesty.recurrence_id(row)
        explained = flat(explain_number(office, number))
        assert row.place in explained
        assert f"percent: {row['percent']}" in explained


def test_without_a_known_duration_no_course_is_shown():
    page = told(section(compared(TOPIC, pain_weeks=...), "usual"))
    assert "no course can be shown" in page
    assert "week 6" not in page
    assert "69 of 100" in page


# ---- What is not known ----


@pytest.mark.parametrize("seed", range(8))
def test_the_gaps_are_those_of_the_outlook(seed):
    comparison = somebody(TOPIC, seed)
    outlook, words = comparison.outlook, Words(comparison)
    page = told(honesty.gaps(words))
    for cell in outlook.cells:
        reason = NO_FIGURE[cell.why] if cell.why else ""
        if cell.why:
            pattern = (
                rf"{re.escape(reason[1:])}: {words.short(cell.option)} for [\w ]*"
                rf"{said(TOPIC, f'gaps.{cell.outcome}')}[\w ,]*{words.horizon(cell.week)}"
            )
            assert re.search(pattern, page), pattern
    for line in outlook.harms:
        if TOPIC.option(line.option).components and not TOPIC.option(line.option).parts:
            label = next(r["label"] for r in TOPIC["harm_rows"] if r["event"] == line.event)
            found = re.search(rf"rate is known with {words.short(line.option)}: ([^.]*)\.", page)
            assert (line.cell is None) == bool(found and label.lower() in found[1])


def test_a_gap_that_closes_is_no_longer_told(tmp_path):
    """Nothing of it is written down beforehand: rate every trial, and the sentence goes."""
    assert "Nobody has rated here how well the trials were done." in told(
        honesty.gaps(Words(compared(TOPIC)))
    )
    folder = shutil.copytree(TOPIC.folder, tmp_path / "topic")
    path = folder / "studies.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = list(reader.fieldnames), list(reader)
    for row in rows:
        row["risk_of_bias"] = "low"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    page = told(honesty.gaps(Words(compared(load_topic(folder)))))
    assert "Nobody has rated here" not in page


def test_single_arm_rows_do_not_show_who_benefits(office):
    page = told(honesty.gaps(Words(office)))
    assert "Who gains most from dry needling is not known." in page
    assert "leg pain" in page
    assert "Such studies cannot show who gains from needling." in page
    assert "Nobody has looked at who gains most from electroacupuncture." in page


# ---- The words at the end ----


def test_the_glossary_holds_the_words_that_occur_and_no_other():
    part = glossary(TOPIC, words_in(TOPIC, ["A Twitch of the muscle.", "What a sham is."]))
    assert [plain(i).split(":")[0] for i in part.blocks[0].items] == ["sham", "twitch"]
    nothing = words_in(TOPIC, ["Nothing to explain, not even a twitching or SDs."])
    assert glossary(TOPIC, nothing) is None


def test_every_word_of_the_page_s_glossary_stands_on_the_page(office):
    page = document(office)
    body = " ".join(plain(t) for t in texts(Document("", (), page.sections[:-1], ())))
    words = [plain(i).split(":")[0] for i in page.sections[-1].blocks[0].items]
    assert len(words) > 10
    for word in words:
        assert any(re.search(rf"(?i)\b{re.escape(f)}\b", body) for f in forms(TOPIC)[word]), word


# ---- What the self-check rests on ----


def test_the_page_says_what_low_back_pain_is_and_what_is_decided(office):
    assert "Low back pain is pain between the lowest ribs and the buttocks." in told(
        section(office, "usual")
    )
    decision = told(section(office, "who"))
    assert "The choice here is between dry needling" in decision
    assert "no needling" in decision
    labels = [s.label for s in document(office).sources]
    assert any("Hartvigsen" in label for label in labels)


def test_every_option_is_told_in_the_same_rows(office):
    labels = [o.label for o in TOPIC.options]
    for name in ("takes", "downsides"):
        (table,) = (b for b in section(office, name).blocks if isinstance(b, Table))
        assert list(table.columns[1:]) == labels
        for row in table.rows:
            assert len(row) == len(table.columns)
            assert all(plain(cell).strip() for cell in row), row[0]
    rows = {plain(row[0]) for row in rows_of(section(office, "takes"))}
    assert {"What is done", "What it feels like", "Visits for a course", "Who does it"} <= rows
    for pooled in ("Pain against no needling, points of 100",):
        table = next(
            b for b in section(office, "over-time").blocks
            if isinstance(b, Table) and b.caption == pooled
        )  # fmt: skip
        assert [plain(row[0]) for row in table.rows] == labels


def test_sources_of_these_pages_are_listed_with_an_address(office):
    listed_sources = document(office).sources
    labels = {s.label for s in listed_sources}
    for table, column in (("claims", "source"), ("practice", "source"), ("recurrence", "citation")):
        for row in TOPIC[table]:
            if row["source_url"]:
                assert row[column] in labels, row.place
    assert all(s.doi or s.pmid or s.read_at for s in listed_sources)


def test_a_stop_shows_none_of_these_pages():
    page = document(compared(TOPIC, red_flags__saddle_numbness="yes"))
    assert page.stop
    shown = {s.id for s in page.sections}
    assert not shown & {"usual", "together", "practice", "heard", "gaps", "words", "guidelines"}


def test_techniques_of_practice_are_known():
    """A new technique gets a table of its own or the sentence that there are no rows."""
    for row in TOPIC["practice"]:
        assert row["option"] in {*TOPIC.settings["techniques"], "both"}
