"""A person's answers, checked: `Person`.

The shape stands here; what may be answered stands in the topic (`intake.csv`, `terms.csv`). An
answer that is missing, null or empty is None, which means unknown and never no.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic import Field as Alias
from pydantic_core import ErrorDetails, PydanticCustomError

from needlewise.errors import InputError
from needlewise.person.answers import CHECKS, MOST_TOLD, Problem, empty, misspelt, sentence, shown
from needlewise.person.intake import Intake, load_intake
from needlewise.person.reading import read_answers
from needlewise.topic import Topic, load_topic


def _read_only(value: Any) -> Any:
    return MappingProxyType(value) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


MOST_ACTIVITIES = 5  # lines on the form of the Patient-Specific Functional Scale

Frozen = (AfterValidator(_read_only), PlainSerializer(_plain))
Signs = Annotated[Mapping[str, str | float], *Frozen]
Amounts = Annotated[Mapping[str, float] | None, *Frozen]
Weights = Annotated[Mapping[str, float] | str | None, *Frozen]


def _answer_error(problem: str) -> PydanticCustomError:
    return PydanticCustomError("answer", "{problem}", {"problem": problem})


class Answers(BaseModel):
    """A group of answers: nothing undeclared is taken and nothing changes afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)
    at: ClassVar[str] = ""

    @field_validator("*", mode="before")
    @classmethod
    def _as_declared(cls, value: object, info: ValidationInfo) -> Any:
        """Hold the answer against its row of `intake.csv`."""
        intake = cast(Intake, info.context)
        assert info.field_name is not None
        given = cls.model_fields[info.field_name]
        field = intake.fields[f"{cls.at}{given.alias or info.field_name}"]
        if empty(value):
            return given.get_default(call_default_factory=True)
        try:
            return CHECKS[field.type](field, value, intake)
        except Problem as problem:
            raise _answer_error(str(problem)) from None


class Medicine(Answers):
    at = "medicines.[]."
    name: str | None = None
    kind: str | None = Alias(None, alias="class")
    daily_mg: float | None = None


class Device(Answers):
    at = "devices.[]."
    kind: str | None = None


class SkinTrouble(Answers):
    at = "skin.[]."
    kind: str | None = None
    region: str | None = None


class AccessLimit(Answers):
    at = "access_limits.[]."
    kind: str | None = None
    region: str | None = None
    removable: str | None = None


class Labs(Answers):
    """Blood tests: INR and its age in days, platelets and neutrophils in 10^9 per litre."""

    at = "labs."
    inr: float | None = None
    inr_days_old: float | None = None
    platelets_e9_l: float | None = None
    neutrophils_e9_l: float | None = None


class Injection(Answers):
    at = "recent_injection."
    kind: str | None = None
    days: float | None = None


class Clearance(Answers):
    """What a doctor found, in that doctor's words, and which doctor."""

    at = "clearance."
    by: str | None = None
    fracture: str | None = None
    malignancy: str | None = None
    infection: str | None = None
    surgery: str | None = None
    bleeding: str | None = None
    epilepsy: str | None = None
    heart: str | None = None


class NeedleHistory(Answers):
    at = "needle_history."
    fear: str | None = None
    fainted: str | None = None
    earlier_needling: str | None = None


class Mood(Answers):
    at = "mood."
    low: str | None = None
    suicidal_thoughts: str | None = None
    plan_or_means: str | None = None


class History(Answers):
    """A course of needling so far; the scores are in order, None is a gap."""

    at = "history."
    option: str | None = None
    sessions: float | None = None
    hours_since_last: float | None = None
    rmdq24: tuple[float | None, ...] | None = None
    pain_nrs: tuple[float | None, ...] | None = None


class Event(Answers):
    """Something that happened after needling."""

    at = "event."
    kind: str | None = None
    grade: str | None = None
    days: float | None = None
    hours: float | None = None
    size_cm: float | None = None


class Peg(Answers):
    """The three numbers of a PEG form, 0 to 10; `form` says whether there is one."""

    at = "peg."
    form: str | None = None
    pain: float | None = None
    enjoyment: float | None = None
    activity: float | None = None

    @property
    def answers(self) -> tuple[float | None, ...]:
        return self.pain, self.enjoyment, self.activity


class Oswestry(Answers):
    """The ten section scores of an Oswestry form, 0 to 5; a missed section is None."""

    at = "odi."
    form: str | None = None
    section_1: float | None = None
    section_2: float | None = None
    section_3: float | None = None
    section_4: float | None = None
    section_5: float | None = None
    section_6: float | None = None
    section_7: float | None = None
    section_8: float | None = None
    section_9: float | None = None
    section_10: float | None = None

    @field_validator("*", mode="after")
    @classmethod
    def _whole(cls, value: object, info: ValidationInfo) -> object:
        """A section's score is the number of the statement marked."""
        if isinstance(value, float) and not value.is_integer():
            raise _answer_error(
                f"{cls.at}{info.field_name} is {value:g} but must be a whole number"
            )
        return value

    @property
    def answers(self) -> tuple[float | None, ...]:
        return tuple(getattr(self, f"section_{number}") for number in range(1, 11))


