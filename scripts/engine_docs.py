"""The pages of the engine for any network: each method with formula, source and real output."""

import contextlib
import io
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

HEAD = """# Any network meta-analysis

Made by `python scripts/make_docs.py`; every output below is what the code above it prints. The data
are the smoking cessation trials of Hasselblad (1998), 24 trials of four options, two with a zero arm,
and others of `tests/published/`, which are checked there against their printed answers.

    needlewise nma trials.csv --better higher --html report.html --figures pictures/

reads the table in whatever usual layout it has, says which one it found, fits it, and prints what the
trials say together, whether they agree, which trials fit worst, and what was done. `--json` prints
the same with `heterogeneity` (`tau`, `low`, `high`) and `effects` (a list with `option`, `reference`,
`estimate`, `se`, `low`, `high`). The same from Python:

"""

PARTS = [
    ("Reading trials", """A row an arm, a row a trial, a row a contrast, or effects against a trial's
first arm; CSV, Parquet, DataFrame. Contrasts of one trial keep the covariance of their shared arm:
`V = a_1 J + diag(a_2 ... a_k)` with variances of arms `a`, recovered from printed contrasts by
`v_jk = a_j + a_k`; for standardised differences `1/n_1 + g_b g_c / (2N)` (Gleser and Olkin 2009).
Contrasts that no arms can give are refused by name.
""", """import needlewise as nw

trials = nw.read_network("tests/published/hasselblad1998.csv", "OR")
print(trials.layout)
print(trials.options, len(trials.trials), "trials,", trials.likelihood)
print("\\n".join(trials.notes))"""),
    ("The exact posterior", """`y_i = X_i d + u_i + e_i`, `Var(u_i) = tau^2 (I + J) / 2`. Given tau all
integrates in closed form (`A = D^-1 + X' V^-1 X`, mean `A^-1 X' V^-1 y`); over tau by Gauss-Legendre
quadrature. Each trial is turned once (`V = L L'`, `L^-1 S L^-T = Q diag(lambda) Q'`), after which a
value of tau is a weighting by `1 / (1 + tau^2 lambda)`. No sampling, no convergence to check. Priors
are printed with every result, also those taken by name (`tau_prior="turner(pain,
nonpharmacological-placebo)"`, Turner et al. 2015 for odds ratios, `"rhodes(mental health,
pharmacological-placebo)"`, Rhodes et al. 2015 for standardised differences); by default tau is half-normal (0.5 on log and standardised scales, half
the spread of the effects seen otherwise). Checked to 1e-4 SD against a dense reference that shares no
code, and to the printed digits of bayesmeta (Röver 2020) on two data sets.
""", """fitted = nw.synthesise(trials)
print(fitted.summary().round(3).to_string(index=False))
print(fitted.heterogeneity)
print(fitted.prior)"""),
    ("Counts with their own likelihood", """Binomial (logit, or cloglog for hazards) and Poisson (log)
likelihoods with a free baseline for each trial and no zero-cell rule. Given tau and the effects, a
trial's latent predictors integrate by Laplace's method; the Gaussian at the joint mode is corrected
by importance weights on a fixed Sobol set, and `effective` says how much of that set counts (1: the
Gaussian was right). Against long runs of JAGS: means within 0.05 SD, SDs within 5 %. In trials of a
dozen people tau itself may be a few percent too small (see `tests/synthesis/nma/test_counts.py`).
""", """counts = nw.synthesise(trials, likelihood="counts", tau_prior="uniform(5)")
print(counts.effects().round(3).to_string(index=False))
print(counts.heterogeneity)
print("effective share of the points:", round(counts.effective, 2))"""),
    ("The frequentist twin", """tau by REML, ML, DerSimonian-Laird for networks (Jackson, White and Riley
2012) or Paule-Mandel; Wald, t or Hartung-Knapp intervals; the interval of tau from the profile
likelihood (REML, ML) or the Q profile (DL, PM; Viechtbauer 2007).
""", """reml = nw.synthesise(nw.read_network("tests/published/senn2013.csv"), tau="reml")
print(reml.effects().round(4).to_string(index=False))
print(reml.heterogeneity)"""),
    ("League, ranks, chances", """`league()` and `league_table()`; `ranks()` with SUCRA (posterior) or
P-score (estimate), both the mean probability of beating each other option and exact here (Rücker and
Schwarzer 2015); `rank_probabilities()` from a Sobol set; `beats(margin)`.
""", """print(fitted.league_table().to_string())
print(fitted.ranks(better="higher").round(3).to_string(index=False))
print(fitted.beats(0.2, better="higher").round(2).to_string())"""),
    ("Do the trials agree", """Q of the whole, within and between designs (Higgins et al. 2012); the
design-by-treatment test with heterogeneity left in; direct against indirect evidence for every pair,
calculated back from network and direct estimate (König, Krahn and Binder 2013).
""", """from needlewise.synthesis.nma.checks import design_by_treatment, node_splits, q_decomposition

print(q_decomposition(trials).round(4).to_string(index=False))
print(design_by_treatment(trials).round(4).to_string(index=False))
print(node_splits(fitted).round(2).to_string(index=False))"""),
    ("Deviance, and no consistency at all", """Residual deviance, pD and DIC of the contrasts (Spiegelhalter
et al. 2002), in closed form; the model of unrelated mean effects, a mean for each pair by itself (Dias et
al. 2013), to hold beside the consistent one.
""", """from needlewise.synthesis.nma.deviance import deviance, unrelated_mean_effects

print("consistent:", deviance(fitted))
unrelated = unrelated_mean_effects(trials)
print("unrelated:", unrelated.deviance)
print(unrelated.effects.round(2).to_string(index=False))"""),
    ("Inconsistency as a variance", """Designs (sets of options compared in one trial) deviate from
consistency by deviations with an SD of their own, gamma (Jackson et al. 2014, Law et al. 2016): by REML or
ML with profile intervals, or as a second dimension of the posterior.
""", """loose = nw.synthesise(trials, inconsistency=True)
print(loose.effects().round(3).to_string(index=False))
print("between trials:", loose.heterogeneity)
print("between designs:", str(loose.inconsistency).replace("tau", "gamma"))"""),
    ("Classes of options", """An option's effect is the mean of its class plus a deviation with an SD that all
classes share (Dias et al. 2018, chapter 8); that SD is a second dimension of the posterior. The published
analysis of the 41 treatments for social anxiety gives classes an SD each, some with informative priors; so
the figures differ: CBT for individuals -1.17 (SD 0.15) there, phenelzine -1.27 (0.15).
""", """anxiety = nw.read_network(
    "tests/published/social_anxiety.csv", "SMD", classes="class", reference="Waitlist"
)
nested = nw.synthesise(
    anxiety, classes=True, tau_prior="half-normal(5)", class_prior="half-normal(1)"
)
print(nested.effects().set_index("option").loc[["CBT individual", "Phenelzine"]].round(2).to_string())
print("within classes:", str(nested.within_classes).replace("tau", "SD"))"""),
    ("Where an effect comes from", """Shares of comparisons and of trials: the flow of direct evidence from one
option to the other, taken apart along shortest paths (Papakonstantinou et al. 2018); trials of several
arms enter by the weights of their Laplacian (Rücker and Schwarzer 2014).
""", """from needlewise.synthesis.nma.contributions import comparison_shares, trial_shares

print(comparison_shares(fitted, "self_help").round(3).to_string(index=False))
print(trial_shares(fitted, "self_help").head(4).round(3).to_string(index=False))"""),
    ("Components", """An option's effect is the sum of its components', with interactions as named
(Rücker, Petropoulou and Schwarzer 2020); networks that no trial joins can be joined by shared
components. What the trials cannot tell apart is refused by name, or, with a prior, named as such.
""", """from needlewise.synthesis.nma.checks import additivity

copd = nw.read_network("tests/published/baker2009.csv")
parts = nw.synthesise(copd, tau="dl", components="+", inactive="Placebo")
print(parts.parameters().round(3).to_string(index=False))
print(additivity(copd, "+", "Placebo").round(3).to_string(index=False))"""),
    ("Covariates", """A covariate of the trials moves every option but the reference, by one slope or one
for each (`slopes="own"`); effects hold at its mean.
""", """import csv

rows = list(csv.DictReader(open("tests/published/bcg.csv", encoding="utf-8")))
table = {
    "study": [r["study"] for r in rows], "latitude": [r["abs_latitude"] for r in rows],
    "events_t": [r["tb_vacc"] for r in rows], "events_c": [r["tb_ctrl"] for r in rows],
    "n_t": [int(r["tb_vacc"]) + int(r["no_tb_vacc"]) for r in rows],
    "n_c": [int(r["tb_ctrl"]) + int(r["no_tb_ctrl"]) for r in rows],
}
bcg = nw.read_network(table, "RR", covariates=["latitude"])
print(nw.synthesise(bcg, tau="reml", covariates=["latitude"]).parameters().round(4).to_string())"""),
    ("What each trial does", """Residuals and leverage; every trial left out at once, by a downdate of the
posterior; how far a trial's result would have to move for another option to be best (Phillippo et al.
2018); the comparison-adjusted funnel and Egger's regression (Chaimani et al. 2013).
""", """from needlewise.synthesis.nma.influence import egger, leave_one_out, residuals, thresholds

print(residuals(fitted).head(3).round(3).to_string(index=False))
print(leave_one_out(fitted).head(3).round(3).to_string(index=False))
print(thresholds(fitted, better="higher").head(3).round(3).to_string(index=False))
print(egger(fitted).round(3).to_string(index=False))"""),
]  # fmt: skip

