"""Make the README's pictures from the example's real comparison: python scripts/make_picture.py."""

from dataclasses import replace
from pathlib import Path

import needlewise as nw
from needlewise.report.as_pdf import png_pages
from needlewise.report.document import Icons, Section
from needlewise.report.view import document

ROOT = Path(__file__).resolve().parent.parent
SHOWN = ("who", "answer", "picture")


def excerpt(section: Section) -> Section:
    """A section with its first picture only."""
    icons = [b for b in section.blocks if isinstance(b, Icons)]
    kept = tuple(b for b in section.blocks if not isinstance(b, Icons) or b is icons[0])
    return replace(section, blocks=kept)


def main() -> None:
    topic = nw.load_topic()
    person = nw.Person.from_file(ROOT / "examples" / "office_worker.toml", topic)
    whole = document(nw.compare(nw.look_ahead(topic, None, person)))
    sections = tuple(excerpt(s) for s in whole.sections if s.id in SHOWN)
    pages = png_pages(replace(whole, sections=sections, sources=()))
    for number, page in enumerate(pages[:2], start=1):
        (ROOT / "docs" / "pictures" / f"comparison-{number}.png").write_bytes(page)


if __name__ == "__main__":
    main()
