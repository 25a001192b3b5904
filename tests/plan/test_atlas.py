"""One body: places come out where levels and offsets put them, left mirrors right, all are told."""

import pytest

from needlewise.errors import InputError
from needlewise.person.body.curve import holds, polygon
from needlewise.person.body.outline import ILIAC_CREST, LEVELS, outline
from needlewise.plan import atlas
from needlewise.plan.atlas.frame import frame
from needlewise.plan.places import places

INNER = [f"BL{n}" for n in range(11, 31)]
OUTER = [f"BL{n}" for n in range(41, 55)]


def at(topic, ref, side="right"):
    return atlas.place_of(topic, ref, side)


@pytest.mark.parametrize(
    ("ref", "level"),
    [("BL23", "L2"), ("BL25", "L4"), ("BL13", "T3"), ("GV14", "C7"), ("GV4", "L2"), ("BL52", "L2"),
     ("EX-B5", "L3"), ("EX-B8", "L5"), ("BL27", "S1"), ("BL53", "S2")],
)  # fmt: skip
def test_a_point_lies_level_with_its_vertebra(topic, ref, level):
    assert at(topic, ref).y == pytest.approx(LEVELS[level])


def test_levels_run_down_the_back(topic):
    for line in (INNER, OUTER, [f"GV{n}" for n in range(14, 0, -1)]):
        heights = [at(topic, ref).y for ref in line]
        assert heights == sorted(heights)
    assert pytest.approx(LEVELS["L4"]) == ILIAC_CREST
    assert at(topic, "GV3").y == pytest.approx(ILIAC_CREST)


def test_the_lines_of_the_bladder_channel_are_parallel(topic):
    cun = frame(topic).cun("back")
    assert {round(at(topic, r).x / cun, 6) for r in INNER if r not in {"BL31"}} == {1.5}
    assert {round(at(topic, r).x / cun, 6) for r in OUTER} == {3.0}


def test_left_mirrors_right_and_the_midline_has_one_side(topic):
    for place in atlas.placed(topic):
        both = {one.side: one for one in atlas.places_of(topic, place.ref)}
        if place.side == "middle":
            assert set(both) == {"middle"}
            assert place.x == 0
        else:
            assert set(both) == {"left", "right"}
            assert both["left"].x == -both["right"].x
            assert both["left"].y == both["right"].y


def test_right_is_right_from_behind_and_left_from_the_front(topic):
    assert at(topic, "BL23").x > 0
    assert at(topic, "ST36").x < 0


def test_every_point_and_muscle_is_placed_or_listed_with_its_reason(topic):
    placed = {place.ref for place in atlas.placed(topic)}
    missing = atlas.not_placed(topic)
    known = {r["code"] for r in topic["points"]} | {r["slug"] for r in topic["muscles"]}
    assert placed | set(missing) == known
    assert not placed & set(missing)
    assert set(missing) == {"ASHI"}
    assert missing["ASHI"] == "no fixed place"
    with pytest.raises(InputError, match="no fixed place"):
        atlas.places_of(topic, "ASHI")
    with pytest.raises(InputError, match="BL999"):
        atlas.place_of(topic, "BL999")


def test_every_point_lies_on_the_body(topic):
    ring = polygon(outline(), 24)
    for place in atlas.placed(topic):
        if place.kind == "point":
            near = [(place.x + dx, place.y + dy) for dx in (-0.6, 0, 0.6) for dy in (-0.4, 0, 0.4)]
            assert any(holds(ring, spot) for spot in near), place


def test_every_place_says_how_it_was_worked_out(topic):
    assert all(place.how and place.level for place in atlas.placed(topic))


