"""Where a number of a plan comes from: the row it is printed in, or who changed it."""

from __future__ import annotations

import difflib
import textwrap

from needlewise.errors import InputError
from needlewise.plan import Because, Ceiling, Plan
from needlewise.report.document import numbers
from needlewise.report.explain import explain_number
from needlewise.report.plan_view import plan_document

OWN = "plan."
COUNTED = "Counted on this plan."
CHANGED = "Changed by the practitioner."
TOLD = "As told at the examination, or by the person."


def explain_plan(plan: Plan, number: str) -> str:
    """The explanation of a number of a plan by its id, as text.

    Numbers that a plan shares with the comparison are explained as there. Raises InputError where
    the plan shows no such number.
    """
    if plan.stopped or plan.status == "refused":
        raise InputError("This plan shows no number: what it says first has to be settled.")
    pages = (plan_document(plan), plan_document(plan, for_whom="patient"))
    known = [found for page in pages for found in numbers(page)]
    shown = tuple(dict.fromkeys(n.text for n in known if n.id == number))
    if not shown:
        near = difflib.get_close_matches(number, sorted({n.id for n in known}), 3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise InputError(
            f"There is no number {number} in this plan; needlewise plan --ids lists them.{hint}"
        )
    if not number.startswith(OWN):
        return explain_number(plan.comparison, number)
    lines = [f"{number}: {'; '.join(shown)}", ""]
    for text in _told(plan, number.removeprefix(OWN)):
        lines += textwrap.wrap(text, 80, initial_indent="  ", subsequent_indent="    ")
    lines += [
        "",
        f"  version {plan.topic.version}, hash {plan.topic.hash}",
        f"  plan {plan.id}",
        "",
    ]
    return "\n".join(lines)


def _told(plan: Plan, rest: str) -> list[str]:
    kind, _, name = rest.partition(".")
    if kind == "depth":
        item = next(i for i in plan.needles if i.target.ref == name)
        assert isinstance(item.ceiling, Ceiling)
        return [f"For this direction only: {item.ceiling.direction}.", *_row(item.ceiling.because)]
    if kind == "review" and plan.review is not None:
        return [CHANGED] if plan.review.changed else _row(plan.review.because)
    if kind == "goal":
        return [TOLD]
    if kind in {"open", "lines"}:
        return [COUNTED]
    course = plan.course
    if kind.startswith("other-"):
        course = plan.other_courses[int(kind.removeprefix("other-")) - 1]
    if course.changed:
        return [CHANGED]
    return _row(course.because) if course.because is not None else [CHANGED]


def _row(because: Because) -> list[str]:
    found = [because.text, f"{because.place} {because.source}".strip(), because.source_url]
    return [text for text in found if text]