LIMITS = """## What it does not do yet

Horizons outside the low-back-pain topic, baseline risk, Mantel-Haenszel, net heat and
certainty for any network, deviance of counts, priors of heterogeneity for areas
of medicine apart (Rhodes 2015, appendix), ordered categories, individual participants' data, and export to
ArviZ. Node-splitting with multi-arm trials is calculated back, not refitted.
"""

COMING = """# Coming from netmeta, multinma or gemtc

Tables in the layout you have are read as they are; `trials.layout` says what was recognised.

| there | here |
|---|---|
| `pairwise(...)` then `netmeta(TE, seTE, treat1, treat2, studlab)` | `nw.read_network(file, measure)`, `nw.synthesise(trials, tau="reml")` |
| `netmeta(..., method.tau = "DL")` | `nw.synthesise(trials, tau="dl")` |
| `netmeta(..., common = TRUE, random = FALSE)` | `nw.synthesise(trials, model="common", tau="dl")` |
| `method.random.ci = "HK"` / `"t-dist"` | `test="hartung-knapp"` / `test="t"` |
| `netleague(net)` | `fitted.league_table()` |
| `netrank(net)` | `fitted.ranks(better="lower")` |
| `rankogram(net)` | `fitted.rank_probabilities()`, `nw.report.rankogram(fitted)` |
| `netsplit(net)` | `checks.node_splits(fitted)` |
| `decomp.design(net)` | `checks.q_decomposition(trials)`, `checks.design_by_treatment(trials)` |
| `nma(..., consistency = "ume")`, `dic(fit)` | `deviance.unrelated_mean_effects(trials)`, `deviance.deviance(fitted)` |
| `netcontrib(net)` | `contributions.comparison_shares(fitted, option)`, `trial_shares` |
| `rma.mv(..., random = list(~ arm \\| study, ~ arm \\| design))` | `nw.synthesise(trials, tau="reml", inconsistency=True)` |
| `netcomb(net, inactive = "Placebo")` | `nw.synthesise(trials, components="+", inactive="Placebo")` |
| `discomb(...)` | the same: parts that no trial joins are joined by components |
| `funnel(net, order = ...)` | `influence.funnel(fitted)`, `nw.report.funnel(fitted)` |
| `forest(net)`, `netgraph(net)` | `nw.report.forest(fitted)`, `nw.report.network_graph(trials)` |
| `set_agd_arm(...)`, `nma(trt_effects = "random")` | `nw.read_network(file, "OR")`, `nw.synthesise(trials, likelihood="counts")` |
| `trt_class = ...`, `nma(..., class_effects = "exchangeable")` | `nw.read_network(file, classes="class")`, `nw.synthesise(trials, classes=True)` |
| `prior_het = half_normal(5)` | `tau_prior="half-normal(5)"` |
| `prior_trt = normal(scale = 100)` | `effect_sd=100` |
| `predict(..., type = "link")` of a new study | `fitted.effects(new_trial=True)` |
| `posterior_rank_probs(fit)` | `fitted.rank_probabilities()` |
| `mtc.network(data.ab = ...)`, `mtc.run(mtc.model(...))` | `nw.read_network(table)`, `nw.synthesise(trials, likelihood="counts")` |
| `relative.effect.table(results)` | `fitted.league()` |

`checks`, `deviance`, `influence` and `contributions` stand in `needlewise.synthesis.nma`.

What differs on purpose: zero cells get one half in the trials that have them (`increment_for` says
otherwise), and none with `likelihood="counts"`; trials without any event are left out of ratios and
named; Hartung-Knapp has no floor; a prediction interval is normal unless `test` says t; contrasts
that contradict each other stop with the trial's name, not with missing values.
"""


def _output(code: str, names: dict[str, object]) -> str:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.chdir(ROOT):
        exec(code, names)
    return told.getvalue().rstrip()


def network_page() -> str:
    """The page of the engine with the output of every example."""
    names: dict[str, object] = {}
    found = [HEAD]
    for title, text, code in PARTS:
        found.append(f"## {title}\n\n{text}\n```python\n{code}\n```\n\n```\n")
        found.append(f"{_output(code, names)}\n```\n\n")
    return "".join([*found, LIMITS])
