"""Every address of the site. Nothing about a person stands in one."""

from __future__ import annotations

from django.urls import path, re_path

from needlewise.web import health
from needlewise.web.aid import compare, evidence, questions, start, values
from needlewise.web.practice import atlas, course, views

urlpatterns = [
    path("", start.start, name="start"),
    path("begin/", start.begin, name="begin"),
    path("resume/", start.resume, name="resume"),
    path("end/", start.end, name="end"),
    path("check/", start.check, name="check"),
    path("questions/", questions.first, name="first"),
    path("questions/again/", questions.again, name="again"),
    path("questions/<slug:page_id>/", questions.questions, name="questions"),
    path("stop/", compare.stop, name="stop"),
    path("compare/", compare.compare, name="compare"),
    path("compare/how/<str:number>/", compare.how, name="how"),
    path("values/", values.values, name="values"),
    path("sheet/", compare.sheet, name="sheet"),
    path("sheet/your-sheet.pdf", compare.pdf, name="pdf"),
    path("sheet/comparison.json", compare.comparison_json, name="comparison-json"),
    path("sheet/your-answers.json", compare.answers_json, name="answers-json"),
    path("evidence/", evidence.overview, name="evidence"),
    path("evidence/<slug:outcome>/", evidence.outcome, name="outcome"),
    path("evidence/<slug:outcome>/<slug:picture>.svg", evidence.picture, name="evidence-picture"),
    path("trials/<slug:study>/", evidence.trial, name="trial"),
    path("about/<slug:page>/", evidence.page, name="about"),
    path("atlas/", atlas.view, name="atlas"),
    path("atlas/<slug:name>/", atlas.view, name="atlas-view"),
    re_path(r"^atlas/(?P<kind>point|muscle)/(?P<ref>[A-Za-z0-9-]+)/$", atlas.target, name="target"),
    path("practice/", views.overview, name="practice"),
    path("practice/open/", views.open_file, name="practice-open"),
    path("practice/take/", views.take, name="practice-take"),
    path("practice/save/", views.save, name="practice-save"),
    path("practice/close/", views.close, name="practice-close"),
    path("practice/stop/", course.stop, name="practice-stop"),
    path("practice/noted/", course.noted, name="practice-noted"),
    path("practice/examination/", views.examination, name="practice-examination"),
    path("practice/plan/", views.plan, name="practice-plan"),
    path("practice/plan/patient/", views.patient, name="practice-patient"),
    re_path(
        r"^practice/plan/(?P<name>plan\.pdf|patient\.pdf|plan\.json)$",
        views.plan_file,
        name="practice-file",
    ),
    path("practice/sessions/", course.sessions, name="practice-sessions"),
    path("practice/review/", course.review_page, name="practice-review"),
    re_path(
        r"^practice/review/(?P<name>review\.pdf|review\.json)$",
        course.review_file,
        name="practice-review-file",
    ),
    path("health/", health.health, name="health"),
]

handler400 = "needlewise.web.errors.wrong"
handler403 = "needlewise.web.errors.refused"
handler404 = "needlewise.web.errors.not_found"
handler500 = "needlewise.web.errors.fault"
