"""Priors of the heterogeneity, by name, and what is taken where none is named."""

from __future__ import annotations

import csv
import math
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError
from needlewise.evidence.tables import Trials

KINDS = ("half-normal", "half-cauchy", "uniform", "normal", "lognormal", "logt")
ON_OWN_SCALE = frozenset({"MD", "GEN", "RD"})
OF_SQUARE = frozenset({"lognormal", "logt"})  # priors of tau squared
OF_TWO = OF_SQUARE | {"normal"}  # with two numbers
NARROWEST = 0.1  # SD of a normal prior by its mean: below it a grid would step over the peak
HEAVY = frozenset({"half-cauchy", "lognormal", "logt"})  # tails that need the whole half line
NAMED = {"turner": ("lognormal", "OR"), "rhodes": ("logt", "SMD")}
BY_NAME = re.compile(r"^(turner|rhodes)\((.*)\)$")
FARTHEST = 1e9  # of the numbers of a prior; of those of a logarithm LOG_FARTHEST
LOG_FARTHEST = 40.0
FORM = re.compile(r"^([a-z-]+)\(([-0-9.e]+)(?:,\s*([-0-9.e]+))?\)$")


@dataclass(frozen=True)
class TauPrior:
    """A prior of tau: half-normal(scale), half-cauchy(scale), uniform(upper) or normal(mean, sd),
    cut off at 0, of tau, or lognormal(mean, sd) or logt(location, scale; 5 degrees of freedom) of
    tau squared. `source` says whose it is.
    """

    kind: str
    one: float
    two: float = 0.0
    source: str = ""

    @classmethod
    def parse(cls, text: str, measure: str = "OR") -> TauPrior:
        """Such as "half-normal(0.5)", "lognormal(-3.93, 1.51)" or "turner(pain,
        nonpharmacological-placebo)", whose table holds for one measure. Raises InputError.
        """
        named = BY_NAME.match(text.strip().casefold())
        if named is not None:
            return cls._named(named[1], named[2], measure)
        match = FORM.match(text.strip().casefold())
        numbers = _numbers(match[2], match[3]) if match is not None else None
        if (
            match is None or numbers is None or match[1] not in KINDS
            or (match[1] in OF_TWO) != bool(match[3])
        ):  # fmt: skip
            raise InputError(
                f"'{text}' is no prior of tau; write half-normal(0.5), half-cauchy(25), "
                "uniform(5), normal(0.33, 0.1), lognormal(-3.93, 1.51) of tau squared, or "
                "turner(outcome, comparison)."
            )
        one, two = numbers
        if (two if match[1] in OF_TWO else one) <= 0:
            raise InputError(f"The scale of '{text}' must be above 0.")
        farthest = LOG_FARTHEST if match[1] in OF_SQUARE else FARTHEST
        if max(abs(one), two) > farthest or (match[1] not in OF_TWO and one < 1 / farthest):
            raise InputError(f"'{text}' has numbers too large or too small to be used.")
        if match[1] == "normal" and (one < 0 or two < NARROWEST * one):
            raise InputError(
                f"'{text}' needs a mean of 0 or more and an SD of at least a tenth of it."
            )
        return cls(match[1], one, two)

    @classmethod
    def _named(cls, name: str, inside: str, measure: str) -> TauPrior:
        kind, own = NAMED[name]
        if measure != own:
            raise InputError(f"The priors of {name.title()} are of {own}, not of {measure}.")
        rows = [row for row in _table() if row["name"] == name]
        outcome, _, comparison = (part.strip() for part in inside.rpartition(","))
        asked = (outcome or comparison, comparison if outcome else "any")
        found = [r for r in rows if (r["outcome"], r["comparison"]) == asked]
        if not found:
            outcomes = ", ".join(dict.fromkeys(r["outcome"] for r in rows))
            kinds = ", ".join(dict.fromkeys(r["comparison"] for r in rows))
            raise InputError(
                f"'{name}({inside})' is not in the table; write {name}(any) or {name}(outcome, "
                f"comparison) with an outcome of: {outcomes}; and a comparison of: {kinds}."
            )
        row = found[0]
        return cls(kind, float(row["location"]), float(row["scale"]), row["source"])

    def __str__(self) -> str:
        inside = f"{self.one:g}" if self.kind not in OF_TWO else f"{self.one:g}, {self.two:g}"
        on = "tau squared" if self.kind in OF_SQUARE else "tau"
        return f"{on} ~ {self.kind}({inside})" + (f", {self.source}" if self.source else "")

    def log_density(self, taus: Array) -> Array:
        """Log density of tau, (n,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.kind == "half-normal":
                return np.asarray(
                    0.5 * math.log(2 / math.pi) - math.log(self.one)
                    - 0.5 * np.square(taus / self.one)
                )  # fmt: skip
            if self.kind == "half-cauchy":
                scale = math.log(2 / (math.pi * self.one))
                return np.asarray(scale - np.log1p(np.square(taus / self.one)))
            if self.kind == "uniform":
                return np.where(taus <= self.one, -math.log(self.one), -np.inf)
            if self.kind == "normal":
                above = 0.5 * math.erfc(-self.one / self.two / math.sqrt(2))
                constant = -0.5 * math.log(2 * math.pi) - math.log(self.two * above)
                return np.asarray(constant - 0.5 * np.square((taus - self.one) / self.two))
            logs = 2 * np.log(taus)
            if self.kind == "logt":
                scaled = np.square((logs - self.one) / self.two)
                # log of Gamma(3) / (Gamma(2.5) sqrt(5 pi)): Student's t with 5 degrees of freedom
                constant = math.lgamma(3) - math.lgamma(2.5) - 0.5 * math.log(5 * math.pi)
                density = constant - math.log(self.two) - 3 * np.log1p(scaled / 5)
                return np.where(taus > 0, density + math.log(2) - logs / 2, -np.inf)
            density = (
                math.log(2) - 0.5 * math.log(2 * math.pi) - math.log(self.two) - logs / 2
                - 0.5 * np.square((logs - self.one) / self.two)
            )  # fmt: skip
            return np.where(taus > 0, density, -np.inf)

    @property
    def scale(self) -> float:
        """A typical size of tau, where the search for its range begins: a fifth of where the prior
        ends.
        """
        if self.kind == "normal":
            return 0.2 * self.one + 1.2 * self.two
        return math.exp(0.5 * self.one) if self.kind in OF_SQUARE else self.one


def _numbers(*texts: str | None) -> list[float] | None:
    """Numbers as written, 0 where there is none; None where one is no number, such as 1e."""
    try:
        return [float(text or 0.0) for text in texts]
    except ValueError:
        return None


@cache
def _table() -> tuple[dict[str, str], ...]:
    """Priors by name (Turner 2015, Rhodes 2015): name, outcome, comparison, location, scale."""
    path = files("needlewise.synthesis.nma") / "heterogeneity_priors.csv"
    return tuple(csv.DictReader(path.read_text("utf-8").splitlines()))


def usual_prior(measure: str, spread: float) -> TauPrior:
    """Half-normal: 0.5 on log and standardised scales, else half the spread of the effects seen."""
    if measure in {"MD", "GEN", "RD"}:
        return TauPrior("half-normal", max(float(f"{spread / 2:.2g}"), 1e-6), 0.0,
                        "half the spread of the effects seen")  # fmt: skip
    return TauPrior("half-normal", 0.5, 0.0, "usual on this scale")


def tau_prior_of(trials: Trials, given: str | TauPrior | None) -> TauPrior:
    """The prior of tau that is asked for, or the usual one of the measure."""
    if isinstance(given, str):
        return TauPrior.parse(given, trials.measure)
    return given or usual_prior(trials.measure, _spread(trials))


def effect_prior(trials: Trials, given: float | None) -> float:
    """SD of the normal prior of an effect: wide, whatever the scale. Raises InputError."""
    if given is not None:
        return usable(given, "effect_sd")
    return 100.0 if trials.measure not in ON_OWN_SCALE else 100.0 * _spread(trials)


def usable(sd: float, name: str) -> float:
    """The SD of a prior. Raises InputError unless it is above 0 and no absurd number."""
    if not 1.0 / FARTHEST <= sd <= FARTHEST:
        raise InputError(
            f"{name} is the SD of a prior: it must be above 0 and at most {FARTHEST:g}, not {sd:g}."
        )
    return sd


def _spread(trials: Trials) -> float:
    """Root mean square of the effects seen: the size of a difference on this scale."""
    y = np.concatenate([t.y for t in trials.trials])
    v = np.concatenate([np.diagonal(t.covariance) for t in trials.trials])
    return float(max(np.sqrt(np.mean(np.square(y))), np.sqrt(np.median(v))))
