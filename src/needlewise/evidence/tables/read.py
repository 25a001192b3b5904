"""`read_network`: a table of trials, in the layout its owner has, to `Trials`."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from needlewise.errors import InputError
from needlewise.evidence.tables.columns import Table, meanings, numbered, plain, read_table
from needlewise.evidence.tables.measures import continuous, counts, needs_increment
from needlewise.evidence.tables.multi_arm import Pair, solve
from needlewise.evidence.tables.trials import MEASURES, Arms, Trial, Trials

COUNTS = {"OR", "RR", "RD", "IRR", "HR"}
TREATED, CONTROL = "treatment", "control"
PREFERRED = ("placebo", "control", "usual care", "no treatment", "standard care", "no contact")
KNOWN = (
    "a row an arm (study, treatment; events and n, mean and sd and n, or events and exposure),"
    " a row a trial (treat1, events1, n1, treat2, ...), a row a contrast (study, treat1, treat2,"
    " TE, seTE), a row an effect against the trial's first arm (study, treatment, diff, se)"
)


@dataclass
class _Arm:
    """One arm, or one effect against the trial's base arm (`te`), as printed."""

    option: str
    row: int
    told: dict[str, float] = field(default_factory=dict)


@dataclass
class _Raw:
    """One trial before anything is worked out."""

    name: str
    arms: list[_Arm] = field(default_factory=list)
    contrasts: dict[Pair, tuple[float, float]] = field(default_factory=dict)
    covariates: dict[str, float] = field(default_factory=dict)


def read_network(
    source: Any,
    measure: str | None = None,
    *,
    outcome: str | None = None,
    reference: str | None = None,
    covariates: Sequence[str] = (),
    classes: str | None = None,
    increment: float = 0.5,
    increment_for: str = "trial",
    inconsistent: bool = False,
) -> Trials:
    """Read a network of trials.

    Args:
        source: CSV or Parquet file, DataFrame, or columns in a dict; layouts of netmeta, gemtc,
            multinma and MetaInsight are recognised, and the one found is said in `layout`.
        measure: MD, SMD, ROM, OR, RR, RD, IRR, HR or GEN; None: what the columns allow (MD, OR,
            IRR, or GEN for contrasts). `outcome` is another name for it.
        reference: the option others are compared with; None: a placebo or control where there is
            one, else the option most trials have.
        covariates: columns with a number for each trial.
        classes: column with the class of each arm's option, in a table with a row an arm.
        increment: added to cells of trials with a zero cell where the normal likelihood needs it;
            `increment_for`: trial (all cells of that trial), cell, or network (all trials, as soon
            as one has a zero).
        inconsistent: use multi-arm contrasts that contradict each other, after least squares.

    Raises InputError naming file, row, trial and option, and what to do.
    """
    table = read_table(source)
    raw, layout, kind = _rows(table, tuple(covariates))
    chosen = _measure(measure or outcome, kind, table)
    if not raw:
        raise InputError(f"{table.where} holds no trial.")
    rule = _Rule(chosen, increment, increment_for, inconsistent)
    rule.everywhere = increment_for == "network" and any(map(rule.zero, raw))
    trials, notes, left_out = [], [], []
    for one in raw:
        made = rule.trial(one)
        if isinstance(made, str):
            left_out.append((one.name, made))
        else:
            trials.append(made)
    if not trials:
        raise InputError(
            f"{table.where}: no trial can be used ({left_out[0][0]}: {left_out[0][1]})."
        )
    notes += rule.notes
    options = _ordered(trials, reference, table)
    likelihood = "normal"
    if all(trial.arms is not None for trial in trials):
        likelihood = "poisson" if chosen == "IRR" else "binomial"
    return Trials(
        chosen, likelihood, options, tuple(trials), layout, tuple(notes), tuple(left_out),
        _classes(table, classes),
    )  # fmt: skip


def _classes(table: Table, column: str | None) -> dict[str, str]:
    """Option to class. Raises InputError where an option has none or two."""
    if column is None:
        return {}
    known = meanings(table)
    if column not in table.columns or "treatment" not in known:
        raise InputError(
            f"{table.where} needs a row an arm and a column '{column}' for the classes of options."
        )
    found: dict[str, str] = {}
    for row in range(table.rows):
        option, own = table.text(row, known["treatment"]), table.text(row, column)
        if not own:
            raise table.fail(row, column, f"must name the class of {option}.")
        if found.setdefault(option, own) != own:
            raise table.fail(row, column, f"is another class of {option} than {found[option]}.")
    return found


