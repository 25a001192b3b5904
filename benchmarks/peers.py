"""The engine beside metafor, netmeta and JAGS on the same trials, each where it is installed.

Run with `make bench-peers`, from the root of the repository. The R packages are timed inside R,
without its start; JAGS by the wall time of the program: start, compiling, sampling, writing draws.
Everything runs on one core.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from benchmarks.run import median_ms
from scripts.make_mcmc import PUBLISHED, data, mcse, model, sample

from needlewise.evidence.tables import Trial, Trials, read_network
from needlewise.synthesis.nma import TauPrior, fit
from needlewise.synthesis.nma.design import design

NETWORKS = {"senn2013": 5, "linde2016": 2}  # how often a peer is run
CHAINS, BURN_IN, DRAWS = 4, 2_000, 20_000

METAFOR = """
suppressMessages(library(metafor))
d <- read.csv("{folder}/rows.csv")
V <- as.matrix(read.csv("{folder}/v.csv", header=FALSE))
X <- as.matrix(read.csv("{folder}/x.csv", header=FALSE))
f <- function() rma.mv(y, V, mods=X, intercept=FALSE, random=~arm|study, rho=1/2, data=d)
r <- f(); n <- {times}
t <- system.time(for (k in 1:n) f())[["elapsed"]]
cat(1000*t/n, r$b, "\\n")
"""

NETMETA = """
suppressMessages(library(netmeta))
d <- read.csv("{folder}/pairs.csv", colClasses=c("numeric", "numeric", rep("character", 3)))
f <- function() netmeta(TE, seTE, treat1, treat2, studlab, data=d)
r <- f(); n <- {times}
t <- system.time(for (k in 1:n) f())[["elapsed"]]
cat(1000*t/n, r$TE.random[as.character(1:{last}), "0"], "\\n")
"""


# Contrasts with their whole covariance, random effects integrated out: as fast as a sampler can be.
NORMAL = """model {{
  for (i in 1:M) {{
    y[first[i]:last[i]] ~ dmnorm(theta[first[i]:last[i]], W[first[i]:last[i], first[i]:last[i]])
    W[first[i]:last[i], first[i]:last[i]] <- inverse(V[first[i]:last[i], first[i]:last[i]]
      + tau * tau * S[first[i]:last[i], first[i]:last[i]])
  }}
  for (j in 1:N) {{ theta[j] <- d[option[j]] - d[base[j]] }}
  d[1] <- 0
  for (k in 2:K) {{ d[k] ~ dnorm(0, 0.0001) }}
  tau ~ dnorm(0, pow({scale}, -2)) T(0, )
}}
"""


def contrasts(trials: Trials) -> str:
    """Contrasts as JAGS reads them; options and trials are counted from 1."""
    place = {option: k for k, option in enumerate(trials.options, 1)}
    size = sum(len(t.y) for t in trials.trials)
    errors, effects, at = np.zeros((size, size)), np.zeros((size, size)), 0
    found: dict[str, list[float]] = {key: [] for key in ("y", "option", "base", "first", "last")}
    for trial in trials.trials:
        n = len(trial.y)
        errors[at : at + n, at : at + n] = trial.covariance
        effects[at : at + n, at : at + n] = 0.5 * (np.eye(n) + 1.0)
        found["first"].append(at + 1)
        at += n
        found["last"].append(at)
        found["y"] += trial.y.tolist()
        found["option"] += [place[o] for o in trial.options[1:]]
        found["base"] += [place[trial.options[0]]] * n
    told = [f"{key} <- c({', '.join(f'{v:.17g}' for v in own)})" for key, own in found.items()]
    for key, matrix in (("V", errors), ("S", effects)):
        cells = ", ".join(f"{v:.17g}" for v in matrix.T.ravel())
        told.append(f"{key} <- structure(c({cells}), .Dim = c({size}, {size}))")
    told += [f"M <- {len(trials.trials)}", f"N <- {size}", f"K <- {len(trials.options)}"]
    return "\n".join(told) + "\n"


def write_rows(trials: Trials, folder: Path) -> None:
    """Contrasts, their whole covariance and the design, for metafor."""
    found = design(trials)
    size = len(found.rows)
    whole, rows, at = np.zeros((size, size)), [], 0
    for k, t in enumerate(trials.trials):
        n = len(t.y)
        whole[at : at + n, at : at + n] = t.covariance
        rows += [f"{y},{k},{j}" for j, y in enumerate(t.y)]
        at += n
    (folder / "rows.csv").write_text("y,study,arm\n" + "\n".join(rows) + "\n")
    np.savetxt(folder / "v.csv", whole, delimiter=",")
    np.savetxt(folder / "x.csv", found.rows, delimiter=",")


def pairs(trial: Trial) -> list[tuple[str, str, float, float]]:
    """All pairs of a trial's arms: option, against, difference, its standard error."""
    y = np.append(0.0, trial.y)
    covariance = np.zeros((len(y), len(y)))
    covariance[1:, 1:] = trial.covariance
    own = np.diagonal(covariance)
    return [
        (trial.options[b], trial.options[a], float(y[b] - y[a]),
         float(np.sqrt(own[a] + own[b] - 2 * covariance[a, b])))
        for a, b in combinations(range(len(y)), 2)
    ]  # fmt: skip


