"""What a case forbids: held against the pack, the cases, and against being calmed by more."""

import csv
import shutil
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from tests.person.people import calm, cases, with_unnamed_signs_no

from needlewise.errors import InputError
from needlewise.person import Person, triage
from needlewise.person.intake import load_intake
from needlewise.person.triage import Constraint, OptionStatus
from needlewise.plan.constraints import constraints, dangers
from needlewise.plan.depths import ceiling
from needlewise.plan.items import Target
from needlewise.plan.places import places
from needlewise.plan.rules import load_plan_rules
from needlewise.topic import load_topic

from .growing import growing

TOPIC = load_topic()
INTAKE = load_intake(TOPIC)
REGIONS = {
    "BL60": {"leg", "ankle"}, "ST36": {"leg", "lower_leg"}, "BL37": {"leg", "thigh"},
    "LI4": {"arm", "hand"}, "BL23": {"lumbar"}, "BL15": {"thoracic"}, "GB30": {"buttock"},
    "CV4": {"abdomen"}, "LR3": {"foot"}, "BL32": {"sacral"}, "BL40": {"knee"},
}  # fmt: skip


def case(**changes):
    person = Person.from_mapping(calm(TOPIC, **changes), TOPIC)
    return constraints(TOPIC, person, triage(TOPIC, person))


def point(code, side="left", electro=False):
    return Target("point", code, side, frozenset(REGIONS.get(code, ())), electro)


def muscle(slug, side="left", electro=False):
    return Target("muscle", slug, side, frozenset(), electro)


def blocks(found, target, option="acupuncture"):
    return [limit for limit in found.on(target, option) if limit.blocks]


def hard(found, target, option="acupuncture"):
    return [limit for limit in blocks(found, target, option) if not limit.forcible]


# ---- every limit of triage is bound ----


def test_every_limit_of_triage_is_named_by_a_rule_of_the_plan():
    told = {
        phrase.strip()
        for row in TOPIC["option_rules"]
        for phrase in row["constraints"].split("|")
        if phrase.strip()
    }
    bound = {phrase for rule in load_plan_rules(TOPIC) for phrase in rule.phrases}
    assert told == bound


def folder_with(tmp_path, table, change):
    folder = tmp_path / "topic"
    shutil.copytree(TOPIC.folder, folder)
    path = folder / f"{table}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    change(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return load_topic(folder)


def test_a_new_limit_of_triage_cannot_be_passed_over(tmp_path):
    def change(rows):
        rows[0]["constraints"] += "|never on a Tuesday"

    topic = folder_with(tmp_path, "option_rules", change)
    with pytest.raises(InputError, match="never on a Tuesday"):
        load_plan_rules(topic)


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("effect", "maybe", "no effect"),
        ("kind", "bone", "no kind"),
        ("refs", "BL999", "BL999"),
        ("regions", "moon", "moon"),
        ("danger", "dragon", "dragon"),
        ("when", "conditions has", "expected"),
        ("when", "not medicines has anticoagulant", "could lift"),
        ("when", "shoe_size > 40", "no field"),
        ("pack", "sorcery|both", "precautions.csv"),
        ("phrase", "never on a Tuesday", "no limit"),
    ],
)
def test_a_rule_that_cannot_be_read_is_told_with_its_place(tmp_path, column, value, said):
    def change(rows):
        row = next(row for row in rows if row["rule"] == "cupping-thinner")
        row.update({"when": "", "phrase": ""} if column in {"when", "phrase"} else {})
        row[column] = value

    topic = folder_with(tmp_path, "plan_rules", change)
    with pytest.raises(InputError, match=said) as error:
        load_plan_rules(topic)
    assert "plan_rules.csv:" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_limit_in_words_nobody_knows_is_an_error():
    person = Person.from_mapping(calm(TOPIC), TOPIC)
    result = triage(TOPIC, person)
    odd = OptionStatus("precaution", (), (Constraint("odd.1", "only by moonlight", "nobody"),))
    with pytest.raises(InputError, match="only by moonlight"):
        constraints(TOPIC, person, replace(result, options={"acupuncture": odd}))


