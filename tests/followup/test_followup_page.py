"""The page of a review in every channel: the same numbers, what is always said, stops and gaps."""

import datetime as dt
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.followup.courses import ROOT, course, day, look_back, office, scores

import needlewise as nw
from needlewise.cases import channels
from needlewise.cases.detectors import NEVER, SHOW
from needlewise.errors import InputError
from needlewise.followup import CourseRecord
from needlewise.report import reading, terminal
from needlewise.report.as_html import html
from needlewise.report.as_pdf import pdf_bytes
from needlewise.report.document import Chart, numbers
from needlewise.report.explain_review import explain_review
from needlewise.report.review_json import as_model, review_json, review_schema
from needlewise.report.review_view import review_document, review_sections
from needlewise.topic import load_topic

TOPIC = load_topic()
EXAMPLES = {p.stem: p for p in sorted((ROOT / "examples" / "courses").glob("*.toml"))}
GOING = [name for name in EXAMPLES if name != "worse"]
ALWAYS = ("no_attribution", "review_or_stop", "no_needling_option", "safety_net",
          "uncertainty_range", "certainty_grade", "right_to_stop")  # fmt: skip
NOT_EVER = ("cause_claim", "pressure", "booking", "ranking", "cure_claim", "personal_precision",
            "reassurance", "single_number", "diagnosis")  # fmt: skip


@pytest.fixture(scope="module")
def reviewed():
    return {
        name: nw.review(TOPIC, None, CourseRecord.from_file(path, TOPIC))
        for name, path in EXAMPLES.items()
    }


def words(review, channel):
    return channels.words_of(channels.rendered_review(review, channel), channel)


# ---- What is always there ----


@pytest.mark.parametrize("name", GOING)
@pytest.mark.parametrize("channel", [channels.TERMINAL, channels.HTML, channels.PDF])
def test_what_is_always_said(reviewed, name, channel):
    if channel == channels.PDF and not channels.can_read_pdf():
        pytest.skip("the words of a PDF cannot be read here")
    told = words(reviewed[name], channel)
    missing = [w for w in ALWAYS if w != "no_needling_option" and not SHOW[w].find(told)]
    assert missing == []
    assert "no needling any more" in told
    assert SHOW["progress_with_error"].find(told)
    assert [w for w in NOT_EVER if NEVER[w].find(told)] == []


@pytest.mark.parametrize("name", GOING)
def test_the_page_reads_at_grade_8_or_lower(reviewed, name):
    counts = reading.of_document(TOPIC, review_document(reviewed[name]))
    for part in ("the whole page", "paragraphs and lists alone"):
        assert counts[part].words > 200
        assert counts[part].grade <= 8.0


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    option=st.sampled_from([o.id for o in TOPIC.options if o.components]),
    pain=st.lists(st.one_of(st.none(), st.integers(0, 10)), min_size=1, max_size=7),
    function=st.lists(st.one_of(st.none(), st.integers(0, 24)), min_size=1, max_size=7),
    sessions=st.integers(0, 21),
    weeks=st.sampled_from([2.0, 8.0, 30.0, 200.0]),
    target=st.one_of(st.none(), st.integers(0, 10)),
)
def test_any_course_has_a_page_that_proves_no_cause(
    option, pain, function, sessions, weeks, target
):
    person = office(TOPIC).model_copy(update={"pain_weeks": weeks})
    length = max(len(pain), len(function))
    pain, function = (s + [None] * (length - len(s)) for s in (pain, function))
    made = course(option, sessions, score=scores(pain_nrs=pain, rmdq24=function),
                  goal={"instrument": "pain_nrs", "target": target})  # fmt: skip
    review = look_back(TOPIC, made, person)
    told, data = words(review, channels.TERMINAL), as_model(review)
    if review.stopped:
        assert not NEVER["comparison"].find(told)
        assert (data.progress, data.course, data.goal, data.from_now) == ([], None, None, [])
        return
    assert SHOW["no_attribution"].find(told)
    assert SHOW["safety_net"].find(told)
    assert "needs a new decision" in told
    assert not [w for w in NOT_EVER if NEVER[w].find(told)]
    gaps = sum(s is None for series in (pain, function) if any(x is not None for x in series)
               for s in series)  # fmt: skip
    assert told.count("no score") >= gaps
    for p in data.progress:
        given_ = pain if p.instrument == "pain_nrs" else function
        assert [s.score for s in p.scores] == given_
    if weeks < 12:
        assert data.course is None
        assert data.goal is None or data.goal.chance is None
        assert data.why_no_course
    if data.course is not None:
        for f in (*data.course.without, *data.course.at_start, *data.course.updated):
            assert 0 <= f.low <= f.mean <= f.high <= 10
            assert f.one_low <= f.low + 1e-9 or f.one_high >= f.high - 1e-9