def _measure(asked: str | None, kind: str, table: Table) -> str:
    if asked is None:
        return {"events": "OR", "rates": "IRR", "means": "MD"}.get(kind, "GEN")
    chosen = asked.strip().upper()
    if chosen not in MEASURES:
        raise InputError(f"'{asked}' is no measure; choose from {', '.join(MEASURES)}.")
    fits = {
        "events": {"OR", "RR", "RD", "HR"}, "rates": {"IRR"}, "means": {"MD", "SMD", "ROM"},
    }.get(kind, set(MEASURES))  # fmt: skip
    if chosen not in fits:
        raise InputError(
            f"{table.where} has columns of {kind}, from which {', '.join(sorted(fits))} can be "
            f"worked out, not {chosen}."
        )
    return chosen


# ---- Layouts ----


def _rows(table: Table, covariates: tuple[str, ...]) -> tuple[list[_Raw], str, str]:
    """Trials as printed, which layout it was, and the kind of numbers: events, rates, means, te."""
    known, by_arm = meanings(table), numbered(table)
    for name in covariates:
        if name not in table.columns:
            raise InputError(f"{table.where} has no column '{name}' for a covariate.")
    lost = [name for name in ("treatment", "other", "base") if name in known]
    if {"other", "base", "te"} <= set(known) and ({"se", "var"} & set(known)):
        return _contrasts(table, known, covariates)
    if "treatment" in by_arm and {"events", "mean"} & set(by_arm):
        return _wide(table, known, by_arm, covariates)
    if "treatment" in known and "study" in known:
        return _long(table, known, covariates)
    if not lost and (pairs := _two_arms(table)):
        return _pairs(table, known, pairs, covariates)
    if not lost and "te" in known and ("se" in known or "var" in known):
        return _single(table, known, covariates)
    raise InputError(
        f"{table.where} is laid out in no way that is known "
        f"({', '.join(list(table.columns)[:12])}); known are {KNOWN}."
    )


def _study(table: Table, known: Mapping[str, str], row: int) -> str:
    if "study" not in known:
        return f"trial {row + 1}"
    name = table.text(row, known["study"])
    if not name:
        raise table.fail(row, known["study"], "must name the trial.")
    return name


def _option(table: Table, row: int, column: str) -> str:
    name = table.text(row, column)
    if not name:
        raise table.fail(row, column, "must name the option.")
    return name


def _noted(trial: _Raw, table: Table, row: int, covariates: tuple[str, ...]) -> None:
    for name in covariates:
        value = table.number(row, name)
        if value is not None and name not in trial.covariates:
            trial.covariates[name] = value


NUMBERS = ("events", "n", "exposure", "followup", "mean", "sd", "se", "te", "var")


def _long(
    table: Table, known: Mapping[str, str], covariates: tuple[str, ...]
) -> tuple[list[_Raw], str, str]:
    found: dict[str, _Raw] = {}
    second = next((c for c in table.columns if plain(c) in {"se_diff", "sediff"}), None)
    for row in range(table.rows):
        name = _study(table, known, row)
        trial = found.setdefault(name, _Raw(name))
        arm = _Arm(_option(table, row, known["treatment"]), row)
        for meaning in NUMBERS:
            value = table.number(row, known.get(meaning))
            if value is not None:
                arm.told[meaning] = value
        if second is not None and (value := table.number(row, second)) is not None:
            arm.told["te_se"] = value
        trial.arms.append(arm)
        _noted(trial, table, row, covariates)
    _by_contrast(found)
    kind = _kind(known)
    told = {
        "events": "events and people", "rates": "events and person-time", "means": "means",
        "te": "effects against the trial's first arm",
    }[kind]  # fmt: skip
    return list(found.values()), f"one row an arm, with {told}", kind


def _kind(known: Mapping[str, str]) -> str:
    if "events" in known:
        return "rates" if "exposure" in known else "events"
    if "mean" in known:
        return "means"
    if "te" in known:
        return "te"
    raise InputError(
        "The table has arms but no numbers of them; it needs events and n, mean and sd and n, "
        "events and exposure, or diff and se."
    )


def _by_contrast(found: Mapping[str, _Raw]) -> None:
    """Trials whose arms tell effects against a base arm: to contrasts."""
    for trial in found.values():
        gaps = [arm for arm in trial.arms if "mean" not in arm.told]
        if len(gaps) == 1 and len(trial.arms) > 1 and not any("sd" in a.told for a in trial.arms):
            for arm in trial.arms:  # a y for all arms but one is an effect against that one
                if "mean" in arm.told and "te" not in arm.told and "events" not in arm.told:
                    arm.told["te"] = arm.told.pop("mean")
        if any("mean" in arm.told or "events" in arm.told for arm in trial.arms):
            continue
        bases = [arm for arm in trial.arms if "te" not in arm.told]
        if len(bases) != 1:
            continue
        base = bases[0]
        for arm in trial.arms:
            if arm is base or arm.option == base.option:
                continue
            error = arm.told.get("te_se", arm.told.get("se"))
            variance = error**2 if error is not None else arm.told.get("var")
            if variance is None or variance <= 0:
                raise InputError(
                    f"Trial {trial.name}: {arm.option} has an effect but no standard error above 0."
                )
            trial.contrasts[arm.option, base.option] = (arm.told["te"], variance)
        own = base.told.get("te_se", base.told.get("se"))
        base.told = {"base_variance": own**2} if own else {}


