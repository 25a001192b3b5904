"""The course without needling: who is in it, and the arithmetic against a slow reference."""

import numpy as np
import pytest
from scipy import stats
from tests.outlook.looks import look, with_rows

from needlewise.evidence.inclusion import audience, audience_default
from needlewise.outlook.course import course_of, shape
from needlewise.outlook.prediction import draw_course
from needlewise.topic.pack import listed

SOURCES = {
    "chronic": {
        "wallwork-2024",
        "brinkhaus-2006/waiting",
        "cherkin-2009/usual-care",
        "thomas-2006/usual-care",
        "zaringhalam-2010/control",
    },
    "subacute": {"wallwork-2024", "thomas-2006/usual-care"},
    "acute": {"wallwork-2024", "costa-2012"},
}


@pytest.mark.parametrize("population", SOURCES)
def test_the_sources_are_those_named(topic, population):
    course = course_of(topic, population, audience(topic, population))
    assert {s.id for s in course.sources} == SOURCES[population]
    assert not course.assumed


def test_a_cohort_that_counts_from_onset_serves_acute_pain_only(topic):
    rows = [r for r in topic["course"] if r["counts_from"] == "onset"]
    assert {r["population"] for r in rows} == {"acute", "chronic"}
    used = {
        place
        for population in SOURCES
        for s in course_of(topic, population, audience(topic, population)).sources
        for place in s.places
    }
    assert used & {r.place for r in rows} == {r.place for r in rows if r["population"] == "acute"}


def test_trial_arms_in_the_course_got_nothing_beyond_usual_care(topic):
    arms = {(a["study_id"], a["arm_id"]): a for a in topic["arms"]}
    course = course_of(topic, "chronic", audience(topic, "chronic"))
    for source in course.sources:
        if "/" in source.id:
            row = arms[tuple(source.id.split("/"))]
            assert set(listed(row["components"], " + ")) <= {"usual-care", "no-treatment"}


@pytest.mark.parametrize(
    ("source", "baseline", "changes"),
    [
        ("wallwork-2024", 56.0, {6: 48 - 56, 26: 43 - 56, 52: 40 - 56}),
        ("cherkin-2009/usual-care", 54.0, {8: -7.0}),
        ("brinkhaus-2006/waiting", 64.8, {8: -6.9}),
        ("zaringhalam-2010/control", 64.5, {10: 64.2 - 64.5}),
    ],
)
def test_changes_from_each_source_s_own_baseline(topic, source, baseline, changes):
    course = course_of(topic, "chronic", audience(topic, "chronic"))
    found = next(s for s in course.sources if s.id == source)
    assert found.baseline == pytest.approx(baseline)
    got = {p.week: p.change for p in found.points}
    for week, change in changes.items():
        assert got[week] == pytest.approx(change), week


def test_errors_are_printed_spreads_or_say_that_they_are_assumed(topic):
    course = course_of(topic, "chronic", audience(topic, "chronic"))
    control = next(s for s in course.sources if s.id == "zaringhalam-2010/control")
    week_10 = next(p for p in control.points if p.week == 10)
    r = topic.assumption("change_correlation")
    error = np.sqrt((19.3**2 + 25.5**2 - 2 * r * 19.3 * 25.5) / 20)
    assert week_10.error == pytest.approx(error)
    assert not week_10.assumed_error
    wallwork = next(s for s in course.sources if s.id == "wallwork-2024")
    assert all(p.assumed_error for p in wallwork.points)
    assert {p.error for p in wallwork.points} == {topic.assumption("course_se")}
    costa = course_of(topic, "acute", audience(topic, "acute")).sources[0]
    assert [p.error for p in costa.points] == pytest.approx([4 / 3.92, 6 / 3.92, 7 / 3.92])


