"""The fit: how often each option comes out ahead under a person's values (methods, section 6)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from needlewise.choice.criteria import EFFECTS, Score, score
from needlewise.choice.values import Values
from needlewise.distributions import Array
from needlewise.outlook import Outlook

CLEAR, LEANING, CLOSE = "clear", "leaning", "a close call"
ALONE = "nothing to compare"


@dataclass(frozen=True)
class Flip:
    """The smallest change of one weight that puts another option ahead on average."""

    criterion: str
    now: float
    needed: float
    ahead: str


@dataclass(frozen=True)
class Fit:
    """How options fit a person's values.

    Attributes:
        options: those that take part, in the topic's order.
        left_out: option -> why it takes no part.
        shares: share of draws in which each is ahead; `low` and `high` when values nobody measured
            are carried at both ends.
        values: mean value of each option, 0 to 1.
        weights: mean weight of each criterion.
        parts: mean value of each (option, criterion).
        verdict: clear, leaning or a close call; `leader` the option it speaks of, None for a
            close call; `lead` the mean distance to the next. With fewer than two options that
            take part there is nothing to compare: no options, no shares, no values.
        unknown: criteria that are not measured for an option and whether that changes the answer.
        learn: (option, criterion) that the person can still learn and that could change the answer.
        regions: (criterion, from, to, option): where on a criterion's weight each option is ahead
            on average, the other weights in proportion.
        flips: changes of a weight that would put another option ahead.
        overturned_by: sensitivity runs under which the verdict does not hold.
    """

    options: tuple[str, ...]
    left_out: Mapping[str, str]
    shares: Mapping[str, float]
    low: Mapping[str, float]
    high: Mapping[str, float]
    values: Mapping[str, float]
    weights: Mapping[str, float]
    parts: Mapping[tuple[str, str], float]
    verdict: str
    leader: str | None
    lead: float
    unknown: tuple[tuple[str, str, bool], ...]
    learn: tuple[tuple[str, str], ...]
    regions: tuple[tuple[str, float, float, str], ...]
    flips: tuple[Flip, ...]
    overturned_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Scores of options on criteria: arrays (options, criteria, draws) for three carries.

    In `worst` and `best` what is held at its middle in the fit stands at its middle; `ends` has it
    at its ends, (worst, best).
    """

    middle: Array
    worst: Array
    best: Array
    ends: tuple[Array, Array]


def participants(outlook: Outlook) -> tuple[tuple[str, ...], dict[str, str]]:
    """Options with a number from the person's own trials at the primary horizon, and the rest."""
    primary = outlook.topic.settings["primary"]
    takes_part, left_out = [], {}
    for option, status in outlook.triage.options.items():
        cell = outlook.cell(option, primary["outcome"], float(primary["week"]))
        if status.status not in {"available", "precaution"}:
            left_out[option] = "not open to you now"
        elif outlook.topic.option(option).components and cell.evidence != "own":
            left_out[option] = "cannot be compared"
        else:
            takes_part.append(option)
    return tuple(takes_part), left_out


def scores(
    outlook: Outlook,
    draws: Mapping[tuple[str, float, str], Array],
    options: tuple[str, ...],
    criteria: tuple[str, ...],
) -> tuple[Table, dict[tuple[str, str], Score]]:
    found = {(o, c): score(outlook, draws, o, c) for o in options for c in criteria}

    def stacked(carry: str) -> Array:
        return np.array([[getattr(found[o, c], carry) for c in criteria] for o in options])

    fixed = np.array([[[found[o, c].open] for c in criteria] for o in options])
    middle, worst, best = (stacked(carry) for carry in ("middle", "worst", "best"))
    held = [np.where(fixed, middle, end) for end in (worst, best)]
    return Table(middle, held[0], held[1], (worst, best)), found


def totals(table: Array, weights: Array) -> Array:
    """Total value of each option in each draw, shape (options, draws)."""
    rows = weights[np.arange(table.shape[-1]) % len(weights)]
    return np.asarray((table * rows.T).sum(axis=1))