def _wide(
    table: Table, known: Mapping[str, str], by_arm: Mapping[str, Mapping[int, str]],
    covariates: tuple[str, ...],
) -> tuple[list[_Raw], str, str]:  # fmt: skip
    found: dict[str, _Raw] = {}
    kind = _kind(dict.fromkeys(by_arm, ""))
    for row in range(table.rows):
        name = _study(table, known, row)
        trial = found.setdefault(name, _Raw(name))
        for number, column in sorted(by_arm["treatment"].items()):
            if not table.text(row, column) or table.text(row, column).casefold() in {"na", "nan"}:
                continue
            arm = _Arm(_option(table, row, column), row)
            for meaning in NUMBERS:
                own = by_arm.get(meaning, {}).get(number) or (
                    known.get(meaning) if meaning in {"followup", "exposure"} else None
                )
                value = table.number(row, own)
                if value is not None:
                    arm.told[meaning] = value
            _seen_once(trial, arm, table)
        _noted(trial, table, row, covariates)
    return list(found.values()), "one row a trial, with numbered columns for its arms", kind


def _seen_once(trial: _Raw, arm: _Arm, table: Table) -> None:
    """Add an arm; a trial on several rows, a row a pair, has each arm once."""
    for other in trial.arms:
        if other.option == arm.option and other.row != arm.row:
            if other.told == arm.told:
                return
            raise InputError(
                f"{table.where}, row {arm.row + 1}: trial {trial.name} has the arm {arm.option} "
                f"with other numbers than on row {other.row + 1}; give each trial its own name."
            )
    trial.arms.append(arm)


def _contrasts(
    table: Table, known: Mapping[str, str], covariates: tuple[str, ...]
) -> tuple[list[_Raw], str, str]:
    found: dict[str, _Raw] = {}
    sizes = numbered(table).get("n", {})
    for row in range(table.rows):
        name = _study(table, known, row)
        trial = found.setdefault(name, _Raw(name))
        one, two = (_option(table, row, known[end]) for end in ("other", "base"))
        if one == two:
            raise table.fail(row, known["base"], "is compared with itself.")
        effect = table.number(row, known["te"])
        variance = _variance(table, known, row)
        if effect is None or variance is None:
            raise InputError(
                f"{table.where}, row {row + 1} (trial {name}, {one} against {two}): effect or "
                "standard error is missing; add it or take the row out."
            )
        if (one, two) in trial.contrasts or (two, one) in trial.contrasts:
            raise InputError(
                f"{table.where}, row {row + 1}: trial {name} compares {one} with {two} twice; give "
                "each trial a name of its own or keep one row."
            )
        trial.contrasts[one, two] = (effect, variance)
        for number, option in ((1, one), (2, two)):
            size = table.number(row, sizes.get(number))
            if all(arm.option != option for arm in trial.arms):
                trial.arms.append(_Arm(option, row, {} if size is None else {"n": size}))
        _noted(trial, table, row, covariates)
    return (
        list(found.values()),
        "one row a contrast (effect of the first option minus the second)",
        "te",
    )


def _variance(table: Table, known: Mapping[str, str], row: int) -> float | None:
    column = known.get("se") or known.get("var")
    if column is None:
        raise InputError(f"{table.where} has effects but no column of standard errors (seTE, se).")
    value = table.number(row, column)
    if value is None:
        return None
    if value <= 0:
        raise table.fail(row, column, "must be above 0.")
    return value * value if "se" in known else value


# Columns of metafor's data sets: treated, then control.
METAFOR = (
    {"events": ("ai", "ci"), "n": ("n1i", "n2i")},
    {"events": ("x1i", "x2i"), "exposure": ("t1i", "t2i")},
    {"mean": ("m1i", "m2i"), "sd": ("sd1i", "sd2i"), "n": ("n1i", "n2i")},
)
ENDS = (("_t", "_c"), ("_e", "_c"), ("1", "2"))


