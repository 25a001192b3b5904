"""The practitioner's pages: open, examine, plan, sessions, review, save."""

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
from needlewise.followup import review
from needlewise.person.reading import LARGEST_FILE, answers_in
from needlewise.plan import Plan, make_plan
from needlewise.plan.readings import reliability
from needlewise.report.as_html import sections_html
from needlewise.report.as_pdf import pdf_bytes
from needlewise.report.atlas_scene import MUSCLES
from needlewise.report.atlas_view import sheet
from needlewise.report.body_map import body_map
from needlewise.report.document import Document
from needlewise.report.plan_json import plan_json
from needlewise.report.plan_view import plan_document
from needlewise.report.review_json import review_json
from needlewise.report.review_view import review_document
from needlewise.report.view import document
from needlewise.web.aid.visit import visit_of
from needlewise.web.practice import actions, forms
from needlewise.web.practice.desk import Desk, desk_of, unless_stopped, with_desk

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
        actions.open_record(request, _read(request))
    except InputError as error:
        return _overview(request, str(error))
    return redirect("practice")


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
    actions.open_record(request, {"person": json.loads(visit.person.canonical)})
    return redirect("practice")


@require_POST
@with_desk
def save(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The record as a file to take along."""
    actions.saved(request)
    return _file(desk.record.to_json().encode(), "application/json", RECORD)


@require_POST
@with_desk
def close(request: HttpRequest, desk: Desk) -> HttpResponse:
    actions.close(request)
    return redirect("practice")


@require_safe
@with_desk
def stop(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What to do now; nothing of treatment."""
    if not desk.triage.stopped:
        return redirect("practice")
    plan = make_plan(desk.topic, desk.record.person, desk.record.examination, "no-needling")
    return _stopped(request, document(plan.comparison))


def _stopped(request: HttpRequest, page: Document) -> HttpResponse:
    sections = [html for id_, html in sections_html(page).items() if id_ != "sources"]
    context = {"part": "practice", "title": page.title, "sections": sections}
    return render(request, "practice/stop.html", context)


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
        "part": "practice", "problem": problem, "found": found, "person": person, "words": words,
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
        "picker": sheet(topic, "back", layers=(MUSCLES,), id="pick"),
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
    sent = forms.edit_sent(request.POST)
    try:
        if sent.get("action") == "choose":
            actions.choose(request, desk, sent.get("value", ""))
        elif sent.get("action") == "undo":
            actions.undo(request, desk)
        else:
            actions.edit(request, desk, sent)
    except InputError as error:
        return _planned(request, desk, str(error), sent)
    return redirect("practice-plan")


def _planned(
    request: HttpRequest, desk: Desk, problem: str = "", sent: dict[str, str] | None = None
) -> HttpResponse:
    made, topic = desk.record.plan(), desk.topic
    options = [
        {"id": o.id, "label": o.label, "chosen": o.id == desk.record.option,
         "status": desk.triage.options[o.id].status.replace("_", " "),
         "why": [r.text for r in desk.triage.options[o.id].reasons if r.text]}
        for o in topic.options
    ]  # fmt: skip
    context: dict[str, Any] = {
        "part": "practice", "options": options, "plan": made, "problem": problem,
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
            "items": [_line(item) for item in made.items],
            "to_add": _to_add(made),
            "edits": len(desk.record.edits),
        }  # fmt: skip
    return render(request, "practice/plan.html", context, status=422 if problem else 200)


def _line(item: Any) -> dict[str, Any]:
    side = f" ({item.target.side})" if item.target.side else ""
    return {"id": item.id, "name": f"{item.name}{side}", "confirmed": item.confirmed,
            "needled": item.needled, "depth": item.depth, "forced": item.forced}  # fmt: skip


def _to_add(made: Plan) -> list[tuple[str, list[tuple[str, str]]]]:
    """What may be added, by kind, in the order of the tables."""
    topic, parts = made.topic, made.option.parts or (made.option.id,)
    found = []
    if "dry-needling" in parts:
        muscles = [(f"muscle:{slug}", name) for slug, name in forms.muscles(topic)]
        found.append((_("Muscles"), muscles))
    if {"acupuncture", "electroacupuncture"} & set(parts):
        points = [(f"point:{r['code']}", f"{r['code']} {r['pinyin']}") for r in topic["points"]]
        found.append((_("Points"), points))
    beside = [(f"adjunct:{r['adjunct']}", r["label"]) for r in topic["plan_adjuncts"]]
    return [*found, (_("Besides"), beside)]


@require_safe
@unless_stopped
def patient(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The person's own copy, to read together and to print."""
    made = desk.record.plan()
    if made is None:
        return redirect("practice-plan")
    page = plan_document(made, for_whom="patient")
    context = {"part": "practice", "title": page.title, "sections": sections_html(page)}
    return render(request, "practice/patient.html", context)


@require_safe
@unless_stopped
def plan_file(request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """The plan for the practitioner or the person as PDF, or as JSON."""
    made = desk.record.plan()
    if made is None:
        return redirect("practice-plan")
    if name == "plan.json":
        return _file(plan_json(made).encode(), "application/json", name)
    page = plan_document(made, for_whom="patient" if name == "patient.pdf" else "practitioner")
    return _file(pdf_bytes(page), "application/pdf", name)


# ---- Sessions and review ----


@require_http_methods(["GET", "HEAD", "POST"])
@unless_stopped
def sessions(request: HttpRequest, desk: Desk) -> HttpResponse:
    """One session a form; an event opens the safety check at once."""
    if not desk.record.option:
        return redirect("practice-plan")
    if request.method != "POST":
        return _sessions(request, desk)
    if forms.one(request.POST, "action") == "drop":
        place = forms.one(request.POST, "place")
        if place.isascii() and place.isdigit():
            actions.drop(request, desk, forms.one(request.POST, "list"), int(place))
        return redirect("practice-sessions")
    sent = forms.session_sent(request.POST)
    try:
        actions.note(request, desk, sent)
    except InputError as error:
        return _sessions(request, desk, str(error))
    return redirect("practice-review" if "event" in sent else "practice-sessions")


def _sessions(request: HttpRequest, desk: Desk, problem: str = "") -> HttpResponse:
    made, topic = desk.record.plan(), desk.topic
    course = desk.mapping.get("course", {})
    events = {r["term"]: r["label"] for r in topic["terms"]
              if r["list"] == "events" and r["term"] not in {"none", "unknown"}}  # fmt: skip
    context = {
        "part": "practice", "problem": problem, "today": f"{date.today()}",
        "items": [_line(item) for item in (made.items if made else ())],
        "events": events, "grades": topic.texts["practice"]["grades"],
        "sessions": course.get("session", []), "scores": course.get("score", []),
        "noted": course.get("event", []), "sent": request.POST if problem else {},
    }  # fmt: skip
    return render(request, "practice/sessions.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@with_desk
def review_page(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What the scores show, and the decision, which alone carries the course on."""
    record = desk.record
    if record.course is None:
        return redirect("practice-sessions")
    problem = ""
    if request.method == "POST":
        sent = forms.decision_sent(request.POST)
        try:
            actions.note(request, desk, {"decision": sent})
        except InputError as error:
            problem = str(error)
        else:
            other = sent.get("option", "")
            if sent["choice"] == "change" and other and other != record.option:
                fresh = desk_of(request)
                assert fresh is not None
                actions.switch(request, fresh, other)
                return redirect("practice-plan")
            return redirect("practice-review")
    found = review(desk.topic, record.person, record.course, today=date.today())
    page = review_document(found)
    if found.stopped:
        return _stopped(request, page)
    context = {
        "part": "practice", "title": page.title, "problem": problem, "today": f"{date.today()}",
        "sections": [html for id_, html in sections_html(page).items()
                     if id_ not in {"sources", "about"}],
        "choices": desk.topic.texts["practice"]["choices"], "options": desk.topic.options,
        "sent": request.POST if problem else {},
    }  # fmt: skip
    return render(request, "practice/review.html", context, status=422 if problem else 200)


@require_safe
@with_desk
def review_file(request: HttpRequest, desk: Desk, name: str) -> HttpResponse:
    """The review as PDF or as JSON."""
    record = desk.record
    if record.course is None:
        return redirect("practice-sessions")
    found = review(desk.topic, record.person, record.course, today=date.today())
    if name == "review.json":
        return _file(review_json(found).encode(), "application/json", name)
    return _file(pdf_bytes(review_document(found)), "application/pdf", name)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
