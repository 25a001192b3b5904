"""The standard sensitivity runs and the evidence base: each run changes what its name says."""

from dataclasses import replace

import numpy as np
import pytest

from needlewise.errors import InputError
from needlewise.evidence import audience_all, audience_default
from needlewise.synthesis.base import EvidenceBase, evidence_base
from needlewise.synthesis.sensitivity import (
    sensitivity_runs,
    with_benchmarks,
    without_waiting_list,
)
from needlewise.synthesis.synthesise import settings_of, synthesise
from needlewise.topic import Row, Table

from .networks import SHIPPED, arm, fit, network, pair, study

DEFAULT = audience_default(SHIPPED)


@pytest.fixture(scope="module")
def runs():
    return {run.name: run.effects for run in sensitivity_runs(SHIPPED, "pain", DEFAULT)}


@pytest.fixture(scope="module")
def main():
    return evidence_base(SHIPPED).effects("pain", DEFAULT)


def ids(effects):
    return [s.id for s in effects.network.studies]


def mean(effects, component="acupuncture", week=13):
    return effects.summary(effects.contrast(week, (component,))).mean


def test_the_runs_are_those_of_the_topic(runs) -> None:
    assert list(runs) == [run["name"] for run in SHIPPED.settings["sensitivity"]]
    assert len(runs) == 14


PRIORS = {
    "half the prior level SD": ("level_sd", 15.0),
    "twice the prior level SD": ("level_sd", 60.0),
    "half the heterogeneity scale": ("tau_scale", 5.0),
    "twice the heterogeneity scale": ("tau_scale", 20.0),
    "half the drift over time": ("drift_sd", 2.5),
    "twice the drift over time": ("drift_sd", 10.0),
}


@pytest.mark.parametrize("name", PRIORS)
def test_a_run_of_priors_changes_one_prior_and_no_data(runs, main, name) -> None:
    field, value = PRIORS[name]
    assert runs[name].priors == replace(main.priors, **{field: value})
    assert runs[name].network is main.network
    assert mean(runs[name]) != mean(main)


def test_wider_priors_move_as_they_should(runs, main) -> None:
    assert abs(mean(runs["half the prior level SD"])) < abs(mean(main))
    taus = [runs[f"{word} the heterogeneity scale"].tau().mean for word in ("half", "twice")]
    assert taus[0] < main.tau().mean < taus[1]


def test_waiting_list(runs, main) -> None:
    zero, removed = runs["waiting list counts as usual care"], runs["waiting-list arms removed"]
    assert "no-treatment" in main.network.components
    for run in (zero, removed):
        assert "no-treatment" not in run.network.components
    assert ids(zero) == ids(main)
    assert "liu-2023" in ids(main)
    arms = [{c for a in s.arms for c in a.with_reference} for s in removed.network.studies]
    assert not any("no-treatment" in components for components in arms)


def test_waiting_list_by_hand() -> None:
    three = study("three", arm("no-treatment", (5, 1)), arm("", (3, 1)), arm("acupuncture", (1, 1)))
    two = pair("two", "acupuncture", "no-treatment", -9, 4)
    made = network(three, two)
    removed = without_waiting_list(made, remove=True)
    assert [(s.id, len(s.arms)) for s in removed.studies] == [("three", 2)]
    zero = without_waiting_list(made, remove=False)
    assert [[a.components for a in s.arms] for s in zero.studies] == [
        [(), (), ("acupuncture",)], [("acupuncture",), ()],
    ]  # fmt: skip


def test_printed_rows_only(runs) -> None:
    run = runs["without derived, imputed and p-only rows"]
    assert not [c for c in run.network.components if "dry-needling" in c]
    assert all(s.printed for s in run.network.studies)


def test_all_conditions_is_the_network_of_all(runs) -> None:
    run, base = runs["all conditions"], evidence_base(SHIPPED)
    assert run.network is base.network("pain", audience_all(SHIPPED))
    assert mean(run) == pytest.approx(mean(base.everyone("pain")), abs=0.01)


@pytest.mark.parametrize("sd", [18.0, 25.0])
def test_sd_of_pain(runs, sd) -> None:
    run = runs[f"SD of pain {sd:.0f}"]
    assert run.network.scale.pain_sd == sd
    values = {
        s.id: s.arms[0].values[0] - s.arms[1].values[0]
        for effects in (run,) for s in effects.network.studies if s.id == "liu-2023"
    }  # fmt: skip
    main = evidence_base(SHIPPED).network("pain", DEFAULT)
    (plain,) = [s.arms[0].values[0] - s.arms[1].values[0] for s in main.studies if s.id in values]
    assert values["liu-2023"] == pytest.approx(plain * sd / 20.0)


def test_separate_heterogeneity(runs, main) -> None:
    run = runs["separate heterogeneity for sham-controlled trials"]
    assert run.mixture.taus.shape[1] == 2
    assert main.mixture.taus.shape[1] == 1
    settings = replace(settings_of(main.network), split_tau=True, nodes=48)
    finer = synthesise(main.network, settings, support=False)
    for component in ("acupuncture", "dry-needling"):
        one, two = (e.summary(e.contrast(13, (component,))) for e in (run, finer))
        assert (one.mean, one.low, one.high) == pytest.approx(
            (two.mean, two.low, two.high), abs=1e-3 * two.sd
        )


