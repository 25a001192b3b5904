"""A file of cases, read strictly: invented people with what must hold for each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from needlewise.errors import InputError

LARGEST_FILE = 10_000_000  # bytes; a thousand cases of the usual length fit
TOP = {"schema_version", "prepared", "status", "how_to_use", "vocabulary",
       "properties_for_every_case", "cases", "fields"}  # fmt: skip
CASE = {"id", "title", "tags", "narrative", "intake", "expect", "variants", "why", "basis"}
VARIANT = {"id", "change", "then", "note"}

Table = Mapping[str, Any]


@dataclass(frozen=True)
class Variant:
    """One change of a case's answers, and what must then hold."""

    id: str
    change: Table
    then: Table
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """An invented person. `unknown` names keys that the format does not have."""

    id: str
    title: str
    intake: Table
    expect: Table
    variants: tuple[Variant, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class CaseFile:
    """The cases of a file in its order, and its words by kind (`show`, `never_show`, ...)."""

    path: Path
    cases: tuple[Case, ...]
    words: Mapping[str, tuple[str, ...]]
    unknown: tuple[str, ...]


def read_cases(path: str | Path) -> CaseFile:
    """Read a file of cases. Raises InputError where it is no such file, in one sentence."""
    path = Path(path)
    data = _parsed(path)
    if not isinstance(data, dict) or not isinstance(data.get("cases"), list) or not data["cases"]:
        raise InputError(f'{path} must hold a table with a list "cases" of at least one case.')
    cases = tuple(_case(path, entry, place) for place, entry in enumerate(data["cases"], 1))
    _once(path, "case", [case.id for case in cases])
    vocabulary = data.get("vocabulary", {})
    if not isinstance(vocabulary, dict):
        raise InputError(f'{path}: "vocabulary" must be a table of lists of words.')
    words = {str(kind): tuple(map(str, found)) for kind, found in vocabulary.items()}
    return CaseFile(path, cases, words, tuple(sorted(set(data) - TOP)))


def changed(answers: Table, change: Table, where: str) -> dict[str, Any]:
    """The answers with each dotted path replaced by its value; a table replaces a table whole."""
    result: dict[str, Any] = json.loads(json.dumps(answers))
    for path, value in change.items():
        *groups, name = path.split(".")
        table = result
        for group in groups:
            table = table.setdefault(group, {})
            if not isinstance(table, dict):
                raise InputError(f"{where}: {path} leads through {group}, which is not a table.")
        table[name] = json.loads(json.dumps(value))
    return result


def _parsed(path: Path) -> Any:
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; give a JSON file of cases.")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise InputError(f"There is no file {path}; give a JSON file of cases.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{str(path)!r} cannot be read: {reason}.") from None
    if len(content) > LARGEST_FILE:
        raise InputError(f"{path} is larger than 10 MB; split it into several files of cases.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; save the file as UTF-8.") from None
    if not text.strip():
        raise InputError(f"{path} is empty; it must hold cases as JSON.")
    try:
        return json.loads(text)
    except RecursionError:
        raise InputError(f"{path} is nested too deeply for a file of cases.") from None
    except ValueError as error:
        raise InputError(f"{path} is not valid JSON: {error}.") from None


def _case(path: Path, entry: Any, place: int) -> Case:
    where = f"{path}: case {place}"
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        raise InputError(f'{where} must be a table with an "id" in words.')
    where = f"{path}: case {entry['id']}"
    _tables(where, entry, ("intake", "expect"))
    listed = entry.get("variants", [])
    if not isinstance(listed, list):
        raise InputError(f'{where}: "variants" must be a list.')
    variants = tuple(_variant(where, one, k) for k, one in enumerate(listed, 1))
    _once(where, "variant", [variant.id for variant in variants])
    return Case(
        entry["id"], str(entry.get("title", "")), entry["intake"], entry["expect"], variants,
        tuple(sorted(set(entry) - CASE)),
    )  # fmt: skip


def _variant(where: str, entry: Any, place: int) -> Variant:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        raise InputError(f'{where}: variant {place} must be a table with an "id" in words.')
    _tables(f"{where}: variant {entry['id']}", entry, ("change", "then"))
    unknown = tuple(sorted(set(entry) - VARIANT))
    return Variant(entry["id"], entry["change"], entry["then"], unknown)


def _tables(where: str, entry: Table, names: tuple[str, ...]) -> None:
    for name in names:
        if not isinstance(entry.get(name), dict):
            raise InputError(f'{where}: "{name}" must be a table of names and values.')


def _once(where: object, what: str, ids: list[str]) -> None:
    for twice in _repeated(ids):
        raise InputError(f"{where}: {what} {twice} stands twice; give each its own id.")


def _repeated(ids: list[str]) -> Iterator[str]:
    return (id_ for k, id_ in enumerate(ids) if id_ in ids[:k])
