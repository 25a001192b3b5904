"""Values: what is taken, what is refused, and where the weights lie."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needlewise.choice import Values
from needlewise.choice.values import criterion_names
from needlewise.errors import InputError
from needlewise.topic import load_topic

TOPIC = load_topic()
NAMES = sorted(set(criterion_names(TOPIC).values()))


def centroid(size):
    """Mean weights of the ordered simplex: the k-th is the mean of 1/k, .., 1/n (Barron 1992)."""
    return [sum(1 / i for i in range(k, size + 1)) / size for k in range(1, size + 1)]


@pytest.mark.parametrize("size", range(1, 10))
def test_a_ranking_is_uniform_over_the_ordered_simplex(topic, size):
    order = NAMES[:size]
    draws = Values.ranking(*order).checked(topic).draws()
    assert draws.sum(axis=1) == pytest.approx(1)
    assert (np.diff(draws, axis=1) <= 1e-12).all()
    assert draws.mean(axis=0) == pytest.approx(centroid(size), abs=0.02)


@given(st.permutations(NAMES), st.integers(1, 9))
@settings(max_examples=30, deadline=None)
def test_the_weights_of_a_ranking_follow_the_names(order, size):
    values = Values.ranking(*order[:size]).checked(TOPIC)
    assert values.criteria() == tuple(order[:size])
    assert values.draws() == pytest.approx(Values.ranking(*NAMES[:size]).checked(TOPIC).draws())


def test_a_tie_in_a_ranking_leaves_two_unordered(topic):
    values = Values.ranking("pain", "visits=cost").checked(topic)
    draws = values.draws()
    assert values.criteria() == ("pain", "visits", "cost")
    assert (draws[:, 0] >= draws[:, 1:].max(axis=1)).all()
    first = (draws[:, 1] > draws[:, 2]).mean()
    assert first == pytest.approx(0.5, abs=0.05)


def test_exact_weights_count_in_proportion(topic):
    draws = Values.weighted({"pain": 3, "burden": 1, "cost": 0}).checked(topic).draws()
    assert draws == pytest.approx(np.tile([0.75, 0.25], (len(draws), 1)))


def test_a_weight_of_zero_is_no_criterion(topic):
    assert Values.weighted({"pain": 1, "cost": 0}).checked(topic).criteria() == ("pain",)


@pytest.mark.parametrize(
    ("alias", "name"),
    [("burden", "visits"), ("avoid_needles", "needles"), ("AVOID-NEEDLES", "needles"),
     ("serious_harm", "serious-harm"), (" pain ", "pain")],
)  # fmt: skip
def test_other_names_of_a_criterion(topic, alias, name):
    assert Values.ranking(alias).checked(topic).criteria() == (name,)


BAD = [
    (lambda: Values.ranking("beauty"), "beauty"),
    (lambda: Values.ranking(""), "not a criterion"),
    (lambda: Values.ranking("pain", "visits", "burden"), "twice"),
    (lambda: Values.ranking("pain=pain"), "twice"),
    (lambda: Values.weighted({"pain": -1}), "positive"),
    (lambda: Values.weighted({"pain": float("nan")}), "positive"),
    (lambda: Values.weighted({"pain": float("inf"), "cost": 1}), "positive"),
    (lambda: Values.weighted({"pain": 0, "cost": 0}), "zero"),
    (lambda: Values.weighted({"visits": 1, "burden": 2}), "twice"),
    (lambda: Values.weighted({"beauty": 1}), "beauty"),
    (lambda: Values.stated("pain visits"), "not a statement"),
    (lambda: Values.stated("> visits"), "not a statement"),
    (lambda: Values.stated("pain > beauty"), "beauty"),
]


@pytest.mark.parametrize(("make", "word"), BAD, ids=[str(k) for k in range(len(BAD))])
def test_what_cannot_be_used_is_refused_in_one_sentence(topic, make, word):
    with pytest.raises(InputError, match=word) as error:
        make().checked(topic)
    assert str(error.value).count("\n") == 0
    assert str(error.value).endswith(".")


@pytest.mark.parametrize(
    "statements",
    [
        ("pain > visits", "visits > pain"),
        ("pain > visits", "visits > cost", "cost > pain"),
        ("pain = visits", "pain > visits"),
        ("pain = visits", "visits = cost", "cost > pain"),
        ("pain > pain",),
    ],
)
def test_contradictions_are_found(topic, statements):
    with pytest.raises(InputError, match="contradict"):
        Values.stated(*statements).checked(topic).draws()


def test_a_long_chain_of_statements_is_no_contradiction(topic):
    chain = [f"{a} > {b}" for a, b in itertools.pairwise(NAMES)]
    values = Values.stated(*chain).checked(topic)
    draws = values.draws()
    assert (np.diff(draws, axis=1) <= 1e-12).all()
    assert draws.mean(axis=0) == pytest.approx(centroid(len(NAMES)), abs=0.02)


def test_a_smaller_sign_is_the_other_way_round(topic):
    one, other = (
        Values.stated(s).checked(topic).draws() for s in ("visits < pain", "pain > visits")
    )
    assert one == pytest.approx(other)


@pytest.mark.parametrize(
    "statements",
    [
        ("pain > visits", "cost > view"),
        ("pain > visits", "pain > cost"),
        ("pain = visits", "cost > view"),
        ("pain = visits", "visits = cost", "cost > view"),
        ("pain > visits", "visits = cost", "view > needles"),
        ("pain = visits",),
    ],
)
def test_statements_hold_in_every_draw_uniformly(topic, statements):
    """Against rejection from the simplex, with equal criteria as one coordinate."""
    values = Values.stated(*statements).checked(topic)
    criteria, draws = values.criteria(), values.draws()
    assert draws.sum(axis=1) == pytest.approx(1)
    at = {c: k for k, c in enumerate(criteria)}
    for s in values.statements:
        more, less = draws[:, at[s.more]], draws[:, at[s.less]]
        assert (more == less).all() if s.relation == "=" else (more > less).all()

    same = {c: c for c in criteria}
    for s in values.statements:
        if s.relation == "=":
            same = {c: same[s.more] if g == same[s.less] else g for c, g in same.items()}
    groups = list(dict.fromkeys(same.values()))
    size = np.array([sum(g == group for g in same.values()) for group in groups])
    points = np.random.default_rng(8).dirichlet(np.ones(len(groups)), 200_000) / size
    holds = np.ones(len(points), dtype=bool)
    for s in values.statements:
        if s.relation == ">":
            holds &= points[:, groups.index(same[s.more])] > points[:, groups.index(same[s.less])]
    expected = points[holds].mean(axis=0)
    spread = points[holds].std(axis=0)
    for c in criteria:
        ours, k = draws[:, at[c]], groups.index(same[c])
        assert ours.mean() == pytest.approx(expected[k], abs=0.015), c
        assert ours.std() == pytest.approx(spread[k], abs=0.015), c


def test_nothing_given_is_nothing_given():
    assert not Values().given
    assert Values.ranking("pain").given
    assert Values.stated("pain > visits").given
