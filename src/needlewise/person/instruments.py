"""Questionnaires scored by data: how in `scoring.csv`, what a score is called in
`score_bands.csv`, the sentences in `score_texts.toml`.

Only numbers are scored; no questionnaire's wording stands here. What no source states stays empty
and reads "not stated"; where printed bands disagree all of them are said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from needlewise.errors import InputError
from needlewise.person.person import Activity, Oswestry, Peg, Person
from needlewise.topic import Row, Topic
from needlewise.topic.pack import listed

Given = Sequence[float | None]
Range = tuple[float, float]


@dataclass(frozen=True)
class Change:
    """A change a source names, in points of the score or in percent of the first score.

    `low` and `high` are equal where one number is printed; all are None where no source names
    one. `text` is the amount in words, `str` the amount with its source.
    """

    low: float | None
    high: float | None
    percent: float | None
    source: str
    text: str

    @property
    def stated(self) -> bool:
        return self.low is not None or self.percent is not None

    def __str__(self) -> str:
        return f"{self.text} ({self.source})" if self.stated else self.text


@dataclass(frozen=True)
class Score:
    """One questionnaire scored.

    `value` lies from `low` to `high` and is None where too little was answered; `answered` of
    `of` answers were given; `higher_is` is "worse" or "better". `band` is what the sources call
    such a score, all of them where they disagree, each with its name; None where none has a name.
    `note` says what a reader must know beside it, `places` are the rows behind it (file:line),
    `sentences` say it all in plain words.
    """

    instrument: str
    name: str
    value: float | None
    low: float
    high: float
    higher_is: str
    answered: int
    of: int
    band: str | None
    change_that_matters: Change
    detectable_change: Change
    note: str
    places: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Instrument:
    """A row of `scoring.csv` with its bands; `items` is how many answers the form asks for."""

    row: Row
    items: Range
    item: Range
    span: Range
    least: float | None
    change: Range | None
    detectable: Range | None
    room: Range | None
    bands: tuple[Row, ...]
    places: tuple[str, ...]

    @property
    def needs_all(self) -> bool:
        return self.row["missing"] == "all"


def _mean(answers: Sequence[float], _: float) -> float:
    return sum(answers) / len(answers)


COMBINED: dict[str, Callable[[Sequence[float], float], float]] = {
    "single": lambda answers, _: answers[0],
    "sum": lambda answers, _: sum(answers),
    "mean": _mean,
    "count": lambda answers, _: float(sum(answer > 0 for answer in answers)),
    "percent": lambda answers, highest: 100 * sum(answers) / (highest * len(answers)),
}


def score_instrument(topic: Topic, name: str, answers: float | Given) -> Score:
    """Score the answers to one questionnaire, None for each that is missing.

    `name` is its name in `instruments.csv`. Raises InputError for a name that is not scored and
    for answers that do not fit: too many, or outside the questionnaire's range.
    """
    known = load_scoring(topic)
    if name not in known:
        raise InputError(f"'{name}' is not scored; use one of {', '.join(known)}.")
    return _scored(topic, known[name], _checked(known[name], answers))


def scores(topic: Topic, person: Person) -> tuple[Score, ...]:
    """Every questionnaire of which the person brought at least one number, in file order."""
    given = (
        (instrument, _answers(getattr(person, instrument.row["field"])))
        for instrument in load_scoring(topic).values()
    )
    return tuple(
        _scored(topic, instrument, answers)
        for instrument, answers in given
        if any(answer is not None for answer in answers)
    )


def score_lines(topic: Topic, person: Person) -> tuple[str, ...]:
    """One line a questionnaire, ready for a page: score, changes that count, bands, notes."""
    return tuple(" ".join(score.sentences) for score in scores(topic, person))


def load_scoring(topic: Topic) -> Mapping[str, Instrument]:
    """The questionnaires that can be scored, by name in `instruments.csv`; read once."""
    if "scoring" not in topic._memo:
        topic._memo["scoring"] = {row["instrument"]: _read(topic, row) for row in topic["scoring"]}
    return cast(Mapping[str, Instrument], topic._memo["scoring"])


def _read(topic: Topic, row: Row) -> Instrument:
    named = topic["instruments"].by("name").get(row["instrument"])
    if named is None or row["combine"] not in COMBINED or row["field"] not in Person.model_fields:
        raise InputError(
            f"{row.place} names an instrument, a field or a way to combine that is not known; "
            "correct the row."
        )
    thresholds = (
        other
        for other in topic["thresholds"]
        if other["instrument"] in listed(row["thresholds"])
        and other["source"].startswith(row["change_source"])
    )
    return Instrument(
        row=row,
        items=_needed(row, "items"),
        item=(_needed(row, "item_low")[0], _needed(row, "item_high")[0]),
        span=(_needed(row, "low")[0], _needed(row, "high")[0]),
        least=row.number("least"),
        change=_range(row, "change"),
        detectable=_range(row, "detectable"),
        room=_range(row, "room"),
        bands=tuple(b for b in topic["score_bands"] if b["instrument"] == row["instrument"]),
        places=(row.place, named.place, *(other.place for other in thresholds)),
    )


def _range(row: Row, column: str) -> Range | None:
    """A cell that holds a number or a range such as 3-5."""
    cell = row[column].strip()
    try:
        ends = [float(end) for end in cell.split("-")] if cell else []
    except ValueError:
        ends = [0.0, 0.0, 0.0]
    if len(ends) > 2:
        raise InputError(
            f"{row.place}, column {column}: '{cell}' is not a number or a range such as 3-5; "
            "correct it."
        )
    return (ends[0], ends[-1]) if ends else None


def _needed(row: Row, column: str) -> Range:
    found = _range(row, column)
    if found is None:
        raise InputError(f"{row.place}, column {column} is empty; fill it.")
    return found


def _answers(given: object) -> tuple[float | None, ...]:
    """What the person gave, as a row of numbers."""
    if isinstance(given, Peg | Oswestry):
        return given.answers
    if isinstance(given, tuple):
        return tuple(entry.score for entry in given if isinstance(entry, Activity))
    return (given,) if isinstance(given, float) else ()


def _checked(instrument: Instrument, answers: float | Given) -> tuple[float | None, ...]:
    name, (low, high), most = instrument.row["name"], instrument.item, int(instrument.items[1])
    row = (float(answers),) if isinstance(answers, int | float) else tuple(answers)
    if not 1 <= len(row) <= most:
        raise InputError(f"The {name} takes up to {most} answers, not {len(row)}; check the form.")
    for answer in row:
        if answer is not None and not low <= answer <= high:
            raise InputError(
                f"An answer of the {name} is {answer:g} but must be from {low:g} to {high:g}; "
                "check the form."
            )
    return row


def _scored(topic: Topic, instrument: Instrument, given: tuple[float | None, ...]) -> Score:
    words, row = topic.texts["score_texts"], instrument.row
    answers = [answer for answer in given if answer is not None]
    # A form of fixed length misses what was not given; one of 3 to 5 lines only what was begun.
    of = max(len(given), int(instrument.items[1])) if _fixed(instrument) else len(given)
    value = _value(instrument, answers, of)
    change = _change(
        words["change"], instrument.change, row.number("change_percent"), row["change_source"],
        words["not_stated"],
    )  # fmt: skip
    one = row.number("detectable_one") if len(answers) == 1 else None
    detectable = _change(
        words["change"], instrument.detectable if one is None else (one, one), None,
        row["detectable_source"], words["not_stated"],
    )  # fmt: skip
    missed = _missed(words["missed"], instrument, len(answers), of)
    if value is None:
        bands, called, beside = list[Row](), list[str](), missed
    else:
        bands = _bands(instrument, value, sum(answers) if len(answers) == of else None)
        called, differing = _called(words["band"], bands)
        beside = [*missed, *differing, *_beside(words, instrument, bands, value)]
    return Score(
        instrument=row["instrument"],
        name=row["name"],
        value=value,
        low=instrument.span[0],
        high=instrument.span[1],
        higher_is=row["higher_is"],
        answered=len(answers),
        of=of,
        band="; ".join(f"{band['label']} ({band['source']})" for band in bands) or None,
        change_that_matters=change,
        detectable_change=detectable,
        note=" ".join(beside),
        places=(*instrument.places, *(band.place for band in bands)),
        sentences=(
            *_told(words, instrument, value, len(answers), of),
            *(_told_changes(words, change, detectable) if value is not None else ()),
            *called,
            *beside,
        ),
    )


def _fixed(instrument: Instrument) -> bool:
    return instrument.items[0] == instrument.items[1]


def _value(instrument: Instrument, answers: list[float], of: int) -> float | None:
    too_few = not answers or (instrument.least is not None and len(answers) < instrument.least)
    if too_few or (instrument.needs_all and len(answers) < of):
        return None
    return COMBINED[instrument.row["combine"]](answers, instrument.item[1])


def _change(
    words: Mapping[str, str], points: Range | None, percent: float | None, source: str, none: str
) -> Change:
    said = []
    if points is not None:
        ends = words["to"].join(f"{end:g}" for end in dict.fromkeys(points))
        said.append(words["point" if points == (1, 1) else "points"].format(ends))
    if percent is not None:
        said.append(words["percent"].format(f"{percent:g}"))
    low, high = points or (None, None)
    return Change(low, high, percent, source, words["or"].join(said) or none)


def _bands(instrument: Instrument, value: float, whole_sum: float | None) -> list[Row]:
    """The bands the score falls in; those printed on the sum of a form only if it is whole."""
    on = {"score": value, "sum": whole_sum}
    return [band for band in instrument.bands if _within(band, on[band["printed_on"]])]


def _within(band: Row, value: float | None) -> bool:
    low, high = band.number("low"), band.number("high")
    return value is not None and low is not None and high is not None and low <= value <= high


def _called(words: Mapping[str, str], bands: list[Row]) -> tuple[list[str], list[str]]:
    """What the score is called, and apart from it where sources call it by different names."""
    called, differing = [], []
    for kind in dict.fromkeys(band["kind"] for band in bands):
        of_kind = [band for band in bands if band["kind"] == kind]
        if len({band["label"] for band in of_kind}) > 1:
            each = (words["one"].format(**band) for band in of_kind)
            differing.append(words["differ"].format(bands="; ".join(each)))
        else:
            sources = "; ".join(band["source"] for band in of_kind)
            called.append(words[kind].format(label=of_kind[0]["label"], source=sources))
    return called, differing


def _missed(words: Mapping[str, str], instrument: Instrument, answered: int, of: int) -> list[str]:
    """What was not answered, and what the sources say of that."""
    if instrument.needs_all:
        return [words["all"].format(of=of)] if answered < of else []
    low, high = (f"{end:g}" for end in instrument.items)
    found = [words["left_out"].format(answered=answered, of=of)] if answered < of else []
    if not _fixed(instrument) and answered < instrument.items[0]:
        found.append(words["few"].format(items=f"{low} to {high}", answered=answered))
    least = instrument.least
    if found:
        found.append(
            words["least_not_stated"]
            if least is None
            else words["least"].format(least=f"{least:g}")
        )
    return found


def _beside(words: Any, instrument: Instrument, bands: list[Row], value: float) -> Iterable[str]:
    """A score that no band holds or that can hardly change, and what the row adds."""
    printed = {b["source"] for b in instrument.bands if b["kind"] == "severity"}
    if printed and not any(band["kind"] == "severity" for band in bands):
        yield words["band"]["between"].format(source="; ".join(sorted(printed)))
    if instrument.room is not None and not instrument.room[0] <= value <= instrument.room[1]:
        low, high = (f"{end:g}" for end in instrument.room)
        source = instrument.row["detectable_source"]
        yield words["missed"]["room"].format(low=low, high=high, source=source)
    if instrument.row["said"]:
        yield instrument.row["said"]


def _told(
    words: Any, instrument: Instrument, value: float | None, answered: int, of: int
) -> tuple[str, ...]:
    said, name = words["score"], instrument.row["name"]
    if value is None:
        return (said["none"].format(name=name, answered=answered, of=of),)
    text = said["value"].format(
        name=name, value=f"{round(value, 1):g}", high=f"{instrument.span[1]:g}"
    )
    return (text, said["better"]) if instrument.row["higher_is"] == "better" else (text,)


def _told_changes(words: Any, change: Change, detectable: Change) -> Iterable[str]:
    for said, found in ((words["change"], change), (words["detectable"], detectable)):
        if found.stated:
            yield said["stated"].format(amount=found.text, source=found.source)
        else:
            yield said["none"]
