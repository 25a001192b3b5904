"""`make_plan`: what is proposed, refused and stopped, and what the practitioner may change."""

from datetime import date, timedelta

import pytest
from tests.person.people import calm

from needlewise.errors import InputError
from needlewise.person import Person
from needlewise.plan import Ceiling, edits_from, make_plan, plan_changes

from .examined import FOUND, examination


def person(topic, **changes):
    return Person.from_mapping(calm(topic, **changes), topic)


def plan(topic, option="dry-needling", edits=(), found=None, **changes):
    return make_plan(
        topic, person(topic, **changes), found or examination(topic), option,
        edits=edits_from({"edit": list(edits)}),
    )  # fmt: skip


def edit(action, item="", **more):
    return {"action": action, "item": item, **more}


def refs(made):
    return {item.target.ref for item in made.needles}


# ---- What is proposed ----


def test_only_muscles_in_which_a_trigger_point_was_found(topic) -> None:
    made = plan(topic)
    assert refs(made) == {"quadratus-lumborum-superficial", "lumbar-multifidus"}
    assert all(item.kind == "muscle" for item in made.needles)


def test_nothing_found_is_nothing_needled(topic) -> None:
    made = plan(topic, found=examination(topic, palpation=[]))
    assert made.needles == ()
    assert made.adjuncts


def test_points_come_from_region_pattern_and_trials(topic) -> None:
    made = plan(topic, "acupuncture")
    codes = [item.target.ref for item in made.needles]
    assert {"BL23", "BL25", "GV3", "BL40"} <= set(codes)
    most = topic.texts["plan"]["points"]["most"]
    assert len(set(codes)) <= most
    for item in made.needles:
        assert item.why, item.id
        assert all(because.source for because in item.why)


def test_trials_behind_a_point_are_those_that_used_it(topic) -> None:
    made = plan(topic, "acupuncture")
    told = next(b for b in made.item("point:BL40:left").why if "used in" in b.text)
    studies = {r["study_id"] for r in topic["needling"] if r["name"] == "BL40"}
    assert f"used in {len(studies)} trials" in told.text or len(studies) >= 8


def test_both_holds_both_and_its_course_is_not_known(topic) -> None:
    made = plan(topic, "both")
    assert {item.kind for item in made.needles} == {"muscle", "point"}
    assert made.course.sessions is None
    assert made.course.because is None


def test_no_needling_is_a_plan_too(topic) -> None:
    made = plan(topic, "no-needling")
    assert made.needles == ()
    assert {"staying-active", "exercise"} <= {item.target.ref for item in made.adjuncts}
    assert made.review is not None


def test_courses_say_what_the_protocols_print(topic) -> None:
    rows = {row["trial_or_guideline"]: row for row in topic["protocols"]}
    for row in topic["plan_courses"]:
        printed = rows[row["protocol"]]
        assert printed["sessions"].split()[0] == row["sessions"], row.place
        if row["weeks"]:
            assert printed["weeks"].split()[0] == row["weeks"], row.place
        if row["minutes"]:
            assert printed["session_minutes"] == row["minutes"], row.place


def test_the_goal_is_in_the_persons_words_and_the_review_is_set(topic) -> None:
    made = plan(topic)
    assert made.goal.words == "garden for an hour"
    assert (made.goal.now, made.goal.target) == (6.0, 4.0)
    assert made.review.sessions == 6
    assert made.stop


def test_without_words_at_the_examination_the_persons_own_goal_stands(topic) -> None:
    made = plan(topic, found=examination(topic, goal={}), goals=["walk the dog"])
    assert made.goal.words == "walk the dog"
    assert made.goal.now == 6.0


def test_new_pain_is_looked_at_within_two_weeks(topic) -> None:
    made = plan(topic, "acupuncture", pain_weeks=1)
    assert made.review.weeks == 2
    assert "staying-active" in {item.target.ref for item in made.adjuncts}


def test_the_same_input_is_the_same_plan(topic) -> None:
    one, other = (
        plan(topic),
        plan(topic, found=examination(topic, palpation=FOUND["palpation"][::-1])),
    )
    assert one.id == other.id
    assert one.items == other.items


def test_a_ceiling_is_the_cautious_one_in_its_own_unit(topic) -> None:
    rows = topic["points"].by("code")
    for item in plan(topic, "acupuncture").needles:
        assert isinstance(item.ceiling, Ceiling)
        assert item.ceiling.unit == "cun"
        assert item.ceiling.value == rows[item.target.ref].number("max_depth_cun_cautious")


