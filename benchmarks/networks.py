"""The engine for any network: times beside floors and targets.

Run with `make bench`; `make bench-peers` measures it beside other software.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import numpy as np

from needlewise.evidence.tables import Trial, Trials, read_network
from needlewise.synthesis.nma import TauPrior, fit
from needlewise.synthesis.nma.certainty import certainty
from needlewise.synthesis.nma.checks import node_splits
from needlewise.synthesis.nma.design import design
from needlewise.synthesis.nma.exact import posterior
from needlewise.synthesis.nma.influence import leave_one_out, thresholds
from needlewise.synthesis.nma.whitened import whitened
from run import median_ms

PUBLISHED = Path(__file__).resolve().parent.parent / "tests" / "published"
PRIOR = TauPrior("half-normal", 0.5)


def simulated(options: int, trials: int, seed: int = 0) -> Trials:
    """Two-arm trials of a connected network."""
    rng = np.random.default_rng(seed)
    made = []
    for k in range(trials):
        a, b = (k + 1, 0) if k < options - 1 else rng.choice(options, 2, replace=False)
        v = 0.02 + 0.05 * rng.random()
        y = rng.normal((b - a) / options, np.sqrt(v + 0.04))
        made.append(Trial(f"t{k}", (f"o{a}", f"o{b}"), np.array([y]), np.array([[v]])))
    return Trials("SMD", "normal", tuple(f"o{k}" for k in range(options)), tuple(made), "simulated")


def posteriors() -> None:
    print("\nExact posterior, ms                    measured   floor (Cholesky)   target")
    networks = [
        ("26 trials, 10 options", read_network(PUBLISHED / "senn2013.csv"), "0.5"),
        ("93 trials, 22 options", read_network(PUBLISHED / "linde2016.csv"), "1.5"),
        ("1,000 trials, 100 options", simulated(100, 1000), "30"),
        ("5,000 trials, 300 options", simulated(300, 5000), "300"),
    ]
    for name, trials, target in networks:
        found = design(trials)
        white = whitened(trials.trials, found.rows)
        p = len(found.names)
        nodes = len(posterior(white, PRIOR, 100.0, 64).taus)
        matrices = np.broadcast_to(np.eye(p) * 2.0, (nodes, p, p)).copy()
        job = median_ms(lambda w=white: posterior(w, PRIOR, 100.0, 64), 5)
        floor = median_ms(lambda m=matrices: np.linalg.cholesky(m), 5)
        print(f"{name:36} {job:10.2f} {floor:18.2f} {target:>8}")


def outputs() -> None:
    fitted = fit(simulated(25, 100))

    def together() -> None:
        fitted.__dict__.pop("options_at_nodes", None)
        fitted.effects(), fitted.league(), fitted.ranks()
        node_splits(fitted), thresholds(fitted), leave_one_out(fitted)

    print("\nOther jobs, ms                         measured   target")
    print(f"{'all tables, 100 trials, 25 options':36} {median_ms(together, 3):10.1f} {'10':>8}")
    many = fit(simulated(60, 950))
    job = median_ms(lambda: certainty(many, important=0.3), 3)
    print(f"{'certainty, 950 trials, 60 options':36} {job:10.0f} {'':>8}")
    smoking = read_network(PUBLISHED / "hasselblad1998.csv")
    job = median_ms(lambda: fit(smoking, likelihood="counts", tau_prior="uniform(5)"), 3)
    print(f"{'binomial, 24 trials, importance check':36} {job:10.1f} {'50':>8}")
    large = simulated(1000, 20000)
    job = median_ms(lambda: fit(large), 1)
    print(f"{'20,000 trials, 1,000 options':36} {job:10.0f} {'5000':>8}")


if __name__ == "__main__":
    posteriors()
    outputs()
