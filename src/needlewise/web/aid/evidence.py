"""The public evidence pages: trials with their numbers, pictures, claims, guidelines, methods."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from needlewise.errors import InputError
from needlewise.evidence import audience_all, audience_default
from needlewise.report import public
from needlewise.report.as_html import sections_html
from needlewise.report.document import Document, Section
from needlewise.report.figures import Figure, forest, network_graph
from needlewise.report.figures.stored import from_json, to_json
from needlewise.synthesis.base import evidence_base
from needlewise.web.aid.visit import not_while_stopped, site_topic

PAGES = {
    "guidelines": public.guidelines_page,
    "claims": public.claims_page,
    "standards": public.standards_page,
    "methods": public.methods_page,
    "about": public.about_page,
}
NETWORK = "network"


def warm() -> None:
    """Fit the networks before the first visitor comes."""
    topic = site_topic()
    for outcome in _outcomes():
        for audience in (audience_default(topic), audience_all(topic)):
            evidence_base(topic).effects(outcome, audience)


def draw_all() -> None:
    """Draw every picture that is not there yet; it takes seconds, once for each content."""
    for outcome in _outcomes():
        for picture in _pictures():
            _figure(outcome, picture)


def _pictures() -> list[str]:
    """Every picture of an outcome by name: of ordinary pain and of all conditions, in turn."""
    horizons = site_topic().settings["horizons"]
    names = [NETWORK, *(f"forest-{float(h['week']):g}" for h in horizons)]
    return [picture for name in names for picture in (name, f"{name}-all")]


def _outcomes() -> dict[str, str]:
    settings = site_topic().settings
    return {o: str(s["label"]) for o, s in settings["outcomes"].items() if s["pooled"]}


@cache
def _page(name: str) -> tuple[Document, dict[str, str]]:
    page = PAGES[name](site_topic())
    return page, sections_html(page)


@cache
def _trial(study: str) -> tuple[Document, dict[str, str]]:
    page = public.trial_page(site_topic(), study)
    return page, sections_html(page)


def _blocks(*sections: Section) -> dict[str, str]:
    return sections_html(Document("", (), sections, ()))


@cache
def _tables(outcome: str) -> dict[str, str]:
    topic = site_topic()
    return _blocks(public.trials_used(topic, outcome), public.trials_left_out(topic, outcome))


@cache
def _trials(outcome: str) -> tuple[tuple[str, str], ...]:
    """Address and label of every trial with a row about an outcome, by label."""
    topic = site_topic()
    about = {
        row["study_id"]
        for table in ("arm_results", "contrast_results")
        for row in topic[table]
        if row["outcome"] == outcome
    }
    rows = sorted((r for r in topic["studies"] if r["study_id"] in about), key=lambda r: r["label"])
    return tuple((reverse("trial", args=[r["study_id"]]), r["label"]) for r in rows)


@cache
def _figure(outcome: str, picture: str) -> Figure | None:
    """A picture by its name: "network", "forest-13"; with "-all" of trials in all conditions."""
    if picture not in _pictures():
        return None
    topic = site_topic()
    stored = settings.DATA / "pictures" / topic.hash / f"{outcome}-{picture}.json"
    try:
        return from_json(stored.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError):  # not drawn yet, or half written
        pass
    name, everyone = picture.removesuffix("-all"), picture.endswith("-all")
    audience = audience_all(topic) if everyone else audience_default(topic)
    effects = evidence_base(topic).effects(outcome, audience)
    if effects is None:
        return None
    figure = (
        network_graph(effects.network)
        if name == NETWORK
        else forest(effects, float(name.removeprefix("forest-")))
    )
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_text(to_json(figure), "utf-8")
    return figure


@require_safe
@not_while_stopped
def overview(request: HttpRequest) -> HttpResponse:
    return render(request, "evidence/overview.html", {"part": "evidence", "outcomes": _outcomes()})


@require_safe
@not_while_stopped
def outcome(request: HttpRequest, outcome: str) -> HttpResponse:
    """Pictures and tables of one outcome."""
    if outcome not in _outcomes():
        raise Http404
    pictures = []
    for picture in _pictures():
        figure = _figure(outcome, picture)
        if figure is not None:
            address = reverse("evidence-picture", args=[outcome, picture])
            tables = _blocks(Section(f"table-{picture}", "", figure.tables))
            pictures.append({"address": address, "figure": figure, "id": picture, "tables": tables})
    context = {
        "part": "evidence", "label": _outcomes()[outcome], "pictures": pictures,
        "tables": _tables(outcome), "trials": _trials(outcome),
    }  # fmt: skip
    return render(request, "evidence/outcome.html", context)


@require_safe
@not_while_stopped
def picture(request: HttpRequest, outcome: str, picture: str) -> HttpResponse:
    if outcome not in _outcomes():
        raise Http404
    figure = _figure(outcome, picture)
    if figure is None:
        raise Http404
    return HttpResponse(figure.svg, content_type="image/svg+xml; charset=utf-8")


@require_safe
@not_while_stopped
def trial(request: HttpRequest, study: str) -> HttpResponse:
    """One trial: its arms, every row the pack has of it, and its source."""
    try:
        page, sections = _trial(study)
    except InputError:
        raise Http404 from None
    return render(
        request, "evidence/page.html", {"part": "evidence", "page": page, "sections": sections}
    )


@require_safe
@not_while_stopped
def page(request: HttpRequest, page: str) -> HttpResponse:
    """Claims, guidelines, methods, the standards met, and who made this."""
    if page not in PAGES:
        raise Http404
    shown, sections = _page(page)
    part = "about" if page == "about" else "evidence"
    return render(
        request, "evidence/page.html", {"part": part, "page": shown, "sections": sections}
    )
