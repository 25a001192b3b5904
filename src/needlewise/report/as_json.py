"""The comparison as JSON: the same rounded numbers as every other channel, with a schema."""

from __future__ import annotations

import json
from typing import Any, cast

from needlewise.choice import Comparison
from needlewise.choice.fit import Fit
from needlewise.choice.verdict import Verdict
from needlewise.outlook.cells import NO_FIGURE, Cell
from needlewise.outlook.draws import draws_hash
from needlewise.outlook.harms import HarmCell
from needlewise.outlook.look_ahead import HarmLine
from needlewise.outlook.prediction import Estimate
from needlewise.outlook.what_if import what_ifs
from needlewise.report.document import (
    Bullets,
    Callout,
    Document,
    Paragraph,
    block_texts,
    numbers,
    plain,
)
from needlewise.report.json_models import (
    ComparisonJson,
    ComparisonPart,
    ConstraintJson,
    ContentJson,
    Evidence,
    FitJson,
    HarmJson,
    OptionJson,
    OutlookJson,
    RangeJson,
    ReasonJson,
    SectionJson,
    ShamJson,
    SourceJson,
    Status,
    TriageJson,
    TriageOutcome,
    VerdictJson,
    WhatIfJson,
)
from needlewise.report.numbers import hundred, of, ten, tenth, whole
from needlewise.report.values import shares_of_100, weights_of_100
from needlewise.report.view import document, facts, sources
from needlewise.report.words import difference_of_100
from needlewise.topic import Topic


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
        triage=triage_json(comparison),
        options=options_json(comparison),
        notes={k: list(v) for k, v in outlook.notes.items()},
        words=words_json(document(comparison)),
        outlook=[_cell(comparison, cell) for cell in outlook.cells],
        shams=[_sham(s) for s in outlook.shams],
        harms=[_harm(outlook.topic, h) for h in outlook.harms],
        comparison=_comparison(comparison) if shown else None,
        numbers=numbers_json(document(comparison)),
        sources=[SourceJson(**vars(s)) for s in sources(comparison)] if shown else [],
    )


def numbers_json(page: Document) -> dict[str, list[str]]:
    """Every number of a page by its id, as printed; `needlewise explain ID` tells its trail."""
    found: dict[str, list[str]] = {}
    for number in dict.fromkeys(numbers(page)):
        found.setdefault(number.id, []).append(number.text)
    return found


def words_json(page: Document) -> list[SectionJson]:
    """What a page says in each section, without tables and pictures."""
    sections = []
    for section in page.sections:
        found: list[str] = []
        for block in section.blocks:
            if isinstance(block, (Bullets, Callout)):
                found += [block.title] if block.title else []
            if isinstance(block, (Paragraph, Bullets, Callout)):
                found += [plain(text) for text in block_texts(block)]
        sections.append(SectionJson(id=section.id, title=section.title, text=found))
    return sections


def triage_json(comparison: Comparison) -> TriageJson:
    """The safety check; on a stop only what stops."""
    triage = comparison.outlook.triage
    return TriageJson(
        outcome=cast(TriageOutcome, triage.outcome),
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


def options_json(comparison: Comparison) -> list[OptionJson]:
    """How each option stands open to the person."""
    outlook = comparison.outlook
    visits = {b.option: b.visits for b in outlook.burdens}
    return [
        OptionJson(
            option=option,
            status=cast(Status, s.status),
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
        evidence=cast(Evidence, cell.evidence),
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
        otherwise={f"{d:g}": [_verdict(v) for v in vs] for d, vs in comparison.otherwise.items()},
        what_if=[
            _what_if(run.name, cell)
            for run in what_ifs(comparison.outlook)
            for cell in run.cells.values()
        ],
        fit=None if comparison.fit is None else _fit(comparison.fit),
    )


def _what_if(assumption: str, cell: Cell) -> WhatIfJson:
    found = cell.chance
    ends = [None] * 3 if found is None else [*map(hundred, (found.mean, found.low, found.high))]
    return WhatIfJson(
        assumption=assumption, option=cell.option, chance=ends[0], chance_low=ends[1],
        chance_high=ends[2],
    )  # fmt: skip


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
