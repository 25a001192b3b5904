"""The shipped pack as networks: which trials answer for whom, and no row is lost."""

import pytest

from needlewise.evidence import audience_all, audience_default, build_network
from needlewise.evidence.inclusion import audience

from .packs import account, small

DEFAULT_PAIN = """brinkhaus-2006 cherkin-2001 cho-2013 dn-exercise-jhwcr fujimoto-2011 glazov-2014
    haake-2007 inoue-2009 kennedy-2008 kerr-2003 leibing-2002 liu-2023 molsberger-2002 thomas-2006
    yeung-2003 zaringhalam-2010"""
DEFAULT_DISABILITY = """brinkhaus-2006 cherkin-2001 cherkin-2009 dn-exercise-jhwcr glazov-2014
    haake-2007 hunter-2012 lara-palomo-2023 liaocheng-2021 liu-2023 witt-2006"""
STUDIES = {
    ("pain", "default"): DEFAULT_PAIN,
    ("pain", "all"): DEFAULT_PAIN
    + " bishop-2016 heo-2020 mahmoudzadeh-2016 meng-2003 qin-2020 tu-2024",
    ("disability", "default"): DEFAULT_DISABILITY,
    ("disability", "all"): DEFAULT_DISABILITY
    + " bishop-2016 debar-2025 giles-1999 giles-2003 heo-2020 mahmoudzadeh-2016 meng-2003"
    " qin-2020 tu-2024 zhu-2024",
}
AUDIENCES = {"default": audience_default, "all": audience_all}


@pytest.fixture(params=STUDIES, ids="-".join)
def which(request):
    return request.param


@pytest.fixture
def network(topic, which):
    outcome, who = which
    return build_network(topic, outcome, AUDIENCES[who](topic))


def test_the_list_of_trials(network, which) -> None:
    assert sorted(s.id for s in network.studies) == sorted(STUDIES[which].split())


@pytest.mark.parametrize("printed_only", [False, True])
def test_every_row_of_the_outcome_is_used_or_listed_exactly_once(
    topic, which, printed_only
) -> None:
    outcome, who = which
    network = build_network(topic, outcome, AUDIENCES[who](topic), printed_only=printed_only)
    rows = [
        r.place for t in ("arm_results", "contrast_results") for r in topic[t]
        if r["outcome"] == outcome
    ]  # fmt: skip
    used, unused = account(network)
    assert sorted(used + unused) == sorted(rows)
    assert all(u.why for u in network.unused)


def test_rows_marked_no_never_enter(topic, network) -> None:
    marked = {
        r.place: r["use"] for t in ("arm_results", "contrast_results") for r in topic[t]
    }  # fmt: skip
    assert {marked[place] for place in account(network)[0]} == {"yes"}


def test_printed_only_drops_dry_needling(topic, which) -> None:
    outcome, who = which
    network = build_network(topic, outcome, AUDIENCES[who](topic), printed_only=True)
    assert "acupuncture" in network.components
    assert not [c for c in network.components if "dry-needling" in c]
    assert all(s.printed for s in network.studies)


def test_the_default_audience_is_the_first_population(topic) -> None:
    default = audience_default(topic)
    assert build_network(topic, "pain").audience == default
    assert default.populations == {"chronic", "mixed", "unclear"}
    assert default.conditions == {"nonspecific", "myofascial"}
    assert default.name == "pain for more than 12 weeks"


def test_other_conditions_are_added_only_when_they_belong_to_the_person(topic) -> None:
    pregnant = audience(topic, "chronic", ("pregnancy",))
    assert pregnant.name == "pain for more than 12 weeks or back pain in pregnancy"
    ids = {s.id for s in build_network(topic, "pain", pregnant).studies}
    assert ids == {*DEFAULT_PAIN.split(), "bishop-2016"}


@pytest.mark.parametrize(
    ("population", "condition", "why"),
    [("acute", "nonspecific", "another population: acute pain"),
     ("chronic", "radicular", "another condition: radicular"), ("chronic", "myofascial", None)],
)  # fmt: skip
def test_why_a_trial_stays_out(topic, population, condition, why) -> None:
    row = {"population": population, "condition": condition}
    assert audience_default(topic).refusal(row) == why


def test_a_score_without_a_scale_stays_out(topic) -> None:
    """kong-2020 prints a T-score of pain, which has no place on 0-100."""
    network = build_network(topic, "pain", audience_all(topic))
    assert "kong-2020" not in {s.id for s in network.studies}
    whys = {u.why for u in network.unused if u.study == "kong-2020"}
    assert "PROMIS-pain-intensity-T cannot be put on the common scale" in whys


def test_all_conditions_hold_every_trial_of_the_default(topic) -> None:
    for outcome in ("pain", "disability"):
        default, everyone = (build_network(topic, outcome, a(topic)) for a in AUDIENCES.values())
        assert {s.id for s in default.studies} <= {s.id for s in everyone.studies}


def test_pooled_arms_are_named(topic) -> None:
    assert build_network(topic, "pain").merged == ("glazov-2014: high, low",)


def test_the_assumed_sd_moves_only_standardised_rows(topic) -> None:
    one, two = (build_network(topic, "pain", pain_sd=sd) for sd in (20.0, 40.0))
    measures = {
        r.place: r["measure"] for t in ("arm_results", "contrast_results") for r in topic[t]
    }
    moved = set()
    for a, b in zip(one.studies, two.studies, strict=True):
        for x, y in zip(a.arms, b.arms, strict=True):
            for k, places in enumerate(x.places):
                standardised = {measures[p] for p in places} == {"standardised-mean-difference"}
                assert y.values[k] == (1 + standardised) * x.values[k]
                assert y.variances[k] == pytest.approx((1 + 3 * standardised) * x.variances[k])
                moved |= {a.id} if standardised else set()
    assert "liu-2023" in moved


def test_without_and_keep(topic) -> None:
    network = build_network(topic, "pain")
    smaller = network.without("inoue-2009")
    assert len(smaller.studies) == len(network.studies) - 1
    assert set(network.components) - set(smaller.components) == {"injection"}
    assert network.keep(()).components == ()


def test_differences_are_within_trial_and_window(topic) -> None:
    network = build_network(topic, "pain")
    early, late = network.differences((0.0, 8.8)), network.differences((36.8, 1000.0))
    assert set(late) == {"brinkhaus-2006", "cherkin-2001", "thomas-2006"}
    assert "liu-2023" in early
    column = network.components.index("dry-needling")
    assert any(rows[:, column].any() for rows in early.values())
    assert not any(rows[:, column].any() for rows in late.values())
    for rows in (*early.values(), *late.values()):
        assert set(rows.ravel().tolist()) <= {-1.0, 0.0, 1.0}
        assert rows.any(axis=1).all()


def test_an_empty_pack_is_an_empty_network(topic) -> None:
    assert build_network(small(topic), "disability").studies == ()
