"""The comparison as JSON: the same rounded numbers as every other channel, with a schema."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from needlewise.choice import Comparison
from needlewise.choice.fit import Fit
from needlewise.choice.verdict import Verdict
from needlewise.outlook.cells import NO_FIGURE, Cell
from needlewise.outlook.draws import draws_hash
from needlewise.outlook.harms import HarmCell
from needlewise.outlook.look_ahead import HarmLine
from needlewise.outlook.prediction import Estimate
from needlewise.report.document import Bullets, Callout, Paragraph, block_texts, numbers, plain
from needlewise.report.numbers import hundred, of, ten, tenth, whole
from needlewise.report.values import shares_of_100, weights_of_100
from needlewise.report.view import document, facts, sources
from needlewise.report.words import difference_of_100
from needlewise.topic import Topic


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ContentJson(Strict):
    version: str
    hash: str


class ReasonJson(Strict):
    id: str
    text: str
    answers: list[str]
    action: str
    source: str
    where: str


class TriageJson(Strict):
    outcome: Literal[
        "emergency", "urgent", "refer_routine", "clarify", "proceed_with_precautions", "proceed"
    ]
    reasons: list[ReasonJson]
    text: list[str]
    handover: list[str]
    safety_net: list[str]
    ask_clinician: list[str]
    messages: dict[str, list[str]]


class ConstraintJson(Strict):
    id: str
    text: str
    source: str


class OptionJson(Strict):
    option: str
    status: Literal["available", "precaution", "deferred", "not_feasible", "not_offered", "hidden"]
    reasons: list[str]
    reason_texts: list[str]
    constraints: list[ConstraintJson]
    visits: float | None


class RangeJson(Strict):
    mean: float
    low: float
    high: float


class OutlookJson(Strict):
    """One option, outcome and week.

    `mean`, `low`, `high`: expected pain 0-10 of people like this (outcome pain). For function,
    whose course is not known, the difference to no needling on the instrument. `effect`: the
    trials' average difference, points of 100 or of the instrument, negative is better. Chances
    count people of 100; `difference` is how many more than without needling. A missing number is
    null and `why` says why.
    """

    id: str
    option: str
    outcome: str
    week: float
    evidence: Literal["own", "other-people", "none"]
    why: str
    trials: int
    people: int | None
    unit: str
    mean: float | None
    low: float | None
    high: float | None
    you_low: float | None
    you_high: float | None
    effect: RangeJson | None
    chance: int | None
    chance_low: int | None
    chance_high: int | None
    chance_without: int | None
    difference: int | None
    difference_low: int | None
    difference_high: int | None
    certainty: str | None
    certainty_reason: str | None
    source_ids: list[str]


class ShamJson(Strict):
    id: str
    option: str
    sham: str
    week: float
    effect: RangeJson | None
    people_of_100: RangeJson | None
    source_ids: list[str]
    why: str


class HarmJson(Strict):
    """People of `denominator` per course; `low` and `high` are bounds where `mean` is null."""

    id: str
    option: str
    event: str
    denominator: int
    mean: float | None
    low: float | None
    high: float | None
    none_seen: bool
    reporter: str
    why: str
    source_ids: list[str]


class VerdictJson(Strict):
    option: str
    against: str
    outcome: str
    week: float
    verdict: str
    evidence: str
    certainty: str


class FitJson(Strict):
    """How often each option comes out ahead, of 100, given the trials, assumptions and weights."""

    ahead: dict[str, int]
    ahead_low: dict[str, int]
    ahead_high: dict[str, int]
    cannot_be_compared: dict[str, str]
    weights: dict[str, float]
    verdict: str
    leader: str | None
    flips: list[dict[str, Any]]
    unknown: list[dict[str, Any]]
    learn: list[dict[str, str]]
    regions: list[dict[str, Any]]
    overturned_by: list[str]


class ComparisonPart(Strict):
    against_none: list[VerdictJson]
    between: list[VerdictJson]
    fit: FitJson | None


class SourceJson(Strict):
    id: str
    label: str
    detail: str
    doi: str
    pmid: str
    read_at: str
    used_for: str


class SectionJson(Strict):
    """What the page says in one section: its sentences, without tables and pictures."""

    id: str
    title: str
    text: list[str]


class ComparisonJson(Strict):
    """A comparison, or a stop: then `outlook`, `harms` and `shams` are empty, `comparison` null.

    `numbers` has every number of the page by its id, as printed.
    """

    content: ContentJson
    about: dict[str, str]
    person_hash: str
    draws_hash: str
    triage: TriageJson
    options: list[OptionJson]
    notes: dict[str, list[str]]
    words: list[SectionJson]
    outlook: list[OutlookJson]
    shams: list[ShamJson]
    harms: list[HarmJson]
    comparison: ComparisonPart | None
    numbers: dict[str, list[str]]
    sources: list[SourceJson]


def schema() -> str:
    """The JSON schema of `to_json`."""
    return json.dumps(ComparisonJson.model_json_schema(), indent=2) + "\n"


def to_json(comparison: Comparison) -> str:
    """The comparison as JSON text, byte-equal for equal input."""
    model = as_model(comparison)
    return json.dumps(model.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def as_model(comparison: Comparison) -> ComparisonJson:
    """The comparison as the typed model behind the schema."""
    outlook = comparison.outlook
    shown = outlook.triage.comparison_shown
    return ComparisonJson(
        content=ContentJson(**outlook.topic.content),
        about=dict(facts(comparison)),
        person_hash=outlook.person.hash,
        draws_hash=draws_hash(),
        triage=_triage(comparison),
        options=_options(comparison),
        notes={k: list(v) for k, v in outlook.notes.items()},
        words=_words(comparison),
        outlook=[_cell(comparison, cell) for cell in outlook.cells],
        shams=[_sham(s) for s in outlook.shams],
        harms=[_harm(outlook.topic, h) for h in outlook.harms],
        comparison=_comparison(comparison) if shown else None,
        numbers=_numbers(comparison),
        sources=[SourceJson(**vars(s)) for s in sources(comparison)] if shown else [],
    )


def _numbers(comparison: Comparison) -> dict[str, list[str]]:
    """Every number of the page by its id, as printed; `needlewise explain ID` tells its trail."""
    found: dict[str, list[str]] = {}
    for number in dict.fromkeys(numbers(document(comparison))):
        found.setdefault(number.id, []).append(number.text)
    return found


def _words(comparison: Comparison) -> list[SectionJson]:
    sections = []
    for section in document(comparison).sections:
        found: list[str] = []
        for block in section.blocks:
            if isinstance(block, (Bullets, Callout)):
                found += [block.title] if block.title else []
            if isinstance(block, (Paragraph, Bullets, Callout)):
                found += [plain(text) for text in block_texts(block)]
        sections.append(SectionJson(id=section.id, title=section.title, text=found))
    return sections


def _triage(comparison: Comparison) -> TriageJson:
    triage = comparison.outlook.triage
    return TriageJson(
        outcome=triage.outcome,  # type: ignore[arg-type]
        reasons=[
            ReasonJson(id=r.id, text=r.text, answers=list(r.answers), action=r.action,
                       source=r.source, where=r.where)
            for r in triage.leading
        ],
        text=list(triage.text),
        handover=list(triage.handover),
        safety_net=list(triage.safety_net),
        ask_clinician=list(triage.ask_clinician),
        messages={k: list(v) for k, v in triage.messages.items()},
    )  # fmt: skip


def _options(comparison: Comparison) -> list[OptionJson]:
    outlook = comparison.outlook
    visits = {b.option: b.visits for b in outlook.burdens}
    return [
        OptionJson(
            option=option,
            status=s.status,  # type: ignore[arg-type]
            reasons=[r.id for r in s.reasons],
            reason_texts=[r.text for r in s.reasons],
            constraints=[
                ConstraintJson(id=c.id, text=c.text, source=c.source) for c in s.constraints
            ],
            visits=visits.get(option),
        )
        for option, s in outlook.triage.options.items()
    ]


def _range(estimate: Estimate | None, digits: int) -> RangeJson | None:
    if estimate is None:
        return None
    ends = [estimate.mean, estimate.low, estimate.high]
    mean, low, high = (float(whole(x)) if digits == 0 else tenth(x) for x in ends)
    return RangeJson(mean=mean, low=low, high=high)


def _cell(comparison: Comparison, cell: Cell) -> OutlookJson:
    outlook = comparison.outlook
    pain = cell.outcome == "pain"
    reference = outlook.cell(outlook.reference, cell.outcome, cell.week)
    whys = [w for w in (cell.why, cell.why_no_level, cell.why_no_chance) if w]
    level = cell.expected
    figures = [None] * 3 if level is None else [ten(x) for x in vars(level).values()]
    if not pain and (effect := _range(cell.effect, 1)):
        figures = [effect.mean, effect.low, effect.high]
    chance = cell.chance
    more = (None, None, None) if cell.difference is None else difference_of_100(cell, reference)
    return OutlookJson(
        id=cell.key,
        option=cell.option,
        outcome=cell.outcome,
        week=cell.week,
        evidence=cell.evidence,  # type: ignore[arg-type]
        why="; ".join(dict.fromkeys(NO_FIGURE[w] for w in whys)),
        trials=len(cell.trials),
        people=cell.people,
        unit="pain, 0 to 10" if pain else outlook.topic.settings["outcomes"][cell.outcome]["unit"],
        **dict(zip(("mean", "low", "high"), figures, strict=True)),
        you_low=None if cell.you is None else ten(cell.you.low),
        you_high=None if cell.you is None else ten(cell.you.high),
        effect=_range(cell.effect, 0 if pain else 1),
        chance=None if chance is None else hundred(chance.mean),
        chance_low=None if chance is None else hundred(chance.low),
        chance_high=None if chance is None else hundred(chance.high),
        chance_without=(
            None if chance is None or reference.chance is None else hundred(reference.chance.mean)
        ),
        difference=more[0],
        difference_low=more[1],
        difference_high=more[2],
        certainty=None if cell.certainty is None else cell.certainty.level,
        certainty_reason=None if cell.certainty is None else cell.certainty.reason,
        source_ids=list(cell.trials),
    )


def _sham(cell: Any) -> ShamJson:
    people = cell.people
    return ShamJson(
        id=cell.key,
        option=cell.option,
        sham=cell.sham,
        week=cell.week,
        effect=_range(cell.effect, 0),
        people_of_100=None if people is None else RangeJson(
            mean=hundred(people.mean), low=hundred(people.low), high=hundred(people.high)
        ),
        source_ids=list(cell.trials),
        why=cell.why,
    )  # fmt: skip


def _harm(topic: Topic, harm: HarmLine) -> HarmJson:
    cell = harm.cell
    needled = bool(topic.option(harm.option).components)

    def count(share: float | None) -> float | None:
        return None if share is None else of(share, harm.denominator)

    return HarmJson(
        id=harm.key,
        option=harm.option,
        event=harm.event,
        denominator=harm.denominator,
        mean=count(cell.rate) if cell else None if needled else 0.0,
        low=count(cell.low) if cell else None if needled else 0.0,
        high=count(cell.high) if cell else None if needled else 0.0,
        none_seen=bool(cell and cell.none_seen),
        reporter=cell.reporter if cell else "",
        why=_harm_why(topic, cell)
        if needled
        else topic.texts["wording"]["downsides"]["no_needles"],
        source_ids=list(cell.sources) if cell else [],
    )


def _harm_why(topic: Topic, cell: HarmCell | None) -> str:
    if cell is None:
        return "no rate known"
    if cell.none_seen:
        return f"none seen in {cell.total:,.0f}"
    return str(topic.texts["wording"]["cell"]["bounds_only"]) if cell.rate is None else ""


def _verdict(v: Verdict) -> VerdictJson:
    return VerdictJson(
        option=v.option, against=v.against, outcome=v.outcome, week=v.week, verdict=v.word,
        evidence=v.evidence, certainty=v.certainty,
    )  # fmt: skip


def _comparison(comparison: Comparison) -> ComparisonPart:
    return ComparisonPart(
        against_none=[_verdict(v) for v in comparison.against_none],
        between=[_verdict(v) for v in comparison.between],
        fit=None if comparison.fit is None else _fit(comparison.fit),
    )


def _fit(fit: Fit) -> FitJson:
    now = weights_of_100(fit)
    return FitJson(
        ahead=shares_of_100(fit),
        ahead_low={o: hundred(s) for o, s in fit.low.items()},
        ahead_high={o: hundred(s) for o, s in fit.high.items()},
        cannot_be_compared=dict(fit.left_out),
        weights={c: round(w, 3) for c, w in fit.weights.items()},
        verdict=fit.verdict,
        leader=fit.leader,
        flips=[
            {"criterion": f.criterion, "now": now[f.criterion], "needed": hundred(f.needed),
             "ahead": f.ahead}
            for f in fit.flips
        ],
        unknown=[
            {"option": o, "criterion": c, "changes_the_answer": m} for o, c, m in fit.unknown
        ],
        learn=[{"option": o, "criterion": c} for o, c in fit.learn],
        regions=[
            {"criterion": c, "from": hundred(low), "to": hundred(high), "ahead": o}
            for c, low, high, o in fit.regions
        ],
        overturned_by=list(fit.overturned_by),
    )  # fmt: skip
