"""Scales: everything ends in points of 0-100 or in fixed SDs, and higher is always worse."""

import pytest

from needlewise.errors import InputError
from needlewise.evidence.scales import scale_of

from .packs import row

FINAL = [
    # scale_min, scale_max, higher_is, mean, value on 0-100
    (0, 100, "worse", 42, 42.0),
    (0, 10, "worse", 4.2, 42.0),
    (1, 5, "worse", 2, 25.0),
    (0, 100, "better", 42, -42.0),
]


@pytest.mark.parametrize(("low", "high", "direction", "mean", "value"), FINAL)
def test_final_scores(topic, low, high, direction, mean, value) -> None:
    cells = row(topic, "arm_results", scale_min=low, scale_max=high, higher_is=direction, mean=mean)
    assert scale_of(topic, "pain").arm_value(cells) == pytest.approx(value)


def test_better_and_worse_are_mirrored(topic) -> None:
    """Two arms on a scale where more is better differ by as much as on its mirror image."""
    scale = scale_of(topic, "pain")
    values = {
        (direction, mean): scale.arm_value(
            row(topic, "arm_results", scale_min=1, scale_max=6, higher_is=direction, mean=mean)
        )
        for direction in ("worse", "better")
        for mean in (2, 3.5)
    }
    assert values["worse", 3.5] - values["worse", 2] == pytest.approx(30.0)
    assert values["better", 3.5] - values["better", 2] == pytest.approx(-30.0)


@pytest.mark.parametrize("higher", ["worse", "better"])
@pytest.mark.parametrize(
    ("sign", "mean", "value"),
    [("positive-improves", 2.5, -25.0), ("negative-improves", -2.5, -25.0),
     ("positive-improves", -1, 10.0), ("negative-improves", 1, 10.0)],
)  # fmt: skip
def test_changes_follow_their_printed_sign(topic, higher, sign, mean, value) -> None:
    cells = row(
        topic, "arm_results",
        scale_max=10, higher_is=higher, measure="change", change_sign=sign, mean=mean,
    )  # fmt: skip
    assert scale_of(topic, "pain").arm_value(cells) == pytest.approx(value)


def test_disability_uses_one_sd_per_instrument(topic) -> None:
    scale = scale_of(topic, "disability")
    for instrument, entry in topic.settings["instrument_sd"].items():
        cells = row(topic, "arm_results", instrument=instrument, mean=entry["value"])
        assert scale.arm_value(cells) == pytest.approx(1.0)
    assert scale.arm_value(row(topic, "arm_results", instrument="SF12", mean=3)) is None


@pytest.mark.parametrize(
    ("outcome", "sd", "factor"), [("pain", None, 20), ("pain", 25, 25), ("disability", None, 1)]
)
def test_standardised_contrasts(topic, outcome, sd, factor) -> None:
    cells = row(topic, "contrast_results", measure="standardised-mean-difference")
    assert scale_of(topic, outcome, sd).contrast_factor(cells) == factor


def test_other_measures_and_unknown_scales_have_no_factor(topic) -> None:
    scale = scale_of(topic, "pain")
    assert (
        scale.contrast_factor(row(topic, "contrast_results", measure="median-difference")) is None
    )
    assert scale.factor(row(topic, "arm_results", scale_min="", scale_max="")) is None
    assert scale.arm_value(row(topic, "arm_results", mean="")) is None


@pytest.mark.parametrize("high", [0, -5])
def test_a_scale_without_width_is_refused(topic, high) -> None:
    with pytest.raises(InputError, match=r"arm_results\.csv:9: the scale runs from 0 to"):
        scale_of(topic, "pain").factor(row(topic, "arm_results", 9, scale_max=high))


@pytest.mark.parametrize("outcome", ["sleep", "nonsense"])
def test_outcomes_that_are_not_pooled_are_refused(topic, outcome) -> None:
    with pytest.raises(
        InputError, match=f"'{outcome}' is not pooled; choose from pain, disability"
    ):
        scale_of(topic, outcome)
