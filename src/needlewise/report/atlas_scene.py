"""What stands in one panel of the atlas: the body, its layers, its targets and their labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from needlewise.person.body.curve import polygon
from needlewise.person.body.outline import LEVELS, drawn_lines, outline
from needlewise.person.body.regions import shapes
from needlewise.plan import atlas
from needlewise.plan.atlas.frame import BACK, SIDE, Frame, Panel
from needlewise.plan.items import LEFT, MIDDLE, MUSCLE, POINT, RIGHT
from needlewise.plan.places import places
from needlewise.report.atlas_labels import spread
from needlewise.report.svg import at, safe
from needlewise.topic import Topic

POINTS, MUSCLES, CHANNELS, DANGERS, REFERRAL, LABELS = LAYERS = (
    "points", "muscles", "channels", "dangers", "referral", "labels",
)  # fmt: skip
MARKED, BLOCKED = "marked", "blocked"
HEIGHT, WIDTH, MARGIN, GAP, TOP, FOOT = 840.0, 640.0, 126.0, 11.0, 14.0, 22.0
WIDTH_OF_MANY, MARGIN_OF_MANY = 400.0, 102.0
RADIUS = 3.4
LONGEST = 21  # letters of a label
FLAT = 0.12  # depth up to which a point lies flat on the back

Targets = Mapping[tuple[str, str], str]  # (ref, side) -> marked or blocked
Reach = Collection[tuple[str, str]]  # (region, side)


@dataclass(frozen=True)
class Window:
    """A panel on the sheet: where its corner stands and how many picture units a body unit is."""

    panel: Panel
    left: float
    scale: float

    def xy(self, x: float, y: float) -> tuple[float, float]:
        return (
            self.left + (x - self.panel.x[0]) * self.scale,
            TOP + (y - self.panel.y[0]) * self.scale,
        )

    @property
    def right(self) -> float:
        return self.left + (self.panel.x[1] - self.panel.x[0]) * self.scale

    @property
    def bottom(self) -> float:
        return TOP + (self.panel.y[1] - self.panel.y[0]) * self.scale


def panel_svg(
    topic: Topic, body: Frame, window: Window, layers: frozenset[str], marked: Targets,
    out_of_reach: Reach, name: str,
) -> str:  # fmt: skip
    panel = window.panel
    left, right, bottom = window.left, window.right, window.bottom
    clip = f'<clipPath id="{name}-frame"><path d="{_box(left, TOP, right, bottom)}"/></clipPath>'
    inside = f'<clipPath id="{name}-body"><path d="{_silhouette(window, body)}"/></clipPath>'
    parts = [f'<path class="body" d="{_silhouette(window, body)}"/>']
    hatch = name.rpartition("-")[0]
    reach = "".join(
        f'<path class="unreachable" fill="url(#{hatch}-hatch)" d="{shape}"/>'
        for region, side in out_of_reach
        for shape in _region(topic, body, window, region, side)
    )
    if DANGERS in layers:
        parts.append(_dangers(topic, window))
    if REFERRAL in layers:
        parts.append(_referral(topic, body, window, marked))
    parts += [_contours(window), _spine(window), reach]
    under = f'<g clip-path="url(#{name}-body)">{"".join(parts[1:])}</g>'
    parts = [parts[0], under, f'<path class="silhouette" d="{_silhouette(window, body)}"/>']
    if CHANNELS in layers:
        parts.append(_channels(topic, body, window))
    if DANGERS in layers:
        parts.append(_danger_names(topic, window))
    targets, labels = _targets(topic, body, window, layers, marked, f"{name}-body")
    caption = (
        f'<text class="caption" x="{at((left + right) / 2)}" y="{at(bottom + 16)}" '
        f'text-anchor="middle">{safe(str(body.settings["aspects"][panel.aspect]))}</text>'
    )
    return (
        f"<defs>{clip}{inside}</defs>"
        f'<g clip-path="url(#{name}-frame)">{"".join(parts)}{targets}</g>{labels}{caption}'
    )


def _box(left: float, top: float, right: float, bottom: float) -> str:
    return f"M{at(left)} {at(top)}H{at(right)}V{at(bottom)}H{at(left)}Z"


def _path(window: Window, points: Sequence[tuple[float, float]], *, closed: bool = False) -> str:
    told = "L".join(f"{at(x)} {at(y)}" for x, y in (window.xy(*point) for point in points))
    return f"M{told}{'Z' if closed else ''}"


def _silhouette(window: Window, body: Frame) -> str:
    if window.panel.aspect == SIDE:
        return _path(window, polygon(body.profile, 6), closed=True)
    return _path(window, polygon(outline(), 6), closed=True)


def _contours(window: Window) -> str:
    if window.panel.aspect == SIDE:
        return ""
    return "".join(
        f'<path class="contour" d="{_path(window, polygon(line, 6))}"/>'
        for line in drawn_lines(window.panel.aspect)
    )


def _spine(window: Window) -> str:
    """Ticks of the spinous processes, seen from behind."""
    if window.panel.aspect != BACK or window.panel.x[0] > 0:
        return ""
    found = []
    for level, y in LEVELS.items():
        if window.panel.holds(0, y) and level != "coccyx":
            (x1, h), (x2, _) = window.xy(-0.35, y), window.xy(0.35, y)
            found.append(f'<path class="spine" d="M{at(x1)} {at(h)}H{at(x2)}"/>')
    return "".join(found)


def _region(topic: Topic, body: Frame, window: Window, region: str, side: str) -> list[str]:
    """A region's shapes in a panel, on one side or on both."""
    aspect = window.panel.aspect
    if aspect == SIDE:
        return []
    names = places(topic).within(region)
    found = []
    for name in names:
        for curve in shapes(aspect).get(name, ()):
            ring = [p for p in polygon(curve, 6) if _faces(aspect, p[0], side)]
            if len(ring) > 2:
                found.append(_path(window, ring, closed=True))
    for limb, parts in (
        ("leg", body.settings["limbs"]["leg"]),
        ("arm", body.settings["limbs"]["arm"]),
    ):
        start = body.settings["limbs"]["trunk_ends"] if limb == "leg" else 20.0
        inner, outer = (0.0, 10.4) if limb == "leg" else (10.4, 20.0)
        for name, end in parts:
            if name in names:
                for sign in (-1, 1):
                    if _faces(aspect, sign, side):
                        ring = [(sign * inner, start), (sign * outer, start),
                                (sign * outer, float(end)), (sign * inner, float(end))]  # fmt: skip
                        found.append(_path(window, ring, closed=True))
            start = float(end)
    return found


