"""What differs between two versions of a plan."""

from __future__ import annotations

from dataclasses import dataclass, fields

from needlewise.plan.items import Item
from needlewise.plan.plan import Plan

COMPARED = ("depth", "needle", "technique", "retention", "position", "direction", "forced")


@dataclass(frozen=True)
class Difference:
    """One thing that differs: `kind` is added, removed, changed or blocked; `what` says where."""

    kind: str
    id: str
    what: str
    before: str
    after: str


def plan_changes(old: Plan, new: Plan) -> tuple[Difference, ...]:
    """From one version of a person's plan to the next, in the order of the card."""
    before, after = ({item.id: item for item in plan.items} for plan in (old, new))
    found = [
        Difference("removed", i, item.name, "", "") for i, item in before.items() if i not in after
    ]
    found += [
        Difference("added", i, item.name, "", "") for i, item in after.items() if i not in before
    ]
    for id, item in after.items():
        if id in before:
            found += _item(before[id], item)
    gone = {one.id for one in old.blocked}
    found += [
        Difference("blocked", one.id, one.name, "", "") for one in new.blocked if one.id not in gone
    ]
    found += _part("option", old.option.label, new.option.label)
    for part in ("goal", "course", "review"):
        one, other = getattr(old, part), getattr(new, part)
        if one is None or other is None:
            continue
        for name in (f.name for f in fields(one) if f.name not in {"because", "changed"}):
            found += _part(f"{part}.{name}", _said(getattr(one, name)), _said(getattr(other, name)))
    return tuple(found)


def _item(old: Item, new: Item) -> list[Difference]:
    return [
        Difference("changed", new.id, name, getattr(old, name), getattr(new, name))
        for name in COMPARED
        if getattr(old, name) != getattr(new, name)
    ]


def _part(what: str, old: str, new: str) -> list[Difference]:
    return [Difference("changed", what, what, old, new)] if old != new else []


def _said(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
