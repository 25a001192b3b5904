"""Putting a trial's numbers on the outcome's common scale, higher always worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from needlewise.errors import InputError
from needlewise.topic import Row, Topic

ROUNDING = 1.5  # points of 100 by which printed contrasts may miss each other


@dataclass(frozen=True)
class Scale:
    """How one outcome is pooled.

    `points`: 0-100 points; standardised rows are multiplied by `pain_sd`.
    `standardised`: SD units, each instrument divided by its own fixed SD.
    """

    kind: str
    unit: str
    pain_sd: float
    instrument_sd: Mapping[str, float] = field(default_factory=dict)

    @property
    def rounding(self) -> float:
        """How far contrasts of one study, printed rounded, may miss each other."""
        return ROUNDING if self.kind == "points" else ROUNDING / self.pain_sd

    def factor(self, row: Row) -> float | None:
        """What one printed point of this row's instrument is on the common scale."""
        if self.kind == "standardised":
            sd = self.instrument_sd.get(row["instrument"])
            return None if sd is None else 1.0 / sd
        low, high = row.number("scale_min"), row.number("scale_max")
        if low is None or high is None:
            return None
        if high <= low:
            raise InputError(
                f"{row.place}: the scale runs from {low:g} to {high:g}; "
                "give its lowest and its highest value."
            )
        return 100.0 / (high - low)

    def arm_value(self, row: Row) -> float | None:
        """Mean of an arm row, higher worse; change rows are negative when people improve."""
        mean, factor = row.number("mean"), self.factor(row)
        if mean is None or factor is None:
            return None
        if row["measure"] == "change":
            return -mean * factor if row["change_sign"] == "positive-improves" else mean * factor
        if row["higher_is"] == "better":
            return -mean * factor
        return (mean - (row.number("scale_min") or 0.0)) * factor

    def contrast_factor(self, row: Row) -> float | None:
        """What one unit of a contrast row is on the common scale."""
        if row["measure"] == "standardised-mean-difference":
            return self.pain_sd if self.kind == "points" else 1.0
        if row["measure"] == "mean-difference":
            return self.factor(row)
        return None


def scale_of(topic: Topic, outcome: str, pain_sd: float | None = None) -> Scale:
    """The common scale of an outcome from the topic's settings."""
    outcomes: Mapping[str, Any] = topic.settings["outcomes"]
    settings: Mapping[str, Any] = outcomes.get(outcome, {"pooled": False})
    if not settings["pooled"]:
        pooled = ", ".join(name for name, entry in outcomes.items() if entry["pooled"])
        raise InputError(f"The outcome '{outcome}' is not pooled; choose from {pooled}.")
    return Scale(
        settings["scale"],
        settings["unit"],
        topic.assumption("pain_sd") if pain_sd is None else pain_sd,
        {name: float(entry["value"]) for name, entry in topic.settings["instrument_sd"].items()},
    )