@pytest.mark.parametrize(
    ("ref", "region"),
    [("BL23", "lumbar"), ("BL25", "low_lumbar"), ("BL40", "knee"), ("BL57", "lower_leg"),
     ("KI3", "ankle"), ("LR3", "foot"), ("LI4", "hand"), ("LU5", "elbow"), ("GB30", "buttock"),
     ("ST25", "abdomen"), ("CV4", "pelvic"), ("GV20", "head"), ("BL37", "thigh"),
     ("BL13", "upper_thoracic"), ("BL32", "sacral"), ("piriformis", "buttock")],
)  # fmt: skip
def test_a_place_lies_in_its_region(topic, ref, region):
    assert region in atlas.regions_of(topic, ref)
    kind = atlas.points_in if at(topic, ref).kind == "point" else atlas.muscles_in
    assert ref in kind(topic, region, "left")


def test_every_region_is_one_the_plan_knows(topic):
    known = {row["region"] for row in topic["plan_places"]}
    for place in atlas.placed(topic):
        assert atlas.regions_at(topic, place) <= known, place.ref


def test_below_the_knee_is_under_a_cast_and_the_knee_is_not(topic):
    below = {"lower_leg"}
    where = places(topic)
    assert where.meet(atlas.regions_of(topic, "BL57"), below)
    assert not where.meet(atlas.regions_of(topic, "BL37"), below)


@pytest.mark.parametrize(
    ("text", "ref"),
    [("BL23", "BL23"), ("bl 23", "BL23"), ("Shenshu", "BL23"), ("Shèn shū", "BL23"),
     ("kidney transporter", "BL23"), ("piriformis", "piriformis"), ("Lumbar multifidus",
     "lumbar-multifidus"), ("EX-UE7", "EX-UE7"), ("ex ue7", "EX-UE7")],
)  # fmt: skip
def test_search_finds_by_code_name_and_pinyin(topic, text, ref):
    assert atlas.find(topic, text)[0].ref == ref


def test_search_finds_by_region_and_level(topic):
    assert "BL23" in {hit.ref for hit in atlas.find(topic, "lumbar")}
    assert {"BL25", "GV3"} <= {hit.ref for hit in atlas.find(topic, "L4")}
    assert atlas.find(topic, "") == ()
    assert atlas.find(topic, "<zz>") == ()


# Words of a caution that name no organ under the point.
NOT_UNDER = {("kidney", "BL40"), ("kidney", "EX-B2-lumbar")}


@pytest.mark.parametrize("word", ["kidney", "sciatic", "lung"])
def test_dangers_lie_under_the_points_whose_cautions_name_them(topic, word):
    shapes = {danger.name: danger.shape for danger in atlas.dangers(topic)}
    named = [
        row["code"] for row in topic["points"]
        if word in row["cautions"].lower() and (word, row["code"]) not in NOT_UNDER
    ]  # fmt: skip
    assert len(named) >= 4
    places = {code: at(topic, code) for code in named}
    assert [
        code for code, p in places.items()
        if p.aspect == "back" and not holds(shapes[word], (abs(p.x), p.y))
    ] == []  # fmt: skip
    assert all(danger.source for danger in atlas.dangers(topic))


def test_the_backs_of_the_hands_are_seen_where_the_thumbs_say(topic):
    # Arms hang with the thumbs to the body in the drawing, so the backs of the hands face forward.
    for code in ("LI4", "SI3", "EX-UE7"):
        assert at(topic, code).aspect == "front"


@pytest.mark.parametrize(("ref", "regions"), [
    ("BL55", {"lower_leg"}), ("EX-B2-lumbar", {"thoracolumbar", "lumbar", "low_lumbar"}),
    ("EX-B2-thoracic", {"upper_thoracic", "thoracic", "lower_thoracic"}),
    ("latissimus-dorsi", {"lumbar", "lower_thoracic", "shoulder"}),
    ("iliopsoas", {"abdomen", "groin", "lumbar", "thigh"}),
])  # fmt: skip
def test_a_target_lies_in_all_its_regions(topic, ref, regions):
    assert regions <= atlas.regions_of(topic, ref)


def test_channels_run_through_their_points(topic):
    runs = atlas.meridians(topic)["Bladder, inner line"]
    assert [place.ref for place in runs[0]] == INNER
    assert {run[0].side for run in runs} == {"left", "right"}
