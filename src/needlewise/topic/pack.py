"""Reading a topic folder: CSV tables, TOML settings, one hash over everything."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from needlewise.errors import InputError

TOPICS = Path(__file__).resolve().parent.parent / "topics"
SETTINGS = "topic.toml"
LARGEST_FILE = 50_000_000  # bytes; a table beyond this is a wrong file, not evidence


class Row(dict[str, str]):
    """One row of a table: its cells by column, and where it stands."""

    __slots__ = ("file", "line")

    def __init__(self, cells: Mapping[str, str], file: str, line: int) -> None:
        super().__init__(cells)
        self.file = file
        self.line = line

    @property
    def place(self) -> str:
        """File and line, as printed beside a number: `arm_results.csv:12`."""
        return f"{self.file}:{self.line}"

    def __missing__(self, column: str) -> str:
        raise InputError(
            f"{self.file} has no column {column}; add it, with empty cells if unknown."
        )

    def number(self, column: str) -> float | None:
        """The cell as a finite number, None where it is empty."""
        cell = self[column].strip()
        if not cell:
            return None
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in cell:  # float also takes "nan", "inf" and "1_000"
            raise InputError(
                f"{self.place}, column {column}: '{cell}' is not a number; "
                "write a plain number or leave the cell empty."
            )
        return value


@dataclass(frozen=True)
class Table:
    """One CSV file of the pack, rows in file order."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def by(self, column: str) -> dict[str, Row]:
        """Rows keyed by a column that names each row once."""
        return {row[column]: row for row in self.rows}


@dataclass(frozen=True)
class Option:
    """What can be chosen: a row of `options.csv`.

    `components` is what a trial arm must hold to inform it (empty for the reference);
    `parts` are the options it is made of, where it is a combination.
    """

    id: str
    label: str
    components: tuple[str, ...]
    parts: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class Topic:
    """A condition's whole content.

    `settings` is `topic.toml`, `tables` the CSV files by name without suffix, `texts` the other
    TOML files by name; `hash` is SHA-256 over every file's name and bytes.
    """

    folder: Path
    settings: Mapping[str, Any]
    tables: Mapping[str, Table]
    texts: Mapping[str, Mapping[str, Any]]
    hash: str
    _memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def id(self) -> str:
        return str(self.settings["id"])

    @property
    def version(self) -> str:
        return str(self.settings["version"])

    @property
    def content(self) -> dict[str, str]:
        """What every output carries of the pack it was made from."""
        return {"version": self.version, "hash": self.hash}

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """All options in the one order used everywhere."""
        return tuple(
            Option(
                row["option"],
                row["label"],
                listed(row["components"]),
                listed(row["parts"]),
                row["description"],
            )
            for row in self["options"]
        )

    def option(self, option: str) -> Option:
        return next(o for o in self.options if o.id == option)

    def __getitem__(self, table: str) -> Table:
        if table not in self.tables:
            raise InputError(f"The topic folder {self.folder} has no table {table}.csv; add it.")
        return self.tables[table]

    def assumption(self, name: str) -> float:
        """A number nobody measured, declared with its reason in `topic.toml`."""
        return float(self.settings["assumptions"][name]["value"])

    def techniques(self, cell: str) -> tuple[str, ...]:
        """Options a cell `option` of the pack's tables speaks of.

        `both` there means "either technique", never the combined option.
        """
        if cell == "both":
            return tuple(self.settings["techniques"])
        return (cell,) if cell else ()


def listed(cell: str, separator: str = ";") -> tuple[str, ...]:
    """The parts of a cell that holds a list."""
    return tuple(part.strip() for part in cell.split(separator) if part.strip())


def load_topic(name: str | Path = "low-back-pain") -> Topic:
    """Read a topic by name (shipped with needlewise) or from a folder.

    Raises InputError naming the file and line where something cannot be read.
    """
    folder = _folder(name)
    if not (folder / SETTINGS).is_file():
        raise InputError(f"{folder} is not a topic folder: it has no {SETTINGS}.")
    digest = hashlib.sha256()
    tables: dict[str, Table] = {}
    texts: dict[str, Mapping[str, Any]] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in {".csv", ".toml", ".json", ".md"} or not path.is_file():
            continue
        content = _bytes(path)
        digest.update(path.name.encode() + b"\0" + len(content).to_bytes(8) + content)
        if path.suffix == ".csv":
            tables[path.stem] = read_table(path, content)
        elif path.suffix == ".toml":
            texts[path.stem] = read_toml(path, content)
    settings = texts.pop("topic")
    for key in ("id", "version"):
        if not isinstance(settings.get(key), str):
            raise InputError(f'{SETTINGS} does not say the topic\'s {key}; add {key} = "...".')
    return Topic(folder, settings, tables, texts, digest.hexdigest())


def _folder(name: str | Path) -> Path:
    """The folder of a shipped topic, or the folder named."""
    folder = Path(name)
    try:
        if not folder.is_dir() and isinstance(name, str) and "/" not in name:
            folder = TOPICS / name.replace("-", "_")
        found = folder.is_dir()
    except OSError:  # a name no file system takes
        found = False
    if not found:
        raise InputError(
            f"There is no topic '{str(name)[:80]}'; give the name of a shipped topic or a folder."
        )
    return folder


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(
                f"{path.name} is larger than {LARGEST_FILE // 10**6} MB, too large for a topic; "
                "give a smaller file."
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read ({error.strerror}); check its permissions."
        ) from None


def decode(path: Path, content: bytes) -> str:
    """The file's text; UTF-8 is the only encoding taken."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{path.name}:{line} is not UTF-8 text; save the file as UTF-8.") from None


def read_toml(path: Path, content: bytes) -> Mapping[str, Any]:
    try:
        return tomllib.loads(decode(path, content))
    except (ValueError, RecursionError) as error:  # also a number or a nesting without end
        raise InputError(f"{path.name} is not valid TOML: {error}; correct it.") from None


def read_table(path: Path, content: bytes) -> Table:
    """Read one CSV file strictly: every row as wide as the header, no repeated column."""
    text = decode(path, content)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = tuple(next(reader, ()))
        if len(header) < 2 or len(set(header)) != len(header) or not all(header):
            raise InputError(
                f"{path.name}:1 must be a header of distinct column names separated by commas; "
                "check the delimiter and that the file is not empty."
            )
        start = reader.line_num + 1
        for cells in reader:
            if cells and len(cells) != len(header):
                raise InputError(
                    f"{path.name}:{start} has {len(cells)} cells where the header has "
                    f"{len(header)}; quote cells that hold a comma."
                )
            if cells:
                rows.append(Row(dict(zip(header, cells, strict=True)), path.name, start))
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path.name}:{reader.line_num} cannot be read: {error}; check its quotes."
        ) from None
    return Table(path.stem, header, tuple(rows))
