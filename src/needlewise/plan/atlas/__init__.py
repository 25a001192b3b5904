"""One body on which every point, muscle and danger of the pack has its computed place.

Body units: a hundred make the height; the frame and the figure are those of the body map
(`person.body`). A place is worked out from a landmark or a level of the spine and an offset in cun
(`points.csv`, `placements.csv`, `muscle_places.csv`, `atlas.toml`), never set by hand on a picture.
Left mirrors right. It is drawn for orientation and measures nobody.
"""

from needlewise.plan.atlas.frame import Panel, View, views
from needlewise.plan.atlas.layers import Danger, dangers, meridians
from needlewise.plan.atlas.placing import (
    Place,
    not_placed,
    place_of,
    placed,
    places_of,
    referral,
)
from needlewise.plan.atlas.regions import muscles_in, points_in, regions_at, regions_of
from needlewise.plan.atlas.search import Found, find

VIEWS = ("back", "front", "side", "leg", "foot", "hand", "head")

__all__ = [
    "VIEWS", "Danger", "Found", "Panel", "Place", "View", "dangers", "find", "meridians",
    "muscles_in", "not_placed", "place_of", "placed", "places_of", "points_in", "referral",
    "regions_at", "regions_of", "views",
]  # fmt: skip
