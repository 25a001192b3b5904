"""The reference itself: rules of rows, algebra, integration, and the printed results."""

from __future__ import annotations

import ast
import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate as quadrature
from scipy import stats

from . import dense, rows, senn
from .dense import posterior, supported, tau
from .report import EXPECTED, distances
from .rows import Choices, Value, arm_values, arms_of_contrasts, error_variance, studies_used

HERE = Path(__file__).parent
DEFAULT = Choices()
BLANK = dict.fromkeys(("se", "ci_low", "ci_high", "sd", "n", "spread_basis"), "")


def test_shares_no_code_with_the_package() -> None:
    for file in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [alias.name for alias in getattr(node, "names", []) if alias]
            module = getattr(node, "module", None) or ""
            assert not any("needlewise" in name for name in [module, *map(str, names)]), file


# ---- Rows ----


@pytest.mark.parametrize(
    ("cells", "sizes", "expected"),
    [
        ({"se": "2", "ci_low": "0", "ci_high": "9"}, [10.0, 10.0], 4.0),
        ({"ci_low": "-1.96", "ci_high": "1.96"}, [None, None], 1.0),
        ({"ci_low": "-1.96", "ci_high": "1.96"}, [60.0, 300.0], 1.0),
        ({"ci_low": "-1", "ci_high": "1"}, [10.0, 59.0], stats.t.ppf(0.975, 67) ** -2),
        ({"ci_low": "-1", "ci_high": "1"}, [27.0], stats.t.ppf(0.975, 26) ** -2),
        ({"sd": "10", "n": "25"}, [25.0], 4.0),
        ({"se": "2", "spread_basis": "derived-p"}, [None], 5.0),
        ({"sd": "10", "n": "25", "spread_basis": "imputed"}, [25.0], 5.0),
        ({"se": "2", "spread_basis": "p-only"}, [None], 4.0),
        ({"se": "2", "spread_basis": "derived-d"}, [None], 4.0),
    ],
)
def test_standard_error_takes_the_first_rule_that_applies(cells, sizes, expected) -> None:
    assert error_variance(BLANK | cells, sizes, DEFAULT) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("week", "course", "late"),
    [(3, None, True), (2, None, False), (2, 5.0, False), (3, 5.0, True), (0.5, 0.0, True)],
)
def test_results_during_treatment_are_left_out(week, course, late) -> None:
    assert rows.late_enough(week, course) is late


def test_a_star_of_contrasts_keeps_its_differences_and_splits_by_size() -> None:
    contrasts = [("a", "hub", -4.0, 8.0), ("hub", "c", 3.0, 4.0)]
    arms = arms_of_contrasts(contrasts, {"a": 30.0, "hub": 10.0, "c": None})
    assert arms["a"][0] - arms["hub"][0] == -4.0
    assert arms["hub"][0] - arms["c"][0] == 3.0
    assert arms["hub"][1] == pytest.approx((6.0 + 2.0) / 2)
    assert arms["a"][1] == pytest.approx(8.0 - 4.0)
    assert arms["c"][1] == pytest.approx(0.05 * 4.0)


def difference(outcome: str, study: str, week: float, first: str, second: str) -> float:
    found = {
        component: value.mean
        for value in arm_values(outcome, "all", DEFAULT)
        if value.study == study and value.week == week
        for component in value.parts
    }
    return found[first] - found[second]


@pytest.mark.parametrize(
    ("outcome", "study", "week", "first", "second", "expected"),
    [
        ("pain", "brinkhaus-2006", 8, "acupuncture", "no-treatment", -21.7),
        ("pain", "brinkhaus-2006", 26, "acupuncture", "sham-penetrating", -0.7),
        ("pain", "thomas-2006", 52, "acupuncture", "usual-care", None),
        ("pain", "dn-exercise-jhwcr", 4, "dry-needling", "exercise", -19.0),
        ("pain", "kennedy-2008", 13, "acupuncture", "sham-nonpenetrating", -18.7),
        ("pain", "cherkin-2001", 52, "acupuncture", "massage", 16.6),
        ("pain", "qin-2020", 8, "acupuncture", "sham-nonpenetrating", -23.0),
        ("pain", "bishop-2016", 8, "acupuncture", "sham-nonpenetrating", 5.0),
        ("pain", "haake-2007", 13, "acupuncture", "sham-penetrating", -3.1),
        ("disability", "haake-2007", 13, "acupuncture", "sham-penetrating", -4.1 / 15.5),
        ("disability", "witt-2006", 13, "acupuncture", None, -12.1 / 15.5),
        ("disability", "qin-2020", 8, "acupuncture", "sham-nonpenetrating", -2.6 / 4.7),
        ("disability", "liaocheng-2021", 29, "dry-needling", "acupuncture", -0.69),
    ],
)
def test_directions_and_scales(outcome, study, week, first, second, expected) -> None:
    values = [v for v in arm_values(outcome, "all", DEFAULT) if v.study == study]
    if second is None:
        (value,) = [v for v in values if first in v.parts]
        assert value.mean == pytest.approx(expected)
    elif second == "usual-care":
        now = {v.parts: v.mean for v in values if v.week == week}
        assert now["acupuncture", "usual-care"] - now[("usual-care",)] == pytest.approx(-5.6)
    else:
        assert difference(outcome, study, week, first, second) == pytest.approx(expected)


