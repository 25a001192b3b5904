"""The engine for any network: times beside floors and targets, and beside metafor where R is here.

Run with `make bench`; `make bench-peers` adds metafor's `rma.mv` on the same data in the same run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")

import numpy as np

from needlewise.evidence.tables import Trial, Trials, read_network
from needlewise.synthesis.nma import TauPrior, fit
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
        for name in ("options_at_nodes",):
            fitted.__dict__.pop(name, None)
        fitted.effects(), fitted.league(), fitted.ranks()
        node_splits(fitted), thresholds(fitted), leave_one_out(fitted)

    print("\nOther jobs, ms                         measured   target")
    print(f"{'all tables, 100 trials, 25 options':36} {median_ms(together, 3):10.1f} {'10':>8}")
    smoking = read_network(PUBLISHED / "hasselblad1998.csv")
    job = median_ms(lambda: fit(smoking, likelihood="counts", tau_prior="uniform(5)"), 3)
    print(f"{'binomial, 24 trials, importance check':36} {job:10.1f} {'50':>8}")
    large = simulated(1000, 20000)
    job = median_ms(lambda: fit(large), 1)
    print(f"{'20,000 trials, 1,000 options':36} {job:10.0f} {'5000':>8}")


R = """
suppressMessages(library(metafor))
d <- read.csv("{file}")
V <- as.matrix(read.csv("{v}", header=FALSE))
X <- as.matrix(read.csv("{x}", header=FALSE))
f <- function() rma.mv(y, V, mods=X, intercept=FALSE, random=~arm|study, rho=1/2, data=d)
r <- f(); n <- {times}
t <- system.time(for (k in 1:n) f())[["elapsed"]]
cat(1000*t/n, sqrt(r$tau2), r$b, "\\n")
"""


def peers() -> None:
    program = shutil.which("Rscript")
    if program is None:
        print("\nR is not installed, so metafor was not measured (Debian: r-cran-metafor).")
        return
    print("\nREML of 26 trials, 10 options, ms      needlewise    metafor   times faster")
    for name in ("senn2013", "linde2016"):
        trials = read_network(PUBLISHED / f"{name}.csv")
        found = design(trials)
        ours = fit(trials, tau="reml")
        with tempfile.TemporaryDirectory() as folder:
            paths = {key: Path(folder, f"{key}.csv") for key in ("file", "v", "x")}
            size = len(found.rows)
            whole, rows, at = np.zeros((size, size)), [], 0
            for k, t in enumerate(trials.trials):
                n = len(t.y)
                whole[at : at + n, at : at + n] = t.covariance
                rows += [f"{y},{k},{j}" for j, y in enumerate(t.y)]
                at += n
            paths["file"].write_text("y,study,arm\n" + "\n".join(rows) + "\n")
            np.savetxt(paths["v"], whole, delimiter=",")
            np.savetxt(paths["x"], found.rows, delimiter=",")
            script = Path(folder, "peer.R")
            script.write_text(R.format(times=5 if name == "senn2013" else 2, **paths))
            done = subprocess.run([program, str(script)], capture_output=True, text=True)
        if done.returncode:
            print(f"metafor could not be run on {name}: {done.stderr.strip().splitlines()[-1:]}")
            continue
        told = [float(v) for v in done.stdout.split()]
        off = np.abs(np.array(told[2:]) - ours.means[0]).max()
        job = median_ms(lambda t=trials: fit(t, tau="reml"), 5)
        exact = median_ms(lambda t=trials: fit(t), 5)
        print(f"{name:36} {job:12.1f} {told[0]:10.0f} {told[0] / job:14.0f}"
              f"   (estimates agree to {off:.0e}; exact posterior {exact:.1f} ms)")  # fmt: skip


if __name__ == "__main__":
    posteriors()
    outputs()
    if "--peers" in sys.argv:
        peers()
