"""Make the pages of the docs that hold generated output: python scripts/make_docs.py."""

from pathlib import Path

import needlewise as nw
from needlewise.report.calibration import calibration_text
from needlewise.report.terminal import text
from needlewise.report.view import document

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

CALIBRATION = """# How the outlook does

Made by `python scripts/make_docs.py`; `needlewise calibrate` prints the same tables.

"""

STORIES = """# Two stories

Made by `python scripts/make_docs.py` from the program's real output for two of the example people.

"""

OFFICE = """## Needles or not, for somebody who wants relief

Somebody of 46 has had lower back pain for three years. She sits at a desk, would like to garden
again, and says that pain and daily tasks matter most to her, soreness and visits less.

"""

ACUTE = """## New pain, and nothing to tell the options apart

Somebody of 33 lifted a sofa five days ago. He wants to know whether a needle would help him to be
back at work. The trials did not study people like him, and the program says so.

"""


def excerpt(name: str, wanted: tuple[str, ...]) -> str:
    """Sections of an example person's comparison as the terminal prints them."""
    topic = nw.load_topic()
    person = nw.Person.from_file(ROOT / "examples" / name, topic)
    whole = document(nw.compare(nw.look_ahead(topic, None, person)))
    sections = tuple(s for s in whole.sections if s.id in wanted)
    shown = text(type(whole)(whole.title, whole.subtitle, sections, ()))
    return "```\n" + shown.split("About these numbers")[0].strip() + "\n```\n\n"


def pages() -> dict[str, str]:
    """File name under docs/ -> content."""
    return {
        "calibration.md": CALIBRATION + calibration_text(nw.load_topic()),
        "stories.md": STORIES
        + OFFICE
        + excerpt("office_worker.toml", ("who", "answer", "values"))
        + ACUTE
        + excerpt("acute_lifter.toml", ("who", "answer")),
    }


if __name__ == "__main__":
    for name, content in pages().items():
        (DOCS / name).write_text(content, encoding="utf-8")
