"""Many fits over the cores of a machine: simulated networks, or one network without each trial."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.fit import Fit
from needlewise.synthesis.nma.model import fit

if TYPE_CHECKING:
    from pandas import DataFrame

T = TypeVar("T")
SOON = 4.0  # seconds of work below which processes take longer to start than they save
AHEAD = 4  # tasks a worker that wait, so that a long list is never held at once
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def effects_of(fitted: Fit) -> DataFrame:
    """What is kept of a fit where nothing else is asked: its effects."""
    return fitted.effects()


def fit_many(
    networks: Iterable[Trials], keep: Callable[[Fit], T], *, workers: int | None = None,
    progress: Callable[[int], None] | None = None, **options: Any,
) -> Iterator[T | InputError]:  # fmt: skip
    """`keep` of each network's fit, in order, worked out by processes of one thread each.

    Args:
        networks: may be endless: no more than a few wait at a time.
        keep: a function at the top of a module, such as `effects_of`; only what it returns comes
            back.
        workers: processes; None: one a core, 1: none but this one.
        progress: called with the number done so far.
        options: of `fit`.

    A network that cannot be fitted gives its InputError in its place. Interrupting ends all
    processes.
    """
    job = partial(_one, keep, options)
    count = workers or os.cpu_count() or 1
    if count < 1:
        raise InputError("workers must be at least 1.")
    for done, found in enumerate(_mapped(job, iter(networks), count), 1):
        if progress is not None:
            progress(done)
        yield found


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started in here never hear an interrupt, which reaches all processes of a job: the
    parent alone answers it, after this.
    """
    if not hasattr(signal, "pthread_sigmask"):  # not everywhere
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _one(keep: Callable[[Fit], T], options: dict[str, Any], trials: Trials) -> T | InputError:
    try:
        return keep(fit(trials, **options))
    except InputError as error:
        return error


def _mapped(job: Callable[[Trials], T], networks: Iterator[Trials], count: int) -> Iterator[T]:
    if count == 1:
        yield from map(job, networks)
        return
    before = {name: os.environ.get(name) for name in THREADS}
    # One thread a process: processes that all use every core wait for each other.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"))
    waiting: list[Future[T]] = []
    try:
        with _deaf():  # by the last of these all processes are started
            waiting = [pool.submit(job, one) for one in islice(networks, AHEAD * count)]
        while waiting:
            wait(waiting, return_when=FIRST_COMPLETED)
            while waiting and waiting[0].done():
                yield waiting.pop(0).result()
                waiting += [pool.submit(job, one) for one in islice(networks, 1)]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def refit_without_each(
    trials: Trials, *, workers: int | None = None, progress: Callable[[int], None] | None = None,
    **options: Any,
) -> DataFrame:  # fmt: skip
    """Every option's effect without each trial, refitted, whatever the model: trial, option,
    estimate, se, and change (in the whole fit's own se).

    For a fit that is plain `influence.leave_one_out` gives the same at once, at the taus of the
    whole fit. Options that a trial alone joins have missing rows without it.
    """
    from pandas import DataFrame

    own, others = trials.trials, trials.options[1:]
    began = perf_counter()
    whole = fit(trials, **options).effects().set_index("option")
    if workers is None and (perf_counter() - began) * len(own) < SOON:
        workers = 1
    less = (
        replace(trials, trials=own[:k] + own[k + 1 :], options=_left(trials, k))
        for k in range(len(own))
    )
    rows = []
    found = fit_many(less, effects_of, workers=workers, progress=progress, **options)
    for trial, table in zip(own, found, strict=True):
        known = {}
        if not isinstance(table, InputError):
            known = {r.option: r for r in table.itertuples() if r.reference == trials.reference}
        for option in others:
            row = known.get(option)
            estimate, se = (row.estimate, row.se) if row is not None else (np.nan, np.nan)
            change = (estimate - whole.loc[option, "estimate"]) / whole.loc[option, "se"]
            rows.append((trial.name, option, estimate, se, change))
    return DataFrame(rows, columns=["trial", "option", "estimate", "se", "change"])


def _left(trials: Trials, without: int) -> tuple[str, ...]:
    """The options that the other trials have; the reference stays the first where it can."""
    seen = {o for k, t in enumerate(trials.trials) if k != without for o in t.options}
    return tuple(option for option in trials.options if option in seen)
