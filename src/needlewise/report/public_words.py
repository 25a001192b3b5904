"""Wording of the public pages and pictures (`public.toml`), and names of what trials gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from needlewise.choice import Comparison
from needlewise.evidence import Network, audience_all
from needlewise.report.document import Document, Section, Source, Text, line, plain
from needlewise.report.numbers import tenth
from needlewise.report.words import Words
from needlewise.topic import Topic
from needlewise.topic.pack import listed

MINUS = "−"


class PackWords(Words):
    """The topic's wording without a comparison, for sections that speak of the pack alone."""

    def __init__(self, topic: Topic) -> None:
        super().__init__(cast(Comparison, None))
        object.__setattr__(self, "_topic", topic)

    @property
    def topic(self) -> Topic:
        return cast(Topic, object.__getattribute__(self, "_topic"))


def said(topic: Topic, path: str, *parts: object) -> str:
    """A sentence of public.toml by its path, its places filled."""
    node: Any = topic.texts["public"]
    for part in path.split("."):
        node = node[part]
    return plain(line(str(node), *map(str, parts)))


def sentences(topic: Topic, path: str) -> tuple[Text, ...]:
    """A list of sentences of public.toml."""
    group, _, name = path.partition(".")
    return tuple((str(s),) for s in topic.texts["public"][group][name])


def columns(topic: Topic, path: str) -> tuple[str, ...]:
    """The column headings of a table, from public.toml."""
    group, _, name = path.partition(".")
    return tuple(topic.texts["public"][group][name])


def component_name(topic: Topic, component: str) -> str:
    """A component of an arm in plain words; several of one group stand side by side."""
    names: Mapping[str, str] = topic.texts["public"]["components"]
    return " + ".join(names.get(c, c.replace("-", " ")) for c in listed(component, " + "))


def treatment_name(topic: Topic, components: tuple[str, ...]) -> str:
    """What an arm had in plain words; nothing added is the reference."""
    reference = str(topic.settings["network"]["reference"])
    return " + ".join(component_name(topic, c) for c in components or (reference,))


def whose(network: Network) -> str:
    """Whose trials a network holds, and how many."""
    count = len(network.studies)
    if network.audience == audience_all(network.topic):
        return said(network.topic, "figures.trials_all", count)
    return said(network.topic, "figures.trials", network.audience.name, count)


def display_unit(network: Network) -> float:
    """Points a reader sees to one unit of the network's scale."""
    settings = network.topic.settings
    outcome = settings["outcomes"][network.outcome]
    if outcome["scale"] != "standardised":
        return 1.0
    return float(settings["instrument_sd"][outcome["display_instrument"]]["value"])


def signed(x: float) -> str:
    """A figure to one decimal with a real minus sign; never minus zero."""
    value = tenth(x)
    return f"{MINUS if value < 0 else ''}{abs(value):.1f}"


def page(
    topic: Topic, title: str, sections: tuple[Section, ...], sources: tuple[Source, ...] = ()
) -> Document:
    """A public page: at its foot the content it was made from."""
    facts = (
        (said(topic, "pages.version"), topic.version),
        (said(topic, "pages.hash"), topic.hash),
    )
    return Document(title, (), sections, facts, sources=sources)
