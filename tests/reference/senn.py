"""Senn 2013 (26 trials, 10 treatments) by dense algebra: printed results and a Bayesian twin."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy import optimize, stats

from .dense import KNOTS, Mixture, build, integrate, log_posterior
from .rows import REFERENCE, Choices, Value

PUBLISHED = Path(__file__).resolve().parents[1] / "published"
PLACEBO = "placebo"


@cache
def values() -> tuple[Value, ...]:
    with (PUBLISHED / "senn2013.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Value(
                row["study"],
                row["treatment"],
                (REFERENCE if row["treatment"] == PLACEBO else row["treatment"],),
                float(KNOTS[0]),
                float(row["mean"]),
                float(row["sd"]) ** 2 / float(row["n"]),
            )
            for row in csv.DictReader(file)
        )


@cache
def dense_parts() -> tuple[tuple[str, ...], np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Treatments, y, X, error covariance, covariance of the random effects per tau^2."""
    model = build(values(), (1.0, 0.0, 1.0, 1.0), Choices())
    return model.names, model.y, model.plain, model.errors, model.heterogeneity


def least_squares(tau2: float) -> dict[str, Any]:
    """Generalised least squares at a fixed tau^2, with its restricted log likelihood."""
    _, y, x, errors, random = dense_parts()
    v = errors + tau2 * random
    inverse = np.linalg.inv(v)
    covariance = np.linalg.inv(x.T @ inverse @ x)
    estimate = covariance @ x.T @ inverse @ y
    residual = y - x @ estimate
    q = float(residual @ inverse @ residual)
    determinant = np.linalg.slogdet(v)[1] - np.linalg.slogdet(covariance)[1]
    moderators = float(estimate @ np.linalg.solve(covariance, estimate))
    return {
        "estimate": estimate,
        "covariance": covariance,
        "QE": q,
        "df": len(y) - x.shape[1],
        "QM": moderators,
        "log_restricted": -(determinant + q) / 2,
    }


def named(fit: dict[str, Any]) -> dict[str, dict[str, float]]:
    errors = np.sqrt(np.diag(fit["covariance"]))
    return {
        name: {"estimate": float(e), "se": float(se)}
        for name, e, se in zip(dense_parts()[0], fit["estimate"], errors, strict=True)
    }


@cache
def reml_tau2() -> float:
    found = optimize.minimize_scalar(
        lambda tau2: -least_squares(tau2)["log_restricted"],
        bounds=(0.0, 5.0),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return float(found.x)


def league(fit: dict[str, Any], tau2: float) -> dict[str, list[float]]:
    """Pairs to estimate, SE, 95 % interval and 95 % prediction interval (normal quantile)."""
    names, z = dense_parts()[0], stats.norm.ppf(0.975)
    pairs = {}
    for a, b in combinations(range(len(names)), 2):
        c = np.zeros(len(names))
        c[a], c[b] = 1.0, -1.0
        middle, se = float(c @ fit["estimate"]), math.sqrt(c @ fit["covariance"] @ c)
        wide = math.sqrt(se * se + tau2)
        pairs[f"{names[a]} - {names[b]}"] = [
            *(middle, se, middle - z * se, middle + z * se),
            *(middle - z * wide, middle + z * wide),
        ]
    return pairs


def p_scores(fit: dict[str, Any]) -> dict[str, float]:
    """Mean probability of being smaller than each other treatment, placebo among them."""
    names = (*dense_parts()[0], PLACEBO)
    estimate = np.append(fit["estimate"], 0.0)
    covariance = np.pad(fit["covariance"], (0, 1))
    scores = {}
    for i, name in enumerate(names):
        others = [j for j in range(len(names)) if j != i]
        z = [
            (estimate[j] - estimate[i])
            / math.sqrt(covariance[i, i] + covariance[j, j] - 2 * covariance[i, j])
            for j in others
        ]
        scores[name] = float(np.mean(stats.norm.cdf(z)))
    return scores


def bayes_common(level_sd: float = 1e3) -> dict[str, dict[str, float]]:
    """Posterior of the common-effect model, each effect N(0, level_sd^2), by the marginal."""
    _, y, x, errors, _ = dense_parts()
    marginal = errors + level_sd**2 * x @ x.T
    gain = level_sd**2 * np.linalg.solve(marginal, x).T
    covariance = level_sd**2 * (np.eye(x.shape[1]) - gain @ x)
    return named({"estimate": gain @ y, "covariance": covariance})


def bayes_random(level_sd: float, tau_scale: float, nodes: int = 20_001) -> Mixture:
    """Posterior of the random-effects model, one column a treatment (order of `dense_parts`)."""
    model = build(values(), (level_sd, 0.0, level_sd, tau_scale), Choices())
    at_first_knot = np.kron(np.eye(len(model.names)), np.eye(4)[0])
    return integrate(model, at_first_knot, tau_scale, nodes)


def log_density(level_sd: float, tau_scale: float, tau: np.ndarray) -> np.ndarray:
    """Unnormalised log posterior of tau under `bayes_random`, for integration elsewhere."""
    model = build(values(), (level_sd, 0.0, level_sd, tau_scale), Choices())
    return log_posterior(model, tau, tau_scale)


def expected() -> dict[str, Any]:
    """The printed results by id."""
    text = (PUBLISHED / "senn2013.expected.json").read_text(encoding="utf-8")
    return {entry["id"]: entry for entry in json.loads(text)["published"]}


def senn2013_reference() -> dict[str, Any]:
    """Everything of Senn 2013 that the printed results name, and the Bayesian common effect."""
    tau2 = reml_tau2()
    common, random = least_squares(0.0), least_squares(tau2)
    return {
        "common": named(common),
        "common_fit": {key: common[key] for key in ("QE", "df", "QM")},
        "reml": named(random),
        "reml_fit": {"tau2": tau2, "tau": math.sqrt(tau2), "QM": random["QM"]},
        "reml_league": league(random, tau2),
        "reml_p_scores": p_scores(random),
        "bayes_common": bayes_common(),
    }


def printed_against_ours() -> Iterator[tuple[str, float, float, float]]:
    """(what, printed, ours, half a unit of the last digit printed)."""
    ours, printed = senn2013_reference(), expected()
    for model in ("common", "reml", "bayes_common"):
        for name, numbers in printed[model.removeprefix("bayes_")]["values"].items():
            for key, number in numbers.items():
                yield f"{model} {name} {key}", number, ours[model][name][key], 5e-5
    for key in ("QE", "df", "QM"):
        yield f"common {key}", printed["common"]["fit"][key], ours["common_fit"][key], 5e-5
    for key in ("tau2", "tau"):
        yield f"reml {key}", printed["reml"][key], ours["reml_fit"][key], 5e-5
    yield "reml QM", printed["reml"]["fit"]["QM"], ours["reml_fit"]["QM"], 5e-5
    for pair, numbers in printed["reml_league_pi"]["values"].items():
        if pair != "_columns":
            for i, number in enumerate(numbers):
                yield f"reml {pair} [{i}]", number, ours["reml_league"][pair][i], 5e-5
    for name, number in printed["pscores_reml"]["values"].items():
        yield f"p-score {name}", number, ours["reml_p_scores"][name], 5e-4
