"""Make the pages of the docs that hold generated output: python scripts/make_docs.py."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import engine_docs

import needlewise as nw
from needlewise.plan import read_edits
from needlewise.report.calibration import calibration_text
from needlewise.report.document import Document
from needlewise.report.plan_view import plan_document
from needlewise.report.review_view import review_document
from needlewise.report.terminal import text
from needlewise.report.view import document

ROOT = Path(__file__).resolve().parent.parent
DOCS, EXAMPLES = ROOT / "docs", ROOT / "examples"

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


COURSE = """# A whole course

Made by `python scripts/make_docs.py` from the program's real output. The person, the findings, the
edits and the course stand in `examples/`; the pictures are made by `make picture`.

## The choice

Somebody of 46 with three years of back pain has seen the comparison
([the first of two stories](stories.md)). Dry needling and acupuncture could not be told apart; she
would like to try dry needling first.

    needlewise compare examples/office_worker.toml

"""

PLAN = """## The plan

Her physiotherapist felt for trigger points and wrote down what was found. The program proposes, the
practitioner takes one line out, confirms the others and signs.

    needlewise plan examples/office_worker.toml examples/examinations/trigger_points.toml \\
        --option dry-needling --edits examples/edits/confirmed.toml --pdf plan.pdf

![The plan in short, and what comes before the first needle](pictures/plan-1.png)

![Where the needles go, with what lies under the skin](pictures/plan-where-1.png)

"""

REVIEW = """## Six sessions, and the review

After six sessions her pain is 6 of 10, as it was.

    needlewise review examples/courses/no_change.toml --on 2026-11-06

![Expected pain, and what the scores add](pictures/review-1.png)

"""

SWITCH = """## The switch

They decide to change to acupuncture. The plan of the other option is made from the same findings
and the same person; what trials found of it is as uncertain as it was at the start.

    needlewise plan examples/office_worker.toml examples/examinations/both_readings.toml \\
        --option acupuncture

"""


def fenced(page: Document, wanted: tuple[str, ...]) -> str:
    """Sections of a page as the terminal prints them."""
    sections = tuple(s for s in page.sections if s.id in wanted)
    shown = text(type(page)(page.title, page.subtitle, sections, ()))
    return "```\n" + shown.split("About these numbers")[0].strip() + "\n```\n\n"


def course() -> str:
    """A whole course: choice, plan, six sessions with scores, review, switch."""
    topic = nw.load_topic()
    person = nw.Person.from_file(EXAMPLES / "office_worker.toml", topic)
    found = nw.Examination.from_file(EXAMPLES / "examinations" / "trigger_points.toml", topic)
    both = nw.Examination.from_file(EXAMPLES / "examinations" / "both_readings.toml", topic)
    edits = read_edits(EXAMPLES / "edits" / "confirmed.toml")
    plan = nw.make_plan(topic, person, found, "dry-needling", edits=edits)
    record = nw.CourseRecord.from_file(EXAMPLES / "courses" / "no_change.toml", topic)
    looked = nw.review(topic, None, record, today=date(2026, 11, 6))
    other = nw.make_plan(topic, person, both, "acupuncture")
    return (
        COURSE + PLAN + fenced(plan_document(plan), ("card", "course", "changes"))
        + "Her own copy says it in plain words.\n\n"
        + fenced(plan_document(plan, for_whom="patient"), ("where", "expect"))
        + REVIEW + fenced(review_document(looked), ("review", "scores", "options"))
        + SWITCH + fenced(plan_document(other), ("plan", "course"))
    )  # fmt: skip


def calibration() -> str:
    """How the outlook does."""
    return CALIBRATION + calibration_text(nw.load_topic())


def stories() -> str:
    """Two example people's comparisons."""
    return (
        STORIES
        + OFFICE
        + excerpt("office_worker.toml", ("who", "answer", "values"))
        + ACUTE
        + excerpt("acute_lifter.toml", ("who", "answer"))
    )


# File name under docs/ -> what makes it; the engine's pages are made by `engine_docs`.
PAGES: dict[str, Callable[[], str]] = {
    "course.md": course,
    "calibration.md": calibration,
    "stories.md": stories,
}


if __name__ == "__main__":
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
    engine_docs.write()