# ---- the calm case ----


def test_nothing_blocks_a_calm_case():
    found = case()
    for row in TOPIC["points"]:
        assert blocks(found, point(row["code"])) == []
    for row in TOPIC["muscles"]:
        assert blocks(found, muscle(row["slug"]), "dry-needling") == []
    assert found.positions == {}
    assert found.unreachable == {}
    assert found.general == ()


def test_the_cautions_of_the_own_row_are_always_told():
    found = case()
    for row in TOPIC["points"]:
        texts = [limit.text for limit in found.on(point(row["code"]), "acupuncture")]
        assert not row["cautions"] or row["cautions"] in texts
    for row in TOPIC["muscles"]:
        told = [limit.text for limit in found.on(muscle(row["slug"]), "dry-needling")]
        assert not row["structures_at_risk"] or any(row["structures_at_risk"] in t for t in told)
        assert not row["forbidden_or_caution"] or row["forbidden_or_caution"] in told


def test_every_limit_has_a_text_and_a_source():
    found = case(medicines=[{"class": "anticoagulant"}], devices=["pacemaker"], pregnant="yes")
    targets = [point(code, electro=True) for code in REGIONS]
    targets += [Target("adjunct", row["adjunct"]) for row in TOPIC["plan_adjuncts"]]
    for target in targets:
        for limit in found.on(target, "both"):
            assert limit.text.strip()
            assert "{" not in limit.text
            assert limit.because.text
            assert limit.because.source
            assert limit.because.place


# ---- the cases of the pack ----


def test_with_a_blood_thinner_nothing_is_needled_that_cannot_be_pressed_on():
    found = case(medicines=[{"name": "apixaban", "class": "anticoagulant"}])
    for slug in ("iliopsoas", "quadratus-lumborum-deep"):
        assert blocks(found, muscle(slug), "dry-needling")
        assert blocks(found, muscle(slug), "both")
    assert not blocks(found, muscle("lumbar-multifidus"), "dry-needling")
    assert {"hold pressure longer", "fewer and thinner needles"} <= {
        limit.text for limit in found.of("dry-needling").general
    }
    assert hard(found, Target("adjunct", "wet-cupping"))


def test_warfarin_asks_for_the_inr_before_each_session():
    found = case(medicines=[{"name": "warfarin", "class": "anticoagulant"}], labs={"inr": 2.4})
    assert any("INR" in because.text for because in found.before_session)
    high = case(medicines=[{"name": "warfarin", "class": "anticoagulant"}], labs={"inr": 4.8})
    unknown = case(medicines=[{"name": "warfarin", "class": "anticoagulant"}])
    for withheld in (high, unknown):
        assert hard(withheld, point("BL23"))
        assert hard(withheld, muscle("gluteus-medius"))


@pytest.mark.parametrize("device", ["pacemaker", "icd", "spinal_cord_stimulator", "drug_pump"])
def test_no_current_with_an_electrical_device_and_no_reason_lifts_it(device):
    found = case(devices=[device])
    assert hard(found, point("ST36", electro=True), "acupuncture")
    assert hard(found, point("ST36", electro=True), "electroacupuncture")
    assert hard(found, Target("adjunct", "tens"))
    if "spine_device" not in INTAKE.entry("devices", device).tags:
        assert not blocks(found, point("ST36"), "acupuncture")


@pytest.mark.parametrize(
    "code", ["LI4", "SP6", "BL60", "BL67", "BL31", "BL32", "BL33", "BL34", "CV4", "CV6", "ST25"]
)
def test_points_custom_avoids_in_pregnancy(code):
    assert blocks(case(pregnant="yes", gestation_weeks=24), point(code))
    assert not blocks(case(), point(code))


