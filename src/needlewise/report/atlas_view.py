"""The atlas as a picture: one view with the layers asked for, what is marked, what is out of reach.

Classes only; `assets/atlas.css` says how a class looks. Each target is a group with `data-ref`,
`data-side` and `data-kind`, so that a page can make the picture a way to choose.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from importlib.resources import files

from needlewise.errors import InputError
from needlewise.plan import atlas
from needlewise.plan.atlas.frame import BACK, FRONT, frame
from needlewise.report.atlas_scene import (
    BLOCKED,
    FOOT,
    HEIGHT,
    LAYERS,
    MARGIN,
    MARGIN_OF_MANY,
    MARKED,
    MUSCLES,
    POINTS,
    WIDTH,
    WIDTH_OF_MANY,
    Reach,
    Targets,
    Window,
    crosses,
    panel_svg,
)
from needlewise.report.svg import at, safe
from needlewise.topic import Topic


def sheet(
    topic: Topic,
    view: str,
    *,
    layers: Collection[str] = (POINTS, MUSCLES),
    marked: Targets | None = None,
    out_of_reach: Reach = (),
    id: str = "atlas",
) -> str:
    """One <svg> of a view.

    Args:
        layers: of `LAYERS`; what is marked is drawn and labelled whatever the layers.
        marked: (ref, side) to "marked" or "blocked".
        out_of_reach: (region, side) pairs, hatched.
        id: begins every id in the picture, so two pictures on a page need two.

    Raises InputError for a view or layer that there is not.
    """
    known = atlas.views(topic)
    if view not in known:
        raise InputError(f"'{view}' is no view of the atlas; choose from {', '.join(known)}.")
    if lost := set(layers) - set(LAYERS):
        raise InputError(f"'{min(lost)}' is no layer; choose from {', '.join(LAYERS)}.")
    body, found = frame(topic), known[view]
    marked = marked or {}
    windows = _windows(found)
    width = windows[-1].right + _margin(found)
    height = max(window.bottom for window in windows) + FOOT
    name = safe(id)
    drawn = "".join(
        panel_svg(topic, body, window, frozenset(layers), marked, out_of_reach, f"{name}-{k}")
        for k, window in enumerate(windows)
    )
    told = described(topic, view, marked)
    return (
        f'<svg class="atlas" viewBox="0 0 {at(width)} {at(height)}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">'
        f'{safe(found.label)}</title><desc id="{name}-desc">{safe(told)}</desc>'
        f'<defs><pattern id="{name}-hatch" width="7" height="7" patternUnits="userSpaceOnUse">'
        f'<rect class="hatch-ground" width="7" height="7"/><path class="hatch" '
        f'd="M-2 2L2 -2M0 7L7 0M5 9L9 5"/></pattern></defs>{drawn}</svg>'
    )


def _margin(view: atlas.View) -> float:
    """Room for labels; less where panels stand side by side, so that letters stay readable."""
    return MARGIN if len(view.panels) == 1 else MARGIN_OF_MANY


def _windows(view: atlas.View) -> list[Window]:
    """Every panel at one scale, as large as the sheet allows."""
    across = sum(panel.x[1] - panel.x[0] for panel in view.panels)
    down = max(panel.y[1] - panel.y[0] for panel in view.panels)
    width = WIDTH if len(view.panels) == 1 else WIDTH_OF_MANY
    scale, margin = min(HEIGHT / down, width / across), _margin(view)
    found: list[Window] = []
    for panel in view.panels:
        left = found[-1].right + 2 * margin if found else margin
        found.append(Window(panel, left, scale))
    return found


def described(topic: Topic, view: str, marked: Targets) -> str:
    """What a view shows, in words: its label and the names of what is marked on it."""
    shown = atlas.views(topic)[view]
    names = []
    for ref, side in marked:
        place = atlas.place_of(topic, ref, side) if ref not in atlas.not_placed(topic) else None
        if place and any(place.on(p, frame(topic)) or crosses(place, p) for p in shown.panels):
            names.append(f"{ref} {side}".strip())
    return f"{shown.label}. {', '.join(names)}".strip(" .") + "."


def views_with(topic: Topic, targets: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The fewest whole-body views that show all these targets: back, front or both."""
    unplaced = atlas.not_placed(topic)
    aspects = {
        atlas.place_of(topic, ref, side).aspect for ref, side in targets if ref not in unplaced
    }
    return tuple(view for view in (BACK, FRONT) if view in aspects)


def standalone(svg: str) -> str:
    """The picture as a file of its own, with its style inside."""
    style = _style()
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(
        "<defs>", f"<style>{style}</style><defs>", 1
    )


@cache
def _style() -> str:
    assets = files("needlewise.report") / "assets"
    return "".join((assets / name).read_text("utf-8") for name in ("picture.css", "atlas.css"))


__all__ = [
    "BLOCKED", "LAYERS", "MARKED", "described", "sheet", "standalone", "views_with",
]  # fmt: skip