# ---- What is not planned ----


def test_a_stop_holds_no_plan(topic) -> None:
    made = plan(topic, red_flags__saddle_numbness="yes")
    assert made.stopped
    assert made.items == made.blocked == made.refusals == ()
    assert made.course.sessions is None


@pytest.mark.parametrize(
    ("screen", "outcome"),
    [
        ({"saddle": "changed"}, "emergency"),
        ({"bladder_bowel": "changed"}, "emergency"),
        ({"strength": "reduced", "worse_since": "yes"}, "emergency"),
        ({"strength": "reduced"}, "clarify"),
        ({"strength": "reduced", "worse_since": "no"}, "proceed"),
        ({"strength": "normal", "saddle": "normal"}, "proceed"),
    ],
)
def test_the_nerves_can_send_back_to_triage(topic, screen, outcome) -> None:
    made = plan(topic, found=examination(topic, neurology=screen))
    assert made.triage.outcome == outcome
    assert made.stopped is (outcome != "proceed")


def test_a_normal_screen_never_lowers_an_answer(topic) -> None:
    found = examination(topic, neurology={"saddle": "normal", "bladder_bowel": "normal"})
    assert plan(topic, found=found, red_flags__saddle_numbness="yes").stopped


def test_what_is_deferred_is_refused_with_its_reason(topic) -> None:
    made = plan(topic, conditions=["haemophilia_a"])
    assert made.status == "refused"
    assert made.refusals[0].text
    assert made.items == ()


def test_who_is_not_trained_cannot_plan_it(topic) -> None:
    assert plan(topic, practitioner_training=["acupuncture"]).status == "refused"
    assert plan(topic, "acupuncture", practitioner_training=["acupuncture"]).status == "proposed"


def test_inr_is_entered_again_before_the_first_session(topic) -> None:
    made = plan(
        topic, "acupuncture", medicines=[{"name": "warfarin", "class": "anticoagulant"}],
        labs={"inr": 2.4, "inr_days_old": 7},
    )  # fmt: skip
    assert any("INR" in because.text for because in made.before_session)
    assert made.general


def test_a_cast_blocks_what_lies_under_it_and_offers_elsewhere(topic) -> None:
    cast = [{"kind": "cast", "region": "left_lower_leg", "removable": "no"}]
    free, made = plan(topic, "acupuncture"), plan(topic, "acupuncture", access_limits=cast)
    assert {i.id for i in made.needles} < {i.id for i in free.needles}
    gone = {i.id for i in free.needles} - {i.id for i in made.needles}
    assert all(id.endswith(":left") for id in gone)
    assert gone <= {one.id for one in made.blocked}
    assert made.instead or made.offers
    with pytest.raises(InputError, match="No reason can lift this"):
        plan(topic, "acupuncture", [edit("force", "point:BL57:left", reason="it is only the rim")],
             access_limits=cast)  # fmt: skip


@pytest.mark.parametrize("name", ["needles", "", "dry_needling2"])
def test_an_unknown_option(topic, name) -> None:
    with pytest.raises(InputError, match="is no option of this topic"):
        plan(topic, name)


# ---- What the practitioner confirms and changes ----


def test_each_line_is_confirmed_before_a_signature(topic) -> None:
    with pytest.raises(InputError, match="not confirmed yet"):
        plan(topic, edits=[edit("sign", by="A. B.")])
    made = plan(topic, edits=[edit("confirm", "all"), edit("sign", by="A. B.")])
    assert (made.status, made.signed_by) == ("signed", "A. B.")


def test_a_change_after_the_signature_opens_it_again(topic) -> None:
    made = plan(topic, edits=[edit("confirm", "all"), edit("sign", by="A. B."),
                              edit("add", "muscle:piriformis:left")])  # fmt: skip
    assert made.status == "proposed"
    assert made.signed_by == ""


def test_a_depth_needs_its_unit_and_stays_below_the_ceiling(topic) -> None:
    def deep(value):
        return plan(topic, "acupuncture",
                    [edit("change", "point:BL23:left", field="depth", value=value)])  # fmt: skip

    assert deep("0.8 cun").item("point:BL23:left").depth == "0.8 cun"
    for wrong in ("0.8", "20 mm", "1.3 cun", "deep", "-1 cun", "nan cun", ""):
        with pytest.raises(InputError, match="Edit 1"):
            deep(wrong)