def test_identical_arms_are_merged_by_inverse_variance() -> None:
    (laser,) = [
        v
        for v in arm_values("pain", "default", DEFAULT)
        if v.study == "glazov-2014" and v.parts == ("laser",)
    ]
    variances = np.array([(1.2 / 3.92) ** 2, (1.2 / 3.92) ** 2]) * 100
    assert laser.variance == pytest.approx(1 / (1 / variances).sum())
    assert laser.mean == pytest.approx(-12.0)


@pytest.mark.parametrize(("outcome", "network"), list(product(dense.PRIORS, ("default", "all"))))
def test_an_arm_has_one_value_a_week_and_company(outcome, network) -> None:
    raw = [(v.study, v.arm, v.week) for v in rows.raw_values(outcome, network, DEFAULT)]
    assert len(raw) == len(set(raw))
    weeks = [(v.study, v.week) for v in arm_values(outcome, network, DEFAULT)]
    assert all(weeks.count(key) > 1 for key in weeks)


def test_networks_by_name() -> None:
    default, everyone = (set(studies_used("pain", network)) for network in ("default", "all"))
    assert len(default) == 16
    assert everyone - default == {
        *("bishop-2016", "heo-2020", "mahmoudzadeh-2016"),
        *("meng-2003", "qin-2020", "tu-2024"),
    }
    assert "kong-2020" not in everyone  # PROMIS T has no bounds and is not standardised
    assert "meng-2003" in studies_used("disability", "all")  # its instrument has a fixed SD


def test_components_of_one_group_stand_together_or_add() -> None:
    arm = ["exercise", "medication", "physiotherapy", "usual-care"]
    assert rows.components(arm, DEFAULT) == ("exercise + physiotherapy", "medication")
    add = Choices(within_group="add")
    assert rows.components(arm, add) == ("exercise", "medication", "physiotherapy")


# ---- Algebra ----


def test_knots_are_reached_exactly_and_held_outside() -> None:
    for i, knot in enumerate(dense.KNOTS):
        assert np.allclose(dense.knot_weights(knot), np.eye(4)[i])
    assert np.allclose(dense.knot_weights(3), np.eye(4)[0])
    assert np.allclose(dense.knot_weights(104), np.eye(4)[3])
    assert np.allclose(dense.knot_weights(math.sqrt(6 * 13)), [0.5, 0.5, 0, 0])


def test_correlations_have_unit_diagonal_and_known_values() -> None:
    weeks = [3.0, 6.0, 9.0, 13.0, 26.0, 104.0]
    for matrix in (dense.knot_correlation(weeks), dense.error_correlation(weeks)):
        assert np.allclose(np.diag(matrix), 1)
        assert np.linalg.eigvalsh(matrix).min() > -1e-12
    assert dense.knot_correlation([6, 26])[0, 1] == pytest.approx(0.95**2)
    assert dense.knot_correlation([3, 5])[0, 1] == pytest.approx(1)
    assert dense.error_correlation([13, 52])[0, 1] == pytest.approx(0.36)


