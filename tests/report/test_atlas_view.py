"""Sheets of the atlas: well formed, without inline style, labels apart, targets to choose."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.plan import atlas
from needlewise.report.atlas_labels import spread
from needlewise.report.atlas_scene import LAYERS
from needlewise.report.atlas_view import described, sheet, standalone, views_with

READABLE = 9.5  # picture units: the height of a letter
MARKED = {("BL23", "left"): "marked", ("BL57", "left"): "blocked",
          ("lumbar-multifidus", "right"): "marked"}  # fmt: skip


@pytest.mark.parametrize("view", atlas.VIEWS)
def test_a_sheet_is_well_formed_and_has_one_text(topic, view):
    drawn = sheet(topic, view, layers=LAYERS, marked=MARKED, out_of_reach=[("lower_leg", "left")])
    root = ET.fromstring(standalone(drawn))
    ids = re.findall(r'\bid="([^"]+)"', drawn)
    assert len(ids) == len(set(ids))
    assert " style=" not in drawn
    assert root.find("{*}title").text
    assert root.find("{*}desc").text.endswith(".")


@pytest.mark.parametrize("view", atlas.VIEWS)
def test_every_placed_point_is_on_some_view_and_can_be_chosen(topic, view):
    drawn = sheet(topic, view, layers=("points",))
    found = set(re.findall(r'data-ref="([^"]+)" data-side="(\w+)" data-kind="point"', drawn))
    assert found
    if view == "back":
        front = sheet(topic, "front", layers=("points",))
        found |= set(re.findall(r'data-ref="([^"]+)" data-side="(\w+)" data-kind="point"', front))
        assert found == {(p.ref, p.side) for p in atlas.placed(topic) if p.kind == "point"}


@pytest.mark.parametrize("view", atlas.VIEWS)
def test_labels_do_not_lie_on_each_other(topic, view):
    drawn = sheet(topic, view, layers=("points", "labels"), marked=MARKED)
    places = {}
    for x, y, anchor in re.findall(
        r'class="label" x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)"', drawn
    ):
        places.setdefault((x, anchor), []).append(float(y))
    for heights in places.values():
        heights.sort()
        assert all(b - a >= READABLE for a, b in pairwise(heights))


@given(st.lists(st.floats(0, 700), max_size=60), st.sampled_from([5.0, 11.0]))
def test_spread_keeps_order_gap_and_room(wanted, gap):
    wanted = sorted(wanted)
    found = spread(wanted, gap, 0.0, 700.0)
    assert len(found) == len(wanted)
    assert found == sorted(found)
    assert all(-1e-6 <= y <= 700 + 1e-6 for y in found)
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(found))


def test_what_is_marked_is_named_and_hatched_where_it_cannot_be_reached(topic):
    drawn = sheet(topic, "back", layers=(), marked=MARKED, out_of_reach=[("lower_leg", "left")])
    assert 'class="target marked" data-ref="BL23"' in drawn
    assert 'class="target blocked" data-ref="BL57"' in drawn
    assert 'class="unreachable"' in drawn
    assert "BL23 left" in described(topic, "back", MARKED)
    assert 'class="unreachable"' not in sheet(topic, "back", layers=())


def test_the_views_that_show_all_targets(topic):
    assert views_with(topic, [("BL23", "left")]) == ("back",)
    assert views_with(topic, [("ST36", "left"), ("BL23", "left")]) == ("back", "front")
    assert views_with(topic, []) == ()


def test_what_there_is_not_is_told(topic):
    with pytest.raises(InputError, match="no view"):
        sheet(topic, "moon")
    with pytest.raises(InputError, match="no layer"):
        sheet(topic, "back", layers=("ghosts",))
