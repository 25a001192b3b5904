"""A fit for those who go on with xarray or ArviZ: draws and summaries with named dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from needlewise.errors import InputError
from needlewise.synthesis.nma.fit import Fit

if TYPE_CHECKING:
    from xarray import Dataset

CHAINS, MOST = 4, 1_000_000


def _about(fit: Fit) -> dict[str, Any]:
    return {
        "measure": fit.trials.measure,
        "scale": "log" if fit.trials.is_ratio else "as measured",
        "reference": fit.trials.reference,
        "model": fit.model,
        "tau_method": fit.method,
        "likelihood": fit.likelihood,
        "prior": fit.prior,
    }


def draws_dataset(fit: Fit, number: int = 4096, *, seed: int = 0) -> Dataset:
    """Draws as ArviZ has them: `effect` (chain, draw, option) against the reference and `tau`
    (chain, draw), in four chains of a quarter each. They are independent points of a Sobol set, so
    that nothing had to converge. Raises InputError for an estimate, which has no posterior.
    """
    from xarray import Dataset

    if fit.method != "bayes":
        raise InputError("Draws are of a posterior: fit with tau = bayes.")
    if not CHAINS <= number <= MOST or number % CHAINS:
        raise InputError(f"The number of draws is a multiple of {CHAINS}, at most {MOST:,}.")
    effects, taus = fit.draws_with_tau(number, seed=seed)
    found: dict[str, Any] = {
        "effect": (
            ("chain", "draw", "option"),
            effects[:, 1:].reshape(CHAINS, -1, effects.shape[1] - 1),
        )
    }
    if fit.model == "random":
        found["tau"] = (("chain", "draw"), taus.reshape(CHAINS, -1))
    coords = {
        "chain": range(CHAINS), "draw": range(number // CHAINS),
        "option": list(fit.trials.options[1:]),
    }  # fmt: skip
    return Dataset(found, coords=coords, attrs=_about(fit))


def summary_dataset(fit: Fit) -> Dataset:
    """Summaries without sampling: `estimate`, `se`, `low` and `high` of every pair (option,
    against), `score` and `mean_rank` (option, lower better), and `tau` with `tau_low`, `tau_high`.
    """
    import numpy as np
    from xarray import Dataset

    options = list(fit.trials.options)
    place = {option: k for k, option in enumerate(options)}
    league = fit.league()
    one, two = (league[end].map(place).to_numpy() for end in ("option", "against"))
    found: dict[str, Any] = {}
    for name, other in (("estimate", "estimate"), ("se", "se"), ("low", "high"), ("high", "low")):
        square = np.full((len(options), len(options)), np.nan)
        square[one, two] = league[name]
        square[two, one] = league[name] if name == "se" else -league[other]
        found[name] = (("option", "against"), square)
    ranks = fit.ranks().set_index("option").loc[options]
    found |= {name: ("option", ranks[name].to_numpy()) for name in ("score", "mean_rank")}
    own = fit.heterogeneity
    found |= {"tau": own.tau, "tau_low": own.low, "tau_high": own.high}
    return Dataset(found, coords={"option": options, "against": options}, attrs=_about(fit))
