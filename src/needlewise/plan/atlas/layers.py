"""What can be laid over the body: channels, and what lies under the skin and must not be met."""

from __future__ import annotations

from dataclasses import dataclass

from needlewise.plan.atlas.placing import Place, not_placed, places_of
from needlewise.topic import Topic


@dataclass(frozen=True)
class Danger:
    """A shape for orientation, on both sides of the back, with where it is told."""

    name: str
    label: str
    aspect: str
    shape: tuple[tuple[float, float], ...]
    source: str


def dangers(topic: Topic) -> tuple[Danger, ...]:
    """Lung, kidney, spinal canal and sciatic nerve, in the order of `atlas.toml`."""
    return tuple(
        Danger(
            row["name"], row["label"], row["aspect"],
            tuple((float(x), float(y)) for x, y in row["shape"]), row["source"],
        )
        for row in topic.texts["atlas"]["danger"]
    )  # fmt: skip


def meridians(topic: Topic) -> dict[str, tuple[tuple[Place, ...], ...]]:
    """Each channel's line through its placed points: one run a side, or one in the midline."""
    unplaced = not_placed(topic)
    found = {}
    for name, codes in topic.texts["atlas"]["meridians"].items():
        if name == "source":
            continue
        runs: dict[str, list[Place]] = {}
        for code in codes:
            for place in () if code in unplaced else places_of(topic, code):
                runs.setdefault(place.side, []).append(place)
        found[name] = tuple(tuple(run) for run in runs.values() if len(run) > 1)
    return found
