"""The first page: what this is, begin, bring your answers along, end."""

from __future__ import annotations

import json
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from needlewise.errors import InputError
from needlewise.person import Person
from needlewise.person.reading import LARGEST_FILE, answers_in
from needlewise.web.aid import actions
from needlewise.web.aid.visit import site_topic, visit_of

# What an error says to somebody at a terminal.
IN_TERMINAL = "; `needlewise person fields` lists them all"


def _urgent() -> dict[str, object]:
    """What cannot wait, in the topic's own words."""
    return {"urgent": site_topic().texts["triage_texts"]["safety_net"]}


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return render(request, "aid/start.html", _urgent())


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    actions.begin(request)
    return redirect("first")


@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    """Go on with answers from a file; a file that cannot be used changes nothing."""
    file = request.FILES.get("answers")
    try:
        answers = _read(request, file)
    except InputError as error:
        page = {**_urgent(), "problem": str(error).replace(IN_TERMINAL, "")}
        return render(request, "aid/start.html", page, status=400)
    actions.begin(request, answers)
    return redirect("check")


def _read(request: HttpRequest, file: UploadedFile | None) -> dict[str, object]:
    """The answers of an uploaded file, checked. Raises InputError."""
    if file is None and int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_FILE:
        raise InputError(_("This file is larger than 1 MB, too large for one person's answers."))
    if file is None:
        raise InputError(_("Choose the file with your answers first."))
    if (file.size or 0) > LARGEST_FILE:
        raise InputError(_("This file is larger than 1 MB, too large for one person's answers."))
    toml = (file.name or "").casefold().endswith(".toml")
    name = Path("your-answers.toml" if toml else "your-answers.json")
    answers = answers_in(file.read(), name, _("choose the file you saved here"))
    if "comparison" in answers and "outlook" in answers:
        raise InputError(
            _("This file holds a comparison, not answers: use the file your-answers.json.")
        )
    person = Person.from_mapping(answers, site_topic())
    found: dict[str, object] = json.loads(person.canonical)
    return found


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    actions.end(request)
    return render(request, "aid/ended.html")


@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """Where somebody goes on who brought answers: the comparison, or what is still open."""
    return redirect("start" if visit_of(request) is None else "compare")
