"""A made-up topic of many options with long names. Its figures are invented and mean nothing."""

from dataclasses import replace
from typing import Any

from needlewise.topic import Row, Table, Topic

LONG = "Needling of a very long name that nobody would say aloud, kind {}"


def topic_of(topic: Topic, count: int, name: str = LONG, label: str = "Trial {} by many") -> Topic:
    """The shipped topic with `count` options in place of its own, each with two trials of pain."""
    options = [f"needling-of-a-kind-that-takes-many-words-{k}" for k in range(count)]
    tables: dict[str, list[dict[str, str]]] = {
        "options": [], "studies": [], "arms": [], "arm_results": [], "contrast_results": [],
    }  # fmt: skip
    for k, option in enumerate(options):
        tables["options"].append(
            {"option": option, "label": name.format(k), "components": option, "parts": ""}
        )
        for n in range(2):
            study = f"study-{k}-{n}"
            beside = "usual-care" if n == 0 else options[(k + 1) % count]
            tables["studies"].append(
                {"study_id": study, "label": label.format(f"{k}.{n}"), "population": "chronic",
                 "condition": "nonspecific", "n_randomised": "60", "weeks_treatment": "4"}
            )  # fmt: skip
            for arm, components, mean in (("real", option, 30 + k), ("other", beside, 45)):
                tables["arms"].append(
                    {"study_id": study, "arm_id": arm, "components": components,
                     "n_randomised": "30"}
                )  # fmt: skip
                tables["arm_results"].append(
                    {"study_id": study, "arm_id": arm, "outcome": "pain", "instrument": "VAS100",
                     "scale_min": "0", "scale_max": "100", "higher_is": "worse", "week": "6",
                     "measure": "final", "n": "30", "mean": f"{mean}",
                     "sd": "200" if k == 3 else "20", "use": "yes"}
                )  # fmt: skip
    return replace(
        topic,
        settings=_settings(topic, options),
        tables={**topic.tables, **{n: _table(topic, n, rows) for n, rows in tables.items()}},
        _memo={},
    )


def without_trials(topic: Topic) -> Topic:
    """The shipped topic with no trial at all."""
    names = ("studies", "arms", "arm_results", "contrast_results", "event_results")
    tables = {**topic.tables, **{n: _table(topic, n, []) for n in names}}
    return replace(topic, tables=tables, _memo={})


def with_label(topic: Topic, study: str, label: str) -> Topic:
    """The shipped topic with another label for one trial."""
    rows = [{**r, "label": label} if r["study_id"] == study else dict(r) for r in topic["studies"]]
    tables = {**topic.tables, "studies": _table(topic, "studies", rows)}
    return replace(topic, tables=tables, _memo={})


def _settings(topic: Topic, options: list[str]) -> dict[str, Any]:
    groups = [
        {**g, "components": [*g["components"], *options]} if g["name"] == "needling" else g
        for g in topic.settings["component_groups"]
    ]
    return {**topic.settings, "component_groups": groups}


def _table(topic: Topic, name: str, rows: list[dict[str, str]]) -> Table:
    columns = topic[name].columns
    filled = (
        Row({c: row.get(c, "") for c in columns}, f"{name}.csv", k)
        for k, row in enumerate(rows, start=2)
    )
    return Table(name, columns, tuple(filled))