def _faces(aspect: str, x: float, side: str) -> bool:
    """Whether an x of an aspect lies on a side of the body."""
    if side not in (LEFT, RIGHT) or x == 0:
        return True
    return ((x > 0) == (aspect == BACK)) == (side == RIGHT)


def _dangers(topic: Topic, window: Window) -> str:
    found = []
    for danger in atlas.dangers(topic):
        if danger.aspect != window.panel.aspect:
            continue
        for sign in (-1, 1):
            ring = [(sign * x, y) for x, y in danger.shape]
            shape = _path(window, ring, closed=True)
            found.append(
                f'<path class="danger {safe(danger.name)}" d="{shape}">'
                f"<title>{safe(danger.label)}</title></path>"
            )
    return "".join(found)


def _danger_names(topic: Topic, window: Window) -> str:
    """Beside the lowest place of each shape, on the left."""
    found = []
    for danger in atlas.dangers(topic):
        x, y = max(danger.shape, key=lambda spot: spot[1])
        if danger.aspect == window.panel.aspect and window.panel.holds(-x, y):
            x, y = window.xy(-x, y)
            found.append(
                f'<text class="danger-name" x="{at(x - 6)}" y="{at(y)}" text-anchor="end">'
                f"{safe(danger.label)}</text>"
            )
    return "".join(found)


def _referral(topic: Topic, body: Frame, window: Window, marked: Targets) -> str:
    """Where marked muscles are felt, as the pack says."""
    return "".join(
        f'<path class="referral" d="{shape}"/>'
        for (ref, side), how in marked.items()
        if how == MARKED
        for region in atlas.referral(topic, ref)
        for shape in _region(topic, body, window, region, side)
    )


def _channels(topic: Topic, body: Frame, window: Window) -> str:
    found = []
    for name, runs in atlas.meridians(topic).items():
        for run in runs:
            line = [spot for place in run if (spot := place.on(window.panel, body)) is not None]
            if len(line) > 1:
                found.append(f'<path class="channel" d="{_path(window, line)}">'
                             f"<title>{safe(name)}</title></path>")  # fmt: skip
    return "".join(found)


def crosses(place: atlas.Place, panel: Panel) -> bool:
    """Whether a muscle runs through a panel."""
    return place.aspect == panel.aspect and any(panel.holds(x, y) for x, y in place.line)


