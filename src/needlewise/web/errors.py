"""What a visitor reads when something is wrong: one sentence, what to do, nothing of theirs."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    return render(request, "error.html", {"title": title, "text": text}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404, _("This page does not exist"),
                 _("Check the address, or start from the first page."))  # fmt: skip


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, _("This is not allowed"), _("Start from the first page."))


def wrong(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 400, _("This could not be read"),
                 _("What was sent is too large or broken. Go back and try once more."))  # fmt: skip


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    text = _(
        "The page was open too long, or cookies are off. Nothing was changed. "
        "Allow cookies for this site, load the page again and send it once more."
    )
    return _page(request, 403, _("Please send this once more"), text)


def fault(request: HttpRequest) -> HttpResponse:
    return _page(request, 500, _("Something went wrong here"),
                 _("Your answers are kept. Try once more. "
                   "If you feel unwell, do not wait for this page: ask a clinician."))  # fmt: skip


class NotAllowedMiddleware:
    """A page for what an address does not take, where Django answers with nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content:
            return response
        page = _page(request, 405, _("This cannot be done here"), _("Start from the first page."))
        page.headers["Allow"] = response.headers["Allow"]
        return page
