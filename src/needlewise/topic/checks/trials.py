"""Trials, their arms and where the needles went."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from needlewise.topic.checks.finding import Finding, error, note
from needlewise.topic.checks.numbers import number, plain
from needlewise.topic.checks.reading import Draft
from needlewise.topic.pack import Row, listed

WRITTEN_POINT = re.compile(r"(LU|LI|ST|SP|HT|SI|BL|KI|PC|TE|GB|LR|GV|CV)\d{1,2}|EX-\S+|ear:\S+")
SLUG = re.compile(r"[a-z]+(-[a-z0-9]+)+")


def check_trials(draft: Draft) -> Iterator[Finding]:
    if not {"studies", "arms"} <= draft.whole:
        return
    arms: dict[str, list[Row]] = defaultdict(list)
    for arm in draft.rows("arms"):
        arms[arm["study_id"]].append(arm)
    seen: dict[tuple[str, str], Row] = {}
    for study in draft.rows("studies"):
        yield from check_study(study, arms[study["study_id"]])
        for column in ("pmid", "doi"):
            first = seen.setdefault((column, study[column]), study)
            if study[column] and first is not study:
                wrong = f"is also the {column} of {first['study_id']}: perhaps one trial twice"
                yield error(study, column, "same-trial", wrong, "Keep one, or correct it.")


def check_study(study: Row, arms: list[Row]) -> Iterator[Finding]:
    if len(arms) < 2:
        wrong = f"has {len(arms)} arms in arms.csv, a comparison needs two"
        yield error(study, "study_id", "arms", wrong, "Add its arms.")
    in_id = re.search(r"-(\d{4})[a-z]?$", study["study_id"])
    if in_id and study["year"] and in_id[1] != study["year"]:
        wrong = f"differs from the year in the id {study['study_id']}"
        yield error(study, "year", "year", wrong, "Correct one of the two.")
    total = number(study, "n_randomised")
    sizes = [number(arm, "n_randomised") for arm in arms]
    known = [size for size in sizes if size is not None]
    if total is None or not known:
        return
    together = sum(known)
    if together > total or (len(known) == len(sizes) and together != total):
        wrong = f"the arms add up to {plain(together)}"
        yield error(study, "n_randomised", "people", wrong, "Compare with the source.")


def check_needling(draft: Draft) -> Iterator[Finding]:
    """`arms.csv` and `needling.csv` tell the same sites; unknown ones are remarked on."""
    if not {"arms", "needling"} <= draft.whole:
        return
    sites: dict[tuple[str, str], dict[str, Row]] = defaultdict(dict)
    for row in draft.rows("needling"):
        sites[row["study_id"], row["arm_id"]][row["name"]] = row
    for arm in draft.rows("arms"):
        named = listed(arm["needling_points_or_muscles"])
        there = sites[arm["study_id"], arm["arm_id"]]
        for name in named:
            if name not in there:
                wrong = f"'{name}' has no row of this arm in needling.csv"
                yield error(
                    arm, "needling_points_or_muscles", "sites", wrong, "Add the row or remove it."
                )
        for name, row in there.items():
            if name not in named:
                wrong = "is not among the arm's needling_points_or_muscles in arms.csv"
                yield error(row, "name", "sites", wrong, "Add it there or remove the row.")
    yield from check_sites(draft)


def check_sites(draft: Draft) -> Iterator[Finding]:
    points, muscles = draft.known("points.code"), draft.known("muscles.slug")
    for row in draft.rows("needling"):
        name = row["name"]
        if row["kind"] == "point" and points is not None and name not in points:
            if WRITTEN_POINT.fullmatch(name):
                wrong = "a point that points.csv does not describe"
                yield note(row, "name", "site-not-described", wrong, "Add it when it is needed.")
            else:
                wrong = "is neither in points.csv nor written like a point"
                yield error(row, "name", "reference", wrong, "Write a WHO code, EX-... or ear:...")
        elif (
            row["kind"] == "muscle"
            and muscles is not None
            and name not in muscles
            and SLUG.fullmatch(name)
        ):
            wrong = "a muscle that muscles.csv does not describe by this name"
            yield note(row, "name", "site-not-described", wrong, "Add it when it is needed.")
