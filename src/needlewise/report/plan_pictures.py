"""Where a plan's needles go, as sheets of the atlas."""

from __future__ import annotations

from needlewise.report.atlas_scene import BLOCKED, DANGERS, MARKED
from needlewise.report.atlas_view import described, sheet, views_with
from needlewise.report.document import Block, Picture
from needlewise.report.plan_words import PlanWords

STYLE = "atlas.css"


def pictures(words: PlanWords, *, dangers: bool) -> list[Block]:
    """A sheet for each side of the body that holds a needle or something blocked.

    `dangers` lays over what lies under the skin; the person's own copy goes without.
    """
    plan = words.plan
    marked = {(one.target.ref, one.target.side): BLOCKED for one in plan.blocked if dangers}
    marked |= {(item.target.ref, item.target.side): MARKED for item in plan.needles}
    marked = {target: how for target, how in marked.items() if target[1]}
    reach = [(region, side) for region, side, _ in plan.unreachable]
    found: list[Block] = []
    for view in views_with(plan.topic, list(marked)):
        drawn = sheet(
            plan.topic, view, layers=(DANGERS,) if dangers else (), marked=marked,
            out_of_reach=reach, id=f"atlas-{view}",
        )  # fmt: skip
        title, told = words[f"picture.{view}"], described(plan.topic, view, marked)
        found.append(Picture(f"picture-{view}", title, drawn, told, STYLE))
    return found
