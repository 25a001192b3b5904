"""What matters to the person: a ranking or weights, and the fit that moves with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from needlewise.errors import InputError
from needlewise.person import Person
from needlewise.report.as_html import sections_html
from needlewise.report.document import Document
from needlewise.report.values import values as values_section
from needlewise.report.words import Words
from needlewise.topic import Topic
from needlewise.web.aid import actions
from needlewise.web.aid.compare import trail
from needlewise.web.aid.visit import Visit, typed, unless_stopped

RANK, WEIGH = "rank", "weigh"
TYPED = ("cost", "view", "own")


@dataclass(frozen=True)
class Row:
    """One criterion: its place in the ranking, its weight, and what is typed for each option."""

    name: str
    label: str
    question: str
    unit: str
    place: str
    weight: str
    typed: tuple[tuple[str, str, str], ...]


@require_http_methods(["GET", "HEAD", "POST"])
@unless_stopped
def values(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The page; a change sent by the page itself gets the fit alone."""
    problem = ""
    sent: dict[str, str] | None = None
    if request.method == "POST":
        sent = {name: typed(str(value)) for name, value in request.POST.items()}
        try:
            answers = taken(visit.topic, visit.answers, sent)
        except InputError as error:
            problem = str(error)
        else:
            actions.keep(request, answers)
            visit, sent = Visit(answers, visit.asked_again), None
            if request.POST.get("go") == "compare":
                return redirect("compare")
            if request.POST.get("go") == "sheet":
                return redirect("sheet")
    words = Words(visit.comparison)
    fit = sections_html(Document("", (), (values_section(words),), ()), trail)["values"]
    context: dict[str, object] = {"fit": fit, "problem": problem}
    if request.headers.get("HX-Request") == "true":
        # Not swapped in with an error status, so a problem comes as a page part like the fit.
        return render(request, "aid/_fit.html", context)
    weighed = isinstance(visit.answers.get("weights"), Mapping)
    context |= {
        "part": "values",
        "rows": rows(visit.topic, visit.answers, sent),
        "how": (sent or {}).get("how") or (WEIGH if weighed else RANK),
        "own_label": (sent or visit.answers).get("own_label", ""),
        "places": [str(n) for n in range(1, len(visit.topic.settings["criteria"]) + 1)],
    }
    return render(request, "aid/values.html", context, status=422 if problem else 200)


def rows(
    topic: Topic, answers: Mapping[str, Any], sent: Mapping[str, str] | None
) -> tuple[Row, ...]:
    """The criteria as they stand, or as they were sent and could not be taken."""
    ranking = list(answers.get("ranking") or ())
    weights = answers.get("weights")
    weights = weights if isinstance(weights, Mapping) else {}
    found = []
    for criterion in topic.settings["criteria"]:
        name = str(criterion["name"])
        place = str(ranking.index(name) + 1) if name in ranking else ""
        weight = f"{weights[name]:g}" if name in weights else ""
        given_for = []
        for option in topic.options if name in TYPED else ():
            given = (answers.get(name) or {}).get(option.id)
            field = f"{name}-{option.id}"
            text = "" if given is None else f"{given:g}"
            given_for.append((field, option.label, sent.get(field, "") if sent else text))
        found.append(
            Row(
                name, str(criterion["label"]), str(criterion["question"]), str(criterion["unit"]),
                sent.get(f"place-{name}", "") if sent else place,
                sent.get(f"weight-{name}", "") if sent else weight, tuple(given_for),
            )
        )  # fmt: skip
    return tuple(found)


def taken(topic: Topic, answers: Mapping[str, Any], sent: Mapping[str, str]) -> dict[str, Any]:
    """The answers with the values that were sent. Raises InputError where they cannot be read."""
    found = deepcopy(dict(answers))
    for name in ("weights", "ranking", "statements", "own_label", *TYPED):
        found.pop(name, None)
    labels = {str(c["name"]): str(c["label"]) for c in topic.settings["criteria"]}
    if sent.get("how") == WEIGH:
        weights = _numbers(sent, "weight-", labels)
        if any(weights.values()):
            found["weights"] = weights
    else:
        found |= _ranked(sent, labels)
    for name in TYPED:
        amounts = _numbers(sent, f"{name}-", {o.id: f"{labels[name]}, {o.label}"
                                            for o in topic.options})  # fmt: skip
        if amounts:
            found[name] = amounts
    if sent.get("own_label", "").strip():
        found["own_label"] = sent["own_label"].strip()
    Person.from_mapping(found, topic)
    return found


def _numbers(sent: Mapping[str, str], start: str, labels: Mapping[str, str]) -> dict[str, float]:
    found = {}
    for name, label in labels.items():
        text = sent.get(start + name, "").strip().replace(",", ".")
        if not text:
            continue
        try:
            found[name] = float(text)
        except ValueError:
            raise InputError(
                _("%(label)s: '%(text)s' is not a number; write for example 40.")
                % {"label": label, "text": text[:40]}
            ) from None
    return found


def _ranked(sent: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, Any]:
    places = _numbers(sent, "place-", labels)
    by_place: dict[float, list[str]] = {}
    for name, place in places.items():
        if place not in range(1, len(labels) + 1):
            raise InputError(
                _("%(label)s: a place is a whole number from 1 to %(last)s.")
                % {"label": labels[name], "last": len(labels)}
            )
        by_place.setdefault(place, []).append(name)
    for names in by_place.values():
        if len(names) > 1:
            raise InputError(
                _("%(one)s and %(other)s have the same place; give each its own.")
                % {"one": labels[names[0]], "other": labels[names[1]]}
            )
    order: Sequence[str] = [by_place[place][0] for place in sorted(by_place)]
    return {"ranking": list(order)} if order else {}
