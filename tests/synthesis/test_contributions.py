"""Contributions: percentages that follow the evidence from one side of a contrast to the other."""

import csv
import json
from collections import defaultdict
from dataclasses import replace
from itertools import combinations, pairwise
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.evidence import audience_all, audience_default, build_network
from needlewise.synthesis.contributions import Flow, along_paths, arm_weights, contributions
from needlewise.synthesis.influence import influences
from needlewise.synthesis.synthesise import synthesise

from .networks import SHIPPED, arm, fit, pair, study

PUBLISHED = Path(__file__).parent.parent / "published" / "netmeta_contribution_test"
EXPECTED = json.loads(PUBLISHED.with_suffix(".expected.json").read_text(encoding="utf-8"))
(INVARIANTS,) = EXPECTED["published"]
PAIRS = list(combinations("ABCD", 2))


def contribution(effects, plus, minus=(), week=6.0):
    (found,) = contributions(effects, [(week, plus, minus)])
    return found


def named(letter):
    return () if letter == "A" else (letter,)


def percent(effects, one, other):
    return contribution(effects, named(one), named(other)).percent


# ---- The published network: log odds ratios, common effect, A is the reference ----


@pytest.fixture(scope="module")
def published():
    arms = defaultdict(list)
    with PUBLISHED.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        for r in csv.DictReader(file):
            yes, no = int(r["events"]), int(r["n"]) - int(r["events"])
            name = "" if r["treatment"] == "A" else r["treatment"]
            arms[r["study"]].append(arm(name, (log(yes / no), 1 / yes + 1 / no)))
    return fit(*(study(name, *given) for name, given in arms.items()), tau=0.0, level_sd=1e4)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_they_sum_to_a_hundred(published, one, other) -> None:
    found = contribution(published, named(one), named(other))
    assert found.rule == "paths"
    total = INVARIANTS["values"]["study_contributions_sum_per_comparison"]
    assert sum(found.percent.values()) / 100 == pytest.approx(total, abs=INVARIANTS["tolerance"])
    assert min(found.percent.values()) > 0


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_comparison_is_shared_by_the_weights_of_its_studies(published, one, other) -> None:
    """Two-arm studies of the same comparison stand to each other as their precisions."""
    by_study = {s.id: s for s in published.network.studies}
    found = percent(published, one, other)
    for first, second in (("StudyAB1", "StudyAB2"), ("StudyBC1", "StudyBC2")):
        precisions = [
            1 / sum(float(a.variances[0]) for a in by_study[s].arms) for s in (first, second)
        ]
        ratio = found.get(first, 0.0) * precisions[1]
        assert ratio == pytest.approx(found.get(second, 0.0) * precisions[0], abs=1e-6)


def test_the_only_bridge_carries_what_it_must(published) -> None:
    """D hangs on A alone: all of A to D, and half of what takes two steps."""
    assert set(percent(published, "A", "D")) == {"StudyAD1", "StudyAD2"}
    bridge = sum(percent(published, "B", "D")[s] for s in ("StudyAD1", "StudyAD2"))
    assert 100 / 3 < bridge < 50  # some walks take B to C to A first


@pytest.mark.parametrize("name", ["StudyABC1", "StudyABC2"])
def test_adjusted_weights_of_a_multi_arm_study_are_those_of_independent_arms(
    published, name
) -> None:
    """-(L off-diagonal), L = pinv(-B'B V B'B / (2 p^2)): here p_j p_k / sum p."""
    (found,) = [s for s in published.network.studies if s.id == name]
    variances = np.array([float(a.variances[0]) for a in found.arms])
    total = variances[:, None] + variances - 2 * np.diag(variances)
    pairs = np.array([np.eye(3)[i] - np.eye(3)[j] for i, j in combinations(range(3), 2)])
    gram = pairs.T @ pairs
    laplacian = np.linalg.pinv(-gram @ total @ gram / (2 * 3**2))
    precise = 1 / variances
    ours = np.diag(precise) - np.outer(precise, precise) / precise.sum()
    assert laplacian == pytest.approx(ours, abs=INVARIANTS["tolerance"] * ours.max())


