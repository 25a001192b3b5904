"""Whether the site can serve: the database answers and the topic is loaded."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from needlewise.web.aid.visit import site_topic


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 with the content's version and hash, or 503 with what is wrong."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    topic = site_topic()
    return JsonResponse({"status": "ok", "content": topic.version, "hash": topic.hash})
