"""Make the long sampler runs for the tests of counts: python -m scripts.make_mcmc [NAME ...].

JAGS (Debian: apt-get install jags) samples the model that the engine integrates. A trial has a free
baseline mu_i ~ N(0, 100^2), an option an effect d ~ N(0, 100^2) against the reference, and an arm

    link(p_ij) = mu_i + delta_ij,

whose delta_ij (zero in the trial's first arm) have mean d[option of j] - d[option of the first arm]
and covariance tau^2 (I + J) / 2, written one given those before it (Dias and others, NICE Decision
Support Unit, Technical Support Document 2). One small file a network goes to tests/reference/mcmc.
Two cores need about seven minutes for all.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from needlewise.distributions import Array
from needlewise.evidence.tables import Trials, read_network
from needlewise.synthesis.nma import TauPrior

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED, STORED = ROOT / "tests" / "published", ROOT / "tests" / "reference" / "mcmc"
SEED, CHAINS, BURN_IN, BATCHES = 20261122, 4, 5_000, 50
MCSE = 0.01  # of an SD: the most that is stored
R_HAT = 1.01


@dataclass(frozen=True, eq=False)
class Sampled:
    """Draws of each quantity, (chains, iterations), and the seconds that JAGS took for them."""

    draws: Mapping[str, Array]
    seconds: float


@dataclass(frozen=True)
class Run:
    """One network: how it is read, the prior of tau, and how long it is sampled.

    `scaled`: deviations from d are sampled as multiples of tau, which moves faster where the trials
    are small or alike; else the trials' own effects are. The model is the same.
    """

    name: str
    prior: str
    iterations: int
    reference: str
    measure: str = "OR"
    scaled: bool = True


RUNS = (
    Run("hasselblad1998", "uniform(5)", 200_000, "no_contact", scaled=False),
    Run("transfusion", "lognormal(-3.93, 1.51)", 400_000, "Control"),
    Run("blocker", "uniform(5)", 400_000, "Control"),
    Run("dietary_fat", "uniform(5)", 600_000, "Control", "IRR"),
    Run("nielweise2007", "half-normal(0.5)", 400_000, "control"),
    Run("dong2013", "half-normal(0.5)", 400_000, "Placebo"),
    Run("diabetes", "uniform(5)", 200_000, "Diuretic", "HR", scaled=False),
)

COUNTS = {
    "OR": ("r[j] ~ dbin(p[j], n[j])", "logit(p[j]) <- eta[j]"),
    "HR": ("r[j] ~ dbin(p[j], n[j])", "cloglog(p[j]) <- eta[j] + offset[j]"),
    "IRR": ("r[j] ~ dpois(m[j])", "log(m[j]) <- eta[j] + log(n[j])"),
}

MODEL = """model {{
  for (j in 1:J) {{
    {counts}
    {link}
    eta[j] <- mu[trial[j]] + delta[j]
  }}
  for (i in 1:M) {{
    mu[i] ~ dnorm(0, 1.0E-4)
    delta[first[i]] <- 0
    w[first[i]] <- 0
    for (j in (first[i] + 1):last[i]) {{
      effect[j] <- d[option[j]] - d[base[i]]
      before[j] <- sum(w[first[i]:(j - 1)]) / (j - first[i])
      precision[j] <- 2 * (j - first[i]) / (j - first[i] + 1)
      {one}
      {two}
    }}
  }}
  d[1] <- 0
  for (k in 2:K) {{
    d[k] ~ dnorm(0, 1.0E-4)
  }}
  {tau}
}}
"""

CENTRED = (
    "delta[j] ~ dnorm(effect[j] + before[j], precision[j] / pow(tau, 2))",
    "w[j] <- delta[j] - effect[j]",
)
SCALED = ("w[j] ~ dnorm(before[j], precision[j])", "delta[j] <- effect[j] + tau * w[j]")


def model(measure: str, prior: TauPrior, *, scaled: bool) -> str:
    """The model in the language of JAGS, whose normals have precisions."""
    counts, link = COUNTS[measure]
    tau = {
        "uniform": f"tau ~ dunif(0, {prior.one:g})",
        "half-normal": f"tau ~ dnorm(0, pow({prior.one:g}, -2)) T(0, )",
        "lognormal": f"tau2 ~ dlnorm({prior.one:g}, pow({prior.two:g}, -2))\n  tau <- sqrt(tau2)",
    }[prior.kind]
    one, two = SCALED if scaled else CENTRED
    return MODEL.format(counts=counts, link=link, one=one, two=two, tau=tau)


def data(trials: Trials) -> str:
    """All arms as JAGS reads them; options and trials are counted from 1."""
    place = {option: k for k, option in enumerate(trials.options, 1)}
    found: dict[str, list[float]] = {
        key: [] for key in ("r", "n", "offset", "trial", "option", "base", "first", "last")
    }
    for i, trial in enumerate(trials.trials, 1):
        assert trial.arms is not None
        found["base"].append(place[trial.options[0]])
        found["first"].append(len(found["r"]) + 1)
        found["r"] += trial.arms.events.tolist()
        found["n"] += trial.arms.size.tolist()
        found["offset"] += trial.arms.offset.tolist()
        found["trial"] += [i] * len(trial.options)
        found["option"] += [place[o] for o in trial.options]
        found["last"].append(len(found["r"]))
    if trials.measure != "HR":
        del found["offset"]
    whole = {"J": len(found["r"]), "M": len(trials.trials), "K": len(trials.options)}
    return "".join(
        [f"{key} <- c({', '.join(f'{v:.17g}' for v in own)})\n" for key, own in found.items()]
        + [f"{key} <- {size}\n" for key, size in whole.items()]
    )


def sample(program: str, text: str, arms: str, seeds: Sequence[int], burn: int, n: int) -> Sampled:
    """Chains of `n` draws of every d and tau, one a seed, from one run of JAGS.

    Raises RuntimeError with what JAGS says where it cannot.
    """
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "model.bug").write_text(text)
        (at / "data.R").write_text(arms)
        steps = ["model in model.bug", "data in data.R", f"compile, nchains({len(seeds)})"]
        for k, seed in enumerate(seeds, 1):
            first = f'.RNG.name <- "base::Mersenne-Twister"\n.RNG.seed <- {seed}\n'
            (at / f"first{k}.R").write_text(first)
            steps.append(f"parameters in first{k}.R, chain({k})")
        steps += ["initialize", f"update {burn}", "monitor d", "monitor tau", f"update {n}"]
        (at / "run.cmd").write_text("\n".join([*steps, "coda *", "exit", ""]))
        start = time.perf_counter()
        done = subprocess.run([program, "run.cmd"], cwd=at, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if not (at / "CODAindex.txt").exists():
            raise RuntimeError(f"JAGS stopped: {(done.stdout + done.stderr).strip()[-500:]}")
        rows = [line.split() for line in (at / "CODAindex.txt").read_text().splitlines()]
        chains = np.array([
            np.loadtxt(at / f"CODAchain{k}.txt", usecols=1) for k in range(1, len(seeds) + 1)
        ])  # fmt: skip
    draws = {name: chains[:, int(low) - 1 : int(high)] for name, low, high in rows}
    return Sampled(draws, seconds)


def mcse(chains: Array) -> float:
    """Monte Carlo standard error of the mean, by means of batches."""
    size = chains.shape[1] // BATCHES
    means = chains[:, : size * BATCHES].reshape(-1, size).mean(axis=1)
    return float(means.std(ddof=1) / np.sqrt(len(means)))


def r_hat(chains: Array) -> float:
    """Gelman and Rubin's ratio, each chain taken as two halves."""
    size = chains.shape[1] // 2
    halves = chains[:, : 2 * size].reshape(-1, size)
    within = halves.var(axis=1, ddof=1).mean()
    return float(np.sqrt((size - 1) / size + halves.mean(axis=1).var(ddof=1) / within))


