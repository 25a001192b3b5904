"""The trials for the public: those used with their figures, those left out with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from needlewise.errors import InputError
from needlewise.evidence import Network, Study, audience_all, audience_default
from needlewise.report.document import (
    Block,
    Document,
    Paragraph,
    Section,
    Source,
    Table,
    Text,
)
from needlewise.report.public_words import (
    columns,
    component_name,
    display_unit,
    page,
    said,
    signed,
)
from needlewise.synthesis.base import evidence_base
from needlewise.topic import Row, Topic

RESULTS = ("arm_results", "contrast_results")


def trials_used(topic: Topic, outcome: str) -> Section:
    """Every trial of an outcome that is used, once each, with its figures as they are used.

    Of an outcome that is not combined, every row that could be used. Raises InputError where the
    topic has no such outcome.
    """
    title = said(topic, "used.title", label_of(topic, outcome))
    if not topic.settings["outcomes"][outcome]["pooled"]:
        return Section(f"used-{outcome}", title, tuple(_listed(topic, outcome)))
    network = everyone(topic, outcome)
    ordinary = {
        s.id for s in evidence_base(topic).network(outcome, audience_default(topic)).studies
    }
    if not network.studies:
        return Section(f"used-{outcome}", title, (Paragraph((said(topic, "used.none"),)),))
    unit = str(topic.settings["outcomes"][outcome]["unit"])
    blocks: list[Block] = [
        Paragraph((said(topic, "used.intro"),)),
        Paragraph((said(topic, "used.scale", unit),)),
    ]
    for study in network.studies:
        blocks += _study(network, study, study.id in ordinary)
    if network.merged:
        names = "; ".join(network.merged)
        blocks.append(Paragraph((said(topic, "used.joined", names),), "small"))
    return Section(f"used-{outcome}", title, tuple(blocks))


def _study(network: Network, study: Study, ordinary: bool) -> tuple[Block, Block]:
    """One trial: its arms at their weeks, and where it can be read."""
    topic, unit = network.topic, display_unit(network)
    row = topic["studies"].by("study_id")[study.id]
    cells = tuple(
        (
            (" + ".join(component_name(topic, c) for c in arm.with_reference),),
            (f"{week:g}",),
            (signed(unit * float(value)),),
            (signed(unit * float(variance) ** 0.5),),
            (_spread(topic, source),),
            (_people(topic, size),),
            (", ".join(places),),
        )
        for arm in study.arms
        for week, value, variance, source, size, places in zip(
            arm.weeks, arm.values, arm.variances, arm.sources, arm.sizes, arm.places, strict=True
        )
    )
    caption = said(topic, "used.caption", study.label, *who(topic, row))
    counts = said(topic, "used.ordinary" if ordinary else "used.others")
    where = said(topic, "used.source", where_read(row), counts)
    return Table(caption, columns(topic, "used.columns"), cells), Paragraph((where,), "small")


def who(topic: Topic, row: Row) -> tuple[str, str, str]:
    """How many people, with pain for how long, and which kind."""
    rules = topic.settings["network"]
    conditions = {c["name"]: str(c["text"]) for c in rules["conditions"]}
    population = str(rules["population_words"].get(row["population"], row["population"]))
    size = row.number("n_randomised")
    people = (
        said(topic, "used.people_unknown") if size is None
        else said(topic, "used.people", f"{size:g}")
    )  # fmt: skip
    return people, population, conditions.get(row["condition"], row["condition"])


def _spread(topic: Topic, source: str) -> str:
    """Where a spread comes from, in words; joined arms may have several."""
    names: Mapping[str, str] = topic.texts["public"]["spread"]
    return "; ".join(names.get(part, part) for part in source.split("; "))


def _people(topic: Topic, size: float | None) -> str:
    return said(topic, "trial.not_stated") if size is None else f"{size:g}"


def _listed(topic: Topic, outcome: str) -> Iterator[Block]:
    """An outcome that is not combined: the rows that could be used."""
    rows = [r for r in results(topic) if r["outcome"] == outcome and r["use"] == "yes"]
    if not rows:
        yield Paragraph((said(topic, "used.none"),))
        return
    yield Paragraph((said(topic, "used.not_combined"),))
    labels = topic["studies"].by("study_id")
    cells = tuple(
        (
            (f"{labels[r['study_id']]['label']}: {arms_of(topic, r)}",), (r["instrument"],),
            (r["week"],), (as_printed(r),), (said(topic, "used.usable"),), (r.place,),
        )
        for r in rows
    )  # fmt: skip
    yield Table(label_of(topic, outcome), columns(topic, "used.columns_listed"), cells)


def trials_left_out(topic: Topic, outcome: str) -> Section:
    """Every row of an outcome that is not used, trial by trial, and trials without any row.

    Raises InputError where the topic has no such outcome.
    """
    title = said(topic, "left_out.title", label_of(topic, outcome))
    used, unused = _account(topic, outcome)
    by_study: dict[str, list[tuple[str, str]]] = {}
    for study, place, why in unused:
        by_study.setdefault(study, []).append((place, why))
    blocks: list[Block] = [Paragraph((said(topic, "left_out.intro"),))]
    for part, wanted in (("trials", False), ("rows", True)):
        rows = tuple(
            _left_out(topic, row, by_study[row["study_id"]])
            for row in topic["studies"]
            if row["study_id"] in by_study and (row["study_id"] in used) is wanted
        )
        if rows:
            heads = columns(topic, "left_out.columns")
            blocks.append(Table(said(topic, f"left_out.{part}"), heads, rows))
    if not unused:
        blocks.append(Paragraph((said(topic, "left_out.none"),)))
    silent = [r["label"] for r in topic["studies"] if r["study_id"] not in {*used, *by_study}]
    if silent:
        blocks.append(Paragraph((said(topic, "left_out.silent", ", ".join(silent)),), "small"))
    return Section(f"left-out-{outcome}", title, tuple(blocks))


def _account(topic: Topic, outcome: str) -> tuple[set[str], list[tuple[str, str, str]]]:
    """Studies with a row in use; then study, place and reason of every other row."""
    if topic.settings["outcomes"][outcome]["pooled"]:
        network = everyone(topic, outcome)
        return {s.id for s in network.studies}, [(u.study, u.place, u.why) for u in network.unused]
    rows = [r for r in results(topic) if r["outcome"] == outcome]
    return (
        {r["study_id"] for r in rows if r["use"] == "yes"},
        [(r["study_id"], r.place, r["why_not"]) for r in rows if r["use"] != "yes"],
    )


def _left_out(topic: Topic, row: Row, rows: list[tuple[str, str]]) -> tuple[Text, Text, Text]:
    counts = Counter(reason(topic, why) for _, why in rows)
    told = "; ".join(
        said(topic, "left_out.times", why, n) if n > 1 else why for why, n in counts.items()
    )
    return (row["label"],), (told,), (", ".join(place for place, _ in rows),)


def reason(topic: Topic, why: str) -> str:
    """Why a row is not used, in plain words where there are some."""
    known: Mapping[str, str] = topic.texts["public"]["reasons"]
    return known.get(why, why) or said(topic, "left_out.no_reason")


def evidence_page(topic: Topic, outcome: str) -> Document:
    """The trials of an outcome, used and left out, with every source."""
    sections = (trials_used(topic, outcome), trials_left_out(topic, outcome))
    used, _ = _account(topic, outcome)
    sources = tuple(source_of(topic, r) for r in topic["studies"] if r["study_id"] in used)
    title = said(topic, "pages.evidence", label_of(topic, outcome))
    return page(topic, title, sections, sources)


def arms_of(topic: Topic, row: Row) -> str:
    """The arm of a row, or both arms of a difference."""
    arm = row.get("arm_id")
    return arm or said(topic, "trial.against", row["arm_a"], row["arm_b"])


def as_printed(row: Row) -> str:
    """A row's figure with its spread, as the source prints it."""
    figure = row.get("mean") or row.get("estimate") or ""
    parts = [f"{name} {row[column]}" for name, column in (("SD", "sd"), ("SE", "se"), ("n", "n"))
             if row.get(column)]  # fmt: skip
    if row["ci_low"] and row["ci_high"]:
        parts.append(f"95 % {row['ci_low']} to {row['ci_high']}")
    if row.get("p_value"):
        parts.append(f"p {row['p_relation']} {row['p_value']}")
    spread = ", ".join(parts)
    return f"{figure} ({spread})" if figure and spread else figure or spread