# ---- By hand ----


def test_one_loop_by_hand() -> None:
    """Head to head with variance 2, a detour of 1 + 3: two thirds go straight."""
    effects = fit(
        pair("direct", "acupuncture", "", -10, 2.0), pair("first", "acupuncture", "laser", 0, 1.0),
        pair("second", "laser", "", -9, 3.0), tau=0.0, level_sd=1e4,
    )  # fmt: skip
    found = contribution(effects, ("acupuncture",))
    assert found.rule == "paths"
    assert found.percent == pytest.approx({"direct": 200 / 3, "first": 50 / 3, "second": 50 / 3})
    assert next(iter(found.percent)) == "direct"


def test_a_study_elsewhere_contributes_nothing() -> None:
    near = [pair("a", "acupuncture", "", -10, 4.0), pair("b", "acupuncture", "", -5, 4.0)]
    away = pair("away", "laser", "massage", 3, 1.0)
    found = contribution(fit(*near, away, tau=2.0), ("acupuncture",))
    assert found.percent.get("away", 0.0) < 1e-6
    assert found.percent["a"] == pytest.approx(50.0)


def test_what_both_groups_had_does_not_matter() -> None:
    added = pair("added", "acupuncture+exercise", "exercise", -10, 4.0)
    plain = pair("plain", "acupuncture", "", -5, 2.0)
    found = contribution(fit(added, plain, tau=0.0), ("acupuncture",))
    assert found.rule == "paths"
    assert found.percent == pytest.approx({"plain": 200 / 3, "added": 100 / 3})


def test_where_effects_must_be_added_the_weights_are_shared_out() -> None:
    """Acupuncture with exercise against nothing, less exercise against nothing."""
    effects = fit(
        pair("joint", "acupuncture+exercise", "", -15, 1.0), pair("part", "exercise", "", -5, 1.0),
        tau=0.0, level_sd=1e4,
    )  # fmt: skip
    found = contribution(effects, ("acupuncture",))
    assert found.rule == "shares"
    assert found.percent == pytest.approx({"joint": 50.0, "part": 50.0}, abs=1e-4)


@pytest.mark.parametrize("tau", [0.0, 5.0])
def test_order_of_studies_and_arms_does_not_matter(tau) -> None:
    studies = [
        pair("a", "acupuncture", "", -10, 4.0), pair("b", "laser", "acupuncture", 5, 2.0),
        study("c", arm("laser", (1, 2)), arm("", (4, 1)), arm("acupuncture", (0, 3))),
    ]  # fmt: skip
    turned = [replace(s, arms=s.arms[::-1]) for s in reversed(studies)]
    one, two = (
        contribution(fit(*s, tau=tau), ("laser",), ("acupuncture",)) for s in (studies, turned)
    )
    assert one.percent == pytest.approx(two.percent)


def test_either_way_round_is_the_same_where_the_prior_takes_nothing() -> None:
    effects = fit(
        pair("a", "acupuncture", "", -10, 4.0), pair("b", "laser", "acupuncture", 5, 2.0),
        pair("c", "laser", "", 5, 1.0), pair("d", "laser", "massage", 5, 3.0),
        pair("e", "massage", "", 5, 2.0), tau=1.0, level_sd=1e4,
    )  # fmt: skip
    one = contribution(effects, ("laser",), ("acupuncture",))
    other = contribution(effects, ("acupuncture",), ("laser",))
    assert one.percent == pytest.approx(other.percent, abs=1e-4)


# ---- The walk ----


@st.composite
def acyclic(draw):
    size = draw(st.integers(2, 6))
    return {
        (j, k): draw(st.floats(0.05, 1.0))
        for j, k in combinations(range(size), 2)
        if k == j + 1 or draw(st.booleans())
    }


