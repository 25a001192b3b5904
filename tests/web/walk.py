"""How a browser walks the site: people who answer page by page, and every state of a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Locator, Page, Request

Answers = Mapping[str, str | Sequence[str]]

QUESTIONS = (
    "you", "pregnancy", "nerves", "now", "illness", "bones", "pain", "where", "health", "needles",
    "life",
)  # fmt: skip
PUBLIC = ("claims", "guidelines", "methods", "standards", "about")


@dataclass(frozen=True)
class Traveller:
    """An invented person: what is put in on each page, and where that leads."""

    answers: Mapping[str, Answers]
    ends_at: str = "/compare/"


def _person(**pages: Answers) -> Mapping[str, Answers]:
    """Ordinary back pain for years, but for the pages named."""
    ordinary: dict[str, Answers] = {
        "you": {"age": "46", "sex": "male"},
        "pain": {
            "pain_nrs": "6", "pain_weeks": "3", "pain_weeks.unit": "years", "leg_pain": "none",
        },
        "where": {"pain_site": ["lumbar", "buttock"]},
        "health": {"conditions": ["none"], "medicines": ["none"], "devices": ["none"]},
        "needles": {
            "needle_history.fear": "none", "needle_history.fainted": "no", "mood.low": "no",
        },
        "life": {"goals": "garden again\nwalk to the sea", "name": "Ada"},
    }  # fmt: skip
    return ordinary | pages


PEOPLE = {
    "chronic": Traveller(_person()),
    "lifter": Traveller(
        _person(
            you={"age": "31", "sex": "male"},
            pain={
                "pain_nrs": "7",
                "pain_weeks": "4",
                "pain_weeks.unit": "days",
                "leg_pain": "none",
            },
            life={"occupation": "moves boxes", "name": "Bo"},
        )
    ),
    "pregnant": Traveller(
        _person(
            you={"age": "29", "sex": "female"},
            pregnancy={
                "pregnant": "yes",
                "gestation_weeks": "22",
                "red_flags.vaginal_bleeding": "no",
                "red_flags.contractions": "no",
                "red_flags.one_sided_pelvic_pain": "no",
            },
        )
    ),
    "warfarin": Traveller(
        _person(
            you={"age": "71", "sex": "male"},
            health={
                "conditions": ["atrial_fibrillation"],
                "medicines.line": "warfarin",
                "devices": ["none"],
            },
        )
    ),
    "numb": Traveller(_person(nerves={"red_flags.saddle_numbness": "yes"}), "/stop/"),
}


@dataclass
class Walk:
    """One person at the site in one browser page."""

    page: Page
    site: str

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def go(self, path: str) -> None:
        self.page.goto(self.site + path)

    def text(self) -> str:
        """What stands on the page, on one line, spaces as they are read."""
        return " ".join(self.page.locator("body").inner_text().split())

    def follow(self, way: Locator) -> None:
        """Click what leads to another page, and be there."""
        with self.page.expect_navigation():
            way.click()

    def press(self, name: str) -> None:
        """Press a button that leads to another page."""
        self.follow(self.page.get_by_role("button", name=name, exact=True))

    def begin(self) -> None:
        self.go("/")
        self.press("Begin")

    def control(self, name: str) -> Locator:
        return self.page.locator(f'main [name="{name}"]')

    def fill(self, answers: Answers) -> None:
        """Put answers in, opening what is folded. A follow-up that is not there yet is left out."""
        for name, value in answers.items():
            control = self.control(name)
            if not control.count():
                continue
            for folded in control.locator("xpath=ancestor::details[not(@open)]/summary").all():
                folded.click()
            kind = control.first.evaluate("e => e.type")
            if kind in {"radio", "checkbox"}:
                for one in [value] if isinstance(value, str) else value:
                    self.page.locator(f'main [name="{name}"][value="{one}"]').check()
            elif kind.startswith("select"):
                control.select_option(str(value))
            else:
                control.fill(str(value))

    def walk(self, traveller: Traveller) -> Iterator[str]:
        """Begin and answer page after page; gives each page before it is answered."""
        self.begin()
        while self.path.startswith("/questions/"):
            here = self.path.split("/")[2]
            yield here
            self.fill(traveller.answers.get(here, {}))
            rest = self.page.locator("button[value=rest]")
            self.follow(rest if rest.count() else self.page.locator("button[value=next]"))

    def arrive(self, traveller: Traveller) -> None:
        """Walk to the end of the questions."""
        for _ in self.walk(traveller):
            pass

    def bring(self, answers: Mapping[str, Any]) -> None:
        """Begin with answers from a file, without looking at the pages in between."""
        file = {
            "name": "your-answers.json", "mimeType": "application/json",
            "buffer": json.dumps(dict(answers)).encode(),
        }  # fmt: skip
        self.send("/resume/", answers=file)

    def send(self, path: str, **fields: Any) -> None:
        """Send a form as this browser would, without showing what comes back."""
        request = self.page.context.request
        request.get(self.site + "/")
        cookies = {c["name"]: c["value"] for c in self.page.context.cookies()}
        fields["csrfmiddlewaretoken"] = cookies["csrftoken"]
        sent = request.post(self.site + path, multipart=fields, max_redirects=0)
        assert sent.status == 302, f"{path} answered {sent.status}: {sent.text()}"

    def unfold(self) -> None:
        """Open everything that is folded."""
        self.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")


# A break of the content policy becomes a line of the console, also where the browser says nothing.
LONGEST = 60_000  # ms for what is waited for; a busy machine is no fault
LISTEN = """document.addEventListener("securitypolicyviolation", e =>
  console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`));"""
EXPECTED = "the server responded with a status of 4"  # pages of errors say so in the console


@contextmanager
def watched(browser: Browser, site: str, cut_off: bool = False, **options: Any) -> Iterator[Walk]:
    """A browser of one person. At the end nothing may have been said in the console, no policy
    broken, no error raised and no other place than the site asked for; `cut_off` also keeps every
    such request from leaving (and, as browsers do then, nothing from being taken out of store)."""
    context = browser.new_context(**options)
    found: list[str] = []
    context.add_init_script(LISTEN)
    context.on("console", lambda m: EXPECTED in m.text or found.append(f"{m.type}: {m.text}"))
    context.on("weberror", lambda e: found.append(f"error: {e.error}"))

    def asked(request: Request) -> None:
        if not request.url.startswith((f"{site}/", "data:")):
            found.append(f"asked for {request.url}")

    context.on("request", asked)
    if cut_off:
        context.route(re.compile(rf"^(?!{re.escape(site)}/)"), lambda route: route.abort())
    context.set_default_timeout(LONGEST)
    yield Walk(context.new_page(), site)
    context.close()
    assert not found, "\n".join(found)


State = Callable[[Walk], None]


def _fresh(path: str) -> State:
    def state(walk: Walk) -> None:
        walk.send("/begin/")
        walk.go(path)

    return state


def _plain(path: str) -> State:
    return lambda walk: walk.go(path)


def _with(answers: Mapping[str, Any], path: str, unfolded: bool = False) -> State:
    def state(walk: Walk) -> None:
        walk.bring(answers)
        walk.go(path)
        if unfolded:
            walk.unfold()

    return state


NO = "no"
SAFE = {
    "saddle_numbness": NO, "bladder_bowel_change": NO, "progressive_weakness": NO,
    "bilateral_leg_symptoms": NO, "faint": NO, "tearing_pain": NO, "pulsatile_mass": NO,
    "chest_pain": NO, "breathless": NO, "calf_swelling": NO, "fever": NO, "iv_drug_use": NO,
    "immunosuppressed": NO, "cancer_history": NO, "weight_loss": NO, "night_pain": NO,
    "trauma": NO, "minor_trauma": NO, "osteoporosis": NO, "steroid_long_term": NO,
    "recent_spinal_procedure": NO, "uveitis": NO, "better_with_exercise": NO,
    "sport_extension_pain": NO, "morning_stiffness_min": 0,
}  # fmt: skip
CALM: dict[str, Any] = {
    "age": 46, "sex": "male", "red_flags": SAFE, "pain_nrs": 6, "pain_weeks": 156,
    "leg_pain": "none", "pain_site": ["lumbar", "buttock"], "conditions": [], "medicines": [],
    "devices": [], "needle_history": {"fear": "none", "fainted": NO}, "mood": {"low": NO},
    "goals": ["garden again"], "name": "Ada",
}  # fmt: skip
RANKED = CALM | {"ranking": ["pain", "visits", "needles"]}
WEIGHED = CALM | {"weights": {"pain": 60, "function": 100, "needles": 20}}
NUMB = CALM | {"red_flags": SAFE | {"saddle_numbness": "yes"}}
OPEN = CALM | {"red_flags": {k: v for k, v in SAFE.items() if k != "fever"}}
# Everything that can be answered at once, so that each page of questions stands filled.
FULL = CALM | {
    "sex": "female", "pregnant": "yes", "gestation_weeks": 22, "bmi": 24,
    "red_flags": SAFE | {"bilateral_leg_symptoms": "yes", "bilateral_new_or_worse_14_days": NO},
    "conditions": ["asthma", "gout"], "medicines": [{"name": "warfarin"}],
    "labs": {"inr": 2.5, "inr_days_old": 3}, "allergies": ["nickel"],
    "devices": ["pacemaker"], "leg_pain": "left", "pain_average_nrs": 5, "pain_worst_nrs": 8,
    "mood": {"low": "yes", "suicidal_thoughts": NO}, "rmdq24": 9, "free_text": "It comes and goes.",
    "expectation": "Less pain.", "occupation": "office", "days_available": ["Monday"],
    "access_needs": ["large_text"],
}  # fmt: skip


def _refused(walk: Walk) -> None:
    walk.go("/")
    walk.page.set_input_files("#answers", {
        "name": "holiday.json", "mimeType": "application/json", "buffer": b"not answers",
    })  # fmt: skip
    walk.press("Go on with this file")


def _wrong(page: str) -> State:
    """A page of questions sent with something it cannot take."""

    def state(walk: Walk) -> None:
        walk.bring(FULL)
        walk.go(f"/questions/{page}/")
        typed = walk.page.locator("main fieldset input[inputmode=decimal]")
        if typed.count():
            for folded in walk.page.locator("details.more:not([open]) > summary").all():
                folded.click()
            for line in typed.all():
                line.fill("a lot")
        else:  # only choices: one that was never offered
            choice = walk.page.locator("main fieldset input").first
            choice.evaluate("e => { e.value = 'maybe'; e.checked = true; }")
        walk.press("Next")

    return state


def _asked_twice(walk: Walk) -> None:
    walk.bring(OPEN)
    walk.send("/questions/again/")
    walk.go("/stop/")


def _how(walk: Walk) -> None:
    walk.bring(CALM)
    walk.go("/compare/")
    walk.follow(walk.page.locator("a.n").first)


def _same_place(walk: Walk) -> None:
    """Two points with one place: said beside the fit, as the page changes and after the button."""
    walk.bring(CALM)
    walk.go("/values/")
    for place in walk.page.locator("[data-how=rank] select").all()[:2]:
        place.select_option("1")
    walk.page.locator("#fit-now .warning").wait_for()


def _same_place_sent(walk: Walk) -> None:
    _same_place(walk)
    walk.press("Show the fit")


def _ended(walk: Walk) -> None:
    walk.bring(CALM)
    walk.go("/")
    walk.press("End and delete my answers")


def _expired_token(walk: Walk) -> None:
    walk.go("/")
    walk.control("csrfmiddlewaretoken").first.evaluate("e => { e.value = 'x'.repeat(64); }")
    walk.press("Begin")


LONG_NAME = "Ada " + "Lovelace" * 9
EXAMINED: dict[str, Any] = {
    "date": "2026-10-01", "practitioner": "B. Body", "regions": ["lumbar"],
    "palpation": [{
        "muscle": "quadratus-lumborum-superficial", "side": "left", "taut_band": "yes",
        "hypersensitive_spot": "yes", "referred_pain": "yes",
    }],
    "traditional": {"pattern": ["Cold-damp"]},
    "goal": {"words": "garden for an hour", "now": 6, "target": 4},
}  # fmt: skip
COURSE: dict[str, Any] = {
    "started": "2026-10-01",
    "score": [{"date": f"2026-10-{day:02}", "pain_nrs": pain}
              for day, pain in ((1, 6), (8, 7), (15, 6), (22, 5), (29, 6))],
    "session": [{"date": f"2026-10-{day:02}", "notes": "as planned"} for day in (1, 8, 15, 22, 29)],
}  # fmt: skip
CASE: dict[str, Any] = {
    "person": CALM | {"name": LONG_NAME}, "examination": EXAMINED, "plan": {"option": "both"},
    "course": COURSE,
}  # fmt: skip
CAST = CASE | {"person": CALM | {"access_limits": [{"kind": "cast", "region": "left_lower_leg"}]}}


def _desk(record: Mapping[str, Any], path: str, unfolded: bool = True) -> State:
    """A page of the practitioner's view with a file opened."""

    def state(walk: Walk) -> None:
        file = {
            "name": "record.json", "mimeType": "application/json",
            "buffer": json.dumps(dict(record)).encode(),
        }  # fmt: skip
        walk.send("/practice/open/", record=file)
        walk.go(path)
        if unfolded:
            walk.unfold()

    return state


def _desk_refused(walk: Walk) -> None:
    _desk(CASE, "/practice/plan/")(walk)
    walk.page.get_by_label("Becomes").first.fill("20")
    walk.follow(walk.page.get_by_role("button", name="Change it").first)


STATES: dict[str, State] = {
    "start": _plain("/"),
    "start-visiting": _fresh("/"),
    "start-refused-file": _refused,
    **{f"questions-{page}-empty": _fresh(f"/questions/{page}/") for page in QUESTIONS},
    **{
        f"questions-{page}-filled": _with(FULL, f"/questions/{page}/", unfolded=True)
        for page in QUESTIONS
    },
    **{f"questions-{page}-wrong": _wrong(page) for page in QUESTIONS},
    "stop-emergency": _with(NUMB, "/stop/"),
    "stop-clarify": _with(OPEN, "/stop/"),
    "stop-clarify-handed-over": _asked_twice,
    "compare": _with(CALM, "/compare/"),
    "how": _how,
    "values-rank": _with(RANKED, "/values/"),
    "values-weigh": _with(WEIGHED, "/values/"),
    "values-problem": _same_place,
    "values-problem-sent": _same_place_sent,
    "sheet": _with(RANKED, "/sheet/"),
    "ended": _ended,
    "error-404": _plain("/nothing-here/"),
    "error-csrf": _expired_token,
    "evidence": _plain("/evidence/"),
    "evidence-outcome": _plain("/evidence/pain/"),
    "evidence-trial": _plain("/trials/brinkhaus-2006/"),
    **{f"evidence-{page}": _plain(f"/about/{page}/") for page in PUBLIC},
    "atlas": _plain("/atlas/"),
    "atlas-leg": _plain("/atlas/leg/?layer=points&layer=muscles&layer=dangers&layer=labels&q=BL2"),
    "atlas-point": _plain("/atlas/point/BL23/"),
    "practice": _plain("/practice/"),
    "practice-open": _desk(CASE, "/practice/"),
    "practice-examination": _desk(CASE, "/practice/examination/"),
    "practice-examination-empty": _desk({"person": CALM}, "/practice/examination/"),
    "practice-plan": _desk(CASE, "/practice/plan/"),
    "practice-plan-cast": _desk(CAST, "/practice/plan/"),
    "practice-plan-refused": _desk_refused,
    "practice-patient": _desk(CASE, "/practice/plan/patient/"),
    "practice-sessions": _desk(CASE, "/practice/sessions/"),
    "practice-review": _desk(CASE, "/practice/review/"),
    "practice-stop": _desk({"person": NUMB}, "/practice/stop/"),
}
# What the picture of the comparison can be switched to: outcome and week.
PICTURES = [(outcome, week) for outcome in ("pain", "disability") for week in (6, 13, 26, 52)]