# ---- Stops ----


@pytest.mark.parametrize("channel", [*channels.QUICK, channels.HTML])
def test_a_stop_shows_no_number_of_the_course(reviewed, channel):
    told = words(reviewed["worse"], channel)
    assert not NEVER["comparison"].find(told)
    assert "expected pain" not in told
    assert SHOW["why_stopped"].find(told)
    assert SHOW["no_attribution"].find(told)
    assert "nothing goes on by itself" in told
    assert not NEVER["reassurance"].find(told)
    assert numbers(review_document(reviewed["worse"])) == ()
    data = json.loads(review_json(reviewed["worse"]))
    assert data["numbers"] == {}
    assert data["sessions"] is None
    assert data["week"] is None


def test_breathless_after_needling_is_an_emergency_in_one_line():
    event = [{"kind": "breathlessness", "date": day(1)}]
    review = look_back(TOPIC, course(score=scores(pain_nrs=[6, 4]), event=event))
    assert SHOW["emergency_now"].find(words(review, channels.TERMINAL))


# ---- The same numbers everywhere ----


@pytest.mark.parametrize("name", GOING)
def test_numbers_are_the_same_in_every_channel(reviewed, name):
    review = reviewed[name]
    page, data = review_document(review), json.loads(review_json(review))
    told = " ".join(terminal.text(page, ids=True).split())
    markup = html(page)
    for number in numbers(page):
        assert number.text in data["numbers"][number.id]
        assert " ".join(f"{number.text} [{number.id}]".split()) in told
        assert number.text in markup


@pytest.mark.parametrize("name", GOING)
def test_the_json_holds_every_number_of_the_page(reviewed, name):
    """Forecasts, goal and scores of the page are those fields, rounded once."""
    data = json.loads(review_json(reviewed[name]))
    told = data["numbers"]

    def level(f):
        return [f"{f['mean']:g} ({f['low']:g} to {f['high']:g})"]

    for part, key in (("without", "without"), ("at_start", "start"), ("updated", "updated")):
        for f in data["course"][part]:
            if (name_ := f"review.{key}.{f['week']:g}") in told:
                assert told[name_] == level(f)
                assert told[f"review.one-{key}.{f['week']:g}"] == [
                    f"{f['one_low']:g} to {f['one_high']:g}"
                ]
    for row in data["from_now"]:
        if row["forecast"]:
            assert told[f"review.from-now.{row['option']}"] == level(row["forecast"])
    goal = data["goal"]
    assert told["review.goal"] == [
        f"{goal['chance']} ({goal['chance_low']} to {goal['chance_high']})"
    ]
    for p in data["progress"]:
        for k, s in enumerate(p["scores"], 1):
            found = told.get(f"review.score.{p['instrument']}.{k}")
            assert found == (None if s["score"] is None else [f"{s['score']:g}"])


def test_the_json_fits_its_schema_and_is_byte_equal(reviewed):
    schema = json.loads(review_schema())
    data = json.loads(review_json(reviewed["no_change"]))
    assert set(data) == set(schema["properties"])
    again = nw.review(TOPIC, None, CourseRecord.from_file(EXAMPLES["no_change"], TOPIC))
    assert review_json(again) == review_json(reviewed["no_change"])


