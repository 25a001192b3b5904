"""Make the pictures of the docs from the examples' real output: python scripts/make_picture.py."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from pathlib import Path

import needlewise as nw
from needlewise.plan import read_edits
from needlewise.report.as_pdf import png_pages
from needlewise.report.atlas_scene import LAYERS
from needlewise.report.atlas_view import sheet
from needlewise.report.document import Chart, Document, Icons, Picture, Section
from needlewise.report.plan_view import plan_document
from needlewise.report.review_view import review_document
from needlewise.report.view import document

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES, PICTURES = ROOT / "examples", ROOT / "docs" / "pictures"


def excerpt(section: Section) -> Section:
    """A section with its first picture of people only."""
    icons = [b for b in section.blocks if isinstance(b, Icons)]
    kept = tuple(b for b in section.blocks if not isinstance(b, Icons) or b is icons[0])
    return replace(section, blocks=kept)


def only(page: Document, ids: Collection[str], *kinds: type) -> Document:
    """Some sections of a page; with kinds given only their blocks of these kinds."""
    sections = tuple(
        replace(s, blocks=tuple(b for b in s.blocks if not kinds or isinstance(b, kinds)))
        for s in page.sections
        if s.id in ids
    )
    return replace(page, sections=sections, sources=(), facts=())


def atlas(topic: nw.Topic) -> Document:
    """Two sheets of the atlas: the back with what lies under it, and the leg."""
    drawn = [
        Picture(view, "", sheet(topic, view, layers=LAYERS, id=view), view, "atlas.css")
        for view in ("back", "leg")
    ]
    return Document("Atlas", (), tuple(Section(d.id, "", (d,)) for d in drawn), ())


def pictures() -> dict[str, list[bytes]]:
    """Name -> pages as PNG."""
    topic = nw.load_topic()
    person = nw.Person.from_file(EXAMPLES / "office_worker.toml", topic)
    found = nw.Examination.from_file(EXAMPLES / "examinations" / "trigger_points.toml", topic)
    edits = read_edits(EXAMPLES / "edits" / "confirmed.toml")
    whole = document(nw.compare(nw.look_ahead(topic, None, person)))
    shown = [excerpt(s) for s in whole.sections if s.id in ("who", "answer", "picture")]
    plan = nw.make_plan(topic, person, found, "dry-needling", edits=edits)
    record = nw.CourseRecord.from_file(EXAMPLES / "courses" / "no_change.toml", topic)
    looked = nw.review(topic, None, record, today=date(2026, 11, 6))
    plan_page, review_page = plan_document(plan), review_document(looked)
    return {
        "atlas": png_pages(atlas(topic)),
        "comparison": png_pages(replace(whole, sections=tuple(shown), sources=()))[:2],
        "plan": png_pages(only(plan_page, ("plan", "first")))[:1],
        "plan-where": png_pages(only(plan_page, ("card",), Picture))[:1],
        "review": png_pages(only(review_page, ("over-time",), Chart))[:1],
    }


def main() -> None:
    for name, pages in pictures().items():
        for number, page in enumerate(pages, start=1):
            (PICTURES / f"{name}-{number}.png").write_bytes(page)


if __name__ == "__main__":
    main()
