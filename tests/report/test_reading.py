"""Plain language: the grade of the patient texts, and that these texts are data."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import needlewise as nw
from needlewise.report import reading
from needlewise.report.document import Bullets, Document, Paragraph, Section, Table
from needlewise.report.view import document
from needlewise.topic import load_topic

TOPIC = load_topic()
HIGHEST = 8.0
ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.toml"))
REPORT = ROOT / "src" / "needlewise" / "report"

# ---- The formula ----

SYLLABLES = {
    "the": 1, "needle": 2, "needles": 2, "people": 2, "eased": 1, "wanted": 2, "little": 2,
    "whole": 1, "more": 1, "measure": 2, "places": 2, "times": 1, "tables": 2, "trial": 2,
    "session": 2, "region": 2, "previous": 3, "doing": 2, "studied": 2, "chance": 1, "average": 3,
    "medium": 3, "months": 1, "treated": 2, "body": 2, "I": 1, "12": 1,
}  # fmt: skip


@pytest.mark.parametrize(("word", "expected"), SYLLABLES.items())
def test_syllables(word, expected):
    assert reading.syllables(word) == expected


def test_the_grade_is_the_printed_formula():
    found = reading.count(TOPIC, ["The cat sat on the mat. It was happy there."])
    assert (found.words, found.sentences, found.syllables) == (10, 2, 11)
    assert found.grade == pytest.approx(0.39 * 5 + 11.8 * 1.1 - 15.59)


def test_long_words_and_long_sentences_are_harder():
    plain_text = ["Most backs ease in time. Stay in bed as little as you can."]
    hard = ["Considerable spontaneous amelioration of musculoskeletal symptomatology is expected."]
    joined = ["Most backs ease in time; stay in bed as little as you can"]
    grades = [reading.count(TOPIC, t).grade for t in (plain_text, joined, hard)]
    assert grades == sorted(grades)
    assert grades[0] < 3
    assert grades[2] > 20


def test_words_of_the_glossary_count_as_two_syllables():
    text = "The trial used {} for the back."
    known, other = (reading.count(TOPIC, [text.format(w)]) for w in ("acupuncture", "needling"))
    unknown = reading.count(TOPIC, [text.format("acupressure")])
    assert known == other
    assert unknown.syllables > known.syllables


def test_scraps_headings_and_repeats_do_not_flatter_the_grade():
    hard = "Considerable spontaneous amelioration is generally anticipated by practitioners."
    alone = reading.count(TOPIC, [hard])
    scraps = ["5 of 100", "yes", "no rate known", "0 to 10", hard]
    assert reading.count(TOPIC, scraps) == alone
    repeats = [f"{k} of 100 people like you are better." for k in range(50)]
    assert reading.count(TOPIC, repeats) == reading.count(TOPIC, repeats[:1])


def test_citations_are_not_read_and_titles_of_lists_are():
    source = TOPIC.texts["honesty"]["claims"]["columns"][-1]
    cite = "MacPherson Vickers Haake Cherkin Brinkhaus 2017"
    table = Table("c", ("What", source), ((("It did help a little.",), (cite,)),))
    blocks = (table, Bullets((), "A title that is read"), Paragraph(("One two three four.",)))
    counts = reading.of_document(TOPIC, Document("t", (), (Section("s", "S", blocks),), ()))
    assert counts["S"].words == 5 + 5 + 4
    assert counts["paragraphs and lists alone"].words == 5 + 4


@given(st.lists(st.text(max_size=80), max_size=8))
@settings(max_examples=100, deadline=None)
def test_any_text_has_a_grade(texts):
    found = reading.count(TOPIC, texts)
    assert found.sentences <= found.words <= found.syllables
    assert found.grade == found.grade  # never not a number
    if found.words:
        assert found.sentences > 0


# ---- The patient texts ----


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_page_reads_at_grade_8_or_lower(path):
    """Whole pages, and the running text of them on its own."""
    person = nw.Person.from_file(path, TOPIC)
    counts = reading.of_document(
        TOPIC, document(nw.compare(nw.look_ahead(TOPIC, None, person), None))
    )
    for name in ("the whole page", "paragraphs and lists alone"):
        assert counts[name].words > 200
        assert counts[name].grade <= HIGHEST, (name, counts[name])


def test_every_file_of_patient_texts_reads_at_grade_8_or_lower():
    counts = reading.of_texts(TOPIC)
    assert {"wording.toml", "triage_texts.toml", "honesty.toml", "all texts"} <= set(counts)
    for name, found in counts.items():
        assert found.grade <= HIGHEST, (name, found)


def test_plain_words_and_meanings_read_at_grade_8_or_lower():
    plain = [row["plain"] for row in TOPIC["plain_words"] if row["column"] == "evidence"]
    meanings = [row["meaning"] for row in TOPIC["glossary"]]
    assert reading.count(TOPIC, plain).grade <= HIGHEST
    assert reading.count(TOPIC, meanings).grade <= HIGHEST


def test_the_command_tells_a_grade_for_each_section():
    person = nw.Person.from_file(ROOT / "examples" / "office_worker.toml", TOPIC)
    page = document(nw.compare(nw.look_ahead(TOPIC, None, person), None))
    text = reading.reading_text(TOPIC, page)
    for section in page.sections:
        assert re.search(rf"^ *-?\d+\.\d  {re.escape(section.title)} \(", text, re.MULTILINE)
    assert "cannot tell whether people understand" in text


# ---- Texts are data, so they can be translated ----

PROFESSIONAL = {
    "explain.py": "for professionals: formulas and rows behind a number",
    "explain_review.py": "for professionals: formulas and rows behind a review's numbers",
    "explain_plan.py": "for professionals: the rows behind a plan's numbers",
    "atlas_view.py": "messages to whoever asks for a view, as all errors are",
    "calibration.py": "for professionals: how often the ranges hold what comes out",
    "evidence.py": "for professionals: the trials, rows and fields as they stand",
    "files.py": "messages to whoever types the command, as all errors are",
}
NOT_FOR_PATIENTS = {
    "stands for a letter that this PDF has no sign for": "about the file and not about the choice",
    "default-src 'none'; style-src": "the policy in the head of the web page",
    "could not be displayed": "a pattern for the typesetter's own message",
}
TAG = re.compile(r"<[^<>]*>?|^[^<>]*>")
WORD = re.compile(r"(?<!\S)[\"“'(]*[A-Za-z][A-Za-z'’-]+[\"”').,;:?]*(?!\S)")
MOST = 4  # words a literal may have before it counts as a sentence


def sentences(path):
    """String literals of more than four English words: (line, text), docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    inside = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    for node in ast.walk(tree):
        if id(node) in bare | inside:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.Constant) else " {} " for v in node.values]
            text = "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if len(WORD.findall(TAG.sub(" ", text))) > MOST:
            yield node.lineno, text