def test_pdf_is_made_of_every_example(reviewed):
    for review in reviewed.values():
        content = pdf_bytes(review_document(review))
        assert content.startswith(b"%PDF")
        assert content == pdf_bytes(review_document(review))


# ---- Gaps and chart ----


def chart(review):
    blocks = [b for s in review_sections(review) for b in s.blocks]
    return next(b for b in blocks if isinstance(b, Chart))


def test_a_gap_is_a_gap_in_the_chart_the_table_and_in_words(reviewed):
    drawn = chart(reviewed["no_change"])
    own = next(s for s in drawn.series if s.option == "scores")
    assert own.gaps == (3.0,)
    assert [w for w, *_ in own.points] == [0.0, 1.0, 2.0, 4.0, 5.0]
    assert "week 3 no score" in drawn.text
    page = html(review_document(reviewed["no_change"]))
    assert page.count('class="gap"') == 2  # wide and narrow
    told = terminal.text(review_document(reviewed["no_change"]))
    assert re.search(r"week 3 \|no score", told)


def test_a_missing_score_changes_nothing_as_if_it_had_not_been_asked():
    """Never carried forward: with the gap or without its row the numbers are the same."""
    with_gap = scores(pain_nrs=[6, 5, None, 5])
    without = [row for row in with_gap if row["pain_nrs"] is not None]
    one, other = (as_model(look_back(TOPIC, course(score=s))) for s in (with_gap, without))
    assert one.goal == other.goal
    assert one.from_now == other.from_now
    weeks = {f.week: f for f in other.course.updated}
    assert all(f == weeks[f.week] for f in one.course.updated if f.week in weeks)


def test_lines_end_where_no_trial_looked(reviewed):
    drawn = chart(reviewed["no_change"])
    updated = next(s for s in drawn.series if s.option == "updated")
    assert updated.kind == "curve"
    assert max(w for w, *_ in updated.points) <= 13.0


# ---- From here: what was learnt comes along, the evidence stays ----


def test_switching_keeps_the_uncertainty_of_the_start(reviewed):
    for name in GOING:
        review = reviewed[name]
        start = nw.look_ahead(TOPIC, None, review.person)
        for row in as_model(review).from_now:
            effect = start.cell(row.option, "pain", row.weeks).effect
            assert (row.effect is None) == (effect is None)
            if effect is not None:
                assert (row.effect.low, row.effect.high) == (round(effect.low), round(effect.high))


def test_what_was_learnt_carries_over_to_the_other_options():
    """Pain above what was expected is expected to stay above under the others too."""
    low, high = (
        as_model(look_back(TOPIC, course("dry-needling", score=scores(pain_nrs=s))))
        for s in ([6, 5, 4, 3, 2, 2], [6, 6, 7, 6, 7, 7])
    )
    for one, other in zip(low.from_now, high.from_now, strict=True):
        if one.forecast is not None:
            assert one.forecast.mean < other.forecast.mean
        assert one.effect == other.effect


def test_an_option_that_is_not_open_is_not_shown_with_a_number():
    person = office(TOPIC)
    answers = person.model_dump(mode="json", by_alias=True, exclude_none=True)
    answers["conditions"] = ["haemophilia_a"]
    refuses = nw.Person.from_mapping(answers, TOPIC)
    found = as_model(look_back(TOPIC, course(score=scores(pain_nrs=[6, 5])), refuses))
    for row in found.from_now:
        assert (row.forecast is None) == (row.option != "no-needling")
        assert row.option == "no-needling" or row.why == "not open to you now"


def test_function_has_no_expected_course_and_says_so():
    goal = {"instrument": "rmdq24", "target": 5}
    review = look_back(TOPIC, course(score=scores(rmdq24=[12, 10, 9]), goal=goal))
    told = words(review, channels.TERMINAL)
    assert "no source tells how the roland-morris score usually goes" in told
    assert as_model(review).goal.chance is None


