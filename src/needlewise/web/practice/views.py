"""The practitioner's pages up to the plan: open, examine, plan, save."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from needlewise.errors import InputError
from needlewise.person.reading import LARGEST_FILE, answers_in
from needlewise.plan import Plan, atlas
from needlewise.plan.atlas.frame import BACK, FRONT
from needlewise.plan.items import MUSCLE, POINT
from needlewise.plan.propose import KINDS
from needlewise.plan.readings import reliability
from needlewise.report.as_html import sections_html
from needlewise.report.as_pdf import pdf_bytes
from needlewise.report.atlas_scene import MUSCLES, POINTS
from needlewise.report.atlas_view import sheet
from needlewise.report.body_map import body_map
from needlewise.report.plan_json import plan_json
from needlewise.report.plan_view import plan_document
from needlewise.topic import Topic
from needlewise.web.aid.visit import visit_of
from needlewise.web.practice import actions, forms
from needlewise.web.practice.desk import Desk, desk_of, file_response, unless_stopped, with_desk

RECORD = "record.json"


# ---- Open, overview, save, close ----


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    return _overview(request)


def _overview(request: HttpRequest, problem: str = "") -> HttpResponse:
    desk, visit = desk_of(request), visit_of(request)
    context: dict[str, Any] = {
        "part": "practice", "problem": problem, "desk": desk,
        "answers_here": visit is not None and bool(visit.answers),
    }  # fmt: skip
    if desk is not None:
        record = desk.record
        context |= {
            "record": record, "stopped_here": desk.triage.stopped,
            "option": desk.topic.option(record.option).label if record.option else "",
            "findings": len(record.examination.palpation),
            "regions": len(record.examination.regions),
            "sessions": record.course.number_of_sessions if record.course else 0,
            "past": len(record.past),
        }  # fmt: skip
    return render(request, "practice/overview.html", context, status=400 if problem else 200)


@require_POST
def open_file(request: HttpRequest) -> HttpResponse:
    """Open a person's file; one that cannot be used leaves the desk as it is."""
    try:
        _replaceable(request)
        actions.open_record(request, _read(request))
    except InputError as error:
        return _overview(request, str(error))
    return redirect("practice")


def _replaceable(request: HttpRequest) -> None:
    """A record that is not saved goes only where that was said. Raises InputError."""
    desk = desk_of(request)
    if desk is not None and desk.unsaved and forms.one(request.POST, "replace") != "yes":
        raise InputError(
            _("The record that is open is not saved; save it first, or say that it may go.")
        )


def _read(request: HttpRequest) -> dict[str, Any]:
    """The tables of an uploaded file. Raises InputError."""
    file = request.FILES.get("record")
    too_large = _("This file is larger than 1 MB, too large for one person.")
    if file is None:
        if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_FILE:
            raise InputError(too_large)
        raise InputError(_("Choose the person's file first."))
    if (file.size or 0) > LARGEST_FILE:
        raise InputError(too_large)
    toml = (file.name or "").casefold().endswith(".toml")
    name = Path("record.toml" if toml else RECORD)
    return dict(answers_in(file.read(), name, _("choose the file you saved here")))


@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Go on with the answers that were given in this browser."""
    visit = visit_of(request)
    if visit is None:
        return redirect("practice")
    try:
        _replaceable(request)
        actions.open_record(request, {"person": json.loads(visit.person.canonical)})
    except InputError as error:
        return _overview(request, str(error))
    return redirect("practice")


@require_POST
@with_desk
def save(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The record as a file to take along."""
    response = file_response(desk.record.to_json().encode(), "application/json", RECORD)
    actions.saved(request)
    return response


@require_POST
@with_desk
def close(request: HttpRequest, desk: Desk) -> HttpResponse:
    actions.close(request)
    return redirect("practice")


# ---- Examination ----


