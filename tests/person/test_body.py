"""The figure and its regions: one mirrored outline, levels in order, regions that tile."""

import math
import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.person.body.curve import crossings, holds, mirrored, polygon, smooth
from needlewise.person.body.outline import (
    HEIGHT,
    ILIAC_CREST,
    LEVELS,
    POINTS,
    VIEWS,
    drawn_lines,
    half_width,
    outline,
    run,
)
from needlewise.person.body.regions import places, region_at, shapes
from needlewise.person.intake import load_intake
from needlewise.topic import load_topic

SPINE = ["C7", *(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6))]
SACRUM = ["S1", "S2", "S3", "S4", "coccyx"]
BODY = polygon(outline(), 24)
SHAPES = [(view, region) for view in VIEWS for region in shapes(view)]


def area(ring):
    return abs(sum(a * d - c * b for (a, b), (c, d) in pairwise((*ring, ring[0])))) / 2


def rings(view, region):
    return [polygon(curve, 24) for curve in shapes(view)[region]]


def sampled(count=4000):
    chance = random.Random(4)
    return [(chance.uniform(-20, 20), chance.uniform(0, HEIGHT)) for _ in range(count)]


# ---- the outline ----


def test_the_left_half_is_the_mirror_image_of_the_right():
    points = {(round(x, 9), round(y, 9)) for x, y in polygon(outline(), 16)}
    assert points == {(round(0.0 - x, 9), y) for x, y in points}


def test_the_outline_is_closed_and_fills_its_height():
    curve = outline()
    assert curve[0][0] == curve[-1][3]
    assert all(a[3] == b[0] for a, b in pairwise(curve))
    heights = [y for _, y in BODY]
    assert min(heights) == 0
    assert max(heights) == pytest.approx(HEIGHT, abs=0.05)


def test_the_outline_never_crosses_itself():
    half = polygon(run("crown", "crotch"), 6)

    def turn(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    for i in range(len(half) - 1):
        a, b = half[i], half[i + 1]
        assert min(a[0], b[0]) >= 0, "the right half stays right of the midline"
        for j in range(i + 2, len(half) - 1):
            c, d = half[j], half[j + 1]
            crossed = turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
            assert not crossed, (a, b, c, d)


def test_it_has_the_proportions_of_a_grown_person():
    head = 13.2
    assert 7 < HEIGHT / head < 8
    assert half_width(POINTS["waist"][1]) < half_width(POINTS["ribs"][1]) < half_width(21)
    assert half_width(POINTS["waist"][1]) < half_width(POINTS["trochanter"][1])
    assert half_width(14) < half_width(6), "the neck is narrower than the head"
    assert 0.22 < 2 * half_width(21) / HEIGHT < 0.28, "shoulders are about a quarter of stature"
    assert 0.45 < POINTS["crotch"][1] / HEIGHT < 0.56
    assert POINTS["crotch"][1] < POINTS["fingertips"][1] < POINTS["knee"][1]


@given(st.floats(0, HEIGHT))
def test_the_body_has_a_width_at_every_height(y):
    width = half_width(y)
    assert 0 <= width <= 14
    if 1 < y < 99:
        assert holds(BODY, (width - 0.05, y))
        reach = max(crossings(run("crown", "crotch"), y))
        assert width <= reach + 1e-6


@pytest.mark.parametrize("y", [-0.1, 100.1, math.nan, math.inf])
def test_beyond_the_body_there_is_no_width(y):
    with pytest.raises(ValueError, match="body"):
        half_width(y)


def test_below_the_armpits_the_width_leaves_out_the_arms():
    assert half_width(40) < POINTS["inner elbow"][0]


@pytest.mark.parametrize("view", VIEWS)
def test_lines_within_the_figure_stay_in_it(view):
    for line in drawn_lines(view):
        assert all(holds(BODY, p) or abs(p[0]) < 0.01 or math.dist(p, nearest(p)) < 0.3
                   for p in polygon(line, 8))  # fmt: skip


def nearest(point):
    return min(BODY, key=lambda other: math.dist(other, point))


def test_a_run_goes_one_way_only():
    with pytest.raises(ValueError, match="come after"):
        run("waist", "armpit")


# ---- curves ----


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=6,
                unique=True))  # fmt: skip
def test_a_smooth_curve_passes_all_its_points(points):
    curve = smooth([(float(x), float(y)) for x, y in points])
    assert [c[0] for c in curve] + [curve[-1][3]] == points
    assert mirrored(mirrored(curve)) == curve
    for a, b in pairwise(curve):
        # round at every inner point: both handles lie on one line through it
        (px, py), (qx, qy), (rx, ry) = a[2], a[3], b[1]
        assert (qx - px) * (ry - qy) == pytest.approx((qy - py) * (rx - qx), abs=1e-6)


# ---- the spine ----


def test_the_levels_of_the_spine_are_in_order():
    assert list(LEVELS) == SPINE + SACRUM
    heights = [LEVELS[level] for level in SPINE + SACRUM]
    assert heights == sorted(set(heights))
    steps = [b - a for a, b in pairwise(heights)]
    assert steps[:17] == sorted(steps[:17]), "vertebrae grow from neck to low back"


def test_the_iliac_crest_is_level_with_l4():
    assert LEVELS["L4"] == ILIAC_CREST
    tops = [min(y for _, y in ring) for ring in rings("back", "buttock")]
    assert tops == [pytest.approx(LEVELS["L4"], abs=0.1)]


