"""The pages of a course: sessions, what was noted, review, and the stop."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from needlewise.errors import InputError
from needlewise.plan import make_plan
from needlewise.report.as_html import sections_html
from needlewise.report.as_pdf import pdf_bytes
from needlewise.report.review_json import review_json
from needlewise.report.review_view import review_document
from needlewise.report.view import document
from needlewise.web.practice import actions, forms
from needlewise.web.practice.desk import Desk, desk_of, file_response, unless_stopped, with_desk

# ---- Stop, and what was noted ----


@require_safe
@with_desk
def stop(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What to do now; nothing of treatment."""
    if not desk.triage.stopped:
        return redirect("practice")
    return _stopped(request, desk)


def _stopped(request: HttpRequest, desk: Desk, problem: str = "") -> HttpResponse:
    looked_back = desk.record.review(date.today())
    if looked_back is not None:
        page = review_document(looked_back)
    else:
        stopped = make_plan(desk.topic, desk.record.person, desk.record.examination, "no-needling")
        page = document(stopped.comparison)
    sections = [html for id_, html in sections_html(page).items() if id_ != "sources"]
    context = {
        "part": "practice", "title": page.title, "sections": sections, "problem": problem,
        "stopped": True, "today": f"{date.today()}", **_noted(desk),
    }  # fmt: skip
    return render(request, "practice/stop.html", context, status=422 if problem else 200)


def _typed(value: Any) -> Any:
    """A score as it was typed: 4.25, not 4.2500, and 6, not 6.0."""
    return f"{value:g}" if isinstance(value, float) else value


def _noted(desk: Desk) -> dict[str, Any]:
    """What the course holds so far, each entry with its place in the record."""
    course = desk.mapping.get("course", {})
    labels = {r["term"]: r["label"] for r in desk.topic["terms"] if r["list"] == "events"}
    return {
        "desk": desk,
        "sessions": course.get("session", []),
        "scores": [{n: _typed(v) for n, v in one.items()} for one in course.get("score", [])],
        "noted": [{**e, "label": labels.get(e.get("kind", ""), e.get("kind", ""))}
                  for e in course.get("event", [])],
    }  # fmt: skip


@require_POST
@with_desk
def noted(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take an entry out, say that a clinician has seen an event, or add a later score.

    Open after a stop too: a slip of the hand must not close a course for good.
    """
    action, place = forms.one(request.POST, "action"), forms.one(request.POST, "place")
    number = int(place) if place.isascii() and place.isdigit() and len(place) < 5 else -1
    try:
        if action == "drop":
            actions.drop(request, desk, forms.one(request.POST, "list"), number)
        elif action == "seen":
            actions.seen(request, desk, number, forms.one(request.POST, "seen_by"))
        elif action == "score":
            sent = forms.session_sent(request.POST)
            actions.note(request, desk, {k: v for k, v in sent.items() if k == "score"})
    except InputError as error:
        if desk.triage.stopped:
            return _stopped(request, desk, str(error))
        return _sessions(request, desk, str(error))
    fresh = desk_of(request)
    stopped = fresh is not None and fresh.triage.stopped
    return redirect("practice-stop" if stopped else "practice-sessions")


# ---- Sessions and review ----


@require_http_methods(["GET", "HEAD", "POST"])
@unless_stopped
def sessions(request: HttpRequest, desk: Desk) -> HttpResponse:
    """One session a form; an event opens the safety check at once."""
    if not desk.record.option:
        return redirect("practice-plan")
    if request.method != "POST":
        return _sessions(request, desk)
    sent = forms.session_sent(request.POST)
    try:
        actions.note(request, desk, sent)
    except InputError as error:
        return _sessions(request, desk, str(error))
    return redirect("practice-review" if "event" in sent else "practice-sessions")


def _sessions(request: HttpRequest, desk: Desk, problem: str = "") -> HttpResponse:
    made, topic = desk.record.plan(date.today()), desk.topic
    events = {r["term"]: r["label"] for r in topic["terms"]
              if r["list"] == "events" and r["term"] not in {"none", "unknown"}}  # fmt: skip
    context = {
        "part": "practice", "problem": problem, "today": f"{date.today()}",
        "items": [forms.line(item) for item in (made.items if made else ())],
        "events": events, "grades": topic.texts["practice"]["grades"],
        "sent": forms.as_typed(request.POST) if problem else {}, **_noted(desk),
    }  # fmt: skip
    return render(request, "practice/sessions.html", context, status=422 if problem else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@unless_stopped
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
    found = record.review(date.today())
    assert found is not None
    page = review_document(found)
    context = {
        "desk": desk,
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
    """The review as PDF or as JSON; after a stop it holds what to do now and nothing else."""
    found = desk.record.review(date.today())
    if found is None:
        return redirect("practice-sessions")
    if name == "review.json":
        return file_response(review_json(found).encode(), "application/json", name)
    return file_response(pdf_bytes(review_document(found)), "application/pdf", name)
