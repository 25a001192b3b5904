"""The public atlas: views with layers, search, and what the pack says of each point and muscle."""

from __future__ import annotations

from functools import cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from needlewise.plan import atlas
from needlewise.plan.items import POINT
from needlewise.report.as_html import sections_html
from needlewise.report.atlas_page import target_page
from needlewise.report.atlas_scene import LABELS, LAYERS, MARKED, POINTS
from needlewise.report.atlas_view import sheet
from needlewise.web.aid.visit import not_while_stopped, site_topic, typed

LONGEST = 60  # letters of a search


@require_safe
@not_while_stopped
def view(request: HttpRequest, name: str = "back") -> HttpResponse:
    """One view; `layer` may stand several times, `q` looks for a point or muscle."""
    topic = site_topic()
    known = atlas.views(topic)
    chosen = request.GET.getlist("layer") or [POINTS, LABELS]
    if name not in known or not set(chosen) <= set(LAYERS):
        raise Http404
    looked_for = typed(request.GET.get("q", ""))[:LONGEST]
    words = topic.texts["atlas"]["layers"]
    context = {
        "part": "atlas", "view": known[name], "views": known,
        "picture": _sheet(name, tuple(sorted(set(chosen)))),
        "layers": [(layer, words[layer], layer in chosen) for layer in LAYERS],
        "q": looked_for, "found": atlas.find(topic, looked_for) if looked_for else None,
        "points": [(r["code"], r["pinyin"], r["english"]) for r in topic["points"]],
        "muscles": [(r["slug"], r["muscle"]) for r in topic["muscles"]],
        "unplaced": atlas.not_placed(topic),
    }  # fmt: skip
    return render(request, "practice/atlas.html", context)


@cache
def _sheet(name: str, layers: tuple[str, ...]) -> str:
    return sheet(site_topic(), name, layers=layers)


@require_safe
@not_while_stopped
def target(request: HttpRequest, kind: str, ref: str) -> HttpResponse:
    """What the pack says of one point or muscle, with its source."""
    topic = site_topic()
    table, column = ("points", "code") if kind == POINT else ("muscles", "slug")
    if ref not in topic[table].by(column):
        raise Http404
    page = target_page(topic, kind, ref)
    where = None
    if ref not in atlas.not_placed(topic):
        place = atlas.place_of(topic, ref)
        marked = {(one.ref, one.side): MARKED for one in atlas.places_of(topic, ref)}
        where = sheet(topic, place.aspect, layers=(), marked=marked)
    context = {"part": "atlas", "page": page, "sections": sections_html(page), "picture": where}
    return render(request, "practice/target.html", context)
