"""Finding a point or muscle by code, pinyin, English name, muscle, region or level."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from needlewise.plan.items import MUSCLE, POINT
from needlewise.topic import Row, Topic

MOST = 60


@dataclass(frozen=True)
class Found:
    """A hit: what it is, its row, and what matched (code, name, region or level)."""

    kind: str
    ref: str
    label: str
    matched: str
    row: Row


def find(topic: Topic, text: str) -> tuple[Found, ...]:
    """Points and muscles that a text names: exact codes first, then names, then regions, levels."""
    wanted = plain(text)
    if not wanted:
        return ()
    hits: list[tuple[int, Found]] = []
    for row in topic["points"]:
        label = f"{row['code']} {row['pinyin']} ({row['english']})"
        hits += _hits(row, POINT, row["code"], label, wanted, ("code", "pinyin", "english"))
    for row in topic["muscles"]:
        hits += _hits(row, MUSCLE, row["slug"], row["muscle"], wanted, ("slug", "muscle"))
    hits.sort(key=lambda hit: hit[0])
    return tuple(found for _, found in hits[:MOST])


def _hits(
    row: Row, kind: str, ref: str, label: str, wanted: str, names: tuple[str, ...]
) -> list[tuple[int, Found]]:
    for rank, column in enumerate((*names, "region", *(("level",) if kind == POINT else ()))):
        cell = plain(row[column])
        exact = cell == wanted
        if exact or (column in names and column != "code" and wanted in cell):
            return [(rank if exact else rank + 10, Found(kind, ref, label, column, row))]
        if column == "code" and cell.startswith(wanted):
            return [(5, Found(kind, ref, label, column, row))]
    return []


def plain(text: str) -> str:
    """Small letters without marks, spaces and hyphens: `Shèn shū` and `shenshu` are one."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in letters if c.isalnum())
