"""What the trials say together, with everything that has to be said beside the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from needlewise.report.document import Block, Callout, Num, Paragraph, Section, Table, Text, line
from needlewise.report.nma import pictures
from needlewise.report.nma.as_json import CERTIFIED, certified
from needlewise.report.nma.cells import interval, scale_of, share_of
from needlewise.report.nma.pictures import number, shown
from needlewise.synthesis.nma import Fit, horizons
from needlewise.synthesis.nma.deviance import deviance
from needlewise.synthesis.nma.fit import Heterogeneity

if TYPE_CHECKING:
    from pandas import DataFrame

UNBOUND = 8.0  # standard error of a log ratio
MEANT = {  # what a number says, of an option against the reference
    "MD": "Below 0 the mean is lower than with {}, above 0 higher, in the unit of the table.",
    "SMD": "Below 0 the mean is lower than with {}, above 0 higher, in standard deviations between "
    "people.",
    "ROM": "Above 1 the mean is higher than with {}: 1.20 is 20 % more.",
    "OR": "Above 1 the odds of the event are higher than with {}.",
    "RR": "Above 1 the event is more likely than with {}: 1.20 is 20 % more.",
    "RD": "Above 0 the event is more likely than with {}: 0.01 is one more of 100 people.",
    "IRR": "Above 1 there are more events in the same time than with {}.",
    "HR": "Above 1 the event comes sooner than with {}.",
    "PROBIT": "Above 0 more people reach each cut-off than with {}, in standard deviations of what "
    "lies under the categories.",
    "GEN": "They are in the unit of the estimates given, each option less {}.",
}
DEVIANCE = (
    "Where the model fits, the residual deviance is near the number it is held against; of two "
    "models of the same data the one with the lower DIC predicts better."
)


def answer(fit: Fit, better: str) -> Section:
    """The first section: effects and what they mean, what is unsure, what must be warned of."""
    trials = fit.trials
    name = "SUCRA" if fit.method == "bayes" else "P-score"
    found = fit.summary()
    blocks: list[Block] = [*_warnings(fit, found), _effects_table(fit, better, name, found)]
    blocks.append(Paragraph((MEANT[trials.measure].format(trials.reference),)))
    if fit.model == "random":
        blocks.append(_sd("Effects differ between trials by tau = {} ({} to {}).", "tau",
                          fit.heterogeneity))  # fmt: skip
        blocks.append(Paragraph((_tau_meant(fit),)))
    if fit.within_classes is not None:
        blocks.append(_sd("Within classes effects differ by an SD of {} ({} to {}).", "classes",
                          fit.within_classes))  # fmt: skip
    if fit.inconsistency is not None:
        blocks.append(Paragraph((
            "A design is the set of options that a trial compares; gamma is a standard deviation "
            "as tau is, from design to design.",
        )))  # fmt: skip
        blocks.append(_sd("Designs deviate from consistency by gamma = {} ({} to {}).", "gamma",
                          fit.inconsistency))  # fmt: skip
    blocks.append(Callout("note", "Ranks are not sizes", (
        (f"A {name} is the share of the other options an option beats on average. It says nothing "
         "of how large or how sure a difference is: read the ranges. The order takes it that "
         f"{better} is better; {_turned(better)} turns it round.",),
    )))  # fmt: skip
    if fit.design.weeks:
        blocks.append(_by_week(fit))
    if fit.counts_deviance is not None:
        blocks.append(Paragraph((f"Fit: {deviance(fit)}. {DEVIANCE}",)))
    if not set(fit.design.names) <= set(_effects(fit)):
        blocks.append(_parameters(fit))
    return Section("answer", "What the trials say together", tuple(blocks))


def _effects_table(fit: Fit, better: str, name: str, found: DataFrame) -> Table:
    """Every option against the reference, best first."""
    trials, as_shown = fit.trials, shown(fit.trials)
    place = {row.option: row for row in found.itertuples()}
    random = fit.model == "random"
    rows = []
    for rank in fit.ranks(better=better).itertuples():
        if rank.option == trials.reference:
            cells: list[Text] = [("the reference",), *([("–",)] if random else [])]
        else:
            row = place[rank.option]
            cells = [interval(fit, row.estimate, row.low, row.high, f"nma.{rank.option}")]
            if random:
                low, high = number(as_shown(row.new_low)), number(as_shown(row.new_high))
                cells.append((f"{low} to {high}",))
        rows.append(((rank.option,), *cells, (f"{100 * rank.score:.0f} %",)))
    heads = ("Option", pictures.heading(trials), *(["New trial"] if random else []), name)
    caption = f"Against {trials.reference}; best first, where {better} is better; 95 % ranges"
    return Table(caption, heads, tuple(rows))


def _warnings(fit: Fit, found: DataFrame) -> Iterator[Callout]:
    """What a reader must know before any number."""
    trials = fit.trials
    if not certified(fit):
        yield _uncertified(fit)
    if apart := horizons.not_joined(fit):
        yield Callout("warning", "No trials compare these at that week", (
            (f"About week {fit.design.asked['weeks']:g} no trials lead from these to "
             f"{trials.reference}: {', '.join(apart[:20])}. Their numbers here lean on other weeks "
             "and on the prior.",),
        ))  # fmt: skip
    unbound = [row.option for row in found.itertuples() if trials.is_ratio and row.se > UNBOUND]
    if unbound:
        yield Callout("warning", "The trials hardly bound these", (
            (f"The ranges of {', '.join(unbound[:20])} reach from nearly nothing to millions: read "
             "them as unknown.",),
        ))  # fmt: skip
    if fit.loose:
        yield Callout("warning", "The prior speaks here, not the trials", (
            (f"The trials do not tell these apart: {', '.join(fit.loose[:20])}.",),
        ))  # fmt: skip


def _turned(better: str) -> str:
    return f"--better {'higher' if better == 'lower' else 'lower'}"


def _tau_meant(fit: Fit) -> str:
    scale = " of the logarithm of the ratio" if fit.trials.is_ratio else ""
    told = f"Tau is the standard deviation{scale} from trial to trial that chance does not make; "
    told += "'New trial' is the range in which the effect of one more such trial would lie."
    told_apart = len(fit.white.y) > fit.white.rows.shape[1]
    if fit.method == "bayes" and not told_apart and not fit.design.weeks:
        told += (
            " No two comparisons here tell the same difference, so that the trials say nothing of "
            "tau: it is the prior's, and with it the range of a new trial."
        )
    if not math.isfinite(fit.heterogeneity.high):
        told += " These trials are too few to set an upper limit to tau."
    return told


def _uncertified(fit: Fit) -> Callout:
    """Counts whose posterior the importance weights do not vouch for."""
    return Callout("warning", "These numbers are not certified", (
        (f"The posterior of the counts was checked at many points, of which {share_of(fit)} count; "
         f"below {100 * CERTIFIED:.0f} % estimates and ranges may be far off. The trials tell too "
         "little for this model: use fewer covariates, no slope on the baseline, or a narrower "
         "prior of effects (effect_sd).",),
    ))  # fmt: skip


def _by_week(fit: Fit) -> Table:
    """Effects at each knot; what no trials join about a week has no number."""
    found = horizons.over_time(fit)
    cells: dict[str, list[Text]] = {option: [] for option in fit.trials.options[1:]}
    for row in found.itertuples():
        cells[row.option].append(
            interval(fit, row.estimate, row.low, row.high, f"nma.{row.option}.{row.weeks:g}")
            if row.supported else ("no trials join them",)
        )  # fmt: skip
    heads = ("Option", *(f"Week {week:g}" for week in fit.design.weeks))
    rows = tuple(((option,), *own) for option, own in cells.items())
    return Table("By week; 95 % ranges", heads, rows)


def _sd(words: str, id: str, own: Heterogeneity) -> Paragraph:
    return Paragraph(line(words, Num(number(own.tau), f"nma.{id}"), number(own.low),
                          number(own.high)))  # fmt: skip


def _effects(fit: Fit) -> tuple[str, ...]:
    """Parameters that are an option's effect, which the first table has."""
    if fit.components is not None:
        return ()
    return fit.design.names if fit.design.weeks else fit.trials.options


def _parameters(fit: Fit) -> Table:
    """Parts of the model that are no option's effect."""
    own = set(_effects(fit))
    rows = tuple(
        ((row.parameter,), (f"{number(row.estimate)} ({number(row.low)} to {number(row.high)})",))
        for row in fit.parameters().itertuples()
        if row.parameter not in own
    )
    caption = f"Components, slopes and cut-offs{scale_of(fit.trials)}"
    return Table(caption, ("Part", "Effect"), rows)
