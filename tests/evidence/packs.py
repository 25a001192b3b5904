"""A topic with the shipped settings and a handful of rows written out in a test."""

from dataclasses import replace

from needlewise.evidence import Network, build_network
from needlewise.evidence.inclusion import audience_all
from needlewise.topic import Row, Table, Topic

DEFAULTS = {
    "studies": {"label": "Trial", "population": "chronic", "condition": "nonspecific"},
    "arms": {},
    "arm_results": {
        "outcome": "pain", "instrument": "VAS100", "scale_min": "0", "scale_max": "100",
        "higher_is": "worse", "week": "13", "measure": "final", "n": "100", "sd": "20",
        "use": "yes",
    },
    "contrast_results": {
        "outcome": "pain", "instrument": "VAS100", "scale_min": "0", "scale_max": "100",
        "week": "13", "measure": "mean-difference", "favours_a_sign": "negative", "se": "4",
        "p_relation": "=", "use": "yes",
    },
}  # fmt: skip


def row(topic: Topic, table: str, line: int = 2, **cells: object) -> Row:
    """A row with the table's real columns, sensible where the test says nothing."""
    filled = dict.fromkeys(topic[table].columns, "") | DEFAULTS[table]
    unknown = set(cells) - set(filled)
    assert not unknown, f"{table} has no {unknown}"
    return Row(filled | {key: str(cell) for key, cell in cells.items()}, f"{table}.csv", line)


def small(topic: Topic, **tables: list[dict[str, object]]) -> Topic:
    """The topic with only these rows in the four trial tables."""
    made = {
        name: Table(
            name,
            topic[name].columns,
            tuple(row(topic, name, k + 2, **cells) for k, cells in enumerate(tables.get(name, []))),
        )
        for name in DEFAULTS
    }
    return replace(topic, tables={**topic.tables, **made}, _memo={})


def trial(topic: Topic, arms: dict[str, str], *, sizes: dict[str, int] | None = None, **tables):
    """One trial `t` with these arms (id -> components), read into a network of all conditions."""
    course = tables.pop("weeks_treatment", "6")
    made = small(
        topic,
        studies=[{"study_id": "t", "weeks_treatment": course, "n_randomised": "200"}],
        arms=[
            {"study_id": "t", "arm_id": arm, "components": components,
             "n_randomised": (sizes or {}).get(arm, "")}
            for arm, components in arms.items()
        ],
        **{name: [{"study_id": "t", **cells} for cells in rows] for name, rows in tables.items()},
    )  # fmt: skip
    return made


def read(topic: Topic, outcome: str = "pain", **choices: object) -> Network:
    return build_network(topic, outcome, audience_all(topic), **choices)


def account(network: Network) -> tuple[list[str], list[str]]:
    """Places of the rows used (each once) and of the rows listed as unused (as often as listed)."""
    used = {p for s in network.studies for a in s.arms for places in a.places for p in places}
    return sorted(used), sorted(u.place for u in network.unused)
