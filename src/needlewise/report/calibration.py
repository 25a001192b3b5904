"""The calibration tables as text: predicted against observed responders, and simulated people."""

from __future__ import annotations

from needlewise.outlook.calibration import PEOPLE, SEED, reliability, responders
from needlewise.report.numbers import hundred
from needlewise.topic import Topic


def calibration_text(topic: Topic) -> str:
    """Both tables in Markdown, as `docs/calibration.md` and `needlewise calibrate` print them."""
    return "\n".join([*_responders(topic), "", *_simulated(topic)]) + "\n"


def _responders(topic: Topic) -> list[str]:
    lines = [
        "## Predicted against observed responders",
        "",
        "Every arm of a trial of ordinary long-lasting back pain that an option describes and that",
        "has a count. Predicted is at least 30 % less pain; trials counted other things, so a wide",
        "gap may be one of definition.",
        "",
        "| trial, arm | week | option | predicted of 100 | observed of 100 | people | counted |",
        "|---|---|---|---|---|---|---|",
    ]
    found = responders(topic)
    for r in found:
        p = r.predicted
        told = f"{hundred(p.mean)} ({hundred(p.low)} to {hundred(p.high)})"
        lines.append(
            f"| {r.study}, {r.arm} ({r.place}) | {r.week:g} | {r.option} | {told} "
            f"| {hundred(r.observed)} | {r.total:g} | {r.definition} |"
        )
    inside = sum(r.predicted.low <= r.observed <= r.predicted.high for r in found)
    return [*lines, "", f"{inside} of {len(found)} observed shares lie in the predicted range."]


def _simulated(topic: Topic) -> list[str]:
    week = float(topic.settings["primary"]["week"])
    lines = [
        "## Simulated people",
        "",
        f"{PEOPLE:,} people each, pain now 30 to 90, settings and people drawn from the model with",
        f"fresh random numbers (seed {SEED}); the outlook's answers come from its stored draws.",
        "",
    ]
    reference, option = topic.options[0].id, str(topic.settings["calibration"]["option"])
    for name in (reference, option):
        r = reliability(topic, name, week)
        lines += [
            f"**{name}, week {week:g}**: {100 * r.coverage:.1f} % inside the 95 % range; "
            f"Brier score {r.brier:.3f}, {r.brier_of_mean:.3f} when everybody is told the mean.",
            "",
            "| people | chance told, of 100 | clearly better, of 100 |",
            "|---|---|---|",
            *(f"| {n} | {100 * told:.0f} | {100 * seen:.0f} |" for n, told, seen in r.bins),
            "",
        ]
    return lines
