"""People drawn from the model get intervals that cover and chances that hold."""

import pytest

from needlewise.outlook.calibration import reliability, responders


@pytest.fixture(scope="module", params=["no-needling", "acupuncture"])
def found(request, topic_once):
    return reliability(topic_once, request.param, 13.0, people=20_000)


@pytest.fixture(scope="module")
def topic_once():
    from needlewise.topic import load_topic

    return load_topic()


def test_ranges_cover(found) -> None:
    # settings are shared by nobody here, so the Monte Carlo error is 0.15 of 100
    assert 0.945 <= found.coverage <= 0.985


def test_told_chances_hold(found) -> None:
    for people, told, seen in found.bins:
        error = (told * (1 - told) / people) ** 0.5
        assert abs(told - seen) <= 4 * error + 0.015


def test_telling_each_is_better_than_telling_all(found) -> None:
    assert found.brier < found.brier_of_mean


def test_every_countable_arm_is_listed_with_its_row(topic_once) -> None:
    arms = responders(topic_once)
    rows = {row.place: row for row in topic_once["event_results"]}
    assert {a.option for a in arms} == {"no-needling", "acupuncture"}
    for arm in arms:
        row = rows[arm.place]
        assert row["event"] == "responder"
        assert row["use"] == "yes"
        assert arm.total == float(row["total"])
        assert 0 <= arm.observed <= 1
    assert sum(a.predicted.low <= a.observed <= a.predicted.high for a in arms) >= len(arms) / 2
