"""The comparison, the trail of each number, the sheet and its files, and the stop page."""

from __future__ import annotations

import json
from functools import cache
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from needlewise import report
from needlewise.errors import InputError
from needlewise.report.as_html import sections_html
from needlewise.report.explain import explanation
from needlewise.report.view import KEPT, document
from needlewise.web.aid.questions import open_pages
from needlewise.web.aid.visit import Visit, unless_stopped, with_visit

# What a sheet for the visit needs; the PDF has all of it.
ON_SHEET = {"who", "answer", "picture", "needle", "downsides", "takes", "limits", "values", "next",
            "about"}  # fmt: skip
# Long background stands folded below the answer; the sheet has it all.
FOLDED = {"practice", "heard", "gaps", "glossary", "sources", "sure", "usual", "guidelines"}


@cache
def _start_of_trails() -> str:
    return reverse("how", args=["x"]).removesuffix("x/")


def trail(number: str) -> str:
    """The address that says where a number comes from."""
    return f"{_start_of_trails()}{quote(number, safe='.-')}/"


@require_safe
@unless_stopped
def compare(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The comparison page, for one outcome and horizon of the picture (plain links switch)."""
    settings = visit.topic.settings
    weeks = {f"{float(h['week']):g}": str(h["label"]) for h in settings["horizons"]}
    outcomes = {o: str(s["label"]) for o, s in settings["outcomes"].items() if s["pooled"]}
    week = request.GET.get("weeks", f"{float(settings['primary']['week']):g}")
    outcome = request.GET.get("outcome", str(settings["primary"]["outcome"]))
    if week not in weeks or outcome not in outcomes:
        raise Http404
    page = document(visit.comparison, week=float(week), outcome=outcome)
    sections = sections_html(page, trail, KEPT)
    titles = {s.id: s.title for s in page.sections} | {
        "sources": _("Sources"), "about": _("About this page")
    }  # fmt: skip
    context = {
        "part": "compare",
        "title": page.title,
        "sections": [
            {"id": id_, "title": titles.get(id_, ""), "html": html, "folded": id_ in FOLDED}
            for id_, html in sections.items() if html
        ],
        "closed": [visit.topic.option(o).label for o, s in visit.triage.options.items()
                   if s.status not in {"available", "precaution"}],
        "weeks": weeks, "outcomes": outcomes, "week": week, "outcome": outcome,
    }  # fmt: skip
    return render(request, "aid/compare.html", context)


@require_safe
@unless_stopped
def how(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    """How we know a number: formula, inputs, rows, weights, sources, assumptions."""
    try:
        shown, parts = explanation(visit.comparison, number)
    except InputError:
        raise Http404 from None
    return render(
        request,
        "aid/how.html",
        {"part": "compare", "number": number, "shown": shown, "parts": parts},
    )


@require_safe
@unless_stopped
def sheet(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What to take to the visit, on one page to print."""
    week = float(visit.topic.settings["primary"]["week"])
    page = document(visit.comparison, week=week)
    sections = {
        id_: html for id_, html in sections_html(page, trail, KEPT).items() if id_ in ON_SHEET
    }
    context = {"part": "sheet", "title": page.title, "page": page, "sections": sections}
    return render(request, "aid/sheet.html", context)


@require_safe
@unless_stopped
def comparison_json(request: HttpRequest, visit: Visit) -> HttpResponse:
    return _file(report.json(visit.comparison).encode(), "application/json", "comparison.json")


@require_safe
@with_visit
def answers_json(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The answers as a file that can be brought back, also after a stop."""
    text = json.dumps(json.loads(visit.person.canonical), indent=1, ensure_ascii=False) + "\n"
    return _file(text.encode(), "application/json", "your-answers.json")


@require_safe
@with_visit
def pdf(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The sheet, or after a stop the note for the clinician, as PDF."""
    name = "note-for-the-clinician.pdf" if visit.triage.stopped else "your-sheet.pdf"
    return _file(report.pdf_bytes(visit.comparison), "application/pdf", name)


@require_safe
@with_visit
def stop(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What to do now, and the note to print. Open questions are asked once more, then handed on."""
    if not visit.triage.stopped:
        return redirect("compare")
    page = document(visit.comparison)
    first, *rest = sections_html(page, trail, KEPT).items()
    open_ = [] if visit.urgent else open_pages(visit)
    context = {
        "title": page.title,
        "subtitle": page.subtitle,
        "first": first[1],
        "rest": [html for id_, html in rest if id_ != "sources"],
        "clarify": not visit.urgent,
        "open": open_,
        "once_more": open_ and not visit.asked_again,
    }
    return render(request, "aid/stop.html", context)


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