def test_benchmarks_are_two_more_trials(runs, main) -> None:
    run = runs["with the published benchmark as one more study"]
    added = [s for s in run.network.studies if s.id not in ids(main)]
    assert [s.id for s in added] == ["vickers-2018-usual-care", "vickers-2018-penetrating"]
    for made, (components, estimate, low, high) in zip(
        added, [((), 0.50, 0.40, 0.60), (("sham-penetrating",), 0.17, 0.11, 0.22)], strict=True
    ):
        option, against = made.arms
        assert (option.components, against.components) == (("acupuncture",), components)
        assert option.weeks == against.weeks == (13.0,)
        assert option.values[0] - against.values[0] == pytest.approx(-20 * estimate)
        se = np.sqrt(option.variances[0] + against.variances[0])
        assert 2 * 1.96 * se == pytest.approx(20 * (high - low))
    assert mean(main) < mean(run) < -10.0


def test_benchmarks_do_not_enter_standardised_outcomes() -> None:
    made = evidence_base(SHIPPED).network("disability", DEFAULT)
    assert with_benchmarks(made) is made


def test_a_benchmark_without_an_interval_is_refused() -> None:
    table = SHIPPED["benchmarks"]
    rows = tuple(Row({**r, "ci_low": ""}, r.file, r.line) for r in table)
    topic = replace(
        SHIPPED, tables={**SHIPPED.tables, "benchmarks": Table(table.name, table.columns, rows)}
    )
    made = network(*evidence_base(SHIPPED).network("pain", DEFAULT).studies, topic=topic)
    with pytest.raises(InputError, match=r"benchmarks\.csv:2 has no estimate with an interval"):
        with_benchmarks(made)


def test_every_run_of_every_outcome_gives_numbers() -> None:
    for outcome in ("pain", "disability"):
        for audience in (DEFAULT, audience_all(SHIPPED)):
            for run in sensitivity_runs(SHIPPED, outcome, audience):
                assert np.isfinite(mean(run.effects)), (outcome, run.name)


def test_a_run_without_a_trial_is_none() -> None:
    nobody = replace(DEFAULT, populations=frozenset())
    names = {r.name: r.effects for r in sensitivity_runs(SHIPPED, "pain", nobody)}
    assert names.pop("all conditions") is not None
    assert set(names.values()) == {None}


# ---- The evidence base ----


def test_each_network_is_fitted_once() -> None:
    base = EvidenceBase(SHIPPED)
    assert base.network("pain", DEFAULT) is base.network("pain", DEFAULT)
    assert base.effects("pain", DEFAULT) is base.effects("pain", DEFAULT)
    assert base.effects("pain", DEFAULT).network is base.network("pain", DEFAULT)
    assert base.network("pain", DEFAULT, printed_only=True) is not base.network("pain", DEFAULT)
    assert base.everyone("pain") is base.effects("pain", audience_all(SHIPPED))
    assert evidence_base(SHIPPED) is evidence_base(SHIPPED)


def test_an_audience_without_trials_has_no_effects() -> None:
    base = EvidenceBase(SHIPPED)
    assert base.effects("pain", replace(DEFAULT, populations=frozenset())) is None
    every = {s["study_id"] for s in SHIPPED["studies"]}
    assert base.without(*every).everyone("pain") is None


def test_leaving_studies_out_leaves_the_base_alone() -> None:
    base = EvidenceBase(SHIPPED)
    before = base.effects("pain", DEFAULT)
    less = base.without("liu-2023").without("inoue-2009")
    assert less.removed == ("liu-2023", "inoue-2009")
    assert set(ids(before)) - set(ids(less.effects("pain", DEFAULT))) == {"liu-2023", "inoue-2009"}
    assert "injection" not in less.network("pain", DEFAULT).components
    assert base.effects("pain", DEFAULT) is before
    assert base.removed == ()


def test_which_options_stay_when_only_printed_spreads_count() -> None:
    base = EvidenceBase(SHIPPED)
    assert base.stays_when_printed_only("pain", DEFAULT, ("acupuncture",))
    assert not base.stays_when_printed_only("pain", DEFAULT, ("dry-needling",))


def test_what_follows_is_worked_out_once_until_the_effects_change() -> None:
    base = EvidenceBase(SHIPPED)
    made = iter(range(10))
    assert [base.remember("key", lambda: next(made)) for _ in range(3)] == [0, 0, 0]
    assert base.remember("other", lambda: next(made)) == 1
    assert base.without("liu-2023").remember("key", lambda: next(made)) == 2
    base.adopt(base.effects("pain", DEFAULT))
    assert base.remember("key", lambda: next(made)) == 0
    base.adopt(fit(pair("s", "acupuncture", "", -1, 1)))
    assert base.remember("key", lambda: next(made)) == 3


def test_adopted_effects_are_used() -> None:
    base = EvidenceBase(SHIPPED)
    made = fit(pair("s", "acupuncture", "", -1, 1))
    base.adopt(made)
    assert base.everyone("pain") is made