def test_one_trial_equals_the_double_integral_over_effect_and_heterogeneity() -> None:
    """Two arms, one week: the posterior mean by brute force over (effect, tau)."""
    trial = (
        Value("one", "a", ("acupuncture",), 6.0, 40.0, 9.0),
        Value("one", "b", ("usual-care",), 6.0, 55.0, 16.0),
    )
    model = dense.build(trial, dense.PRIORS["pain"], DEFAULT)
    mixture = dense.integrate(model, np.array([[1.0, 0, 0, 0]]), 10.0, 20_001)
    ours = mixture.summary(0)

    d, t = np.linspace(-300, 300, 3001), np.linspace(0, 100, 501)
    spread = np.sqrt(25 + t**2)
    joint = (
        stats.norm.pdf(-15.0, d[:, None], spread[None, :])
        * stats.norm.pdf(d, 0, 30)[:, None]
        * stats.norm.pdf(t, 0, 10)[None, :]
    )
    joint[:, 0] /= 2
    over_d = joint.sum(axis=1) / joint.sum()
    mean = float(d @ over_d)
    assert ours.mean == pytest.approx(mean, abs=1e-6)
    assert ours.sd == pytest.approx(math.sqrt((d - mean) ** 2 @ over_d), abs=1e-6)
    over_t = joint.sum(axis=0) / joint.sum()
    square = mixture.tau_moments()["mean"] ** 2 + mixture.tau_moments()["sd"] ** 2
    assert square == pytest.approx(float(t**2 @ over_t), abs=1e-6)


@pytest.mark.parametrize(("outcome", "network"), [("pain", "default"), ("disability", "all")])
def test_which_arm_is_the_base_of_a_week_changes_nothing(outcome, network) -> None:
    values = arm_values(outcome, network, DEFAULT)
    model, _, _ = dense.fit(outcome, network, DEFAULT)
    back = dense.build(values[::-1], dense.PRIORS[outcome], DEFAULT)
    assert back.names == model.names
    quantities = np.kron(np.eye(len(model.names)), np.ones(4) / 4)
    scale = dense.PRIORS[outcome][3]
    one, two = (dense.integrate(m, quantities, scale, 401) for m in (model, back))
    assert np.allclose(one.weight, two.weight, atol=1e-10)
    kept = one.weight > 1e-12
    assert np.allclose(one.mean[kept], two.mean[kept], atol=1e-8 * scale)
    assert np.allclose(one.sd[kept], two.sd[kept], atol=1e-8 * scale)


@pytest.mark.parametrize("t", [0.0, 0.3, 4.0, 25.0])
def test_marginal_and_precision_forms_agree(t) -> None:
    """Woodbury: A = D^-1 + X' V^-1 X, and the log marginal through |V|, |A|, |D|."""
    model, _, _ = dense.fit("pain", "default", Choices(waiting="drift"))
    v = np.linalg.inv(model.errors + t * t * model.heterogeneity)
    a = np.linalg.inv(model.prior) + model.x.T @ v @ model.x
    b = model.x.T @ v @ model.y
    grid = np.array([t, 1.0])
    one = np.linalg.solve(
        model.errors + t * t * model.heterogeneity + model.x @ model.prior @ model.x.T, model.y
    )
    assert np.allclose(model.prior @ model.x.T @ one, np.linalg.solve(a, b), atol=1e-7)

    def by_precision(s: float) -> float:
        v = np.linalg.inv(model.errors + s * s * model.heterogeneity)
        a = np.linalg.inv(model.prior) + model.x.T @ v @ model.x
        b = model.x.T @ v @ model.y
        determinants = sum(np.linalg.slogdet(m)[1] for m in (a, model.prior))
        determinants -= np.linalg.slogdet(v)[1]
        quadratic = model.y @ v @ model.y - b @ np.linalg.solve(a, b)
        return -(determinants + quadratic) / 2 - (s / 10) ** 2 / 2

    ours = dense.log_posterior(model, grid, 10.0)
    assert ours[0] - ours[1] == pytest.approx(by_precision(t) - by_precision(1.0), abs=1e-7)


# ---- Integration ----


@pytest.mark.parametrize(("outcome", "network"), [("pain", "default"), ("disability", "default")])
def test_doubling_the_nodes_changes_nothing(outcome, network) -> None:
    once, twice = (posterior(outcome, network, nodes=n) for n in (20_001, 40_001))
    for key, summary in once.items():
        assert np.allclose(summary, twice[key], rtol=0, atol=1e-9 * summary.sd)
    moments = [tau(outcome, network, nodes=n) for n in (20_001, 40_001)]
    for name in ("mean", "sd", "median"):
        assert moments[0][name] == pytest.approx(moments[1][name], abs=1e-9)


