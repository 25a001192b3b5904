"""Reading a folder for checking: a file that cannot be read is a finding, not the end."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from needlewise.errors import InputError
from needlewise.topic.checks.finding import Finding, file_error
from needlewise.topic.checks.schema import Schema, load_schema
from needlewise.topic.pack import (
    LARGEST_FILE,
    SETTINGS,
    Row,
    Table,
    decode,
    read_table,
    read_toml,
)

PLACE = re.compile(r"^(?P<file>[^:\s]+?\.\w+)(:(?P<line>\d+))?\s+(?P<wrong>.*)$", re.S)


@dataclass
class Draft:
    """A topic folder as far as it could be read, with what went wrong on the way.

    `tables` holds the readable tables, `whole` the names of those that have all their columns
    (only they are asked about their content); `settings` is empty where topic.toml is unreadable.
    """

    folder: Path
    schema: Schema
    tables: dict[str, Table] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    settings: Mapping[str, Any] = field(default_factory=dict)
    settings_text: str = ""
    findings: list[Finding] = field(default_factory=list)

    def rows(self, table: str) -> tuple[Row, ...]:
        """The rows of a table that has all its columns, else none."""
        return self.tables[table].rows if table in self.whole else ()

    def part(self, *path: str) -> Any:
        """A setting by its path, None where there is none."""
        here: Any = self.settings
        for key in path:
            here = here.get(key) if isinstance(here, Mapping) else None
        return here

    def entries(self, *path: str) -> list[Mapping[str, Any]]:
        """A list of settings tables, or the tables under a name; [] where it is missing."""
        here = self.part(*path)
        values = list(here.values()) if isinstance(here, Mapping) else here
        return [v for v in values if isinstance(v, Mapping)] if isinstance(values, list) else []

    def vocabulary(self, name: str) -> set[str] | None:
        """The words a `topic:...` reference stands for; None where they cannot be known."""
        if not self.settings:
            return None
        words = set(texts(self.part("techniques")))
        match name:
            case "techniques":
                return words
            case "option-cell":
                return words | {"both"}
            case "rule-options":
                return words | {"needles"}
            case "pack-rows":  # what a rule can rest on: a red flag, or `condition|option`
                if not {"red_flags", "precautions"} <= self.whole:
                    return None
                flags = {row["finding"] for row in self.tables["red_flags"]}
                rows = self.tables["precautions"]
                return flags | {f"{row['condition']}|{row['option']}" for row in rows}
            case "components":
                groups = self.entries("component_groups")
                grouped = {c for g in groups for c in texts(g.get("components"))}
                return grouped | set(texts([self.part("network", "reference")]))
            case "conditions":
                return {str(c.get("name")) for c in self.entries("network", "conditions")}
            case "populations":
                populations = self.entries("network", "populations")
                return {a for p in populations for a in texts(p.get("admits"))}
            case "outcomes":
                outcomes = self.part("outcomes")
                return set(outcomes) if isinstance(outcomes, Mapping) else set()
            case "contrast-outcomes":
                return (self.vocabulary("outcomes") or set()) | {"responder", "side-effects"}
            case _:
                raise LookupError(f"schema.toml names an unknown vocabulary topic:{name}")

    def known(self, among: str) -> set[str] | None:
        """What a reference may point at; None where its table is not there to be asked."""
        if among.startswith("topic:"):
            return self.vocabulary(among.removeprefix("topic:"))
        table, _, column = among.partition(".")
        if table not in self.whole:
            return None
        return {row[column] for row in self.tables[table]}


def texts(value: Any) -> list[str]:
    """The strings of a list that may be anything."""
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def read_draft(folder: Path) -> Draft:
    """Read every file of the folder; raises InputError where it is no topic folder at all."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; give the folder of a topic.")
    if not (folder / SETTINGS).is_file():
        raise InputError(f"{folder} is not a topic folder: it has no {SETTINGS}.")
    draft = Draft(folder, load_schema())
    for path in sorted(folder.iterdir()):
        if path.suffix in {".csv", ".toml", ".json", ".md"} and path.is_file():
            try:
                read_file(draft, path)
            except InputError as problem:
                draft.findings.append(unreadable(path, str(problem)))
            except (ValueError, RecursionError):  # a number of 5,000 digits, brackets without end
                draft.findings.append(unreadable(path, f"{path.name} holds what no reader takes"))
    return draft


def read_file(draft: Draft, path: Path) -> None:
    if path.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path.name} is larger than 50 MB; a table that large is a wrong file.")
    content = path.read_bytes()
    if path.suffix == ".csv":
        draft.tables[path.stem] = read_table(path, content)
        if not content.endswith(b"\n"):
            raise InputError(
                f"{path.name}:{content.count(10) + 1} ends in the middle of a line, so it may be "
                "cut off; compare it with its source and end it with a new line."
            )
    elif path.suffix == ".toml":
        settings = read_toml(path, content)
        if path.name == SETTINGS:
            draft.settings, draft.settings_text = settings, decode(path, content)
    elif path.suffix == ".json":
        read_json(path, decode(path, content))
    else:
        decode(path, content)


def read_json(path: Path, text: str) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError as problem:
        raise InputError(
            f"{path.name}:{problem.lineno} is not valid JSON ({problem.msg}); "
            "correct it at that line."
        ) from None


def unreadable(path: Path, message: str) -> Finding:
    """The reader's own sentence as a finding, its place taken out of the sentence."""
    match = PLACE.match(message)
    line = re.search(r"\(at line (\d+)", message) if path.suffix == ".toml" else None
    wrong, _, do = (match["wrong"] if match else message).rstrip(".").partition("; ")
    at = int(line[1]) if line else int(match["line"] or 0) if match else 0
    do = f"{do[:1].upper()}{do[1:]}." if do else "Correct the file and check again."
    return file_error(path.name, "unreadable", wrong, do, line=at)
