"""What an examination found: both readings side by side, and how far to trust each."""

from __future__ import annotations

from needlewise.plan.candidates import painful
from needlewise.plan.readings import pattern_reliability, reliability
from needlewise.report.document import Block, Bullets, Paragraph, Section, Table, Text
from needlewise.report.plan_words import PlanWords

NERVES = (
    "strength", "sensation", "reflexes", "straight_leg_raise", "saddle", "bladder_bowel",
    "worse_since",
)  # fmt: skip


def examination(words: PlanWords) -> Section:
    """Where it hurts, the fingers' findings, the nerves, and the traditional reading."""
    plan, found = words.plan, words.plan.examination
    blocks: list[Block] = []
    if found.date is not None:
        blocks.append(Paragraph(words.say("examination.day", f"{found.date}")))
    if found.practitioner:
        blocks.append(Paragraph(words.say("examination.by", found.practitioner)))
    labels = {row["region"]: row["label"] for row in words.topic["body_regions"]}
    places = [
        words["source"].format(labels[region], words[f"card.side.{side}"])
        for region, side in painful(plan.person, found)
        if region in labels
    ]
    if places:
        blocks.append(Paragraph(words.say("examination.where", ", ".join(places))))
    blocks += _hands(words)
    blocks += _nerves(words)
    blocks += _traditional(words)
    if found.palpation and found.traditional.pattern:
        blocks.append(Paragraph((words["examination.side_by_side"],)))
    if found.notes:
        blocks.append(Paragraph((found.notes,)))
    return Section("examination", words["section.examination"], tuple(blocks))


def _hands(words: PlanWords) -> list[Block]:
    points = words.plan.trigger_points
    if not points:
        return [Paragraph((words["examination.nothing"],))]
    names = {row["slug"]: row["muscle"] for row in words.topic["muscles"]}
    rows = []
    for point in points:
        finding = point.finding
        name = words["source"].format(names[finding.muscle], words[f"card.side.{point.side}"])
        told = (
            _answer(words, getattr(finding, field))
            for field in ("taut_band", "hypersensitive_spot", "referred_pain", "twitch")
        )
        because = words.say("source", words[f"examination.{point.verdict}"], point.because.source)
        rows.append(((name,), *told, because))
    table = Table(words["examination.hands"], tuple(words.node("examination.columns")), tuple(rows))
    agree = Table(
        words["examination.reliability"], tuple(words.node("examination.reliability_columns")),
        tuple(
            ((row["criterion_or_measure"],), (row["value"],), (row["meaning"],))
            for row in reliability(words.topic)
        ),
    )  # fmt: skip
    return [table, agree]


def _answer(words: PlanWords, answer: str) -> Text:
    return (words[f"examination.{answer}"] if answer else words["examination.not_tested"],)


def _nerves(words: PlanWords) -> list[Block]:
    screen = words.plan.examination.neurology
    rows = tuple(
        ((words[f"examination.nerve.{name}"],),
         ((getattr(screen, name) or "not_tested").replace("_", " "),))
        for name in NERVES
    )  # fmt: skip
    return [
        Table(words["examination.nerves"], tuple(words.node("examination.nerve_columns")), rows)
    ]


def _traditional(words: PlanWords) -> list[Block]:
    found = words.plan.examination.traditional
    items: list[Text] = [
        words.say("examination.pattern", pattern.name) for pattern in words.plan.patterns
    ]
    items += [(text,) for text in (*found.findings, found.tongue, found.pulse, found.notes) if text]
    if not items:
        items.append((words["examination.no_pattern"],))
    poor = pattern_reliability(words.topic)
    if poor is not None and words.plan.patterns:
        items.append(words.say("examination.poor", poor["findings"] or poor["note"]))
    return [Bullets(tuple(items), words["examination.traditional"])]