def where_read(row: Row) -> str:
    """A trial's DOI, else its PMID, else the address it was read at."""
    if row["doi"]:
        return f"doi:{row['doi']}"
    return f"PMID {row['pmid']}" if row["pmid"] else row["source_url"]


def source_of(topic: Topic, row: Row) -> Source:
    """A trial as a source of a page."""
    people, population, condition = who(topic, row)
    return Source(
        row["study_id"], row["label"], f"{people}, {population}, {condition}", row["doi"],
        row["pmid"], row["source_url"], said(topic, "pages.trial_source"),
    )  # fmt: skip


def results(topic: Topic) -> Iterator[Row]:
    """Every row with a figure of an outcome."""
    for name in RESULTS:
        yield from topic[name]


def label_of(topic: Topic, outcome: str) -> str:
    """An outcome's name. Raises InputError for one the topic does not have."""
    outcomes = topic.settings["outcomes"]
    if outcome not in outcomes:
        known = ", ".join(outcomes)
        raise InputError(said(topic, "pages.unknown_outcome", outcome[:80], known))
    return str(outcomes[outcome]["label"])


def everyone(topic: Topic, outcome: str) -> Network:
    """The network of all conditions: every trial used for anybody."""
    return evidence_base(topic).network(outcome, audience_all(topic))
