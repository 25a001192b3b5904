"""The questions, one group a page, back and forward; an alarm stops at once."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from needlewise.person.pages import Form, Page, load_pages, page_of
from needlewise.report.body_map import body_map
from needlewise.web.aid import actions
from needlewise.web.aid.visit import Visit, typed, with_visit


@require_safe
@with_visit
def first(request: HttpRequest, visit: Visit) -> HttpResponse:
    return redirect("questions", Form(visit.topic, visit.answers).pages()[0].id)


@require_http_methods(["GET", "HEAD", "POST"])
@with_visit
def questions(request: HttpRequest, visit: Visit, page_id: str) -> HttpResponse:
    """One page of questions; what is sent is kept, and what is wrong is shown as it was typed."""
    page = next((p for p in load_pages(visit.topic) if p.id == page_id), None)
    if page is None:
        raise Http404
    form = Form(visit.topic, visit.answers)
    if request.method != "POST":
        return _shown(request, visit, form, page)
    sent = {name: [typed(str(v)) for v in values] for name, values in request.POST.lists()}
    go = request.POST.get("go", "next")
    answers, problems = form.take(page, sent, rest="no" if go == "rest" and page.signs else "")
    if problems:
        return _shown(request, visit, form, page, sent, problems)
    actions.keep(request, answers)
    if Visit(answers, visit.asked_again).urgent:
        return redirect("stop")
    before, form = set(form.shown(page)), Form(visit.topic, answers)
    if go != "back" and set(form.shown(page)) - before:  # an answer opened a further question
        return redirect("questions", page.id)
    return _onward(form, page, go)


def _onward(form: Form, page: Page, go: str) -> HttpResponse:
    pages = [p.id for p in form.pages()]
    order = [p.id for p in load_pages(form.topic)]
    at = order.index(page.id)
    if go == "back":
        earlier = [p for p in order[:at] if p in pages]
        return redirect("questions", earlier[-1]) if earlier else redirect("start")
    later = [p for p in order[at + 1 :] if p in pages]
    return redirect("questions", later[0]) if later else redirect("compare")


def _shown(
    request: HttpRequest,
    visit: Visit,
    form: Form,
    page: Page,
    sent: dict[str, list[str]] | None = None,
    problems: dict[str, str] | None = None,
) -> HttpResponse:
    pages = form.pages()
    controls = form.controls(page, sent, problems)
    here = [p.id for p in pages].index(page.id) + 1 if page in pages else len(pages)
    body = next((c for c in controls if c.kind == "body"), None)
    context = {
        "part": "questions",
        "page": page,
        "controls": [c for c in controls if not c.folded],
        "more": [c for c in controls if c.folded],
        "more_open": any(c.error or c.text or any(o.chosen for o in c.options)
                         for c in controls if c.folded),
        "problems": [c for c in controls if c.error],
        "step": here,
        "steps": len(pages),
        "body_map": body and body_map(
            visit.topic, [o.value for o in body.options if o.chosen], name="body"
        ),
    }  # fmt: skip
    return render(request, "aid/questions.html", context, status=422 if problems else 200)


@require_POST
@with_visit
def again(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The open safety questions once more, from the first page that holds one."""
    actions.ask_again(request)
    open_ = open_pages(visit)
    return redirect("questions", open_[0].id) if open_ else redirect("compare")


def open_pages(visit: Visit) -> list[Page]:
    """The pages that hold a question for want of which the safety check stops, in order."""
    reasons = [r for r in visit.triage.reasons if r.id == "unknown_answer"]
    fields = {answer.partition(" = ")[0] for r in reasons for answer in r.answers}
    found = {p.id for p in (page_of(visit.topic, field) for field in fields) if p is not None}
    return [page for page in load_pages(visit.topic) if page.id in found]