# ---- Targets and their labels ----


def _targets(
    topic: Topic, body: Frame, window: Window, layers: frozenset[str], marked: Targets, clip: str
) -> tuple[str, str]:
    """Muscles under points, and the labels in both margins."""
    found, labels = [], []
    names = _names(topic)
    order = sorted(atlas.placed(topic), key=lambda place: place.kind != MUSCLE)
    for place in order:
        how = marked.get((place.ref, place.side), "")
        layer = MUSCLES if place.kind == MUSCLE else POINTS
        if not how and layer not in layers:
            continue
        spot = place.on(window.panel, body)
        if spot is None and not (place.kind == MUSCLE and crosses(place, window.panel)):
            continue
        found.append(_target(topic, window, place, spot, how, names[place.ref], clip))
        if spot is not None and (how or (LABELS in layers and _labelled(place, window))):
            labels.append((place, spot, how))
    return "".join(found), _labels(window, labels, names)


def _labelled(place: atlas.Place, window: Window) -> bool:
    """One side is enough to read; from the side, what lies flat on the back is told elsewhere."""
    if place.kind != POINT or place.side not in (MIDDLE, RIGHT):
        return False
    return window.panel.aspect != SIDE or place.depth > FLAT


def _target(
    topic: Topic, window: Window, place: atlas.Place, spot: tuple[float, float] | None, how: str,
    name: str, clip: str,
) -> str:  # fmt: skip
    look = " ".join(part for part in ("target", how) if part)
    if place.kind == MUSCLE:
        layer = topic["muscle_places"].by("muscle")[place.ref]["layer"]
        width = at(place.width * window.scale)
        shape = (
            f'<path class="muscle {safe(layer)}" clip-path="url(#{clip})" stroke-width="{width}" '
            f'd="{_path(window, place.line)}"/>'
        )
    else:
        assert spot is not None
        x, y = window.xy(*spot)
        radius = RADIUS + (1.6 if how else 0)
        shape = (
            f'<circle class="touch" cx="{at(x)}" cy="{at(y)}" r="11"/>'
            f'<circle class="point" cx="{at(x)}" cy="{at(y)}" r="{at(radius)}"/>'
        )
        if how == BLOCKED:
            shape += f'<path class="cross" d="M{at(x - 4)} {at(y - 4)}l8 8m0 -8l-8 8"/>'
    return (
        f'<g class="{look}" data-ref="{safe(place.ref)}" data-side="{safe(place.side)}" '
        f'data-kind="{place.kind}">{shape}<title>{safe(name)}</title></g>'
    )


def _names(topic: Topic) -> dict[str, str]:
    points = {row["code"]: f"{row['code']} {row['pinyin']}" for row in topic["points"]}
    return {**points, **{row["slug"]: row["muscle"] for row in topic["muscles"]}}


def _labels(
    window: Window,
    targets: list[tuple[atlas.Place, tuple[float, float], str]],
    names: dict[str, str],
) -> str:
    """Names in the margins, each with a line to its place; none on another."""
    middle = (window.left + window.right) / 2
    found = []
    for right in (True, False):
        here = [
            (window.xy(*spot), place, how)
            for place, spot, how in targets
            if (window.xy(*spot)[0] >= middle - 0.01) == right or (
                window.panel.aspect == SIDE and right)
        ]  # fmt: skip
        if window.panel.aspect == SIDE and not right:
            continue
        here.sort(key=lambda one: one[0][1])
        heights = spread([xy[1] for xy, _, _ in here], GAP, TOP + 6, window.bottom)
        edge = window.right + 8 if right else window.left - 8
        turn = window.right - 4 if right else window.left + 4
        for ((x, y), place, how), height in zip(here, heights, strict=True):
            anchor = "start" if right else "end"
            name = _short(names[place.ref], place)
            found.append(
                f'<g class="{how or "plain"}"><path class="leader" d="M{at(x)} {at(y)}'
                f'L{at(turn)} {at(height)}H{at(edge - (2 if right else -2))}"/>'
                f'<text class="label" x="{at(edge)}" y="{at(height + 3.2)}" '
                f'text-anchor="{anchor}">{safe(name)}</text></g>'
            )
    return "".join(found)


def _short(name: str, place: atlas.Place) -> str:
    """A label that fits the margin."""
    short = name if place.kind == POINT else name.split("(")[0].strip()
    return short if len(short) <= LONGEST else f"{short[: LONGEST - 1]}…"
