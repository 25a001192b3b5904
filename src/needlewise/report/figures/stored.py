"""A figure as text and back, so that it is drawn once for each version of the content."""

from __future__ import annotations

import json
from typing import Any

from needlewise.report.document import Num, Table, Text
from needlewise.report.figures.drawing import Figure


def to_json(figure: Figure) -> str:
    """All of a figure as JSON."""
    return json.dumps(
        {
            "name": figure.name,
            "title": figure.title,
            "alt": figure.alt,
            "svg": figure.svg,
            "rows": [dict(row) for row in figure.rows],
            "tables": [
                [t.caption, t.columns, [[_plain(cell) for cell in row] for row in t.rows]]
                for t in figure.tables
            ],
        },
        ensure_ascii=False,
    )


def from_json(text: str) -> Figure:
    """The figure that `to_json` wrote. Raises ValueError, KeyError or TypeError for other text."""
    data = json.loads(text)
    tables = tuple(
        Table(caption, tuple(columns), tuple(tuple(_text(cell) for cell in row) for row in rows))
        for caption, columns, rows in data["tables"]
    )
    return Figure(
        data["name"], data["title"], data["alt"], data["svg"], tuple(data["rows"]), tables
    )


def _plain(text: Text) -> list[str | list[str]]:
    return [[part.text, part.id] if isinstance(part, Num) else part for part in text]


def _text(parts: list[Any]) -> Text:
    return tuple(Num(*part) if isinstance(part, list) else str(part) for part in parts)