def test_another_direction_takes_the_depth_back(topic) -> None:
    changes = [edit("change", "point:BL23:left", field="depth", value="0.8 cun"),
               edit("change", "point:BL23:left", field="direction", value="oblique")]  # fmt: skip
    assert plan(topic, "acupuncture", changes).item("point:BL23:left").depth == ""
    with pytest.raises(InputError, match="Edit 3"):
        plan(topic, "acupuncture", [*changes, changes[0]])


def test_a_blocked_point_needs_a_typed_reason_which_is_printed(topic) -> None:
    pregnant = {"pregnant": "yes", "gestation_weeks": 20}
    with pytest.raises(InputError, match="only by force, with a reason"):
        plan(topic, "acupuncture", [edit("add", "point:SP6:left")], **pregnant)
    with pytest.raises(InputError, match="at least 10 letters"):
        plan(
            topic, "acupuncture", [edit("force", "point:SP6:left", reason="1234567890")], **pregnant
        )
    agreed = edit("force", "point:SP6:left", reason="agreed with her midwife")
    kept = plan(topic, "acupuncture", [agreed], **pregnant)
    assert kept.item("point:SP6:left").forced == "agreed with her midwife"
    assert "point:SP6:left" in {one.id for one in kept.blocked}
    assert any("agreed with her midwife" in told for told in kept.changes)
    free = plan(
        topic, "acupuncture", [edit("add", "point:SP6:left"), edit("add", "point:LI4:right")]
    )
    assert {"SP6", "LI4"} <= refs(free)


