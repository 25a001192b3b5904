"""The network: who was compared with whom, in how many trials, and how many people had what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from needlewise.evidence import ArmSeries, Network, Study
from needlewise.report.document import Table
from needlewise.report.figures.drawing import Cell, Figure
from needlewise.report.figures.forest import horizon_at
from needlewise.report.public_words import columns, said, treatment_name, whose
from needlewise.topic.pack import listed

SHAM = "sham-"
Treatment = tuple[str, ...]  # components of an arm; () is the reference


@dataclass(frozen=True)
class Node:
    """A treatment: `people` known to have had it, `unknown` arms whose size nobody states.

    `kind` is needling, pretend, reference or other.
    """

    treatment: Treatment
    name: str
    kind: str
    people: float
    unknown: int


@dataclass(frozen=True)
class Link:
    """Two treatments that trials compared, by their places among the nodes; trials as labels."""

    one: int
    other: int
    trials: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """A network as nodes and links, nodes in alphabetical order after the reference."""

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    trials: int

    def apart(self) -> tuple[int, ...]:
        """Nodes no chain of trials links with the reference; all where it is not there."""
        reached = {k for k, node in enumerate(self.nodes) if node.kind == "reference"}
        while True:
            more = {
                b for link in self.links
                for a, b in ((link.one, link.other), (link.other, link.one)) if a in reached
            }  # fmt: skip
            if more <= reached:
                return tuple(k for k in range(len(self.nodes)) if k not in reached)
            reached |= more


def graph_of(network: Network, week: float | None = None) -> Graph:
    """The network at a horizon's week, or at any time; an arm counts where it shares a week."""
    window = (0.0, float("inf")) if week is None else tuple(horizon_at(network, week)["window"])
    sizes: dict[Treatment, list[float | None]] = defaultdict(list)
    links: dict[tuple[Treatment, Treatment], list[str]] = defaultdict(list)
    trials = 0
    for study in network.studies:
        pairs = _pairs(study, window)
        trials += bool(pairs)
        for arm in dict.fromkeys(arm.id for pair in pairs for arm in pair):
            series = next(a for a in study.arms if a.id == arm)
            sizes[series.components].append(_randomised(network, study, series))
        for one, other in pairs:
            first, second = sorted((one.components, other.components))
            links[first, second].append(study.label)
    order = sorted(sizes)
    nodes = tuple(_node(network, treatment, sizes[treatment]) for treatment in order)
    found = [
        Link(order.index(a), order.index(b), tuple(trials_of))
        for (a, b), trials_of in sorted(links.items())
    ]
    return Graph(nodes, tuple(found), trials)


def _pairs(study: Study, window: Sequence[float]) -> list[tuple[ArmSeries, ArmSeries]]:
    """Arms that share a week in the window and differ in what they had."""
    low, high = window
    return [
        (one, other)
        for k, one in enumerate(study.arms)
        for other in study.arms[k + 1 :]
        if one.components != other.components
        and any(low <= week < high for week in set(one.weeks) & set(other.weeks))
    ]


def _randomised(network: Network, study: Study, arm: ArmSeries) -> float | None:
    """People randomised to an arm (to all arms it joins), else the most with a result."""
    rows = {(r["study_id"], r["arm_id"]): r for r in network.topic["arms"]}
    sizes = [
        rows[study.id, part].number("n_randomised") if (study.id, part) in rows else None
        for part in listed(arm.id, " + ")
    ]
    known = [size for size in sizes if size is not None]
    if known and len(known) == len(sizes):
        return sum(known)
    return max((size for size in arm.sizes if size is not None), default=None)


def _node(network: Network, treatment: Treatment, sizes: list[float | None]) -> Node:
    topic = network.topic
    needling = {c for option in topic.options for c in option.components}
    kind = (
        "reference" if not treatment
        else "needling" if needling & set(treatment)
        else "pretend" if any(c.startswith(SHAM) for c in treatment)
        else "other"
    )  # fmt: skip
    return Node(
        treatment,
        treatment_name(topic, treatment),
        kind,
        sum(size for size in sizes if size is not None),
        sum(size is None for size in sizes),
    )


