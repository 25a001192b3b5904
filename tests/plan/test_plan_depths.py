"""Ceilings come from the pack alone, hold for their unit and direction, and are never passed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.plan.depths import ceiling, check_depth, measured
from needlewise.plan.items import Because, Ceiling
from needlewise.topic import load_topic

TOPIC = load_topic()
BL23 = ceiling(TOPIC, "point", "BL23")


def test_a_points_ceiling_is_the_cautious_depth_and_never_the_deepest_printed():
    for row in TOPIC["points"]:
        found = ceiling(TOPIC, "point", row["code"])
        if not row["max_depth_cun_cautious"]:
            assert isinstance(found, Because)
            continue
        assert isinstance(found, Ceiling)
        assert found.value == float(row["max_depth_cun_cautious"])
        assert found.unit == "cun"
        assert found.direction == row["needle_direction"]
        assert found.because.place == row.place
        if row["depth_max_cun"]:
            assert found.value <= float(row["depth_max_cun"])


def test_a_muscle_has_a_ceiling_only_where_the_pack_permits_a_depth():
    found = {row["slug"]: ceiling(TOPIC, "muscle", row["slug"]) for row in TOPIC["muscles"]}
    tops = {slug: str(top) for slug, top in found.items() if isinstance(top, Ceiling)}
    assert tops == {"trapezius-middle": "5 mm", "trapezius-lower": "5 mm"}
    rows = TOPIC["muscles"].by("slug")
    for slug in tops:
        assert found[slug].direction == rows[slug]["needle_direction"]
        assert rows[slug]["source"] in found[slug].because.source
    assert "5 mm maximum" in rows["trapezius-middle"]["depth_note"]
    assert "5 mm maximum" in rows["trapezius-lower"]["depth_note"]
    margin = found["rhomboids"].text  # means and SDs are behind it: a warning, never a ceiling
    assert "14 to 17 mm" in margin
    assert "as a warning" in margin


def test_a_measured_distance_is_a_warning_and_never_a_ceiling():
    for row in TOPIC["muscles"]:
        found = ceiling(TOPIC, "muscle", row["slug"])
        if isinstance(found, Because):
            assert "no safe depth" in found.text
            assert "decides" in found.text
            for one in measured(TOPIC, "muscle", row["slug"]):
                assert one["site_or_point"] in found.text
                assert one["source"] in found.source


def test_every_distance_rule_finds_its_rows():
    for rule in TOPIC["plan_depths"]:
        for ref in rule["refs"].split(";"):
            ceiling(TOPIC, rule["kind"], ref)  # a name the pack has
            if rule["role"] == "distance":
                assert list(measured(TOPIC, rule["kind"], ref)), rule


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("0.5", "no unit"),
        ("0.5 inch", "unit 'inch'"),
        ("12 mm", "never converted"),
        ("1.3 cun", "above the ceiling of 1.2 cun"),
        ("0 cun", "no depth"),
        ("deep", "cannot be read"),
        ("", "cannot be read"),
        ("-1 cun", "cannot be read"),
        ("nan cun", "cannot be read"),
        ("1e9 cun", "cannot be read"),
    ],
)
def test_a_typed_depth_that_cannot_stand(typed, said):
    with pytest.raises(InputError, match=said) as error:
        check_depth(BL23, typed, None)
    assert str(error.value).count(". ") == 0


@pytest.mark.parametrize(("typed", "kept"), [("1,2 cun", "1.2 cun"), (" 0.50CUN ", "0.5 cun")])
def test_a_typed_depth_in_one_way_of_writing(typed, kept):
    assert check_depth(BL23, typed, "perpendicular") == kept
    assert check_depth(BL23, typed, None) == kept


def test_the_ceiling_holds_for_its_own_direction_only():
    with pytest.raises(InputError, match="only for the direction 'perpendicular'"):
        check_depth(BL23, "0.5 cun", "oblique")


def test_the_ceiling_of_a_muscle_is_in_mm():
    top = ceiling(TOPIC, "muscle", "trapezius-lower")
    assert check_depth(top, "5 mm") == "5 mm"
    for typed in ("6 mm", "0.2 cun"):
        with pytest.raises(InputError):
            check_depth(top, typed)


def test_without_a_ceiling_the_practitioner_decides_and_names_the_unit():
    none = ceiling(TOPIC, "muscle", "piriformis")
    assert check_depth(none, "50 mm", "any") == "50 mm"
    with pytest.raises(InputError, match="no unit"):
        check_depth(none, "50")


@pytest.mark.parametrize(
    ("kind", "ref"), [("point", "BL999"), ("muscle", "tail"), ("adjunct", "heat")]
)
def test_unknown_names_are_told(kind, ref):
    with pytest.raises(InputError, match=ref):
        ceiling(TOPIC, kind, ref)


@given(
    st.sampled_from([row["code"] for row in TOPIC["points"] if row["max_depth_cun_cautious"]]),
    st.floats(0.01, 20),
)
def test_no_depth_above_the_ceiling_ever_passes(code, value):
    top = ceiling(TOPIC, "point", code)
    typed = f"{value:.3f} cun"
    written = float(typed.split()[0])
    if 0 < written <= top.value:
        assert check_depth(top, typed) == f"{written:g} cun"
    else:
        with pytest.raises(InputError):
            check_depth(top, typed)
