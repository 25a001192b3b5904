"""Whether the trials agree, and each trial beside the others."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from needlewise.report.document import Block, Paragraph, Section, Table, Text
from needlewise.report.nma import more_pictures
from needlewise.report.nma.answer import DEVIANCE
from needlewise.report.nma.cells import p_value, scale_of
from needlewise.report.nma.pictures import number
from needlewise.synthesis.nma import Fit
from needlewise.synthesis.nma.checks import (
    design_by_treatment,
    i_squared,
    node_splits,
    q_decomposition,
)
from needlewise.synthesis.nma.deviance import deviance
from needlewise.synthesis.nma.influence import egger, residuals

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_SPLIT, MOST_SPLITS, WORST = 60, 60, 5


def agreement(fit: Fit) -> Section:
    blocks: list[Block] = []
    rows = q_decomposition(fit.trials)
    caption = "Q, how far trials are apart: of all, within designs and between them"
    blocks.append(_frame(caption, rows, {"part": "Part"}))
    share = i_squared(fit.trials)
    blocks.append(Paragraph((f"I squared: {100 * share:.0f} %.",)))
    if fit.method == "bayes" and fit.is_plain:
        blocks.append(Paragraph((f"Fit: {deviance(fit)}. {DEVIANCE}",)))
    test = design_by_treatment(fit.trials).iloc[0]
    if test["df"] > 0:
        blocks.append(Paragraph((
            f"Design-by-treatment test: Q {number(test['Q'])} on {test['df']:.0f} degrees of "
            f"freedom, p = {p_value(test['p'])}.",
        )))  # fmt: skip
    else:
        blocks.append(Paragraph((more_pictures.NO_LOOP,)))
    if len(fit.trials.options) <= MOST_SPLIT:
        blocks += _splits(fit)
    return Section("agreement", "Do the trials agree", tuple(blocks))


def _splits(fit: Fit) -> Iterator[Block]:
    """Direct against indirect evidence, the least likely first."""
    splits = node_splits(fit)
    told = splits[splits["p"].notna()].sort_values("p").head(MOST_SPLITS)
    if not len(told):
        return
    rows = [
        ((f"{r.option} against {r.against}",), (str(r.trials),),
         (f"{number(r.direct)} (se {number(r.direct_se)})",),
         (f"{number(r.indirect)} (se {number(r.indirect_se)})",), (p_value(r.p),))
        for r in told.itertuples()
    ]  # fmt: skip
    yield Table(
        f"Direct against indirect{scale_of(fit.trials)}",
        ("Pair", "Trials", "Direct", "Indirect", "p"), tuple(rows),
    )  # fmt: skip


def _frame(caption: str, table: DataFrame, names: dict[str, str]) -> Table:
    def cell(value: object, column: str) -> Text:
        if isinstance(value, str):
            return (value,)
        found = float(str(value))
        if column == "p" and not math.isnan(found):
            return (p_value(found),)
        return (f"{found:.0f}" if found.is_integer() else number(found),)

    known = [str(c) for c in table.columns]
    columns = tuple(names.get(c, c) for c in known)
    rows = tuple(
        tuple(cell(v, c) for v, c in zip(row, known, strict=True))
        for row in table.itertuples(index=False)
    )
    return Table(caption, columns, rows)


def trial_by_trial(fit: Fit, without_each: DataFrame | None) -> Section:
    found = residuals(fit).sort_values("standardised", ascending=False).head(WORST)
    rows = tuple(
        ((row.trial,), (number(row.standardised),), (number(row.leverage),))
        for row in found.itertuples()
    )
    blocks: list[Block] = [
        Table("Trials that fit worst", ("Trial", "Standardised residual", "Leverage"), rows),
        Paragraph((
            "A residual of 2 or more is more than chance often makes; leverage, 0 to 1, is how "
            "much a trial decides its own fit.",
        )),
    ]  # fmt: skip
    if without_each is not None:
        blocks.append(_without_each(without_each, scale_of(fit.trials)))
    small = egger(fit)
    if len(small) and math.isfinite(small.iloc[0]["p"]):
        row = small.iloc[0]
        blocks.append(Paragraph((
            f"Small against large trials (Egger, comparison-adjusted): intercept "
            f"{number(row['intercept'])}, p = {p_value(row['p'])}. Many things make a small p.",
        )))  # fmt: skip
    return Section("trials", "Trial by trial", tuple(blocks))


def _without_each(table: DataFrame, scale: str) -> Block:
    """What moves most when a trial is left out."""
    told = table[table["change"].notna()]
    told = told.reindex(told["change"].abs().sort_values(ascending=False).index).head(2 * WORST)
    rows = tuple(
        ((row.trial,), (row.option,), (number(row.estimate),), (number(row.change),))
        for row in told.itertuples()
    )
    heads = ("Without", "Effect of", "Estimate", "Change in standard errors")
    return Table(f"What moves most without a trial{scale}", heads, rows)
