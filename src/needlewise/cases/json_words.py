"""The JSON of a comparison read aloud: its keys and values as sentences, by its own schema.

Somebody who builds on the JSON reads `chance`, `chance_low`, `chance_high` as "48 of 100, range 30
to 65"; so does this. A value that is missing is not said, so a range that is dropped is missed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

# What names, traces or versions a thing, and says nothing to a reader.
_SILENT = {"id", "hash", "person_hash", "draws_hash", "where", "source_ids", "read_at", "doi",
           "pmid", "language"}  # fmt: skip


def read_aloud(text: str) -> str:
    """The sentences of a JSON comparison, one a line; what to do comes first."""
    data = json.loads(text)
    triage = data.get("triage") or {}
    lines = [*triage.get("text", ())]
    for name, row in (("outlook", _outlook), ("shams", _sham), ("harms", _harm)):
        lines.extend(row(entry) for entry in data.get(name) or ())
    comparison = data.get("comparison") or {}
    for part in ("against_none", "between"):
        lines.extend(_verdict(entry) for entry in comparison.get(part) or ())
    lines.extend(_fit(comparison.get("fit") or {}))
    # `numbers` repeats by id what stands elsewhere in sentences.
    told = {"outlook", "shams", "harms", "comparison", "numbers"}
    rest = {key: value for key, value in data.items() if key not in told}
    rest["triage"] = {key: value for key, value in triage.items() if key != "text"}
    if data.get("sources"):
        lines.append("Sources:")
    lines.extend(_flat("", rest))
    return "\n".join(_sentence(line) for line in lines if line)


def _sentence(line: str) -> str:
    return line if line.endswith((".", "?", ":")) else f"{line}."


def _named(word: Any) -> str:
    return str(word).replace("-", " ").replace("_", " ")


def _number(value: Any) -> str:
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)


def _span(row: Mapping[str, Any], low: str = "low", high: str = "high") -> str:
    """` (3 to 5)` where both ends are given, else nothing."""
    ends = [row.get(low), row.get(high)]
    return "" if None in ends else f" ({_number(ends[0])} to {_number(ends[1])})"


def _joined(head: str, parts: Iterable[str]) -> str:
    return f"{head}: " + "; ".join(part.rstrip(".") for part in parts if part)


def _range(name: str, row: Mapping[str, Any] | None, unit: str = "") -> str:
    if not row or row.get("mean") is None:
        return ""
    return f"{name} {_number(row['mean'])}{_span(row)}{unit}"


def _outlook(row: Mapping[str, Any]) -> str:
    pain = row.get("outcome") == "pain"
    chance = row.get("chance")
    counts = (
        ""
        if chance is None
        else f"{_number(chance)} of 100 better{_span(row, 'chance_low', 'chance_high')}"
    )
    level = _range("expected pain", row) if pain else _range("against no needling", row)
    one = _span(row, "you_low", "you_high") if pain else ""
    grade, reason = row.get("certainty"), row.get("certainty_reason")
    return _joined(
        f"{_named(row.get('option'))}, {_named(row.get('outcome'))}, week {row.get('week'):g}",
        (
            counts,
            level,
            f"one person{one}" if one else "",
            _range("difference", row.get("effect"), " points"),
            f"certainty {grade}: {reason}" if grade else "",
            str(row.get("why") or ""),
            "only studied in other people" if row.get("evidence") == "other-people" else "",
        ),
    )


def _sham(row: Mapping[str, Any]) -> str:
    return _joined(
        f"{_named(row.get('option'))} against {_named(row.get('sham'))}, week {row.get('week'):g}",
        (
            _range("difference", row.get("effect"), " points"),
            _range("clearly better", row.get("people_of_100"), " of 100 more"),
            str(row.get("why") or ""),
        ),
    )


def _harm(row: Mapping[str, Any]) -> str:
    of = f"of {_number(row.get('denominator'))}"
    low, high = row.get("low"), row.get("high")
    if row.get("mean") is not None:
        figure = f"{_number(row['mean'])}{_span(row)} {of}"
    elif row.get("none_seen"):
        figure = f"could be up to {_number(high)} {of}" if high is not None else ""
    elif low is not None and high is not None:
        figure = f"between {_number(low)} and {_number(high)} {of}"
    else:
        figure = ""
    head = f"unwanted effect per course, {of}, {_named(row.get('event'))}"
    return _joined(f"{head}, {_named(row.get('option'))}", (figure, str(row.get("why") or "")))


def _verdict(row: Mapping[str, Any]) -> str:
    certainty = f" (certainty {row['certainty']})" if row.get("certainty") else ""
    pair = f"{_named(row.get('option'))} against {_named(row.get('against'))}"
    what = f"{_named(row.get('outcome'))}, week {row.get('week'):g}"
    return f"{pair}, {what}: {row.get('verdict')}{certainty}"


def _fit(fit: Mapping[str, Any]) -> list[str]:
    if not fit:
        return []
    low, high = fit.get("ahead_low") or {}, fit.get("ahead_high") or {}
    lines = []
    for option, count in (fit.get("ahead") or {}).items():
        span = _span({"low": low.get(option), "high": high.get(option)})
        lines.append(f"{_named(option)} comes out ahead in {count}{span} of 100")
    told = {"ahead", "ahead_low", "ahead_high"}
    return [*lines, *_flat("", {k: v for k, v in fit.items() if k not in told})]


def _flat(key: str, value: Any) -> list[str]:
    """Everything else as `key: value`, its values in order."""
    if key in _SILENT or value in (None, "", [], {}):
        return []
    name = f"{_named(key)}: " if key else ""
    if isinstance(value, Mapping):
        return [line for k, v in value.items() for line in _flat(k, v)]
    if isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return [name + "\n".join(_sentence(item) for item in value)]
        return [line for item in value for line in _flat(key, item)]
    return [f"{name}{_number(value)}"]
