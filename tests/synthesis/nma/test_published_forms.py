"""Published forms and components of a therapy: arms that share their trial's effect."""

import math

import numpy as np
import pytest
from tests.synthesis.nma.test_published import columns, printed, same

from needlewise.evidence.tables import read_network
from needlewise.synthesis.nma import fit
from needlewise.synthesis.nma.classic import estimate_tau, q_at, solved
from needlewise.synthesis.nma.design import design
from needlewise.synthesis.nma.whitened import whitened

# ---- Forms and components of a therapy: arms that share their trial's effect ----

FORMS = ("F2F CBT", "Hybrid CBT", "Multimedia CBT")
PARTS = ("multi", "cog", "ba", "psed", "home", "prob", "soc", "relax", "goal", "final")


def therapies():
    """Trials to their arms: form, components, mean, and `se` as the standard error it is called.

    In the published models arms of one form share their trial's effect, which is what putting them
    together by inverse variance does.
    """
    given, found = columns("lopez2019"), {}
    for k, study in enumerate(given["study"]):
        has = {part: float(given[part][k]) for part in PARTS}
        arm = (given["treatment"][k], has, float(given["mean"][k]), float(given["se"][k]))
        found.setdefault(study, []).append(arm)
    return found


def together(arms):
    """Mean, standard error and Q of arms put together by inverse variance."""
    means, weights = np.array([arm[2] for arm in arms]), np.array([arm[3] ** -2.0 for arm in arms])
    mean = weights @ means / weights.sum()
    return float(mean), float(weights.sum() ** -0.5), float(weights @ np.square(means - mean))


def by_form(name):
    """Trials with each form called `name` of it, and Q within forms.

    A name said several times is the same component in a different option: so the trials of one form
    against itself, which tell of tau alone, keep two arms.
    """
    rows, inside = [], 0.0
    for study, arms in therapies().items():
        forms = list(dict.fromkeys(form for form, *_ in arms))
        for form in forms:
            own = [arm for arm in arms if arm[0] == form]
            for k, group in enumerate([[arm] for arm in own] if len(forms) == 1 else [own]):
                mean, error, q = together(group)
                inside += q
                times = 1 + k + 2 * (FORMS.index(form) if form in FORMS else 0)
                rows.append((study, " + ".join([name(form)] * times), mean, error))
    table = zip(("study", "treatment", "mean", "se"), zip(*rows, strict=True), strict=True)
    return read_network(dict(table), reference="TAU"), inside


@pytest.mark.parametrize(("id", "name"), [
    ("nma_reml", str), ("collapsed_cbt", lambda form: "CBT" if form in FORMS else form),
])  # fmt: skip
def test_forms_of_therapy(id, name):
    known = printed("lopez2019", id)
    trials, inside = by_form(name)
    fitted = fit(trials, tau="reml", components="+", inactive="TAU")
    same(fitted.heterogeneity.tau**2, known["tau2"])
    found = fitted.parameters().set_index("parameter")
    for part, target in known["values"].items():
        same(found.loc[part, "estimate"], target["estimate"])
        same(found.loc[part, "se"], target["se"])
    same(float(q_at(fitted.white, np.zeros(1))[0]) + inside, known["fit"]["QE"])
    if id == "nma_reml":
        known = printed("lopez2019", "random_inconsistency")
        fitted = fit(trials, tau="reml", components="+", inactive="TAU", inconsistency=True)
        same(fitted.heterogeneity.tau**2, known["tau2"])
        same(fitted.inconsistency.tau**2, known["gamma2"])


def test_components_of_therapy():
    """The published model takes an arm's components against a control alone, not between two arms
    of therapy, and three trials have arms of one form with different components but one effect.
    """
    known = printed("lopez2019", "components")
    rows, inside, sharing = [], 0.0, {}
    for study, arms in therapies().items():
        controlled = any(form not in FORMS for form, *_ in arms)
        groups = {}
        for k, arm in enumerate(arms):
            groups.setdefault((arm[0], *arm[1].values()) if controlled else k, []).append(arm)
        forms = [group[0][0] for group in groups.values()]
        if controlled and len(set(forms)) < len(forms):
            sharing[study] = forms
        for k, group in enumerate(groups.values()):
            form, has, *_ = group[0]
            mean, error, q = together(group)
            inside += q
            therapy = form in FORMS and controlled
            told = form if controlled else " + ".join(["CBT"] * (k + 1))
            rows.append((study, told, mean, error, float(therapy),
                         *(value * therapy for value in has.values())))  # fmt: skip
    names = ("study", "treatment", "mean", "se", "CBT", *PARTS)
    table = dict(zip(names, zip(*rows, strict=True), strict=True))
    trials = read_network(table, reference="TAU", component_columns=["CBT", *PARTS])
    model = design(trials, components="+", inactive="TAU")
    effects = []
    for trial in trials.trials:
        effect = 0.5 + 0.5 * np.eye(len(trial.y))
        if trial.name in sharing:  # its control is first, all others are of one form
            assert len(set(sharing[trial.name][1:])) == 1
            effect = np.ones_like(effect)
        effects.append(effect)
    white = whitened(trials.trials, model.rows, effects)
    same(float(q_at(white, np.zeros(1))[0]) + inside, known["fit"]["QE"])
    tau = estimate_tau(white, "reml").tau
    same(tau**2, known["tau2"])
    means, covariances, _ = solved(white.sums(np.array([tau**2])))
    for part, target in known["values"].items():
        place = model.names.index(part)
        same(means[0, place], target["estimate"])
        same(math.sqrt(covariances[0, place, place]), target["se"])
