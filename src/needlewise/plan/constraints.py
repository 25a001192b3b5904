"""What a person's case forbids or limits: every target is held against the plan's rules.

The rules (`plan_rules.csv`) hang on the limits of triage and on the answers. Only what is known to
be so, or what triage applies although unknown, binds; nothing lifts a limit once it binds, so that
one more condition, device, cover or medicine can only add limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from needlewise.errors import InputError
from needlewise.person.facts import Answered
from needlewise.person.person import Person
from needlewise.person.rulebook import Rule, load_rules
from needlewise.person.rules import Finding, Truth
from needlewise.person.triage import Triage
from needlewise.plan.depths import conflicts
from needlewise.plan.items import (
    ADJUNCT,
    LEFT,
    MIDDLE,
    MUSCLE,
    NO_SIDE,
    POINT,
    RIGHT,
    Because,
    Limit,
    Target,
)
from needlewise.plan.places import BOTH, EVERYWHERE, Places, Spot, places, regions_of
from needlewise.plan.rules import (
    BEFORE,
    BLOCK,
    GENERAL,
    HERE,
    LIMIT,
    OFFER,
    POSITION,
    UNREACHABLE,
    PlanRule,
    load_plan_rules,
)
from needlewise.topic import Row, Topic
from needlewise.topic.pack import listed

ELECTRO = "electroacupuncture"
WITHHELD = frozenset({"deferred", "not_feasible", "not_offered"})
TABLES = {
    POINT: ("points", "code"),
    MUSCLE: ("muscles", "slug"),
    ADJUNCT: ("plan_adjuncts", "adjunct"),
}
SIDES = {LEFT: (LEFT,), RIGHT: (RIGHT,), BOTH: (LEFT, RIGHT, MIDDLE, NO_SIDE)}


@dataclass(frozen=True)
class Bound:
    """A rule that binds this person: for which options (None: all), where, and why."""

    rule: PlanRule
    options: frozenset[str] | None
    spot: Spot
    text: str
    because: Because

    def about(self, options: frozenset[str]) -> bool:
        return self.options is None or bool(self.options & options)


@dataclass(frozen=True)
class Withheld:
    """An option that triage does not offer now."""

    options: frozenset[str]
    limit: Limit


@dataclass(frozen=True)
class Constraints:
    """All limits of one person's case.

    The properties speak of every option; `of(option)` narrows them to one.
    """

    topic: Topic
    bound: tuple[Bound, ...]
    withheld: tuple[Withheld, ...]
    stops: tuple[Limit, ...]
    option: str | None = None

    def of(self, option: str) -> Constraints:
        """The same case, with the plan-wide limits of one option only."""
        return replace(self, option=option)

    def on(self, target: Target, option: str) -> tuple[Limit, ...]:
        """What the case and the target's own row say about it under an option.

        Blocks come first, of them first what no typed reason lifts. Raises InputError where the
        pack has no such target.
        """
        about = _about(self.topic, option)
        if target.electro:
            about |= {ELECTRO}
        found = [
            *self.stops,
            *(self._withheld(about) if target.kind != ADJUNCT else ()),
            *(_limit(bound) for bound in self.bound
              if bound.about(about) and self._hits(bound, target)),
            *_cautions(self.topic, target),
        ]  # fmt: skip
        return tuple(sorted(_once(found), key=lambda one: (not one.blocks, one.forcible)))

    def _withheld(self, about: frozenset[str]) -> Iterator[Limit]:
        return (one.limit for one in self.withheld if one.options & about)

    def _hits(self, bound: Bound, target: Target) -> bool:
        rule, spot = bound.rule, bound.spot
        if rule.effect not in (BLOCK, LIMIT, UNREACHABLE):
            return False
        if target.kind not in rule.kinds or (rule.electro and not target.electro):
            return False
        if spot.regions is None:  # nobody can tell where: it may be anywhere
            return True
        if not spot.faces(target.side):
            return False
        if rule.of_all or target.ref in rule.refs:
            return True
        if rule.dangers & dangers(self.topic, target.kind, target.ref):
            return True
        regions = rule.regions | spot.regions
        return self._places.meet(regions_of(self.topic, target), regions) if regions else False

    @property
    def _places(self) -> Places:
        return places(self.topic)

    @cached_property
    def general(self) -> tuple[Limit, ...]:
        """Limits of the whole plan, such as fewer and thinner needles."""
        return tuple(_once(_limit(bound) for bound in self._of(GENERAL)))

    @cached_property
    def before_session(self) -> tuple[Because, ...]:
        """What must be entered or checked again before each session."""
        told = [replace(bound.because, text=bound.text) for bound in self._of(BEFORE)]
        words = self.topic.texts["plan_limits"]["limits"]
        told += [
            replace(bound.because, text=words["not_placed"].format(word=_shown(bound.spot.word)))
            for bound in self.bound
            if bound.spot.regions is None
        ]
        first: dict[str, Because] = {}
        for because in told:
            first.setdefault(because.text, because)
        return tuple(first.values())

    @cached_property
    def offers(self) -> tuple[Because, ...]:
        """What custom offers instead of what drops out; no trial tested it."""
        told = (replace(b.because, text=f"{b.because.text} {b.text}") for b in self._of(OFFER))
        return tuple(dict.fromkeys(told))

    @cached_property
    def positions(self) -> dict[str, Because]:
        """Positions that cannot be used: prone, supine, left_side, right_side, sitting."""
        found: dict[str, Because] = {}
        for bound in self._of(POSITION):
            for position in sorted(bound.rule.refs):
                found.setdefault(position, replace(bound.because, text=bound.text))
        return found

    @cached_property
    def unreachable(self) -> dict[tuple[str, str], Because]:
        """Regions under a cast, brace or dressing, by region and side (middle and "" too)."""
        found: dict[tuple[str, str], Because] = {}
        for bound in self._of(UNREACHABLE):
            regions = bound.rule.regions | (bound.spot.regions or frozenset())
            for region in sorted(inner for r in regions for inner in self._places.within(r)):
                for side in SIDES[bound.spot.side]:
                    found.setdefault((region, side), replace(bound.because, text=bound.text))
        return found

    def _of(self, effect: str) -> Iterator[Bound]:
        about = None if self.option is None else _about(self.topic, self.option)
        for bound in self.bound:
            if bound.rule.effect == effect and (about is None or bound.about(about)):
                yield bound


def constraints(
    topic: Topic, person: Person, triage: Triage, examination: Any = None
) -> Constraints:
    """Hold the plan's rules against a person's answers and what triage made of them.

    `examination` adds nothing yet: what it finds opens triage again and is told by the plan.
    Raises InputError where triage sets a limit that no rule of the plan names.
    """
    rules, facts = load_plan_rules(topic), Answered(topic, person)
    firing = [(rule, found) for rule, found in _findings(topic, facts)]
    bound = [
        *(one for rule, found in firing for one in _by_phrase(topic, rules, rule, found)),
        *(one for rule in rules for one in _by_answers(topic, rule, facts)),
    ]
    _known(triage, firing, topic)
    words = topic.texts["plan_limits"]["limits"]
    withheld = tuple(
        Withheld(frozenset(rule.options), _stop(words["withheld"], _why(rule)))
        for rule, _ in firing if rule.status in WITHHELD
    )  # fmt: skip
    stops = tuple(
        _stop(words["stopped"], Because(reason.text, reason.source, reason.source_url,
                                        reason.where, f"triage:{reason.rule}"))
        for reason in (triage.leading if triage.stopped else ())
    )  # fmt: skip
    return Constraints(topic, tuple(bound), withheld, stops)


def _findings(topic: Topic, facts: Answered) -> Iterator[tuple[Rule, Finding]]:
    """The rules on options that bind, as in triage; also where triage stops before them."""
    for rule in load_rules(topic).options:
        found = rule.when.find(facts)
        if _binds(found, rule.applies_unknown):
            yield rule, found


def _binds(found: Finding, applies_unknown: bool) -> bool:
    return found.truth is Truth.TRUE or (found.truth is Truth.UNKNOWN and applies_unknown)


def _by_phrase(
    topic: Topic, rules: tuple[PlanRule, ...], fired: Rule, found: Finding
) -> Iterator[Bound]:
    for phrase in fired.constraints:
        for rule in rules:
            if phrase in rule.phrases:
                for spot in _spots(topic, rule, found):
                    text = rule.text or phrase.replace(HERE, _shown(spot.word))
                    because = replace(_why(fired), id=f"limit:{rule.name}")
                    source = "; ".join(s for s in (because.source, rule.source) if s)
                    because = replace(because, source=source, place=rule.place)
                    yield Bound(rule, frozenset(fired.options), spot, text, because)


def _by_answers(topic: Topic, rule: PlanRule, facts: Answered) -> Iterator[Bound]:
    if rule.phrases:
        return
    found = rule.when.find(facts) if rule.when is not None else Finding(Truth.TRUE)
    if _binds(found, rule.applies_unknown):
        because = Because(rule.why or rule.text, rule.source, rule.source_url, rule.place,
                          f"limit:{rule.name}")  # fmt: skip
        for spot in _spots(topic, rule, found):
            yield Bound(rule, None, spot, rule.text, because)


def _spots(topic: Topic, rule: PlanRule, found: Finding) -> Iterator[Spot]:
    """Where a rule binds: each place the person named, or wherever the rule itself says."""
    if not rule.here or not found.matches:
        yield EVERYWHERE
        return
    for word in found.matches:
        spot = places(topic).spot(word)
        if spot.regions is None and word == "unplaced":
            continue  # a rule of its own asks for the place
        yield spot


def _once(limits: Iterable[Limit]) -> Iterable[Limit]:
    """Each limit once, with the first reason for it."""
    first: dict[tuple[str, bool, str], Limit] = {}
    for limit in limits:
        first.setdefault((limit.effect, limit.forcible, limit.text), limit)
    return first.values()


def _limit(bound: Bound) -> Limit:
    effect = BLOCK if bound.rule.effect in (BLOCK, UNREACHABLE) else LIMIT
    forcible = bound.rule.forcible and bound.rule.effect != UNREACHABLE
    if bound.spot.regions is None:  # the person can be asked where it is
        forcible = True
    return Limit(effect, forcible, bound.text, bound.because)


def _why(rule: Rule) -> Because:
    return Because(rule.text, rule.source, rule.source_url, rule.where, f"triage:{rule.name}")


def _stop(words: str, because: Because) -> Limit:
    return Limit(BLOCK, False, words.format(text=because.text), because)


def _about(topic: Topic, option: str) -> frozenset[str]:
    """The option and the options it is made of."""
    for known in topic.options:
        if known.id == option:
            return frozenset({known.id, *known.parts})
    raise InputError(
        f"'{option}' is no option; choose from {', '.join(o.id for o in topic.options)}."
    )


def _known(triage: Triage, firing: Iterable[tuple[Rule, Finding]], topic: Topic) -> None:
    """Nothing that triage limits may pass unread."""
    told = {
        phrase.replace(HERE, place.replace("_", " "))
        for rule, found in firing
        for phrase in rule.constraints
        for place in (found.matches if HERE in phrase else ("",))
    }
    for status in triage.options.values():
        for constraint in status.constraints:
            if constraint.text not in told:
                raise InputError(
                    f"Triage limits the plan by '{constraint.text}' ({constraint.id}), which no "
                    "row of plan_rules.csv names; add a row that says what it does."
                )


def _shown(word: str) -> str:
    return word.replace("_", " ")


def _cautions(topic: Topic, target: Target) -> Iterator[Limit]:
    """What the target's own row warns of, and what was measured nearer than its ceiling."""
    words = topic.texts["plan_limits"]["limits"]
    row = _row(topic, target)
    if row is None:
        return
    id_ = f"{target.kind}:{target.ref}"
    if target.kind == POINT:
        texts = [row["cautions"]]
    elif target.kind == MUSCLE:
        near = row["structures_at_risk"]
        texts = [words["near"].format(structures=near) if near else "", row["forbidden_or_caution"]]
    else:
        texts = []
    for text in filter(None, texts):
        yield Limit(LIMIT, True, text, Because.of(row, text, id_))
    for text, measured in conflicts(topic, target.kind, target.ref):
        yield Limit(LIMIT, True, text, Because.of(measured, text, f"depth:{target.ref}"))


def _row(topic: Topic, target: Target) -> Row | None:
    table, column = TABLES[target.kind]
    row = topic[table].by(column).get(target.ref)
    if row is None:
        raise InputError(f"{target.ref} is not in {table}.csv; name a {target.kind} of the pack.")
    return row


def dangers(topic: Topic, kind: str, ref: str) -> frozenset[str]:
    """Which dangers of `plan_dangers.csv` a point or muscle has, by its row's own words."""
    memo = topic._memo.setdefault("plan_danger_of", {})
    if (kind, ref) not in memo:
        memo[kind, ref] = frozenset(_dangers(topic, kind, ref))
    found: frozenset[str] = memo[kind, ref]
    return found


def _dangers(topic: Topic, kind: str, ref: str) -> Iterator[str]:
    row = _row(topic, Target(kind, ref))
    if row is None or kind == ADJUNCT:
        return
    told = row["cautions" if kind == POINT else "structures_at_risk"].casefold()
    for danger in topic["plan_dangers"]:
        named = ref in listed(danger["refs"]) or any(w in told for w in listed(danger["words"]))
        if named and ref not in listed(danger["except"]):
            yield danger["danger"]
