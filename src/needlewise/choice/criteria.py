"""How each option scores on each criterion: draws, or a range where nobody measured it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from needlewise.distributions import Array
from needlewise.outlook import Outlook
from needlewise.outlook import draws as sobol

EFFECTS = ("pain", "function", "lasting")
HARMS = {"soreness": "soreness-after", "serious-harm": "serious-adverse-event"}


@dataclass(frozen=True)
class Score:
    """Value of one option on one criterion between its declared ends (0 worst, 1 best).

    `middle`, `worst`, `best` are draws, shape (1024,); the fit carries both ends where they differ.
    `unknown`: nobody measured it. `open`: the person can still learn it (visits); then the ends
    tell what could change and are not carried.
    """

    middle: Array
    worst: Array
    best: Array
    unknown: bool
    open: bool = False


def criterion(outlook: Outlook, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(
        c for c in outlook.topic.settings["criteria"] if c["name"] == name
    )
    return found


def score(
    outlook: Outlook, draws: Mapping[tuple[str, float, str], Array], option: str, name: str
) -> Score:
    """Score of an option on a criterion.

    Args:
        draws: effects by (outcome, week, option); the outlook's own, or those of a sensitivity run.
    """
    rule = criterion(outlook, name)
    if name in EFFECTS:
        found = _effect(outlook, draws, option, name)
        return _unknown() if found is None else _known(_value(rule, found))
    if name in HARMS:
        return _harm(outlook, rule, option, HARMS[name])
    if name == "visits":
        return _visits(outlook, rule, option)
    if name == "needles":
        needled = bool(outlook.topic.option(option).components)
        return _known(_value(rule, np.full(_size(), float(needled))))
    return _typed(outlook, option, name)


def _visits(outlook: Outlook, rule: Mapping[str, Any], option: str) -> Score:
    """The middle number of visits; what a practitioner proposes may lie anywhere in the trials'."""
    burden = outlook.burden(option)
    if burden.visits is None:
        return _unknown()
    counts = (burden.visits, burden.visits_high or 0.0, burden.visits_low or 0.0)
    middle, most, fewest = (_value(rule, np.full(_size(), n)) for n in counts)
    return Score(middle, most, fewest, unknown=False, open=True)


def _size() -> int:
    return len(sobol.normal_draws())


def _known(value: Array) -> Score:
    return Score(value, value, value, False)


def _unknown() -> Score:
    zero, one = np.zeros(_size()), np.ones(_size())
    return Score(0.5 * one, zero, one, True)


def _value(rule: Mapping[str, Any], x: Array) -> Array:
    """Linear between the declared ends; an effect beyond an end keeps counting."""
    return np.asarray((x - rule["worst"]) / (rule["best"] - rule["worst"]))


def _effect(
    outlook: Outlook, draws: Mapping[tuple[str, float, str], Array], option: str, name: str
) -> Array | None:
    """Benefit over no needling in the criterion's unit, None where it is not supported."""
    horizons = [float(h["week"]) for h in outlook.topic.settings["horizons"]]
    primary = float(outlook.topic.settings["primary"]["week"])
    if not outlook.topic.option(option).components:
        return np.zeros(_size())
    if name == "lasting":
        first, last = (draws.get(("pain", w, option)) for w in (horizons[0], horizons[-1]))
        own = all(
            outlook.cell(option, "pain", w).evidence == "own" for w in (horizons[0], horizons[-1])
        )
        if first is None or last is None or not own:
            return None
        share = np.where(first < 0, last / np.minimum(first, -1e-9), 0.0)
        return np.clip(share, 0.0, 1.0)
    outcome = "pain" if name == "pain" else "disability"
    effect = draws.get((outcome, primary, option))
    if effect is None or outlook.cell(option, outcome, primary).evidence != "own":
        return None
    if outcome == "pain":
        return -outlook.share(primary) * effect
    settings = outlook.topic.settings
    instrument = settings["outcomes"][outcome]["display_instrument"]
    return -effect * float(settings["instrument_sd"][instrument]["value"])


def _harm(outlook: Outlook, rule: Mapping[str, Any], option: str, event: str) -> Score:
    """People of the harm's denominator, at most the worst end; a known range is carried at both."""
    if not outlook.topic.option(option).components:
        return _known(_value(rule, np.zeros(_size())))
    parts = outlook.topic.option(option).parts or (option,)
    lines = [outlook.harm(part, event) for part in parts]
    per, cells = lines[0].denominator, [line.cell for line in lines]
    if any(c is None or c.high is None for c in cells):
        return _unknown()
    high = max(c.high for c in cells if c is not None and c.high is not None)
    low = max((c.low or 0.0) for c in cells if c is not None)
    middle = max(
        (c.rate if c.rate is not None else 0.5 * ((c.low or 0.0) + (c.high or 0.0)))
        for c in cells if c is not None
    )  # fmt: skip
    counts = (min(x * per, rule["worst"]) for x in (middle, high, low))
    values = [_value(rule, np.full(_size(), count)) for count in counts]
    known = all(c is not None and c.rate is not None for c in cells)
    return Score(values[0], values[1], values[2], not known)


def _typed(outlook: Outlook, option: str, name: str) -> Score:
    """What the person typed for each option: cost (lower is better) or a rating of 0 to 10."""
    person = outlook.person
    given = {"cost": person.cost, "view": person.view, "own": person.own}.get(name) or {}
    if option not in given:
        return _unknown()
    if name != "cost":
        return _known(np.full(_size(), given[option] / 10.0))
    most = max(given.values())
    return _known(np.full(_size(), 1.0 - given[option] / most if most > 0 else 1.0))
