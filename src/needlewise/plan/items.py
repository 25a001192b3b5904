"""What a plan is made of: items, what is blocked, ceilings, limits, and why."""

from __future__ import annotations

from dataclasses import dataclass

from needlewise.topic import Row

MUSCLE, POINT, ADJUNCT = "muscle", "point", "adjunct"
LEFT, RIGHT, MIDDLE, NO_SIDE = "left", "right", "middle", ""
MM, CUN = "mm", "cun"


@dataclass(frozen=True)
class Because:
    """One reason: what is said, the row or rule behind it, and an id for `needlewise explain`."""

    text: str
    source: str
    source_url: str = ""
    place: str = ""
    id: str = ""

    @classmethod
    def of(cls, row: Row, text: str, id: str = "") -> Because:
        """A reason that stands in a row of the pack."""
        return cls(text, row["source"], row.get("source_url", ""), row.place, id)


@dataclass(frozen=True)
class Ceiling:
    """How deep at most, for the printed direction only.

    `unit` is cun of this person's own body or mm; the two are never converted or compared.
    """

    value: float
    unit: str
    direction: str
    because: Because

    def __str__(self) -> str:
        return f"{self.value:g} {self.unit}"


@dataclass(frozen=True)
class Target:
    """What a constraint is held against: a muscle, a point or an adjunct, on one side.

    `regions` are ids of the body's regions it lies in; `electro` whether current runs through it.
    """

    kind: str
    ref: str
    side: str = NO_SIDE
    regions: frozenset[str] = frozenset()
    electro: bool = False

    @property
    def id(self) -> str:
        return ":".join(part for part in (self.kind, self.ref, self.side) if part)


@dataclass(frozen=True)
class Limit:
    """What a person's case does to a target: `effect` is block or limit.

    A block that is not `forcible` cannot be lifted by any reason typed.
    """

    effect: str
    forcible: bool
    text: str
    because: Because

    @property
    def blocks(self) -> bool:
        return self.effect == "block"


@dataclass(frozen=True)
class Item:
    """One line of the session card.

    Attributes:
        target: what is treated, on one side.
        name: as the pack names it.
        place: where, in the pack's words ("" where it has none).
        position: how the person lies ("" where the pack does not say).
        ceiling: how deep at most, or the reason why the pack holds no safe depth (needles only).
        direction, needle, technique, retention: as the pack prints them or as the practitioner
            changed them; "" where it does not say.
        depth: a depth the practitioner typed, checked against the ceiling.
        expect: what is felt, or what shows that the spot was met.
        why: what proposed it; cautions: what to heed there.
        replaces_trials: chosen by the practitioner, not because trials used it.
        confirmed: whether the practitioner has confirmed it.
        forced: the reason typed to keep an item that the case blocks ("" where it is not blocked).
    """

    target: Target
    name: str
    place: str = ""
    position: str = ""
    ceiling: Ceiling | Because | None = None
    direction: str = ""
    needle: str = ""
    depth: str = ""
    technique: str = ""
    retention: str = ""
    expect: Because | None = None
    why: tuple[Because, ...] = ()
    cautions: tuple[Because, ...] = ()
    replaces_trials: bool = False
    at_home: bool = False
    confirmed: bool = False
    forced: str = ""

    @property
    def id(self) -> str:
        return self.target.id

    @property
    def kind(self) -> str:
        return self.target.kind

    @property
    def needled(self) -> bool:
        return self.kind != ADJUNCT


@dataclass(frozen=True)
class Blocked:
    """What the case forbids, with every reason, and whether a typed reason may lift it."""

    target: Target
    name: str
    limits: tuple[Limit, ...]

    @property
    def id(self) -> str:
        return self.target.id

    @property
    def forcible(self) -> bool:
        return all(limit.forcible for limit in self.limits)