@require_http_methods(["GET", "HEAD", "POST"])
@with_desk
def examination(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The examination as one form; what is wrong is shown as it was typed."""
    if request.method != "POST":
        return _examined(request, desk, desk.mapping.get("examination", {}))
    sent = forms.examination_sent(desk.topic, request.POST)
    before = desk.mapping.get("examination", {})
    try:
        actions.examine(request, desk, forms.with_unasked(sent, before))
    except InputError as error:
        return _examined(request, desk, sent, str(error))
    fresh = desk_of(request)
    assert fresh is not None
    if fresh.triage.stopped:
        return redirect("practice-stop")
    return redirect("practice-plan" if forms.one(request.POST, "go") == "plan"
                    else "practice-examination")  # fmt: skip


def _examined(
    request: HttpRequest, desk: Desk, found: dict[str, Any], problem: str = ""
) -> HttpResponse:
    topic, person = desk.topic, desk.record.person
    regions = found.get("regions") or list(person.pain_site or ())
    known = [row["region"] for row in topic["body_regions"]]
    words = topic.texts["practice"]
    patterns = [r for r in topic["patterns"] if r["points"] and not r["pattern"].startswith("Meri")]
    chosen = found.get("traditional", {}).get("pattern", [])
    context = {
        "part": "practice", "desk": desk, "problem": problem, "found": found, "person": person,
        "words": words,
        "regions": [
            {"id": row["region"], "label": row["label"], "chosen": row["region"] in regions,
             "side": found.get("sides", {}).get(row["region"], "both")}
            for row in topic["body_regions"]
        ],
        "body_map": body_map(topic, [r for r in regions if r in known], name="where"),
        "findings": forms.shown_findings(topic, found),
        "nerves": [
            {**row, "value": found.get("neurology", {}).get(row["field"], "")}
            for row in words["nerves"]
        ],
        "patterns": [
            {"name": r["pattern"], "findings": r["findings"], "chosen": r["pattern"] in chosen}
            for r in patterns
        ],
        "helped": "\n".join(found.get("helper_answers", [])),
        "told": "\n".join(found.get("traditional", {}).get("findings", [])),
        "muscles": forms.muscles(topic),
        "pickers": _pickers(topic, (MUSCLES,)),
        "agree": reliability(topic),
        "scales": [(r["field"], r["name"]) for r in topic["scoring"]
                   if r["field"] in words["instruments"]],
    }  # fmt: skip
    return render(request, "practice/examination.html", context, status=422 if problem else 200)


# ---- Plan ----


@require_http_methods(["GET", "HEAD", "POST"])
@unless_stopped
def plan(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Choose an option, then confirm or change each line."""
    if request.method != "POST":
        return _planned(request, desk)
    changes = forms.edits_sent(request.POST)
    sent = changes[0]
    try:
        if sent.get("action") == "choose":
            actions.choose(request, desk, sent.get("value", ""))
        elif sent.get("action") == "undo":
            actions.undo(request, desk)
        else:
            actions.edit(request, desk, changes)
    except InputError as error:
        return _planned(request, desk, str(error), sent)
    return redirect("practice-plan")


def _planned(
    request: HttpRequest, desk: Desk, problem: str = "", sent: dict[str, str] | None = None
) -> HttpResponse:
    made, topic = desk.record.plan(date.today()), desk.topic
    options = [
        {"id": o.id, "label": o.label, "chosen": o.id == desk.record.option,
         "status": desk.triage.options[o.id].status.replace("_", " "),
         "why": [r.text for r in desk.triage.options[o.id].reasons if r.text]}
        for o in topic.options
    ]  # fmt: skip
    context: dict[str, Any] = {
        "part": "practice", "desk": desk, "options": options, "plan": made, "problem": problem,
        "sent": sent or {}, "words": topic.texts["practice"],
    }  # fmt: skip
    if made is not None:
        page = plan_document(made)
        context |= {
            "title": page.title,
            "sections": [
                {"id": id_, "html": html} for id_, html in sections_html(page).items()
                if id_ not in {"sources", "about"}
            ],
            "items": [forms.line(item) for item in made.items],
            "to_add": _to_add(made), "pickers": _pickers(topic, _layers(made)),
            "edits": len(desk.record.edits),
        }  # fmt: skip
    return render(request, "practice/plan.html", context, status=422 if problem else 200)


def _pickers(topic: Topic, layers: tuple[str, ...]) -> list[tuple[str, str]]:
    """The body from behind and from before, to choose from."""
    known = atlas.views(topic)
    return [
        (known[view].label, sheet(topic, view, layers=layers, id=f"pick-{view}"))
        for view in (BACK, FRONT)
    ]


def _layers(made: Plan) -> tuple[str, ...]:
    """What may be chosen under an option: muscles, points or both."""
    kinds = {KINDS.get(part) for part in (made.option.parts or (made.option.id,))}
    return tuple(layer for layer, kind in ((MUSCLES, MUSCLE), (POINTS, POINT)) if kind in kinds)


def _to_add(made: Plan) -> list[tuple[str, list[tuple[str, str]]]]:
    """What may be added, by kind, in the order of the tables."""
    topic, layers, found = made.topic, _layers(made), []
    if MUSCLES in layers:
        muscles = [(f"muscle:{slug}", name) for slug, name in forms.muscles(topic)]
        found.append((_("Muscles"), muscles))
    if POINTS in layers:
        points = [(f"point:{r['code']}", f"{r['code']} {r['pinyin']}") for r in topic["points"]]
        found.append((_("Points"), points))
    beside = [(f"adjunct:{r['adjunct']}", r["label"]) for r in topic["plan_adjuncts"]]
    return [*found, (_("Besides"), beside)]


@require_safe
@unless_stopped
def patient(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The person's own copy, to read together and to print."""
    made = desk.record.plan(date.today())
    if made is None:
        return redirect("practice-plan")
    page = plan_document(made, for_whom="patient")
    context = {"part": "practice", "title": page.title, "sections": sections_html(page)}
    return render(request, "practice/patient.html", context)


@require_safe
@unless_stopped
def plan_file(request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """The plan for the practitioner or the person as PDF, or as JSON."""
    made = desk.record.plan(date.today())
    if made is None:
        return redirect("practice-plan")
    if name == "plan.json":
        return file_response(plan_json(made).encode(), "application/json", name)
    page = plan_document(made, for_whom="patient" if name == "patient.pdf" else "practitioner")
    return file_response(pdf_bytes(page), "application/pdf", name)
