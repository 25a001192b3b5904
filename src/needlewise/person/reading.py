"""A file of answers, TOML or JSON, read strictly into plain tables."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from needlewise.errors import InputError

LARGEST_FILE = 1_000_000  # bytes; the longest free text and every field fit many times
SUFFIXES = {".toml", ".json"}


def read_answers(path: str | Path) -> dict[str, Any]:
    """The answers of a file as given. Raises InputError in one sentence."""
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; give a file that ends in .toml or .json.")
        if path.suffix.casefold() not in SUFFIXES:
            raise InputError(f"{path} must be a file that ends in .toml or .json.")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise InputError(
            f"There is no file {path}; `needlewise ask -o {path.name}` makes one."
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{str(path)!r} cannot be read: {reason}.") from None
    return answers_in(content, path, f"`needlewise ask -o {path.name}` fills one")


def answers_in(content: bytes, path: Path, else_: str) -> dict[str, Any]:
    """The answers in a file's content; `path` names it, `else_` says what helps if it is empty.

    Raises InputError in one sentence.
    """
    if len(content) > LARGEST_FILE:
        raise InputError(f"{path} is larger than 1 MB, too large for one person's answers.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(f"{path}:{line} is not UTF-8 text; save the file as UTF-8.") from None
    if not text.strip():
        raise InputError(f"{path} is empty; {else_}.")
    try:
        if path.suffix.casefold() == ".toml":
            _shallow(text)
            return tomllib.loads(text)
        answers = json.loads(
            text, object_pairs_hook=_table, parse_constant=_no_number, parse_int=_whole
        )
    except RecursionError:
        raise InputError(f"{path} is nested too deeply; write plain fields.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML: {error}; mend it there.") from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path} is not valid JSON at line {error.lineno}, column {error.colno}; mend it "
            "there or make the file anew."
        ) from None
    except ValueError as error:
        raise InputError(f"{path} cannot be used: {error}.") from None
    if not isinstance(answers, dict):
        raise InputError(f"{path} must hold one table of answers in curly brackets.")
    return answers


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise ValueError(f"'{twice[:60]}' stands twice; give each field once")
    return table


# One part of a dotted name, plain or quoted; a word is looked at from its start alone.
_DEEP = re.compile(
    r"""(?<![\w-])(?:(?:[\w-]{1,99}|"[^"\n]{0,99}"|'[^'\n]{0,99}')[ \t]*\.[ \t]*){20}"""
)
MOST_TABLES = 1000


def _shallow(text: str) -> None:
    """Names of many parts and thousands of tables take the TOML reader minutes."""
    if _DEEP.search(text):
        raise ValueError("a name or a text has 20 words with dots between them; write plain fields")
    if text.count("\n[") > MOST_TABLES:
        raise ValueError(f"it has more than {MOST_TABLES} tables; write plain fields")


def _whole(digits: str) -> int:
    if len(digits) > 300:
        raise ValueError(f"a number has {len(digits):,} digits")
    return int(digits)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is not a number")