def write_pairs(trials: Trials, folder: Path) -> None:
    """All pairs of every trial, options by number with 0 for the reference, for netmeta."""
    place = {option: k for k, option in enumerate(trials.options)}
    rows = [
        f"{te!r},{se!r},{place[one]},{place[two]},{k}"
        for k, trial in enumerate(trials.trials)
        for one, two, te, se in pairs(trial)
    ]
    (folder / "pairs.csv").write_text("TE,seTE,treat1,treat2,studlab\n" + "\n".join(rows) + "\n")


def in_r(program: str, script: str) -> list[float]:
    """Numbers that a script prints. Raises RuntimeError with R's last line where it fails."""
    done = subprocess.run([program, "-e", script], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(" ".join(done.stderr.strip().splitlines()[-1:]))
    return [float(value) for value in done.stdout.split()]


def has(program: str, package: str) -> bool:
    asked = f"quit(status = !requireNamespace('{package}', quietly = TRUE))"
    return subprocess.run([program, "-e", asked], capture_output=True).returncode == 0


def metafor(program: str) -> None:
    print("\nREML, ms                               needlewise    metafor   times faster")
    for name, times in NETWORKS.items():
        trials = read_network(PUBLISHED / f"{name}.csv")
        with tempfile.TemporaryDirectory() as folder:
            write_rows(trials, Path(folder))
            took, *means = in_r(program, METAFOR.format(times=times, folder=folder))
        off = np.abs(np.array(means) - fit(trials, tau="reml").means[0]).max()
        job = median_ms(lambda t=trials: fit(t, tau="reml"), 5)
        exact = median_ms(lambda t=trials: fit(t), 5)
        print(f"{name:36} {job:12.1f} {took:10.0f} {took / job:14.0f}"
              f"   (estimates agree to {off:.0e}; exact posterior {exact:.1f} ms)")  # fmt: skip


def fit_as_netmeta(trials: Trials) -> None:
    """What one call of netmeta works out: both models, and the league table of each."""
    for kind in ("common", "random"):
        fit(trials, model=kind, tau="dl").league()


def netmeta(program: str) -> None:
    print("\nDerSimonian and Laird, ms              needlewise    netmeta   times faster")
    for name, times in NETWORKS.items():
        trials = read_network(PUBLISHED / f"{name}.csv")
        with tempfile.TemporaryDirectory() as folder:
            write_pairs(trials, Path(folder))
            took, *means = in_r(
                program, NETMETA.format(times=times, folder=folder, last=len(trials.options) - 1)
            )
        fitted = fit(trials, tau="dl")
        off = np.abs(np.array(means) - fitted.effects().estimate).max()
        job = median_ms(lambda t=trials: fit_as_netmeta(t), 5)
        print(f"{name:36} {job:12.1f} {took:10.0f} {took / job:14.0f}"
              f"   (estimates agree to {off:.0e}; both models, all pairs)")  # fmt: skip


def jags(program: str) -> None:
    prior = "uniform(5)"
    trials = read_network(PUBLISHED / "hasselblad1998.csv")
    text = model(trials.measure, TauPrior.parse(prior), scaled=False)
    run = sample(program, text, data(trials), range(1, CHAINS + 1), BURN_IN, DRAWS)
    found = fit(trials, likelihood="counts", tau_prior=prior)
    job = median_ms(lambda: fit(trials, likelihood="counts", tau_prior=prior), 3)
    took = 1000 * run.seconds
    effects = [run.draws[f"d[{k}]"] for k in range(2, len(trials.options) + 1)]
    known = zip(effects, found.effects().estimate, strict=True)
    off = max(abs(draws.mean() - one) / draws.std() for draws, one in known)
    noise = max(mcse(draws) / draws.std() for draws in effects)
    ours, theirs = found.heterogeneity.median, np.median(run.draws["tau"])
    print("\nBinomial, random effects, ms           needlewise       JAGS   times faster")
    print(f"{'hasselblad1998, 24 trials':36} {job:12.0f} {took:10.0f} {took / job:14.1f}"
          f"   ({CHAINS} chains of {DRAWS:,} after {BURN_IN:,})")  # fmt: skip
    print(f"  effects differ by {off:.3f} SD at most, of which {noise:.3f} is JAGS's own noise; "
          f"median tau {ours:.3f} and {theirs:.3f}")  # fmt: skip


def jags_normal(program: str) -> None:
    scale = 0.5
    print("\nPosterior, normal likelihood, ms       needlewise       JAGS   times faster")
    for name in NETWORKS:
        trials = read_network(PUBLISHED / f"{name}.csv")
        prior = TauPrior("half-normal", scale)
        text = NORMAL.format(scale=scale)
        run = sample(program, text, contrasts(trials), range(1, CHAINS + 1), BURN_IN, DRAWS)
        found = fit(trials, tau_prior=prior)
        job = median_ms(lambda t=trials, p=prior: fit(t, tau_prior=p), 5)
        took = 1000 * run.seconds
        effects = [run.draws[f"d[{k}]"] for k in range(2, len(trials.options) + 1)]
        known = zip(effects, found.effects().estimate, strict=True)
        off = max(abs(draws.mean() - one) / draws.std() for draws, one in known)
        noise = max(mcse(draws) / draws.std() for draws in effects)
        print(f"{name:36} {job:12.1f} {took:10.0f} {took / job:14.0f}"
              f"   (effects differ by {off:.3f} SD, JAGS's noise is {noise:.3f})")  # fmt: skip


def measured(peer: str, measure: Callable[[str], None], program: str) -> None:
    try:
        measure(program)
    except RuntimeError as error:
        print(f"\n{peer} could not be run: {error}")


def main() -> None:
    program = shutil.which("Rscript")
    if program is None:
        print("\nR is not installed, so its packages were not measured (Debian: r-cran-metafor).")
    else:
        for package, measure, where in (
            ("metafor", metafor, "Debian: r-cran-metafor"),
            ("netmeta", netmeta, 'in R: install.packages("netmeta")'),
        ):
            if has(program, package):
                measured(package, measure, program)
            else:
                print(f"\n{package} is not installed, so it was not measured ({where}).")
    sampler = shutil.which("jags")
    if sampler is None:
        print("\nJAGS is not installed, so it was not measured (Debian: r-cran-rjags).")
    else:
        measured("JAGS", jags_normal, sampler)
        measured("JAGS", jags, sampler)


if __name__ == "__main__":
    main()
