"""The exact update against a dense Gaussian written out by hand, and against the outlook."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import needlewise as nw
from needlewise.followup.person_model import PersonModel, length_for, matern
from needlewise.followup.thresholds import measures
from needlewise.followup.trajectory import Plan, Seen, forecasts, latent, moments, ways
from needlewise.outlook.clipped import clipped_mean
from needlewise.outlook.prediction import draw_slope

HORIZONS = np.array([6.0, 13.0, 26.0, 52.0])


@pytest.fixture(scope="module")
def office(topic):
    person = nw.Person.from_file("examples/office_worker.toml", topic)
    return nw.look_ahead(topic, None, person)


@pytest.fixture(scope="module")
def known(topic, office):
    return ways(office, 10.0 * measures(topic)["pain_nrs"].error)[0]


# ---- An independent computation: numbers one by one, no broadcasting, no shared code ----


def by_hand(model, draw, weeks):
    """Covariance of f, written from the definition for one draw of the slope."""
    spread0, error = model.start, model.error
    xs = [0.0, *[math.log(1 + w) for w in model.weeks]]
    sds = [spread0, *model.later]

    def sd(week):
        x = math.log(1 + week)
        value = sds[-1]
        for k in range(len(xs) - 1):
            if xs[k] <= x <= xs[k + 1]:
                share = (x - xs[k]) / (xs[k + 1] - xs[k])
                value = sds[k] * (1 - share) + sds[k + 1] * share
                break
        return math.sqrt(value * value - error * error)

    ties = [
        model.slopes[draw, k] * spread0**2 / (sd(0.0) * sd(float(w)))
        for k, w in enumerate(model.weeks)
    ]
    low, high = 1e-3, 1e3  # the length at which the correlation at the first horizon is the tie
    for _ in range(300):
        length = math.sqrt(low * high)
        low, high = (length, high) if corr(xs[1], length) < ties[0] else (low, length)
    length = math.sqrt(low * high)

    def tie(week):
        x = math.log(1 + week)
        if x < xs[1]:
            return corr(x, length)
        for k in range(1, len(xs) - 1):
            if xs[k] <= x <= xs[k + 1]:
                share = (x - xs[k]) / (xs[k + 1] - xs[k])
                return ties[k - 1] * (1 - share) + ties[k] * share
        return ties[-1]

    n = len(weeks)
    out = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            a, b = math.log(1 + weeks[i]), math.log(1 + weeks[j])
            ka, kb = corr(a, length), corr(b, length)
            own = 0.0
            if a > 0 and b > 0:
                own = (corr(abs(a - b), length) - ka * kb) / math.sqrt((1 - ka**2) * (1 - kb**2))
            ca, cb = tie(weeks[i]), tie(weeks[j])
            free = math.sqrt(max(1 - ca * ca, 0.0) * max(1 - cb * cb, 0.0))
            out[i, j] = sd(weeks[i]) * sd(weeks[j]) * (ca * cb + free * own)
    return out


def corr(distance, length):
    a = math.sqrt(3) * distance / length
    return (1 + a) * math.exp(-a)


def conditioned(cov, error, mean, seen, count):
    """Brute force: the joint precision matrix of scores seen and to come, and its blocks."""
    joint = cov + error**2 * np.eye(len(cov))
    precision = np.linalg.inv(joint)
    ahead = precision[count:, count:]
    covariance = np.linalg.inv(ahead)
    shift = -covariance @ precision[count:, :count] @ (np.asarray(seen) - mean[:count])
    return mean[count:] + shift, np.sqrt(np.diag(covariance))


week_lists = st.lists(
    st.integers(1, 500), min_size=0, max_size=8, unique=True
).map(lambda found: [w / 7 for w in sorted(found)])  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    later=week_lists,
    ahead=st.lists(st.integers(1, 420), min_size=1, max_size=3, unique=True),
    scores=st.lists(st.floats(0, 100), min_size=9, max_size=9),
    spreads=st.lists(st.floats(14, 30), min_size=5, max_size=5),
    slope=st.floats(0.05, 0.7),
    error=st.floats(1.0, 9.0),
    means=st.lists(st.floats(5, 90), min_size=12, max_size=12),
)
def test_the_update_equals_brute_force(later, ahead, scores, spreads, slope, error, means):
    slopes = np.full((1, 4), slope)
    model = PersonModel(HORIZONS, spreads[0], np.array(spreads[1:]), slopes, error)
    if np.any(slopes * model.start**2 >= 0.99 * np.outer(
        model.carried_sd(np.zeros(1)), model.carried_sd(HORIZONS)
    )):  # fmt: skip
        return  # no such people: the start would tell more of later scores than its error lets it
    seen_at = np.array([0.0, *later])
    times = np.array([w / 7 + 0.5 / 7 for w in sorted(ahead)])
    mean = np.array(means[: len(seen_at) + len(times)])
    seen = np.array(scores[: len(seen_at)])
    got, sd = model.given(
        seen_at, seen, mean[None, : len(seen_at)], times, mean[None, len(seen_at) :]
    )
    cov = by_hand(model, 0, [*seen_at, *times])
    wanted, wanted_sd = conditioned(cov, error, mean, seen, len(seen_at))
    assert got[0] == pytest.approx(wanted, abs=1e-6)
    assert sd[0] == pytest.approx(wanted_sd, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(later=week_lists, slope=st.floats(0.05, 0.7))
def test_scores_one_after_the_other_tell_the_same_as_together(later, slope):
    """Adding a score never widens what is left, and a covariance stays one."""
    model = PersonModel(HORIZONS, 17.6, np.array([18.4, 19.5, 22.3, 21.6]),
                        np.full((1, 4), slope), 7.2)  # fmt: skip
    weeks = np.array([0.0, *later, 30.0])
    assert np.linalg.eigvalsh(model.carried(weeks)[0]).min() > -1e-6
    before = np.inf
    for n in range(len(weeks)):
        _, sd = model.given(
            weeks[:n], np.zeros(n), np.zeros((1, n)), np.array([30.0]), np.zeros((1, 1))
        )
        assert sd[0, 0] <= before + 1e-9
        before = sd[0, 0]


# ---- The outlook follows from the model ----


def test_the_slope_of_the_outlook_is_derived_from_the_model(office, known):
    slopes = np.stack([draw_slope(office.spreads[w]) for w in HORIZONS], axis=1)
    derived = known[0].model.slope(HORIZONS)
    assert np.abs(derived - slopes).max() < 1e-10


def test_the_slope_is_what_the_update_gives_a_score_at_the_start(known):
    """A point more at the start moves the expectation by beta_t, to 1e-10."""
    way = known[0]
    low, high = (
        moments(way, Seen(np.zeros(1), np.array([b])), Plan("acupuncture", "acupuncture", 0.0),
                [6.0, 13.0])[0]
        for b in (50.0, 51.0)
    )  # fmt: skip
    assert np.abs(high - low - way.slopes[:, :2]).max() < 1e-10


@pytest.mark.parametrize(("option", "week"), [
    ("acupuncture", 6.0), ("acupuncture", 13.0), ("acupuncture", 52.0), ("dry-needling", 6.0),
    ("no-needling", 6.0), ("no-needling", 26.0),
])  # fmt: skip
def test_before_any_later_score_it_is_the_outlook(office, known, option, week):
    start = Seen(np.zeros(1), np.array([60.0]))
    found = forecasts(known, start, Plan(option, option, 0.0), [week])[week]
    cell = office.cell(option, "pain", week)
    assert found.expected.mean == pytest.approx(cell.expected.mean, abs=1e-8)
    assert found.expected.low == pytest.approx(cell.expected.low, abs=1e-8)
    assert found.expected.high == pytest.approx(cell.expected.high, abs=1e-8)
    # One score: the outlook takes the spread left at the middle slope for all slopes.
    assert found.you.low == pytest.approx(cell.you.low, abs=5.0)
    assert found.you.high == pytest.approx(cell.you.high, abs=5.0)


def test_no_effect_where_no_trial_looked(known):
    start = Seen(np.zeros(1), np.array([60.0]))
    told = forecasts(known, start, Plan("dry-needling", "dry-needling", 0.0), [6.0, 26.0, 52.0])
    assert set(told) == {6.0}
    assert forecasts(known, start, Plan("both", "both", 0.0), [6.0]) == {}


def test_scores_pull_the_course_towards_them_and_say_more_when_near(known):
    plan = Plan("acupuncture", "acupuncture", 0.0)
    start = forecasts(known, Seen(np.zeros(1), np.array([60.0])), plan, [6.0, 52.0])
    high = Seen(np.array([0.0, 3.0, 4.0, 5.0]), np.array([60.0, 60.0, 60.0, 60.0]))
    told = forecasts(known, high, plan, [6.0, 52.0])
    near, far = (told[w].expected.mean - start[w].expected.mean for w in (6.0, 52.0))
    assert near > far > 0
    assert told[6.0].sd < told[52.0].sd < start[52.0].sd


# ---- Its parts ----


@given(correlation=st.floats(0.002, 0.998), distance=st.floats(0.1, 5.0))
def test_the_length_gives_the_correlation(correlation, distance):
    length = length_for(distance, np.array([correlation]))
    assert matern(np.array([distance]), length)[0] == pytest.approx(correlation, abs=1e-10)


@settings(max_examples=50, deadline=None)
@given(mean=st.floats(0.1, 99.9), sd=st.floats(5, 30))
def test_the_clipped_mean_comes_out_right(mean, sd):
    found = latent(np.array([mean]), np.array([sd]))
    assert clipped_mean(found, np.array([sd]))[0] == pytest.approx(mean, abs=1e-6)
