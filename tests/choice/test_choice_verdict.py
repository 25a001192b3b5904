"""Verdicts at the edges of their rules, on effects made to measure."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.outlook.looks import look

from needlewise.choice.verdict import NO_FIGURE, ONE_STEP_DOWN, verdict_of
from needlewise.synthesis.base import EvidenceBase
from needlewise.synthesis.gaussian import Mixture


@pytest.fixture(scope="module")
def office(topic):
    return look(topic)


def of_certainty(seen, level):
    """The same outlook with every certainty at one level."""
    return replace(
        seen,
        cells=tuple(
            replace(c, certainty=replace(c.certainty, level=level)) if c.certainty else c
            for c in seen.cells
        ),
    )


def judge(seen, mean, sd, option="acupuncture", week=13.0):
    """The verdict against no needling where the posterior is one normal, no heterogeneity."""
    audience = seen.subject.audience
    effects = seen.base.effects("pain", audience)
    row = effects.contrast(week, (option,))
    size = len(row)
    mixture = Mixture(
        weights=np.ones(1),
        taus=np.zeros((1, 1)),
        means=(mean * row)[None, :],
        covariances=(sd**2 * np.outer(row, row))[None, :, :],
        touched=np.arange(size),
        lift=np.eye(size),
        rest=np.zeros((size, size)),
        log_evidence=0.0,
    )
    base = EvidenceBase(seen.topic)
    base.adopt(replace(effects, mixture=mixture))
    return verdict_of(replace(seen, base=base), option, "no-needling", "pain", week)


@pytest.mark.parametrize(
    ("mean", "sd", "word"),
    [
        (-12.0, 12.0 / 1.97, "better"),  # P(D > 0) just above 0.975
        (-12.0, 12.0 / 1.95, "probably better"),  # just below
        (-10.1, 2.0, "better"),  # P(D > 10) just above 0.5
        (-9.9, 2.0, "probably better"),  # just below
        (-8.0, 8.0 / 1.29, "probably better"),  # P(D > 0) just above 0.90
        (-8.0, 8.0 / 1.27, "cannot be told apart"),
        (-5.1, 1.0, "probably better"),  # E[D] just above half of 10
        (-4.9, 1.0, "about the same"),  # just below, and surely less than 10
        (0.0, 10 / 1.65, "about the same"),  # P(|D| < 10) just above 0.90
        (0.0, 10 / 1.64, "cannot be told apart"),
        (12.0, 12.0 / 1.97, "worse"),
        (8.0, 8.0 / 1.29, "probably worse"),
        (0.0, 100.0, "cannot be told apart"),
    ],
)
def test_the_edges(office, mean, sd, word):
    found = judge(of_certainty(office, "low"), mean, sd)
    assert found.certainty == "low"
    assert found.word == word
    assert found.benefit == pytest.approx(-mean)


@pytest.mark.parametrize(
    ("mean", "sd", "word"),
    [
        (-20.0, 1.0, "probably better"),
        (-8.0, 8.0 / 1.5, "cannot be told apart"),
        (0.0, 1.0, "cannot be told apart"),
        (20.0, 1.0, "probably worse"),
    ],
)
def test_very_low_certainty_takes_one_step(office, mean, sd, word):
    cell = office.cell("dry-needling", "pain", 6.0)
    assert (cell.evidence, cell.certainty.level) == ("own", "very low")
    assert judge(office, mean, sd, "dry-needling", 6.0).word == word


def test_a_step_down_never_makes_a_stronger_word():
    strength = {"better": 2, "worse": 2, "probably better": 1, "probably worse": 1,
                "about the same": 1, "cannot be told apart": 0}  # fmt: skip
    for before, after in ONE_STEP_DOWN.items():
        assert strength[after] == max(strength[before] - 1, 0)


def test_the_verdict_is_of_a_new_setting(topic, office):
    effects = office.base.effects("pain", office.subject.audience)
    row = effects.contrast(13.0, ("acupuncture",))
    means, variances = effects.mixture.project(row[None, :])
    sds = np.sqrt(variances[0] + effects.tau_squares)
    better = effects.mixture.weights @ stats.norm.cdf(0, means[0], sds)
    found = verdict_of(office, "acupuncture", "no-needling", "pain", 13.0)
    assert found.probability == pytest.approx(better)
    assert found.important == pytest.approx(
        effects.mixture.weights @ stats.norm.cdf(-10, means[0], sds)
    )


def test_function_is_judged_on_the_display_instrument(topic, office):
    effects = office.base.effects("disability", office.subject.audience)
    row = effects.contrast(13.0, ("acupuncture",))
    found = verdict_of(office, "acupuncture", "no-needling", "disability", 13.0)
    important = topic.settings["outcomes"]["disability"]["important_difference"]
    assert found.important == pytest.approx(
        effects.probability_below(row, -important / 4.7, new_setting=True)
    )
    assert found.benefit == pytest.approx(-4.7 * effects.summary(row).mean)


def test_no_verdict_without_a_figure_or_across_two_networks(office):
    assert verdict_of(office, "both", "no-needling", "pain", 13.0).word == NO_FIGURE
    assert verdict_of(office, "acupuncture", "no-needling", "pain", 26.0).word == NO_FIGURE
    mixed = verdict_of(office, "dry-needling", "acupuncture", "pain", 13.0)
    assert office.cell("dry-needling", "pain", 13.0).evidence == "other-people"
    assert (mixed.word, mixed.probability) == (NO_FIGURE, None)


def test_swapping_the_sides_turns_the_verdict_round(office):
    one = verdict_of(office, "dry-needling", "acupuncture", "pain", 6.0)
    two = verdict_of(office, "acupuncture", "dry-needling", "pain", 6.0)
    assert one.probability == pytest.approx(1 - two.probability)
    assert one.benefit == pytest.approx(-two.benefit)
    assert one.word == two.word == "cannot be told apart"
    assert one.certainty == two.certainty == "very low"


def test_cut_offs_are_the_topic_s(monkeypatch, topic, office):
    """A topic that asks for more certainty gets weaker words."""
    strict = {**topic.settings["verdict"], "better_probability": 0.9999}
    settings = {**topic.settings, "verdict": strict}
    other = look(replace(topic, settings=settings, _memo={}))
    words = [
        verdict_of(of_certainty(seen, "low"), "acupuncture", "no-needling", "pain", 13.0).word
        for seen in (replace(office, base=EvidenceBase(topic)), other)
    ]
    assert words == ["better", "probably better"]
