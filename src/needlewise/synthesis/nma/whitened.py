"""Trials turned once so that every later step is a weighting.

For a trial with error covariance V and random-effect covariance tau^2 S, V = L L' and
L^-1 S L^-T = Q diag(lambda) Q'; the rows Q' L^-1 (X, y) are then independent with variance
1 + tau^2 lambda at every tau (methods, section 2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trial

Places = NDArray[np.intp]
SMALL = 20_000  # numbers of the table of products up to which zeros are not looked for
FULL = 0.125  # share of products that are not zero, up to which only those are kept


def exchangeable(size: int) -> Array:
    """Correlation of the random effects of one trial's contrasts: one variance for every pair."""
    return np.asarray(0.5 * (np.eye(size) + 1.0))


@dataclass(frozen=True, eq=False)
class Sums:
    """The trials at n taus: (X, y)'W(X, y) (n, p + 1, p + 1) and log|V| (n,)."""

    gram: Array
    log_determinant: Array

    @property
    def precision(self) -> Array:
        """X'WX, (n, p, p)."""
        return self.gram[:, :-1, :-1]

    @property
    def score(self) -> Array:
        """X'Wy, (n, p)."""
        return self.gram[:, -1, :-1]

    @property
    def square(self) -> Array:
        """y'Wy, (n,)."""
        return self.gram[:, -1, -1]

    def factored(self) -> tuple[Array, Array, Array]:
        """Cholesky factors (n, p + 1, p + 1), whose last row is of the score, log|X'WX| (n,) and
        y'Wy - b'(X'WX)^-1 b (n,), b = X'Wy: what the rows leave unexplained.
        """
        gram = self.gram.copy()
        added = 1.0 + 1e-12 * self.square  # so that the last root is of a number above 0
        gram[:, -1, -1] += added
        factor = np.linalg.cholesky(gram)
        own = np.diagonal(factor, axis1=1, axis2=2)
        return factor, 2.0 * np.log(own[:, :-1]).sum(axis=1), np.square(own[:, -1]) - added


@dataclass(frozen=True, eq=False)
class Products:
    """What weights of the rows multiply: for each of u pairs of columns (`low` <= `high`) the
    products of all rows, (N, u), sparse in all but small networks.
    """

    table: Any
    low: Places
    high: Places


