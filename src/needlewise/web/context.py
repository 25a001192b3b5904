"""What every page of the site needs: who made the content, and what is past its review."""

from __future__ import annotations

from datetime import date

from django.db import DatabaseError
from django.http import HttpRequest

from needlewise.errors import InputError
from needlewise.report.public import review_due
from needlewise.report.view import signed_off
from needlewise.web.aid.visit import site_topic, visit_of


def site(request: HttpRequest) -> dict[str, object]:
    """The topic, the banner when its review is past, and how far a visit has come."""
    topic = site_topic()
    try:
        visit = visit_of(request) if hasattr(request, "session") else None
        stopped = visit is not None and visit.urgent
        comparing = visit is not None and visit.triage.comparison_shown
    except (DatabaseError, InputError):  # the page that tells of a fault must not fail again
        visit, stopped, comparing = None, True, False
    return {
        "topic": topic,
        "signed_off": signed_off(topic),
        "review_due": review_due(topic, date.today()),
        "visiting": visit is not None,
        "stopped": stopped,
        "comparing": comparing,
    }
