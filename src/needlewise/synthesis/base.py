"""The evidence base of a topic: each network fitted once, however often it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from needlewise.evidence import Audience, Network, audience_all, build_network
from needlewise.synthesis.effects import Effects
from needlewise.synthesis.synthesise import synthesise
from needlewise.topic import Topic

T = TypeVar("T")
MOST_RECENT = 512


@dataclass
class EvidenceBase:
    """Networks and effects of a topic by outcome and audience, kept in memory.

    `removed` names studies left out of every network, so that a page can show what they change.
    """

    topic: Topic
    removed: tuple[str, ...] = ()
    _networks: dict[tuple[str, Audience, bool], Network] = field(default_factory=dict)
    _memo: dict[Hashable, Any] = field(default_factory=dict)
    _effects: dict[tuple[str, Audience], Effects | None] = field(default_factory=dict)
    _recent: dict[str, dict[Hashable, Any]] = field(default_factory=dict)

    def network(self, outcome: str, audience: Audience, printed_only: bool = False) -> Network:
        key = outcome, audience, printed_only
        if key not in self._networks:
            network = build_network(self.topic, outcome, audience, printed_only=printed_only)
            kept = tuple(s for s in network.studies if s.id not in self.removed)
            self._networks[key] = network.keep(kept) if self.removed else network
        return self._networks[key]

    def effects(self, outcome: str, audience: Audience) -> Effects | None:
        """The posterior for an audience, None where no trial can be used."""
        key = outcome, audience
        if key not in self._effects:
            network = self.network(outcome, audience)
            self._effects[key] = synthesise(network) if network.studies else None
        return self._effects[key]

    def everyone(self, outcome: str) -> Effects | None:
        """The posterior of the network of all conditions, None where no trial can be used."""
        return self.effects(outcome, audience_all(self.topic))

    def stays_when_printed_only(
        self, outcome: str, audience: Audience, components: tuple[str, ...]
    ) -> bool:
        """Whether components remain when rows without a printed spread are left out."""
        network = self.network(outcome, audience, printed_only=True)
        return all(c in network.components for c in components)

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """What follows from the evidence alone is worked out once, for however many people."""
        if key not in self._memo:
            self._memo[key] = make()
        found: T = self._memo[key]
        return found

    def recall(self, kind: str, key: Hashable, make: Callable[[], T]) -> T:
        """What also hangs on a person's few numbers: the least recently asked for is forgotten."""
        recent = self._recent.setdefault(kind, {})
        found: T = recent.pop(key) if key in recent else make()
        recent[key] = found
        while len(recent) > MOST_RECENT:
            del recent[next(iter(recent))]
        return found

    def adopt(self, effects: Effects) -> None:
        """Use effects that were computed elsewhere instead of fitting them again."""
        key = effects.network.outcome, effects.network.audience
        if self._effects.get(key) is not effects:
            self._memo.clear()
            self._recent.clear()
        self._effects[effects.network.outcome, effects.network.audience] = effects

    def without(self, *studies: str) -> EvidenceBase:
        """A base in which these studies are left out everywhere."""
        return replace(
            self, removed=(*self.removed, *studies), _networks={}, _effects={}, _memo={}, _recent={}
        )


def evidence_base(topic: Topic) -> EvidenceBase:
    """The topic's one evidence base."""
    base = topic._memo.setdefault("evidence base", EvidenceBase(topic))
    assert isinstance(base, EvidenceBase)
    return base