def _products_of(whole: Any) -> Products:
    """Of columns (X, y) (N, p + 1), dense or sparse; pairs that no row has both of are left out."""
    from scipy import sparse

    held = sparse.csr_array(whole)
    size = held.shape[1]
    counts = np.diff(held.indptr)
    value, pair, row = [], [], []
    for count in np.unique(counts):
        own = np.flatnonzero(counts == count)
        index = held.indptr[own][:, None] + np.arange(count)
        columns, numbers = held.indices[index].astype(np.intp), held.data[index]
        a, b = np.tril_indices(count)
        one, two = columns[:, a], columns[:, b]
        value.append((numbers[:, a] * numbers[:, b]).ravel())
        pair.append((np.minimum(one, two) * size + np.maximum(one, two)).ravel())
        row.append(np.repeat(own, len(a)))
    met, place = np.unique(np.concatenate(pair), return_inverse=True)
    table = sparse.csc_array(
        (np.concatenate(value), (np.concatenate(row), place)), shape=(held.shape[0], len(met))
    )
    return Products(table, met // size, met % size)


@dataclass(frozen=True, eq=False)
class Whitened:
    """Rows (N, p), sparse in a large network; y (N,), lambda (N,), log of the determinant of the
    errors, trial of each row.
    """

    rows: Any
    y: Array
    values: Array
    log_errors: float
    trial: Array

    @cached_property
    def _products(self) -> Products | None:
        """Worked out once; None where most columns meet in most rows, so that nothing is saved."""
        if not isinstance(self.rows, np.ndarray):
            from scipy import sparse

            return _products_of(sparse.hstack([self.rows, self.y[:, None]], format="csr"))
        whole = np.column_stack([self.rows, self.y])
        size = whole.shape[1]
        if len(whole) * size * size <= SMALL:
            low, high = np.tril_indices(size)
            return Products(whole[:, low] * whole[:, high], high, low)
        counts = np.count_nonzero(whole, axis=1)
        few = int(counts @ (counts + 1)) <= FULL * len(whole) * size * (size + 1)
        return _products_of(whole) if few else None

    def sums(self, squares: Array) -> Sums:
        """At each tau squared (n,)."""
        spread = 1.0 + squares[:, None] * self.values
        weight = 1.0 / spread
        log_determinant = self.log_errors + np.log(spread).sum(axis=1)
        known = self._products
        if known is None:
            whole = np.column_stack([self.rows, self.y])
            gram = np.stack([whole.T @ (whole * w[:, None]) for w in weight])
            return Sums(gram, log_determinant)
        size = self.rows.shape[1] + 1
        gram = np.zeros((len(squares), size, size))
        gram[:, known.low, known.high] = weight @ known.table
        gram[:, known.high, known.low] = gram[:, known.low, known.high]
        return Sums(gram, log_determinant)

    def hat(self, covariance: Array) -> Array:
        """z' C z for each row z, (N,)."""
        if isinstance(self.rows, np.ndarray):
            return np.asarray(((self.rows @ covariance) * self.rows).sum(axis=1))
        return np.asarray(self.rows.multiply(self.rows @ covariance).sum(axis=1)).ravel()


def _sparse(
    trials: Sequence[Trial], by_size: dict[int, list[int]], ends: Array, rows: Any
) -> Whitened:
    """As `whitened`, with the turns of all trials as one sparse matrix."""
    from scipy import sparse

    total = int(ends[-1])
    at, to, told = [], [], []
    values, owner, log_errors = np.empty(total), np.empty(total, dtype=int), 0.0
    for size, chosen in by_size.items():
        index = ends[np.array(chosen)][:, None] + np.arange(size)
        errors = np.array([trials[k].covariance for k in chosen])
        factor = _factor(trials, chosen, errors)
        inverse = np.linalg.inv(factor)
        inner = inverse @ exchangeable(size) @ inverse.transpose(0, 2, 1)
        found, vectors = np.linalg.eigh(inner)
        turn = vectors.transpose(0, 2, 1) @ inverse
        values[index.ravel()] = np.maximum(found.ravel(), 0.0)
        owner[index.ravel()] = np.repeat(chosen, size)
        log_errors += 2.0 * float(np.log(np.diagonal(factor, axis1=1, axis2=2)).sum())
        at.append(np.repeat(index, size, axis=1).ravel())
        to.append(np.tile(index, (1, size)).ravel())
        told.append(turn.ravel())
    turn = sparse.csr_array(
        (np.concatenate(told), (np.concatenate(at), np.concatenate(to))), shape=(total, total)
    )
    y = np.concatenate([t.y for t in trials])
    return Whitened((turn @ rows).tocsr(), turn @ y, values, log_errors, owner)


def _factor(trials: Sequence[Trial], chosen: Sequence[int], errors: Array) -> Array:
    try:
        return np.linalg.cholesky(errors)
    except np.linalg.LinAlgError:
        raise _bad(trials, chosen) from None


def whitened(
    trials: Sequence[Trial], rows: Any, effects: Sequence[Array] | None = None
) -> Whitened:
    """Turn trials, with their rows of a design, (N, p). Raises InputError naming a bad trial.

    `effects` are covariances of each trial's random effects at tau 1; None: `exchangeable`.
    """
    by_size: dict[int, list[int]] = defaultdict(list)
    for k, trial in enumerate(trials):
        by_size[len(trial.y)].append(k)
    ends = np.cumsum([0, *(len(t.y) for t in trials)])
    if not isinstance(rows, np.ndarray) and effects is None:
        return _sparse(trials, by_size, ends, rows)
    parts, log_errors = [], 0.0
    for size, chosen in by_size.items():
        own = np.array(chosen)
        index = ends[own][:, None] + np.arange(size)
        errors = np.array([trials[k].covariance for k in chosen])
        factor = _factor(trials, chosen, errors)
        y = np.array([trials[k].y for k in chosen])
        own_effects = (
            np.broadcast_to(exchangeable(size), errors.shape) if effects is None
            else np.array([effects[k] for k in chosen])
        )  # fmt: skip
        columns = np.concatenate([rows[index], y[:, :, None], own_effects], axis=2)
        turned = np.linalg.solve(factor, columns)
        half = turned[:, :, -size:]
        inner = np.linalg.solve(factor, half.transpose(0, 2, 1))
        values, vectors = np.linalg.eigh(inner)
        white = vectors.transpose(0, 2, 1) @ turned[:, :, :-size]
        log_errors += 2.0 * float(np.log(np.diagonal(factor, axis1=1, axis2=2)).sum())
        parts.append((index.ravel(), white.reshape(-1, white.shape[2]), values.ravel(),
                      np.repeat(own, size)))  # fmt: skip
    order = np.argsort(np.concatenate([part[0] for part in parts]), kind="stable")
    white = np.concatenate([part[1] for part in parts])[order]
    values = np.maximum(np.concatenate([part[2] for part in parts])[order], 0.0)
    owner = np.concatenate([part[3] for part in parts])[order]
    return Whitened(white[:, :-1], white[:, -1], values, log_errors, owner)


def _bad(trials: Sequence[Trial], chosen: Sequence[int]) -> InputError:
    for k in chosen:
        if float(np.linalg.eigvalsh(trials[k].covariance)[0]) <= 0:
            return InputError(
                f"Trial {trials[k].name}: its variances and covariances cannot belong together; "
                "check its standard errors, or leave it out."
            )
    return InputError("A trial's variances cannot be used.")
