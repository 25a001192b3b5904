"""The invented people of the pack on the site: what must show shows, what must not is nowhere.

The cases, their checks and the detectors are those of `needlewise.cases`; only where the words come
from is another: the page, the PDF and the JSON as the site serves them.
"""

from __future__ import annotations

import io
import json
import random
import re
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from pypdf import PdfReader
from tests.person.people import calm
from tests.report.seen import CRITERIA
from tests.web.visitor import Visitor

from needlewise import report
from needlewise.cases import channels
from needlewise.cases.channels import HTML, JSON, PDF
from needlewise.cases.checks import REFUSED, Seen, check
from needlewise.cases.detectors import NEVER
from needlewise.cases.file import changed, read_cases
from needlewise.cases.finding import ERROR, SHORT
from needlewise.cases.shown import RANKING_ONLY, Shown, as_a_case_means, ranking_of
from needlewise.choice import compare
from needlewise.followup import CourseRecord, review
from needlewise.outlook import look_ahead
from needlewise.person import Person
from needlewise.topic import load_topic

TOPIC = load_topic()
CASES = read_cases(TOPIC.folder / "cases.json").cases
# Which trials count is the content's matter; nobody can switch a trial off on the site.
NOT_HERE = {"evidence_remove", "evidence_filter"}
NUMBERS = ("chance.pain.13.acupuncture", "course.pain.13.no-needling", "effect.pain.13.both",
           "fit.acupuncture", "harm.bruise.acupuncture", "nowhere")  # fmt: skip
TYPED = ("/compare/", "/compare/?weeks=6", "/values/", "/sheet/", "/sheet/comparison.json",
         "/check/")  # fmt: skip
ONE_NUMBER = tuple(f"/compare/how/{number}/" for number in NUMBERS)
# What the trials found is public, but nobody who must get help now is left to read it.
PUBLIC = ("/evidence/", "/evidence/pain/", "/evidence/pain/network.svg", "/trials/haake-2007/",
          "/about/claims/", "/about/guidelines/")  # fmt: skip
URGENT = {"emergency", "urgent"}
TOKEN = re.compile(r'<input type="hidden"[^>]*>')


@dataclass
class OnTheSite(Shown):
    """What one visitor is shown: `comparison` is only the library's, for statuses and reasons."""

    visitor: Visitor | None = None

    @property
    def stopped(self) -> bool:
        return not self.comparison.outlook.triage.comparison_shown

    def output(self, channel: str) -> str:
        if channel not in self._outputs and (found := self._served(channel)) is not None:
            self._outputs[channel] = found
        return super().output(channel)

    def _served(self, channel: str) -> str | None:
        """None where the site has no such channel: the terminal, and JSON after a stop."""
        if channel == HTML:
            page = self.visitor.get("/compare/")
            assert page.path == ("/stop/" if self.stopped else "/compare/")
            return page.text
        if channel == PDF:
            pdf = self.visitor.get("/sheet/your-sheet.pdf")
            assert pdf.headers["Content-Type"] == "application/pdf"
            pages = PdfReader(io.BytesIO(pdf.body)).pages
            return "\n".join(page.extract_text() for page in pages)
        if channel == JSON and not self.stopped:
            return self.visitor.get("/sheet/comparison.json").text
        return None

    def review_words(self, channel: str) -> str:
        """The course that the answers tell of, as the practitioner's pages show it."""
        if self.review is None:
            return ""
        self.visitor.post("/practice/take/")
        if channel == HTML:
            output = self.visitor.get("/practice/review/").text
        elif channel == JSON:
            output = self.visitor.get("/practice/review/review.json").text
        else:
            pdf = self.visitor.get("/practice/review/review.pdf").body
            output = "\n".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages)
        return channels.words_of(output, channel)

    @property
    def review_data(self) -> dict[str, Any] | None:
        if self.review is None:
            return None
        self.visitor.post("/practice/take/")
        return json.loads(self.visitor.get("/practice/review/review.json").text)

    def every_word(self) -> dict[str, str]:
        """The words of every page, file and header this person can reach, by address."""
        found = {"the PDF": self.words(PDF)} if self.stopped or PDF in self._words else {}
        urgent = self.comparison.outlook.triage.outcome in URGENT
        typed = (*TYPED, *ONE_NUMBER, *(PUBLIC if urgent else ())) if self.stopped else TYPED
        for path in (*typed, "/stop/", "/sheet/your-sheet.pdf"):
            reply = self.visitor.get(path)
            assert reply.status == 200, path
            found[f"headers of {path}"] = channels.plain(str(reply.headers))
            if self.stopped and path not in {"/stop/", "/sheet/your-sheet.pdf"}:
                assert reply.path == "/stop/", path
            kind = reply.headers["Content-Type"]
            if kind.startswith("text/html"):
                found[path] = _words(TOKEN.sub("", reply.text), HTML)
            elif kind.startswith("application/json"):
                found[path] = _words(reply.text, JSON)
        return found


