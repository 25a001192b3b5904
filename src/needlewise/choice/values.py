"""What matters to a person: weights, a ranking or statements, never invented."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

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
        if self.order:
            return _ordered(_simplex(len(criteria)), self.order)
        return _holding(criteria, self.statements)


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


@cache
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


def _holding(criteria: tuple[str, ...], statements: Sequence[Statement]) -> Array:
    """Uniform over the part of the simplex in which every statement holds.

    Criteria that count the same are one group. For each order of the groups that agrees, that part
    is a simplex with corners (1/M_k, .., 1/M_k, 0, ..), M_k the criteria in the k heaviest groups,
    and a volume in proportion to 1 / (M_1 M_2 ..): draw the order, then a point.
    """
    groups = _groups(criteria, statements)
    place = {c: k for k, group in enumerate(groups) for c in group}
    above: list[set[int]] = [set() for _ in groups]
    for s in statements:
        if s.relation == ">":
            above[place[s.less]].add(place[s.more])
    sizes = [len(group) for group in groups]

    @cache
    def volume(done: frozenset[int]) -> float:
        return 1.0 if len(done) == len(groups) else sum(share for _, share in following(done))

    @cache
    def following(done: frozenset[int]) -> tuple[tuple[int, float], ...]:
        """Groups that may come next, each with the volume of all orders that go on with it."""
        free = [k for k in range(len(groups)) if k not in done and above[k] <= done]
        heavier = sum(sizes[k] for k in done)
        return tuple((k, volume(done | {k}) / (heavier + sizes[k])) for k in free)

    if volume(frozenset()) == 0.0:
        raise InputError("The statements contradict each other; take one of them back.")
    corners = _simplex(len(groups))
    chances = cdf(sobol.normal_draws()[:, sobol.WEIGHTS][:, -1])
    points = np.empty((len(corners), len(criteria)))
    for point, corner, chance in zip(points, corners, chances, strict=True):
        order = _order(following, len(groups), float(chance))
        heights = corner / np.cumsum([sizes[k] for k in order])
        weights = np.cumsum(heights[::-1])[::-1]
        for k, weight in zip(order, weights, strict=True):
            for criterion in groups[k]:
                point[criteria.index(criterion)] = weight
    return points


def _groups(criteria: tuple[str, ...], statements: Sequence[Statement]) -> list[tuple[str, ...]]:
    """Criteria joined by "=", each group in the order given."""
    leader = {c: c for c in criteria}
    for s in statements:
        if s.relation == "=":
            one, other = leader[s.more], leader[s.less]
            leader = {c: one if first == other else first for c, first in leader.items()}
    return [
        tuple(c for c in criteria if leader[c] == first) for first in dict.fromkeys(leader.values())
    ]


def _order(
    following: Callable[[frozenset[int]], tuple[tuple[int, float], ...]], size: int, chance: float
) -> list[int]:
    """One order of the groups, the heaviest first, picked by a number between 0 and 1."""
    order: list[int] = []
    while len(order) < size:
        steps = following(frozenset(order))
        at = chance * sum(share for _, share in steps)
        for group, share in steps:
            chosen = group
            if at < share:
                break
            at -= share
        chance = min(at / share, 1.0)
        order.append(chosen)
    return order
