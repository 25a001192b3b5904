"""The declared shape of every table, read once from `schema.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).resolve().parent.parent / "schema.toml"


@dataclass(frozen=True)
class Column:
    """What a cell of a column may hold.

    `type` is one of the types in `cells.py`; `values` the allowed words (empty: any); `among`
    another place whose values they must be: `table.column` or `topic:components` and the like;
    `separator` splits a cell that holds several; `low`, `high` are limits, `above` an open one.
    """

    name: str
    type: str = "text"
    required: bool = False
    values: tuple[str, ...] = ()
    among: str = ""
    separator: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    sorted: bool = False


@dataclass(frozen=True)
class TableShape:
    """A table's columns and the rules that hold for each of its rows."""

    name: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    optional: bool
    rules: Mapping[str, Any]


@dataclass(frozen=True)
class Schema:
    tables: Mapping[str, TableShape]
    settings: Mapping[str, Mapping[str, Any]]
    limits: Mapping[str, float]
    addresses: tuple[Mapping[str, str], ...]


@cache
def load_schema() -> Schema:
    """The schema shipped with needlewise; the same object every time."""
    data = tomllib.loads(SCHEMA.read_text(encoding="utf-8"))
    lists: Mapping[str, list[str]] = data["values"]
    tables = {name: read_shape(name, shape, lists) for name, shape in data["tables"].items()}
    limits = {name: float(limit["value"]) for name, limit in data["limits"].items()}
    return Schema(tables, data["settings"], limits, tuple(data["addresses"]))


def read_shape(name: str, shape: Mapping[str, Any], lists: Mapping[str, list[str]]) -> TableShape:
    columns = {
        column: read_column(column, spec, lists) for column, spec in shape["columns"].items()
    }
    rules = {k: v for k, v in shape.items() if k not in {"columns", "key", "optional"}}
    return TableShape(
        name, columns, tuple(shape.get("key", ())), bool(shape.get("optional")), rules
    )


def read_column(name: str, spec: Mapping[str, Any], lists: Mapping[str, list[str]]) -> Column:
    values = spec.get("values", [])
    return Column(
        name,
        **{
            **{k: v for k, v in spec.items() if k != "values"},
            "values": tuple(lists[values] if isinstance(values, str) else values),
        },
    )
