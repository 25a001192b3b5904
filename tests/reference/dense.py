"""The exact Gaussian network meta-analysis once more, by brute force.

Nothing here is shared with `needlewise.synthesis`, and the algebra differs on purpose: explicit
within-week contrasts instead of a projection, one dense marginal `y ~ N(0, X D X' + V(tau))`
instead of precisions by study, a plain trapezoid over tau instead of Gauss-Legendre.

    posterior("pain", "default")[("acupuncture - usual-care", 13)]  # Summary(mean, sd, ...)
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize, special
from scipy.interpolate import CubicSpline

from .rows import REFERENCE, WAITING, Choices, Value, arm_values, components, window

KNOTS = np.array([6.0, 13.0, 26.0, 52.0])
ERROR_CORRELATION = 0.6
KNOT_CORRELATION = 0.95
NEEDLING = ("acupuncture", "dry-needling", "electroacupuncture")
SHAMS = ("sham-penetrating", "sham-nonpenetrating", "sham-other")
# level SD, drift SD per doubling of time, SD of no-treatment, scale of tau
PRIORS = {"pain": (30.0, 5.0, 5.0, 10.0), "disability": (1.5, 0.25, 0.25, 0.5)}


class Summary(NamedTuple):
    """Mean, SD and the 2.5 and 97.5 % points of a mixture of normals."""

    mean: float
    sd: float
    q025: float
    q975: float


# ---- The dense model (methods, section 2) ----


def knot_weights(week: float) -> np.ndarray:
    """Linear in log time between the knots, constant outside; shape (4,)."""
    place = np.interp(math.log(week), np.log(KNOTS), np.arange(4.0))
    return np.maximum(0.0, 1.0 - np.abs(place - np.arange(4.0)))


def knot_correlation(weeks: Sequence[float]) -> np.ndarray:
    """Correlation of one arm's random effects over its weeks, unit diagonal."""
    w = np.array([knot_weights(week) for week in weeks])
    k = np.arange(4)
    inner = w @ KNOT_CORRELATION ** np.abs(k[:, None] - k[None, :]) @ w.T
    norm = np.sqrt(np.diag(inner))
    return inner / norm[:, None] / norm[None, :]


def error_correlation(weeks: Sequence[float]) -> np.ndarray:
    doublings = np.log2(np.asarray(weeks))
    return ERROR_CORRELATION ** np.abs(doublings[:, None] - doublings[None, :])


class Model(NamedTuple):
    """`y ~ N(X theta, V0 + tau^2 R)`, `theta ~ N(0, D)`; theta = component by knot."""

    names: tuple[str, ...]
    y: np.ndarray  # (rows,)
    x: np.ndarray  # (rows, components * 4)
    errors: np.ndarray  # V0, (rows, rows)
    heterogeneity: np.ndarray  # R, (rows, rows)
    prior: np.ndarray  # D, (components * 4, components * 4)
    weeks: np.ndarray  # (rows,)
    plain: np.ndarray  # (rows, components): the same contrasts without their weeks


def within_week(values: Sequence[Value]) -> np.ndarray:
    """Contrast matrix C: in each study and week, each further arm minus the first present."""
    blocks = defaultdict[tuple[str, float], list[int]](list)
    for i, value in enumerate(values):
        blocks[value.study, value.week].append(i)
    rows = []
    for base, *others in blocks.values():
        for other in others:
            row = np.zeros(len(values))
            row[other], row[base] = 1.0, -1.0
            rows.append(row)
    return np.array(rows)


