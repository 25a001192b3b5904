"""Priors of the heterogeneity, by name, and what is taken where none is named."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from needlewise.distributions import Array
from needlewise.errors import InputError

KINDS = ("half-normal", "half-cauchy", "uniform", "lognormal")
FORM = re.compile(r"^([a-z-]+)\(([-0-9.e]+)(?:,\s*([-0-9.e]+))?\)$")


@dataclass(frozen=True)
class TauPrior:
    """A prior of tau: half-normal(scale), half-cauchy(scale), uniform(upper) of tau, or
    lognormal(mean, sd) of tau squared. `source` says whose it is.
    """

    kind: str
    one: float
    two: float = 0.0
    source: str = ""

    @classmethod
    def parse(cls, text: str) -> TauPrior:
        """Such as "half-normal(0.5)" or "lognormal(-3.93, 1.51)". Raises InputError."""
        match = FORM.match(text.strip().casefold())
        if match is None or match[1] not in KINDS or (match[1] == "lognormal") != bool(match[3]):
            raise InputError(
                f"'{text}' is no prior of tau; write half-normal(0.5), half-cauchy(25), uniform(5) "
                "or lognormal(-3.93, 1.51), the last of tau squared."
            )
        one, two = float(match[2]), float(match[3] or 0.0)
        if (match[1] == "lognormal" and two <= 0) or (match[1] != "lognormal" and one <= 0):
            raise InputError(f"The scale of '{text}' must be above 0.")
        return cls(match[1], one, two)

    def __str__(self) -> str:
        inside = f"{self.one:g}" if self.kind != "lognormal" else f"{self.one:g}, {self.two:g}"
        on = "tau squared" if self.kind == "lognormal" else "tau"
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
            logs = 2 * np.log(taus)
            density = (
                math.log(2) - 0.5 * math.log(2 * math.pi) - math.log(self.two) - logs / 2
                - 0.5 * np.square((logs - self.one) / self.two)
            )  # fmt: skip
            return np.where(taus > 0, density, -np.inf)

    @property
    def scale(self) -> float:
        """A typical size of tau, where the search for its range begins."""
        return math.exp(0.5 * self.one) if self.kind == "lognormal" else self.one


def usual_prior(measure: str, spread: float) -> TauPrior:
    """Half-normal: 0.5 on log and standardised scales, else half the spread of the effects seen."""
    if measure in {"MD", "GEN", "RD"}:
        return TauPrior("half-normal", max(float(f"{spread / 2:.2g}"), 1e-6), 0.0,
                        "half the spread of the effects seen")  # fmt: skip
    return TauPrior("half-normal", 0.5, 0.0, "usual on this scale")