def ahead(values: Array) -> Array:
    """Share of draws in which each option has the highest value; ties are shared.

    `values` is (..., options, draws), the shares are (..., options).
    """
    top = values >= values.max(axis=-2, keepdims=True) - 1e-12
    return np.asarray((top / top.sum(axis=-2, keepdims=True)).mean(axis=-1))


def carried(worst: Array, best: Array) -> Array:
    """Shares when each option in turn has its unknowns at one end and the others at the other.

    `worst` and `best` are total values (..., options, draws); the shares are (ways, ..., options).
    """
    ways = []
    for k in range(worst.shape[-2]):
        for own, others in ((worst, best), (best, worst)):
            mixed = others.copy()
            mixed[..., k, :] = own[..., k, :]
            ways.append(ahead(mixed))
    return np.array(ways)


def judged(
    rules: Mapping[str, Any], mean: Array, lowest: Array
) -> tuple[str, int | None, int, float]:
    """The verdict, the option it speaks of, the option ahead on average, and by how much."""
    order = np.argsort(-mean, kind="stable")
    top, lead = int(order[0]), float(mean[order[0]] - mean[order[1]])
    if lead >= rules["smallest_lead"]:
        for verdict, needed in ((CLEAR, "clear_share"), (LEANING, "leaning_share")):
            if lowest[top] >= rules[needed]:
                return verdict, top, top, lead
    return CLOSE, None, top, lead


def leaders(
    outlook: Outlook, values: Values, runs: Sequence[Mapping[tuple[str, float, str], Array]]
) -> list[str | None]:
    """The option each run's verdict speaks of, None for a close call.

    Only effects change between runs: what else counts is worked out once, and all runs together.
    """
    options, _ = participants(outlook)
    criteria, weights = values.criteria(), values.draws()
    effects = tuple(c for c in criteria if c in EFFECTS)
    others = tuple(c for c in criteria if c not in EFFECTS)

    def summed(draws: Mapping[tuple[str, float, str], Array], which: tuple[str, ...]) -> Array:
        """Totals over some criteria: (carry, options, draws)."""
        table, found = scores(outlook, draws, options, which)
        part = weights[:, [criteria.index(c) for c in which]]
        middle = totals(table.middle, part)
        if not any(one.unknown or one.open for one in found.values()):
            return np.stack([middle] * 3)
        return np.stack([middle, totals(table.worst, part), totals(table.best, part)])

    same = summed(outlook.draws, others) if others else 0.0
    every = np.stack([summed(draws, effects) + same if effects else same for draws in runs])
    middle, worst, best = (every[:, carry] for carry in range(3))
    lowest = np.min([ahead(middle), *carried(worst, best)], axis=0)
    rules = outlook.topic.settings["verdict"]
    found = [judged(rules, *run)[1] for run in zip(middle.mean(axis=-1), lowest, strict=True)]
    return [None if k is None else options[k] for k in found]


def fit(outlook: Outlook, values: Values) -> Fit:
    """The fit of the options to these values, without the sensitivity runs."""
    options, left_out = participants(outlook)
    criteria, weights = values.criteria(), values.draws()
    mean_weights = weights.mean(axis=0)
    told = dict(zip(criteria, mean_weights.tolist(), strict=True))
    if len(options) < 2:
        return Fit((), left_out, {}, {}, {}, {}, told, {}, ALONE, None, 0.0, (), (), (), ())
    table, found = scores(outlook, outlook.draws, options, criteria)
    value = totals(table.middle, weights)
    shares, mean = ahead(value), value.mean(axis=-1)
    ways = carried(totals(table.worst, weights), totals(table.best, weights))
    rules = outlook.topic.settings["verdict"]
    verdict, leader, top, lead = judged(rules, mean, np.min([shares, *ways], axis=0))
    order = np.argsort(-mean, kind="stable")
    middle = table.middle.mean(axis=-1)
    return Fit(
        options,
        left_out,
        dict(zip(options, shares.tolist(), strict=True)),
        dict(zip(options, np.min([shares, *ways], axis=0).tolist(), strict=True)),
        dict(zip(options, np.max([shares, *ways], axis=0).tolist(), strict=True)),
        dict(zip(options, mean.tolist(), strict=True)),
        told,
        {
            (option, criterion): float(middle[i, j])
            for i, option in enumerate(options)
            for j, criterion in enumerate(criteria)
        },
        verdict, None if leader is None else options[leader], lead,
        tuple(
            (o, c, _changes_answer(table, weights, options, criteria, o, c))
            for (o, c), s in found.items() if s.unknown
        ),
        tuple(
            (o, c) for (o, c), s in found.items()
            if s.open
            and _changes_answer(table, weights, options, criteria, o, c)
        ),
        _regions(options, criteria, middle, mean_weights),
        _flips(options, criteria, middle, mean_weights, top, order),
    )  # fmt: skip


