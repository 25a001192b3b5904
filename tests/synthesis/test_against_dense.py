"""The engine against a slow dense reference that shares no code with it."""

import pytest

from needlewise.evidence import audience_all, audience_default, build_network
from needlewise.synthesis.synthesise import synthesise
from reference.dense import posterior, supported
from reference.dense import tau as reference_tau

AUDIENCES = {"default": audience_default, "all": audience_all}
COMPONENTS = ("acupuncture", "dry-needling", "electroacupuncture", "no-treatment")
WEEKS = (6, 13, 26, 52)
NODES = 2001  # the trapezoid is exact to 1e-9 from a tenth of them on


@pytest.fixture(scope="module", params=["default", "all"])
def network(request):
    return request.param


@pytest.fixture(scope="module", params=["pain", "disability"])
def outcome(request):
    return request.param


@pytest.fixture(scope="module")
def effects(topic_module, outcome, network):
    return synthesise(build_network(topic_module, outcome, AUDIENCES[network](topic_module)))


@pytest.fixture(scope="module")
def topic_module():
    from needlewise.topic import load_topic

    return load_topic()


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("week", WEEKS)
def test_effect_against_usual_care(effects, outcome, network, component, week) -> None:
    expected = posterior(outcome, network, nodes=NODES).get((f"{component} - usual-care", week))
    if not effects.known((component,)):
        assert expected is None
        return
    found = effects.summary(effects.contrast(week, (component,)))
    for mine, theirs in zip(
        (found.mean, found.sd, found.low, found.high),
        (expected.mean, expected.sd, expected.q025, expected.q975),
        strict=True,
    ):
        assert mine == pytest.approx(theirs, abs=1e-6 * max(1.0, expected.sd))


def test_contrast_between_options(effects, outcome, network) -> None:
    for week in WEEKS:
        expected = posterior(outcome, network, nodes=NODES)[("dry-needling - acupuncture", week)]
        found = effects.summary(effects.contrast(week, ("dry-needling",), ("acupuncture",)))
        assert found.mean == pytest.approx(expected.mean, abs=1e-6)
        assert found.high == pytest.approx(expected.q975, abs=1e-5)


def test_heterogeneity(effects, outcome, network) -> None:
    expected, found = reference_tau(outcome, network, nodes=NODES), effects.tau()
    assert found.mean == pytest.approx(expected["mean"], abs=1e-5)
    assert found.sd == pytest.approx(expected["sd"], abs=1e-5)


def test_support_flag_agrees(effects, outcome, network) -> None:
    names = {
        "supported": "supported",
        "not studied": "not-studied",
        "not comparable": "not-comparable",
        "too uncertain": "too-vague",
    }
    for (option, week), support in effects.support.items():
        if option != "both" and effects.known((option,)):
            found = supported(outcome, network, nodes=NODES)[f"{option} - usual-care", int(week)]
            assert support.status == names[found], (option, week)


def test_the_reference_names_the_figures_the_methods_expect(topic_module) -> None:
    """Methods, section 9: the default pain network within a point of the plan's figures."""
    found = synthesise(build_network(topic_module, "pain"))
    assert len(found.network.studies) == 16
    for plus, minus, week, mean in [
        (("acupuncture",), (), 6, -15.0),
        (("acupuncture",), (), 13, -15.0),
        (("acupuncture",), (), 52, -10.0),
        (("acupuncture",), ("sham-penetrating",), 6, -5.5),
        (("acupuncture",), ("sham-penetrating",), 13, -6.6),
        (("acupuncture",), ("sham-penetrating",), 52, -5.3),
        (("dry-needling",), (), 6, -18.0),
        (("dry-needling",), ("sham-penetrating",), 6, -8.0),
        (("dry-needling",), ("acupuncture",), 6, -3.0),
        (("no-treatment",), (), 6, 3.0),
    ]:
        assert found.summary(found.contrast(week, plus, minus)).mean == pytest.approx(mean, abs=1.0)
