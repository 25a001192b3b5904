"""The thresholds of a review: `[review]` of the topic's settings, each with where it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from needlewise.errors import InputError
from needlewise.person.instruments import Instrument, load_scoring
from needlewise.topic import Row, Topic


@dataclass(frozen=True)
class Threshold:
    """A number advice hangs on.

    `source` is that of the row of the pack it is printed in, or the rule; `reason` is why, where
    nobody measured it (`assumed`); `place` is file and line where it stands in a table, `printed`
    what stands there and `named` the row's own name.
    """

    name: str
    value: float
    unit: str
    source: str
    reason: str
    place: str
    printed: str
    named: str

    @property
    def assumed(self) -> bool:
        return not self.source


def threshold(topic: Topic, name: str) -> Threshold:
    """A threshold by its name. Raises InputError where the topic does not have it."""
    entries: Mapping[str, Any] = topic.settings.get("review", {})
    if name not in entries:
        raise InputError(f"topic.toml has no [review.{name}]; add it with its source or reason.")
    entry = entries[name]
    row = _printed(topic, entry)
    return Threshold(
        name, float(entry["value"]), str(entry["unit"]),
        row["source"] if row is not None else str(entry.get("source", "")),
        str(entry.get("reason", "")), "" if row is None else row.place,
        str(entry.get("printed", "")), "" if row is None else next(iter(entry["row"].values())),
    )  # fmt: skip


def _printed(topic: Topic, entry: Mapping[str, Any]) -> Row | None:
    """The row of the pack a threshold is printed in."""
    if "table" not in entry:
        return None
    for row in topic[entry["table"]]:
        if all(row[column] == cell for column, cell in entry["row"].items()):
            return row
    raise InputError(f"topic.toml [review]: {entry['table']}.csv has no row {dict(entry['row'])}.")


@dataclass(frozen=True)
class Measure:
    """What counts as a change of one questionnaire, in its own points.

    Attributes:
        important, percent: the smallest change that matters, in points or in percent of the first
            score (None: not stated).
        detectable: the change that chance alone may bring; `stands_in` says that no source gives
            it and the important change stands in for it.
        error: standard deviation of the measurement error of one score,
            detectable / (z sqrt(2)); None where neither is known.
    """

    field: str
    name: str
    low: float
    high: float
    higher_is: str
    important: float | None
    percent: float | None
    important_source: str
    detectable: float | None
    detectable_source: str
    stands_in: bool
    level: float
    error: float | None
    places: tuple[str, ...]

    def better(self, change: float) -> float:
        """A change in points as improvement: positive is better."""
        return change if self.higher_is == "better" else -change


def measures(topic: Topic) -> dict[str, Measure]:
    """Every questionnaire that can be scored, by the field of a person's answers."""
    return {i.row["field"]: _measure(topic, i) for i in load_scoring(topic).values()}


def _measure(topic: Topic, instrument: Instrument) -> Measure:
    row = instrument.row
    important = instrument.change[1] if instrument.change else None
    percent = row.number("change_percent")
    printed = instrument.detectable[1] if instrument.detectable else None
    stands_in = printed is None and important is not None
    detectable = important if printed is None else printed
    name = f"detectable_level_{row['field']}"
    known = name in topic.settings.get("review", {})
    level = threshold(topic, name if known else "detectable_level").value
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    return Measure(
        row["field"], row["name"], *instrument.span, row["higher_is"], important, percent,
        row["change_source"], detectable,
        row["change_source"] if stands_in else row["detectable_source"], stands_in, level,
        None if detectable is None else detectable / (z * math.sqrt(2.0)), instrument.places,
    )  # fmt: skip
