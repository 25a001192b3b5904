"""The record on the desk: of this session, and what follows from it. Reads; `actions` writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, wraps
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from needlewise.followup import Record
from needlewise.person import Triage
from needlewise.topic import Topic
from needlewise.web.aid.visit import site_topic


@dataclass(frozen=True)
class Desk:
    """One record as it stands, and whether something of it is not saved to a file yet."""

    mapping: Mapping[str, Any]
    unsaved: bool

    @property
    def topic(self) -> Topic:
        return site_topic()

    @cached_property
    def record(self) -> Record:
        return Record.from_mapping(self.mapping, self.topic)

    @cached_property
    def triage(self) -> Triage:
        """The safety check of answers, examination and course, as of today."""
        return self.record.triage(date.today())


def desk_of(request: HttpRequest) -> Desk | None:
    """The desk of this session, None where nothing is open."""
    mapping = request.session.get("record")
    if not isinstance(mapping, dict):
        return None
    return Desk(mapping, bool(request.session.get("record_unsaved", False)))


View = Callable[..., HttpResponse]


def with_desk(view: View) -> View:
    """Hand the desk to a view; without one a file is opened first."""

    @wraps(view)
    def found(request: HttpRequest, **kwargs: str) -> HttpResponse:
        desk = desk_of(request)
        if desk is None:
            return redirect("practice")
        if request.method == "POST" and "csrfmiddlewaretoken" not in request.POST:
            raise BadRequest
        return view(request, desk, **kwargs)

    return found


def unless_stopped(view: View) -> View:
    """As `with_desk`; after a stop nothing of treatment is shown, whatever address is typed."""

    @with_desk
    @wraps(view)
    def open_(request: HttpRequest, desk: Desk, **kwargs: str) -> HttpResponse:
        if desk.triage.stopped:
            return redirect("practice-stop")
        return view(request, desk, **kwargs)

    return open_


def file_response(content: bytes, kind: str, name: str) -> HttpResponse:
    """A file to take along."""
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
