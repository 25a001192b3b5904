"""What was read, and what was done to it, with the sources of the methods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from needlewise.report.document import Bullets, Section, Text
from needlewise.report.nma.as_json import PLAIN
from needlewise.report.nma.cells import measure, p_value, share_of
from needlewise.report.nma.pictures import number
from needlewise.synthesis.nma import Fit
from needlewise.synthesis.nma.checks import additivity

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


def read(fit: Fit) -> Section:
    trials = fit.trials
    told: list[Text] = [(f"Read as {trials.layout}.",), (f"Measure: {measure(trials)}.",)]
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


def done(fit: Fit, also: Sequence[str]) -> Section:
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
            f"importance weights; {share_of(fit)} of their points count at least."
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
                f"freedom, p = {p_value(row['p'])}; a large p is no proof that they do."
            )
