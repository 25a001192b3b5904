"""Simulation-based calibration of the engine: truth drawn from the prior, ranges counted.

Run with `make calibrate`. With the truth drawn from the prior, its place in its posterior is
uniform; shares of truths inside ranges are printed with their Monte Carlo error.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

from concurrent.futures import ProcessPoolExecutor

import numpy as np

from needlewise.evidence.tables import Trials, read_network
from needlewise.synthesis.nma import TauPrior, fit
from needlewise.synthesis.nma.mixtures import below

TAU, EFFECT, BASE = 0.5, 1.0, 2.0
LEVELS = (0.5, 0.8, 0.95)


def network(rng: np.random.Generator, *, counted: bool) -> tuple[Trials, np.ndarray, float]:
    """Trials of two or three arms among four options, with the truth they were made from."""
    tau, effects = abs(rng.normal(0, TAU)), np.array([0.0, *rng.normal(0, EFFECT, 3)])
    rows = []
    for k in range(10):
        arms = [k % 4, (k + 1 + k // 4) % 4] if k % 3 else [0, 1 + k % 3, 1 + (k + 1) % 3]
        arms = list(dict.fromkeys(arms))
        if len(arms) < 2:
            arms = [0, 3]
        shift = rng.normal(0, tau / np.sqrt(2), len(arms))
        base = rng.normal(0, BASE if counted else 3.0)
        for arm, own in zip(arms, shift, strict=True):
            eta = base + effects[arm] + own
            if counted:
                n = int(rng.integers(25, 90))
                rows.append((k, arm, rng.binomial(n, 1 / (1 + np.exp(-eta))), n))
            else:
                se = 0.15 + 0.3 * rng.random()
                rows.append((k, arm, rng.normal(eta, se), se))
    names = ("study", "treatment", *(("events", "n") if counted else ("mean", "se")))
    table = {name: [row[j] for row in rows] for j, name in enumerate(names)}
    table["treatment"] = [f"o{a}" for a in table["treatment"]]
    return read_network(table, "OR" if counted else "MD", reference="o0"), effects, tau


def one(task: tuple[int, bool]) -> list[float]:
    """Places of the truth (three effects and tau) in their posteriors, each from 0 to 1."""
    seed, counted = task
    trials, effects, tau = network(np.random.default_rng(seed), counted=counted)
    if trials.left_out:
        return []  # with baselines as narrow as here even a trial without events says something
    fitted = fit(
        trials, tau_prior=TauPrior("half-normal", TAU), effect_sd=EFFECT,
        likelihood="counts" if counted else "normal", baseline_sd=BASE if counted else None,
    )  # fmt: skip
    at, sds = fitted.pairs_at_nodes(np.arange(1, len(trials.options)),
                                    np.zeros(len(trials.options) - 1, dtype=np.intp))  # fmt: skip
    truth = np.array([effects[int(o[1:])] for o in trials.options[1:]])
    taus, density = fitted.density or (np.zeros(1), np.ones(1))
    steps = np.concatenate([[0.0], np.cumsum(np.diff(taus) * (density[1:] + density[:-1]) / 2)])
    share = float(np.interp(tau, taus, steps / steps[-1]))
    return [*below(fitted.weights, at, sds, truth), share]


def table(title: str, counted: bool, runs: int) -> None:
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(one, [(seed, counted) for seed in range(runs)], chunksize=20))
    kept = np.array([row for row in found if len(row) == 4])
    print(f"\n{title}: {len(kept)} simulated networks")
    print("quantity       inside 50 %    inside 80 %    inside 95 %   mean place (0.5)   worst gap")
    for name, places in (("effects", kept[:, :3].ravel()), ("tau", kept[:, 3])):
        told = []
        for level in LEVELS:
            share = np.mean(np.abs(places - 0.5) <= level / 2)
            told.append(
                f"{100 * share:6.1f} ({100 * np.sqrt(level * (1 - level) / len(kept)):.1f})"
            )
        ranks = np.sort(places)
        gap = np.abs(ranks - (np.arange(len(ranks)) + 0.5) / len(ranks)).max()
        limit = 1.36 / np.sqrt(len(kept))
        print(f"{name:10} " + "  ".join(f"{t:>13}" for t in told)
              + f" {places.mean():14.3f} {gap:14.3f} (limit {limit:.3f})")  # fmt: skip


if __name__ == "__main__":
    table("Normal likelihood", counted=False, runs=1000)
    table("Binomial likelihood", counted=True, runs=1000)
