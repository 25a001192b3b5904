"""`compare`: outlooks side by side under a person's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

from needlewise.choice.fit import CLOSE, Fit, fit, leaders
from needlewise.choice.values import Values
from needlewise.choice.verdict import Verdict, verdict_of
from needlewise.distributions import Array
from needlewise.outlook import Outlook
from needlewise.outlook import draws as sobol
from needlewise.outlook.prediction import Item, draw_effects
from needlewise.outlook.what_if import what_ifs
from needlewise.synthesis.sensitivity import SensitivityRun, sensitivity_runs


@dataclass(frozen=True)
class Comparison:
    """Outlooks side by side.

    `against_none` holds each option against no needling, `between` each pair of needling options,
    for every pooled outcome and horizon; `otherwise` holds each option against no needling at the
    primary horizon by what else could count as the smallest difference worth having. `fit` is None
    where no values were given or triage stopped.
    """

    outlook: Outlook
    values: Values
    against_none: tuple[Verdict, ...]
    between: tuple[Verdict, ...]
    otherwise: Mapping[float, tuple[Verdict, ...]]
    fit: Fit | None

    def verdict(self, option: str, outcome: str, week: float) -> Verdict:
        return next(
            v for v in self.against_none
            if v.option == option and v.outcome == outcome and v.week == week
        )  # fmt: skip


def compare(outlook: Outlook, values: Values | None = None) -> Comparison:
    """The comparison of an outlook under values (None: those in the person's answers).

    Raises InputError for a criterion that does not exist or values that contradict each other.
    """
    topic = outlook.topic
    values = (values or values_of(outlook)).checked(topic)
    if not outlook.triage.comparison_shown:
        return Comparison(outlook, values, (), (), {}, None)
    # Verdicts hang on the trials alone, so all people whom the same trials are about share them.
    against_none, between, otherwise = outlook.base.remember(
        ("verdicts", outlook.subject.audience), partial(_verdicts, outlook)
    )
    found = _tested(outlook, values, fit(outlook, values)) if values.given else None
    return Comparison(outlook, values, against_none, between, otherwise, found)


def _verdicts(
    outlook: Outlook,
) -> tuple[tuple[Verdict, ...], tuple[Verdict, ...], dict[float, tuple[Verdict, ...]]]:
    """Each option against no needling, and each pair, for every pooled outcome and horizon; the
    first again at the primary horizon by other smallest differences worth having.
    """
    settings = outlook.topic.settings
    primary = str(settings["primary"]["outcome"])
    times = [
        (outcome, float(horizon["week"]))
        for outcome, about in settings["outcomes"].items()
        if about["pooled"]
        for horizon in settings["horizons"]
    ]
    options = [o.id for o in outlook.topic.options if o.id != outlook.reference]
    return (
        tuple(
            verdict_of(outlook, option, outlook.reference, *time)
            for time in times for option in options
        ),
        tuple(
            verdict_of(outlook, one, other, *time)
            for time in times for one, other in combinations(options, 2)
        ),
        {
            float(important): tuple(
                verdict_of(
                    outlook, option, outlook.reference, primary, float(settings["primary"]["week"]),
                    float(important),
                )
                for option in options
            )
            for important in settings["outcomes"][primary]["important_difference_sensitivity"]
        },
    )  # fmt: skip


def values_of(outlook: Outlook) -> Values:
    """The values in the person's answers, empty where there are none."""
    person = outlook.person
    if isinstance(person.weights, Mapping):
        return Values.weighted(person.weights)
    if person.ranking:
        return Values.ranking(*person.ranking)
    if person.statements:
        return Values.stated(*person.statements)
    return Values()


def _tested(outlook: Outlook, values: Values, found: Fit) -> Fit:
    """A verdict beyond a close call stays only if it holds under every sensitivity run."""
    if found.leader is None:
        return found
    runs = {
        outcome: sensitivity_runs(outlook.topic, outcome, outlook.subject.audience)
        for outcome in ("pain", "disability")
    }
    names = [run.name for run in runs["pain"]]
    drawn = [
        outlook.base.remember(
            ("run draws", outlook.subject.audience, pain.name, tuple(outlook.draws)),
            partial(_run_draws, outlook, {"pain": pain, "disability": function}),
        )
        for pain, function in zip(runs["pain"], runs["disability"], strict=True)
    ]
    others = leaders(outlook, values, drawn)
    for run in what_ifs(outlook):
        names.append(run.name)
        others += leaders(replace(outlook, shares=run.shares), values, [outlook.draws])
    overturned = [name for name, other in zip(names, others, strict=True) if other != found.leader]
    if not overturned:
        return found
    return replace(found, verdict=CLOSE, leader=None, overturned_by=tuple(overturned))


def _run_draws(
    outlook: Outlook, runs: Mapping[str, SensitivityRun]
) -> dict[tuple[str, float, str], Array]:
    """Draws of the same contrasts under a run; what it cannot support keeps its main draws."""
    found = dict(outlook.draws)
    for outcome, columns in (
        ("pain", (sobol.EFFECT_NODE, sobol.PAIN)),
        ("disability", (sobol.FUNCTION_NODE, sobol.FUNCTION)),
    ):
        effects = runs[outcome].effects
        if effects is None:
            continue
        keys = [
            k for k in outlook.draws
            if k[0] == outcome and effects.known(outlook.topic.option(k[2]).components)
        ]  # fmt: skip
        items = [Item(outlook.topic.option(k[2]).components, (), k[1]) for k in keys]
        found.update(zip(keys, draw_effects(effects, items, *columns), strict=True))
    return found
