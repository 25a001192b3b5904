"""Verdicts in words from the posterior (methods, section 6): never stronger than the trials."""

from __future__ import annotations

from dataclasses import dataclass

from needlewise.outlook import Outlook
from needlewise.synthesis.effects import Effects

BETTER, PROBABLY_BETTER = "better", "probably better"
SAME, UNCLEAR = "about the same", "cannot be told apart"
PROBABLY_WORSE, WORSE = "probably worse", "worse"
NO_FIGURE = "not known"
ONE_STEP_DOWN = {
    BETTER: PROBABLY_BETTER,
    PROBABLY_BETTER: UNCLEAR,
    SAME: UNCLEAR,
    UNCLEAR: UNCLEAR,
    PROBABLY_WORSE: UNCLEAR,
    WORSE: PROBABLY_WORSE,
}


@dataclass(frozen=True)
class Verdict:
    """One option against another (no-needling by default) for an outcome and horizon.

    `benefit` is the mean predictive difference in display units, positive where `option` is
    better; `probability` that it is better at all, `important` that it is by the smallest
    difference worth having. `evidence` is own, other-people or none.
    """

    option: str
    against: str
    outcome: str
    week: float
    word: str
    benefit: float | None
    probability: float | None
    important: float | None
    certainty: str
    evidence: str
    trials: int


def verdict_of(
    outlook: Outlook, option: str, against: str, outcome: str, week: float,
    important: float | None = None,
) -> Verdict:  # fmt: skip
    """The verdict, `not known` where a side has no supported effect from the same trials.

    `important` is the smallest difference worth having in display units, default the topic's.
    """
    cells = [outlook.cell(o, outcome, week) for o in (option, against)]
    sides = [c for c in cells if c.option != outlook.reference]
    kinds = {c.evidence for c in sides}
    if len(kinds) != 1 or "none" in kinds:
        return Verdict(option, against, outcome, week, NO_FIGURE, None, None, None, "", "none", 0)
    evidence = kinds.pop()
    effects = (
        outlook.base.effects(outcome, outlook.subject.audience)
        if evidence == "own"
        else outlook.base.everyone(outcome)
    )
    assert effects is not None
    levels = [c.certainty.level for c in sides if c.certainty is not None]
    certainty = min(levels, key=("very low", "low", "moderate", "high").index)
    plus, minus = (outlook.topic.option(o).components for o in (option, against))
    trials = {t for c in sides for t in c.trials}
    return _judge(
        outlook, effects, (option, against), (plus, minus), outcome, week, certainty, evidence,
        len(trials), important,
    )  # fmt: skip


def _judge(
    outlook: Outlook, effects: Effects, names: tuple[str, str],
    sides: tuple[tuple[str, ...], tuple[str, ...]], outcome: str, week: float, certainty: str,
    evidence: str, trials: int, smallest: float | None,
) -> Verdict:  # fmt: skip
    rules = outlook.topic.settings["verdict"]
    settings = outlook.topic.settings["outcomes"][outcome]
    unit = 1.0
    if settings["scale"] == "standardised":
        unit = float(
            outlook.topic.settings["instrument_sd"][settings["display_instrument"]]["value"]
        )
    delta = float(settings["important_difference"] if smallest is None else smallest) / unit
    row = effects.contrast(week, *sides)
    mean = -effects.mean(row)
    better = effects.probability_below(row, 0.0, new_setting=True)
    important = effects.probability_below(row, -delta, new_setting=True)
    harmful = 1.0 - effects.probability_below(row, delta, new_setting=True)
    word = UNCLEAR
    if better >= rules["better_probability"] and important >= rules["better_important"]:
        word = BETTER
    elif 1.0 - better >= rules["better_probability"] and harmful >= rules["better_important"]:
        word = WORSE
    elif better >= rules["probable_probability"] and mean >= rules["probable_share"] * delta:
        word = PROBABLY_BETTER
    elif 1.0 - better >= rules["probable_probability"] and -mean >= rules["probable_share"] * delta:
        word = PROBABLY_WORSE
    elif 1.0 - important - harmful >= rules["same_probability"]:
        word = SAME
    if certainty == "very low":
        word = ONE_STEP_DOWN[word]
    return Verdict(
        names[0], names[1], outcome, week, word, mean * unit, better, important, certainty,
        evidence, trials,
    )  # fmt: skip
