"""The numbers of two results held against each other, as the JSON gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from needlewise.cases.finding import Finding, judged, short

# One unit of the last printed digit: two rounded ends can move a width by so much and no more.
STEP = {"pain level": 0.1, "pain effect": 1.0, "disability effect": 0.1}
WIDER, NARROWER = "wider", "narrower"


def numbers(data: Mapping[str, Any], *, fit: bool) -> dict[str, Any]:
    """Every number with its id; `fit` takes in what depends on the person's values."""
    found: dict[str, Any] = {}
    for part in ("outlook", "shams", "harms"):
        for row in data[part]:
            found.update(_leaves(f"{part} {row['id']}", row))
    for row in data["options"]:
        if row["visits"] is not None:
            found[f"visits {row['option']}"] = row["visits"]
    comparison = data["comparison"] or {}
    for part in ("against_none", "between"):
        for row in comparison.get(part, ()):
            name = f"{row['option']} against {row['against']} {row['outcome']} {row['week']}"
            found[f"verdict {name}"] = row["verdict"]
    if fit:
        found.update(_leaves("fit", comparison.get("fit")))
    return found


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(f"{name} {key}", inner)
    else:
        yield name, value


def same(key: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Finding:
    """Whether two sets of numbers are equal, with the first difference."""
    for name in [*one, *(n for n in other if n not in one)]:
        before, after = one.get(name, "nothing"), other.get(name, "nothing")
        if before != after:
            return short(key, f"{name}: {before}", f"{name}: {after}")
    return judged(key, bool(one), "numbers to compare", "no number at all")


def widths(data: Mapping[str, Any]) -> dict[str, tuple[str, float | None]]:
    """Widths of the ranges of expected pain and of the effects: id -> kind, width or None.

    The counts of 100 are left out: their ranges also shrink as a share nears 0 or 100, which says
    nothing about how much is known.
    """
    found: dict[str, tuple[str, float | None]] = {}
    for row in data["outlook"]:
        if row["outcome"] == "pain":
            found[f"{row['id']} level"] = "pain level", _width(row)
        if row["effect"] is not None or row["evidence"] == "none":
            found[f"{row['id']} effect"] = f"{row['outcome']} effect", _width(row["effect"])
    return found


def _width(row: Mapping[str, Any] | None) -> float | None:
    if row is None or row["low"] is None:
        return None
    return float(row["high"]) - float(row["low"])


def moved_wrongly(
    base: Mapping[str, Any], data: Mapping[str, Any], allowed: str
) -> tuple[str, ...]:
    """Ranges that became narrower where only wider is allowed, or the other way round.

    A number that is missing counts as wider than any.
    """
    before, after = widths(base), widths(data)
    wrong = []
    for name in dict.fromkeys([*before, *after]):
        kind = (before.get(name) or after[name])[0]
        old, new = (found.get(name, (kind, None))[1] for found in (before, after))
        least, width = (old, new) if allowed == WIDER else (new, old)
        if width is not None and (least is None or width < least - STEP[kind] - 1e-9):
            wrong.append(f"{name} {_told(old)} -> {_told(new)}")
    return tuple(wrong)


def _told(width: float | None) -> str:
    return "none" if width is None else f"{width:.3g}"
