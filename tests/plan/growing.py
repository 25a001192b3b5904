"""Cases that grow by one condition, device, cover, medicine or limit."""

from hypothesis import strategies as st
from tests.person.people import calm, put

from needlewise.person.intake import load_intake
from needlewise.topic import load_topic

TOPIC = load_topic()
INTAKE = load_intake(TOPIC)
NOTHING = {"none", "unknown"}
CONDITIONS = [
    row["term"].replace("*", "left_arm")
    for row in INTAKE.terms["conditions"]
    if row["term"] not in {"none", "unknown"}
]
DEVICES = [
    row["term"].replace("*", "nerve")
    for row in INTAKE.terms["devices"]
    if row["term"] not in {"none", "unknown"}
]
MEDICINES = [
    {"class": row["term"]} for row in INTAKE.terms["medicines"] if row["term"] not in {"none"}
] + [{"name": row["term"].replace("*", "")} for row in INTAKE.terms["medicine_names"]]
WHERE = ["lumbar", "left_lower_leg", "right_arm", "trunk", "left foot", "nowhere known", None]
SKIN = [
    {"kind": row["term"], **({"region": where} if where else {})}
    for row in INTAKE.terms["skin"]
    if row["term"] not in {"none", "unknown"}
    for where in WHERE
]
ACCESS = [
    {"kind": row["term"], **({"region": where} if where else {})}
    for row in INTAKE.terms["access_limits"]
    if row["term"] not in {"none", "unknown"}
    for where in WHERE
]
LISTS = {
    "conditions": CONDITIONS, "devices": DEVICES, "medicines": MEDICINES,
    "skin": SKIN, "access_limits": ACCESS,
    "allergies": [r["term"] for r in INTAKE.terms["allergies"] if r["term"] not in NOTHING],
    "positions_not_possible": ["prone", "supine", "left_side", "right_side", "sitting"],
}  # fmt: skip


@st.composite
def growing(draw, filled=7):
    """A case with entries in up to `filled` lists, and the same with one more entry in one."""
    answers = calm(TOPIC)
    answers["bmi"] = draw(st.sampled_from([17, 27]))
    answers["pregnant"] = draw(st.sampled_from(["yes", "no"]))
    answers["pain_site"] = draw(st.sampled_from([["lumbar"], ["thoracic"], ["thoracolumbar"]]))
    names = draw(st.lists(st.sampled_from(list(LISTS)), max_size=filled, unique=True))
    for name, words in ((name, LISTS[name]) for name in names):
        answers[name] = draw(st.lists(st.sampled_from(words), max_size=2, unique_by=repr))
    name = draw(st.sampled_from(list(LISTS)))
    more = draw(
        st.sampled_from([word for word in LISTS[name] if word not in answers.get(name, ())])
    )
    return answers, put(answers, name, [*answers.get(name, ()), more])
