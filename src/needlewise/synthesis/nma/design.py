"""Which parameters a model has, and how each option and contrast is made of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trials

DENSE = 60_000  # numbers of a design that are kept as they are
BASELINE = "baseline"
FARTHEST = 1e9  # a value of a covariate
TIED = 1e-9  # of the largest singular value: below it two columns say the same


@dataclass(frozen=True, eq=False)
class Design:
    """A linear model of contrasts.

    Attributes:
        names: (p,) parameters: options, components, and covariate terms as "covariate:option".
        made_of: (options, p), each option's effect against the reference at covariates zero.
        rows: (N, p), each contrast in the order of the trials; sparse in a large network. The
            column of a slope on the trial's own baseline is zero: no number of the trial is it.
        centres: what was taken off each covariate, so that effects hold at its mean.
        moved: (options, p) for each covariate, what one unit of it adds to `made_of`.
        weeks: knots in time, where parameters are "option @ week"; `made_of` is then at one week,
            and `by_week` (knots, options, p) what it is at each knot.
        asked: values of covariates, or the week, at which `made_of` is, where not at the centres.
    """

    names: tuple[str, ...]
    made_of: Array
    rows: Any
    centres: Mapping[str, float]
    moved: Mapping[str, Array] = field(default_factory=dict)
    weeks: tuple[float, ...] = ()
    by_week: Array | None = None
    asked: Mapping[str, float] = field(default_factory=dict)

    def at(self, values: Mapping[str, float]) -> Design:
        """The same parameters, with effects at these values of covariates."""
        names = [*self.moved, *(["weeks"] if self.weeks else [])]
        lost = [name for name in values if name not in names]
        if lost:
            known = f"choose from {', '.join(names)}" if names else "it has none"
            raise InputError(f"The model has no covariate '{lost[0]}'; {known}.")
        far = [name for name, value in values.items() if not abs(value) <= FARTHEST]
        if far:
            raise InputError(f"{far[0]} cannot be {values[far[0]]:g}; give a usual number.")
        made, before = self.made_of, {**self.centres, **self.asked}
        if self.by_week is not None and "weeks" in values:
            if not values["weeks"] > 0:
                raise InputError("Weeks are above 0.")
            made = np.tensordot(knot_shares(self.weeks, values["weeks"]), self.by_week, axes=1)
        for name, value in values.items():
            if name in self.moved:
                made = made + self.moved[name] * (value - before[name])
        return replace(self, made_of=made, asked={**self.asked, **values})

    def wider(self, names: Sequence[str]) -> Design:
        """With parameters at the end that no option's effect is made of, such as cut-offs."""

        def wide(rows: Array) -> Array:
            return np.hstack([rows, np.zeros((len(rows), len(names)))])

        rows = self.rows if isinstance(self.rows, np.ndarray) else self.rows.toarray()
        moved = {name: wide(own) for name, own in self.moved.items()}
        return replace(
            self, names=(*self.names, *names), made_of=wide(self.made_of), rows=wide(rows),
            moved=moved,
        ) if names else self  # fmt: skip

    def first(self, count: int) -> Design:
        """Without the parameters after the first `count`."""
        kept = set(self.names[:count])
        moved = {n: own[:, :count] for n, own in self.moved.items() if n != BASELINE or n in kept}
        return replace(
            self, names=self.names[:count], made_of=self.made_of[:, :count],
            rows=self.rows[:, :count], moved=moved,
            centres={name: value for name, value in self.centres.items() if name in moved},
        )  # fmt: skip

    def sloped(self, reference: int, centre: float) -> Design:
        """With a last parameter: the slope of every option but the reference on the baseline."""
        found = self.wider((BASELINE,))
        moved = np.zeros_like(found.made_of)
        moved[np.arange(len(moved)) != reference, -1] = 1.0
        return replace(
            found, centres={**self.centres, BASELINE: centre},
            moved={**found.moved, BASELINE: moved},
        )  # fmt: skip


def knot_shares(knots: Sequence[float], week: float) -> Array:
    """How much of each knot an effect at a week is: linear in log time, the ends held."""
    at = np.interp(np.log(week), np.log(knots), np.arange(len(knots)))
    return np.asarray(np.maximum(0.0, 1.0 - np.abs(np.arange(len(knots)) - at)))


def design(
    trials: Trials,
    *,
    components: str | None = None,
    inactive: str | None = None,
    interactions: Sequence[str] = (),
    covariates: Sequence[str] = (),
    slopes: str = "shared",
) -> Design:
    """The design of a network.

    Args:
        components: what parts the components in an option's name, such as "+"; None: every option
            has an effect of its own.
        inactive: the component without an effect of its own; None: every component has one.
        interactions: pairs of components with an effect besides their sum, written "A*B".
        covariates: of the trials; each moves every option but the reference, by one slope for all
            ("shared") or one each ("own").

    Raises InputError naming what the trials cannot tell apart.
    """
    if components is None:
        if interactions or inactive:
            raise InputError("inactive and interactions belong to components; say what parts them.")
        names = list(trials.options[1:])
        made_of: Array = np.vstack([np.zeros(len(names)), np.eye(len(names))])
        size = len(names) * sum(len(t.y) for t in trials.trials)
        if size > DENSE and not covariates:
            return Design(tuple(names), made_of, _differences(trials), {})
    else:
        names, made_of = _components(trials.options, components, inactive, interactions)
    rows = _contrasts(trials, made_of)
    columns, titles, centres = [rows], names, {}
    moves: dict[str, list[tuple[int, Array]]] = {}
    place = {option: k for k, option in enumerate(trials.options)}
    for name in covariates:
        values, centre = _covariate(trials, name)
        centres[name] = centre
        for title, moved in _moved(name, trials, made_of, names, place, slopes):
            columns.append(_contrasts(trials, moved) * values[:, None])
            moves.setdefault(name, []).append((len(titles), moved[:, 0]))
            titles = [*titles, title]
    whole = np.hstack(columns)
    padded = np.hstack([made_of, np.zeros((len(made_of), whole.shape[1] - made_of.shape[1]))])
    moved_by = {name: np.zeros_like(padded) for name in moves}
    for name, own in moves.items():
        for column, effect in own:
            moved_by[name][:, column] = effect
    return Design(tuple(titles), padded, whole, centres, moved_by)