def _two_arms(table: Table) -> dict[str, tuple[str, str]]:
    """Meaning to the columns of a treated and a control arm."""
    by_name = {plain(column): column for column in table.columns}
    for names in METAFOR:
        if all(name in by_name for pair in names.values() for name in pair):
            return {m: (by_name[one], by_name[two]) for m, (one, two) in names.items()}
    for treated, control in ENDS:
        found = {
            meaning: (by_name[name], by_name[name[: -len(treated)] + control])
            for name in by_name
            if name.endswith(treated) and name[: -len(treated)] + control in by_name
            and (meaning := _meaning(name[: -len(treated)]))
        }  # fmt: skip
        if "events" in found or "mean" in found:
            return found
    return {}


def _meaning(name: str) -> str:
    from needlewise.evidence.tables.columns import MEANINGS

    return MEANINGS.get(name, "")


def _pairs(
    table: Table, known: Mapping[str, str], pairs: Mapping[str, tuple[str, str]],
    covariates: tuple[str, ...],
) -> tuple[list[_Raw], str, str]:  # fmt: skip
    found = []
    for row in range(table.rows):
        trial = _Raw(_study(table, known, row))
        for place, option in enumerate((CONTROL, TREATED)):
            arm = _Arm(option, row)
            for meaning, columns in pairs.items():
                value = table.number(row, columns[1 - place])
                if value is not None:
                    arm.told[meaning] = value
            trial.arms.append(arm)
        _noted(trial, table, row, covariates)
        found.append(trial)
    layout = "one row a trial of two arms, treated and control"
    return found, layout, _kind(dict.fromkeys(pairs, ""))


def _single(
    table: Table, known: Mapping[str, str], covariates: tuple[str, ...]
) -> tuple[list[_Raw], str, str]:
    found = []
    for row in range(table.rows):
        trial = _Raw(_study(table, known, row), [_Arm(CONTROL, row), _Arm(TREATED, row)])
        effect, variance = table.number(row, known["te"]), _variance(table, known, row)
        if effect is None or variance is None:
            raise InputError(f"{table.where}, row {row + 1}: effect or standard error is missing.")
        trial.contrasts[TREATED, CONTROL] = (effect, variance)
        _noted(trial, table, row, covariates)
        found.append(trial)
    return found, "one row a trial, with its effect and standard error", "te"


# ---- From what is printed to contrasts ----


@dataclass
class _Rule:
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

    def zero(self, raw: _Raw) -> bool:
        if raw.contrasts or self.measure not in COUNTS or len(raw.arms) < 2:
            return False
        events, sizes, _ = self._counted(raw)
        return needs_increment(self.measure, events, sizes)

    def trial(self, raw: _Raw) -> Trial | str:
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

    def _contrasted(self, raw: _Raw) -> Trial | str:
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

    def _merged(self, raw: _Raw) -> _Raw:
        """Arms of one option put together: counts added, means weighted by people."""
        by_option: dict[str, list[_Arm]] = defaultdict(list)
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
            arms.append(_Arm(option, same[0].row, told))
            self.notes.append(f"{raw.name}: {len(same)} arms of {option} put together")
        return _Raw(raw.name, arms, {}, raw.covariates)

    def _counted(self, raw: _Raw) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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

    def _of_counts(self, raw: _Raw, options: tuple[str, ...]) -> Trial | str:
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
        y, covariance = counts(self.measure, events, sizes, offset)
        return Trial(raw.name, options, y, covariance, arms, raw.covariates)

    def _of_means(self, raw: _Raw, options: tuple[str, ...]) -> Trial | str:
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
        y, covariance = continuous(
            self.measure, np.array(means), np.array(errors), np.array(sds), np.array(sizes)
        )
        return Trial(raw.name, options, y, covariance, None, raw.covariates)


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


# ---- Order of the options ----


def _ordered(trials: Sequence[Trial], reference: str | None, table: Table) -> tuple[str, ...]:
    often: dict[str, int] = defaultdict(int)
    for trial in trials:
        for option in trial.options:
            often[option] += 1
    names = sorted(often, key=lambda name: (name.casefold(), name))
    if reference is None:
        known = [n for p in PREFERRED for n in names if plain(n) == plain(p)]
        reference = known[0] if known else max(names, key=lambda n: often[n])
    elif reference not in often:
        close = [n for n in names if n.casefold() == reference.casefold()]
        if not close:
            raise InputError(
                f"{table.where} has no option '{reference}'; it has {', '.join(names[:20])}."
            )
        reference = close[0]
    return (reference, *(n for n in names if n != reference))


def with_reference(trials: Trials, reference: str) -> Trials:
    """The same trials read against another option. Raises InputError for one there is not."""
    if reference not in trials.options:
        raise InputError(
            f"There is no option '{reference}'; choose from {', '.join(trials.options)}."
        )
    rest = tuple(o for o in trials.options if o != reference)
    return replace(trials, options=(reference, *rest))
