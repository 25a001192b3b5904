"""How deep at most: only where the pack prints a permitted depth, in the unit it prints.

A point's ceiling is `max_depth_cun_cautious` of `points.csv`, in cun of the person's own body. A
muscle has one only where `plan_depths.csv` names the row of the pack that permits a depth in mm.
A measured distance to an organ is a warning and never a ceiling. Units are never converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from needlewise.errors import InputError
from needlewise.plan.items import CUN, MM, MUSCLE, POINT, Because, Ceiling
from needlewise.topic import Row, Topic
from needlewise.topic.pack import listed

TYPED = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d]*)")
COLUMNS = {POINT: ("points", "code"), MUSCLE: ("muscles", "slug")}
CEILING, DISTANCE, MINIMUM = "ceiling", "distance", "minimum"


def ceiling(topic: Topic, kind: str, ref: str) -> Ceiling | Because:
    """The greatest depth the pack permits for a point or muscle, or why there is none.

    Args:
        kind: muscle or point; ref: slug of `muscles.csv` or code of `points.csv`.
    Raises:
        InputError: where the pack has no such point or muscle.
    """
    row = _row(topic, kind, ref)
    if kind == POINT and row["max_depth_cun_cautious"] and row["needle_direction"]:
        value = row.number("max_depth_cun_cautious")
        assert value is not None
        text = f"{value:g} {CUN}, {row['needle_direction']}"
        return Ceiling(value, CUN, row["needle_direction"], Because.of(row, text, f"depth:{ref}"))
    for rule in _rules(topic, CEILING, kind, ref):
        value = rule.number("value")
        assert value is not None
        because = Because(rule["text"], f"{rule['source']}; {row['source']}", row["source_url"],
                          rule.place, f"depth:{ref}")  # fmt: skip
        return Ceiling(value, rule["unit"], row["needle_direction"], because)
    return _no_ceiling(topic, kind, ref, row)


def _no_ceiling(topic: Topic, kind: str, ref: str, row: Row) -> Because:
    words = topic.texts["plan_limits"]["depths"]
    rows = list(measured(topic, kind, ref))
    told = "; ".join(dict.fromkeys(_told(one, words) for one in rows))
    text = words["none_measured"].format(measured=told) if told else words["none"]
    sources = dict.fromkeys(one["source"] for one in rows)
    source = "; ".join(sources) or row["source"]
    url = next((one["source_url"] for one in rows if one["source_url"]), row["source_url"])
    return Because(text, source, url, row.place, f"depth:{ref}")


def measured(topic: Topic, kind: str, ref: str) -> Iterator[Row]:
    """Rows of `safe_depths.csv` that measured this target: warnings, never depths to reach."""
    for rule in _rules(topic, DISTANCE, kind, ref):
        yield from _sites(topic, rule)


def conflicts(topic: Topic, kind: str, ref: str) -> Iterator[tuple[str, Row]]:
    """What was measured and may lie nearer than the ceiling: the sentence and its row.

    In mm a ceiling below the least distance is no conflict; in cun nobody can say that.
    """
    if kind not in COLUMNS:
        return
    top = ceiling(topic, kind, ref)
    if not isinstance(top, Ceiling):
        return
    for rule in _rules(topic, MINIMUM, kind, ref):
        for row in _sites(topic, rule):
            least = row.number("min_mm") or row.number("mean_depth_mm")
            if least is not None and (top.unit != MM or least < top.value):
                yield rule["text"].format(site=row["site_or_point"], structure=row["structure"],
                                          least=f"{least:g}", ceiling=top), row  # fmt: skip


def check_depth(ceiling: Ceiling | Because, typed: str, direction: str | None = None) -> str:
    """A depth the practitioner typed, as `0.5 cun` or `20 mm`, in one way of writing.

    `direction` is the one the practitioner needles in; None is the printed one. Raises InputError
    without a unit, in the other unit, above the ceiling and for another direction.
    """
    match = TYPED.fullmatch(typed.strip())
    if match is None:
        raise InputError(f"The depth '{typed[:40]}' cannot be read; write it as 0.5 cun or 20 mm.")
    value, unit = float(match[1].replace(",", ".")), match[2].casefold()
    if unit not in (CUN, MM):
        said = f"has the unit '{unit}'" if unit else "has no unit"
        raise InputError(f"The depth '{typed.strip()[:40]}' {said}; write cun or mm after it.")
    if value <= 0:
        raise InputError(f"The depth {value:g} {unit} is no depth; write one above 0.")
    if isinstance(ceiling, Ceiling):
        _within(ceiling, value, unit, direction)
    return f"{value:g} {unit}"


def _within(ceiling: Ceiling, value: float, unit: str, direction: str | None) -> None:
    if unit != ceiling.unit:
        raise InputError(
            f"The depth {value:g} {unit} cannot be held against the ceiling of {ceiling}, "
            f"because the two units are never converted; write it in {ceiling.unit}."
        )
    if direction and _same(direction) != _same(ceiling.direction):
        raise InputError(
            f"The ceiling of {ceiling} holds only for the direction '{ceiling.direction}', not "
            f"for '{direction[:60]}'; keep the printed direction or leave the depth out."
        )
    if value > ceiling.value:
        raise InputError(
            f"The depth {value:g} {unit} lies above the ceiling of {ceiling}; write "
            f"{ceiling} or less."
        )


def _same(direction: str) -> str:
    return " ".join(direction.casefold().split())


def _row(topic: Topic, kind: str, ref: str) -> Row:
    if kind not in COLUMNS:
        raise InputError(f"{kind} {ref} is not needled and has no depth; name a point or a muscle.")
    table, column = COLUMNS[kind]
    row = topic[table].by(column).get(ref)
    if row is None:
        raise InputError(f"{ref} is not in {table}.csv; name a {kind} of the pack.")
    return row


def _rules(topic: Topic, role: str, kind: str, ref: str) -> Iterator[Row]:
    for row in topic["plan_depths"]:
        if row["role"] == role and row["kind"] == kind and ref in listed(row["refs"]):
            yield row


def _sites(topic: Topic, rule: Row) -> Iterator[Row]:
    for row in topic["safe_depths"]:
        structure = fnmatchcase(row["structure"], rule["structure"] or "*")
        if structure and fnmatchcase(row["site_or_point"], rule["site"]):
            yield row


def _told(row: Row, words: dict[str, str]) -> str:
    mean, sd, least = row["mean_depth_mm"], row["sd"], row["min_mm"]
    form = "mean_sd" if mean and sd else "mean" if mean else "least" if least else "not_printed"
    value = words[form].format(mean=mean, sd=sd, least=least)
    return words["measured"].format(
        site=row["site_or_point"], structure=row["structure"], value=value
    )
