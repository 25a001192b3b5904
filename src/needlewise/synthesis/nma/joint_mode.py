"""The joint mode of the parameters of counts, and the Gaussian there, at every node of tau."""

from __future__ import annotations

from functools import cache

import numpy as np

from needlewise.distributions import Array
from needlewise.synthesis.nma.arms import Group
from needlewise.synthesis.nma.inner import Mode, laplace
from needlewise.synthesis.nma.latent import Model

HALVINGS = 8
STEP = 0.02  # of differences that give slopes and curvatures
NEWTON = 40
CALM = 1e-5  # twice the height still to climb at which the mode is near enough


def joint_modes(model: Model, half: Array, size: int) -> tuple[Array, Array, Array, list[Mode]]:
    """At the joint mode of each node: log posterior (n,), parameters (n, p), their covariance
    there, and the modes of the predictors.
    """
    nodes = len(half)
    at = model.start(nodes, size - model.extra)
    guesses = [group.said.first_guess() for group in model.groups]
    log, gradient, curve, modes = _climb(model, half, at, guesses)
    for _ in range(NEWTON):
        step = np.linalg.solve(curve, gradient[:, :, None])[:, :, 0]
        if float((step * gradient).sum(axis=1).max()) < CALM:
            break
        step = np.clip(step, -2.0, 2.0)
        for _ in range(HALVINGS):
            new = _climb(model, half, at + step, [mode.eta for mode in modes])
            fell = new[0] < log - 1e-6 * (1.0 + np.abs(log))
            if not fell.any():
                break
            step = np.where(fell[:, None], 0.5 * step, step)
        at = at + step
        log, gradient, curve, modes = new
    return log, at, np.linalg.inv(curve), modes


def _climb(
    model: Model, half: Array, at: Array, starts: list[Array]
) -> tuple[Array, Array, Array, list[Mode]]:
    """Log posterior by Laplace at parameters (n,), its slopes (n, p), minus its curvature
    (n, p, p), made positive, and the modes of the predictors.
    """
    log = -0.5 * np.square(at / model.sd).sum(axis=1)
    gradient = -at / model.sd**2
    curve = np.broadcast_to(np.eye(at.shape[1]) / model.sd**2, (*at.shape, at.shape[1])).copy()
    modes = []
    for group, start in zip(model.groups, starts, strict=True):
        rows = model.rows(group)
        value, slope, bend, mode = _bends(model, group, half, at, start)
        log = log + value.sum(axis=1)
        gradient = gradient + np.einsum("mdp,nmd->np", rows, slope, optimize=True)
        curve -= np.einsum("mdp,nmde,meq->npq", rows, bend, rows, optimize=True)
        modes.append(mode)
    return log, gradient, _positive(curve, model.sd), modes


def _positive(curve: Array, sd: float) -> Array:
    """Curvatures with every eigenvalue at least that of the prior."""
    values, vectors = np.linalg.eigh(0.5 * (curve + curve.transpose(0, 2, 1)))
    values = np.maximum(values, 0.5 / sd**2)
    return np.asarray((vectors * values[:, None, :]) @ vectors.transpose(0, 2, 1))


@cache
def _star(size: int) -> Array:
    """Differences in D numbers: the middle, both ways along each, and along each pair at once."""
    unit = np.eye(size)
    pairs = [unit[a] + unit[b] for a in range(size) for b in range(a + 1, size)]
    steps = [*unit, *pairs]
    return STEP * np.array([np.zeros(size), *steps, *(-one for one in steps)])


def _bends(
    model: Model, group: Group, half: Array, at: Array, start: Array
) -> tuple[Array, Array, Array, Mode]:
    """Laplace's log likelihood of each trial (n, m), its slopes (n, m, D) and second derivatives
    (n, m, D, D) in the numbers it stands on, and the modes of its predictors.
    """
    middle = np.einsum("mdp,np->nmd", model.rows(group), at, optimize=True)
    size = middle.shape[2]
    star = _star(size)
    points = middle[:, None] + star[:, None, :]
    latent = model.latent(group, half, points)
    mode = laplace(model.said(group, points), latent, start)
    log = mode.log
    side = (log.shape[1] - 1) // 2
    plus, minus, flat = log[:, 1 : 1 + side], log[:, 1 + side :], log[:, :1]
    slope = (plus - minus)[:, :size] / (2 * STEP)
    both = (plus + minus - 2 * flat) / STEP**2
    bend = np.zeros((len(at), log.shape[2], size, size))
    along = np.arange(size)
    bend[:, :, along, along] = both[:, :size].transpose(0, 2, 1)
    place = size
    for a in range(size):
        for b in range(a + 1, size):
            bend[:, :, a, b] = bend[:, :, b, a] = 0.5 * (both[:, place] - both[:, a] - both[:, b])
            place += 1
    centre = Mode(log[:, :1], mode.eta[:, :, :1], mode.bend[:, :, :1])
    return log[:, 0], slope.transpose(0, 2, 1), bend, centre
