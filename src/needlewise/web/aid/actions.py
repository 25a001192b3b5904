"""All that writes: a visit begins, its answers are kept, and it ends and is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from needlewise.web.aid.sweep import sweep


def begin(request: HttpRequest, answers: Mapping[str, Any] | None = None) -> None:
    """A new visit under a new key, empty or with answers brought along; an older one is deleted."""
    request.session.flush()
    request.session["answers"] = dict(answers or {})


def keep(request: HttpRequest, answers: Mapping[str, Any]) -> None:
    """Keep the answers; the two hours start anew."""
    request.session["answers"] = dict(answers)


def ask_again(request: HttpRequest) -> None:
    """Remember that the open safety questions are asked once more."""
    request.session["asked_again"] = True


def end(request: HttpRequest) -> None:
    """Delete the visit, not only let it expire."""
    request.session.flush()
    sweep()
