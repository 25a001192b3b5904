"""One trial for the public: who, arms, every row with its use, how well it was done, source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from needlewise.errors import InputError
from needlewise.evidence import Network, audience_default
from needlewise.evidence.inclusion import audience
from needlewise.outlook.course import course_of
from needlewise.outlook.spread import spread_of
from needlewise.report.document import Block, Bullets, Document, Paragraph, Section, Table, Text
from needlewise.report.public_trials import (
    arms_of,
    as_printed,
    everyone,
    label_of,
    reason,
    results,
    source_of,
    where_read,
    who,
)
from needlewise.report.public_words import columns, component_name, page, said
from needlewise.synthesis.base import evidence_base
from needlewise.topic import Row, Topic


def trial_page(topic: Topic, study_id: str) -> Document:
    """One trial: who, arms, all its rows with file and line and their use, rating, source.

    Raises InputError where the topic has no such trial.
    """
    studies = topic["studies"].by("study_id")
    if study_id not in studies:
        raise InputError(said(topic, "trial.unknown", study_id[:80]))
    row = studies[study_id]
    sections = [
        Section("trial-who", said(topic, "trial.who"), (_who_table(topic, row),)),
        Section("trial-arms", said(topic, "trial.arms"), (_arm_table(topic, study_id),)),
        Section("trial-rows", said(topic, "trial.rows"), (_result_table(topic, study_id),)),
    ]
    events = [r for r in topic["event_results"] if r["study_id"] == study_id]
    if events:
        table = _event_table(topic, events)
        sections.append(Section("trial-events", said(topic, "trial.events"), (table,)))
    judge, by = row["risk_of_bias"], row["risk_of_bias_source"]
    rating = said(topic, "trial.rated", judge, by) if judge else said(topic, "trial.unrated")
    sections.append(
        Section("trial-rating", said(topic, "trial.rating"), (Paragraph((rating,)),))
    )  # fmt: skip
    where: list[Text] = [(f"{row['label']}, {row['year'] or said(topic, 'trial.not_stated')}",)]
    where.append((where_read(row),))
    if row["source_kind"]:
        read = topic.texts["public"]["trial"]["read_words"].get(row["source_kind"])
        where.append((said(topic, "trial.read", read or row["source_kind"]),))
    if row["notes"]:
        where.append((said(topic, "trial.note", row["notes"]),))
    sections.append(
        Section("trial-source", said(topic, "trial.source"), (Bullets(tuple(where)),))
    )  # fmt: skip
    title = said(topic, "pages.trial", row["label"])
    return page(topic, title, tuple(sections), (source_of(topic, row),))


def _who_table(topic: Topic, row: Row) -> Table:
    people, population, condition = who(topic, row)
    blinding = topic.texts["public"]["trial"]["blinding_words"].get(row["blinding"])
    facts = (
        ("people", people),
        ("pain", population),
        ("condition", condition),
        ("country", row["country"]),
        ("age", row["mean_age"]),
        ("female", row["percent_female"]),
        ("start", row["baseline_pain_0_100"]),
        ("sessions", row["sessions"]),
        ("weeks", row["weeks_treatment"]),
        ("blinding", blinding or row["blinding"]),
    )
    unknown = said(topic, "trial.not_stated")
    rows = tuple(((said(topic, f"trial.{name}"),), (value or unknown,)) for name, value in facts)
    return Table(said(topic, "trial.who_caption"), columns(topic, "trial.columns_who"), rows)


def _arm_table(topic: Topic, study: str) -> Table:
    rows = tuple(
        (
            (r["arm_id"],),
            (component_name(topic, r["components"]),),
            (r["n_randomised"] or said(topic, "trial.not_stated"),),
            (r["description"] or said(topic, "trial.not_stated"),),
        )
        for r in topic["arms"]
        if r["study_id"] == study
    )
    return Table(said(topic, "trial.arms_caption"), columns(topic, "trial.columns_arms"), rows)


def _result_table(topic: Topic, study: str) -> Block:
    uses = _uses(topic)
    outcomes = topic.settings["outcomes"]

    def name(row: Row) -> str:
        known = row["outcome"] in outcomes  # a contrast may also be of responders
        return label_of(topic, row["outcome"]) if known else row["outcome"].replace("-", " ")

    rows = tuple(
        (
            (arms_of(topic, r),),
            (", ".join(t for t in (name(r), r["instrument"], r["measure"]) if t),),
            (r["week"] or said(topic, "trial.not_stated"),),
            (as_printed(r) or said(topic, "trial.not_stated"),),
            ("; ".join(uses.get(r.place, ())) or _not_used(topic, r),),
            (r.place,),
        )
        for r in results(topic)
        if r["study_id"] == study
    )
    if not rows:
        return Paragraph((said(topic, "trial.no_rows"),))
    return Table(said(topic, "trial.rows_caption"), columns(topic, "trial.columns_rows"), rows)


def _event_table(topic: Topic, events: list[Row]) -> Table:
    rows = tuple(
        (
            (r["arm_id"],),
            (f"{r['event']}: {r['definition']}".rstrip(": "),),
            (r["week"] or said(topic, "trial.not_stated"),),
            (_count(r),),
            (_not_used(topic, r),),
            (r.place,),
        )
        for r in events
    )
    heads = columns(topic, "trial.columns_events")
    return Table(said(topic, "trial.events_caption"), heads, rows)


def _not_used(topic: Topic, row: Row) -> str:
    """Why a row is in no number: its own reason, the network's, or that it is only listed."""
    if row["use"] != "yes":
        return said(topic, "trial.not_used", reason(topic, row["why_not"]))
    why = _refusals(topic).get(row.place)
    return said(topic, "trial.not_used", reason(topic, why)) if why else said(topic, "trial.listed")