def dense(topic, course, weeks):
    """Posterior mean and SD of the mean change, and E tau^2, on a plain grid of tau."""
    knots = np.array(course.basis.knots)
    at = np.log1p(np.concatenate([[0.0], knots]))

    def hats(x):
        unit = np.eye(len(at))
        return np.column_stack([np.interp(np.log1p(x), at, e) for e in unit])[:, 1:]

    settings = topic.settings["model"]
    level, drift = settings["points"]["level_sd"], settings["points"]["drift_sd"]
    steps = np.log2(knots / knots[0])
    prior = level**2 + drift**2 * np.minimum.outer(steps, steps)
    taus = (np.arange(600) + 0.5) * 0.1
    mass, means, seconds = [], [], []
    w = hats(np.array(weeks))
    for tau in taus:
        total, score, log = np.linalg.inv(prior), np.zeros(len(knots)), 0.0
        quad = 0.0
        for source in course.sources:
            x = np.array([p.week for p in source.points])
            y = np.array([p.change for p in source.points])
            e = np.array([p.error for p in source.points])
            apart = np.abs(np.subtract.outer(np.log2(x), np.log2(x)))
            v = np.outer(e, e) * settings["error_correlation"] ** apart
            v = v + tau**2 * course.basis.kernel(x)
            h, p = hats(x), np.linalg.inv(v)
            total, score = total + h.T @ p @ h, score + h.T @ p @ y
            quad += y @ p @ y
            log -= 0.5 * np.linalg.slogdet(v)[1]
        cov = np.linalg.inv(total)
        log += 0.5 * np.linalg.slogdet(cov)[1] - 0.5 * (quad - score @ cov @ score)
        log += stats.halfnorm.logpdf(tau, scale=topic.assumption("course_tau_scale"))
        mass.append(log)
        means.append(w @ cov @ score)
        seconds.append(np.diag(w @ cov @ w.T) + (w @ cov @ score) ** 2)
    mass = np.exp(np.array(mass) - max(mass))
    mass /= mass.sum()
    mean = mass @ np.array(means)
    return mean, np.sqrt(mass @ np.array(seconds) - mean**2), float(mass @ taus**2)


@pytest.mark.parametrize("population", SOURCES)
def test_the_meta_analysis_equals_a_dense_one(topic, population):
    course = course_of(topic, population, audience(topic, population))
    weeks = [6.0, 13.0, 26.0, 52.0]
    mean, sd, tau2 = dense(topic, course, weeks)
    m, v = course.mixture.project(shape(course.basis, weeks))
    weights = course.mixture.weights
    ours = m @ weights
    assert ours == pytest.approx(mean, abs=2e-3)
    ours_sd = np.sqrt((v + (m - ours[:, None]) ** 2) @ weights)
    assert ours_sd == pytest.approx(sd, rel=2e-3)
    assert weights @ course.mixture.taus[:, 0] ** 2 == pytest.approx(tau2, rel=5e-3)


@pytest.mark.parametrize("population", SOURCES)
def test_the_spread_between_sources_is_in_every_draw(topic, population):
    course = course_of(topic, population, audience(topic, population))
    weeks = [6.0, 13.0, 26.0, 52.0]
    mean, sd, tau2 = dense(topic, course, weeks)
    draws = draw_course(course, weeks)
    total = np.sqrt(sd**2 + tau2 * np.diag(course.basis.kernel(weeks)))
    assert draws.mean(axis=0) == pytest.approx(mean, abs=0.05 * total.max())
    assert draws.std(axis=0) == pytest.approx(total, rel=0.08)
    assert (draws.std(axis=0) > 1.2 * sd).all()


def test_one_source_is_an_assumption_and_the_page_can_say_so(topic):
    fewer = with_rows(topic, "course", lambda r: r["source_id"] != "costa-2012")
    course = course_of(fewer, "acute", audience(fewer, "acute"))
    assert course.assumed
    assert len(course.sources) == 1
    seen = look(fewer, pain_weeks=2)
    assert seen.notes["course-assumed"] == ("wallwork-2024",)


def test_no_source_means_no_course_and_the_reason(topic):
    none = with_rows(topic, "course", lambda r: r["population"] != "acute")
    seen = look(none, pain_weeks=2)
    assert seen.course is None
    assert {c.why_no_level for c in seen.cells if c.outcome == "pain" and not c.why} == {
        "no-course"
    }


def test_leg_pain_does_not_change_whose_course_it_is(topic):
    ordinary, leg = look(topic), look(topic, leg_pain="left")
    assert leg.subject.conditions == ("radicular",)
    assert {s.id for s in leg.course.sources} == {s.id for s in ordinary.course.sources}


def test_leaving_a_source_out_takes_exactly_it(topic):
    course = course_of(topic, "chronic", audience_default(topic))
    fewer = course.without(topic, "thomas-2006/usual-care")
    assert {s.id for s in fewer.sources} == SOURCES["chronic"] - {"thomas-2006/usual-care"}
    # Thomas fell by 27.9 points, more than any other: without it people get less better.
    at = shape(course.basis, [52.0])
    whole, left = (c.mixture.project(at)[0][0] @ c.mixture.weights for c in (course, fewer))
    assert left > whole + 1


def test_weights_of_the_knots_are_linear_in_log_time(topic):
    basis = course_of(topic, "chronic", audience_default(topic)).basis
    knots = np.array(basis.knots)
    assert shape(basis, knots) == pytest.approx(np.eye(len(knots)))
    assert shape(basis, [0.0]) == pytest.approx(np.zeros((1, len(knots))))
    assert shape(basis, [104.0]) == pytest.approx(shape(basis, [52.0]))
    between = np.expm1(0.25 * np.log1p(6.0) + 0.75 * np.log1p(13.0))
    assert shape(basis, [between])[0] == pytest.approx([0.25, 0.75, 0, 0])
