"""What the practitioner's forms hold: from a record to controls, and from what was sent back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from needlewise.plan.items import Item
from needlewise.topic import Topic
from needlewise.web.aid.visit import typed

CHECKED = (
    "inr", "inr_date", "pressure_minutes", "bruise_checked", "gestation_weeks", "position",
    "consent", "fear_before", "fear_after", "covered", "covered_until",
)  # fmt: skip
UNASKED = (("today", "skin_checked"), ("today", "consent"), ("traditional", "notes"))
ADD = "add"  # begins the fields of a finding that is being added


def one(sent: QueryDict, name: str) -> str:
    return typed(str(sent.get(name, ""))).strip()


def many(sent: QueryDict, name: str) -> list[str]:
    return [typed(str(value)).strip() for value in sent.getlist(name) if str(value).strip()]


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def examination_sent(topic: Topic, sent: QueryDict) -> dict[str, Any]:
    """The examination as it was sent; what was left open is left out."""
    words = topic.texts["practice"]
    regions = many(sent, "regions")
    found: dict[str, Any] = {
        name: value for name in ("date", "practitioner", "helper", "onset", "notes")
        if (value := one(sent, name))
    }  # fmt: skip
    if told := lines(one(sent, "helper_answers")):
        found["helper_answers"] = told
    found["regions"] = regions
    found["sides"] = {
        region: side
        for region in regions
        if (side := one(sent, f"side.{region}")) in words["sides"]
    }
    found["palpation"] = _findings(topic, sent)
    found["neurology"] = {
        row["field"]: value for row in words["nerves"] if (value := one(sent, row["field"]))
    }
    traditional: dict[str, Any] = {
        name: value for name in ("tongue", "pulse") if (value := one(sent, name))
    }
    if patterns := many(sent, "pattern"):
        traditional["pattern"] = patterns
    if findings := lines(one(sent, "findings")):
        traditional["findings"] = findings
    found["traditional"] = traditional
    found["goal"] = {
        name: value for name in ("words", "instrument", "now", "target")
        if (value := one(sent, f"goal.{name}"))
    }  # fmt: skip
    found["today"] = {
        name: value for name in ("inr", "inr_date") if (value := one(sent, f"today.{name}"))
    }
    return {name: value for name, value in found.items() if value}


def with_unasked(found: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, with what the file held before and the form has no field for."""
    whole = dict(found)
    for part, name in UNASKED:
        if value := before.get(part, {}).get(name):
            whole[part] = {**whole.get(part, {}), name: value}
    return whole


def _findings(topic: Topic, sent: QueryDict) -> list[dict[str, str]]:
    """The findings that stay, and the one that is added where a muscle is named."""
    kept = []
    gone = set(many(sent, "remove"))
    for place in range(len(many(sent, "finding"))):
        if str(place) not in gone:
            kept.append(_finding(topic, sent, str(place)))
    if one(sent, f"{ADD}.muscle"):
        kept.append(_finding(topic, sent, ADD))
    return kept


def _finding(topic: Topic, sent: QueryDict, place: str) -> dict[str, str]:
    names = ["muscle", "side", "site", *(s["field"] for s in topic.texts["practice"]["signs"])]
    return {name: value for name in names if (value := one(sent, f"{place}.{name}"))}


def session_sent(sent: QueryDict) -> dict[str, dict[str, Any]]:
    """One session as it was sent: what was done, a score, and an event, each where there is one."""
    day = one(sent, "date")
    session: dict[str, Any] = {"date": day} if day else {}
    for name in ("notes", "after", *CHECKED):
        if value := one(sent, name):
            session[name] = value
    if items := many(sent, "items"):
        session["items"] = items
    score = {name: v for name in ("pain_nrs", "rmdq24") if (v := one(sent, f"score.{name}"))}
    event = {
        name: value for name in ("kind", "grade", "hours", "over", "seen_by")
        if (value := one(sent, f"event.{name}"))
    }  # fmt: skip
    found: dict[str, dict[str, Any]] = {}
    if one(sent, "what") != "score":
        found["session"] = session
    if score:
        found["score"] = {"date": day, **score}
    if event.get("kind"):
        found["event"] = {"date": day, **event}
    return found


def decision_sent(sent: QueryDict) -> dict[str, Any]:
    names = ("date", "choice", "option", "reason", "by", "next_review", "next_measure")
    return {name: value for name in names if (value := one(sent, name))}


def edits_sent(sent: QueryDict) -> list[dict[str, str]]:
    """A change of the plan; an item to add comes in two parts, what and on which side.

    Added on both sides it is two lines.
    """
    names = ("action", "item", "field", "value", "reason", "by")
    found = {name: value for name in names if (value := one(sent, name))}
    side = one(sent, "side")
    if found.get("action") in {"add", "force"} and side and found.get("item"):
        on = ("left", "right") if side == "both" else (side,)
        return [{**found, "item": f"{found['item']}:{one_side}"} for one_side in on]
    return [found]


def as_typed(sent: QueryDict) -> dict[str, Any]:
    """Everything that was sent, for a form that gives it back: dots become underscores."""
    found: dict[str, Any] = {name.replace(".", "_"): one(sent, name) for name in sent}
    return {**found, "items_sent": many(sent, "items")}


def muscles(topic: Topic) -> list[tuple[str, str]]:
    return [(row["slug"], row["muscle"]) for row in topic["muscles"]]


def shown_findings(topic: Topic, examination: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each finding as a row of the form."""
    names = dict(muscles(topic))
    signs = topic.texts["practice"]["signs"]
    return [
        {
            "place": place, "muscle": row.get("muscle", ""), "side": row.get("side", ""),
            "site": row.get("site", ""), "name": names.get(row.get("muscle", ""), ""),
            "signs": [
                {"field": s["field"], "label": s["label"], "value": row.get(s["field"], "")}
                for s in signs
            ],
        }
        for place, row in enumerate(examination.get("palpation", []))
    ]  # fmt: skip


def line(item: Item) -> dict[str, Any]:
    """One line of a plan as the pages show it."""
    side = f" ({item.target.side})" if item.target.side else ""
    return {"id": item.id, "name": f"{item.name}{side}", "confirmed": item.confirmed,
            "needled": item.needled, "depth": item.depth, "forced": item.forced}  # fmt: skip