def by_enumeration(flow):
    """Every path written out, its chance spread evenly over its steps."""
    last = max(k for _, k in flow)
    out = defaultdict(float)
    for (j, _), size in flow.items():
        out[j] += size
    share = defaultdict(float)

    def follow(path, chance):
        if path[-1] == last:
            for step in pairwise(path):
                share[step] += chance / (len(path) - 1)
        for (j, k), size in flow.items():
            if j == path[-1]:
                follow([*path, k], chance * size / out[j])

    follow([0], 1.0)
    return share


@given(acyclic())
def test_the_walk_is_that_over_all_paths(flow) -> None:
    last = max(k for _, k in flow)
    nodes = [frozenset({str(k)}) for k in range(last + 1)]
    flows = [
        Flow(f"{j}-{k}", nodes[j], nodes[k], np.array([s])) if (j + k) % 2
        else Flow(f"{j}-{k}", nodes[k], nodes[j], np.array([-s]))  # the same, read backwards
        for (j, k), s in flow.items()
    ]  # fmt: skip
    found = along_paths(flows, nodes[0], nodes[last])
    slow = {f"{j}-{k}": s for (j, k), s in by_enumeration(flow).items()}
    assert sum(found.values()) == pytest.approx(1.0)
    assert {k: v for k, v in found.items() if v} == pytest.approx(slow)


def flow(name, source, target, size):
    return Flow(name, frozenset(source), frozenset(target), np.array([size]))


def test_a_flow_in_a_circle_has_no_paths() -> None:
    circle = [flow("1", "a", "b", 1.0), flow("2", "b", "c", 1.0), flow("3", "c", "b", 0.4),
              flow("4", "c", "d", 0.3), flow("5", "d", "b", 0.3)]  # fmt: skip
    assert along_paths(circle, frozenset("a"), frozenset("e")) is None


def test_a_flow_that_arrives_nowhere_has_no_paths() -> None:
    assert along_paths([flow("1", "a", "b", 1.0)], frozenset("a"), frozenset("c")) is None
    assert along_paths([], frozenset("a"), frozenset("c")) is None


@pytest.mark.parametrize(("lost", "hangs"), [(0.0, True), (0.019, True), (0.021, False)])
def test_a_joint_node_may_lose_only_what_priors_take(lost, hangs) -> None:
    flows = [flow("1", "a", "bc", 1.0), flow("2", "bc", "d", 1.0 - lost)]
    assert (along_paths(flows, frozenset("a"), frozenset("d")) is not None) is hangs


# ---- The shipped evidence ----


@pytest.fixture(scope="module", params=["pain", "disability"])
def shipped(request):
    return [
        synthesise(build_network(SHIPPED, request.param, made(SHIPPED)))
        for made in (audience_default, audience_all)
    ]


def asked(effects):
    return [
        (week, SHIPPED.option(option).components, ())
        for (option, week), support in effects.support.items()
        if support.supported
    ]


def test_the_weights_are_those_of_the_rows(shipped) -> None:
    for effects in shipped:
        rows = np.array([effects.contrast(*contrast) for contrast in asked(effects)])
        found = np.concatenate(arm_weights(effects, rows))
        for row, ours in zip(rows, found.T, strict=True):
            exact = [i.weight for i in influences(effects, row)]
            assert ours == pytest.approx(exact, abs=1e-5)


def test_every_supported_figure_has_contributions_from_its_own_trials(shipped) -> None:
    for effects in shipped:
        contrasts = asked(effects)
        assert len(contrasts) > 3
        for (week, components, _), found in zip(
            contrasts, contributions(effects, contrasts), strict=True
        ):
            (option,) = [o for o in SHIPPED.options if o.components == components]
            assert sum(found.percent.values()) == pytest.approx(100.0)
            assert set(found.percent) & set(effects.support[option.id, week].trials)
            assert list(found.percent.values()) == sorted(found.percent.values(), reverse=True)


def test_one_trial_alone_is_all_of_it(shipped) -> None:
    """Only yeung-2003 gave electroacupuncture to people with ordinary back pain."""
    effects = shipped[0]
    if effects.network.outcome == "pain":
        found = contribution(effects, ("electroacupuncture",))
        assert found.percent == pytest.approx({"yeung-2003": 100.0})