def build(values: Sequence[Value], scales: Sequence[float], choices: Choices) -> Model:
    """The whole network as one vector; `scales` as in PRIORS."""
    made_of = [components(value.parts, choices) for value in values]
    names = tuple(sorted({name for parts in made_of for name in parts}))
    plain = np.array([[float(name in parts) for name in names] for parts in made_of])
    x = np.array([np.kron(row, knot_weights(v.week)) for row, v in zip(plain, values, strict=True)])
    errors, random = np.zeros((2, len(values), len(values)))
    for key in {(value.study, value.parts) for value in values}:
        at = [i for i, value in enumerate(values) if (value.study, value.parts) == key]
        weeks = [values[i].week for i in at]
        se = np.sqrt([values[i].variance for i in at])
        errors[np.ix_(at, at)] = np.outer(se, se) * error_correlation(weeks)
        random[np.ix_(at, at)] = knot_correlation(weeks) / 2

    level, drift, waiting, _ = scales
    doublings = np.log2(KNOTS / KNOTS[0])
    walk = (drift * choices.drift_factor) ** 2 * np.minimum.outer(doublings, doublings)
    prior = np.zeros((4 * len(names), 4 * len(names)))
    for j, name in enumerate(names):
        own = walk + (level * choices.level_factor) ** 2
        if name == WAITING:
            own = waiting**2 + (walk if choices.waiting == "drift" else 0 * walk)
        prior[4 * j : 4 * j + 4, 4 * j : 4 * j + 4] = own
    c = within_week(values)
    return Model(
        names,
        c @ [value.mean for value in values],
        c @ x,
        c @ errors @ c.T,
        c @ random @ c.T,
        prior,
        np.array([values[int(np.argmax(row > 0))].week for row in c]),
        c @ plain,
    )


class Mixture(NamedTuple):
    """Posterior over tau on a grid, and the normal of each quantity at each node."""

    tau: np.ndarray  # (nodes,)
    weight: np.ndarray  # (nodes,), sums to one
    density: np.ndarray  # (nodes,), integrates to one
    mean: np.ndarray  # (nodes, quantities)
    sd: np.ndarray  # (nodes, quantities)

    def summary(self, i: int) -> Summary:
        keep = self.weight > 1e-17
        weight, mean, sd = self.weight[keep], self.mean[keep, i], self.sd[keep, i]
        centre = float(weight @ mean)
        spread = math.sqrt(float(weight @ (sd**2 + (mean - centre) ** 2)))

        def point(p: float) -> float:
            def gap(q: float) -> float:
                return float(weight @ special.ndtr((q - mean) / sd)) - p

            return float(optimize.brentq(gap, centre - 50 * spread, centre + 50 * spread))

        return Summary(centre, spread, point(0.025), point(0.975))

    def tau_moments(self) -> dict[str, float]:
        # tau times an even density has a slope at zero: Euler-Maclaurin's first correction.
        mean = float(self.weight @ self.tau + self.density[0] * self.tau[1] ** 2 / 12)
        variance = float(self.weight @ self.tau**2) - mean**2
        cdf = CubicSpline(self.tau, self.density).antiderivative()
        median = optimize.brentq(lambda t: float(cdf(t)) - 0.5, self.tau[0], self.tau[-1])
        mode = float(self.tau[np.argmax(self.density)])  # to the grid's step
        return {"mean": mean, "sd": math.sqrt(variance), "median": float(median), "mode": mode}


def log_posterior(model: Model, tau: np.ndarray, tau_scale: float) -> np.ndarray:
    """Unnormalised log density of each tau: dense marginal likelihood, half-normal prior."""
    fixed = model.errors + model.x @ model.prior @ model.x.T
    out = np.empty(len(tau))
    for i, t in enumerate(tau):
        factor = np.linalg.cholesky(fixed + t * t * model.heterogeneity)
        z = np.linalg.solve(factor, model.y)
        out[i] = -np.log(np.diag(factor)).sum() - z @ z / 2 - (t / tau_scale) ** 2 / 2
    return out