@pytest.mark.parametrize(("weeks", "why"), [
    (3.0, "how much such people differ"), (8.0, "how much such people differ"),
    (None, "how long the pain has lasted"),
])  # fmt: skip
def test_populations_without_a_spread_get_no_chance(weeks, why):
    person = office(TOPIC).model_copy(update={"pain_weeks": weeks})
    review = look_back(TOPIC, course(score=scores(pain_nrs=[6, 5])), person)
    assert review.trajectory is None
    assert why in words(review, channels.TERMINAL)
    assert as_model(review).goal.chance is None


@pytest.mark.parametrize("changes", [{"age": 70.0}, {"leg_pain": "left"}, {"pain_nrs": 2.0}])
def test_who_is_further_from_the_trials_gets_no_narrower_range(changes):
    """Before any later score, where the scores cannot tell more than they do for others."""
    person = office(TOPIC).model_copy(update=changes)
    start = changes.get("pain_nrs", 6.0)
    review = look_back(TOPIC, course(score=scores(pain_nrs=[start])), person)
    outlook = nw.look_ahead(TOPIC, None, review.person)
    for week, found in review.trajectory.at_start.items():
        if week in {6.0, 13.0, 26.0, 52.0}:
            cell = outlook.cell("acupuncture", "pain", week)
            assert found.expected.low <= cell.expected.low + 1e-6
            assert found.expected.high >= cell.expected.high - 1e-6


# ---- Where a number comes from ----


@pytest.mark.parametrize("name", GOING)
def test_every_number_is_explained(reviewed, name):
    review = reviewed[name]
    ids = dict.fromkeys(n.id for n in numbers(review_document(review)))
    for number in ids:
        text = explain_review(review, number)
        assert text.startswith(f"{number}: ")
        assert "Formula" in text
        assert TOPIC.hash in text


def test_a_number_that_is_not_there_is_told(reviewed):
    with pytest.raises(InputError, match=r"Did you mean review\.goal"):
        explain_review(reviewed["no_change"], "review.gaol")
    with pytest.raises(InputError, match="safety check comes first"):
        explain_review(reviewed["worse"], "review.goal")


def test_a_threshold_is_traced_to_its_row(reviewed):
    text = explain_review(reviewed["no_change"], "review.why.below_partial.0")
    text = " ".join(text.split())
    assert "protocols.csv:4" in text
    assert "10-50% pain reduction" in text


# ---- Decisions and maintenance ----


def test_a_decision_is_shown_with_its_reason_and_the_next_score(reviewed):
    told = " ".join(terminal.text(review_document(reviewed["good_change"])).split())
    assert "2026-11-05: go on, acupuncture. Why: I can kneel in the garden again" in told
    assert "Next score on 2026-11-26." in told


def test_maintenance_is_told_honestly(reviewed):
    told = words(reviewed["good_change"], channels.TERMINAL)
    assert "no study here shows that regular needling keeps pain from coming back" in told
    assert "the sessions on top added little" in told
    about_needling = [r for r in TOPIC["recurrence"] if "needl" in " ".join(r.values()).lower()]
    assert about_needling == []  # if one comes, the sentence has to go


def test_later_scores_than_any_trial_are_not_used():
    """Dry needling was looked at up to 3 months: a score at week 40 moves nothing, and is told."""
    late = [{"date": day(0), "pain_nrs": 6}, {"date": day(5), "pain_nrs": 5}]
    more = [*late, {"date": day(40), "pain_nrs": 1}]
    one, other = (look_back(TOPIC, course("dry-needling", score=s),
                            today=dt.date(2027, 12, 1)) for s in (late, more))  # fmt: skip
    assert other.trajectory.unused == (40.0,)
    assert one.trajectory.updated[6.0] == other.trajectory.updated[6.0]
    assert "are not used for the line" in words(other, channels.TERMINAL)
