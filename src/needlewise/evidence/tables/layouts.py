"""A table's rows to trials as printed, in whichever usual layout it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from needlewise.errors import InputError
from needlewise.evidence.tables.columns import MEANINGS, Table, meanings, numbered, plain
from needlewise.evidence.tables.multi_arm import Pair
from needlewise.evidence.tables.repeats import suffix

LONGEST = 300  # characters of a name
TREATED, CONTROL = "treatment", "control"
KNOWN = (
    "a row an arm (study, treatment; events and n, mean and sd and n, or events and exposure),"
    " a row a trial (treat1, events1, n1, treat2, ...), a row a contrast (study, treat1, treat2,"
    " TE, seTE), a row an effect against the trial's first arm (study, treatment, diff, se),"
    " a row a person (study, treatment, time, status)"
)


@dataclass
class PrintedArm:
    """One arm, or one effect against the trial's base arm (`te`), as printed."""

    option: str
    row: int
    told: dict[str, float] = field(default_factory=dict)


@dataclass
class Printed:
    """One trial before anything is worked out; `people`: option to time and event of each;
    `by_row`: what its rows tell of each covariate, which is their mean.
    """

    name: str
    arms: list[PrintedArm] = field(default_factory=list)
    contrasts: dict[Pair, tuple[float, float]] = field(default_factory=dict)
    covariates: dict[str, float] = field(default_factory=dict)
    people: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    by_row: dict[str, list[float]] = field(default_factory=dict)


def rows_of(
    table: Table, covariates: tuple[str, ...], weeks: str | None = None
) -> tuple[list[Printed], str, str]:
    """Trials as printed, which layout it was, and the kind of numbers: events, rates, means, te,
    times.

    With a column of `weeks` each week of a trial is a trial, named with its week.
    """
    known, by_arm = meanings(table), numbered(table)
    for name in (*covariates, *([weeks] if weeks else [])):
        if name not in table.columns:
            raise InputError(f"{table.where} has no column '{name}'.")
    if weeks:
        known["week"], covariates = weeks, (*covariates, weeks)
    lost = [name for name in ("treatment", "other", "base") if name in known]
    if {"other", "base", "te"} <= set(known) and ({"se", "var"} & set(known)):
        return _contrasts(table, known, covariates)
    if "treatment" in by_arm and {"events", "mean"} & set(by_arm):
        return _wide(table, known, by_arm, covariates)
    if own := _of_people(table, known):
        if weeks:
            raise InputError(
                f"{table.where} has a row a person with the time of an event; weeks = {weeks} is "
                "for results of trials at several weeks."
            )
        return _people(table, own, covariates)
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
    if len(name) > LONGEST:
        raise table.fail(row, known["study"], f"is longer than {LONGEST} characters; shorten it.")
    if "week" not in known:
        return name
    week = table.number(row, known["week"])
    if week is None or week <= 0:
        raise table.fail(row, known["week"], "must be a number of weeks above 0.")
    return name + suffix(week)


def _option(table: Table, row: int, column: str) -> str:
    name = table.text(row, column)
    if not name:
        raise table.fail(row, column, "must name the option.")
    if len(name) > LONGEST:
        raise table.fail(row, column, f"is longer than {LONGEST} characters; shorten it.")
    return name


def _noted(trial: Printed, table: Table, row: int, covariates: tuple[str, ...]) -> None:
    for name in covariates:
        value = table.number(row, name)
        if value is not None:
            told = trial.by_row.setdefault(name, [])
            told.append(value)
            same = min(told) == max(told)
            trial.covariates[name] = value if same else sum(told) / len(told)


NUMBERS = ("events", "n", "exposure", "followup", "mean", "sd", "se", "te", "var")


def _long(
    table: Table, known: Mapping[str, str], covariates: tuple[str, ...]
) -> tuple[list[Printed], str, str]:
    found: dict[str, Printed] = {}
    second = next((c for c in table.columns if plain(c) in {"se_diff", "sediff"}), None)
    for row in range(table.rows):
        name = _study(table, known, row)
        trial = found.setdefault(name, Printed(name))
        arm = PrintedArm(_option(table, row, known["treatment"]), row)
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


def _by_contrast(found: Mapping[str, Printed]) -> None:
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


TIMES = frozenset((
    "time", "times", "days", "weeks", "months", "years", "survival", "survival_time", "event_time",
    "time_to_event", "futime", "follow_up", "followup", "followup_time", "os", "os_time", "pfs",
    "pfs_time", "dfs", "efs", "ttp",
))  # fmt: skip
STATUSES = frozenset({"status", "event", "died", "dead"})
TRIALS = frozenset({"study", "trial", "studlab", "studyid", "study_id"})  # where id is a person's