@lru_cache(maxsize=4)
def _words(output: str, channel: str) -> str:
    """After a stop every address gives the same page: read it once."""
    return channels.words_of(output, channel)


def brought(site, answers, given_weights=None):
    """A visitor who brings the answers of a case as a file, and what they are shown."""
    filled = as_a_case_means(TOPIC, answers)
    if filled.get("weights") == RANKING_ONLY:
        del filled["weights"]
        filled["statements"] = statements(ranking_of(given_weights))
    visitor = Visitor(site.url)
    page = visitor.begin(json.dumps(filled).encode())
    assert page.status == 200, page.text
    person = Person.from_mapping(filled, TOPIC)
    looked_back = None
    if person.history is not None and person.history.option is not None:
        looked_back = review(TOPIC, person, CourseRecord.from_history(person, TOPIC))
    comparison = compare(look_ahead(TOPIC, None, person))
    return OnTheSite(comparison, looked_back, visitor=visitor)


def statements(order):
    """A ranking with its ties in the words of the answers file: "a > b", "b = c"."""
    groups = [group.split("=") for group in order]
    ties = [f"{a} = {b}" for group in groups for a, b in pairwise(group)]
    return [f"{a[0]} > {b[0]}" for a, b in pairwise(groups)] + ties


def held(site, shown, base, answers, expected, weights):
    # A long PDF takes long to read, so of those only the unchanged case's is looked at.
    looked_at = [HTML]
    looked_at += [PDF] if base is None or shown.stopped else []
    looked_at += [] if shown.stopped else [JSON]
    seen = Seen(
        TOPIC, shown, base, tuple(looked_at), answers, weights,
        lambda other: brought(site, other, weights),
    )  # fmt: skip
    return [f for f in check(seen, expected) if f.state in {SHORT, ERROR}]


