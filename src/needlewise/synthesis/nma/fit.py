"""`Fit`: a fitted network, and every table it can give."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trials
from needlewise.synthesis.nma.design import Design
from needlewise.synthesis.nma.mixtures import below, moments, quantile
from needlewise.synthesis.nma.whitened import Places, Whitened

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Heterogeneity:
    """The SD of effects between trials.

    `tau` is the estimate, or the posterior mean; `low`, `high` its 95 % interval; `median` is
    that of the posterior, nan for an estimate.
    """

    tau: float
    low: float
    high: float
    median: float = float("nan")
    sd: float = float("nan")

    def __str__(self) -> str:
        return f"tau {self.tau:.3g} (95 % {self.low:.3g} to {self.high:.3g})"


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted network.

    Attributes:
        model: random or common; method: bayes, reml, ml, dl, pm or mantel-haenszel; test: wald, t,
            hartung-knapp.
        weights, taus: (n,) nodes of the mixture; a frequentist fit has one.
        means, covariances: of the parameters at each node, (n, p) and (n, p, p).
        freedom: degrees of freedom of a t interval, None for normal ones.
        prior: priors in words; "" for a frequentist fit.
        effect_sd: SD of the normal prior of effects; nan for a frequentist fit.
        likelihood: normal, or that of the counts: binomial or poisson, whose `effective` is the
            smallest share of the importance points that count (1: the Gaussian was right),
            hypergeometric, conditional binomial, or mantel-haenszel.
        components, inactive: as they were given; loose: parameters that the trials do not tell
            apart, for which the prior speaks.
        within_classes: SD of effects within classes of options; None without classes.
        gammas, inconsistency: SD between designs at each node, and in short; None without it.
        density: tau and its posterior density on a fine grid, (m,) each; None for an estimate.
        counts_deviance: of the counts, its mean and its value at the mean expected counts.
    """

    trials: Trials
    design: Design = field(repr=False)
    white: Whitened = field(repr=False)
    model: str
    method: str
    test: str
    weights: Array = field(repr=False)
    taus: Array = field(repr=False)
    means: Array = field(repr=False)
    covariances: Array = field(repr=False)
    heterogeneity: Heterogeneity
    freedom: float | None = None
    prior: str = ""
    log_evidence: float = float("nan")
    likelihood: str = "normal"
    effective: float = 1.0
    density: tuple[Array, Array] | None = field(default=None, repr=False)
    components: str | None = None
    inactive: str | None = None
    loose: tuple[str, ...] = ()
    gammas: Array | None = field(default=None, repr=False)
    inconsistency: Heterogeneity | None = None
    within_classes: Heterogeneity | None = None
    counts_deviance: tuple[float, float] | None = field(default=None, repr=False)
    effect_sd: float = float("nan")

    def at(self, **values: float) -> Fit:
        """The same fit with effects at these values of its covariates, such as `at(age=60)`,
        `at(baseline=-2.0)` (the reference's log odds, rate or hazard) or `at(weeks=26)`. Raises
        InputError.
        """
        return replace(self, design=self.design.at(values))

    @property
    def is_plain(self) -> bool:
        """Whether the likelihood is normal, of one week, without classes and a second variance."""
        return (
            self.likelihood == "normal" and self.gammas is None and self.within_classes is None
            and not self.design.weeks
        )  # fmt: skip

    def must_be_plain(self) -> None:
        """Raise InputError where `white` is not all that was fitted."""
        if not self.is_plain:
            raise InputError(
                "This is worked out for fits with the normal likelihood, at one week, without "
                "classes and without inconsistency as a variance; "
                "needlewise.synthesis.nma.plain(fit) is one."
            )

    # ---- Any linear combination of the parameters ----

    def combine(self, combinations: Array) -> DataFrame:
        """Rows of `combinations` (k, p) as estimate, se, low, high."""
        from pandas import DataFrame

        at = self.means @ combinations.T
        spread = np.stack(
            [((combinations @ c) * combinations).sum(axis=1) for c in self.covariances]
        )
        return DataFrame(self._told(at, np.sqrt(np.maximum(spread, 0.0))))

    def _told(self, at: Array, sds: Array, *, new_trial: bool = False) -> dict[str, Array]:
        """Columns estimate, se, low, high of effects with means and SDs (n, k) at the nodes."""
        if new_trial:
            own = np.square(self.taus)
            own = own if self.gammas is None else own + np.square(self.gammas)
            sds = np.sqrt(np.square(sds) + own[:, None])
        mean, se = moments(self.weights, at, np.square(sds))
        low, high = (self._quantile(at, sds, share) for share in (0.025, 0.975))
        return {"estimate": mean, "se": se, "low": low, "high": high}

    @cached_property
    def options_at_nodes(self) -> tuple[Array, Array]:
        """Every option's effect at each node: means (n, k), covariances (n, k, k)."""
        made = self.design.made_of
        if self.design.names == self.trials.options[1:]:  # each option has its own
            n, p = self.means.shape
            means, covariances = np.zeros((n, p + 1)), np.zeros((n, p + 1, p + 1))
            means[:, 1:], covariances[:, 1:, 1:] = self.means, self.covariances
            return means, covariances
        return self.means @ made.T, np.stack([made @ c @ made.T for c in self.covariances])

    def pairs_at_nodes(self, first: Places, second: Places) -> tuple[Array, Array]:
        """Option `first` minus option `second` (places, (k,)) at each node: means, SDs (n, k)."""
        means, covariances = self.options_at_nodes
        own = np.diagonal(covariances, axis1=1, axis2=2)
        spread = own[:, first] + own[:, second] - 2 * covariances[:, first, second]
        return means[:, first] - means[:, second], np.sqrt(np.maximum(spread, 0.0))

    def _quantile(self, at: Array, sds: Array, share: float) -> Array:
        from scipy.special import ndtri, stdtrit

        if len(self.weights) > 1:
            return quantile(self.weights, at, sds, share)
        z = ndtri(share) if self.freedom is None else stdtrit(self.freedom, share)
        return np.asarray(at[0] + float(z) * sds[0])

    def _place(self, option: str) -> int:
        try:
            return self.trials.options.index(option)
        except ValueError:
            raise InputError(
                f"There is no option '{option}'; choose from {', '.join(self.trials.options[:30])}."
            ) from None

    # ---- Tables ----

    def effects(self, reference: str | None = None, *, new_trial: bool = False) -> DataFrame:
        """Every option against one: option, reference, estimate, se, low, high."""
        from pandas import DataFrame

        base = reference or self.trials.reference
        at = self._place(base)
        others = np.delete(np.arange(len(self.trials.options)), at)
        told = self._told(
            *self.pairs_at_nodes(others, np.full(len(others), at)), new_trial=new_trial
        )
        names = [self.trials.options[k] for k in others]
        return DataFrame({"option": names, "reference": [base] * len(names), **told})

    def parameters(self) -> DataFrame:
        """Components, slopes and effects as the model has them: parameter, estimate, se, low, high.

        A slope holds for one unit of its covariate.
        """
        found = self.combine(np.eye(len(self.design.names)))
        found.insert(0, "parameter", list(self.design.names))
        return found

    def league(self) -> DataFrame:
        """All pairs, one row each: option, against, estimate, se, low, high."""
        from pandas import DataFrame, Index

        against, option = np.triu_indices(len(self.trials.options), 1)
        names = Index(self.trials.options)
        return DataFrame({
            "option": names.take(option), "against": names.take(against),
            **self._told(*self.pairs_at_nodes(option, against)),
        })  # fmt: skip

    def league_table(self, digits: int = 2) -> DataFrame:
        """The league table as text: row against column; ratios as ratios."""
        from pandas import DataFrame

        options = list(self.trials.options)
        found = DataFrame("", index=options, columns=options, dtype=object)
        shown = np.exp if self.trials.is_ratio else np.asarray
        for row in self.league().itertuples():
            for one, two, sign in ((row.option, row.against, 1), (row.against, row.option, -1)):
                a, b, c = (shown(sign * v) for v in (row.estimate, row.low, row.high))
                b, c = min(b, c), max(b, c)
                found.loc[one, two] = f"{a:.{digits}f} ({b:.{digits}f} to {c:.{digits}f})"
        for option in options:
            found.loc[option, option] = option
        return found

    def beats(self, margin: float = 0.0, *, better: str = "lower") -> DataFrame:
        """Probability that the row's option beats the column's by more than a margin."""
        from pandas import DataFrame

        options = list(self.trials.options)
        return DataFrame(self._chances(margin, better), index=options, columns=options)

    def _chances(self, margin: float, better: str) -> Array:
        """As `beats`, (options, options)."""
        sign = _sign(better)
        k = len(self.trials.options)
        one, two = np.triu_indices(k, 1)
        at, sds = self.pairs_at_nodes(one, two)
        found = np.zeros((k, k))
        found[one, two] = self._below(sign * at, sds, -margin)
        found[two, one] = self._below(-sign * at, sds, -margin)
        np.fill_diagonal(found, np.nan)
        return found

    def _below(self, at: Array, sds: Array, where: float) -> Array:
        from scipy.special import stdtr

        if len(self.weights) == 1 and self.freedom is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(stdtr(self.freedom, (where - at[0]) / sds[0]))
        return below(self.weights, at, sds, np.full(at.shape[1], where))

    def ranks(self, *, better: str = "lower") -> DataFrame:
        """option, score (SUCRA, or the P-score of a frequentist fit), mean_rank; best first.

        The score is the mean probability of being better than each other option, exactly.
        """
        from pandas import DataFrame

        score = np.nanmean(self._chances(0.0, better), axis=1)
        best = np.argsort(-score, kind="stable")
        mean_rank = 1.0 + (1.0 - score) * (len(score) - 1)
        names = [self.trials.options[k] for k in best]
        return DataFrame({"option": names, "score": score[best], "mean_rank": mean_rank[best]})

    def rank_probabilities(self, *, better: str = "lower", draws: int = 4096) -> DataFrame:
        """Probability of each rank (columns 1 to k) for each option, from a Sobol set."""
        from pandas import DataFrame

        found = _sign(better) * self.draws(draws)
        place = np.argsort(np.argsort(found, axis=1), axis=1)
        k = place.shape[1]
        shares = np.stack([(place == rank).mean(axis=0) for rank in range(k)], axis=1)
        return DataFrame(shares, index=list(self.trials.options), columns=range(1, k + 1))

    def draws(self, number: int = 4096, *, seed: int = 0) -> Array:
        """Draws of every option's effect against the reference, (number, options)."""
        return self.draws_with_tau(number, seed=seed)[0]

    def draws_with_tau(self, number: int = 4096, *, seed: int = 0) -> tuple[Array, Array]:
        """As `draws`, and tau at each, (number,), from one Sobol set."""
        from scipy.special import ndtri
        from scipy.stats import qmc

        p = self.means.shape[1]
        if p + 1 > 21000:
            raise InputError("Ranks of more than 21,000 parameters are not drawn.")
        points = qmc.Sobol(p + 1, seed=seed).random(1 << max(int(number - 1).bit_length(), 1))
        points = np.clip(points[:number], 1e-12, 1 - 1e-12)
        ends = np.cumsum(self.weights)
        node = np.minimum(np.searchsorted(ends, points[:, 0] * ends[-1]), len(ends) - 1)
        normal = ndtri(points[:, 1:])
        found = np.empty((number, p))
        for k in np.unique(node):
            own = node == k
            factor = np.linalg.cholesky(self.covariances[k])
            found[own] = self.means[k] + normal[own] @ factor.T
        return np.asarray(found @ self.design.made_of.T), self.taus[node]

    def summary(self) -> DataFrame:
        """Effects with the range of a new trial beside them."""
        found = self.effects()
        if self.model == "random":
            wide = self.effects(new_trial=True)
            found["new_low"], found["new_high"] = wide["low"], wide["high"]
        return found

    @cached_property
    def comparisons(self) -> DataFrame:
        """Which options are compared directly, and in how many trials."""
        from pandas import DataFrame

        rows = [(a, b, n) for (a, b), n in self.trials.comparisons.items()]
        return DataFrame(rows, columns=["option", "against", "trials"])


def _sign(better: str) -> float:
    if better not in {"lower", "higher"}:
        raise InputError(f"better must be lower or higher, not '{better}'.")
    return 1.0 if better == "lower" else -1.0