def integrate(model: Model, quantities: np.ndarray, tau_scale: float, nodes: int) -> Mixture:
    """Trapezoid from 0 to 12 prior scales, where the prior has fallen by exp(-72).

    The integrand is even and analytic in tau, so the trapezoid converges faster than any power.
    `quantities` has shape (quantities, components * 4).
    """
    tau = np.linspace(0.0, 12 * tau_scale, nodes)
    log_density = log_posterior(model, tau, tau_scale)
    density = np.exp(log_density - log_density.max())
    weight = density.copy()
    weight[[0, -1]] /= 2
    fixed = model.errors + model.x @ model.prior @ model.x.T
    cross = model.x @ model.prior @ quantities.T
    before = np.einsum("qi,ij,qj->q", quantities, model.prior, quantities)
    mean, sd = np.zeros((2, nodes, len(quantities)))
    targets = np.column_stack([model.y, cross])
    for i in np.flatnonzero(density > 1e-20):
        solved = np.linalg.solve(fixed + tau[i] ** 2 * model.heterogeneity, targets)
        mean[i] = cross.T @ solved[:, 0]
        sd[i] = np.sqrt(before - (cross * solved[:, 1:]).sum(axis=0))
    total = weight.sum()
    return Mixture(tau, weight / total, density / total / tau[1], mean, sd)


# ---- Quantities people ask for ----


def contrasts_of_interest(names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Name to coefficients over components; components outside the network are left out."""
    wanted: dict[str, dict[str, float]] = {}
    for option in (*NEEDLING, WAITING):
        wanted[f"{option} - {REFERENCE}"] = {option: 1.0}
    for option in NEEDLING:
        for sham in SHAMS:
            wanted[f"{option} - {sham}"] = {option: 1.0, sham: -1.0}
    wanted["dry-needling - acupuncture"] = {"dry-needling": 1.0, "acupuncture": -1.0}
    return {key: part for key, part in wanted.items() if set(part) <= set(names)}


def rows_over(names: Sequence[str], parts: Mapping[str, float], week: float) -> np.ndarray:
    plain = np.array([parts.get(name, 0.0) for name in names])
    return np.kron(plain, knot_weights(week))


@cache
def fit(outcome: str, network: str, choices: Choices) -> tuple[Model, Mixture, dict[Any, int]]:
    model = build(arm_values(outcome, network, choices), PRIORS[outcome], choices)
    wanted = contrasts_of_interest(model.names)
    keys = {(key, week): 0 for key in wanted for week in (6, 13, 26, 52)}
    at = {key: i for i, key in enumerate(keys)}
    quantities = np.array([rows_over(model.names, wanted[key], week) for key, week in keys])
    tau_scale = PRIORS[outcome][3] * choices.tau_factor
    return model, integrate(model, quantities, tau_scale, choices.nodes), at


def posterior(outcome: str, network: str, **variant: Any) -> dict[tuple[str, int], Summary]:
    """(quantity, week) to mean, SD, 2.5 and 97.5 % points; network is `default` or `all`."""
    _, mixture, at = fit(outcome, network, Choices(**variant))
    return {key: mixture.summary(i) for key, i in at.items()}


def tau(outcome: str, network: str, **variant: Any) -> dict[str, float]:
    """Posterior mean, SD, median and mode of the heterogeneity."""
    return fit(outcome, network, Choices(**variant))[1].tau_moments()


def supported(outcome: str, network: str, **variant: Any) -> dict[tuple[str, int], str]:
    """(quantity, week) to supported, not studied, not comparable or too uncertain (section 0)."""
    model, mixture, at = fit(outcome, network, Choices(**variant))
    wanted = contrasts_of_interest(model.names)
    answer = {}
    for (key, week), i in at.items():
        inside = [window(w) == window(week) for w in model.weeks]
        design, c = model.plain[inside], np.array([wanted[key].get(n, 0.0) for n in model.names])
        full = rows_over(model.names, wanted[key], week)
        prior_sd = math.sqrt(full @ model.prior @ full)
        if any(not design[:, j].any() for j in np.flatnonzero(c)):
            answer[key, week] = "not studied"
        elif np.abs(c - np.linalg.pinv(design, rcond=1e-10) @ design @ c).max() > 1e-8:
            answer[key, week] = "not comparable"
        elif mixture.summary(i).sd > prior_sd / 2:
            answer[key, week] = "too uncertain"
        else:
            answer[key, week] = "supported"
    return answer
