"""What was found: `Examination`, both readings side by side, checked as it is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError

from needlewise.errors import InputError
from needlewise.person.answers import shown
from needlewise.person.reading import read_answers
from needlewise.person.typed import WRONG, Part, Words, words, wrong
from needlewise.topic import Topic, load_topic

FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_FINDINGS = 60
Found = Literal["", "yes", "no", "unknown"]
Side = Literal["left", "right", "both"]
SIDES: tuple[Side, ...] = ("left", "right", "both")


def _day(value: object) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value.strip())
        except ValueError:
            raise wrong(f"must be a day such as 2026-11-20, not {shown(value)}") from None
    if not isinstance(value, date):
        raise wrong(f"must be a day such as 2026-11-20, not {shown(value)}")
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise wrong(f"must lie between {FIRST_YEAR} and {LAST_YEAR}, and is {value}")
    return value


def _word(value: object) -> str:
    """A choice, as files and forms write it."""
    if isinstance(value, bool):  # TOML's true and false
        return "yes" if value else "no"
    return words(value).casefold().replace(" ", "_")


def _slug(value: object) -> str:
    return _word(value).replace("_", "-")


def _score(value: object) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = float(value.replace(",", "."))
        except ValueError:
            raise wrong(f"must be a number, not {shown(value)}") from None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise wrong(f"must be a number, not {shown(value)}")
    if not 0 <= value <= 1000:
        raise wrong(f"must not be below 0 or above 1,000, and is {value:g}")
    return float(value)


Day = Annotated[date | None, BeforeValidator(_day)]
Word = Annotated[str, BeforeValidator(_word)]
Slug = Annotated[str, BeforeValidator(_slug)]
Tested = Annotated[Literal["", "normal", "reduced", "not_tested"], BeforeValidator(_word)]
Sign = Annotated[Literal["", "negative", "positive", "not_tested"], BeforeValidator(_word)]
Changed = Annotated[Literal["", "normal", "changed", "not_tested"], BeforeValidator(_word)]
YesNo = Annotated[Found, BeforeValidator(_word)]
OneSide = Annotated[Side, BeforeValidator(_word)]
Score = Annotated[float | None, BeforeValidator(_score)]


class Palpation(Part):
    """What the fingers found in one muscle; "" was not looked for."""

    muscle: Slug
    side: OneSide
    taut_band: YesNo = ""
    hypersensitive_spot: YesNo = ""
    referred_pain: YesNo = ""
    twitch: YesNo = ""
    site: Words = ""

    CRITERIA: ClassVar[tuple[str, ...]] = ("taut_band", "hypersensitive_spot", "referred_pain")

    @property
    def sides(self) -> tuple[str, ...]:
        return ("left", "right") if self.side == "both" else (self.side,)


class Neurology(Part):
    """The neurological screen; "" and not_tested are both not known."""

    strength: Tested = ""
    sensation: Tested = ""
    reflexes: Tested = ""
    straight_leg_raise: Sign = ""
    saddle: Changed = ""
    bladder_bowel: Changed = ""
    worse_since: YesNo = ""


class Traditional(Part):
    """The traditional reading: patterns the practitioner chose, and what they rest on."""

    pattern: tuple[Words, ...] = ()
    findings: tuple[Words, ...] = ()
    tongue: Words = ""
    pulse: Words = ""
    notes: Words = ""


class Goal(Part):
    """The goal in the person's own words, and the score that stands for it."""

    words: Words = ""
    instrument: Word = "pain_nrs"
    now: Score = None
    target: Score = None


class Today(Part):
    """What has to be looked at again before a needle goes in, as it is today."""

    inr: Score = None
    inr_date: Day = None
    skin_checked: YesNo = ""
    consent: YesNo = ""


