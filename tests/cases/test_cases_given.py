"""The invented people of the pack, through every channel."""

from needlewise.cases import run_cases


def test_the_given_cases_hold(topic):
    result = run_cases(topic, workers=2)
    assert result.passed, result.text
    assert len(result.outcomes) == 59
