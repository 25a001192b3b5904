"""Options nested in classes: effects of one class are normal about a mean of their own.

An option's effect is the mean of its class plus a deviation of SD kappa. Given kappa all is normal,
so that the posterior stays exact; kappa is a second dimension of the grid (Dias et al. 2018,
chapter 8). The reference is in no class: its effect is zero.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.design import Design
from needlewise.synthesis.nma.exact import (
    Marginal,
    Posterior,
    over_second,
    posterior,
    second_grid,
)
from needlewise.synthesis.nma.priors import TauPrior
from needlewise.synthesis.nma.whitened import Whitened

KAPPA_NODES = 16


def class_design(trials: Trials, found: Design) -> tuple[Design, Array]:
    """The design with a mean for each class and a deviation for each option that shares one, and
    which parameters are deviations, 1 or 0 (p,).

    Raises InputError where an option has no class or no class has two options.
    """
    lost = [o for o in trials.options[1:] if o not in trials.classes]
    if lost:
        raise InputError(f"No class is known of {', '.join(lost[:6])}; name a column of classes.")
    own = [trials.classes[o] for o in trials.options[1:]]
    names = list(dict.fromkeys(own))
    often = Counter(own)
    shared = [k for k, name in enumerate(own) if often[name] > 1]
    if not shared:
        raise InputError("No class has two options, so that classes would say nothing.")
    member = np.array([[float(one == name) for name in names] for one in own])
    turn = np.hstack([member, np.eye(len(own))[:, shared]])
    titles = [f"class {name}" for name in names] + [trials.options[k + 1] for k in shared]
    rows = found.rows if isinstance(found.rows, np.ndarray) else found.rows.toarray()
    made = Design(tuple(titles), found.made_of @ turn, rows @ turn, {})
    return made, (np.arange(turn.shape[1]) >= len(names)).astype(float)


def class_posterior(
    white: Whitened, deviates: Array, prior: TauPrior, class_prior: TauPrior, effect_sd: float,
    nodes: int,
) -> tuple[Posterior, Array, Marginal]:  # fmt: skip
    """The mixture over tau and the SD within classes, that SD at its nodes, and its posterior."""
    grid = second_grid(class_prior, KAPPA_NODES)
    parts = [
        posterior(white, prior, np.diag(np.where(deviates > 0, k**2, effect_sd**2)), nodes)
        for k in grid.taus
    ]
    return over_second(parts, grid, class_prior)
