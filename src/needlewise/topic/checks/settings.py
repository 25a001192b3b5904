"""`topic.toml`: what must be there, what must fit together."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from needlewise.topic.checks.cells import TYPES, shows
from needlewise.topic.checks.finding import Finding, error, file_error
from needlewise.topic.checks.reading import Draft, texts
from needlewise.topic.pack import SETTINGS, listed

HEADER = re.compile(r"\s*(\[{1,2})\s*([^\]]+?)\s*\]{1,2}")
KEY = re.compile(r"\s*([A-Za-z0-9_\"'.-]+)\s*=")


def check_settings(draft: Draft) -> Iterator[Finding]:
    if not draft.settings:
        return
    lines = lines_by_path(draft.settings_text)
    for pattern, rule in draft.schema.settings.items():
        for path, value in reach(draft.settings, pattern.split("."), ()):
            problem = wrong_value(value, rule)
            if problem:
                yield at(lines, path, value, *problem)
    for check in (facts, horizons, components, outcomes, criteria, assumptions, techniques):
        for path, value, *words in check(draft):
            yield at(lines, path, value, *words)
    yield from hidden_characters(draft)
    yield from check_options(draft)


Path = tuple[str, ...]
Problem = tuple[Path, object, str, str]


def at(lines: Mapping[Path, int], path: Path, value: object, wrong: str, do: str) -> Finding:
    """A finding at the setting, or at the nearest table that holds it."""
    near = path
    while near and near not in lines:
        near = near[:-1]
    return file_error(
        SETTINGS,
        "settings",
        wrong,
        do,
        line=lines.get(near, 1),
        column=".".join(path),
        value="" if value is None else str(value)[:200],
    )


def lines_by_path(text: str) -> dict[Path, int]:
    """The line of each table and key as it is written; entries of a list are numbered from 1."""
    lines: dict[Path, int] = {}
    here: Path = ()
    count: dict[Path, int] = {}
    for line_number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            here = tuple(part.strip(" \"'") for part in header[2].split("."))
            if header[1] == "[[":
                lines.setdefault(here, line_number)
                count[here] = count.get(here, 0) + 1
                here = (*here, str(count[here]))
            lines.setdefault(here, line_number)
        elif key := KEY.match(line):
            lines.setdefault((*here, key[1].strip("\"'")), line_number)
    return lines


def reach(value: Any, steps: list[str], path: Path) -> Iterator[tuple[Path, Any]]:
    """Every place a declared path names, with None where nothing stands there."""
    if not steps:
        yield path, value
    elif steps[0] != "*":
        inner = value.get(steps[0]) if isinstance(value, Mapping) else None
        yield from reach(inner, steps[1:], (*path, steps[0]))
    elif isinstance(value, list) and value:
        for index, entry in enumerate(value, 1):
            yield from reach(entry, steps[1:], (*path, str(index)))
    elif isinstance(value, Mapping) and value:
        for name, entry in value.items():
            yield from reach(entry, steps[1:], (*path, name))
    else:
        yield path, None


def wrong_value(value: Any, rule: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a setting by its declaration, and what to do."""
    if value is None:
        return "the setting is missing", "Add it; a fact nobody gave reads 'not stated'."
    kind = rule["type"]
    fits = {
        "text": isinstance(value, str) and bool(value.strip()),
        "slug": isinstance(value, str) and bool(TYPES["slug"][0].fullmatch(value)),
        "date": isinstance(value, date) and not isinstance(value, datetime),
        "number": is_number(value),
        "flag": isinstance(value, bool),
        "list": isinstance(value, list) and bool(value),
    }[kind]
    if not fits:
        return f"is not a {kind}", f"Write a {kind}."
    if kind == "number":
        if "above" in rule and not value > rule["above"]:
            return f"is not above {rule['above']}", "Correct it."
        if ("low" in rule and value < rule["low"]) or ("high" in rule and value > rule["high"]):
            return f"is not between {rule.get('low', 0)} and {rule.get('high')}", "Correct it."
    return None


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def facts(draft: Draft) -> Iterator[Problem]:
    searched, due = draft.part("about", "search_date"), draft.part("about", "next_review")
    if type(searched) is date and type(due) is date and due <= searched:
        yield (
            ("about", "next_review"),
            due,
            f"is not after the search date {searched}",
            "Correct one.",
        )


