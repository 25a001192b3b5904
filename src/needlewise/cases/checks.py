"""Each key of a case, and how it is checked on what was shown.

A key that is not in the table is an error. A sentence about a plan or a record that nothing here
checks is told as such: it never counts as passed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from needlewise.cases import channels, follow_up, plans
from needlewise.cases.detectors import NEVER, SHOW
from needlewise.cases.finding import Finding, error, holds, judged, short, unchecked
from needlewise.cases.meaning import said
from needlewise.cases.numbers import NARROWER, WIDER, moved_wrongly, numbers, same
from needlewise.cases.shown import Shown, ranking_of, sighted_english
from needlewise.errors import InputError
from needlewise.person.rulebook import RANKS, STATUSES
from needlewise.topic import Topic

WORDS_OF_PAGES = {"must_show", "must_not_show", "display"}
RANGE_OVER_RANKING = "range over all weights that keep the ranking"
REFUSED = "rejected with a plain message; other answers kept"
EXPLAINED = re.compile(r"\bat odds with (?:the others|other trials)|\bnarrower because\b")


@dataclass(frozen=True)
class Seen:
    """All that a check may look at.

    `base` is the unchanged case (None where this is it); `channels` those that are rendered here;
    `again` takes changed answers through the program; `weights` are those of the unchanged case.
    """

    topic: Topic
    shown: Shown
    base: Shown | None
    channels: tuple[str, ...]
    answers: Mapping[str, Any]
    weights: object
    again: Callable[[Mapping[str, Any]], Shown]


Check = Callable[[Seen, str, Any], Iterator[Finding]]


def check(seen: Seen, expected: Mapping[str, Any]) -> list[Finding]:
    """Every key of an expectation, checked."""
    found: list[Finding] = []
    for key, value in expected.items():
        if key in CHECKS:
            found.extend(CHECKS[key](seen, key, value))
        elif key != "note":
            found.append(error(key, "this key is not known"))
    return found


def _triage(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    outcome = seen.shown.data["triage"]["outcome"]
    if value not in RANKS:
        yield error(key, f"{value} is no outcome of triage")
    elif key == "triage":
        yield judged(key, outcome == value, value, outcome)
    elif key == "triage_at_least":
        yield judged(key, RANKS[outcome] >= RANKS[value], f"at least {value}", outcome)
    else:
        yield judged(key, RANKS[outcome] <= RANKS[value], f"at most {value}", outcome)


def _comparison_shown(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    """By the table or its numbers in the words of each channel."""
    find = NEVER["comparison"].find
    told = {channel: find(seen.shown.words(channel)) for channel in seen.channels}
    wrong = tuple(channel for channel, text in told.items() if bool(text) is not value)
    if not isinstance(value, bool):
        yield error(key, "must be true or false")
    elif not wrong:
        yield holds(key)
    elif value:
        yield short(key, "the comparison", "no comparison", *wrong)
    else:
        yield short(key, "no comparison", told[wrong[0]], *wrong)


def _options(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    for option, wanted in _table(value).items():
        yield from _option(seen, f"{key}.{option}", option, wanted)
    if not isinstance(value, Mapping):
        yield error(key, "must be a table of options")


def _option(seen: Seen, key: str, option: str, wanted: Any) -> Iterator[Finding]:
    row = seen.shown.option(option)
    if row is None:
        yield short(key, option, "no such option")
        return
    wanted = wanted if isinstance(wanted, Mapping) else {"status": wanted}
    for part in wanted:
        if part not in {"status", "reasons", "constraints", "note"}:
            yield error(f"{key}.{part}", "this key is not known")
    if "status" in wanted and wanted["status"] not in STATUSES:
        yield error(key, f"{wanted['status']} is no status of an option")
    elif "status" in wanted:
        yield judged(key, row["status"] == wanted["status"], wanted["status"], row["status"])
    missing = [reason for reason in wanted.get("reasons", ()) if reason not in row["reasons"]]
    if wanted.get("reasons"):
        told = ", ".join(row["reasons"]) or "no reason"
        yield judged(f"{key}.reasons", not missing, ", ".join(missing), told)
    for text in wanted.get("constraints", ()):
        yield from _limit(seen, f"{key}.constraints", text, [row])


def _reasons_include(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    for reason in _listed(value):
        told = ", ".join(sorted(seen.shown.reasons)) or "no reason"
        yield judged(key, reason in seen.shown.reasons, reason, told)


def _constraints_include(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    """On one needling option at least."""
    for text in _listed(value):
        yield from _limit(seen, key, text, seen.shown.data["options"])


def _limit(seen: Seen, key: str, text: str, rows: list[Mapping[str, Any]]) -> Iterator[Finding]:
    """A limit said for an option, in the JSON and in the words of every channel."""
    like = re.fullmatch(r"as ([\w -]+)", text.strip().casefold())
    other = seen.shown.option(like[1].replace(" ", "-")) if like else None
    for row in rows:
        own = [limit["text"] for limit in row["constraints"]]
        if other is not None:
            good = own and all(said(limit["text"], [*own, *_as_said(seen, own)])
                               for limit in other["constraints"])  # fmt: skip
        else:
            good = said(text, [*own, *row["reason_texts"]])
        if good:
            yield from _in_every_channel(seen, key, text, own)
            return
    limits = "; ".join(limit["text"] for row in rows for limit in row["constraints"])
    yield short(key, text, limits or "no limit")


def _as_said(seen: Seen, own: list[str]) -> list[str]:
    """Limits that a limit "as acupuncture" stands for: those of the option it names."""
    found: list[str] = []
    for text in own:
        like = re.fullmatch(r"as ([\w -]+)", text.strip().casefold())
        other = seen.shown.option(like[1].replace(" ", "-")) if like else None
        found += [limit["text"] for limit in other["constraints"]] if other else []
    return found


def _in_every_channel(seen: Seen, key: str, text: str, own: list[str]) -> Iterator[Finding]:
    without = tuple(
        channel for channel in seen.channels
        for page in [channels.letters(seen.shown.words(channel))]
        if not all(channels.letters(channels.plain(limit)) in page for limit in own)
    )  # fmt: skip
    yield short(key, text, "not shown", *without) if without else holds(key)


def _must_show(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    for word in _listed(value):
        if word not in SHOW:
            yield error(key, f"{word} is not in the vocabulary")
            continue
        told = {c: SHOW[word].find(seen.shown.words(c)) for c in seen.channels}
        missing = tuple(channel for channel, text in told.items() if not text)
        if not missing:
            yield holds(key)
        else:
            yield short(key, word, "nothing of it", *missing)


def _must_not_show(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    for word in _listed(value):
        if word not in NEVER:
            yield error(key, f"{word} is not in the vocabulary")
            continue
        told = {c: NEVER[word].find(seen.shown.words(c)) for c in seen.channels}
        shown = tuple(channel for channel, text in told.items() if text)
        if shown:
            yield short(key, f"no {word}", told[shown[0]], *shown)
        else:
            yield holds(key)


def _sentences(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    """Sentences about the plan or the record, each checked on a real plan, review or file."""
    known = {**follow_up.SENTENCES, **plans.SENTENCES}
    for text in _listed(value):
        if text in known:
            yield from _asked(known[text], seen, key)
        else:
            yield unchecked(key, text)
    if key == "plan":
        yield from _asked(plans.as_the_options_stand, seen, key)


def _asked(
    check: Callable[[Seen, str], Iterator[Finding]], seen: Seen, key: str
) -> Iterator[Finding]:
    """What a check finds; a plan or record that cannot be made at all falls short."""
    try:
        yield from check(seen, key)
    except InputError as problem:
        yield short(key, "a plan or record", str(problem))


def _numbers(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    """Estimates leave the fit out; numbers take it in."""
    fit = key == "numbers"
    own = numbers(seen.shown.data, fit=fit)
    if value == "equal to the sighted English version":
        other = seen.again(sighted_english(seen.answers))
        yield same(key, numbers(other.data, fit=fit), own)
    elif value != "unchanged":
        yield error(key, f"'{value}' is not known")
    elif seen.base is None:
        yield error(key, "needs an unchanged case beside it")
    else:
        yield same(key, numbers(seen.base.data, fit=fit), own)


def _text(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    """The same words, each as often: another order of the options may move them."""
    if value != "unchanged" or seen.base is None:
        yield error(key, f"'{value}' is not known or has no unchanged case beside it")
        return
    before, after = (Counter(_told_words(s)) for s in (seen.base, seen.shown))
    gone, new = " ".join(before - after), " ".join(after - before)
    yield judged(key, before == after, f"the same words (gone: {gone})", f"new: {new}")


def _told_words(shown: Shown) -> list[str]:
    """The words of the terminal without the hashes, which name the answers."""
    return re.sub(r"\b[0-9a-f]{32,}\b", "", shown.words(channels.TERMINAL)).split()


def _range_width(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    allowed = {
        "wider_or_equal": WIDER, "wider_or_equal_or_explained": WIDER,
        "narrower_or_equal": NARROWER, "not_wider": NARROWER,
    }.get(value)  # fmt: skip
    if allowed is None or seen.base is None:
        yield error(key, f"'{value}' is not known or has no unchanged case beside it")
        return
    wrong = moved_wrongly(seen.base.data, seen.shown.data, allowed)
    if wrong and value.endswith("_or_explained"):
        without = tuple(c for c in seen.channels if not EXPLAINED.search(seen.shown.words(c)))
        if not without:
            yield holds(key)
            return
    told = "; ".join(wrong[:4]) + (f"; and {len(wrong) - 4} more" if len(wrong) > 4 else "")
    yield judged(key, not wrong, value, told)


def _population(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    """The sentence that says for whom the numbers are names this population."""
    known = {str(p["name"]): str(p["text"]) for p in seen.topic.settings["network"]["populations"]}
    if value not in known:
        yield error(key, f"{value} is no population of the topic")
        return
    page = seen.shown.words(channels.TERMINAL)
    lead = re.search(r"these numbers are for people like you: [^.]*\.", page)
    told = lead[0] if lead else "no such sentence"
    yield judged(key, channels.plain(known[value]) in told, known[value], told)


def _values_result(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    find = SHOW["values_result"].find
    told = {channel: find(seen.shown.words(channel)) for channel in seen.channels}
    without = tuple(channel for channel, text in told.items() if not text)
    fit = (seen.shown.data["comparison"] or {}).get("fit") or {}
    if value == "absent":
        shown = tuple(channel for channel, text in told.items() if text)
        yield short(key, "no fit", told[shown[0]], *shown) if shown else holds(key)
    elif value not in {"may_change", "unchanged", RANGE_OVER_RANKING}:
        yield error(key, f"'{value}' is not known")
    elif without:
        yield short(key, "a fit", "none", *without)
    elif value == "unchanged":
        before = (seen.base.data["comparison"] or {}).get("fit") if seen.base else {}
        yield judged(key, fit == before, "the same fit", "another fit")
    elif value == RANGE_OVER_RANKING:
        yield _keeps_ranking(seen, key, fit)
    else:
        yield holds(key)


def _keeps_ranking(seen: Seen, key: str, fit: Mapping[str, Any]) -> Finding:
    """Shares with their ranges, under weights of which no one is given but that fall in order."""
    order = [group.split("=") for group in ranking_of(seen.weights)]
    names = list(fit["weights"])
    weights = iter(fit["weights"].values())
    levels = [[next(weights, 0.0) for _ in group] for group in order]
    falls = all(min(a) >= max(b) - 1e-9 for a, b in pairwise(levels))
    ranged = set(fit["ahead"]) == set(fit["ahead_low"]) == set(fit["ahead_high"])
    good = falls and ranged and len(names) == sum(map(len, order))
    return judged(key, good, "shares with ranges, weights in the order given", fit["weights"])


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


CHECKS: dict[str, Check] = {
    "triage": _triage,
    "triage_at_least": _triage,
    "triage_at_most": _triage,
    "comparison_shown": _comparison_shown,
    "options": _options,
    "reasons_include": _reasons_include,
    "constraints_include": _constraints_include,
    "must_show": _must_show,
    "must_not_show": _must_not_show,
    "estimates": _numbers,
    "numbers": _numbers,
    "text": _text,
    "range_width": _range_width,
    "population": _population,
    "values_result": _values_result,
    "save": plans.save,
    "points_allowed": plans.points_allowed,
    "points_blocked": plans.points_blocked,
    "plan_points_allowed": plans.points_allowed,
    "plan_points_blocked": plans.points_blocked,
    "plan": _sentences,
    "record": _sentences,
    "status": follow_up.status,
    "display": follow_up.display,
}