def _moved(
    name: str, trials: Trials, made_of: Array, names: Sequence[str], place: Mapping[str, int],
    slopes: str,
) -> list[tuple[str, Array]]:  # fmt: skip
    if slopes == "shared":
        active = np.ones((len(trials.options), 1))
        active[place[trials.reference]] = 0.0
        return [(name, active)]
    if slopes != "own":
        raise InputError(f"slopes must be shared or own, not '{slopes}'.")
    return [(f"{name}:{own}", made_of[:, [k]]) for k, own in enumerate(names)]


def _covariate(trials: Trials, name: str) -> tuple[Array, float]:
    """A covariate a contrast, less its mean over the trials."""
    lost = [t.name for t in trials.trials if name not in t.covariates]
    if lost:
        raise InputError(
            f"The covariate {name} is missing in {len(lost)} trials ({', '.join(lost[:3])}); add "
            "it or leave those trials out."
        )
    by_trial = np.array([t.covariates[name] for t in trials.trials])
    centre = float(by_trial.mean())
    lengths = [len(t.y) for t in trials.trials]
    return np.repeat(by_trial - centre, lengths), centre


def _contrasts(trials: Trials, made_of: Array) -> Array:
    place = {option: k for k, option in enumerate(trials.options)}
    others = [place[o] for t in trials.trials for o in t.options[1:]]
    bases = [place[t.options[0]] for t in trials.trials for _ in t.options[1:]]
    return np.asarray(made_of[others] - made_of[bases])


def _differences(trials: Trials) -> Any:
    """Rows of a model in which each option has an effect of its own, sparse."""
    from scipy import sparse

    place = {option: k - 1 for k, option in enumerate(trials.options)}
    others = np.array([place[o] for t in trials.trials for o in t.options[1:]])
    bases = np.array([place[t.options[0]] for t in trials.trials for _ in t.options[1:]])
    row = np.arange(len(others))
    at = np.concatenate([row[others >= 0], row[bases >= 0]])
    to = np.concatenate([others[others >= 0], bases[bases >= 0]])
    told = np.concatenate([np.ones((others >= 0).sum()), -np.ones((bases >= 0).sum())])
    return sparse.csr_array((told, (at, to)), shape=(len(others), len(trials.options) - 1))


def _components(
    options: Sequence[str], separator: str, inactive: str | None, interactions: Sequence[str]
) -> tuple[list[str], Array]:
    """Components in order of their names, and what each option is made of, less the reference."""
    parts = {o: frozenset(p.strip() for p in o.split(separator) if p.strip()) for o in options}
    known = sorted(frozenset().union(*parts.values()), key=str.casefold)
    if inactive is not None and inactive not in known:
        raise InputError(f"'{inactive}' is no component; components are {', '.join(known)}.")
    names = [name for name in known if name != inactive]
    columns = [[float(name in parts[o]) for o in options] for name in names]
    for pair in interactions:
        both = frozenset(p.strip() for p in pair.split("*"))
        if len(both) != 2 or not both <= set(known):
            raise InputError(f"The interaction '{pair}' must name two components, as A*B.")
        if not any(both <= own for own in parts.values()):
            raise InputError(f"No option has both components of the interaction '{pair}'.")
        names.append(pair)
        columns.append([float(both <= parts[o]) for o in options])
    whole = np.array(columns).T
    return names, whole - whole[0]


def loose_parameters(found: Design) -> tuple[str, ...]:
    """Names of the parameters that the trials cannot tell apart."""
    if not len(found.names):
        raise InputError("There is one option only, so there is nothing to compare.")
    if not isinstance(found.rows, np.ndarray):
        return ()  # options of their own that trials join are told apart
    _, values, vectors = np.linalg.svd(found.rows, full_matrices=True)
    whole = np.zeros(len(found.names))
    whole[: len(values)] = values
    loose = vectors[whole <= TIED * max(float(values[0]), 1e-300)]
    if not len(loose):
        return ()
    return tuple(n for n, s in zip(found.names, np.abs(loose).max(axis=0), strict=True) if s > 1e-6)


def check_estimable(loose: Collection[str], what: str) -> None:
    """Raise InputError naming what the trials cannot tell apart."""
    if loose:
        raise InputError(
            f"The trials do not tell these {what} apart: {', '.join(list(loose)[:12])}. Leave some "
            "out, join them, or use tau = bayes, whose prior then fills the gap and says so."
        )


def check_joined(trials: Trials, how: str) -> None:
    """Raise InputError naming the separate parts of a network that nothing joins."""
    parts = trials.parts()
    if len(parts) > 1:
        told = "; ".join(", ".join(part[:6]) for part in parts[:4])
        raise InputError(
            f"The network falls into {len(parts)} parts that no trial joins: {told}. Analyse one "
            f"part at a time{how}."
        )
