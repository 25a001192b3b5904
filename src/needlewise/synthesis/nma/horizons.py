"""Effects over time: knots in weeks, linear in log time between them (methods, section 2).

A part's effects at the knots are normal: a level with the SD of any effect, and a random walk in
log2 time that is zero at the first knot. Beyond the last knot the last one holds. Random effects of
one arm at different weeks are correlated, 0.95 from one knot to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trial, Trials
from needlewise.evidence.tables.trials import Repeats
from needlewise.synthesis.nma.design import Design, knot_shares
from needlewise.synthesis.nma.whitened import Whitened, exchangeable, whitened

if TYPE_CHECKING:
    from pandas import DataFrame

    from needlewise.synthesis.nma.fit import Fit

KNOTS = (6.0, 13.0, 26.0, 52.0)
PER_KNOT = 0.95  # correlation of an arm's random effects from one knot to the next


def checked_knots(knots: Sequence[float]) -> tuple[float, ...]:
    """Raise InputError unless the knots rise and are above zero."""
    found = tuple(float(k) for k in knots)
    if len(found) < 2 or found[0] <= 0 or any(b <= a for a, b in pairwise(found)):
        raise InputError("Horizons are two weeks or more above 0 in rising order, as 6, 13, 26.")
    return found


def over_weeks(trials: Trials, found: Design, knots: tuple[float, ...]) -> tuple[Design, Whitened]:
    """A design with each part at each knot, at the trials' main week, and the trials turned.

    Raises InputError where no trial has results by week, and naming options that none has at the
    main one.
    """
    if all(t.repeats is None for t in trials.trials) or trials.week is None:
        raise InputError(
            "Horizons need results by week: name the column of weeks when the table is read."
        )
    place = {option: k for k, option in enumerate(trials.options)}
    seen = {o for t in trials.trials if t.repeats is not None for o in t.repeats.options}
    if lost := sorted(seen - set(place)):
        raise InputError(
            f"No trial has {', '.join(lost[:6])} at week {trials.week:g} or the week nearest to it "
            "that it reports; choose another week when the table is read, or leave those rows out."
        )
    blocks, rows, between = [], [], []
    for trial in trials.trials:
        own = trial.repeats
        assert own is not None
        made = np.array([found.made_of[place[o]] - found.made_of[place[own.base]]
                         for o in own.options])  # fmt: skip
        shares = np.array([knot_shares(knots, week) for week in own.weeks])
        rows.append((made[:, :, None] * shares[:, None, :]).reshape(len(made), -1))
        blocks.append(Trial(trial.name, trial.options, own.y, own.covariance))
        between.append(_between(own, shares))
    p, k = found.made_of.shape[1], len(knots)
    by_week = np.zeros((k, len(place), p * k))
    for j in range(k):
        by_week[j, :, j::k] = found.made_of
    names = tuple(f"{name} @ {week:g}" for name in found.names for week in knots)
    whole = np.concatenate(rows)
    design = Design(names, found.made_of, whole, {}, weeks=knots, by_week=by_week)
    return design.at({"weeks": trials.week}), whitened(blocks, whole, between)


def _between(own: Repeats, shares: Array) -> Array:
    """Covariance of the random effects at tau 1."""
    knots = np.arange(shares.shape[1])
    time = shares @ PER_KNOT ** np.abs(knots[:, None] - knots) @ shares.T
    scale = 1.0 / np.sqrt(np.diagonal(time))
    names = list(dict.fromkeys(own.options))
    at = [names.index(option) for option in own.options]
    return np.asarray(exchangeable(len(names))[np.ix_(at, at)] * time * np.outer(scale, scale))


def prior_over_weeks(parts: int, knots: tuple[float, ...], level: float, drift: float) -> Array:
    """Covariance of the parameters before the trials: a level and a random walk for each part."""
    since = np.log2(np.array(knots) / knots[0])
    own = level**2 + drift**2 * np.minimum(since[:, None], since)
    return np.kron(np.eye(parts), own)


def over_time(fit: Fit, reference: str | None = None) -> DataFrame:
    """Every option against one at each knot: option, reference, weeks, estimate, se, low, high,
    trials (with a result of it in the window about that knot) and supported: whether trials in the
    window join the two, so that not the prior alone speaks.

    Raises InputError for a fit without horizons.
    """
    from pandas import concat

    knots = fit.design.weeks
    if not knots:
        raise InputError("This fit has no horizons: fit with horizons, such as 6, 13, 26, 52.")
    base = reference or fit.trials.reference
    tables = []
    for k, week in enumerate(knots):
        table = fit.at(weeks=week).effects(base)
        table.insert(2, "weeks", week)
        inside, often = _window(fit.trials, knots, k)
        table["trials"] = [often.get(option, 0) for option in table["option"]]
        table["supported"] = [_joined(inside, option, base) for option in table["option"]]
        tables.append(table)
    return concat(tables, ignore_index=True)


def not_joined(fit: Fit) -> list[str]:
    """Options that no trials join with the reference in the windows of the knots on which the
    fit's own week leans; none for a fit without horizons.
    """
    if not fit.design.weeks:
        return []
    found = over_time(fit)
    shares = knot_shares(fit.design.weeks, fit.design.asked["weeks"])
    near = [week for week, share in zip(fit.design.weeks, shares, strict=True) if share > 0]
    known = set(found[found["weeks"].isin(near) & found["supported"]]["option"])
    return [option for option in fit.trials.options[1:] if option not in known]


def _window(
    trials: Trials, knots: tuple[float, ...], k: int
) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """Pairs compared in the window about a knot, whose ends are the middles in log time, and how
    many trials have each option there.
    """
    low = np.sqrt(knots[k - 1] * knots[k]) if k else 0.0
    high = np.sqrt(knots[k] * knots[k + 1]) if k + 1 < len(knots) else np.inf
    pairs, often = [], dict[str, int]()
    for trial in trials.trials:
        own = trial.repeats
        assert own is not None
        here = {o for o, week in zip(own.options, own.weeks, strict=True) if low <= week < high}
        pairs += [(own.base, option) for option in here]
        for option in {own.base, *here} if here else ():
            often[option] = often.get(option, 0) + 1
    return pairs, often


def _joined(pairs: list[tuple[str, str]], option: str, base: str) -> bool:
    """Whether a path of compared pairs leads from one option to the other."""
    reached = {base}
    while True:
        more = {x for pair in pairs if reached & set(pair) for x in pair} - reached
        if not more:
            return option in reached
        reached |= more
