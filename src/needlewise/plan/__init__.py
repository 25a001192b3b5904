"""Examination and constraints to a plan that the practitioner confirms.

`make_plan(topic, person, examination, option, edits=...)` proposes; the practitioner decides.
"""

from needlewise.plan.changes import Difference, plan_changes
from needlewise.plan.edits import Edit, edits_from, read_edits
from needlewise.plan.examination import Examination
from needlewise.plan.items import Because, Blocked, Ceiling, Item, Limit, Target
from needlewise.plan.plan import Plan, make_plan

__all__ = [
    "Because", "Blocked", "Ceiling", "Difference", "Edit", "Examination", "Item", "Limit", "Plan",
    "Target", "edits_from", "make_plan", "plan_changes", "read_edits",
]  # fmt: skip
