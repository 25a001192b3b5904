"""The evidence as text: rows used and not, effects with what may be shown, and person fields."""

from __future__ import annotations

from needlewise.errors import InputError
from needlewise.evidence import Network, audience_all, audience_default
from needlewise.person import describe_fields
from needlewise.synthesis.base import evidence_base
from needlewise.synthesis.effects import Effects
from needlewise.synthesis.sensitivity import sensitivity_runs
from needlewise.synthesis.synthesise import synthesise
from needlewise.topic import Topic


def _known(topic: Topic, outcome: str) -> None:
    if outcome not in topic.settings["outcomes"]:
        known = ", ".join(topic.settings["outcomes"])
        raise InputError(f"'{outcome}' is not an outcome of this topic; choose from {known}.")


def evidence_text(topic: Topic, outcome: str, *, everyone: bool) -> str:
    """Rows of an outcome: used, with arm, week, value and spread; not used, with the reason."""
    _known(topic, outcome)
    if not topic.settings["outcomes"][outcome]["pooled"]:
        return _listed(topic, outcome)
    audience = audience_all(topic) if everyone else audience_default(topic)
    network = evidence_base(topic).network(outcome, audience)
    lines = [
        f"{outcome}: {len(network.studies)} trials of {audience.name} used "
        f"({network.scale.unit}; higher is worse)", "",
    ]  # fmt: skip
    for study in network.studies:
        people = "size not stated" if study.people is None else f"{study.people} people"
        lines.append(f"{study.label} ({study.id}), {study.population}, {study.condition}, {people}")
        for arm in study.arms:
            for week, value, variance, source, places in zip(
                arm.weeks, arm.values, arm.variances, arm.sources, arm.places, strict=True
            ):
                lines.append(
                    f"  {' + '.join(arm.with_reference)}, week {week:g}: {value:.4g} "
                    f"(SE {variance**0.5:.3g}, {source}) {', '.join(places)}"
                )
    if network.merged:
        lines += ["", "Arms that received the same, joined by inverse variance:"]
        lines += [f"  {m}" for m in network.merged]
    return "\n".join([*lines, "", *_unused(network)]) + "\n"


def _unused(network: Network) -> list[str]:
    lines = [f"Not used: {len(network.unused)} rows"]
    by_reason: dict[str, list[str]] = {}
    for row in network.unused:
        by_reason.setdefault(row.why or "no reason given", []).append(
            f"{row.study} week {row.week or '?'} {row.place}"
        )
    for why, rows in sorted(by_reason.items(), key=lambda e: (-len(e[1]), e[0])):
        lines.append(f"{why} ({len(rows)})")
        lines += [f"  {r}" for r in rows]
    return lines


def _listed(topic: Topic, outcome: str) -> str:
    """An outcome that is not combined here: what each trial has."""
    lines = [f"{outcome}: listed only, not combined here", ""]
    for name in ("arm_results", "contrast_results"):
        for row in topic[name]:
            if row["outcome"] == outcome:
                arm = row.get("arm_id") or f"{row['arm_a']} against {row['arm_b']}"
                value = row.get("mean") or row.get("estimate") or "no figure"
                why = "usable" if row["use"] == "yes" else f"not usable: {row['why_not']}"
                lines.append(
                    f"{row['study_id']}, {arm}, {row['instrument']}, week {row['week'] or '?'}: "
                    f"{value} ({why}) {row.place}"
                )
    return "\n".join(lines) + "\n"


def effects_text(topic: Topic, outcome: str, *, everyone: bool, sensitivity: bool) -> str:
    """Every component against the reference at each horizon, and how exact it is."""
    _known(topic, outcome)
    if not topic.settings["outcomes"][outcome]["pooled"]:
        raise InputError(f"{outcome} is only listed; see needlewise evidence list.")
    audience = audience_all(topic) if everyone else audience_default(topic)
    effects = synthesise(evidence_base(topic).network(outcome, audience), check=True)
    tau = effects.tau()
    lines = [
        f"{outcome}, {audience.name}: {len(effects.network.studies)} trials, "
        f"{effects.network.scale.unit}, against {effects.network.reference}; negative is better",
        f"heterogeneity tau {tau.mean:.2f} ({tau.low:.2f} to {tau.high:.2f})",
        f"largest change of any figure with half as many nodes again: {effects.error:.1e} SD",
        "",
    ]
    for component in effects.network.components:
        lines.append(component)
        lines += [f"  week {w:g}: {_figure(effects, component, w)}" for w in effects.basis.knots]
    if sensitivity:
        lines += ["", "Sensitivity runs"]
        for run in sensitivity_runs(topic, outcome, audience):
            lines.append(run.name)
            lines += _run(topic, run.effects)
    return "\n".join(lines) + "\n"


def _figure(effects: Effects, component: str, week: float) -> str:
    summary = effects.summary(effects.contrast(week, (component,)))
    found = effects.support.get((component, week))
    flag = "" if found is None else f"; {found.status}, {len(found.trials)} trials, {found.kind}"
    return (
        f"{summary.mean:.1f} ({summary.low:.1f} to {summary.high:.1f}), SD {summary.sd:.2f}{flag}"
    )


def _run(topic: Topic, effects: Effects | None) -> list[str]:
    if effects is None:
        return ["  no usable trial"]
    found = []
    for option in topic.options:
        if option.components and effects.known(option.components):
            figures = [
                f"{s.mean:.1f} ({s.low:.1f} to {s.high:.1f})"
                for w in effects.basis.knots
                for s in [effects.summary(effects.contrast(w, option.components))]
            ]
            found.append(f"  {option.id}: {'; '.join(figures)}")
        elif option.components:
            found.append(f"  {option.id}: not in this network")
    return found


def fields_text(topic: Topic) -> str:
    """Every field: name, type, values, question, why it is asked, what changes with it."""
    lines = []
    for field in describe_fields(topic):
        lines.append(f"{field['field']} ({field['type']}; {field['values']})")
        lines += [f"  {field[k]}" for k in ("question", "why", "changes") if field[k]]
    return "\n".join(lines) + "\n"