def faults(path):
    return [
        f"{path.name}:{line} holds a sentence for readers, which belongs in the topic: {text[:60]}"
        for line, text in sentences(path)
        if not any(known in text for known in NOT_FOR_PATIENTS)
    ]


@pytest.mark.parametrize("path", sorted(REPORT.glob("*.py")), ids=lambda p: p.name)
def test_sentences_for_patients_stand_in_the_topic(path):
    if path.name in PROFESSIONAL:
        pytest.skip(PROFESSIONAL[path.name])
    assert faults(path) == []


def test_the_search_for_sentences_sees_them(tmp_path):
    path = tmp_path / "page.py"
    path.write_text(
        '"""A docstring may say whatever it likes to say."""\n'
        'A = "Nobody has ever measured this in people."\n'
        'B = f"There are {1} trials with {2} people in them."\n'
        "C = '<p class=\"a b c d e\">Short words</p>'\n"
        "D = '<p>Nobody has measured any of this before.</p>'\n"
        'E = "Four words at most"\n',
        encoding="utf-8",
    )
    found = faults(path)
    assert [f.split(" ")[0] for f in found] == ["page.py:2", "page.py:3", "page.py:5"]


def test_the_exceptions_are_still_needed():
    texts = {name: (REPORT / name).read_text(encoding="utf-8") for name in PROFESSIONAL}
    assert all(list(sentences(REPORT / name)) for name in texts)
    everything = "".join(p.read_text(encoding="utf-8") for p in REPORT.glob("*.py"))
    for known in NOT_FOR_PATIENTS:
        assert known in everything