def test_adaptive_quadrature_agrees_on_tau_and_on_an_effect() -> None:
    model, mixture, at = dense.fit("pain", "default", DEFAULT)
    top = float(dense.log_posterior(model, np.array([4.0]), 10.0)[0])

    def density(t: float) -> float:
        return math.exp(float(dense.log_posterior(model, np.array([t]), 10.0)[0]) - top)

    def moment(power: int) -> float:
        pieces = [(0.0, 4.0), (4.0, 12.0), (12.0, 60.0)]
        return sum(
            quadrature.quad(lambda t: density(t) * t**power, *piece, epsabs=1e-11, epsrel=1e-11)[0]
            for piece in pieces
        )

    assert tau("pain", "default")["mean"] == pytest.approx(moment(1) / moment(0), abs=1e-8)

    fixed = model.errors + model.x @ model.prior @ model.x.T
    effect = dense.rows_over(model.names, {"acupuncture": 1.0}, 13)
    cross = model.x @ model.prior @ effect

    def weighted(t: float) -> float:
        v = fixed + t * t * model.heterogeneity
        return density(t) * float(cross @ np.linalg.solve(v, model.y))

    pieces = [(0.0, 4.0), (4.0, 12.0), (12.0, 60.0)]
    total = sum(quadrature.quad(weighted, *p, epsabs=1e-10, epsrel=1e-11)[0] for p in pieces)
    mean = mixture.summary(at["acupuncture - usual-care", 13]).mean
    assert mean == pytest.approx(total / moment(0), abs=1e-7)


def test_quantiles_hold_their_share() -> None:
    _, mixture, at = dense.fit("pain", "default", DEFAULT)
    i = at["acupuncture - usual-care", 6]
    s = mixture.summary(i)
    kept = mixture.weight > 0
    for q, p in ((s.q025, 0.025), (s.q975, 0.975)):
        shares = stats.norm.cdf(q, mixture.mean[kept, i], np.maximum(mixture.sd[kept, i], 1e-12))
        assert float(mixture.weight[kept] @ shares) == pytest.approx(p, abs=1e-10)


# ---- Results ----


@pytest.mark.parametrize("waiting", ["level", "drift"])
@pytest.mark.parametrize("within_group", ["own", "add"])
@pytest.mark.parametrize("network", tuple(EXPECTED))
def test_near_the_figures_the_methods_expect(network, within_group, waiting) -> None:
    """The methods' figures were scripted by hand; a point of pain on average is what to hold."""
    gaps = distances(network, within_group=within_group, waiting=waiting, nodes=2001)
    assert np.mean(gaps) < 1.0
    assert max(gaps) < 2.5


def test_support_of_dry_needling() -> None:
    default, everyone = (supported("pain", network) for network in ("default", "all"))
    name = "dry-needling - usual-care"
    assert [default[name, w] for w in (6, 13, 26, 52)] == ["supported", *["not studied"] * 3]
    assert [everyone[name, w] for w in (6, 13)] == ["supported"] * 2
    assert everyone[name, 26] == "not studied"
    assert default["acupuncture - usual-care", 26] == "not comparable"
    assert default["no-treatment - usual-care", 6] == "too uncertain"


def test_without_derived_rows_dry_needling_leaves() -> None:
    left = posterior("pain", "default", printed_only=True, nodes=2001)
    assert ("acupuncture - usual-care", 13) in left
    assert not any("dry-needling" in name for name, _ in left)


def test_waiting_list_can_be_zero_or_removed() -> None:
    assert ("no-treatment - usual-care", 6) not in posterior(
        "pain", "default", waiting="zero", nodes=2001
    )
    removed = studies_used("pain", "default", waiting="removed")
    assert "zaringhalam-2010" in removed
    assert (
        "no-treatment"
        not in dense.fit("pain", "default", Choices(waiting="removed", nodes=2001))[0].names
    )


def test_senn_2013_to_the_printed_digits() -> None:
    lines = list(senn.printed_against_ours())
    assert len(lines) > 90
    for what, printed, ours, half_unit in lines:
        assert ours == pytest.approx(printed, abs=half_unit * (1 + 1e-6)), what


def test_vague_bayes_equals_common_effect() -> None:
    reference = senn.senn2013_reference()
    for name, ours in reference["bayes_common"].items():
        for key in ("estimate", "se"):
            assert ours[key] == pytest.approx(reference["common"][name][key], abs=1e-6)


def test_random_effects_posterior_of_senn_is_stable() -> None:
    once, twice = (senn.bayes_random(10.0, 1.0, nodes) for nodes in (2001, 4001))
    for i in range(len(senn.dense_parts()[0])):
        assert np.allclose(once.summary(i), twice.summary(i), rtol=0, atol=1e-9)
    assert once.tau_moments()["mean"] == pytest.approx(twice.tau_moments()["mean"], abs=1e-9)
