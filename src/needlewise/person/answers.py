"""Each kind of answer held against its declared row: what is right comes back, else a Problem."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from needlewise.person.intake import NONE, Field, Intake, as_word, words

MOST_ENTRIES = 200
MOST_TOLD = 10  # sentences about one person's answers; more would help nobody
RANKING_ONLY = "ranking_only"


class Problem(ValueError):
    """One thing wrong with one answer: a sentence without its full stop."""


def number(field: Field, value: object, _: Intake) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Problem(f"{field.name} must be a number, not {shown(value)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise Problem(f"{field.name} must be a plain number, not {value}")
    if not field.low <= value <= field.high:
        raise Problem(
            f"{field.name} is {shown(value)} but must be from {field.low:g} to {field.high:,.10g}"
        )
    return float(value)


def text(field: Field, value: object, _: Intake) -> str:
    if not isinstance(value, str):
        raise Problem(f"{field.name} must be text in quotes, not {shown(value)}")
    if len(value) > field.high:
        raise Problem(
            f"{field.name} has {len(value):,} characters; shorten it to {field.high:,.0f}"
        )
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Problem(f"{field.name} holds a broken character; type it again")
    return value


def word(field: Field, value: object, intake: Intake) -> str:
    """A name in the spelling of the tables, whether or not they know it."""
    found = as_word(text(field, value, intake))
    if not found:
        raise Problem(f"{field.name} holds an empty entry; name it or leave it out")
    return found


def choice(field: Field, value: object, intake: Intake) -> str:
    return _one_of(field, value, words(intake, field))


def _one_of(field: Field, value: object, known: Iterable[str]) -> str:
    spelling = {as_word(one): one for one in known}
    if not isinstance(value, str):
        raise Problem(
            f"{field.name} must be one of {', '.join(spelling.values())}, not {shown(value)}"
        )
    found = spelling.get(as_word(value))
    if found is None:
        close = difflib.get_close_matches(as_word(value), spelling, 1, 0.6)
        hint = f"; did you mean '{spelling[close[0]]}'?" if close else ""
        raise Problem(
            f"{field.name} is {shown(value)} but must be one of "
            f"{', '.join(spelling.values())}{hint}"
        )
    return found


def texts(field: Field, value: object, intake: Intake) -> tuple[str, ...]:
    return tuple(text(field, item, intake) for item in _list(field, value))


def numbers(field: Field, value: object, intake: Intake) -> tuple[float | None, ...]:
    """A series of scores in order; null is a gap."""
    return tuple(
        None if item is None else number(field, item, intake) for item in _list(field, value)
    )


def terms(field: Field, value: object, intake: Intake) -> tuple[str, ...]:
    """A set of words, sorted. Lists backed by `terms.csv` keep words it does not know."""
    read = word if field.values == ("terms",) else choice
    found = [read(field, item, intake) for item in _list(field, value)]
    _named_once(field, found)
    if NONE in found and len(found) > 1:
        raise Problem(f"{field.name} says 'none' beside other entries; keep one or the other")
    return tuple(sorted(one for one in found if one != NONE))


def ranking(field: Field, value: object, intake: Intake) -> tuple[str, ...]:
    """Criteria, most important first; an alias becomes the criterion's own name."""
    found = [_criterion(field, item, intake) for item in _list(field, value)]
    _named_once(field, found)
    return tuple(found)


def weights(field: Field, value: object, intake: Intake) -> Mapping[str, float] | str:
    """Weights by criterion, or the words "ranking_only"."""
    if isinstance(value, str) and as_word(value) == RANKING_ONLY:
        return RANKING_ONLY
    given = _amounts(field, value, intake, lambda name: _criterion(field, name, intake))
    if not any(given.values()):
        raise Problem(f"{field.name} are all zero; give at least one criterion some weight")
    return given


def amounts(field: Field, value: object, intake: Intake) -> Mapping[str, float]:
    """A number for each option named."""
    return _amounts(field, value, intake, lambda name: _one_of(field, name, intake.options))


def signs(field: Field, value: object, intake: Intake) -> Mapping[str, str | float]:
    """The warning signs the topic declares; all that is wrong with them is told together."""
    found: dict[str, str | float] = {}
    problems: list[str] = []
    for name, answer in group(field, value, intake).items():
        if len(problems) == MOST_TOLD:
            break
        sign = intake.fields.get(f"{field.name}.{name}")
        if sign is None:
            problems.append(misspelt(f"{field.name}.{name}", f"{field.name}.", intake))
        elif not empty(answer):
            try:
                found[name] = CHECKS[sign.type](sign, answer, intake)
            except Problem as problem:
                problems.append(str(problem))
    if problems:
        raise Problem(" ".join(sentence(problem) for problem in problems))
    return dict(sorted(found.items()))


def records(field: Field, value: object, intake: Intake) -> list[object]:
    """Entries of a list of tables; a bare name stands for a table with only that name."""
    entries = _list(field, value)
    if entries == [NONE]:
        return []
    first = intake.under(f"{field.name}.[].")[0]
    _named_once(field, entries)
    return [{first: entry} if isinstance(entry, str) else entry for entry in entries]


def group(field: Field, value: object, _: Intake) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Problem(f"{field.name} must be a table of name = answer, not {shown(value)}")
    return value


Check = Callable[[Field, object, Intake], Any]
CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        number, text, word, choice, texts, numbers, terms, ranking, weights, amounts, signs,
        records, group,
    )
}  # fmt: skip


def empty(value: object) -> bool:
    """Whether an answer says nothing; an empty list says "none" and is an answer."""
    return value is None or (isinstance(value, str) and not value.strip())


def sentence(problem: str) -> str:
    return problem if problem.endswith(("?", ".")) else f"{problem}."


def misspelt(name: str, group: str, intake: Intake) -> str:
    """What to say of a field nobody declared, with the nearest that exists."""
    own = intake.under(group)
    close = difflib.get_close_matches(name.removeprefix(group).casefold(), own, 1, 0.6)
    if not close:
        return f"{name} is not a field; `needlewise person fields` lists them all"
    return f"{name} is not a field; did you mean '{group}{close[0]}'?"


def shown(value: object) -> str:
    """A value as an error may repeat it: short and on one line."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a huge number"
    if isinstance(value, float):
        return f"{value:.10g}"
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else f"{value}"
    return (
        f"'{text[:50]}...'" if len(text) > 60 else f"'{text}'" if isinstance(value, str) else text
    )


def _list(field: Field, value: object) -> list[Any]:
    if isinstance(value, str) and as_word(value) == NONE:
        return []
    if not isinstance(value, list | tuple):
        raise Problem(f"{field.name} must be a list in square brackets, not {shown(value)}")
    if len(value) > MOST_ENTRIES:
        raise Problem(f"{field.name} has {len(value):,} entries; give at most {MOST_ENTRIES}")
    return list(value)


def _named_once(field: Field, entries: list[Any]) -> None:
    for at, entry in enumerate(entries):
        if entry in entries[:at]:
            raise Problem(f"{field.name} names {shown(entry)} twice; name it once")


def _criterion(field: Field, name: object, intake: Intake) -> str:
    return intake.criteria[as_word(_one_of(field, name, intake.criteria))]


def _amounts(
    field: Field, value: object, intake: Intake, choose: Callable[[object], str]
) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for given, amount in group(field, value, intake).items():
        name = choose(given)
        if name in found:
            raise Problem(f"{field.name} gives '{name}' twice; give it once")
        found[name] = number(field, amount, intake)
    return dict(sorted(found.items()))