class Examination(Part):
    """An examination by a practitioner; what was not looked at stays unknown.

    `regions` are ids of `body_regions.csv`; `sides` names the side of a region (else both).
    `helper` is who helped the person to answer, `helper_answers` which answers came from them;
    consent stays the person's. `onset` is the day on which the pain began.
    """

    date: Day = None
    practitioner: Words = ""
    helper: Words = ""
    helper_answers: tuple[Words, ...] = ()
    onset: Day = None
    regions: tuple[Word, ...] = ()
    sides: dict[str, OneSide] = Field(default_factory=dict)
    palpation: tuple[Palpation, ...] = ()
    neurology: Neurology = Neurology()
    traditional: Traditional = Traditional()
    goal: Goal = Goal()
    today: Today = Today()
    notes: Words = ""

    @classmethod
    def from_file(cls, path: str | Path, topic: Topic | None = None) -> Self:
        """Read a TOML or JSON file. Raises InputError with all that is wrong, a sentence each."""
        return cls.from_mapping(read_answers(path), topic, where=f"{path}: ")

    @classmethod
    def from_mapping(
        cls, mapping: Mapping[str, Any], topic: Topic | None = None, *, where: str = ""
    ) -> Self:
        """Check findings given as plain tables. Raises InputError as `from_file`."""
        try:
            found = cls.model_validate(dict(mapping))
        except ValidationError as error:
            told = dict.fromkeys(_sentence(one) for one in error.errors())
            raise InputError(where + " ".join(list(told)[:10])) from None
        faults = tuple(_faults(topic or load_topic(), found))
        if faults:
            raise InputError(where + " ".join(faults[:10]))
        return found

    def to_mapping(self) -> dict[str, Any]:
        """The findings as plain tables; what is unknown is left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def side_of(self, region: str) -> str:
        return self.sides.get(region, "both")

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the findings; the order in which they were written carries no meaning."""
        told = self.to_mapping()
        for name in ("regions", "palpation"):
            told[name] = sorted(told.get(name, []), key=lambda one: json.dumps(one, sort_keys=True))
        if "traditional" in told and "pattern" in told["traditional"]:
            told["traditional"]["pattern"].sort()
        text = json.dumps(told, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def _sentence(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{place} is not part of an examination; take it out or correct its name."
    if error["type"] == "missing":
        return f"{place} is missing; add it."
    if error["type"] == "literal_error":
        allowed = error["ctx"]["expected"].replace("'',", "").replace("'", "")
        return f"{place} is {shown(error['input'])} but must be one of {allowed.strip()}."
    if error["type"] == WRONG:
        return f"{place} {error['msg']}."
    return f"{place} cannot be read ({error['msg'].lower()}); write it as in the user guide."


def _faults(topic: Topic, found: Examination) -> Any:
    regions = {row["region"] for row in topic["body_regions"]}
    for region in dict.fromkeys((*found.regions, *found.sides)):
        if region not in regions:
            yield f"regions: '{region}' is not known; choose from {', '.join(sorted(regions))}."
    for region in found.sides:
        if region in regions and region not in found.regions:
            yield f"sides names {region}, which regions does not; add it there."
    muscles = {row["slug"] for row in topic["muscles"]}
    seen: set[tuple[str, str]] = set()
    for number, one in enumerate(found.palpation):
        where = f"palpation.{number}"
        if one.muscle not in muscles:
            known = ", ".join(sorted(muscles))
            yield f"{where}: the muscle '{one.muscle}' is not known; choose from {known}."
        for side in one.sides:
            if (one.muscle, side) in seen:
                yield f"{where}: {one.muscle} on the {side} is told twice; keep one."
            seen.add((one.muscle, side))
    if len(found.palpation) > MOST_FINDINGS:
        told = len(found.palpation)
        yield f"palpation holds {told} findings; keep the {MOST_FINDINGS} that matter."
    if found.palpation and not found.regions:
        yield "regions is empty though there are findings; say where it hurts."
    patterns = {row["pattern"] for row in topic["patterns"]}
    for pattern in found.traditional.pattern:
        if pattern not in patterns:
            yield f"traditional.pattern: '{pattern}' is not known; choose from patterns.csv."
    yield from _goal_faults(topic, found.goal)


def _goal_faults(topic: Topic, goal: Goal) -> Any:
    fields = {row["field"]: row for row in topic["scoring"]}
    if goal.instrument not in fields:
        yield f"goal.instrument is '{goal.instrument}' but must be one of {', '.join(fields)}."
        return
    low, high = (fields[goal.instrument].number(side) for side in ("low", "high"))
    for name in ("now", "target"):
        value = getattr(goal, name)
        if value is not None and low is not None and high is not None and not low <= value <= high:
            yield f"goal.{name} is {value:g}; {goal.instrument} runs from {low:g} to {high:g}."
