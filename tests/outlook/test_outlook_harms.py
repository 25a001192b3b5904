"""Harms: cells of their own kind only, rates against a plain two-dimensional grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.outlook.looks import look, with_rows, with_table

from needlewise.outlook.harms import (
    Count,
    harm_cells,
    per_course,
    pool_rates,
    upper_when_none,
)
from needlewise.topic import Row


def count(events, total):
    return Count(events, total, "harms.csv:2", "source")


def grid_rate(counts, scale, *, people):
    """Median and 95 % range of the rate by brute force: rates and SD on a dense grid."""
    mu = np.linspace(-16.0, 5.0, 701)
    total = np.zeros((30, len(mu)))
    taus = (np.arange(30) + 0.5) / 30 * 4 * scale
    z = np.linspace(-6, 6, 121)
    step = stats.norm.pdf(z) / stats.norm.pdf(z).sum()
    for k, tau in enumerate(taus):
        theta = mu[:, None] + tau * z
        p = 1 / (1 + np.exp(-theta)) if people else np.exp(theta)
        for c in counts:
            rest = (c.total - c.events) * np.log1p(-p) if people else -c.total * p
            like = c.events * np.log(p) + rest
            peak = like.max()
            total[k] += np.log(np.exp(like - peak) @ step + 1e-300) + peak
        total[k] += stats.halfnorm.logpdf(tau, scale=scale)
    mass = np.exp(total - total.max()).sum(axis=0)
    cdf = np.cumsum(mass) / mass.sum()
    at = np.interp([0.5, 0.025, 0.975], cdf, mu)
    return 1 / (1 + np.exp(-at)) if people else np.exp(at)


@pytest.mark.parametrize(
    ("counts", "people"),
    [
        ([count(3, 6348)], True),
        ([count(370, 14039), count(78, 3535)], False),
        ([count(0, 800), count(4, 1500)], True),
        ([count(2, 37490), count(0, 31822), count(0, 14039)], False),
        ([count(5, 20), count(12, 30), count(9, 15)], True),
    ],
)
def test_pooled_rates_equal_a_plain_grid(counts, people):
    ours = pool_rates(counts, 0.5, people=people)
    assert ours == pytest.approx(tuple(grid_rate(counts, 0.5, people=people)), rel=0.06)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(100, 5000)), min_size=1, max_size=4))
@settings(max_examples=25, deadline=None)
def test_a_rate_lies_inside_its_range_and_near_the_surveys(pairs):
    counts = [count(e, n) for e, n in pairs]
    rate, low, high = pool_rates(counts, 0.5, people=True)
    assert 0 < low < rate < high < 1
    raw = [e / n for e, n in pairs]
    assert 0.3 * min(raw) < rate < 3 * max(raw) + 0.01


def test_a_further_survey_that_agrees_narrows_the_range():
    one = pool_rates([count(60, 1000)], 0.5, people=True)
    three = pool_rates([count(60, 1000)] * 3, 0.5, people=True)
    assert three[2] - three[1] < one[2] - one[1]


@pytest.mark.parametrize("n", [1, 70, 7629, 229230])
def test_none_seen_is_the_exact_one_sided_limit(n):
    limit = upper_when_none(n)
    assert stats.binom.cdf(0, n, limit) == pytest.approx(0.05)
    assert limit == pytest.approx(stats.beta.ppf(0.95, 1, n), rel=1e-9)


def test_bounds_of_a_course_from_a_rate_per_visit():
    assert per_course(0.1, 5) == pytest.approx(1 - 0.9**5)
    assert per_course(0.1, 1) == pytest.approx(0.1)
    assert per_course(None, 5) is None
    assert per_course(0.1, None) is None
    assert per_course(1.7, 3) == 1.0


def test_each_cell_holds_rows_of_its_own_kind_only(topic):
    rows = {r.place: r for r in topic["harms"]}
    seen = 0
    for option in ("dry-needling", "acupuncture", "electroacupuncture"):
        for event in {r["event"] for r in topic["harms"]}:
            for cell in harm_cells(topic, option, event, 8.0):
                found = [rows[p] for p in cell.places]
                assert {r["event"] for r in found} == {event}
                assert {r["reporter"] for r in found} == {cell.reporter}
                assert {r["per"] for r in found} == {cell.per}
                assert len({r["counts"] for r in found}) == 1
                assert all(option in topic.techniques(r["option"]) for r in found)
                assert all(r["pool"] == "yes" for r in found)
                assert len({r["source_id"] for r in found}) == len(found), "a cohort counts once"
                seen += 1
    assert seen > 25


def test_what_patients_say_is_shown_before_what_practitioners_notice(topic):
    line = look(topic).harm("acupuncture", "bruising")
    assert line.cell.reporter == "patient"
    assert "practitioner" in {c.reporter for c in line.others}


def test_a_patient_rate_per_course_stands_as_it_is(topic):
    """6 of 100 in 229,230 people, one survey, a range for surveys to come."""
    cell = look(topic).harm("acupuncture", "bruising").cell
    assert (cell.per, cell.treatments) == ("course", None)
    assert cell.rate == pytest.approx(0.06, rel=0.1)
    assert cell.low < 0.03
    assert cell.high > 0.12


def test_a_rate_per_visit_gives_bounds_and_no_rate_for_the_course(topic):
    seen = look(topic)
    cell = seen.harm("dry-needling", "soreness-after").cell
    visits = seen.burden("dry-needling").visits
    assert cell.per == "treatment"
    assert cell.rate is None
    each, low, high = cell.each
    assert each == pytest.approx(0.0219, rel=0.1)
    assert cell.low == low
    assert cell.high == pytest.approx(1 - (1 - high) ** visits)


def test_none_seen_has_only_an_upper_limit(topic):
    cell = look(topic).harm("dry-needling", "fainting").cell
    assert cell.none_seen
    assert (cell.rate, cell.low) == (None, None)
    assert cell.high == pytest.approx(1 - 0.05 ** (1 / 70))


def test_nothing_is_borrowed_for_an_option_without_rows(topic):
    seen = look(topic)
    for row in topic["harm_rows"]:
        assert seen.harm("electroacupuncture", row["event"]).cell is None
        assert seen.harm("both", row["event"]).cell is None
        assert seen.harm("no-needling", row["event"]).cell is None


def test_the_denominator_is_the_row_s_for_every_option(topic):
    seen = look(topic)
    for row in topic["harm_rows"]:
        lines = [h for h in seen.harms if h.event == row["event"]]
        assert [h.option for h in lines] == [o.id for o in topic.options]
        assert {h.denominator for h in lines} == {int(row["denominator"])}


def test_without_the_harms_table_no_rate_is_known(topic):
    seen = look(with_rows(topic, "harms", lambda r: False))
    assert all(h.cell is None for h in seen.harms)


def test_a_row_not_to_be_pooled_stays_out(topic):
    moved = tuple(
        Row({**r, "pool": "no"}, r.file, r.line) if r["event"] == "bruising" else r
        for r in topic["harms"]
    )
    assert harm_cells(with_table(topic, "harms", moved), "acupuncture", "bruising", 8.0) == ()


def test_visits_are_the_middle_and_range_of_the_trials(topic):
    seen = look(topic)
    arms = {a["study_id"] for a in topic["arms"] if "dry-needling" in a["components"].split(" + ")}
    sessions = [
        float(s["sessions"]) for s in topic["studies"] if s["study_id"] in arms and s["sessions"]
    ]
    burden = seen.burden("dry-needling")
    assert burden.visits == np.median(sessions)
    assert (burden.visits_low, burden.visits_high) == (min(sessions), max(sessions))
    assert burden.trials == len(sessions)
    assert seen.burden("no-needling").visits == 0
    both = seen.burden("both")
    assert both.visits == burden.visits + seen.burden("acupuncture").visits


def test_visits_nobody_wrote_down_are_unknown(topic):
    bare = tuple(
        Row({**s, "sessions": "", "weeks_treatment": ""}, s.file, s.line) for s in topic["studies"]
    )
    seen = look(with_table(topic, "studies", bare))
    assert seen.burden("acupuncture").visits is None
    assert seen.burden("both").visits is None
    assert seen.harm("dry-needling", "soreness-after").cell.high is None
