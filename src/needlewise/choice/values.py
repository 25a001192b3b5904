"""What matters to a person: weights, a ranking or statements, never invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array, cdf
from needlewise.errors import InputError
from needlewise.outlook import draws as sobol
from needlewise.topic import Topic


@dataclass(frozen=True)
class Statement:
    """One criterion matters more than another, or as much (`relation` is > or =)."""

    more: str
    relation: str
    less: str


@dataclass(frozen=True)
class Values:
    """A person's values in one of three forms, or none.

    `weights`: criterion -> weight (any positive total). `order`: groups of criteria, the most
    important first; those of one group are not ordered among themselves. `statements`: pairs.
    """

    weights: Mapping[str, float] | None = None
    order: tuple[tuple[str, ...], ...] = ()
    statements: tuple[Statement, ...] = ()

    @classmethod
    def ranking(cls, *criteria: str) -> Values:
        """Criteria in order of importance; a criterion written "a=b" ties two."""
        order = tuple(tuple(part.strip() for part in c.split("=")) for c in criteria)
        return cls(order=order)

    @classmethod
    def weighted(cls, weights: Mapping[str, float]) -> Values:
        """Weights as given."""
        return cls(weights=dict(weights))

    @classmethod
    def stated(cls, *statements: str) -> Values:
        """Statements such as "pain > visits" or "cost = visits"."""
        return cls(statements=tuple(_statement(s) for s in statements))

    @property
    def given(self) -> bool:
        return bool(self.weights or self.order or self.statements)

    def checked(self, topic: Topic) -> Values:
        """The same values with the topic's own criterion names.

        Raises InputError for an unknown or repeated criterion, a negative weight or no weight.
        """
        names = criterion_names(topic)

        def name(criterion: str) -> str:
            key = criterion.strip().casefold().replace("_", "-")
            if key not in names:
                known = ", ".join(sorted(set(names.values())))
                raise InputError(f"'{criterion}' is not a criterion; choose from {known}.")
            return names[key]

        weights = None
        if self.weights is not None:
            weights = {name(c): float(w) for c, w in self.weights.items()}
            if len(weights) < len(self.weights):
                raise InputError("A criterion is weighted twice under two names; give it once.")
            if any(not np.isfinite(w) or w < 0 for w in weights.values()):
                raise InputError("A weight must be zero or a positive number.")
            if sum(weights.values()) <= 0:
                raise InputError("All weights are zero; give at least one criterion some weight.")
        order = tuple(tuple(name(c) for c in group) for group in self.order)
        flat = [c for group in order for c in group]
        if len(set(flat)) < len(flat):
            raise InputError("A criterion stands twice in the ranking; name each once.")
        statements = tuple(
            Statement(name(s.more), s.relation, name(s.less)) for s in self.statements
        )
        return Values(weights, order, statements)

    def criteria(self) -> tuple[str, ...]:
        """Criteria that can carry weight, in the order given."""
        if self.weights is not None:
            return tuple(c for c, w in self.weights.items() if w > 0)
        if self.order:
            return tuple(c for group in self.order for c in group)
        return tuple(dict.fromkeys(c for s in self.statements for c in (s.more, s.less)))

    def draws(self) -> Array:
        """Weights agreeing with the values, shape (k, criteria), rows sum to one.

        Exact weights are one row repeated; a ranking is uniform over the ordered simplex;
        statements are uniform over the part of the simplex in which they hold.
        """
        criteria = self.criteria()
        points = len(sobol.normal_draws())
        if self.weights is not None:
            row = np.array([self.weights[c] for c in criteria])
            return np.tile(row / row.sum(), (points, 1))
        uniform = _simplex(len(criteria))
        if self.order:
            return _ordered(uniform, self.order)
        return _holding(uniform, criteria, self.statements)


def criterion_names(topic: Topic) -> dict[str, str]:
    """Every accepted name of a criterion -> its own name."""
    names: dict[str, str] = {}
    for criterion in topic.settings["criteria"]:
        for alias in (criterion["name"], *criterion.get("aliases", ())):
            names[str(alias).replace("_", "-")] = str(criterion["name"])
    return names


def _statement(text: str) -> Statement:
    for relation in (">", "=", "<"):
        left, found, right = text.partition(relation)
        if found and left.strip() and right.strip():
            pair = (right, left) if relation == "<" else (left, right)
            return Statement(pair[0].strip(), ">" if relation == "<" else relation, pair[1].strip())
    raise InputError(f"'{text}' is not a statement; write for example \"pain > visits\".")


def _simplex(size: int) -> Array:
    """Uniform points of the simplex from the stored set, shape (1024, size)."""
    block = sobol.normal_draws()[:, sobol.WEIGHTS][:, :size]
    exponential = -np.log1p(-np.clip(cdf(block), 1e-12, 1 - 1e-12))
    return np.asarray(exponential / exponential.sum(axis=1, keepdims=True))


def _ordered(uniform: Array, order: Sequence[Sequence[str]]) -> Array:
    """The k-th group gets the next largest weights, in its own order among themselves."""
    falling = -np.sort(-uniform, axis=1)
    result = np.empty_like(uniform)
    start = 0
    for group in order:
        block = slice(start, start + len(group))
        ranks = np.argsort(np.argsort(-uniform[:, block], axis=1), axis=1)
        result[:, block] = np.take_along_axis(falling[:, block], ranks, axis=1)
        start += len(group)
    return result


def _holding(uniform: Array, criteria: tuple[str, ...], statements: Sequence[Statement]) -> Array:
    """Points in which every statement holds; equal criteria get their mean."""
    points = uniform.copy()
    for s in statements:
        if s.relation == "=":
            pair = [criteria.index(s.more), criteria.index(s.less)]
            points[:, pair] = points[:, pair].mean(axis=1, keepdims=True)
    holds = np.ones(len(points), dtype=bool)
    for s in statements:
        if s.relation == ">":
            holds &= points[:, criteria.index(s.more)] > points[:, criteria.index(s.less)]
    if holds.sum() < 8:
        raise InputError("The statements contradict each other; take one of them back.")
    return np.asarray(points[holds])
