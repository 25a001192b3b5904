"""From effects and course to one person: expected pain and chances (methods, section 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array
from needlewise.outlook import draws as sobol
from needlewise.outlook.clipped import latent_mean, share_at_most
from needlewise.outlook.course import Course, shape
from needlewise.outlook.spread import Spread
from needlewise.synthesis.effects import Effects


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % range."""

    mean: float
    low: float
    high: float


def estimate(draws: Array) -> Estimate:
    """Mean and central 95 % range of equally likely draws."""
    low, high = central_range(draws)
    return Estimate(float(np.mean(draws)), low, high)


def central_range(draws: Array) -> tuple[float, float]:
    """The 2.5 % and 97.5 % quantiles, linear between order statistics as in `numpy.quantile`,
    without sorting what lies between them.
    """
    last = len(draws) - 1
    places = [int(0.025 * last), int(0.975 * last)]
    parted = np.partition(draws, sorted({k for p in places for k in (p, min(p + 1, last))}))
    low, high = (
        float(parted[p] + (q * last - p) * (parted[min(p + 1, last)] - parted[p]))
        for p, q in zip(places, (0.025, 0.975), strict=True)
    )
    return low, high


def widest(*estimates: Estimate) -> Estimate:
    """The first estimate, its range widened to hold all the others' ranges."""
    return Estimate(
        estimates[0].mean, min(e.low for e in estimates), max(e.high for e in estimates)
    )


@dataclass(frozen=True)
class Item:
    """A contrast to draw: the arm of `plus` against that of `minus` (empty: the reference)."""

    plus: tuple[str, ...]
    minus: tuple[str, ...]
    week: float


def draw_effects(
    effects: Effects, items: Sequence[Item], node_column: int, block: slice
) -> list[Array]:
    """Joint draws of contrasts in a new setting, shape (1024,) each, in the items' order.

    Covariance over items is that of the effects plus (tau^2 / 2) K(week, week') for every arm two
    items share, counted with its sign: C_q + (tau^2 / 2)(I + 11') for options against one
    reference at one week.
    """
    if not items:
        return []
    rows = np.array([effects.contrast(i.week, i.plus, i.minus) for i in items])
    mixture = effects.mixture
    means, covariances = mixture.joint(rows)
    names = sorted({arm for i in items for arm in (i.plus, i.minus)})
    signs = np.zeros((len(items), len(names)))
    for sign, item in zip(signs, items, strict=True):
        sign[names.index(item.plus)], sign[names.index(item.minus)] = 1.0, -1.0
    arms = 0.5 * effects.basis.kernel([i.week for i in items]) * (signs @ signs.T)
    covariances = covariances + effects.tau_squares[:, None, None] * arms
    covariances = covariances + 1e-9 * np.eye(len(items))
    factors = np.linalg.cholesky(covariances)
    normal = sobol.normal_draws()
    nodes = sobol.pick_nodes(mixture.weights, normal[:, node_column])
    z = normal[:, block][:, : len(items)]
    values = means[nodes] + np.einsum("dij,dj->di", factors[nodes], z)
    return [values[:, k] for k in range(len(items))]


def draw_course(course: Course, weeks: Sequence[float]) -> Array:
    """Draws of a new source's mean change at each week, shape (1024, weeks)."""
    weights = shape(course.basis, weeks)
    mixture = course.mixture
    means, covariances = mixture.joint(weights)
    kernel = course.basis.kernel(weeks)
    covariances = covariances + np.square(mixture.taus[:, :1, None]) * kernel
    factors = np.linalg.cholesky(covariances + 1e-9 * np.eye(len(weeks)))
    normal = sobol.normal_draws()
    nodes = sobol.pick_nodes(mixture.weights, normal[:, sobol.COURSE_NODE])
    z = normal[:, sobol.COURSE][:, : len(weeks)]
    return np.asarray(means[nodes] + np.einsum("dij,dj->di", factors[nodes], z))


def draw_slope(spread: Spread | None) -> Array:
    """Draws of beta_t: uniform over its range; anything from 0 to 1 where no spread is known."""
    even = sobol.even_draws(sobol.SLOPE)
    if spread is None:
        return even
    return np.asarray(spread.slope_low + (spread.slope_high - spread.slope_low) * even)


@dataclass(frozen=True)
class Without:
    """Expected pain without needling at one week: draws and how the trials' people compare.

    `pain` is the person's expected pain (1024,), `trials` that of somebody at the trials' mean
    baseline (1024,); `share` = min(1, pain / trials) scales the effect.
    """

    pain: Array
    trials: Array
    share: Array

    def beside(self, trials: Array, shrinks: bool) -> Without:
        """The same person beside other trials' people."""
        share = np.minimum(1.0, self.pain / trials) if shrinks else np.ones_like(self.pain)
        return Without(self.pain, trials, share)


def without_needling(
    pain_now: float,
    course: Course,
    change: Array,
    slope: Array,
    trial_baseline: float,
    shrinks: bool,
) -> Without:
    """E[Y_t | b] = mu_0 + delta_t + beta_t (b - mu_0), for the person and the trials' people."""
    centre = course.baseline + change
    pain = np.clip(centre + slope * (pain_now - course.baseline), 0.1, 99.9)
    trials = np.clip(centre + slope * (trial_baseline - course.baseline), 0.1, 99.9)
    share = np.minimum(1.0, pain / trials) if shrinks else np.ones_like(pain)
    return Without(pain, trials, share)


def expected_with(without: Without, effect: Array) -> Array:
    """Expected pain with an option: the scaled effect added, kept on the scale."""
    return np.clip(without.pain + without.share * effect, 0.1, 99.9)


@dataclass(frozen=True)
class PersonRange:
    """Where this person may end up: 95 % range including how people differ."""

    low: float
    high: float


def person_range(pain: Array, residual: float) -> PersonRange:
    """Quantiles of clipped pain with the residual spread drawn too."""
    z = sobol.normal_draws()[:, sobol.RESIDUAL]
    values = np.clip(latent_mean(pain, residual) + residual * z, 0.0, 100.0)
    return PersonRange(*central_range(values))


def widest_person(*ranges: PersonRange) -> PersonRange:
    """The range that holds all of them."""
    return PersonRange(min(r.low for r in ranges), max(r.high for r in ranges))


def chance_better(pain: Array, pain_now: float, cut: float, residual: float) -> Array:
    """Draws of the share of people like this whose pain has fallen by at least `cut`."""
    return share_at_most((1.0 - cut) * pain_now, pain, residual)


def unlike_the_trials(pain_now: float, mean: float, between: float, start: float) -> bool:
    """Whether pain now lies outside the 5th to 95th percentile of the trials' people."""
    return abs(pain_now - mean) > 1.645 * float(np.hypot(between, start))


def sources_disagree(chances: Mapping[str, float], whole: float, limit: float) -> tuple[str, ...]:
    """Sources whose leaving out moves a chance by more than `limit` of 100."""
    return tuple(s for s, chance in chances.items() if abs(chance - whole) > limit / 100.0)
