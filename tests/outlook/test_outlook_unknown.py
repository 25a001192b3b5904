"""Hard rule 5: an answer that becomes unknown never narrows a range."""

import math

import pytest
from tests.outlook.looks import look

QUESTIONS = {
    "leg_pain": ("unknown", ["none", "left"]),
    "pain_weeks": (..., [2, 8, 156]),
    "pain_nrs": (..., [3, 6, 9]),
}


def ranges(seen):
    """Every range of pain and function by (what, key): (low, high), None where not shown."""
    found = {}
    for cell in seen.cells:
        for what in ("effect", "expected", "you", "chance", "difference"):
            value = getattr(cell, what)
            found[what, cell.key] = None if value is None else (value.low, value.high)
    for sham in seen.shams:
        for what in ("effect", "people"):
            value = getattr(sham, what)
            found[what, sham.key] = None if value is None else (value.low, value.high)
    return found


def width(ends):
    return float("inf") if ends is None else ends[1] - ends[0]


OTHERS = [{}, {"leg_pain": "unknown"}, {"pain_nrs": 3}]


@pytest.mark.parametrize(
    ("question", "others"), [(q, others) for q in QUESTIONS for others in OTHERS if q not in others]
)
def test_unknown_is_never_narrower_than_answered_either_way(topic, question, others):
    unknown, answers = QUESTIONS[question]
    seen = look(topic, **{**others, question: unknown})
    if seen.triage.stopped:
        assert seen.cells == ()  # so much unknown asks first, and shows nothing
        return
    open_ = ranges(seen)
    for answer in answers:
        closed = ranges(look(topic, **{**others, question: answer}))
        assert set(open_) == set(closed)
        for key, ends in closed.items():
            assert ends is None or all(map(math.isfinite, ends)), key
            assert width(open_[key]) >= width(ends) - 1e-9, (key, answer, ends, open_[key])


def test_unknown_age_asks_first(topic):
    seen = look(topic, age=...)
    assert seen.triage.outcome == "clarify"
    assert seen.cells == ()


def test_an_open_question_widens_the_range_to_hold_both_answers(topic):
    open_, no, yes = (
        look(topic, leg_pain=answer).cell("acupuncture", "pain", 13.0).effect
        for answer in ("unknown", "none", "left")
    )
    assert open_.low == pytest.approx(min(no.low, yes.low))
    assert open_.high == pytest.approx(max(no.high, yes.high))
    assert open_.mean == no.mean


def test_unknown_pain_and_duration_say_what_is_missing(topic):
    for changes, why in (({"pain_nrs": ...}, "no-pain"), ({"pain_weeks": ...}, "no-duration")):
        seen = look(topic, **changes)
        for option in ("no-needling", "acupuncture"):
            cell = seen.cell(option, "pain", 13.0)
            assert (cell.expected, cell.chance) == (None, None)
            assert cell.why_no_level == why
            assert cell.why_no_chance == why
        assert seen.cell("acupuncture", "pain", 13.0).effect is not None
        assert seen.shares == {}