def test_pregnancy_leaves_the_side_to_lie_on_and_no_belly():
    found = case(pregnant="yes", gestation_weeks=30)
    assert {"prone", "supine"} <= set(found.positions)
    assert not {"left_side", "right_side"} & set(found.positions)
    assert hard(found, muscle("rectus-abdominis"), "dry-needling")
    assert hard(found, muscle("iliopsoas"), "dry-needling")
    assert hard(found, point("BL23", electro=True))
    assert blocks(found, Target("adjunct", "moxibustion"))


def test_a_limb_with_lymphoedema_is_left_alone_on_its_side():
    found = case(conditions=["lymphoedema_left_arm"])
    assert hard(found, point("LI4", "left"))
    assert not blocks(found, point("LI4", "right"))
    assert not blocks(found, point("ST36", "left"))


def test_an_unplaced_lymphoedema_closes_every_limb_until_it_is_told():
    found = case(conditions=["lymphoedema"])
    for code in ("LI4", "ST36", "BL60"):
        assert blocks(found, point(code))
    assert not blocks(found, point("BL23"))
    assert any("limb" in because.text for because in found.before_session)


def test_what_is_under_a_cast_is_out_of_reach():
    found = case(access_limits=[{"kind": "cast", "region": "left_lower_leg"}])
    for code in ("ST36", "BL60", "LR3"):
        assert hard(found, point(code, "left")), code
        assert not blocks(found, point(code, "right")), code
    assert not blocks(found, point("BL37", "left"))
    assert not blocks(found, point("BL23", "left"))
    assert ("lower_leg", "left") in found.unreachable
    assert ("foot", "left") in found.unreachable
    assert not any(side == "right" for _, side in found.unreachable)
    assert any("right leg" in because.text for because in found.of("acupuncture").offers)


def test_a_cast_without_a_side_may_be_on_either():
    found = case(access_limits=[{"kind": "cast", "region": "lower_leg"}])
    assert hard(found, point("ST36", "left"))
    assert hard(found, point("ST36", "right"))


def test_a_brace_that_comes_off_can_be_reached_with_a_reason():
    fixed = case(access_limits=[{"kind": "brace", "region": "lumbar", "removable": "no"}])
    loose = case(access_limits=[{"kind": "brace", "region": "lumbar", "removable": "yes"}])
    assert hard(fixed, point("BL23"))
    assert ("lumbar", "left") in fixed.unreachable
    assert blocks(loose, point("BL23"))
    assert not hard(loose, point("BL23"))
    assert loose.unreachable == {}


def test_a_place_nobody_knows_may_be_anywhere():
    found = case(access_limits=[{"kind": "cast", "region": "somewhere odd"}])
    assert blocks(found, point("BL23"))
    assert blocks(found, point("LI4"))
    assert any("somewhere odd" in because.text for because in found.before_session)


@pytest.mark.parametrize(
    ("kind", "forcible"), [("infection", False), ("numb", True), ("scar", True), ("lump", False)]
)
def test_skin_trouble_closes_its_place_and_side(kind, forcible):
    found = case(skin=[{"kind": kind, "region": "left_knee"}])
    closed = blocks(found, point("BL40", "left"))
    assert closed
    assert all(limit.forcible is forcible for limit in closed)
    assert not blocks(found, point("BL40", "right"))
    assert not blocks(found, point("BL23", "left"))


def test_infected_skin_of_the_low_back():
    found = case(skin=[{"kind": "infection", "region": "lumbar"}])
    assert hard(found, point("BL23", "right"))
    assert hard(found, Target("point", "GV4", "middle"))
    assert not blocks(found, point("ST36"))


def test_loss_of_feeling_in_the_feet():
    found = case(conditions=["diabetic_neuropathy_feet"])
    told = [limit.text for limit in found.on(point("LR3"), "acupuncture")]
    assert any("slow healing" in text for text in told)
    assert blocks(found, Target("adjunct", "heat"))
    assert blocks(found, Target("adjunct", "moxibustion"))


def test_a_severe_bleeding_disorder_that_is_not_cleared():
    found = case(conditions=["haemophilia"])
    assert hard(found, point("LI4"))
    assert hard(found, muscle("gluteus-maximus"), "dry-needling")
    cleared = case(conditions=["haemophilia"], clearance={"bleeding": "cleared", "by": "doctor"})
    assert not hard(cleared, point("LI4"))
    assert blocks(cleared, muscle("iliopsoas"), "dry-needling")