class Activity(Answers):
    """Something that is hard to do, and how well it goes: 0 unable to 10 as before."""

    at = "psfs.[]."
    activity: str | None = None
    score: float | None = None


class Person(Answers):
    """One person's answers. None is "not answered"; an empty list is "none".

    Pain scores run 0 to 10, durations are in weeks, `weights` are by criterion (aliases already
    turned into the criterion's name), the words "ranking_only", or None.
    """

    red_flags: Signs = Alias(default_factory=lambda: MappingProxyType({}))
    age: float | None = None
    sex: str | None = None
    pregnant: str | None = None
    gestation_weeks: float | None = None
    pain_weeks: float | None = None
    pain_nrs: float | None = None
    pain_average_nrs: float | None = None
    pain_worst_nrs: float | None = None
    pain_site: tuple[str, ...] | None = None
    leg_pain: str | None = None
    rmdq24: float | None = None
    peg: Peg | None = None
    odi: Oswestry | None = None
    psfs: tuple[Activity, ...] | None = None
    bmi: float | None = None
    goals: tuple[str, ...] | None = None
    days_available: tuple[str, ...] | None = None
    occupation: str | None = None
    expectation: str | None = None
    free_text: str | None = None
    conditions: tuple[str, ...] | None = None
    medicines: tuple[Medicine, ...] | None = None
    labs: Labs = Labs()
    devices: tuple[Device, ...] | None = None
    allergies: tuple[str, ...] | None = None
    skin: tuple[SkinTrouble, ...] | None = None
    access_limits: tuple[AccessLimit, ...] | None = None
    recent_injection: Injection | None = None
    weeks_since_surgery: float | None = None
    clearance: Clearance = Clearance()
    positions_not_possible: tuple[str, ...] | None = None
    needle_history: NeedleHistory = NeedleHistory()
    mood: Mood = Mood()
    weights: Weights = None
    ranking: tuple[str, ...] | None = None
    statements: tuple[str, ...] | None = None
    cost: Amounts = None
    view: Amounts = None
    own: Amounts = None
    own_label: str | None = None
    budget: float | None = None
    max_visits: float | None = None
    name: str | None = None
    language: str | None = None
    access_needs: tuple[str, ...] | None = None
    ethnicity: str | None = None
    insurer: str | None = None
    history: History | None = None
    event: Event | None = None
    practitioner_training: tuple[str, ...] | None = None
    findings: tuple[str, ...] | None = None
    plan_points: tuple[str, ...] | None = None
    plan_current: str | None = None
    display_order: str | None = None
    evidence_filter: str | None = None
    evidence_remove: str | None = None

    @field_validator("medicines", "devices", "skin", "access_limits", mode="after")
    @classmethod
    def _sorted(cls, entries: tuple[Answers, ...] | None) -> tuple[Answers, ...] | None:
        """The order in which things are named carries no meaning."""
        return entries if entries is None else tuple(sorted(entries, key=repr))

    @field_validator("psfs", mode="after")
    @classmethod
    def _as_many_as_the_form(cls, entries: tuple[Activity, ...] | None) -> object:
        if entries is not None and len(entries) > MOST_ACTIVITIES:
            raise _answer_error(f"psfs names {len(entries)} activities; keep the {MOST_ACTIVITIES} "
                                "that matter most")  # fmt: skip
        return entries

    @classmethod
    def from_file(cls, path: str | Path, topic: Topic | None = None) -> Self:
        """Read a TOML or JSON file; of a whole record its answers, the table `person`, are taken.

        Raises InputError with all that is wrong, one sentence each.
        """
        answers = read_answers(path)
        if isinstance(inner := answers.get("person"), Mapping):
            answers = dict(inner)
        return cls.from_mapping(answers, topic, where=f"{path}: ")

    @classmethod
    def from_mapping(
        cls, answers: Mapping[str, Any], topic: Topic | None = None, *, where: str = ""
    ) -> Self:
        """Check answers given as plain tables. Raises InputError as `from_file`."""
        intake = load_intake(topic or load_topic())
        try:
            return cls.model_validate(dict(answers), context=intake)
        except ValidationError as error:
            told = error.errors()
            sentences = dict.fromkeys(_sentence(one, intake) for one in told[:MOST_TOLD])
            more = f" And {len(told) - MOST_TOLD:,} more." if len(told) > MOST_TOLD else ""
            raise InputError(where + " ".join(sentences) + more) from None

    @cached_property
    def canonical(self) -> str:
        """All answers as JSON in one form: sorted, nothing unknown in it."""
        answers = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        kept = {name: value for name, value in answers.items() if value != {}}
        return json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the canonical form."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()


def _sentence(error: ErrorDetails, intake: Intake) -> str:
    """What pydantic found, as one plain sentence that names the field."""
    loc = error["loc"]
    where = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    declared = ".".join("[]" if isinstance(part, int) else part for part in loc)
    if error["type"] == "answer":
        text = error["msg"].replace(declared, where)
    elif error["type"] == "extra_forbidden":
        group = declared.rpartition(".")[0]
        text = misspelt(declared, f"{group}." if group else "", intake).replace(declared, where)
        text = text.replace(".[].", ".")
    else:
        text = f"{where} must be a table of name = answer, not {shown(error['input'])}"
    return sentence(text)