BAD = {
    "an item the plan does not hold": edit("remove", "muscle:piriformis:left"),
    "an item twice": edit("add", "muscle:lumbar-multifidus:left"),
    "a muscle nobody knows": edit("add", "muscle:psoas-magnus:left"),
    "a side it does not have": edit("add", "muscle:piriformis:middle"),
    "a kind that is not of this option": edit("add", "point:BL23:left"),
    "words for an item": edit("add", "the sore spot"),
    "a field that cannot be changed": edit(
        "change", "muscle:lumbar-multifidus:left", field="ceiling", value="90 mm"
    ),
    "no sessions": edit("change", "course", field="sessions", value="0"),
    "sessions in words": edit("change", "course", field="sessions", value="ten"),
    "a start that is no day": edit("change", "course", field="start", value="2026-02-30"),
    "a goal outside its scale": edit("change", "goal", field="target", value="11"),
    "force where nothing is blocked": edit(
        "force", "muscle:piriformis:left", reason="because I want to"
    ),
    "a signature without a name": edit("sign"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_an_edit_that_cannot_be_made(topic, name) -> None:
    with pytest.raises(InputError) as refused:
        plan(topic, edits=[BAD[name]])
    text = str(refused.value)
    assert text.startswith("Edit 1 (")
    assert text.endswith(".")
    assert "\n" not in text


@pytest.mark.parametrize(
    "given", [{"edit": "all"}, {"edits": []}, {"edit": [{"action": "prescribe"}]},
              {"edit": [{"action": "add", "item": 3}]}, {"edit": [7]},
              {"edit": [{"action": "confirm", "item": "all"}] * 501}]
)  # fmt: skip
def test_a_file_that_holds_no_edits(given) -> None:
    with pytest.raises(InputError):
        edits_from(given, where="edits.toml: ")


def test_the_start_sets_the_day_of_the_review(topic) -> None:
    made = plan(topic, edits=[edit("change", "course", field="start", value="2026-10-01")])
    assert made.review.day == date(2026, 10, 1) + timedelta(weeks=made.review.weeks)
    later = plan(topic, "acupuncture", pain_weeks=1,
                 edits=[edit("change", "review", field="weeks", value="2")])  # fmt: skip
    assert later.review.changed
    with pytest.raises(InputError, match="within 2 weeks"):
        plan(topic, "acupuncture", pain_weeks=1,
             edits=[edit("change", "review", field="weeks", value="5")])  # fmt: skip


WARFARIN = {
    "medicines": [{"name": "warfarin", "class": "anticoagulant"}],
    "labs": {"inr": 2.4, "inr_days_old": 7},
}


def test_todays_inr_counts_where_it_is_worse(topic) -> None:
    high = examination(topic, today={"inr": 6.5, "inr_date": "2026-10-01"})
    assert plan(topic, "acupuncture", found=high, **WARFARIN).status == "refused"
    low = examination(topic, today={"inr": 1.1})
    assert plan(topic, "acupuncture", found=low, **WARFARIN).person.labs.inr == 2.4
    unknown = {**WARFARIN, "labs": {}}
    assert plan(topic, "acupuncture", **unknown).status == "refused"
    told = examination(topic, today={"inr": 2.4, "inr_date": "2026-09-30"})
    assert plan(topic, "acupuncture", found=told, **unknown).status == "proposed"


def test_without_consent_there_is_no_needle(topic) -> None:
    no = examination(topic, today={"consent": "no"})
    assert plan(topic, found=no).status == "refused"
    assert plan(topic, "no-needling", found=no).status == "proposed"


BY_THE_BACK_DOOR = [
    ("position", "Prone"), ("position", "face down"), ("direction", ""), ("direction", " "),
    ("technique", "insert 5 cun"), ("technique", "to 90mm"), ("retention", "40 mm deep"),
    ("technique", "electrical stimulation 2 Hz"), ("technique", "low current"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BY_THE_BACK_DOOR)
def test_words_bring_in_no_depth_no_current_and_no_position(topic, field, value) -> None:
    with pytest.raises(InputError, match=r"Edit 1"):
        plan(topic, "acupuncture", [edit("change", "point:BL23:left", field=field, value=value)],
             positions_not_possible=["prone"])  # fmt: skip


def test_new_pain_is_not_looked_at_later_by_another_field(topic) -> None:
    start = edit("change", "course", field="start", value="2026-10-01")

    def new_pain(*edits):
        return plan(topic, "acupuncture", edits, pain_weeks=1)

    back = new_pain(edit("change", "review", field="weeks", value="1"),
                    edit("change", "review", field="weeks", value="2"), start)  # fmt: skip
    assert (back.review.weeks, back.review.day) == (2, date(2026, 10, 15))
    for late in (("weeks", "3"), ("day", "2027-06-01"), ("day", "2026-09-01")):
        with pytest.raises(InputError):
            new_pain(start, edit("change", "review", field=late[0], value=late[1]))
    with pytest.raises(InputError, match="first session before"):
        new_pain(edit("change", "review", field="day", value="2026-10-02"))


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1999-12-31"])
def test_a_day_out_of_all_bounds(topic, day) -> None:
    with pytest.raises(InputError, match="must lie between"):
        plan(topic, edits=[edit("change", "course", field="start", value=day)])


def test_an_empty_plan_is_not_signed(topic) -> None:
    made = plan(topic)
    gone = [edit("remove", item.id) for item in made.items]
    with pytest.raises(InputError, match="nothing to sign"):
        plan(topic, edits=[*gone, edit("sign", by="A. B.")])


def test_the_order_of_regions_and_patterns_carries_no_meaning(topic) -> None:
    regions, sides = ["lumbar", "whole_back"], {"lumbar": "right", "whole_back": "left"}
    one, other = (
        plan(topic, "acupuncture", found=examination(topic, regions=r, sides=sides))
        for r in (regions, regions[::-1])
    )
    assert one.id == other.id
    assert one.items == other.items
    patterns = ["Cold-damp", "Kidney yang deficiency"]
    ids = {
        plan(topic, "acupuncture", found=examination(topic, traditional={"pattern": p})).id
        for p in (patterns, patterns[::-1])
    }
    assert len(ids) == 1


def test_what_changed_between_two_versions(topic) -> None:
    before = plan(topic)
    after = plan(topic, edits=[
        edit("remove", "muscle:lumbar-multifidus:right"), edit("add", "muscle:piriformis:left"),
        edit("change", "muscle:lumbar-multifidus:left", field="needle", value="0.30 x 40 mm"),
        edit("change", "course", field="sessions", value="4"),
    ])  # fmt: skip
    found = {(d.kind, d.id) for d in plan_changes(before, after)}
    assert {
        ("removed", "muscle:lumbar-multifidus:right"), ("added", "muscle:piriformis:left"),
        ("changed", "muscle:lumbar-multifidus:left"), ("changed", "course.sessions"),
    } <= found  # fmt: skip
    assert plan_changes(before, before) == ()
    assert before.id != after.id