def test_low_counts_weak_immunity_and_no_needles_left_in():
    low = case(
        medicines=[{"class": "cytotoxic"}], labs={"platelets_e9_l": 40, "neutrophils_e9_l": 3}
    )
    assert hard(low, point("BL23"))
    weak = case(conditions=["immunodeficiency"])
    assert any("left in" in limit.text for limit in weak.general)


def test_epilepsy_and_current():
    found = case(conditions=["epilepsy"])
    assert blocks(found, point("BL23", electro=True))
    assert not blocks(found, point("BL23"))
    assert hard(case(conditions=["epilepsy_uncontrolled"]), point("BL23", electro=True))


def test_metal_in_the_spine_and_current():
    found = case(devices=["spinal_hardware"])
    assert hard(found, point("BL23", electro=True))
    assert not blocks(found, point("BL23"))
    assert not blocks(found, point("ST36", electro=True))
    assert blocks(found, Target("adjunct", "manipulation"))


def test_steel_allergy_and_refusal_leave_no_needle():
    assert hard(case(allergies=["steel"]), point("BL23"))
    assert hard(case(needle_history={"fear": "refuses", "fainted": "no"}), point("BL23"))


def test_fear_and_fainting_bind_the_whole_plan():
    for history in ({"fear": "severe", "fainted": "no"}, {"fear": "none", "fainted": "yes"}):
        found = case(needle_history=history).of("acupuncture")
        texts = {limit.text for limit in found.general}
        assert {"lying down", "few needles, short first session"} <= texts
        assert "sitting" in found.positions


@pytest.mark.parametrize("position", ["prone", "supine", "left_side", "right_side", "sitting"])
def test_positions_that_cannot_be_held(position):
    assert set(case(positions_not_possible=[position]).positions) == {position}


def test_a_thin_build_over_the_lung():
    thin = [one.text for one in case(bmi=17).on(point("BL15"), "acupuncture")]
    stout = [one.text for one in case(bmi=27).on(point("BL15"), "acupuncture")]
    assert any("A thin build" in text for text in thin)
    assert not any("A thin build" in text for text in stout)
    unknown = [one.text for one in case().on(point("BL15"), "acupuncture")]
    assert any("build is not known" in text for text in unknown)


def test_lung_kidney_canal_and_nerve_are_told_without_any_condition():
    found = case()
    for code, word in {"BL15": "lung", "BL52": "kidney", "GV4": "canal", "GB30": "sciatic"}.items():
        assert any(word in one.text for one in found.on(point(code), "acupuncture")), code
    for row in TOPIC["points"]:
        if "pneumothorax" in row["cautions"]:
            assert "lung" in dangers(TOPIC, "point", row["code"])
    assert "kidney" not in dangers(TOPIC, "point", "BL40")  # "pain from kidney weakness"


def test_a_measured_distance_below_the_ceiling_is_told_and_no_unit_is_converted():
    told = [one for one in case().on(point("BL13"), "acupuncture") if "9 mm" in one.text]
    assert len(told) == 1
    assert "0.7 cun" in told[0].text
    assert told[0].because.place.startswith("safe_depths.csv")
    shallow = case().on(muscle("trapezius-lower"), "dry-needling")
    assert not any("9 mm" in one.text for one in shallow)  # 5 mm is less than 9 mm
    assert "least 9 mm" in ceiling(TOPIC, "muscle", "rhomboids").text


def test_a_stop_blocks_every_target():
    person = Person.from_mapping(calm(TOPIC, red_flags__saddle_numbness="yes"), TOPIC)
    found = constraints(TOPIC, person, triage(TOPIC, person))
    for target in (point("BL23"), muscle("piriformis"), Target("adjunct", "heat")):
        assert hard(found, target)