def never(shown, expected):
    """What this case must never show, wherever it was found."""
    words = list(expected.get("must_not_show", ()))
    if shown.stopped:
        words.append("comparison")
    if not words:
        return []
    everywhere = shown.every_word()
    return [
        (word, where, found)
        for word in dict.fromkeys(words)
        for where, text in everywhere.items()
        if (found := NEVER[word].find(text))
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_and_its_variants_hold_on_the_site(sqlite_site, case):
    weights = case.intake.get("weights")
    base = brought(sqlite_site, case.intake, weights)
    wrong = {}

    def note(id_, found):
        if found:
            wrong[id_] = found

    note(case.id, held(sqlite_site, base, None, case.intake, case.expect, weights))
    note(f"{case.id} never", never(base, case.expect))
    for variant in case.variants:
        if NOT_HERE & set(variant.change):
            continue
        answers = changed(case.intake, variant.change, case.id)
        if "input" in variant.then:
            note(f"{case.id}{variant.id}", refused(base, variant, answers))
            continue
        shown = brought(sqlite_site, answers, weights)
        found = held(sqlite_site, shown, base, answers, variant.then, weights)
        note(f"{case.id}{variant.id}", found)
        note(f"{case.id}{variant.id} never", never(shown, variant.then))
    assert wrong == {}


def refused(base, variant, answers):
    """A plain sentence on the answer that cannot be, and the other answers as they were."""
    assert variant.then["input"] == REFUSED
    before = base.visitor.get("/sheet/your-answers.json").body
    filled = json.dumps(as_a_case_means(TOPIC, answers)).encode()
    page = base.visitor.begin(filled)
    problem = page.text.partition('class="callout warning"')[2].partition("</div>")[0]
    return [
        said
        for good, said in (
            (page.status == 400, f"status {page.status}"),
            (all(path in problem for path in variant.change), f"not named: {problem[:200]}"),
            (base.visitor.get("/sheet/your-answers.json").body == before, "answers changed"),
        )
        if not good
    ]


def test_the_detectors_see_a_comparison_where_there_is_one(sqlite_site):
    """Else nothing above could fail."""
    shown = brought(sqlite_site, calm(TOPIC, weights={"pain": 1, "visits": 1}))
    assert not shown.stopped
    shown.words(PDF)
    words = shown.every_word()
    for path in ("/compare/", "/values/", "/sheet/", "/sheet/comparison.json", "the PDF"):
        assert NEVER["comparison"].find(words[path]), path
    assert never(shown, {"must_not_show": ["comparison"]})


def test_people_who_must_stop_are_among_the_cases():
    outcomes = {case.expect.get("triage") for case in CASES}
    assert {"emergency", "urgent", "proceed", "proceed_with_precautions"} <= outcomes


# One number everywhere ---------------------------------------------------------------------------


class _Numbers(HTMLParser):
    """Every number of a page by its id, in a table or not; and how many people a field shows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.id = ""
        self.tables = 0
        self.found: list[tuple[str, str, bool]] = []
        self.fields: list[tuple[str, int]] = []
        self.title = False

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if tag == "a" and "n" in classes:
            self.id = re.fullmatch(r".*/compare/how/(.+)/", given["href"])[1]
            self.found.append((self.id, "", self.tables > 0))
        self.tables += tag == "table"
        if tag == "svg" and "field" in classes:
            self.fields.append(("", 0))
        self.title = tag == "title" or (self.title and tag not in {"svg", "use"})
        if tag == "use" and self.fields and {"more", "same", "fewer"} & set(classes):
            self.fields[-1] = (self.fields[-1][0], self.fields[-1][1] + 1)

    def handle_data(self, data):
        if self.id:
            id_, text, table = self.found[-1]
            self.found[-1] = id_, text + data, table
        if self.title and self.fields and not self.fields[-1][1]:
            self.fields[-1] = (self.fields[-1][0] + data, 0)

    def handle_endtag(self, tag):
        if tag == "a":
            self.id = ""
        self.tables -= tag == "table"
        if tag == "title":
            self.title = False


def numbers_of(page):
    reader = _Numbers()
    reader.feed(page)
    reader.close()
    return reader


def somebody(seed):
    """A random person whom nothing stops, with values of one kind or another."""
    rng = random.Random(seed)
    names = rng.sample(CRITERIA, 3)
    values = rng.choice([
        {}, {"ranking": names}, {"weights": {n: rng.randrange(1, 100) for n in names}},
    ])  # fmt: skip
    return calm(
        TOPIC, pain_nrs=rng.choice([2, 3.5, 5, 6, 8, 10]), pain_weeks=rng.choice([20, 60, 300]),
        age=rng.choice([25, 46, 64]), name=rng.choice(["Ann", "José"]),
        leg_pain=rng.choice(["none", "none", "left"]), **values,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_words_table_icons_pdf_and_json_agree(sqlite_site, seed):
    shown = brought(sqlite_site, somebody(seed))
    assert not shown.stopped
    data = shown.data
    assert json.loads(report.json(shown.comparison)) == data, "the site adds nothing of its own"
    told = {id_: set(texts) for id_, texts in data["numbers"].items()}
    pdf = channels.letters(shown.words(PDF))
    for path in ("/compare/", "/sheet/"):
        page = numbers_of(shown.visitor.get(path).text)
        whole = path == "/compare/"
        assert len(page.found) > (100 if whole else 50), path
        by_id = {}
        for id_, text, _ in page.found:
            by_id.setdefault(id_, set()).add(" ".join(text.split()))
        assert all(texts <= told[id_] for id_, texts in by_id.items()), path
        # The page shows one horizon of the picture at a time; the sheet is a part of the page.
        unseen = set(told) - set(by_id)
        assert not whole or not [i for i in unseen if ".13." in i], unseen
        assert sum(table for *_, table in page.found) >= (20 if whole else 5), "as a table"
        assert sum(not table for *_, table in page.found) >= 20, "in words"
        assert page.fields, path
        drawn = {row["chance"] for row in data["outlook"] if row["week"] == 13}
        for text, people in page.fields:
            said = re.search(r"(\d+) of 100", text)
            assert (int(said[1]) if said else 0) == people, text
            assert not said or people in drawn
    for row in data["outlook"]:
        if row["chance"] is not None and f"chance.{row['id']}" in told:
            assert f"{row['chance']:g}" in told[f"chance.{row['id']}"]
    for id_, texts in told.items():
        for text in texts:
            assert channels.letters(text) in pdf, id_


def test_switching_the_picture_changes_the_picture_alone(sqlite_site):
    shown = brought(sqlite_site, somebody(1))
    pages = {}
    for query in ("", "?weeks=6", "?weeks=52", "?outcome=disability"):
        page = shown.visitor.get(f"/compare/{query}").text
        pages[query] = {id_: text for id_, text, table in numbers_of(page).found if table}
        for id_, texts in shown.data["numbers"].items():
            if id_ in pages[query]:
                assert " ".join(pages[query][id_].split()) in texts, (query, id_)


def test_every_number_of_the_page_has_a_trail(sqlite_site):
    shown = brought(sqlite_site, somebody(2))
    page = shown.visitor.get("/compare/").text
    ids = sorted({id_ for id_, _, _ in numbers_of(page).found})
    for id_ in random.Random(1).sample(ids, 12):
        how = shown.visitor.get(f"/compare/how/{id_}/")
        assert how.status == 200, id_
        for text in shown.data["numbers"][id_]:
            assert text in how.text, id_