def told(chains: Array) -> dict[str, float]:
    """mean, sd, mcse and quantiles. Raises RuntimeError where the run was too short."""
    error, sd, ratio = mcse(chains), float(chains.std()), r_hat(chains)
    if error > MCSE * sd or ratio > R_HAT:
        raise RuntimeError(f"the run is too short: MCSE {error / sd:.2%} of the SD, R {ratio:.4f}")
    low, middle, high = np.quantile(chains, [0.025, 0.5, 0.975])
    found = {
        "mean": chains.mean(), "sd": sd, "mcse": error, "q025": low, "q50": middle, "q975": high,
    }  # fmt: skip
    return {key: float(f"{value:.5g}") for key, value in found.items()}


def version(program: str) -> str:
    """Such as "JAGS 4.3.1"."""
    done = subprocess.run([program], input="exit\n", capture_output=True, text=True)
    return " ".join(done.stdout.split()[2:4]).upper()


def make(program: str, run: Run, workers: int) -> None:
    trials = read_network(PUBLISHED / f"{run.name}.csv", run.measure, reference=run.reference)
    prior = TauPrior.parse(run.prior, run.measure)
    text, arms = model(run.measure, prior, scaled=run.scaled), data(trials)
    seeds = [SEED + k for k in range(CHAINS)]
    with ThreadPoolExecutor(workers) as pool:
        jobs = [
            pool.submit(sample, program, text, arms, [seed], BURN_IN, run.iterations)
            for seed in seeds
        ]
        parts = [job.result().draws for job in jobs]
    draws = {name: np.vstack([part[name] for part in parts]) for name in parts[0]}
    effects = {option: told(draws[f"d[{k}]"]) for k, option in enumerate(trials.options[1:], 2)}
    found = {
        "name": run.name, "data_file": f"{run.name}.csv", "measure": run.measure,
        "likelihood": trials.likelihood, "reference": run.reference, "prior": run.prior,
        "priors": f"{prior}; each effect and baseline ~ normal(0, 100^2)",
        "left_out": [name for name, _ in trials.left_out],
        "software": version(program), "chains": CHAINS, "burn_in": BURN_IN,
        "iterations": run.iterations, "seed": SEED,
        "effects": effects, "tau": told(draws["tau"]), "model": text.splitlines(),
    }  # fmt: skip
    STORED.mkdir(parents=True, exist_ok=True)
    (STORED / f"{run.name}.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def main(names: Sequence[str]) -> None:
    program = shutil.which("jags")
    if program is None:
        sys.exit("JAGS is not installed (Debian: apt-get install jags).")
    for run in RUNS:
        if not names or run.name in names:
            make(program, run, os.cpu_count() or 1)
            print(f"{run.name}: stored", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
