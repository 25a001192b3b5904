"""The body map: front and back of one figure whose regions show where it hurts.

One image with one text; the list of places beside it is the form control. `assets/body_map.css`
says how a class looks, and in the browser `body_map.js` makes the picture a second way to choose.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from needlewise.person.body.curve import Curve, Point
from needlewise.person.body.outline import HEIGHT, VIEWS, drawn_lines, outline
from needlewise.person.body.regions import Place, chosen, places, shapes
from needlewise.report.svg import at, safe
from needlewise.topic import Topic

_SCALE = 5.0  # picture units to a body unit, so that a tenth of one is too small to see
_HALF, _TOP, _FOOT = 21.0, 1.5, 7.5  # body units: half a view's width, room above and below
_CAPTION = 105.0
_HATCH = "M-2 2L2 -2M0 8L8 0M6 10L10 6"


def body_map(topic: Topic, selected: Collection[str], *, name: str) -> str:
    """One <svg> with the front and the back of the body and the `selected` regions marked.

    `name` begins every id in it, so two maps on a page need two names. Regions carry the classes
    `region`, `chosen` (selected) and `covered` (part of a selected one, such as the whole back).
    Raises InputError where a selected region has no row in `body_regions.csv`.
    """
    known = places(topic)
    said = topic.texts["wording"]["body_map"]
    words = ", ".join(place.label for place in chosen(known, selected))
    text = said["selected"].replace("{}", words, 1) if words else said["none"]
    id = safe(name)
    views = "".join(
        _view(view, (2 * k + 1) * _HALF, said[view], known, selected, id)
        for k, view in enumerate(VIEWS)
    )
    size = f"0 0 {at(len(VIEWS) * 2 * _HALF * _SCALE)} {at((_TOP + HEIGHT + _FOOT) * _SCALE)}"
    return (
        f'<svg class="body-map" viewBox="{size}" role="img" aria-label="{safe(text)}" '
        f'data-selected="{safe(said["selected"])}" data-none="{safe(said["none"])}">'
        f'<defs><path id="{id}-outline" d="{_outline()}"/>'
        f'<clipPath id="{id}-inside"><use href="#{id}-outline"/></clipPath>'
        f'<pattern id="{id}-hatch" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect class="hatch-ground" width="8" height="8"/>'
        f'<path class="hatch" d="{_HATCH}"/></pattern></defs>{views}</svg>'
    )


def _view(
    view: str,
    middle: float,
    caption: str,
    known: tuple[Place, ...],
    selected: Collection[str],
    id: str,
) -> str:
    """A view with its midline at `middle`; what is chosen comes last, so that its edge shows."""
    drawn = [place for place in known if view in place.views and place.region in shapes(view)]
    drawn.sort(key=lambda place: place.region in selected)
    regions = "".join(_region(place, view, known, selected, id) for place in drawn)
    return (
        f'<g class="view" transform="translate({at(middle * _SCALE)} {at(_TOP * _SCALE)})">'
        f'<use class="body" href="#{id}-outline"/>'
        f'<g clip-path="url(#{id}-inside)">{regions}</g>'
        f'<path class="contour" d="{_contour(view)}"/>'
        f'<use class="silhouette" href="#{id}-outline"/>'
        f'<text class="caption" x="0" y="{at(_CAPTION * _SCALE)}" text-anchor="middle">'
        f"{safe(caption)}</text></g>"
    )


def _region(
    place: Place, view: str, known: tuple[Place, ...], selected: Collection[str], id: str
) -> str:
    within = [other.region for other in known if place.region in other.also]
    look = ["region"]
    if place.region in selected:
        look.append("chosen")
    if any(region in selected for region in within):
        look.append("covered")
    taken = f' data-within="{safe(" ".join(within))}"' if within else ""
    # The hatch stands as an attribute, which the style sheet overrides until the region is chosen.
    return (
        f'<path class="{" ".join(look)}" data-region="{safe(place.region)}"{taken} '
        f'fill="url(#{id}-hatch)" d="{_shape(place.region, view)}">'
        f"<title>{safe(place.label)}</title></path>"
    )


@cache
def _outline() -> str:
    return _closed(outline())


@cache
def _contour(view: str) -> str:
    return "".join(map(_path, drawn_lines(view)))


@cache
def _shape(region: str, view: str) -> str:
    return "".join(map(_closed, shapes(view)[region]))


def _closed(curve: Curve) -> str:
    return f"{_path(curve)}Z"


def _path(curve: Curve) -> str:
    start = curve[0][0]
    return f"M{_xy(start)}" + "".join(f"C{_xy(b)} {_xy(c)} {_xy(d)}" for _, b, c, d in curve)


def _xy(point: Point) -> str:
    return f"{at(point[0] * _SCALE)} {at(point[1] * _SCALE)}"
