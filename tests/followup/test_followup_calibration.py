"""Simulated people drawn from the model: the chances they are told come true as often as told."""

from dataclasses import replace

import numpy as np
import pytest

import needlewise as nw
from needlewise.distributions import cdf
from needlewise.followup.thresholds import measures
from needlewise.followup.trajectory import Plan, Seen, moments, ways

SCORED = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
AHEAD, TARGET, PEOPLE = 13.0, 40.0, 1500
OPTION = "acupuncture"


@pytest.fixture(scope="module")
def way(topic):
    """The office worker's way with every 16th draw: as uncertain, and fast."""
    person = nw.Person.from_file("examples/office_worker.toml", topic)
    error = 10.0 * measures(topic)["pain_nrs"].error
    full = ways(nw.look_ahead(topic, None, person), error)[0][0]
    lifts = {o: {w: d[::16] for w, d in known.items()} for o, known in full.lifts.items()}
    return replace(full, centre=full.centre[::16], slopes=full.slopes[::16], lifts=lifts)


@pytest.fixture(scope="module")
def simulated(way):
    """Chance told (by the person's own draw, and over all), what came true, and the ranges."""
    rng = np.random.default_rng(20261126)
    times = np.append(SCORED, AHEAD)
    mean = way.expected(OPTION, times)
    spread = way.model.carried(times) + way.model.error**2 * np.eye(len(times))
    own, told, true, inside = (np.empty(PEOPLE) for _ in range(4))
    for k, draw in enumerate(rng.integers(len(mean), size=PEOPLE)):
        scores = rng.multivariate_normal(mean[draw], spread[draw])
        means, sds = moments(way, Seen(SCORED, scores[:-1]), Plan(OPTION, OPTION, 0.0), [AHEAD])
        chance = cdf((TARGET - means[:, 0]) / sds[:, 0])
        rank = cdf((scores[-1] - means[:, 0]) / sds[:, 0]).mean()
        own[k], told[k] = chance[draw], chance.mean()
        true[k], inside[k] = scores[-1] <= TARGET, 0.025 <= rank <= 0.975
    return own, told, true, inside


def bands(chance, true):
    """(told, came true, people) in six bands of the chance told."""
    which = np.digitize(chance, [0.1, 0.3, 0.5, 0.7, 0.9])
    return [
        (chance[which == k].mean(), true[which == k].mean(), int((which == k).sum()))
        for k in range(6)
    ]


def test_chances_given_the_course_come_true(simulated):
    own, _, true, _ = simulated
    for told, happened, people in bands(own, true):
        assert people > 100
        assert happened == pytest.approx(told, abs=3.5 * np.sqrt(0.25 / people))


def test_chances_as_they_are_shown_come_true(simulated):
    """Over the draws, with what is not known of the course and the effect still in."""
    _, told, true, _ = simulated
    for shown, happened, people in bands(told, true):
        assert happened == pytest.approx(shown, abs=0.03 + 3.5 * np.sqrt(0.25 / people))


def test_ranges_of_one_score_hold_at_least_as_often_as_they_say(simulated):
    inside = simulated[3].mean()
    assert 0.94 <= inside <= 0.99


def test_scores_make_the_chances_sharper(simulated, way):
    """Told with scores, the chances come nearer to what happens than without."""
    _, told, true, _ = simulated
    assert np.mean((told - true) ** 2) < 0.75 * np.mean((true.mean() - true) ** 2)
