"""Rows of one trial to a study: which rows enter, what becomes one arm, and why others stay out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.topic import load_topic

from .packs import account, read, small, trial

SHIPPED = load_topic()
TWO = {"a": "acupuncture + usual-care", "u": "usual-care"}


def two(week=13, **cells):
    """One row for each of two arms: 40 against 55."""
    return [
        {"arm_id": "a", "mean": 40, "week": week, **cells},
        {"arm_id": "u", "mean": 55, "week": week, **cells},
    ]


def contrast(a="a", b="u", estimate=-9, **cells):
    return {"arm_a": a, "arm_b": b, "estimate": estimate, **cells}


def difference(network) -> float:
    (study,) = network.studies
    by = {arm.components: arm for arm in study.arms}
    return float(by["acupuncture",].values[0] - by[()].values[0])


def reasons(network) -> dict[str, str]:
    return {u.place: u.why for u in network.unused}


def test_two_arms_become_a_study(topic) -> None:
    network = read(trial(topic, TWO, arm_results=two()))
    (study,) = network.studies
    assert network.components == ("acupuncture",)
    usual, needled = study.arms
    assert (usual.components, needled.components) == ((), ("acupuncture",))
    assert needled.with_reference == ("acupuncture", "usual-care")
    assert study.weeks == (13.0,)
    assert study.people == 200
    assert difference(network) == pytest.approx(-15)
    assert needled.variances == pytest.approx([4.0])
    assert needled.places == (("arm_results.csv:2",),)
    assert study.printed
    assert not study.sham_controlled


CHOICE = [
    # (adjusted contrast, changes, finals, other contrast) present -> the difference that enters
    ((1, 1, 1, 1), -9.0),
    ((0, 1, 1, 1), -12.0),
    ((0, 0, 1, 1), -15.0),
    ((0, 0, 0, 1), -8.0),
]


@pytest.mark.parametrize(("present", "value"), CHOICE)
def test_adjusted_before_change_before_final(topic, present, value) -> None:
    adjusted, change, final, other = present
    changes = [
        {"arm_id": arm, "mean": m, "measure": "change", "change_sign": "positive-improves"}
        for arm, m in (("a", 20), ("u", 8))
    ]
    contrasts = [contrast(adjusted="yes")] * adjusted + [contrast(estimate=-8)] * other
    made = trial(
        topic, TWO, arm_results=changes * change + two() * final, contrast_results=contrasts
    )
    network = read(made)
    assert difference(network) == pytest.approx(value)
    used, unused = account(network)
    assert len(used) == (1 if value in (-9.0, -8.0) else 2)
    assert len(used) + len(unused) == 2 * (change + final) + adjusted + other
    assert set(reasons(network).values()) <= {"another row of this week is preferred"}


def test_the_choice_is_made_week_by_week(topic) -> None:
    made = trial(
        topic,
        TWO,
        arm_results=two(6) + two(26),
        contrast_results=[contrast(adjusted="yes", week=6)],
    )
    (study,) = read(made).studies
    assert study.weeks == (6.0, 26.0)
    assert study.arms[0].sources == ("printed", "sd")


@pytest.mark.parametrize("sign", ["negative", "positive"])
def test_the_sign_of_a_contrast_is_read(topic, sign) -> None:
    estimate = -9 if sign == "negative" else 9
    made = trial(topic, TWO, contrast_results=[contrast(estimate=estimate, favours_a_sign=sign)])
    assert difference(read(made)) == pytest.approx(-9)


@pytest.mark.parametrize(
    ("course", "week", "enters"),
    [("6", 3, True), ("6", 2.9, False), ("", 3, True), ("", 2, False), ("0", 0.1, True),
     ("12", 6, True), ("12", 5, False)],
)  # fmt: skip
def test_a_result_enters_from_half_the_course_on(topic, course, week, enters) -> None:
    network = read(trial(topic, TWO, weeks_treatment=course, arm_results=two(week)))
    assert bool(network.studies) == enters
    if not enters:
        assert all("during treatment" in why for why in reasons(network).values())
        assert len(network.unused) == 2


def test_weeks_at_or_before_the_start_and_without_a_week_stay_out(topic) -> None:
    network = read(trial(topic, TWO, weeks_treatment="0", arm_results=two(0) + two("") + two(-1)))
    assert not network.studies
    assert sorted(reasons(network).values()) == sorted(
        ["at or before the start"] * 4 + ["no week"] * 2
    )


def test_arms_that_received_the_same_are_pooled_by_inverse_variance(topic) -> None:
    arms = {"high": "acupuncture", "low": "acupuncture", "u": "usual-care"}
    rows = [
        {"arm_id": "high", "mean": 40, "se": 2, "n": 50},
        {"arm_id": "low", "mean": 46, "se": 4, "n": 20},
        {"arm_id": "u", "mean": 55},
    ]
    network = read(trial(topic, arms, arm_results=rows))
    (study,) = network.studies
    merged = study.arms[1]
    assert merged.id == "high + low"
    assert merged.values == pytest.approx([(40 / 4 + 46 / 16) / (1 / 4 + 1 / 16)])
    assert merged.variances == pytest.approx([1 / (1 / 4 + 1 / 16)])
    assert merged.sizes == (70,)
    assert merged.places == (("arm_results.csv:2", "arm_results.csv:3"),)
    assert network.merged == ("t: high, low",)


def test_a_trial_of_one_treatment_has_nothing_to_say(topic) -> None:
    network = read(trial(topic, {"a": "acupuncture", "u": "acupuncture"}, arm_results=two()))
    assert not network.studies
    assert set(reasons(network).values()) == {"its arms received the same"}
    assert account(network) == ([], ["arm_results.csv:2", "arm_results.csv:3"])


NODES = [
    ("acupuncture + exercise", ("acupuncture", "exercise")),
    ("acupuncture + dry-needling", ("acupuncture + dry-needling",)),
    ("dry-needling + exercise + physiotherapy", ("dry-needling", "exercise + physiotherapy")),
    ("education + usual-care", ("education",)),
    ("cupping + massage", ("cupping", "massage")),
    ("physiotherapy + exercise", ("exercise + physiotherapy",)),
]


@pytest.mark.parametrize(("components", "nodes"), NODES)
def test_components_of_one_group_never_add(topic, components, nodes) -> None:
    network = read(trial(topic, {"a": components, "u": "usual-care"}, arm_results=two()))
    assert {arm.components for arm in network.studies[0].arms} == {nodes, ()}
    assert network.components == nodes


def test_sham_controlled(topic) -> None:
    network = read(trial(topic, {"a": "acupuncture", "u": "sham-other"}, arm_results=two()))
    assert network.studies[0].sham_controlled


def test_printed_only_leaves_out_what_the_source_did_not_print(topic) -> None:
    made = trial(
        topic, TWO,
        arm_results=two(6, spread_basis="imputed") + two(13),
        contrast_results=[contrast(week=26, se="", p_value="0.03")],
    )  # fmt: skip
    assert read(made).studies[0].weeks == (6.0, 13.0, 26.0)
    assert not read(made).studies[0].printed
    network = read(made, printed_only=True)
    assert network.studies[0].weeks == (13.0,)
    assert network.studies[0].printed
    assert sorted(reasons(network).values()) == [
        "spread not printed (imputed)", "spread not printed (imputed)", "spread not printed (p)",
    ]  # fmt: skip


def test_one_arm_with_a_figure_is_listed_once(topic) -> None:
    rows = [{"arm_id": "a", "mean": 40}, {"arm_id": "u", "mean": 55, "sd": ""}]
    network = read(trial(topic, TWO, arm_results=rows))
    assert reasons(network) == {
        "arm_results.csv:2": "no other arm with a usable figure at this week",
        "arm_results.csv:3": "no way to a standard error",
    }
    assert len(network.unused) == 2


NO_WAY = [
    (contrast(estimate=""), "no estimate"),
    (contrast(measure="median-difference"), "VAS100 cannot be put on the common scale"),
    (contrast(scale_max=""), "VAS100 cannot be put on the common scale"),
    (contrast(se=""), "no way to a standard error"),
]


@pytest.mark.parametrize(("cells", "why"), NO_WAY)
def test_why_a_contrast_stays_out(topic, cells, why) -> None:
    network = read(trial(topic, TWO, contrast_results=[cells]))
    assert [u.why for u in network.unused] == [why]
    assert not network.studies


REFUSED = {
    "an arm twice": ({"arm_results": two() + two()[:1]}, "reports arm a twice"),
    "an unknown arm": ({"arm_results": [*two(), {"arm_id": "x", "mean": 1}]}, "arm 'x'"),
    "a contrast twice": ({"contrast_results": [contrast(), contrast("u", "a")]}, "twice"),
    "an unknown arm in a contrast": ({"contrast_results": [contrast("x")]}, "arm 'x'"),
    "no width": ({"arm_results": two(scale_max=0)}, "the scale runs"),
    "no spread at all": ({"arm_results": two(sd=0)}, "above zero"),
    "not a number": ({"arm_results": two(sd="nan")}, "'nan' is not a number"),
    "infinite": ({"contrast_results": [contrast(se="inf")]}, "'inf' is not a number"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_rows_that_cannot_be_true_are_refused_by_name(topic, name) -> None:
    tables, why = REFUSED[name]
    with pytest.raises(InputError, match=why) as error:
        read(trial(topic, TWO, **tables))
    assert str(error.value).endswith(".")


@pytest.mark.parametrize(("outcome", "scale"), [("pain", 1.0), ("disability", 4.7 / 20)])
def test_printed_contrasts_may_miss_each_other_by_rounding_only(topic, outcome, scale) -> None:
    """One and a half points of 100, or as much in SDs: on RMDQ24 a third of a point."""
    arms = {**TWO, "b": "exercise"}
    for miss, fits in ((1.4, True), (5.0, False)):
        loop = [
            contrast("a", "u", -9 * scale), contrast("b", "u", -4 * scale),
            contrast("a", "b", (-5 + 3 * miss) * scale),
        ]  # fmt: skip
        cells = {"outcome": outcome, "instrument": "RMDQ24", "se": 4 * scale}
        made = trial(topic, arms, contrast_results=[{**c, **cells} for c in loop])
        if fits:
            assert len(read(made, outcome).studies) == 1
        else:
            with pytest.raises(InputError, match="t contradict each other"):
                read(made, outcome)


cell = st.fixed_dictionaries(
    {
        "arm_id": st.sampled_from("abu"),
        "mean": st.sampled_from(["", "40", "55"]),
        "week": st.sampled_from(["", "0", "2", "13", "26"]),
        "sd": st.sampled_from(["", "20"]),
        "use": st.sampled_from(["yes", "yes", "no"]),
        "measure": st.sampled_from(["final", "change"]),
        "spread_basis": st.sampled_from(["", "imputed"]),
    }
)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(cell, max_size=8, unique_by=lambda r: (r["arm_id"], r["week"], r["measure"])),
       printed=st.booleans())  # fmt: skip
def test_every_row_is_used_or_listed_exactly_once(rows, printed) -> None:
    arms = {**TWO, "b": "exercise"}
    network = read(trial(SHIPPED, arms, arm_results=rows), printed_only=printed)
    used, unused = account(network)
    assert sorted(used + unused) == sorted(f"arm_results.csv:{k + 2}" for k in range(len(rows)))
    assert all(u.why or "no" in {r["use"] for r in rows} for u in network.unused)
    assert all(np.all(arm.variances > 0) for s in network.studies for arm in s.arms)


def test_no_trial_at_all(topic) -> None:
    network = read(small(topic))
    assert network.studies == network.components == network.unused == ()
