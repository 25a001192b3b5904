"""A fitted network as a page: what it says, how sure that is, and what was done to get it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap
from typing import TYPE_CHECKING

from needlewise.evidence.tables import Trials
from needlewise.report.document import (
    Block,
    Bullets,
    Callout,
    Document,
    Num,
    Paragraph,
    Picture,
    Section,
    Table,
    Text,
    line,
)
from needlewise.report.nma import more_pictures, over_time, pictures
from needlewise.report.nma.as_json import CERTIFIED, PLAIN, certified
from needlewise.report.nma.drawing import Drawing
from needlewise.report.nma.pictures import number, shown
from needlewise.synthesis.domains import CONCERNS, DOMAINS, NO
from needlewise.synthesis.nma import Fit, horizons, plain
from needlewise.synthesis.nma.certainty import Ratings, certainty
from needlewise.synthesis.nma.checks import (
    additivity,
    design_by_treatment,
    i_squared,
    node_splits,
    q_decomposition,
)
from needlewise.synthesis.nma.deviance import deviance
from needlewise.synthesis.nma.fit import Heterogeneity
from needlewise.synthesis.nma.influence import egger, residuals

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_PAIRS, MOST_SPLIT, MOST_SPLITS, WORST, FEW, NAMED = 15, 60, 60, 5, 4, 6
UNBOUND = 8.0  # standard error of a log ratio
COUNTED = "Bayesian: the posterior by quadrature over tau, without sampling"
METHODS = {
    "bayes": "Bayesian: the exact posterior by quadrature over tau, without sampling",
    "reml": "tau by restricted maximum likelihood",
    "ml": "tau by maximum likelihood",
    "dl": "tau by DerSimonian and Laird for networks (Jackson, White and Riley 2012)",
    "pm": "tau by Paule and Mandel",
}
RARE = {
    "mantel-haenszel": "Mantel-Haenszel by design, without a zero-cell rule",
    "hypergeometric": "exact conditional (non-central hypergeometric) likelihood, by maximum",
}
TESTS = {
    "wald": "normal intervals", "t": "t intervals",
    "hartung-knapp": "Hartung-Knapp variances and t intervals, also where they are narrower",
}  # fmt: skip
REFERENCES = {
    "network": "Lu and Ades 2004, Stat Med 23:3105-3124 (network meta-analysis)",
    "design": "Higgins et al. 2012, Res Synth Methods 3:98-110 (design-by-treatment)",
    "split": "König, Krahn and Binder 2013, Stat Med 32:5414-5429 (direct and indirect evidence)",
    "rank": "Rücker and Schwarzer 2015, BMC Med Res Methodol 15:58 (P-scores and SUCRA)",
    "components": "Rücker, Petropoulou and Schwarzer 2020, Biom J 62:808-821 (components)",
    "egger": "Chaimani et al. 2013, PLoS ONE 8:e76654 (comparison-adjusted funnel)",
    "shares": "Papakonstantinou et al. 2018, F1000Research 7:610 (contributions)",
    "heat": "Krahn, Binder and König 2013, BMC Med Res Methodol 13:35 (net heat)",
    "mantel-haenszel": "Efthimiou et al. 2019, Stat Med 38:2992-3012 (Mantel-Haenszel)",
    "hypergeometric": "Stijnen, Hamza and Özdemir 2010, Stat Med 29:3046-3067 (hypergeometric)",
    "certainty": "Nikolakopoulou et al. 2020, PLoS Med 17:e1003082 (CINeMA), adapted",
}

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
    "GEN": "They are in the unit of the estimates given, each option less {}.",
}
DEVIANCE = (
    "Where the model fits, the residual deviance is near the number it is held against; of two "
    "models of the same data the one with the lower DIC predicts better."
)
PICTURED = {"shares": "contributions", "heat": "net-heat"}  # methods that a picture brings


def nma_document(
    fit: Fit, *, better: str = "lower", whole: bool = True, important: float | None = None,
    ratings: Ratings | DataFrame | None = None, known: Mapping[str, int] | None = None,
    without_each: DataFrame | None = None,
) -> Document:  # fmt: skip
    """The page of a fit; not `whole`, for a terminal: without pictures, pairs only of a few.

    With `important` also the certainty of each effect, whose arguments it, `ratings` and `known`
    are; `without_each`: effects without each trial, as `leave_one_out` has them.
    """
    trials = fit.trials
    checked = plain(fit)
    made = _drawn(fit, checked, better) if whole else {}
    sections = [_answer(fit, better)]
    if important is not None:
        found = certainty(checked, important=important, ratings=ratings, known=known)
        sections.append(_certainty(fit, found, important, better))
    sections.append(_read(fit))
    if whole:
        pictured = tuple(starmap(_picture, made.items()))
        sections.append(Section("pictures", "Pictures", pictured))
    if whole or len(trials.options) <= FEW:
        sections.append(_league(fit))
    also = [name for name, picture in PICTURED.items() if picture in made]
    also += [] if important is None else ["certainty"]
    sections += [_agreement(checked), _trials(checked, without_each), _done(fit, also)]
    title = f"Network meta-analysis: {len(trials.options)} options, {len(trials.trials)} trials"
    facts = (
        ("Made", "by needlewise, a general network meta-analysis; it says nothing of needles"),
        ("Measure", _measure(trials)),
    )
    return Document(title, (), tuple(sections), facts)


def _measure(trials: Trials) -> str:
    name = pictures.unit(trials)
    return f"{name}, worked out by its logarithm" if trials.is_ratio else name


def _scale(trials: Trials) -> str:
    """What is added to a caption of numbers as the model has them."""
    return ", as logarithms of ratios" if trials.is_ratio else ""


def _interval(fit: Fit, estimate: float, low: float, high: float, id: str) -> Text:
    as_shown = shown(fit.trials)
    return line(
        "{} ({} to {})", Num(number(as_shown(estimate)), id), number(as_shown(low)),
        number(as_shown(high)),
    )  # fmt: skip


def _answer(fit: Fit, better: str) -> Section:
    trials = fit.trials
    ranks = fit.ranks(better=better)
    found = fit.summary()
    place = {row.option: row for row in found.itertuples()}
    score = {row.option: row.score for row in ranks.itertuples()}
    name = "SUCRA" if fit.method == "bayes" else "P-score"
    columns = ["Option", pictures.heading(trials)]
    if fit.model == "random":
        columns.append("New trial")
    columns.append(name)
    rows = []
    for option in ranks["option"]:
        if option == trials.reference:
            cells: list[Text] = [(option,), ("the reference",)]
            cells += [("–",)] if fit.model == "random" else []
        else:
            row = place[option]
            cells = [(option,), _interval(fit, row.estimate, row.low, row.high, f"nma.{option}")]
            if fit.model == "random":
                as_shown = shown(trials)
                cells.append((f"{number(as_shown(row.new_low))} to "
                              f"{number(as_shown(row.new_high))}",))  # fmt: skip
        rows.append((*cells, (f"{100 * score[option]:.0f} %",)))
    blocks: list[Block] = [
        Table(
            f"Against {trials.reference}; best first, where {better} is better; 95 % ranges",
            tuple(columns),
            tuple(rows),
        )
    ]
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
    if fit.loose:
        blocks.insert(0, Callout("warning", "The prior speaks here, not the trials", (
            (f"The trials do not tell these apart: {', '.join(fit.loose[:20])}.",),
        )))  # fmt: skip
    unbound = [row.option for row in found.itertuples() if trials.is_ratio and row.se > UNBOUND]
    if unbound:
        blocks.insert(0, Callout("warning", "The trials hardly bound these", (
            (f"The ranges of {', '.join(unbound[:20])} reach from nearly nothing to millions: read "
             "them as unknown.",),
        )))  # fmt: skip
    if apart := horizons.not_joined(fit):
        blocks.insert(0, Callout("warning", "No trials compare these at that week", (
            (f"About week {fit.design.asked['weeks']:g} no trials lead from these to "
             f"{trials.reference}: {', '.join(apart[:20])}. Their numbers here lean on other weeks "
             "and on the prior.",),
        )))  # fmt: skip
    if not certified(fit):
        blocks.insert(0, _uncertified(fit))
    if not set(fit.design.names) <= set(_effects(fit)):
        blocks.append(_parameters(fit))
    return Section("answer", "What the trials say together", tuple(blocks))


def _turned(better: str) -> str:
    return f"--better {'higher' if better == 'lower' else 'lower'}"


def _tau_meant(fit: Fit) -> str:
    scale = " of the logarithm of the ratio" if fit.trials.is_ratio else ""
    told = f"Tau is the standard deviation{scale} from trial to trial that chance does not make; "
    told += "'New trial' is the range in which the effect of one more such trial would lie."
    if not math.isfinite(fit.heterogeneity.high):
        told += " These trials are too few to set an upper limit to tau."
    return told


def _uncertified(fit: Fit) -> Callout:
    """Counts whose posterior the importance weights do not vouch for."""
    return Callout("warning", "These numbers are not certified", (
        (f"The posterior of the counts was checked at many points, of which {_share(fit)} count; "
         f"below {100 * CERTIFIED:.0f} % estimates and ranges may be far off. The trials tell too "
         "little for this model: use fewer covariates, no slope on the baseline, or a narrower "
         "prior of effects (effect_sd).",),
    ))  # fmt: skip


def _share(fit: Fit) -> str:
    share = 100 * fit.effective
    return f"{share:.0f} %" if share >= 1 else "less than 1 %"


def _certainty(fit: Fit, found: DataFrame, important: float, better: str) -> Section:
    """The level of each effect, best first, and the reasons of all domains."""
    columns = {name: name.replace(" ", "_").replace("-", "_") for name in DOMAINS}
    place = {row["option"]: row for row in found.to_dict("records")}
    options = [o for o in fit.ranks(better=better)["option"] if o in place]
    reasons: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    rows = []
    for option in options:
        row = place[option]
        lowers = []
        for concern in CONCERNS[1:]:
            named = [name for name, column in columns.items() if row[column] == concern]
            lowers += [f"{concern}: {', '.join(named)}"] if named else []
        rows.append(((option,), (row["level"],), ("; ".join(lowers) or NO,)))
        for name, column in columns.items():
            reasons[name, row[column], row[f"{column}_reason"]].append(option)
    order = sorted(reasons, key=lambda key: (DOMAINS.index(key[0]), CONCERNS.index(key[1])))
    told = tuple(
        ((name,), (concern,), (reason,), (_some(reasons[name, concern, reason], len(options)),))
        for name, concern, reason in order
    )
    size = number(shown(fit.trials)(important))
    words = [f"The smallest difference worth having: {size}."]
    if fit.trials.is_ratio:
        words.append(f"It is a ratio; its inverse is {number(shown(fit.trials)(-important))}.")
    if not fit.is_plain:
        words.append(f"Judged in {PLAIN}.")
    return Section("certainty", "How sure each effect is", (
        Table(f"Certainty, against {fit.trials.reference}",
              ("Option", "Certainty", "What lowers it"), tuple(rows)),
        Paragraph((" ".join(words),)),
        Table("Why", ("Domain", "Judgement", "Reason", "Options"), told),
    ))  # fmt: skip


def _some(options: list[str], count: int) -> str:
    """The options a reason holds for, in short."""
    if len(options) == count:
        return "all"
    more = f" and {len(options) - NAMED} more" if len(options) > NAMED else ""
    return ", ".join(options[:NAMED]) + more


def _by_week(fit: Fit) -> Table:
    """Effects at each knot; what no trials join about a week has no number."""
    found = horizons.over_time(fit)
    cells: dict[str, list[Text]] = {option: [] for option in fit.trials.options[1:]}
    for row in found.itertuples():
        cells[row.option].append(
            _interval(fit, row.estimate, row.low, row.high, f"nma.{row.option}.{row.weeks:g}")
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
    caption = f"Components, slopes and cut-offs{_scale(fit.trials)}"
    return Table(caption, ("Part", "Effect"), rows)


def _read(fit: Fit) -> Section:
    trials = fit.trials
    told: list[Text] = [(f"Read as {trials.layout}.",), (f"Measure: {_measure(trials)}.",)]
    told += [(f"Left out: {name}: {why}.",) for name, why in trials.left_out]
    told += [(f"{note}.",) for note in trials.notes[:40]]
    if fit.likelihood != "normal" and any("because of a zero" in n for n in trials.notes):
        told.append((
            "What is added because of a zero serves the checks alone: the effects need none of it.",
        ))  # fmt: skip
    often = Counter(option for trial in trials.trials for option in trial.options)
    few = [option for option in trials.options if often[option] == 1]
    if few:
        told.append((f"One trial only: {', '.join(few[:20])}.",))
    return Section("read", "What was read", (Bullets(tuple(told)),))


def drawings(fit: Fit, better: str) -> dict[str, Drawing]:
    """All pictures of a fit by their file names; of large networks those that can be read."""
    return _drawn(fit, plain(fit), better)


def _drawn(fit: Fit, checked: Fit, better: str) -> dict[str, Drawing]:
    """The pictures; what an effect is made of and net heat are of the plain network."""
    options, reference = fit.trials.options, fit.trials.reference
    found = {"network": pictures.network_graph(fit.trials), "forest": pictures.forest(fit)}
    if len(options) <= pictures.MOST_HEAT:
        found["league"] = pictures.league_heat_map(fit, better=better)
        found["ranks"] = pictures.rankogram(fit, better=better)
    found["funnel"] = pictures.funnel(fit)
    if fit.design.weeks and len(options) <= over_time.MOST_PANELS:
        found["over-time"] = over_time.effects_over_time(fit)
    if fit.model == "random":
        found["heterogeneity"] = pictures.heterogeneity(fit)
    if len(options) <= more_pictures.MOST_SHARED:
        if len(options) > 2 and fit.design.names == options[1:]:
            best = next(o for o in fit.ranks(better=better)["option"] if o != reference)
            found["contributions"] = more_pictures.contributions_heat(checked)
            found["contribution-bars"] = more_pictures.contribution_bars(checked, best)
        found["net-heat"] = more_pictures.net_heat_map(checked)
    return found


def _picture(name: str, drawn: Drawing) -> Picture:
    return Picture(f"figure-{name}", "", drawn.svg, drawn.text, "picture.css")


def _league(fit: Fit) -> Section:
    options = fit.trials.options
    if len(options) > MOST_PAIRS:
        told = f"{len(options)} options make {len(options) * (len(options) - 1) // 2} pairs; they "
        return Section("league", "All pairs", (Paragraph((told + "are in the JSON.",)),))
    rows = tuple(
        ((row.option,), (row.against,),
         _interval(fit, row.estimate, row.low, row.high, f"nma.{row.option}.{row.against}"))
        for row in fit.league().itertuples()
    )  # fmt: skip
    table = Table("Each pair", ("Option", "Against", pictures.heading(fit.trials)), rows)
    return Section("league", "All pairs", (table,))


def _agreement(fit: Fit) -> Section:
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
            f"freedom, p = {_p(test['p'])}.",
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
         (f"{number(r.indirect)} (se {number(r.indirect_se)})",), (_p(r.p),))
        for r in told.itertuples()
    ]  # fmt: skip
    yield Table(
        f"Direct against indirect{_scale(fit.trials)}",
        ("Pair", "Trials", "Direct", "Indirect", "p"), tuple(rows),
    )  # fmt: skip


def _frame(caption: str, table: DataFrame, names: dict[str, str]) -> Table:
    def cell(value: object, column: str) -> Text:
        if isinstance(value, str):
            return (value,)
        found = float(str(value))
        if column == "p" and not math.isnan(found):
            return (_p(found),)
        return (f"{found:.0f}" if found.is_integer() else number(found),)

    known = [str(c) for c in table.columns]
    columns = tuple(names.get(c, c) for c in known)
    rows = tuple(
        tuple(cell(v, c) for v, c in zip(row, known, strict=True))
        for row in table.itertuples(index=False)
    )
    return Table(caption, columns, rows)


def _p(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


def _trials(fit: Fit, without_each: DataFrame | None) -> Section:
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
        blocks.append(_without_each(without_each, _scale(fit.trials)))
    small = egger(fit)
    if len(small) and math.isfinite(small.iloc[0]["p"]):
        row = small.iloc[0]
        blocks.append(Paragraph((
            f"Small against large trials (Egger, comparison-adjusted): intercept "
            f"{number(row['intercept'])}, p = {_p(row['p'])}. Many things make a small p.",
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


def _done(fit: Fit, also: Sequence[str]) -> Section:
    counted = fit.counts_deviance is not None
    method = COUNTED if counted else RARE.get(fit.likelihood) or METHODS[fit.method]
    told = [f"{fit.model.capitalize()} effects. {method}."]
    if fit.method == "bayes":
        told.append(f"Priors: {fit.prior}.")
    else:
        told.append(f"{TESTS[fit.test].capitalize()}.")
    if counted:
        told.append(
            f"{fit.likelihood.capitalize()} likelihood of the counts by nested quadrature with "
            f"importance weights; {_share(fit)} of their points count at least."
        )
    told += list(_components(fit))
    if fit.design.weeks:
        weeks = ", ".join(f"{week:g}" for week in fit.design.weeks)
        told.append(
            f"Effects move in a line of log time between weeks {weeks}; the first table is of week "
            f"{fit.design.asked['weeks']:g}. One arm's errors are correlated in time: "
            "0.6 when it doubles."
        )
    if fit.inconsistency is not None:
        told.append("Inconsistency between designs as a second variance (Law et al. 2016).")
    if not fit.is_plain:
        told.append(f"Agreement and trials are checked in {PLAIN}.")
    if fit.model == "random":
        told.append("Random effects of one trial's contrasts share half their variance (one tau).")
    used = ["network", "design", "split", "rank", "egger"]
    used += ["components"] if fit.components is not None else []
    used += [fit.likelihood] if fit.likelihood in RARE else []
    used += also
    return Section("done", "What was done", (
        Bullets(tuple((one,) for one in told)),
        Bullets(tuple((REFERENCES[one],) for one in used), "Methods"),
    ))  # fmt: skip


def _components(fit: Fit) -> Iterator[str]:
    if any(fit.design.centres):
        values = {**fit.design.centres, **fit.design.asked}
        means = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        yield f"Effects hold at these values: {means}."
    if fit.components:
        rows = additivity(fit.trials, fit.components, fit.inactive).set_index("model")
        row = rows.loc["difference"]
        if row["df"] > 0:
            yield (
                f"Whether components add up: Q {number(row['Q'])} on {row['df']:.0f} degrees of "
                f"freedom, p = {_p(row['p'])}; a large p is no proof that they do."
            )
