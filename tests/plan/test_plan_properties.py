"""Whatever the case, the findings and the edits: a plan never holds what the case forbids."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from needlewise.errors import InputError
from needlewise.person import Person, triage
from needlewise.plan import Ceiling, Examination, edits_from, make_plan
from needlewise.plan.constraints import constraints
from needlewise.plan.propose import technique_of
from needlewise.topic import load_topic

from .growing import growing

TOPIC = load_topic()
MUSCLES = [row["slug"] for row in TOPIC["muscles"]]
CODES = [row["code"] for row in TOPIC["points"]]
PATTERNS = [row["pattern"] for row in TOPIC["patterns"]]
OPTIONS = [option.id for option in TOPIC.options]
ANSWERS = st.sampled_from(["yes", "yes", "yes", "no", "unknown", ""])
FEW = growing(filled=1)
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def findings(draw):
    muscles = draw(st.lists(st.sampled_from(MUSCLES), max_size=4, unique=True))
    return {
        "regions": draw(st.lists(st.sampled_from(["lumbar", "thoracic", "buttock", "leg"]),
                                 min_size=1, max_size=2, unique=True)),
        "palpation": [
            {"muscle": muscle, "side": draw(st.sampled_from(["left", "right", "both"])),
             "taut_band": draw(ANSWERS), "hypersensitive_spot": draw(ANSWERS),
             "referred_pain": draw(ANSWERS)}
            for muscle in muscles
        ],
        "traditional": {"pattern": draw(st.lists(st.sampled_from(PATTERNS), max_size=1))},
    }  # fmt: skip


@st.composite
def edits(draw):
    """Edits that try to bring in whatever there is, at whatever depth."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["muscle", "point"]))
        ref = draw(st.sampled_from(MUSCLES if kind == "muscle" else CODES))
        item = f"{kind}:{ref}:{draw(st.sampled_from(['left', 'right', 'middle']))}"
        place = draw(st.integers(0, 15))
        action = draw(st.sampled_from(["add", "force", "change"]))
        more = {"reason": "because I think it is right here"} if action == "force" else {}
        if action == "change":
            depth = draw(st.sampled_from(["0.3 cun", "5 cun", "9 mm", "90 mm", "1"]))
            item, more = place, {"field": "depth", "value": depth}  # of the items that are there
        found.append({"action": action, "item": item, **more})
    return found


def planned(answers, found, option, changes=()):
    """The plan after those of the edits that can be made."""
    person = Person.from_mapping(answers, TOPIC)
    examination = Examination.from_mapping(found, TOPIC)
    made = make_plan(TOPIC, person, examination, option)
    kept = []
    for change in changes:
        if isinstance(change["item"], int):
            if not made.needles:
                continue
            one = made.needles[change["item"] % len(made.needles)]
            change = {**change, "item": one.id}
        try:
            made = make_plan(
                TOPIC, person, examination, option, edits=edits_from({"edit": [*kept, change]})
            )
        except InputError:
            continue
        else:
            kept.append(change)
    return made


@QUIET
@given(FEW, findings(), st.sampled_from(OPTIONS), edits())
def test_no_plan_holds_what_the_case_forbids(pair, found, option, changes) -> None:
    made = planned(pair[1], found, option, changes)
    if made.status in {"stopped", "refused"}:
        assert made.items == ()
        return
    bounds = constraints(TOPIC, made.person, triage(TOPIC, made.person), made.examination)
    for item in made.items:
        blocks = [b for b in bounds.on(item.target, technique_of(made.option, item.target))
                  if b.blocks]  # fmt: skip
        if item.forced:
            assert blocks
            assert all(block.forcible for block in blocks)
        else:
            assert blocks == []
        for region in item.target.regions:
            if (region, item.target.side) in bounds.unreachable:
                pytest.fail(f"{item.id} lies in {region}, which cannot be reached")
        if item.depth and isinstance(item.ceiling, Ceiling):
            number, unit = item.depth.split()
            assert unit == item.ceiling.unit
            assert float(number) <= item.ceiling.value


@QUIET
@given(FEW, findings(), st.sampled_from(OPTIONS))
def test_one_more_constraint_never_adds_a_needle(pair, found, option) -> None:
    fewer, more = (planned(answers, found, option) for answers in pair)
    assert {i.id for i in more.needles} <= {i.id for i in fewer.needles}


@QUIET
@given(FEW, findings(), st.sampled_from(OPTIONS), st.randoms())
def test_the_order_in_which_things_are_told_does_not_matter(pair, found, option, random) -> None:
    turned = {**found, "palpation": list(found["palpation"]), "regions": list(found["regions"])}
    random.shuffle(turned["palpation"])
    random.shuffle(turned["regions"])
    one, other = planned(pair[0], found, option), planned(pair[0], turned, option)
    assert {i.id for i in one.items} == {i.id for i in other.items}
    assert one.id == other.id


@QUIET
@given(FEW, findings(), st.sampled_from(OPTIONS))
def test_every_line_says_why_and_where_that_stands(pair, found, option) -> None:
    made = planned(pair[0], found, option)
    for item in made.items:
        assert item.why
        for because in (*item.why, *item.cautions):
            assert because.text
            assert because.source
    for one in made.blocked:
        assert all(limit.text and limit.because.source for limit in one.limits)
