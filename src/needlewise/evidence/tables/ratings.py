"""How well trials were done and whom they were about, as somebody rated them."""

from __future__ import annotations

from typing import Any

from needlewise.errors import InputError
from needlewise.evidence.tables.columns import meanings, plain, read_table

BIAS = frozenset({"bias", "rob", "risk_of_bias", "within_study_bias"})
PEOPLE = frozenset({"indirectness", "indirect", "directness"})
WORDS = {
    "low": "low", "l": "low", "1": "low",
    "some": "some", "some concerns": "some", "unclear": "some", "moderate": "some", "m": "some",
    "u": "some", "2": "some",
    "high": "high", "h": "high", "3": "high",
    "": "", "na": "",
}  # fmt: skip


def read_ratings(source: Any) -> dict[str, tuple[str, str]]:
    """Trial to (bias, indirectness), each low, some, high or "" where nobody rated it.

    From a table with a column for the trial, one for its risk of bias (bias, rob, risk_of_bias) and
    one for its indirectness, where there is one; words, letters or 1 to 3 as CINeMA has them.
    Raises InputError naming the cell.
    """
    table = read_table(source)
    study = meanings(table).get("study")
    bias = next((c for c in table.columns if plain(c) in BIAS), None)
    people = next((c for c in table.columns if plain(c) in PEOPLE), None)
    if study is None or (bias is None and people is None):
        raise InputError(
            f"{table.where} needs a column for the trial and one for its bias or indirectness; it "
            f"has {', '.join(list(table.columns)[:12])}."
        )
    found: dict[str, tuple[str, str]] = {}
    for row in range(table.rows):
        told = []
        for column in (bias, people):
            word = table.text(row, column).casefold() if column is not None else ""
            if word not in WORDS:
                assert column is not None
                raise table.fail(row, column, "is no rating; write low, some or high, or nothing.")
            told.append(WORDS[word])
        name, rating = table.text(row, study), (told[0], told[1])
        if found.setdefault(name, rating) != rating:
            raise InputError(f"{table.where}, row {row + 1}: trial {name} is rated in two ways.")
    return found