def test_unknown_targets_and_options_are_told():
    with pytest.raises(InputError, match=r"BL999 is not in points\.csv"):
        case().on(Target("point", "BL999", "left"), "acupuncture")
    with pytest.raises(InputError, match="no option"):
        case().on(point("BL23"), "leeches")


def test_what_triage_applies_although_unknown_binds_the_plan():
    early = case(pregnant="yes")  # the week is not answered
    assert hard(early, muscle("lumbar-multifidus"), "dry-needling")
    medicines = [{"name": "warfarin", "class": "anticoagulant"}]
    old = case(medicines=medicines, labs={"inr": 2.4})  # its age is not answered
    assert any("INR" in because.text for because in old.before_session)
    steroid = case(medicines=[{"class": "corticosteroid", "name": "prednisolone"}])
    assert any("skin" in limit.text for limit in steroid.general)  # the dose is not answered


def test_the_cases_of_the_topic():
    seen = 0
    for name, intake, _ in cases(TOPIC):
        try:
            person = Person.from_mapping(with_unnamed_signs_no(TOPIC, intake), TOPIC)
        except InputError:  # a case about an answer that cannot be
            continue
        found = constraints(TOPIC, person, triage(TOPIC, person))
        for code in intake.get("plan_points") or ():
            if intake.get("pregnant") == "yes":
                assert blocks(found, point(code)), name
                seen += 1
    assert seen
    both = [{"kind": "cast", "region": f"{side}_lower_leg"} for side in ("left", "right")]
    found = case(access_limits=both)
    for side in ("left", "right"):
        assert hard(found, Target("point", "BL57", side)), side
        assert hard(found, Target("point", "KI3", side)), side
    assert not blocks(found, Target("point", "SI3", "left"))
    assert not blocks(found, Target("point", "EX-UE7", "left"))
    gone = case(access_limits=[])
    assert not blocks(gone, Target("point", "BL57", "left"))


# ---- places ----


@pytest.mark.parametrize(
    ("word", "region", "side"),
    [
        ("left_lower_leg", "lower_leg", "left"),
        ("right calf", "lower_leg", "right"),
        ("feet", "foot", "both"),
        ("lower back", "lumbar", "both"),
        ("trunk", "trunk", "both"),
        ("Left arm", "arm", "left"),
    ],
)
def test_a_persons_words_for_a_place(word, region, side):
    spot = places(TOPIC).spot(word)
    assert (spot.regions, spot.side) == (frozenset({region}), side)


def test_every_region_of_the_body_map_has_its_place():
    known = {row["region"] for row in TOPIC["plan_places"]}
    assert {row["region"] for row in TOPIC["body_regions"]} <= known


def test_the_thigh_is_not_the_lower_leg_but_the_leg_may_be():
    where = places(TOPIC)
    below = frozenset({"lower_leg"})
    assert not where.meet(frozenset({"leg", "thigh"}), below)
    assert where.meet(frozenset({"leg"}), below)
    assert where.meet(frozenset({"ankle"}), {"leg"})


# ---- more is never less ----

TARGETS = [
    *(point(code, side, electro) for code in REGIONS for side in ("left", "right")
      for electro in (False, True)),
    *(muscle(row["slug"], "left") for row in TOPIC["muscles"]),
    *(Target("adjunct", row["adjunct"]) for row in TOPIC["plan_adjuncts"]),
]  # fmt: skip


def all_limits(answers):
    person = Person.from_mapping(answers, TOPIC)
    found = constraints(TOPIC, person, triage(TOPIC, person))
    told = {
        (target.id, target.electro, limit.effect, limit.forcible, limit.text)
        for target in TARGETS
        for limit in found.on(target, "both" if target.kind == "muscle" else "acupuncture")
        if "safety question" not in limit.text
    }
    told |= {("plan", limit.text) for limit in found.general}
    told |= {("before", because.text) for because in found.before_session}
    told |= {("position", position) for position in found.positions}
    return told | {("out of reach", *key) for key in found.unreachable}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(growing())
def test_one_more_entry_never_removes_a_limit(pair):
    less, more = (all_limits(answers) for answers in pair)
    assert less <= more
