"""The plan's rules (`plan_rules.csv`): what a limit of triage or an answer does to a target.

A rule hangs on the very words of a limit in `option_rules.csv` (`phrase`), on the answers (`when`,
the condition language of `needlewise.person.rules`), or on neither: then it always holds. Every
limit of triage must be named by a rule; one that is not is an error, never silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from needlewise.errors import InputError
from needlewise.person.facts import DERIVED
from needlewise.person.intake import Intake, load_intake
from needlewise.person.rulebook import APPLY, load_rules
from needlewise.person.rules import Condition, every_field_test, monotone_fault, parse
from needlewise.plan.items import ADJUNCT, MUSCLE, POINT
from needlewise.topic import Row, Topic
from needlewise.topic.pack import listed

BLOCK, LIMIT, UNREACHABLE = "block", "limit", "unreachable"
GENERAL, BEFORE, POSITION, OFFER = "general", "before", "position", "offer"
EFFECTS = (BLOCK, LIMIT, UNREACHABLE, GENERAL, BEFORE, POSITION, OFFER)
HERE = "{}"  # in a rule's regions: the places the person named
POSITIONS = ("prone", "supine", "left_side", "right_side", "sitting")


@dataclass(frozen=True)
class PlanRule:
    """One row: what binds (`phrases`, `when`), what it does (`effect`), and to which targets.

    A target is hit where any of `refs`, `regions` and `dangers` fits, or always where all three
    are empty; `here` adds the places of the person's answer and keeps to their side. For the
    effect position `refs` are positions.
    """

    name: str
    phrases: tuple[str, ...]
    when: Condition | None
    applies_unknown: bool
    effect: str
    kinds: frozenset[str]
    refs: frozenset[str]
    regions: frozenset[str]
    here: bool
    dangers: frozenset[str]
    electro: bool
    forcible: bool
    text: str
    why: str
    source: str
    source_url: str
    place: str

    @property
    def always(self) -> bool:
        return self.when is None and not self.phrases

    @property
    def of_all(self) -> bool:
        """Whether it names no target of its own and so binds every one of its kinds."""
        return not (self.refs or self.regions or self.here or self.dangers)


def load_plan_rules(topic: Topic) -> tuple[PlanRule, ...]:
    """All rules of the plan, read once. Raises InputError naming file, row and what to do."""
    if "plan_rules" not in topic._memo:
        intake, pack, known = load_intake(topic), _pack(topic), _Known(topic)
        rules = tuple(_rule(row, intake, pack, known) for row in topic["plan_rules"])
        _all_bound(topic, rules)
        topic._memo["plan_rules"] = rules
    return cast(tuple[PlanRule, ...], topic._memo["plan_rules"])


class _Known:
    """The names a rule may use."""

    def __init__(self, topic: Topic) -> None:
        self.refs = {row["slug"] for row in topic["muscles"]}
        self.refs |= {row["code"] for row in topic["points"]}
        self.refs |= {row["adjunct"] for row in topic["plan_adjuncts"]}
        self.refs |= set(POSITIONS)
        self.regions = {row["region"] for row in topic["plan_places"]} | {HERE}
        self.dangers = {row["danger"] for row in topic["plan_dangers"]}


def _pack(topic: Topic) -> dict[str, Row]:
    named: dict[str, Row] = {}
    for row in topic["precautions"]:
        named.setdefault(f"{row['condition']}|{row['option']}", row)
    return named


def _rule(row: Row, intake: Intake, pack: dict[str, Row], known: _Known) -> PlanRule:
    for wrong in _faults(row, intake, pack, known):
        raise InputError(f"{row.place}: {wrong}; correct the rule.")
    facts = [pack[name] for name in listed(row["pack"], " + ")]
    regions = set(listed(row["regions"]))
    return PlanRule(
        name=row["rule"],
        phrases=listed(row["phrase"], "|"),
        when=parse(row["when"]) if row["when"] else None,
        applies_unknown=row["if_unknown"] == APPLY,
        effect=row["effect"],
        kinds=frozenset({row["kind"]} if row["kind"] else {MUSCLE, POINT}),
        refs=frozenset(listed(row["refs"])),
        regions=frozenset(regions - {HERE}),
        here=HERE in regions,
        dangers=frozenset(listed(row["danger"])),
        electro=row["electro"] == "yes",
        forcible=row["forcible"] != "no",
        text=row["text"],
        why=row["why"],
        source="; ".join((*(fact["source"] for fact in facts), *listed(row["source"], "\n"))),
        source_url=next((fact["source_url"] for fact in facts if fact["source_url"]), ""),
        place=row.place,
    )


def _faults(row: Row, intake: Intake, pack: dict[str, Row], known: _Known) -> Iterator[str]:
    if row["effect"] not in EFFECTS:
        yield f"'{row['effect']}' is no effect"
    if row["phrase"] and row["when"]:
        yield "phrase and when are both given"
    if not row["phrase"] and not row["text"]:
        yield "it has no text"
    if row["kind"] not in ("", MUSCLE, POINT, ADJUNCT):
        yield f"'{row['kind']}' is no kind of target"
    for column, names in (("regions", known.regions), ("danger", known.dangers)):
        for name in listed(row[column]):
            if name not in names:
                yield f"{column} '{name}' is not known"
    for ref in listed(row["refs"]):
        if ref not in known.refs:
            yield f"'{ref}' is no muscle, point, adjunct or position"
    for name in listed(row["pack"], " + "):
        if name not in pack:
            yield f"'{name}' is not in precautions.csv"
    yield from _condition_faults(row["when"], intake)


def _condition_faults(text: str, intake: Intake) -> Iterator[str]:
    if not text:
        return
    try:
        condition = parse(text)
    except ValueError as error:
        yield str(error)
        return
    for test, negated in every_field_test(condition, False):
        if test.field not in DERIVED and test.field not in intake.fields:
            yield f"{test.field} is no field of intake.csv"
        if negated:
            yield f"{test.field} stands under 'not', so an added answer could lift the limit"
    fault = monotone_fault(
        condition, lambda name: name in intake.fields and intake.fields[name].sign
    )
    if fault is not None:
        yield fault


def _all_bound(topic: Topic, rules: tuple[PlanRule, ...]) -> None:
    """Every limit of triage is bound by a rule, and every rule's phrase is a limit of triage."""
    bound = {phrase for rule in rules for phrase in rule.phrases}
    told = {text for rule in load_rules(topic).options for text in rule.constraints}
    for phrase in sorted(told - bound):
        raise InputError(
            f"option_rules.csv: the limit '{phrase}' is named by no row of plan_rules.csv; "
            "add a row that says what it does."
        )
    for rule in rules:
        for phrase in rule.phrases:
            if phrase not in told:
                raise InputError(
                    f"{rule.place}: the phrase '{phrase}' is no limit of option_rules.csv; "
                    "correct or remove it."
                )