def horizons(draft: Draft) -> Iterator[Problem]:
    """Windows one after the other, each around its week; the main question is one of them."""
    entries = draft.entries("horizons")
    weeks = [h.get("week") for h in entries]
    end: object = None
    for index, horizon in enumerate(entries, 1):
        window, path = horizon.get("window"), ("horizons", str(index), "window")
        if not (isinstance(window, list) and len(window) == 2 and all(map(is_number, window))):
            yield path, window, "is not a pair of weeks", "Write it as [from, to]."
            return
        if window[0] >= window[1]:
            yield path, window, "ends before it begins", "Put the earlier week first."
        if end is not None and window[0] != end:
            wrong = f"does not begin where the window before it ends ({end})"
            yield path, window, wrong, "Let the windows follow each other without a gap."
        end = window[1]
        week = horizon.get("week")
        if is_number(week) and not window[0] <= float(str(week)) <= window[1]:
            wrong = f"does not hold its own week {week}"
            yield path, window, wrong, "Move the window or the week."
    week, outcome = draft.part("primary", "week"), draft.part("primary", "outcome")
    if week is not None and week not in weeks:
        do = f"Use one of {', '.join(map(str, weeks))}."
        yield ("primary", "week"), week, "is not the week of a horizon", do
    if outcome is not None and not draft.part("outcomes", str(outcome), "pooled"):
        yield ("primary", "outcome"), outcome, "is not a pooled outcome", "Name one that is."
    knots = draft.part("model", "knots")
    if isinstance(knots, list) and not (
        all(map(is_number, knots))
        and knots == sorted(set(knots))
        and all(week in knots for week in weeks)
    ):
        wrong = "must rise and hold the week of every horizon"
        yield ("model", "knots"), knots, wrong, "Correct the list."


def components(draft: Draft) -> Iterator[Problem]:
    """Every component belongs to one group; the network's own names are known ones."""
    known = draft.vocabulary("components") or set()
    seen: set[str] = set()
    for index, group in enumerate(draft.entries("component_groups"), 1):
        for component in texts(group.get("components")):
            if component in seen:
                double = "is in two groups, so it would not be known what it adds to"
                path = ("component_groups", str(index), "components")
                yield path, component, double, "Keep it in one."
            seen.add(component)
    for component in texts(draft.part("network", "separate")):
        if component not in known:
            wrong = "is not in a component group"
            yield ("network", "separate"), component, wrong, "Correct the word."


def outcomes(draft: Draft) -> Iterator[Problem]:
    named = draft.part("outcomes")
    for name, outcome in named.items() if isinstance(named, Mapping) else ():
        if not isinstance(outcome, Mapping) or outcome.get("pooled") is not True:
            continue
        path = ("outcomes", name)
        if outcome.get("scale") not in {"points", "standardised"}:
            wrong = "a pooled outcome is in points or standardised"
            yield (*path, "scale"), outcome.get("scale"), wrong, "Write one of the two."
        difference = outcome.get("important_difference")
        if not (is_number(difference) and float(str(difference)) > 0):
            wrong = "a pooled outcome needs the smallest difference worth having, above 0"
            yield (*path, "important_difference"), difference, wrong, "Add it with its source."
        for key in ("unit", "important_difference_source"):
            if not isinstance(outcome.get(key), str):
                yield (*path, key), outcome.get(key), "the setting is missing", "Add it."
        shown = outcome.get("display_instrument")
        if outcome.get("scale") == "standardised" and not draft.part("instrument_sd", str(shown)):
            wrong = "needs an instrument that has an SD in [instrument_sd]"
            yield (*path, "display_instrument"), shown, wrong, "Name one, or add its SD."


def criteria(draft: Draft) -> Iterator[Problem]:
    names: set[str] = set()
    for index, criterion in enumerate(draft.entries("criteria"), 1):
        path = ("criteria", str(index))
        name, worst, best = (criterion.get(k) for k in ("name", "worst", "best"))
        for word in [str(name), *texts(criterion.get("aliases"))]:
            if word in names:
                yield (*path, "name"), word, "is the name of two criteria", "Rename one."
            names.add(word)
        if criterion.get("typed") is not True:
            if not (is_number(worst) and is_number(best)):
                yield (*path, "worst"), worst, "needs a worst and a best value", "Add both."
            elif worst == best:
                yield (*path, "worst"), worst, "is the same as the best value", "Correct one."


def assumptions(draft: Draft) -> Iterator[Problem]:
    """What nobody measured says so, wherever it stands."""
    named = draft.part("assumptions")
    for name, assumption in named.items() if isinstance(named, Mapping) else ():
        if isinstance(assumption, Mapping) and assumption.get("assumption") is False:
            path = ("assumptions", name, "assumption")
            yield path, False, "an assumption must be marked as one", "Write assumption = true."


def techniques(draft: Draft) -> Iterator[Problem]:
    known = draft.known("options.option")
    for technique in texts(draft.part("techniques")) if known is not None else ():
        if technique not in (known or set()):
            yield ("techniques",), technique, "is no option of options.csv", "Add it there."


def check_options(draft: Draft) -> Iterator[Finding]:
    """A combined option holds what its parts hold."""
    held = {row["option"]: set(listed(row["components"], " + ")) for row in draft.rows("options")}
    for row in draft.rows("options"):
        parts = [held[part] for part in listed(row["parts"]) if part in held]
        if parts and held[row["option"]] != set().union(*parts):
            wrong = "does not hold just the components of its parts"
            yield error(row, "components", "parts", wrong, "Correct components or parts.")


def hidden_characters(draft: Draft) -> Iterator[Finding]:
    for index, line in enumerate(draft.settings_text.split("\n"), 1):
        if line.isprintable():
            continue
        hidden = next((c for c in line if not shows(c) and c not in "\t\r"), None)
        if hidden:
            wrong = f"holds a character that cannot be seen (U+{ord(hidden):04X})"
            yield file_error(SETTINGS, "text", wrong, "Remove it.", line=index)
