"""What tests look at: outlooks of invented people, and topics with a table changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.person.people import calm, person

from needlewise.outlook import Outlook, look_ahead
from needlewise.topic import Row, Topic


def look(topic: Topic, *, base: Any = None, **changes: Any) -> Outlook:
    """The outlook of somebody calm with some answers changed (`...` takes one away)."""
    return look_ahead(topic, None, person(topic, calm(topic, **changes)), base=base)


def with_rows(topic: Topic, table: str, keep: Callable[[Row], bool]) -> Topic:
    """The topic with only some rows of a table."""
    return with_table(topic, table, tuple(r for r in topic[table] if keep(r)))


def with_table(topic: Topic, table: str, rows: tuple[Row, ...]) -> Topic:
    tables = {**topic.tables, table: replace(topic[table], rows=rows)}
    return replace(topic, tables=tables, _memo={})


def with_assumption(topic: Topic, name: str, value: float) -> Topic:
    """The topic with one assumption changed."""
    known: Mapping[str, Any] = topic.settings["assumptions"]
    changed = {**known, name: {**known[name], "value": value}}
    return replace(topic, settings={**topic.settings, "assumptions": changed}, _memo={})
