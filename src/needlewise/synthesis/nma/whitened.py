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
ONCE = 5_000  # numbers of the rows up to which one tau is weighed without such a table
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

    total, size = whole.shape
    if isinstance(whole, np.ndarray):
        at, held = np.nonzero(whole)
        numbers = whole[at, held]
        starts = np.searchsorted(at, np.arange(total + 1))
    else:
        held, numbers, starts = whole.indices.astype(np.intp), whole.data, whole.indptr
    counts = np.diff(starts)
    value, pair, row = [], [], []
    for count in np.unique(counts):
        own = np.flatnonzero(counts == count)
        index = starts[own][:, None] + np.arange(count)
        a, b = np.tril_indices(count)
        one, two = held[index][:, a], held[index][:, b]
        value.append((numbers[index][:, a] * numbers[index][:, b]).ravel())
        pair.append((np.minimum(one, two) * size + np.maximum(one, two)).ravel())
        row.append(np.repeat(own, len(a)))
    pairs = np.concatenate(pair)
    order = np.argsort(pairs, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(pairs[order], prepend=-1)), len(pairs))
    met = pairs[order[ends[:-1]]]
    table = sparse.csc_array(
        (np.concatenate(value)[order], np.concatenate(row)[order], ends), shape=(total, len(met))
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

    @property
    def _is_small(self) -> bool:
        """Whether one tau by itself is not worth a table of products."""
        return isinstance(self.rows, np.ndarray) and self.rows.size <= ONCE

    def sums(self, squares: Array) -> Sums:
        """At each tau squared (n,)."""
        spread = 1.0 + squares[:, None] * self.values
        weight = 1.0 / spread
        log_determinant = self.log_errors + np.log(spread).sum(axis=1)
        known = None if len(squares) == 1 and self._is_small else self._products
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
    total = int(ends[-1])
    y = np.concatenate([t.y for t in trials])
    dense = isinstance(rows, np.ndarray)
    turned, turned_y = (np.empty(rows.shape) if dense else None), np.empty(total)
    values, owner, log_errors, blocks = np.empty(total), np.empty(total, dtype=int), 0.0, []
    for size, chosen in by_size.items():
        own = np.array(chosen)
        index = ends[own][:, None] + np.arange(size)
        errors = np.array([trials[k].covariance for k in chosen])
        own_effects = (
            exchangeable(size) if effects is None else np.array([effects[k] for k in chosen])
        )
        turn, values[index], log_part = _turn(trials, chosen, errors, own_effects)
        turned_y[index] = (turn @ y[index][:, :, None])[:, :, 0]
        owner[index] = own[:, None]
        log_errors += log_part
        if turned is not None:
            turned[index] = turn @ rows[index]
        blocks.append((index, turn))
    if turned is None:
        turned = _turned(blocks, rows)
    return Whitened(turned, turned_y, values, log_errors, owner)


def _turn(
    trials: Sequence[Trial], chosen: Sequence[int], errors: Array, effects: Array
) -> tuple[Array, Array, float]:
    """For trials of one size, errors (m, r, r): what turns each (m, r, r), lambda (m, r), and the
    log of the determinant of the errors.
    """
    try:
        factor = np.linalg.cholesky(errors)
    except np.linalg.LinAlgError:
        raise _bad(trials, chosen) from None
    log_errors = 2.0 * float(np.log(np.diagonal(factor, axis1=1, axis2=2)).sum())
    if errors.shape[1] == 1:
        return 1.0 / factor, (effects / errors)[:, :, 0], log_errors
    inverse = np.linalg.inv(factor)
    values, vectors = np.linalg.eigh(inverse @ effects @ inverse.transpose(0, 2, 1))
    return vectors.transpose(0, 2, 1) @ inverse, np.maximum(values, 0.0), log_errors


def _turned(blocks: Sequence[tuple[Array, Array]], rows: Any) -> Any:
    """Sparse rows turned by all trials' turns as one sparse matrix."""
    from scipy import sparse

    at = np.concatenate([np.repeat(i, i.shape[1], axis=1).ravel() for i, _ in blocks])
    to = np.concatenate([np.tile(i, (1, i.shape[1])).ravel() for i, _ in blocks])
    told = np.concatenate([turn.ravel() for _, turn in blocks])
    turn = sparse.csr_array((told, (at, to)), shape=(rows.shape[0], rows.shape[0]))
    return (turn @ rows).tocsr()


def _bad(trials: Sequence[Trial], chosen: Sequence[int]) -> InputError:
    for k in chosen:
        if float(np.linalg.eigvalsh(trials[k].covariance)[0]) <= 0:
            return InputError(
                f"Trial {trials[k].name}: its variances and covariances cannot belong together; "
                "check its standard errors, or leave it out."
            )
    return InputError("A trial's variances cannot be used.")
