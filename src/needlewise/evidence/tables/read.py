"""`read_network`: a table of trials, in the layout its owner has, to `Trials`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from needlewise.errors import InputError
from needlewise.evidence.tables.adjust import Adjust, adjusted
from needlewise.evidence.tables.columns import Table, meanings, plain, read_table
from needlewise.evidence.tables.contrasts import Rule
from needlewise.evidence.tables.layouts import Printed, rows_of
from needlewise.evidence.tables.ordered import ordered_rows, ordered_trial
from needlewise.evidence.tables.repeats import joined, main_week, suffix
from needlewise.evidence.tables.survival import NOTE, hazard_ratios
from needlewise.evidence.tables.trials import MEASURES, Trial, Trials

USUAL = {
    "events": "OR", "rates": "IRR", "means": "MD", "times": "HR", "ordered categories": "PROBIT",
}  # fmt: skip
MOST_WEEKS = 100_000
WEEKS = frozenset({"week", "weeks", "timepoint", "visit"})
PREFERRED = ("placebo", "control", "usual care", "no treatment", "standard care", "no contact")


def read_network(
    source: Any,
    measure: str | None = None,
    *,
    outcome: str | None = None,
    reference: str | None = None,
    covariates: Sequence[str] = (),
    classes: str | None = None,
    component_columns: Sequence[str] = (),
    categories: Sequence[str] = (),
    increment: float = 0.5,
    increment_for: str = "trial",
    inconsistent: bool = False,
    weeks: str | None = None,
    week: float | None = None,
    adjust: Adjust | None = None,
) -> Trials:
    """Read a network of trials.

    Args:
        source: CSV or Parquet file, DataFrame, or columns in a dict; layouts of netmeta, gemtc,
            multinma and MetaInsight are recognised, and the one found is said in `layout`.
        measure: MD, SMD, ROM, OR, RR, RD, IRR, HR or GEN; None: what the columns allow (MD, OR,
            IRR, HR for people's times, or GEN for contrasts). `outcome` is another name for it.
        reference: the option others are compared with; None: a placebo or control where there is
            one, else the option most trials have.
        covariates: columns with a number for each trial; in a table with a row a person, the mean
            over the trial's people.
        classes: column with the class of each arm's option, in a table with a row an arm.
        component_columns: columns with 1 where an arm has the component of that name and 0 where
            not, in a table with a row an arm; its option is then called "one + other", for
            `fit(components="+")`, and arms of a trial with the same components are put together.
            An arm without any keeps the name it has.
        categories: columns of ordered categories, in a table with a row an arm: people who reached
            that cut-off and not the next, the lowest cut-off first; empty where a trial does not
            report it. The measure is then PROBIT, in standard deviations of what lies under the
            categories; `fit(likelihood="counts")` uses all of them.
        increment: added to cells of trials with a zero cell where the normal likelihood needs it;
            `increment_for`: trial (all cells of that trial), cell, or network (all trials, as soon
            as one has a zero).
        inconsistent: use multi-arm contrasts that contradict each other, after least squares.
        weeks: column of weeks, where trials have results at several; `week` is the one that is
            analysed where no horizons are asked for, or the nearest a trial has (None: the week
            most trials report).
        adjust: columns of trials' weights and biases, see `Adjust`.

    Raises InputError naming file, row, trial and option, and what to do.
    """
    if week is not None and weeks is None:
        raise InputError("A week needs the column of weeks: name it as weeks.")
    table = read_table(source)
    if component_columns:
        table = _composed(table, component_columns)
    own = adjust or Adjust()
    if categories:
        raw, layout, kind = ordered_rows(table, categories, (*covariates, *own.columns))
    else:
        raw, layout, kind = rows_of(table, (*covariates, *own.columns), weeks)
    if weeks is None:
        _one_week(table, raw)
    chosen = _measure(measure or outcome, kind, table)
    if not raw:
        raise InputError(f"{table.where} holds no trial.")
    rule = Rule(chosen, increment, increment_for, inconsistent)
    for trial in raw:
        rule.notes += _uneven(trial, own.columns)
    timed = kind == "times"
    rule.everywhere = (
        not timed and not categories and increment_for == "network" and any(map(rule.zero, raw))
    )
    trials, notes, left_out = [], [NOTE] if timed else [], []
    for one in raw:
        if categories:
            made = ordered_trial(one, categories, notes)
        else:
            made = hazard_ratios(one) if timed else rule.trial(one)
        if isinstance(made, str):
            left_out.append((one.name, made))
        else:
            trials.append(made)
    if weeks is not None and trials:
        trials, week, lost = _over_weeks(trials, weeks, week)
        layout = f"{layout}, at several weeks"
        notes.append(f"Results at week {week:g}, or the nearest a trial has, unless by horizons")
        if lost:
            notes.append(f"Left out, with results at other weeks alone: {', '.join(lost)}")
    if not trials:
        raise InputError(
            f"{table.where}: no trial can be used ({left_out[0][0]}: {left_out[0][1]})."
        )
    notes += rule.notes
    options = _ordered(trials, reference, table)
    trials, told = adjusted(trials, own, options[0])
    notes += told
    likelihood = "normal"
    if all(trial.arms is not None for trial in trials):
        likelihood = "poisson" if chosen == "IRR" else "ordered" if categories else "binomial"
    return Trials(
        chosen, likelihood, options, tuple(trials), layout, tuple(notes), tuple(left_out),
        _classes(table, classes), week, tuple(categories),
    )  # fmt: skip


def _uneven(trial: Printed, one_each: Sequence[str]) -> list[str]:
    """Covariates that differ between the rows of a trial, a sentence each. Raises InputError where
    they are its weight or bias, of which it has one.
    """
    uneven = {name: told for name, told in trial.by_row.items() if min(told) < max(told)}
    for name, told in uneven.items():
        if name in one_each:
            raise InputError(
                f"Trial {trial.name}: column {name} has both {min(told):g} and {max(told):g}; "
                "write one number for a trial, the same on all its rows."
            )
    return [f"{trial.name}: {name} is the mean of its rows, {trial.covariates[name]:.4g}"
            for name in uneven]  # fmt: skip


def _composed(table: Table, components: Sequence[str]) -> Table:
    """The table with options called by their components. Raises InputError for other than 0, 1."""
    known = meanings(table)
    for name in components:
        if name not in table.columns or "treatment" not in known or "+" in name:
            raise InputError(
                f"{table.where} needs a row an arm and a column '{name}' (without +) for a "
                "component."
            )
    options = []
    for row in range(table.rows):
        has = [table.number(row, name) for name in components]
        for name, value in zip(components, has, strict=True):
            if value not in {0.0, 1.0}:
                raise table.fail(row, name, "must be 1 where the arm has the component, else 0.")
        own = [name for name, value in zip(components, has, strict=True) if value]
        options.append(" + ".join(own) or table.text(row, known["treatment"]))
    return Table({**table.columns, known["treatment"]: options}, table.where)


def _one_week(table: Table, raw: Sequence[Printed]) -> None:
    """Raise InputError where an arm's rows are of several weeks and nobody said so."""
    column = next((c for c in table.columns if plain(c) in WEEKS), None)
    if column is None:
        return
    for trial in raw:
        seen: dict[str, str] = {}
        for arm in trial.arms:
            own = table.text(arm.row, column)
            if seen.setdefault(arm.option, own) != own:
                raise InputError(
                    f"{table.where}: trial {trial.name} has {arm.option} at several weeks (column "
                    f"{column}); say so with weeks = {column} (--weeks {column}), or keep one row "
                    "an arm."
                )


def _over_weeks(
    trials: Sequence[Trial], column: str, week: float | None
) -> tuple[list[Trial], float, list[str]]:
    """Trials that are a trial's weeks, joined, the week asked or the usual one, and options that
    no trial has then.
    """
    found: dict[str, dict[float, Trial]] = defaultdict(dict)
    for trial in trials:
        own = trial.covariates[column]
        found[trial.name.removesuffix(suffix(own))][own] = trial
    if week is not None and not 0 < week <= MOST_WEEKS:
        raise InputError(f"The week must be above 0 and at most {MOST_WEEKS:,}.")
    at = week or main_week(found)
    made = [joined(name, by_week, at) for name, by_week in found.items()]
    before, after = ({o for t in own for o in t.options} for own in (trials, made))
    return made, at, sorted(before - after)


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
        return USUAL.get(kind, "GEN")
    chosen = asked.strip().upper()
    if chosen not in MEASURES:
        raise InputError(f"'{asked}' is no measure; choose from {', '.join(MEASURES)}.")
    fits = {
        "events": {"OR", "RR", "RD", "HR"}, "rates": {"IRR"}, "means": {"MD", "SMD", "ROM"},
        "times": {"HR"}, "ordered categories": {"PROBIT"},
    }.get(kind, set(MEASURES))  # fmt: skip
    if chosen not in fits:
        raise InputError(
            f"{table.where} has columns of {kind}, from which {', '.join(sorted(fits))} can be "
            f"worked out, not {chosen}."
        )
    return chosen


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