def _changes_answer(
    table: Table, weights: Array, options: tuple[str, ...], criteria: tuple[str, ...],
    option: str, criterion: str,
) -> bool:  # fmt: skip
    """Whether one unknown alone decides which option is ahead on average."""
    i, j = options.index(option), criteria.index(criterion)
    leaders = set()
    for end in table.ends:
        moved = table.middle.copy()
        moved[i, j] = end[i, j]
        leaders.add(int(np.argmax(totals(moved, weights).mean(axis=-1))))
    return len(leaders) > 1


def _regions(
    options: tuple[str, ...], criteria: tuple[str, ...], middle: Array, weights: Array
) -> tuple[tuple[str, float, float, str], ...]:
    """Intervals of each criterion's weight in which one option is ahead on average.

    Mean values are linear in the weight, so the lines' upper envelope changes only where two
    options draw level.
    """
    found: list[tuple[str, float, float, str]] = []
    for j, criterion in enumerate(criteria):
        rest = 1.0 - weights[j]
        if rest <= 1e-12:
            continue
        others = (middle @ weights - weights[j] * middle[:, j]) / rest
        slopes = middle[:, j] - others
        cuts = {0.0, 1.0}
        for i in range(len(options)):
            for k in range(i):
                if abs(slopes[i] - slopes[k]) > 1e-12:
                    cuts.add(float((others[k] - others[i]) / (slopes[i] - slopes[k])))
        ends = sorted(c for c in cuts if 0.0 <= c <= 1.0)
        for low, high in itertools.pairwise(ends):
            top = options[int(np.argmax(others + 0.5 * (low + high) * slopes))]
            if found and found[-1][0] == criterion and found[-1][3] == top:
                found[-1] = (criterion, found[-1][1], high, top)
            else:
                found.append((criterion, low, high, top))
    return tuple(found)


def _flips(
    options: tuple[str, ...], criteria: tuple[str, ...], middle: Array, weights: Array, top: int,
    order: NDArray[np.intp],
) -> tuple[Flip, ...]:  # fmt: skip
    """For each criterion the weight at which another option draws level on average."""
    found = []
    for j, criterion in enumerate(criteria):
        best: Flip | None = None
        for k in order[1:]:
            gain = middle[top] - middle[k]
            lead = float(weights @ gain)
            for needed in _level(weights, gain, lead, j):
                flip = Flip(criterion, float(weights[j]), needed, options[int(k)])
                if best is None or abs(needed - flip.now) < abs(best.needed - best.now):
                    best = flip
        if best is not None:
            found.append(best)
    return tuple(sorted(found, key=lambda f: abs(f.needed - f.now)))


def _level(weights: Array, gain: Array, lead: float, j: int) -> list[float]:
    """Weight of criterion j at which the lead is nil when the others keep their proportions."""
    rest = 1.0 - weights[j]
    if rest <= 1e-12:
        return []
    others = (lead - weights[j] * gain[j]) / rest
    slope = gain[j] - others
    if abs(slope) < 1e-12:
        return []
    needed = float(-others / slope)
    return [needed] if 0.0 <= needed <= 1.0 else []
