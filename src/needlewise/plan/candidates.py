"""What could be needled: muscles from findings, points from region, pattern and the trials."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from needlewise.person.facts import Answered
from needlewise.person.person import Person
from needlewise.person.rules import Truth, parse
from needlewise.plan import atlas
from needlewise.plan.examination import Examination
from needlewise.plan.items import (
    ADJUNCT,
    LEFT,
    MIDDLE,
    MUSCLE,
    NO_SIDE,
    POINT,
    RIGHT,
    Because,
    Target,
)
from needlewise.plan.places import places
from needlewise.plan.readings import patterns, trigger_points
from needlewise.topic import Row, Topic
from needlewise.topic.pack import listed

NEEDLED_BY_HAND = ("acupuncture", "electroacupuncture")


@dataclass(frozen=True)
class Candidate:
    """A target that something speaks for, before the case has its say."""

    target: Target
    why: tuple[Because, ...]
    trials: tuple[str, ...] = ()


def painful(person: Person, examination: Examination) -> tuple[tuple[str, str], ...]:
    """(region, side) where it hurts: as examined, else as the person answered."""
    regions = examination.regions or person.pain_site or ()
    return tuple((region, examination.side_of(region)) for region in regions)


def sides(side: str) -> tuple[str, ...]:
    return (LEFT, RIGHT) if side == "both" else (side,)


def trials_of(topic: Topic, kind: str, techniques: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Which trials needled what: name -> study ids, over arms of these techniques."""
    arms = {
        (row["study_id"], row["arm_id"])
        for row in topic["arms"]
        if set(techniques) & set(listed(row["components"], " + "))
    }
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for row in topic["needling"]:
        if row["kind"] == kind and (row["study_id"], row["arm_id"]) in arms:
            for name in topic.texts["plan"]["trial_names"].get(row["name"], (row["name"],)):
                found[name][row["study_id"]] = None
    return {name: tuple(studies) for name, studies in found.items()}


def target(topic: Topic, kind: str, ref: str, side: str, *, electro: bool = False) -> Target:
    """A target with the regions of the body it lies in."""
    regions = frozenset[str]()
    if kind != ADJUNCT and ref not in atlas.not_placed(topic):
        regions = frozenset(atlas.regions_of(topic, ref, side))
    return Target(kind, ref, side, regions, electro)


def muscle_candidates(topic: Topic, examination: Examination) -> tuple[Candidate, ...]:
    """Muscles in which a trigger point was found; what was not found is not proposed."""
    trials = trials_of(topic, MUSCLE, ("dry-needling",))
    ranked = sorted(
        (point for point in trigger_points(topic, examination) if point.found),
        key=lambda point: (point.verdict != "all", -len(trials.get(point.finding.muscle, ()))),
    )
    most = int(topic.texts["plan"]["muscles"]["most"])
    return tuple(
        Candidate(
            target(topic, MUSCLE, point.finding.muscle, point.side),
            (point.because, *_tried(topic, point.finding.muscle, trials)),
            trials.get(point.finding.muscle, ()),
        )
        for point in ranked[:most]
    )


def point_candidates(
    topic: Topic, person: Person, examination: Examination, *, electro: bool = False
) -> tuple[Candidate, ...]:
    """Points that trials used near the pain, those of the chosen pattern, and distal ones.

    Sorted by whether the pattern names them, by how many trials used them, and by the order of
    `points.csv`; cut to the numbers of plan.toml before the case has its say, so that a
    constraint can take away and never bring in.
    """
    settings = topic.texts["plan"]["points"]
    hurts = painful(person, examination)
    trials = trials_of(topic, POINT, NEEDLED_BY_HAND)
    named: dict[str, list[Because]] = defaultdict(list)
    for pattern in patterns(topic, examination):
        for code in pattern.points:
            named[code].append(pattern.because)
    unplaced = atlas.not_placed(topic)
    local, distal = [], []
    for order, row in enumerate(topic["points"]):
        code = row["code"]
        if code in unplaced or not (code in named or trials.get(code)):
            continue
        rank = (code not in named, -len(trials.get(code, ())), order)
        if row["distal"] == "yes":
            if hurts:
                distal.append((rank, row, _both(topic, code, hurts)))
        elif found := _near(topic, code, hurts):
            local.append((rank, row, found))
    distal.sort(key=lambda one: one[0])
    distal = distal[: int(settings["distal"])]
    local.sort(key=lambda one: one[0])
    chosen = [*local[: int(settings["most"]) - len(distal)], *distal]
    return tuple(
        Candidate(
            target(topic, POINT, row["code"], side, electro=electro),
            (*named[row["code"]], *_tried(topic, row["code"], trials)),
            trials.get(row["code"], ()),
        )
        for _, row, found in chosen
        for side in found
    )