def _of_people(table: Table, known: Mapping[str, str]) -> dict[str, str]:
    """Columns of study, treatment, time and status where a row is a person; else none."""
    if not {"study", "treatment"} <= set(known) or {"n", "exposure", "mean", "te"} & set(known):
        return {}
    found = {"treatment": known["treatment"]}
    for meaning, names in (("study", TRIALS), ("time", TIMES), ("status", STATUSES)):
        column = next((c for c in table.columns if plain(c) in names), None)
        if column is None and meaning == "study":
            column = known["study"]
        if column is None:
            return {}
        found[meaning] = column
    arms = {(str(table.columns[found["study"]][row]), str(table.columns[found["treatment"]][row]))
            for row in range(table.rows)}  # fmt: skip
    return found if len(arms) < table.rows else {}


def _people(
    table: Table, own: Mapping[str, str], covariates: tuple[str, ...]
) -> tuple[list[Printed], str, str]:
    """A covariate of a trial is the mean over its people."""
    found: dict[str, Printed] = {}
    told: dict[tuple[str, str], list[float]] = {}
    for row in range(table.rows):
        name = _study(table, own, row)
        trial = found.setdefault(name, Printed(name))
        option = _option(table, row, own["treatment"])
        time, seen = (table.number(row, own[meaning]) for meaning in ("time", "status"))
        if time is None or time < 0:
            raise table.fail(row, own["time"], "must be a time of 0 or more.")
        if seen not in {0.0, 1.0}:
            raise table.fail(row, own["status"], "must be 1 where the event was seen, else 0.")
        trial.people.setdefault(option, []).append((time, float(seen == 1.0)))
        for covariate in covariates:
            value = table.number(row, covariate)
            if value is not None:
                told.setdefault((name, covariate), []).append(value)
    for (name, covariate), values in told.items():
        found[name].covariates[covariate] = sum(values) / len(values)
    return list(found.values()), "one row a person, with time and event", "times"


def _wide(
    table: Table, known: Mapping[str, str], by_arm: Mapping[str, Mapping[int, str]],
    covariates: tuple[str, ...],
) -> tuple[list[Printed], str, str]:  # fmt: skip
    found: dict[str, Printed] = {}
    kind = _kind(dict.fromkeys(by_arm, ""))
    for row in range(table.rows):
        name = _study(table, known, row)
        trial = found.setdefault(name, Printed(name))
        for number, column in sorted(by_arm["treatment"].items()):
            if not table.text(row, column) or table.text(row, column).casefold() in {"na", "nan"}:
                continue
            arm = PrintedArm(_option(table, row, column), row)
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


def _seen_once(trial: Printed, arm: PrintedArm, table: Table) -> None:
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
) -> tuple[list[Printed], str, str]:
    found: dict[str, Printed] = {}
    sizes = numbered(table).get("n", {})
    for row in range(table.rows):
        name = _study(table, known, row)
        trial = found.setdefault(name, Printed(name))
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
                trial.arms.append(PrintedArm(option, row, {} if size is None else {"n": size}))
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
            and (meaning := MEANINGS.get(name[: -len(treated)], ""))
        }  # fmt: skip
        if "events" in found or "mean" in found:
            return found
    return {}


def _pairs(
    table: Table, known: Mapping[str, str], pairs: Mapping[str, tuple[str, str]],
    covariates: tuple[str, ...],
) -> tuple[list[Printed], str, str]:  # fmt: skip
    found = []
    for row in range(table.rows):
        trial = Printed(_study(table, known, row))
        for place, option in enumerate((CONTROL, TREATED)):
            arm = PrintedArm(option, row)
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
) -> tuple[list[Printed], str, str]:
    found = []
    for row in range(table.rows):
        trial = Printed(
            _study(table, known, row), [PrintedArm(CONTROL, row), PrintedArm(TREATED, row)]
        )
        effect, variance = table.number(row, known["te"]), _variance(table, known, row)
        if effect is None or variance is None:
            raise InputError(f"{table.where}, row {row + 1}: effect or standard error is missing.")
        trial.contrasts[TREATED, CONTROL] = (effect, variance)
        _noted(trial, table, row, covariates)
        found.append(trial)
    return found, "one row a trial, with its effect and standard error", "te"
