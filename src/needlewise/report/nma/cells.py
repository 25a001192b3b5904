"""What the sections of a page share: ranges, p values, names of measures."""

from __future__ import annotations

from needlewise.evidence.tables import Trials
from needlewise.report.document import Num, Text, line
from needlewise.report.nma import pictures
from needlewise.report.nma.pictures import number, shown
from needlewise.synthesis.nma import Fit


def measure(trials: Trials) -> str:
    name = pictures.unit(trials)
    return f"{name}, worked out by its logarithm" if trials.is_ratio else name


def scale_of(trials: Trials) -> str:
    """What is added to a caption of numbers as the model has them."""
    return ", as logarithms of ratios" if trials.is_ratio else ""


def interval(fit: Fit, estimate: float, low: float, high: float, id: str) -> Text:
    as_shown = shown(fit.trials)
    return line(
        "{} ({} to {})", Num(number(as_shown(estimate)), id), number(as_shown(low)),
        number(as_shown(high)),
    )  # fmt: skip


def p_value(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


def share_of(fit: Fit) -> str:
    share = 100 * fit.effective
    return f"{share:.0f} %" if share >= 1 else "less than 1 %"
