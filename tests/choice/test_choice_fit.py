"""The fit against a loop over draws, and what values may and may not change."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.outlook.looks import look
from tests.person.people import calm, person

import needlewise as nw
from needlewise.choice import Values, compare
from needlewise.choice.criteria import score
from needlewise.choice.fit import ALONE, CLEAR, CLOSE, LEANING, Fit, Table, ahead, fit
from needlewise.topic import load_topic

TOPIC = load_topic()
OFFICE = nw.look_ahead(TOPIC, None, person(TOPIC, calm(TOPIC)))
CRITERIA = ["pain", "function", "lasting", "soreness", "serious-harm", "visits", "needles"]


def slow_scores(seen, option, draw):
    """Value of an option on every criterion in one draw: worst, middle, best. Written out."""
    reference = option == "no-needling"

    def value(x, worst, best):
        return (x - worst) / (best - worst)

    def of_harm(event, per, most):
        if reference:
            return (1.0, 1.0, 1.0)
        cell = seen.harm(option, event).cell
        if cell is None or cell.high is None:
            return (0.0, 0.5, 1.0)
        low = cell.low or 0.0
        middle = cell.rate if cell.rate is not None else (low + cell.high) / 2
        counts = [min(x * per, most) for x in (cell.high, middle, low)]
        return tuple(value(c, most, 0.0) for c in counts)

    def same(x):
        return (x, x, x)

    found = {}
    pain = 0.0 if reference else -seen.share(13.0)[draw] * seen.draws["pain", 13.0, option][draw]
    found["pain"] = same(value(pain, 0, 40))
    if reference:
        found["function"] = same(0.0)
    elif seen.cell(option, "disability", 13.0).evidence == "own":
        found["function"] = same(-4.7 * seen.draws["disability", 13.0, option][draw] / 10)
    else:
        found["function"] = (0.0, 0.5, 1.0)
    if reference:
        found["lasting"] = same(0.0)
    elif all(seen.cell(option, "pain", w).evidence == "own" for w in (6.0, 52.0)):
        first = seen.draws["pain", 6.0, option][draw]
        last = seen.draws["pain", 52.0, option][draw]
        found["lasting"] = same(min(max(last / first, 0.0), 1.0) if first < 0 else 0.0)
    else:
        found["lasting"] = (0.0, 0.5, 1.0)
    found["soreness"] = of_harm("soreness-after", 100, 100)
    found["serious-harm"] = of_harm("serious-adverse-event", 10_000, 100)
    found["visits"] = same(value(seen.burden(option).visits, 20, 0))
    found["needles"] = same(1.0 if reference else 0.0)
    return found


def slow_shares(seen, options, weights, ends=None):
    """Share of draws in which each option is ahead; `ends`: option -> 0, 1 or 2 to take."""
    won = dict.fromkeys(options, 0.0)
    for draw in range(1024):
        totals = {}
        for option in options:
            scores = slow_scores(seen, option, draw)
            end = 1 if ends is None else ends[option]
            totals[option] = sum(w * scores[c][end] for c, w in weights[draw].items())
        top = max(totals.values())
        winners = [o for o, t in totals.items() if t > top - 1e-12]
        for o in winners:
            won[o] += 1 / len(winners)
    return {o: n / 1024 for o, n in won.items()}


@pytest.mark.parametrize("seed", range(4))
def test_the_fit_equals_a_loop_over_draws(seed):
    rng = np.random.default_rng(seed)
    seen = OFFICE if seed else look(TOPIC, leg_pain="left")
    names = list(rng.choice(CRITERIA, size=rng.integers(2, 7), replace=False))
    if seed % 2:
        values = Values.ranking(*names).checked(TOPIC)
    else:
        values = Values.weighted(dict(zip(names, rng.uniform(0.1, 1, len(names)), strict=True)))
    found = fit(seen, values)
    weights = [dict(zip(names, row, strict=True)) for row in values.draws()]
    expected = slow_shares(seen, found.options, weights)
    assert found.shares == pytest.approx(expected)
    assert sum(found.shares.values()) == pytest.approx(1)
    for option in found.options:
        for mine, others, end in ((0, 2, found.low), (2, 0, found.high)):
            ends = {o: mine if o == option else others for o in found.options}
            carried = slow_shares(seen, found.options, weights, ends)[option]
            if end is found.low:
                assert end[option] <= carried + 1e-9
            else:
                assert end[option] >= carried - 1e-9
        assert found.low[option] <= found.shares[option] <= found.high[option]


def test_serious_harm_counts_people_of_ten_thousand():
    """The ends are 100 and 0 of 10,000: 4.1 of 10,000 costs 0.041 of the scale, not 0.0004."""
    found = score(OFFICE, OFFICE.draws, "acupuncture", "serious-harm")
    rate = OFFICE.harm("acupuncture", "serious-adverse-event").cell.rate
    assert found.middle[0] == pytest.approx(1 - 10_000 * rate / 100)
    assert 0.9 < found.middle[0] < 0.99
    assert found.worst[0] < found.middle[0] < found.best[0]


def test_what_nobody_measured_is_carried_at_both_ends():
    for name in ("soreness", "serious-harm"):
        found = score(OFFICE, OFFICE.draws, "electroacupuncture", name)
        assert found.unknown
        assert (found.worst[0], found.best[0]) == (0.0, 1.0)
    assert score(OFFICE, OFFICE.draws, "dry-needling", "lasting").unknown
    assert score(OFFICE, OFFICE.draws, "acupuncture", "cost").unknown


def test_costs_and_views_are_what_the_person_typed():
    seen = look(TOPIC, cost={"no-needling": 0, "acupuncture": 200, "dry-needling": 100},
                view={"acupuncture": 8})  # fmt: skip
    costs = [
        score(seen, seen.draws, o, "cost") for o in ("no-needling", "acupuncture", "dry-needling")
    ]
    assert [c.middle[0] for c in costs] == [1.0, 0.0, 0.5]
    assert score(seen, seen.draws, "both", "cost").unknown
    assert score(seen, seen.draws, "acupuncture", "view").middle[0] == 0.8


def test_an_unknown_cost_that_decides_is_told():
    found = fit(OFFICE, Values.weighted({"pain": 0.4, "cost": 0.6}).checked(TOPIC))
    assert ("acupuncture", "cost", True) in found.unknown
    assert found.verdict == CLOSE
    assert found.low["acupuncture"] < 0.05
    assert found.high["acupuncture"] > 0.95


@given(st.dictionaries(st.sampled_from(CRITERIA), st.floats(0.01, 5.0), min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_shares_sum_to_one_and_scaling_weights_changes_nothing(weights):
    one = fit(OFFICE, Values.weighted(weights))
    ten = fit(OFFICE, Values.weighted({c: 10 * w for c, w in weights.items()}))
    assert sum(one.shares.values()) == pytest.approx(1)
    assert one.shares == pytest.approx(ten.shares, abs=2e-3)
    assert sum(one.weights.values()) == pytest.approx(1)
    for option in one.options:
        total = sum(w * one.parts[option, c] for c, w in one.weights.items())
        assert one.values[option] == pytest.approx(total)


@given(st.dictionaries(st.sampled_from(CRITERIA), st.floats(0.05, 1.0), min_size=2, max_size=4))
@settings(max_examples=25, deadline=None)
def test_beyond_a_flip_another_option_is_ahead(weights):
    """Re-fitted a little beyond the weight named, the option named has the highest value."""
    values = Values.weighted(weights)
    found = fit(OFFICE, values)
    shares = found.weights
    for flip in found.flips:
        assert flip.now == pytest.approx(shares[flip.criterion])
        step = 1e-3 if flip.needed > flip.now else -1e-3
        beyond = flip.needed + step
        if not 0 < beyond < 1:
            continue
        rest = 1 - shares[flip.criterion]
        moved = {
            c: beyond if c == flip.criterion else w * (1 - beyond) / rest for c, w in shares.items()
        }
        again = fit(OFFICE, Values.weighted(moved))
        top = max(found.values, key=lambda o: found.values[o])
        assert again.values[flip.ahead] > again.values[top]
        short = flip.needed - step
        moved = {
            c: short if c == flip.criterion else w * (1 - short) / rest for c, w in shares.items()
        }
        if 0 < short < 1 and abs(flip.needed - flip.now) > 2e-3:
            same = fit(OFFICE, Values.weighted(moved))
            assert same.values[flip.ahead] < same.values[top]
    gaps = [abs(f.needed - f.now) for f in found.flips]
    assert gaps == sorted(gaps)


def test_ties_are_shared():
    assert ahead(np.array([[1.0, 0.0], [1.0, 2.0], [0.0, 1.0]])) == pytest.approx([0.25, 0.75, 0.0])


def numbers_of(comparison):
    outlook = comparison.outlook
    return outlook.cells, outlook.shams, outlook.harms, comparison.against_none, comparison.between


def test_values_change_the_fit_and_nothing_else():
    plain = compare(OFFICE)
    assert plain.fit is None
    one = compare(OFFICE, Values.ranking("pain", "visits"))
    two = compare(OFFICE, Values.weighted({"needles": 1}))
    assert numbers_of(plain) == numbers_of(one) == numbers_of(two)
    assert one.fit.shares != two.fit.shares
    assert two.fit.shares["no-needling"] == 1.0


def test_values_in_the_file_are_used_and_a_ranking_given_beats_them():
    seen = look(TOPIC, weights={"needles": 1})
    assert compare(seen).fit.shares["no-needling"] == 1.0
    assert compare(seen, Values.ranking("pain")).fit.shares["no-needling"] < 0.1
    assert compare(look(TOPIC, ranking=["needles"])).fit.shares["no-needling"] == 1.0
    assert compare(look(TOPIC, statements=["needles > pain"])).fit.options


def test_options_without_their_own_number_stand_beside_the_fit():
    found = fit(OFFICE, Values.ranking("pain").checked(TOPIC))
    assert found.options == ("no-needling", "acupuncture")
    assert found.left_out == dict.fromkeys(
        ("dry-needling", "electroacupuncture", "both"), "cannot be compared"
    )
    leg = fit(look(TOPIC, leg_pain="left"), Values.ranking("pain").checked(TOPIC))
    assert "dry-needling" in leg.options


def test_nothing_to_set_against_no_needling_is_no_fit():
    """An acute person is not told that no needling wins in 100 of 100."""
    comparison = compare(look(TOPIC, pain_weeks=2), Values.ranking("pain"))
    found = comparison.fit
    assert found.verdict == ALONE
    assert (found.options, found.shares, found.leader) == ((), {}, None)
    text = nw.report.text(comparison)
    assert "comes out ahead" not in text
    assert "nothing to set against" in text


def test_a_stop_has_no_fit_and_no_verdict():
    stopped = look(TOPIC, red_flags__saddle_numbness="yes")
    comparison = compare(stopped, Values.ranking("pain"))
    assert comparison.fit is None
    assert comparison.against_none == ()
    assert comparison.between == ()


@pytest.mark.parametrize(
    ("won", "lead", "verdict"),
    [
        (900, 0.06, CLEAR),
        (899, 0.06, LEANING),
        (700, 0.06, LEANING),
        (699, 0.06, CLOSE),
        (1000, 0.049, CLOSE),
        (1000, 0.051, CLEAR),
    ],
)
def test_the_edges_of_the_overall_verdict(monkeypatch, won, lead, verdict):
    """`won` of 1,000 draws ahead and a mean lead; cut-offs 0.9, 0.7 and 0.05 of the topic."""
    ahead_by = (lead * 1000 + 0.01 * (1000 - won)) / won
    table = np.zeros((2, 1, 1000))
    table[1, 0, :won], table[1, 0, won:] = ahead_by, -0.01
    tables = Table(table, table, table, (table, table))
    monkeypatch.setitem(fit.__globals__, "scores", lambda *_: (tables, {}))
    found = fit(OFFICE, Values.weighted({"pain": 1.0}))
    assert found.lead == pytest.approx(lead)
    assert found.verdict == verdict
    assert found.leader == (None if verdict == CLOSE else "acupuncture")


def test_a_sensitivity_run_can_overturn_the_verdict(monkeypatch):
    values = Values.ranking("pain")
    assert compare(OFFICE, values).fit.leader == "acupuncture"
    runs = compare.__globals__["sensitivity_runs"]

    def one_without_effect(topic, outcome, audience):
        found = runs(topic, outcome, audience)
        effects = found[0].effects
        none = replace(effects, mixture=replace(effects.mixture, means=0 * effects.mixture.means))
        return (replace(found[0], name="no effect at all", effects=none), *found[1:])

    monkeypatch.setitem(compare.__globals__, "sensitivity_runs", one_without_effect)
    found = compare(OFFICE, values).fit
    assert isinstance(found, Fit)
    assert found.verdict == CLOSE
    assert found.leader is None
    assert found.overturned_by == ("no effect at all",)
    assert "no effect at all" in nw.report.text(compare(OFFICE, values))
