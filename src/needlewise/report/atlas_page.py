"""What the pack says of one point or muscle, for the public atlas."""

from __future__ import annotations

from needlewise.plan import Ceiling, atlas
from needlewise.plan.candidates import NEEDLED_BY_HAND, trials_of
from needlewise.plan.depths import ceiling, measured
from needlewise.plan.items import MUSCLE, POINT
from needlewise.report.document import Bullets, Document, Num, Paragraph, Section, Table, Text, line
from needlewise.topic import Row, Topic

SHOWN = {
    POINT: (
        "meridian", "region", "landmark", "other_offset", "needle_direction", "cautions",
        "classical_use", "cross_check",
    ),
    MUSCLE: (
        "region", "attachments", "spinal_levels", "trigger_point_sites", "referral_pattern",
        "patient_position", "needle_direction", "typical_needle_length_mm", "depth_note",
        "structures_at_risk", "forbidden_or_caution", "palpation_test",
    ),
}  # fmt: skip


def target_page(topic: Topic, kind: str, ref: str) -> Document:
    """One point or muscle: its row, how deep at most, the trials that used it, its source."""
    words = topic.texts["atlas"]["page"]
    table, column = ("points", "code") if kind == POINT else ("muscles", "slug")
    row = topic[table].by(column)[ref]
    title = f"{ref} {row['pinyin']} ({row['english']})" if kind == POINT else row["muscle"]
    rows: list[tuple[Text, ...]] = [
        ((words["columns"][name],), (row[name] or words["not_said"],)) for name in SHOWN[kind]
    ]
    rows.append(((words["how_deep"],), _depth(topic, kind, ref)))
    rows.append(((words["placed"],), (_placed(topic, ref),)))
    blocks = (Table(title, (words["what"], words["says"]), tuple(rows)),)
    told = Section("says", words["section"], blocks)
    parts = (told, _warnings(topic, kind, ref), _trials(topic, kind, ref), _source(words, row))
    return Document(title, (), parts, ())


def _depth(topic: Topic, kind: str, ref: str) -> Text:
    found = ceiling(topic, kind, ref)
    if isinstance(found, Ceiling):
        return line("{}, {}", Num(str(found), f"plan.depth.{ref}"), found.direction)
    return (found.text,)


def _placed(topic: Topic, ref: str) -> str:
    missing = atlas.not_placed(topic)
    return missing[ref] if ref in missing else atlas.place_of(topic, ref).how


def _warnings(topic: Topic, kind: str, ref: str) -> Section:
    """Distances that were measured: warnings, never depths to reach."""
    words = topic.texts["atlas"]["page"]
    items = tuple(
        (f"{row['site_or_point']}, {row['structure']}: "
         + "; ".join(f"{name.replace('_', ' ')} {row[name]}" for name in ("mean_depth_mm", "min_mm")
                     if row[name]) + f" ({row['source']})",)
        for row in measured(topic, kind, ref)
    )  # fmt: skip
    block = Bullets(items) if items else Paragraph((words["no_distance"],))
    return Section("distances", words["distances"], (block,))


def _trials(topic: Topic, kind: str, ref: str) -> Section:
    words = topic.texts["atlas"]["page"]
    used = ("dry-needling",) if kind == MUSCLE else NEEDLED_BY_HAND
    studies = topic["studies"].by("study_id")
    items = tuple((studies[s]["label"],) for s in trials_of(topic, kind, used).get(ref, ()))
    block = Bullets(items) if items else Paragraph((words["no_trial"],))
    return Section("trials", words["trials"], (block,))


def _source(words: dict[str, str], row: Row) -> Section:
    items = tuple((text,) for text in (row["source"], *row["source_url"].split(" ; ")) if text)
    return Section("source", words["source"], (Bullets(items),))
