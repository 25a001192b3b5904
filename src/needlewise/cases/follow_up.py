"""What a case expects of a course so far: checked on the review's pages and on its record."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from needlewise.cases import channels
from needlewise.cases.finding import Finding, error, holds, judged, short
from needlewise.followup import CourseRecord, review
from needlewise.report.review_json import review_json
from needlewise.report.review_view import review_document

if TYPE_CHECKING:
    from needlewise.cases.checks import Seen

GAPS = "gaps shown as gaps"
Check = Callable[["Seen", str], Iterator[Finding]]


def status(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    """How the scores have moved, as the review's JSON tells it."""
    found = seen.shown.review_data
    told = found["status"] if found else "no review"
    wanted = str(value).replace("_", "-")
    yield judged(key, told == wanted, wanted, told)


def display(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    """Scores that were not taken stay empty, in the JSON and in the words of every channel."""
    if value != GAPS:
        yield error(key, f"'{value}' is not known")
        return
    history = seen.answers.get("history") or {}
    given = {name: history[name] for name in ("pain_nrs", "rmdq24") if name in history}
    told = {p["instrument"]: [s["score"] for s in p["scores"]]
            for p in (seen.shown.review_data or {}).get("progress", ())}  # fmt: skip
    yield judged(key, told == given, given, told)
    missing = sum(score is None for scores in given.values() for score in scores)
    word = str(seen.topic.texts["review"]["scores"]["none"])
    for channel in (c for c in seen.channels if c != channels.JSON):
        shown = channels.letters(seen.shown.review_words(channel)).count(channels.letters(word))
        if shown < missing:
            yield short(key, f"{missing} times '{word}'", f"{shown} times", channel)


# ---- Sentences under `plan` and `record` that a review answers ----


def _needs_decision(seen: Seen, key: str) -> Iterator[Finding]:
    """The page says that the next block needs a decision of its own."""
    said = re.compile(r"next block[^.]{0,40}needs a new decision that is written down")
    without = tuple(c for c in seen.channels if not said.search(seen.shown.review_words(c)))
    yield short(key, "a new decision", "not said", *without) if without else holds(key)


def _same_uncertainty(seen: Seen, key: str) -> Iterator[Finding]:
    """What trials found of each option has the ranges of the comparison made without any score."""
    data = seen.shown.review_data or {}
    week = float(seen.topic.settings["horizons"][0]["week"])
    start = {
        row["option"]: row["effect"] for row in seen.shown.data["outlook"]
        if row["outcome"] == "pain" and row["week"] == week
    }  # fmt: skip
    now = {row["option"]: row["effect"] for row in data.get("from_now", ())}
    yield judged(key, now == start and any(now.values()), start, now)


def _decision_kept(seen: Seen, key: str) -> Iterator[Finding]:
    """A decision with its reason and the day of the next score is kept in the record and shown."""
    own = seen.shown.review
    if own is None:
        yield short(key, "a review", "none")
        return
    decision = {
        "date": dt.date(2026, 11, 5), "choice": "change", "option": "acupuncture",
        "reason": "no clear change so far", "next_measure": dt.date(2026, 11, 26),
    }  # fmt: skip
    given = {**own.record.to_mapping(), "decision": [decision], "started": dt.date(2026, 10, 1)}
    record = CourseRecord.from_mapping(given, seen.topic)
    kept = record.to_mapping()["decision"]
    yield judged(key, kept == [decision], [decision], kept)
    looked_at = review(seen.topic, own.person, record)
    told = json.loads(review_json(looked_at))["decisions"][0]
    shown = channels.plain(json.dumps(review_json(looked_at)))
    words = [told["reason"], told["next_measure"]]
    yield judged(key, all(w and channels.plain(w) in shown for w in words), words, told)
    page = channels.words_of(channels.page_text(review_document(looked_at)), channels.TERMINAL)
    yield judged(key, all(channels.plain(w) in page for w in words), words, "not on the page")


SENTENCES: Mapping[str, Check] = {
    "no automatic renewal; the next block needs a new recorded decision": _needs_decision,
    "switching to the other option is shown with the same uncertainty as at the start": (
        _same_uncertainty
    ),
    "decision at the review, reasons, next measure date": _decision_kept,
}