def test_levels_stand_where_the_outline_has_them():
    assert POINTS["nape"][1] < LEVELS["C7"] < POINTS["shoulder"][1]
    assert LEVELS["T12"] < POINTS["waist"][1] < LEVELS["L4"]
    assert LEVELS["S4"] < LEVELS["coccyx"] < POINTS["crotch"][1]
    shoulder_blade_tip = LEVELS["T7"]
    assert shoulder_blade_tip < POINTS["armpit"][1]


# ---- the regions ----


@pytest.mark.parametrize(("view", "region"), SHAPES)
def test_a_region_is_closed_mirrored_and_within_the_outline(view, region):
    curves = shapes(view)[region]
    assert len(curves) in (1, 2)
    for curve in curves:
        assert math.dist(curve[0][0], curve[-1][3]) < 1e-9
        assert all(a[3] == pytest.approx(b[0]) for a, b in pairwise(curve))
    points = [p for ring in rings(view, region) for p in ring]
    keys = {(round(x, 6), round(y, 6)) for x, y in points}
    assert keys == {(round(0.0 - x, 6), y) for x, y in keys}
    middle = [(x * 0.999, y) for x, y in points]
    outside = [p for p in middle if not holds(BODY, p) and math.dist(p, nearest(p)) > 0.15]
    assert outside == []
    assert sum(map(area, rings(view, region))) > 10, "large enough to be pointed at"


@pytest.mark.parametrize("view", VIEWS)
def test_no_two_regions_overlap(view):
    drawn = {region: rings(view, region) for region in shapes(view)}
    for point in sampled():
        inside = [r for r, found in drawn.items() if any(holds(ring, point) for ring in found)]
        assert len(inside) <= 1, (point, inside)


@pytest.mark.parametrize("view", VIEWS)
def test_trunk_and_legs_are_covered_without_a_gap(view):
    whole = 2 * area([*polygon(trunk_and_leg(), 24)])
    covered = sum(area(ring) for region in shapes(view) for ring in rings(view, region))
    head_side = {"front": 0, "back": sum(map(area, rings("back", "neck")))}[view]
    assert covered - head_side == pytest.approx(whole, rel=0.02)


def trunk_and_leg():
    """The right half below the neck without the arm, closed along the midline."""
    down = run("armpit", "crotch")
    top = smooth([(0.0, 17.4), POINTS["shoulder"], (8.9, 20.5), POINTS["armpit"]], corners=[1])
    return (*top, *down, *smooth([POINTS["crotch"], (0.0, 17.4)], corners=[0, 1]))


@pytest.mark.parametrize(
    ("view", "x", "y", "region"),
    [
        ("back", 0, 13, "neck"),
        ("back", 2, LEVELS["T2"], "upper_thoracic"),
        ("back", 4, LEVELS["T6"], "thoracic"),
        ("back", 0, LEVELS["T10"], "lower_thoracic"),
        ("back", 8, 30, "lower_thoracic"),
        ("back", 0, LEVELS["T12"], "thoracolumbar"),
        ("back", 2, LEVELS["L2"], "lumbar"),
        ("back", 2, LEVELS["L4"], "low_lumbar"),
        ("back", 0, LEVELS["S2"], "sacral"),
        ("back", 6.6, LEVELS["L2"], "flank"),
        ("back", -6.6, LEVELS["L2"], "flank"),
        ("back", 5, 48, "buttock"),
        ("back", 9, 48.2, "hip"),
        ("back", 5, 80, "leg"),
        ("front", 4, 22, "chest"),
        ("front", 0, 40, "abdomen"),
        ("front", 0, 48, "pelvic"),
        ("front", -4.2, 48, "groin"),
        ("front", 8.5, 47, "hip"),
        ("front", -5, 60, "leg"),
        ("front", 0, 5, None),
        ("back", 14, 35, None),
        ("back", 18, 10, None),
    ],
)
def test_regions_stand_where_a_clinician_expects_them(view, x, y, region):
    assert region_at(view, (x, y)) == region


# ---- the topic's names for them ----


def test_every_place_that_can_be_answered_is_on_the_map(topic):
    asked = load_intake(topic).fields["pain_site"].values
    found = {place.region: place for place in places(topic)}
    assert set(found) == set(asked)
    for place in found.values():
        shown = place.also or (place.region,)
        assert any(region in shapes(view) for view in place.views for region in shown)


def test_every_shape_of_the_figure_has_a_name_on_its_view(topic):
    named = {(view, place.region) for place in places(topic) for view in place.views}
    assert set(SHAPES) <= named
    assert Counter(place.label for place in places(topic)).most_common(1)[0][1] == 1


def test_the_whole_back_takes_in_regions_of_the_back_only(topic):
    whole = next(place for place in places(topic) if place.region == "whole_back")
    assert {"thoracic", "lumbar", "sacral"} <= set(whole.also)
    assert all(region in shapes("back") and region not in shapes("front") for region in whole.also)


def written(topic, folder, row):
    for path in topic.folder.iterdir():
        if path.suffix in {".csv", ".toml"}:
            (folder / path.name).write_bytes(path.read_bytes())
    (folder / "body_regions.csv").write_text(f"region,label,view,also\n{row}\n", encoding="utf-8")
    return load_topic(folder)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("knee,knee,both,", "body_regions.csv:2.*no shape for knee"),
        ("chest,chest,back,", "body_regions.csv:2.*no shape for chest on view back"),
        ("chest,chest,both,", "no shape for chest on view both"),
        ("chest,chest,side,", "no shape for chest on view side"),
        ("trunk,trunk,front,chest", "body_regions.csv:2 takes in chest"),
    ],
)
def test_a_place_the_figure_cannot_show_is_refused(topic, tmp_path, row, said):
    with pytest.raises(InputError, match=said):
        places(written(topic, tmp_path, row))