def _count(row: Row) -> str:
    """Events of people, and the percentage where it is printed."""
    counted = " of ".join(t for t in (row["events"], row["total"]) if t) if row["events"] else ""
    percent = f"{row['percent']} %" if row["percent"] else ""
    return "; ".join(t for t in (counted, percent) if t)


# ---- What is used for what ----


def _uses(topic: Topic) -> Mapping[str, tuple[str, ...]]:
    """What each row is used for, by its place; worked out once for a topic."""
    if "public uses" not in topic._memo:
        topic._memo["public uses"] = _found_uses(topic)
    found = topic._memo["public uses"]
    assert isinstance(found, dict)
    return found


def _found_uses(topic: Topic) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    base = evidence_base(topic)
    for outcome, settings in topic.settings["outcomes"].items():
        if not settings["pooled"]:
            continue
        label = label_of(topic, outcome).lower()
        ordinary = _places(base.network(outcome, audience_default(topic)))
        for place in _places(everyone(topic, outcome)):
            path = "trial.used" if place in ordinary else "trial.used_others"
            found.setdefault(place, []).append(said(topic, path, label))
    for path, places in _person_places(topic):
        told = said(topic, "trial.used", said(topic, path))
        for place in places:
            if told not in found.setdefault(place, []):
                found[place].append(told)
    return {place: tuple(uses) for place, uses in found.items()}


def _person_places(topic: Topic) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Rows behind the course without needling and behind how people differ."""
    for rule in topic.settings["network"]["populations"]:
        name, people = rule["name"], audience(topic, rule["name"])
        course = course_of(topic, name, people)
        for source in course.sources if course else ():
            yield "trial.usual_course", (*source.places, *(p.place for p in source.points))
        for horizon in topic.settings["horizons"]:
            spread = spread_of(topic, name, people, horizon)
            if spread is not None:
                yield "trial.how_people_differ", spread.places


def _places(network: Network) -> dict[str, None]:
    """The rows a network uses, in order."""
    return {
        place: None
        for study in network.studies
        for arm in study.arms
        for places in arm.places
        for place in places
    }


def _refusals(topic: Topic) -> dict[str, str]:
    """Why the network of everybody takes a row not in, by its place."""
    pooled = [o for o, s in topic.settings["outcomes"].items() if s["pooled"]]
    return {u.place: u.why for o in pooled for u in everyone(topic, o).unused}
