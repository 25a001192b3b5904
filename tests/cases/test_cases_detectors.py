"""Each detector finds what it must and leaves alone what it must."""

import json

import pytest

from needlewise.cases.channels import HTML, JSON, PDF, letters, plain, words_of
from needlewise.cases.detectors import NEVER, SHOW

EVERY = [*SHOW.items(), *NEVER.items()]


@pytest.mark.parametrize(("word", "detector"), EVERY, ids=[word for word, _ in EVERY])
def test_finds_its_example_and_not_its_counterexample(word, detector):
    assert detector.find(plain(detector.example))
    assert not detector.find(plain(detector.counterexample))
    assert not detector.find("")


def test_there_is_a_detector_for_each_word_of_the_vocabulary(topic):
    words = json.loads((topic.folder / "cases.json").read_text("utf-8"))["vocabulary"]
    assert set(words["show"]) == set(SHOW)
    assert set(words["never_show"]) == set(NEVER)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("comparison", "expected pain after 3 months: 3.9"),
        ("comparison", "acupuncture eased pain more than no needling"),
        ("ranking", "acupuncture is the best option"),
        ("ranking", "1. acupuncture 2. dry needling"),
        ("booking", "make an appointment for dry needling"),
        ("reassurance", "do not worry, needling is safe"),
        ("relative_only", "twice as likely to feel better"),
        ("relative_only", "an odds ratio of 2"),
        ("single_number", "acupuncture 54 of 100 better, 46 not"),
        ("single_number", "acupuncture: 15 less; only studied in other people"),
        ("single_number", "no needling: 5.4 at 6 weeks, 5.2 at 3 months"),
        ("stop_medicine_advice", "please skip your warfarin"),
        ("personal_precision", "you have a 54 % chance"),
        ("pressure", "you must try a course"),
        ("diagnosis", "this is clearly cauda equina"),
        ("cure_claim", "acupuncture will fix your back"),
        ("cause_claim", "you got better because of the needles"),
    ],
)
def test_what_must_never_show_is_found(word, text):
    assert NEVER[word].find(plain(text))


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("comparison", "Nothing about choosing a treatment is shown. Back pain: 8 weeks, 9 of 10."),
        ("reassurance", "What is it and does it change what is safe?"),
        ("reassurance", "Most new back pain eases by itself. No needling 24 of 100 better."),
        ("single_number", "5.4 (4.1 to 6.8); one person: 2.1 to 8.7 After 3 months: 5.2 (4 to 6)"),
        ("single_number", "17 (-16 to 48) of 100 more clearly better. After 3 months: not studied"),
        ("stop_medicine_advice", "Do not stop or change any medicine without your doctor."),
        ("diagnosis", "You have leg pain. Written by a program. It is not a diagnosis."),
        ("ranking", "see https://example.org/the-best-choice and BMJ Rapid Recommendation"),
        ("pressure", "You can choose again at any time."),
    ],
)
def test_what_may_be_said_is_left_alone(word, text):
    assert not NEVER[word].find(plain(text))


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("emergency_now", "See a doctor this week. Get emergency help now if it gets worse."),
        ("urgent_medical_review", "Stop. Get help at once if: fever: see a doctor the same day"),
        ("why_stopped", "Why this stopped Note for the receiving clinician"),
        ("precaution_reason", "What in your answers counts here No needling: open to you."),
        ("values_result", "You have not said what matters to you, so no fit is shown."),
        ("sources_and_date", "Sources. Paid for by: nobody. Searched until: not stated."),
        ("harms_row", "Unwanted effect bruise, of 100: no rate known. Lung, of 1,000,000: none"),
        ("absolute_numbers", "24 of 100 better, 76 not. 1 in 4 better. 30 of 100 better."),
        ("no_needling_option", "Dry needling 59 of 100 better. Acupuncture 54 of 100 better."),
    ],
)
def test_half_of_what_must_show_is_not_enough(word, text):
    assert not SHOW[word].find(plain(text))


def test_no_needling_must_have_as_many_rows_as_the_others():
    rows = "acupuncture 4 (3 to 5). acupuncture 5 (4 to 6). acupuncture 6 (5 to 7). "
    own = "no needling 4 (3 to 5). no needling 5 (4 to 6). "
    assert not SHOW["no_needling_option"].find(rows + own)
    assert SHOW["no_needling_option"].find(rows + own + "no needling 6 (5 to 7).")


def test_a_page_is_read_without_its_markup_and_with_what_its_pictures_say():
    page = (
        "<html><head><title>head</title><style>a{}</style></head><body>"
        '<a class="skip" href="#main">Skip</a><nav>Menu</nav><h1>Stop  first</h1><p>24'
        '<span class="n"> of 100</span></p><svg aria-label="a chart"><title>told</title></svg>'
    )
    assert words_of(page, HTML) == "stop first 24 of 100 a chart told"


def test_a_pdf_is_read_without_the_foot_of_its_pages():
    assert words_of("54 of\nPlease stop here 1 / 2\n100", PDF) == "54 of 100"


def test_plain_words_are_the_same_however_they_are_set():
    assert plain("The\u00a0trials\u2019  aver\u00adage \n 1\u200b2") == "the trials' average 12"
    assert letters("side-\nlying (left)") == letters("side-lying (LEFT)") == "sidelyingleft"


def test_json_read_aloud_says_a_range_only_where_both_ends_are_given():
    row = {
        "id": "pain.13.acupuncture", "option": "acupuncture", "outcome": "pain", "week": 13.0,
        "chance": 57, "chance_low": 21, "chance_high": 90, "mean": 3.9, "low": 2.1, "high": 5.6,
    }  # fmt: skip
    told = words_of(json.dumps({"outlook": [row]}), JSON)
    assert "acupuncture, pain, week 13: 57 of 100 better (21 to 90)" in told
    assert "expected pain 3.9 (2.1 to 5.6)" in told
    told = words_of(json.dumps({"outlook": [{**row, "chance_low": None, "high": None}]}), JSON)
    assert "57 of 100 better; expected pain 3.9." in told
    assert NEVER["single_number"].find(told)