def instead(topic: Topic, person: Person, examination: Examination) -> tuple[Row, ...]:
    """Distal points to fall back on where a region cannot be reached: the practitioner's choice."""
    proposed = {c.target.ref for c in point_candidates(topic, person, examination)}
    trials = trials_of(topic, POINT, NEEDLED_BY_HAND)
    rows = [
        row for row in topic["points"]
        if row["distal"] == "yes" and row["code"] not in proposed
        and row["code"] not in atlas.not_placed(topic)
    ]  # fmt: skip
    rows.sort(key=lambda row: -len(trials.get(row["code"], ())))
    return tuple(rows[: int(topic.texts["plan"]["points"]["instead"])])


def adjunct_candidates(
    topic: Topic, person: Person, examination: Examination, *, needled: bool
) -> tuple[Candidate, ...]:
    """What goes beside: always, where its condition holds, or where the pattern names it."""
    facts = Answered(topic, person)
    worded = " ".join(p.row["adjunct"].casefold() for p in patterns(topic, examination))
    chosen = []
    for row in topic["plan_adjuncts"]:
        if row["proposed"] == "no":
            continue
        if row["proposed"] == "pattern" and not (
            needled and row["label"].split()[-1].casefold() in worded
        ):
            continue
        if row["when"] and parse(row["when"]).find(facts).truth is not Truth.TRUE:
            continue
        chosen.append(
            Candidate(Target(ADJUNCT, row["adjunct"], NO_SIDE), adjunct_reasons(topic, row))
        )
    return tuple(chosen)


def adjunct_reasons(topic: Topic, row: Row) -> tuple[Because, ...]:
    """What trials and guidelines say of an adjunct; the rule that proposes it where none do."""
    rows = topic["adjuncts"].by("adjunct")
    found = tuple(
        Because.of(
            rows[name],
            "; ".join(filter(None, (rows[name]["evidence_for_back_pain"],
                                    rows[name]["effect_size_or_grade"]))),
            f"adjunct.{row['adjunct']}.{k}",
        )
        for k, name in enumerate(listed(row["evidence"]), 1)
    )  # fmt: skip
    return found or (
        Because(row["question"], row["source"], "", row.place, f"adjunct.{row['adjunct']}"),
    )


def _near(topic: Topic, code: str, hurts: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The sides of a point that lie where it hurts."""
    found: dict[str, None] = {}
    for region, side in hurts:
        for place in atlas.places_of(topic, code):
            if place.side != MIDDLE and place.side not in sides(side):
                continue
            if _inside(topic, atlas.regions_of(topic, code, place.side), region):
                found[place.side] = None
    return tuple(sorted(found))


def _inside(topic: Topic, lies_in: frozenset[str], region: str) -> bool:
    """Whether a place in `lies_in` lies in a region, or in one of those it is made of."""
    rows = topic["body_regions"].by("region")
    parts = (region, *listed(rows[region].get("also", "") if region in rows else ""))
    return any(places(topic).within(part) & lies_in for part in parts)


def _both(topic: Topic, code: str, hurts: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The sides of a distal point: those on which it hurts."""
    placed = [place.side for place in atlas.places_of(topic, code)]
    wanted = {side for _, told in hurts for side in sides(told)}
    return tuple(side for side in placed if side == MIDDLE or side in wanted)


def _tried(topic: Topic, name: str, trials: dict[str, tuple[str, ...]]) -> tuple[Because, ...]:
    """How many trials used it, with their names."""
    studies = trials.get(name, ())
    if not studies:
        return ()
    labels = topic["studies"].by("study_id")
    told = ", ".join(labels[study]["label"] for study in studies)
    count = f"{len(studies)} trials" if len(studies) > 1 else "1 trial"
    return (Because(f"used in {count}: {told}", "needling.csv", "", "", f"plan.trials.{name}"),)
