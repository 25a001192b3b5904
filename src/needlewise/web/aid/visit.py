"""Who is here: the answers of one session, and what follows from them. Reads; `actions` writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from needlewise.choice import Comparison, compare
from needlewise.outlook import look_ahead
from needlewise.person import Person, Triage, triage
from needlewise.topic import Topic, load_topic

URGENT = {"emergency", "urgent"}


@cache
def site_topic() -> Topic:
    """The topic the site is about, read once."""
    return load_topic(settings.TOPIC)


@dataclass(frozen=True)
class Visit:
    """One person's answers as they stand, and whether open questions were asked once more."""

    answers: Mapping[str, Any]
    asked_again: bool

    @property
    def topic(self) -> Topic:
        return site_topic()

    @cached_property
    def person(self) -> Person:
        return Person.from_mapping(self.answers, self.topic)

    @cached_property
    def triage(self) -> Triage:
        return triage(self.topic, self.person)

    @cached_property
    def comparison(self) -> Comparison:
        return compare(look_ahead(self.topic, None, self.person, safe=self.triage))

    @property
    def urgent(self) -> bool:
        """Whether the answers given so far already need help now, whatever is still open."""
        return self.triage.outcome in URGENT


def visit_of(request: HttpRequest) -> Visit | None:
    """The visit of this session, None where none has begun or it has ended."""
    answers = request.session.get("answers")
    if not isinstance(answers, dict):
        return None
    known: Visit | None = getattr(request, "visit", None)
    if known is None or known.answers is not answers:
        known = Visit(answers, bool(request.session.get("asked_again", False)))
        request.visit = known
    return known


_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")


def typed(text: str) -> str:
    """What was typed without control characters, which no page can show."""
    return _UNSEEN.sub("", text)


View = Callable[..., HttpResponse]


def with_visit(view: View) -> View:
    """Hand the visit to a view; without one the person starts at the beginning."""

    @wraps(view)
    def found(request: HttpRequest, **kwargs: str) -> HttpResponse:
        visit = visit_of(request)
        if visit is None:
            return redirect("start")
        # A body that is no form of ours would read as every question left open.
        if request.method == "POST" and "csrfmiddlewaretoken" not in request.POST:
            raise BadRequest
        return view(request, visit, **kwargs)

    return found


def unless_stopped(view: View) -> View:
    """As `with_visit`; after a stop only the stop page is left, whatever address is typed."""

    @with_visit
    @wraps(view)
    def open_(request: HttpRequest, visit: Visit, **kwargs: str) -> HttpResponse:
        if visit.triage.stopped:
            return redirect("stop")
        return view(request, visit, **kwargs)

    return open_


def not_while_stopped(view: View) -> View:
    """For public pages: somebody who must get help now is not sent to read about needles."""

    @wraps(view)
    def open_(request: HttpRequest, **kwargs: str) -> HttpResponse:
        visit = visit_of(request)
        if visit is not None and visit.urgent:
            return redirect("stop")
        return view(request, **kwargs)

    return open_
