"""A table as it lies about to columns with known meanings."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from needlewise.errors import InputError

LARGEST = 200_000_000  # bytes
MOST_ROWS = 2_000_000
MOST_SHOWN = 80  # characters of a cell in a message
MISSING = frozenset({"", "na", "nan", "null", "none", "<na>", "nat", ".", "-"})

# Names that users of netmeta, gemtc, multinma, metafor and MetaInsight have in their tables.
NAMES = {
    "study": "study studlab studyid id trial s study_id studyname study_name author studies",
    "treatment": "treatment treat trt t arm option intervention tx",
    "base": "treat2 treatment2 t2 trt2 comparator control_treatment",
    "other": "treat1 treatment1 t1 trt1",
    "te": "te effect yi diff estimate md smd lor logor lnor lnrr logrr lnhr loghr y_diff",
    "se": "sete se_te se sei stderr std_err std_error se_diff selntxx sediff",
    "var": "v vi var variance",
    "mean": "mean y m ybar",
    "sd": "sd std_dev stddev s_d",
    "n": "n samplesize sample_size total size ntotal n_total",
    "events": "events event responders r deaths cases",
    "exposure": "exposure e person_time persontime pyears person_years personyears pt",
    "followup": "followup follow_up followup_years followup_time duration_years",
}
MEANINGS = {name: meaning for meaning, names in NAMES.items() for name in names.split()}
SUFFIX = re.compile(r"^(.*?[a-z])[\[\.,_ ]*(\d{1,2})\]?$")


@dataclass(frozen=True)
class Table:
    """Columns by their own names, cells as found; `where` names the file in messages."""

    columns: Mapping[str, Sequence[Any]]
    where: str

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def fail(self, row: int, column: str, told: str) -> InputError:
        """What is wrong with a cell; rows count from 1 after the heading."""
        value = str(self.columns[column][row])
        value = value if len(value) <= MOST_SHOWN else f"{value[:MOST_SHOWN]}..."
        return InputError(f"{self.where}, row {row + 1}, column {column}: '{value}' {told}")

    def number(self, row: int, column: str | None) -> float | None:
        """A cell as a number; None where it is missing or there is no such column."""
        if column is None:
            return None
        cell = self.columns[column][row]
        if cell is None:
            return None
        if not isinstance(cell, float) and str(cell).strip().casefold() in MISSING:
            return None
        try:
            value = float(cell)
        except (TypeError, ValueError):
            raise self.fail(row, column, "is no number; write one, or leave it empty.") from None
        if math.isnan(value):
            return None
        if not math.isfinite(value) or abs(value) > 1e12:
            raise self.fail(row, column, "is too large to be used.")
        return value

    def text(self, row: int, column: str) -> str:
        cell = self.columns[column][row]
        if cell is None or (not isinstance(cell, str) and str(cell) in {"nan", "<NA>", "NaT"}):
            return ""
        if isinstance(cell, bytes):
            cell = cell.decode("utf-8", "replace")
        if isinstance(cell, Real) and not isinstance(cell, Integral) and float(cell).is_integer():
            cell = int(float(cell))
        return " ".join(str(cell).split())


def read_table(source: Any) -> Table:
    """A CSV or Parquet file, or anything with columns, as a `Table`. Raises InputError."""
    if isinstance(source, (str, Path)):
        return _file(Path(source))
    if isinstance(source, Mapping):
        return _checked({str(k): _cells(k, v) for k, v in source.items()}, "the table")
    if hasattr(source, "columns") and hasattr(source, "__getitem__"):
        return _checked({str(c): list(source[c]) for c in source.columns}, "the DataFrame")
    raise InputError("Trials come as a CSV or Parquet file, a DataFrame, or columns in a dict.")


def _cells(name: object, column: Any) -> list[Any]:
    if isinstance(column, (str, bytes)) or not hasattr(column, "__iter__"):
        raise InputError(f"the table: column {name} must be a list of cells, not '{column}'.")
    return list(column)


def _file(path: Path) -> Table:
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path} is larger than {LARGEST // 1_000_000} MB.")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    if content[:4] == b"PAR1":
        return _checked(_parquet(path), str(path))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is neither UTF-8 text nor Parquet; save it as UTF-8.") from None
    if "\0" in text:
        raise InputError(f"{path} is no table of text; give a CSV or Parquet file.")
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]
    except csv.Error as error:
        raise InputError(f"{path} is no CSV that can be read: {error}.") from None
    if len(rows) < 2:
        raise InputError(f"{path} holds no rows under a heading.")
    heading = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(heading):
            raise InputError(
                f"{path}, row {number}: {len(row)} cells under {len(heading)} headings; "
                "put quotes round a cell that holds the separator."
            )
    columns = {name: [row[k] for row in rows[1:]] for k, name in enumerate(heading)}
    if len(columns) < len(heading):
        twice = next(name for name in heading if heading.count(name) > 1)
        raise InputError(f"{path} has the column '{twice}' twice; rename one.")
    return _checked(columns, str(path))


def _parquet(path: Path) -> dict[str, list[Any]]:
    import pyarrow.parquet as parquet

    try:
        found = parquet.read_table(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no Parquet file that can be read: {error}.") from None
    return {str(name): found.column(name).to_pylist() for name in found.column_names}


def _checked(columns: dict[str, list[Any]], where: str) -> Table:
    table = Table(columns, where)
    if not columns or not table.rows:
        raise InputError(f"{where} holds no rows.")
    uneven = next((name for name, own in columns.items() if len(own) != table.rows), None)
    if uneven is not None:
        raise InputError(
            f"{where}: column {uneven} has {len(columns[uneven])} cells and the first column "
            f"{table.rows}; each needs one for every row."
        )
    if table.rows > MOST_ROWS:
        raise InputError(f"{where} holds {table.rows:,} rows; at most {MOST_ROWS:,} are read.")
    return table


def plain(name: str) -> str:
    """A column's name without case, dots and brackets."""
    return re.sub(r"[^a-z0-9]+", "_", name.strip().casefold()).strip("_")


def meanings(table: Table) -> dict[str, str]:
    """Meaning to the table's own column name; the first column of a meaning counts."""
    found: dict[str, str] = {}
    for column in table.columns:
        meaning = MEANINGS.get(plain(column))
        if meaning is not None:
            found.setdefault(meaning, column)
    return found


def numbered(table: Table) -> dict[str, dict[int, str]]:
    """Meaning to arm number to column, for tables with one row a trial: treat1, n1, treat2, n2."""
    found: dict[str, dict[int, str]] = {}
    for column in table.columns:
        match = SUFFIX.match(column.strip().casefold())
        meaning = MEANINGS.get(plain(match[1])) if match else None
        if match and meaning is not None:
            found.setdefault(meaning, {})[int(match[2])] = column
    return {m: by for m, by in found.items() if len(by) >= 2}
