"""What is printed of a trial to its contrasts: counts, means, or contrasts themselves."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from needlewise.errors import InputError
from needlewise.evidence.tables.layouts import Printed, PrintedArm
from needlewise.evidence.tables.measures import continuous, counts, needs_increment
from needlewise.evidence.tables.multi_arm import solve
from needlewise.evidence.tables.trials import Arms, Trial

COUNTS = {"OR", "RR", "RD", "IRR", "HR"}


@dataclass
class Rule:
    """How a trial's numbers become contrasts."""

    measure: str
    increment: float
    increment_for: str
    inconsistent: bool
    everywhere: bool = False
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.increment_for not in {"trial", "cell", "network"}:
            raise InputError("increment_for must be trial, cell or network.")
        if not 0 < self.increment <= 1:
            raise InputError("increment must be above 0 and at most 1.")

    def zero(self, raw: Printed) -> bool:
        if raw.contrasts or self.measure not in COUNTS or len(raw.arms) < 2:
            return False
        events, sizes, _ = self._counted(raw)
        return needs_increment(self.measure, events, sizes)

    def trial(self, raw: Printed) -> Trial | str:
        """The trial, or why it carries nothing. Raises InputError where it cannot be used."""
        named = {arm.option for arm in raw.arms}
        if len(named) == 1 and len(raw.arms) > 1:
            return f"all its arms are {raw.arms[0].option}, so that it compares nothing"
        if raw.contrasts:
            return self._contrasted(raw)
        raw = self._merged(raw)
        if len(raw.arms) < 2:
            return "it has one arm only"
        options = tuple(arm.option for arm in raw.arms)
        if self.measure in COUNTS:
            return self._of_counts(raw, options)
        return self._of_means(raw, options)

    def _contrasted(self, raw: Printed) -> Trial | str:
        options = tuple(dict.fromkeys(o for pair in raw.contrasts for o in pair[::-1]))
        sizes = {arm.option: arm.told["n"] for arm in raw.arms if arm.told.get("n")}
        shared = next(
            (a.told["base_variance"] for a in raw.arms if "base_variance" in a.told), None
        )
        if len(options) > 2 and shared is not None:
            base = next(a.option for a in raw.arms if "base_variance" in a.told)
            others = [o for o in options if o != base]
            y = np.array([raw.contrasts[o, base][0] for o in others])
            v = np.array([raw.contrasts[o, base][1] for o in others])
            if (v <= shared).any():
                raise InputError(
                    f"Trial {raw.name}: the base arm {base} has a standard error that is not below "
                    "those of its contrasts; check it."
                )
            covariance = np.full((len(v), len(v)), shared)
            np.fill_diagonal(covariance, v)
            return Trial(raw.name, (base, *others), y, covariance, None, raw.covariates)
        y, covariance, note = solve(
            raw.name, options, raw.contrasts, sizes, inconsistent=self.inconsistent
        )
        if note:
            self.notes.append(note)
        return Trial(raw.name, options, y, covariance, None, raw.covariates)

    def _merged(self, raw: Printed) -> Printed:
        """Arms of one option put together: counts added, means weighted by people."""
        by_option: dict[str, list[PrintedArm]] = defaultdict(list)
        for arm in raw.arms:
            by_option[arm.option].append(arm)
        if len(by_option) == len(raw.arms):
            return raw
        arms = []
        for option, same in by_option.items():
            if len(same) == 1:
                arms += same
                continue
            told = _together([arm.told for arm in same])
            if told is None:
                raise InputError(
                    f"Trial {raw.name} has the arm {option} {len(same)} times; give means with sd "
                    "and n, or counts, so that they can be put together, or name them apart."
                )
            arms.append(PrintedArm(option, same[0].row, told))
            self.notes.append(f"{raw.name}: {len(same)} arms of {option} put together")
        return Printed(raw.name, arms, {}, raw.covariates)

    def _counted(self, raw: Printed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        size = "exposure" if self.measure == "IRR" else "n"
        for arm in raw.arms:
            for name in ("events", size):
                if name not in arm.told:
                    where = f"Trial {raw.name}, arm {arm.option} (row {arm.row + 1})"
                    raise InputError(f"{where}: {name} is missing.")
            events, people = arm.told["events"], arm.told[size]
            if people <= 0 or events < 0 or (size == "n" and events > people):
                raise InputError(
                    f"Trial {raw.name}, arm {arm.option} (row {arm.row + 1}): {events:g} events of "
                    f"{people:g} cannot be; events lie between 0 and {size}."
                )
        times = [arm.told.get("followup", 1.0) for arm in raw.arms]
        if min(times) <= 0:
            raise InputError(f"Trial {raw.name}: its follow-up must be above 0.")
        offset = np.log(times)
        return (
            np.array([arm.told["events"] for arm in raw.arms]),
            np.array([arm.told[size] for arm in raw.arms]),
            offset if self.measure == "HR" else np.zeros(len(raw.arms)),
        )

    def _of_counts(self, raw: Printed, options: tuple[str, ...]) -> Trial | str:
        events, sizes, offset = self._counted(raw)
        arms = Arms(events, sizes, offset)
        none, all_ = (events == 0).all(), (events == sizes).all()
        if self.measure != "RD" and (none or (all_ and self.measure != "IRR")):
            what = "no events" if none else "events in everybody"
            return f"all its arms have {what}, which says nothing about a ratio"
        adding = needs_increment(self.measure, events, sizes)
        if adding or self.everywhere:
            own = self.increment
            if self.increment_for == "cell" and not self.everywhere:
                zero = (events == 0) | ((events == sizes) & (self.measure != "IRR"))
                extra = np.where(zero, own, 0.0)
            else:
                extra = np.full(len(events), own)
            self.notes.append(f"{raw.name}: {own:g} added to cells because of a zero")
            events = events + extra
            sizes = sizes + (extra if self.measure == "IRR" else 2 * extra)
            if self.measure == "IRR":
                sizes = arms.size
        y, covariance, first = counts(self.measure, events, sizes, offset)
        return Trial(raw.name, options, y, covariance, arms, raw.covariates, first_variance=first)

    def _of_means(self, raw: Printed, options: tuple[str, ...]) -> Trial | str:
        means, errors, sds, sizes = [], [], [], []
        for arm in raw.arms:
            told, where = arm.told, f"Trial {raw.name}, arm {arm.option} (row {arm.row + 1})"
            if "mean" not in told:
                if "te" in told:
                    raise InputError(f"{where}: means and effects are mixed in one trial.")
                raise InputError(f"{where}: its mean is missing.")
            n, sd, se = told.get("n"), told.get("sd"), told.get("se")
            if n is not None and n <= 0:
                raise InputError(f"{where}: its size must be above 0.")
            if se is None and sd is not None and n:
                se = sd / math.sqrt(n)
            if sd is None and se is not None and n:
                sd = se * math.sqrt(n)
            if se is None or (self.measure == "SMD" and (sd is None or not n)):
                raise InputError(f"{where}: it needs sd and n, or a standard error.")
            if se <= 0 or (sd is not None and sd <= 0):
                raise InputError(f"{where}: its spread must be above 0.")
            if self.measure == "ROM" and told["mean"] <= 0:
                raise InputError(f"{where}: a ratio of means needs means above 0.")
            means.append(told["mean"])
            errors.append(se)
            sds.append(math.nan if sd is None else sd)
            sizes.append(math.nan if n is None else n)
        if self.measure == "SMD" and sum(sizes) - len(sizes) < 2:
            raise InputError(f"Trial {raw.name} is too small for a standardised difference.")
        y, covariance, first = continuous(
            self.measure, np.array(means), np.array(errors), np.array(sds), np.array(sizes)
        )
        return Trial(raw.name, options, y, covariance, None, raw.covariates, first_variance=first)


def _together(told: Sequence[Mapping[str, float]]) -> dict[str, float] | None:
    if all("events" in one for one in told):
        names = ("events", "n", "exposure")
        found = {n: sum(o[n] for o in told) for n in names if all(n in o for o in told)}
        return {**found, **({"followup": told[0]["followup"]} if "followup" in told[0] else {})}
    told = [
        {**one, "sd": one["se"] * math.sqrt(one["n"])} if {"se", "n"} <= set(one) else one
        for one in told
    ]
    if all({"mean", "sd", "n"} <= set(one) for one in told):
        n = sum(one["n"] for one in told)
        mean = sum(one["n"] * one["mean"] for one in told) / n
        within = sum((one["n"] - 1) * one["sd"] ** 2 for one in told)
        between = sum(one["n"] * (one["mean"] - mean) ** 2 for one in told)
        return {"n": n, "mean": mean, "sd": math.sqrt((within + between) / (n - 1))}
    return None