def people_text(network: Network, node: Node) -> str:
    """How many people had a treatment, as printed."""
    topic = network.topic
    if not node.people:
        return said(topic, "figures.size_unknown")
    path = "figures.size_partly" if node.unknown else "figures.alt_people"
    return said(topic, path, f"{node.people:,.0f}")


def network_graph(network: Network, week: float | None = None) -> Figure:
    """The picture of a network at a horizon's week, or at any time.

    Raises InputError where the topic has no such horizon.
    """
    from needlewise.report.figures.network_plot import plot

    topic = network.topic
    when = said(topic, "figures.any_time")
    if week is not None:
        when = str(horizon_at(network, week)["label"])
    outcome = topic.settings["outcomes"][network.outcome]["label"]
    title = said(topic, "figures.network", outcome, when)
    graph = graph_of(network, week)
    alternative = _in_words(network, title, graph)
    links = tuple(
        ((_compared(network, graph, link),), (str(len(link.trials)),), (", ".join(link.trials),))
        for link in graph.links
    )
    nodes = tuple(((node.name,), (people_text(network, node),)) for node in graph.nodes)
    tables = (
        Table(said(topic, "figures.links"), columns(topic, "figures.columns_links"), links),
        Table(said(topic, "figures.nodes"), columns(topic, "figures.columns_nodes"), nodes),
    )
    name = f"network-{network.outcome}-{'all' if week is None else f'{week:g}'}"
    svg = plot(network, title, alternative, graph)
    return Figure(name, title, alternative, svg, tuple(_rows(graph)), tables if links else ())


def network_svg(network: Network, week: float | None = None) -> str:
    """The picture of a network as SVG text."""
    return network_graph(network, week).svg


def _compared(network: Network, graph: Graph, link: Link) -> str:
    one, other = graph.nodes[link.one], graph.nodes[link.other]
    return said(network.topic, "figures.compared", one.name, other.name)


def _rows(graph: Graph) -> Iterable[Mapping[str, Cell]]:
    for node in graph.nodes:
        yield {
            "line": "treatment", "label": node.name, "kind": node.kind, "people": node.people,
            "unknown": node.unknown,
        }  # fmt: skip
    for link in graph.links:
        yield {
            "line": "link", "label": graph.nodes[link.one].name,
            "against": graph.nodes[link.other].name, "trials": len(link.trials),
            "which": "; ".join(link.trials),
        }  # fmt: skip


def _in_words(network: Network, title: str, graph: Graph) -> str:
    """The network in words: treatments and their people, links and their trials, what is apart."""
    topic = network.topic
    if not graph.links:
        return f"{title}. {said(topic, 'figures.empty')}"
    nodes = (said(topic, "figures.alt_node", n.name, people_text(network, n)) for n in graph.nodes)
    links = (
        said(
            topic, "figures.alt_link", _compared(network, graph, link), len(link.trials),
            ", ".join(link.trials),
        )
        for link in graph.links
    )  # fmt: skip
    parts = [
        title,
        here(network, graph).rstrip("."),
        said(topic, "figures.alt_nodes", len(graph.nodes), "; ".join(nodes)),
        said(topic, "figures.alt_links", "; ".join(links)),
    ]
    apart = graph.apart()
    if apart:
        names = ", ".join(graph.nodes[k].name for k in apart)
        told = said(topic, "figures.alt_apart", treatment_name(topic, ()), names)
        parts.append(told.rstrip("."))
    return f"{'. '.join(parts)}."


def here(network: Network, graph: Graph) -> str:
    """Whose trials these are, and how many of them the picture shows."""
    return f"{whose(network)} {said(network.topic, 'figures.here', graph.trials)}"
