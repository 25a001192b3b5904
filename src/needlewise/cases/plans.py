"""What a case expects of a plan and of the record: checked on real plans, files and pages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from needlewise.cases import channels
from needlewise.cases.finding import Finding, error, holds, judged, short
from needlewise.choice import Values, compare
from needlewise.errors import InputError
from needlewise.followup import Record
from needlewise.person import Person
from needlewise.plan import Examination, Plan, edits_from, make_plan
from needlewise.plan.plan import NOT_NOW
from needlewise.report.as_html import html
from needlewise.report.plan_json import plan_json
from needlewise.report.plan_view import Reader, plan_document

if TYPE_CHECKING:
    from needlewise.cases.checks import Seen

NEEDLES = ("dry-needling", "acupuncture")
FOUND: Mapping[str, Any] = {
    "regions": ["lumbar"],
    "palpation": [
        {"muscle": "lumbar-multifidus", "side": "both", "taut_band": "yes",
         "hypersensitive_spot": "yes", "referred_pain": "yes"},
    ],
}  # fmt: skip
Check = Callable[["Seen", str], Iterator[Finding]]


def _person(seen: Seen) -> Person:
    return seen.shown.comparison.outlook.person


def _plan(seen: Seen, option: str, edits: tuple[dict[str, str], ...] = (), **found: Any) -> Plan:
    examination = Examination.from_mapping({**FOUND, **found}, seen.topic)
    return make_plan(
        seen.topic, _person(seen), examination, option, edits=edits_from({"edit": list(edits)})
    )


READERS: tuple[Reader, ...] = ("practitioner", "patient")


def _pages(plan: Plan) -> dict[str, str]:
    """The plan's words in every channel, for the practitioner and for the person."""
    found = {}
    for reader in READERS:
        page = plan_document(plan, for_whom=reader)
        texts = {channels.TERMINAL: channels.page_text(page), channels.HTML: html(page)}
        for channel, text in texts.items():
            found[f"{reader} {channel}"] = channels.words_of(text, channel)
    found["json"] = channels.words_of(plan_json(plan), channels.JSON)
    return found


def _said(plan: Plan, key: str, wanted: str, *, patterns: tuple[str, ...]) -> Iterator[Finding]:
    """Every pattern stands in the plan's words in each channel."""
    missing = tuple(
        channel for channel, words in _pages(plan).items()
        if not all(re.search(pattern, words) for pattern in patterns)
    )  # fmt: skip
    yield short(key, wanted, "not said", *missing) if missing else holds(key)


# ---- Stops ----


def _no_plan(seen: Seen, key: str) -> Iterator[Finding]:
    """Whatever option is asked for, no line of a plan is made and none is shown."""
    for option in seen.topic.options:
        plan = _plan(seen, option.id)
        told = (*plan.items, *plan.blocked, *plan.adjuncts)
        yield judged(key, plan.stopped and not told, "no plan", plan.status)
        shown = [words for words in _pages(plan).values() if "session card" in words]
        yield judged(key, not shown, "the stop page alone", "a session card")


def _cannot_be_clicked_away(seen: Seen, key: str) -> Iterator[Finding]:
    """No edit of a practitioner lifts a stop: none is even read against a plan."""
    edits = (
        {"action": "force", "item": "point:BL23:left", "reason": "I know what I am doing here"},
        {"action": "confirm", "item": "all"}, {"action": "sign", "by": "A practitioner"},
    )  # fmt: skip
    plan = _plan(seen, "acupuncture", edits)
    yield judged(key, plan.stopped and not plan.items, "still stopped", plan.status)


def as_the_options_stand(seen: Seen, key: str) -> Iterator[Finding]:
    """After a stop no plan; for an option not open now a refusal; else a plan, whoever it is."""
    for option in seen.topic.options:
        plan = _plan(seen, option.id)
        row = seen.shown.option(option.id)
        status = row["status"] if row else "hidden"
        wanted = (
            "stopped" if plan.triage.stopped
            else "refused" if status in NOT_NOW or _untrained(row) else "proposed"
        )  # fmt: skip
        yield judged(key, plan.status == wanted, f"{option.id}: {wanted}", plan.status)
        good = wanted == "proposed" or not (plan.items or plan.blocked)
        yield judged(key, good, f"{option.id}: nothing planned", len(plan.items))


def _untrained(row: Mapping[str, Any] | None) -> bool:
    return row is not None and "training_scope" in row["reasons"]


# ---- Limits ----


def _both_carry(seen: Seen, key: str) -> Iterator[Finding]:
    for option in NEEDLES:
        plan = _plan(seen, option)
        yield judged(key, bool(plan.general), f"limits on {option}", "none")
        yield from _said(plan, key, f"the limits of {option}", patterns=("pressure",))


def _inr_again(seen: Seen, key: str) -> Iterator[Finding]:
    for option in NEEDLES:
        plan = _plan(seen, option)
        told = "; ".join(because.text for because in plan.before_session)
        yield judged(key, "INR" in told, "INR and its date again", told)


def _maternity(seen: Seen, key: str) -> Iterator[Finding]:
    patterns = ("midwife|maternity",)
    yield from _said(_plan(seen, "acupuncture"), key, "midwife or doctor", patterns=patterns)


LISTED = ("LI4", "SP6", "BL60", "BL67", "BL31", "BL32", "BL33", "BL34", "CV4")


def _rejects_listed(seen: Seen, key: str) -> Iterator[Finding]:
    for code in LISTED:
        side = "middle" if code.startswith("CV") else "left"
        yield from _needs_reason(seen, key, f"point:{code}:{side}")


def _needs_reason(seen: Seen, key: str, item: str) -> Iterator[Finding]:
    """A point is refused; kept only by force with a typed reason, which is printed."""
    try:
        _plan(seen, "acupuncture", ({"action": "add", "item": item},))
    except InputError as refusal:
        yield judged(key, "blocked" in str(refusal), f"{item} blocked", str(refusal))
    else:
        yield short(key, f"{item} blocked", "it was taken")
        return
    reason = "agreed with the maternity team"
    try:
        plan = _plan(seen, "acupuncture", ({"action": "force", "item": item, "reason": reason},))
    except InputError as refusal:
        yield short(key, f"{item} with a reason", str(refusal))
        return
    page = channels.page_text(plan_document(plan))
    shown = channels.words_of(page, channels.TERMINAL)
    yield judged(key, reason in shown, "the reason printed", "not printed")


def _allowed(seen: Seen, item: str) -> str:
    """ "" where a point can be added without a reason, else why not."""
    plan = _plan(seen, "acupuncture")
    if any(one.id == item for one in plan.needles):
        return ""
    try:
        _plan(seen, "acupuncture", ({"action": "add", "item": item},))
    except InputError as refusal:
        return str(refusal)
    return ""


def _items(told: Any) -> Iterator[str]:
    """`left BL57` or `SP6` (either side) as items."""
    for text in told if isinstance(told, list) else [told]:
        side, _, code = str(text).rpartition(" ")
        for one in (side,) if side else ("left", "right"):
            yield f"point:{code}:{one}"


def points_allowed(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    for item in _items(value):
        why = _allowed(seen, item)
        yield judged(key, not why, f"{item} can be planned", why)


def points_blocked(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    for item in _items(value):
        yield judged(key, "blocked" in _allowed(seen, item), f"{item} blocked", "it can be planned")


def save(seen: Seen, key: str, value: Any) -> Iterator[Finding]:
    """The points of `plan_points` can be kept only by force."""
    if value != "blocked_unless_override":
        yield error(key, f"'{value}' is not known")
        return
    for code in seen.answers.get("plan_points", ()):
        yield from _needs_reason(seen, key, f"point:{code}:left")


def _cast_greyed(seen: Seen, key: str) -> Iterator[Finding]:
    """What lies under the cast is out of reach on the atlas, blocked, and the plan says why."""
    plan = _plan(seen, "acupuncture")
    yield judged(key, bool(plan.unreachable), "a region out of reach", "none")
    under = [one for one in plan.blocked if one.target.side == "left"]
    yield judged(key, bool(under) and all(not b.forcible for b in under), "blocked", plan.blocked)
    page = html(plan_document(plan))
    yield judged(key, 'class="unreachable"' in page, "hatched on the atlas", "not drawn")
    yield from _said(plan, key, "why", patterns=("cast",))


def _replacements(seen: Seen, key: str) -> Iterator[Finding]:
    plan = _plan(seen, "acupuncture")
    yield judged(key, bool(plan.instead or plan.offers), "points elsewhere", "none")
    page = channels.page_text(plan_document(plan))
    words = channels.words_of(page, channels.TERMINAL)
    told = "practitioner's choice" in words and "trials did not test" in words
    yield judged(key, told, "marked as the practitioner's choice", "not marked")


# ---- The course ----


def _within_two_weeks(seen: Seen, key: str) -> Iterator[Finding]:
    for option in seen.topic.options:
        plan = _plan(seen, option.id)
        weeks = plan.review.weeks if plan.review else None
        good = (weeks is not None and weeks <= 2) or plan.status == "refused"
        yield judged(key, good, "at most 2 weeks", weeks)


def _staying_active(seen: Seen, key: str) -> Iterator[Finding]:
    plan = _plan(seen, "no-needling")
    names = [item.name for item in plan.adjuncts]
    yield judged(key, "Staying active" in names, "staying active as a line of its own", names)
    yield from _said(plan, key, "staying active", patterns=("staying active",))


def _own_words(seen: Seen, key: str) -> Iterator[Finding]:
    """The goal in the person's own words, whatever option is planned."""
    goals = _person(seen).goals or ()
    for option in (*NEEDLES, "no-needling"):
        plan = _plan(seen, option)
        pages = _pages(plan)
        good = bool(goals) and all(channels.plain(g) in w for g in goals for w in pages.values())
        yield judged(key, good, "; ".join(goals), plan.goal.words)


def _review_set(seen: Seen, key: str) -> Iterator[Finding]:
    for option in NEEDLES:
        plan = _plan(seen, option)
        yield judged(
            key, plan.review is not None and bool(plan.stop), "review and stop rule", "none"
        )
        yield from _said(plan, key, "review and stop", patterns=("first review", "talk before"))


def _not_this_user(seen: Seen, key: str) -> Iterator[Finding]:
    row = seen.shown.option("dry-needling")
    shown = row is not None and row["status"] == "available"
    yield judged(key, shown, "dry needling shown", row and row["status"])
    plan = _plan(seen, "dry-needling")
    yield judged(key, plan.status == "refused" and not plan.items, "no plan", plan.status)
    other = _plan(seen, "acupuncture")
    yield judged(key, other.status == "proposed", "acupuncture can be planned", other.status)


def _banner(seen: Seen, key: str) -> Iterator[Finding]:
    words = seen.shown.words(channels.TERMINAL)
    told = re.search(
        r"(?:trials|nobody)[^.]{0,60}(?:did not|few|not)[^.]{0,40}(?:people like|like you)", words
    )
    yield judged(key, told is not None, "these trials did not study people like you", "not said")


# ---- Values ----


def _no_needling_first(seen: Seen, key: str) -> Iterator[Finding]:
    fit = seen.shown.data["comparison"]["fit"]
    shares = fit["ahead"] if fit else {}
    top = max(shares, key=lambda option: shares[option]) if shares else "no fit"
    yield judged(key, top == "no-needling", "no needling ahead", shares or top)


def _hearsay(seen: Seen, key: str) -> Iterator[Finding]:
    """What a relative told changes no number."""
    plain = {**seen.answers, "free_text": ""}
    other = seen.again(plain)
    same = other.data["outlook"] == seen.shown.data["outlook"]
    yield judged(key, same, "the same numbers without the story", "other numbers")


def _same_numbers(seen: Seen, key: str) -> Iterator[Finding]:
    other = seen.again({**seen.answers, "weights": None})
    same = other.data["outlook"] == seen.shown.data["outlook"]
    yield judged(key, same, "the same numbers whatever matters", "other numbers")


def _which_weight(seen: Seen, key: str) -> Iterator[Finding]:
    """Other weights give another fit, and the page says which weight would change it."""
    outlook = seen.shown.comparison.outlook
    other = compare(outlook, Values.ranking("pain", "function", "soreness"))
    mine = seen.shown.comparison.fit
    same = mine is not None and other.fit is not None and mine.shares == other.fit.shares
    yield judged(key, not same, "another fit", "the same fit")
    words = seen.shown.words(channels.TERMINAL)
    told = "soreness" in words and re.search(r"weight|what would change", words)
    yield judged(key, bool(told), "which weight made the difference", "not said")


def _two_people(seen: Seen, key: str) -> Iterator[Finding]:
    """Helper and person stand in the examination, and consent is the person's."""
    found = Examination.from_mapping({**FOUND, "helper": "Neighbour"}, seen.topic)
    yield judged(key, found.helper == "Neighbour", "the helper recorded", found.helper)
    calm = seen.again({**seen.answers, **CALM}).comparison.outlook.person
    plan = make_plan(seen.topic, calm, found, "no-needling")
    words = " ".join(_pages(plan).values())
    told = "helper and person are two people" in words
    yield judged(key, told, "two people; consent is the person's own", "not said")


CALM: Mapping[str, Any] = {
    "red_flags": {},
    "medicines": [],
    "pain_weeks": 100,
    "language": "en",
}


# ---- What the record holds ----


def _kept(**parts: Any) -> Check:
    """A check that a record with these parts is taken and comes back as it was."""

    def check(seen: Seen, key: str) -> Iterator[Finding]:
        person = json.loads(_person(seen).canonical)
        given = {"person": person, **parts}
        try:
            record = Record.from_mapping(given, seen.topic)
        except InputError as refusal:
            yield short(key, "a record that holds it", str(refusal))
            return
        back = json.loads(record.to_json())
        for name, part in parts.items():
            yield judged(key, _holds(back.get(name), part), part, back.get(name))

    return check


def _holds(kept: Any, given: Any) -> bool:
    """Whether everything given stands in what was kept."""
    if isinstance(given, Mapping):
        return isinstance(kept, Mapping) and all(_holds(kept.get(k), v) for k, v in given.items())
    if isinstance(given, list):
        return isinstance(kept, list) and all(any(_holds(k, g) for k in kept) for g in given)
    return str(kept) == str(given) or (isinstance(given, int) and kept == float(given))


def _session(**checks: Any) -> dict[str, Any]:
    day = "2026-11-02"
    return {"option": "acupuncture", "started": day, "session": [{"date": day, **checks}]}


def _stop_kept(seen: Seen, key: str) -> Iterator[Finding]:
    """The note on the stop names the answers; the record keeps it with time and acknowledgement."""
    triage = seen.shown.data["triage"]
    answers = [a for reason in triage["reasons"] for a in reason["answers"]]
    yield judged(key, bool(answers), "the answers that caused it", "none")
    entry = {"kind": "stop", "at": "2026-11-02 09:30", "answers": answers,
             "text": triage["text"][0], "by": "R. Receiver"}  # fmt: skip
    yield from _kept(log=[entry])(seen, key)


def _choice_kept(seen: Seen, key: str) -> Iterator[Finding]:
    """A plan's JSON names content, draws and option; the record the reason and who took part."""
    told = json.loads(plan_json(_plan(seen, "acupuncture", practitioner="P. Practitioner")))
    good = all(told[name] for name in ("content", "draws_hash", "option", "id"))
    yield judged(
        key,
        good and told["content"]["hash"] == seen.topic.hash,
        "evidence and seed",
        told["content"],
    )
    entry = {"kind": "choice", "at": "2026-11-02", "value": "acupuncture",
             "text": "fewer sore days", "by": "person and practitioner"}  # fmt: skip
    yield from _kept(log=[entry], plan={"option": "acupuncture"})(seen, key)


SENTENCES: Mapping[str, Check] = {
    "no plan may be created": _no_plan,
    "no plan until cleared": _no_plan,
    "a practitioner cannot click the stop away; an override needs role, reason and a second "
    "sign-off": _cannot_be_clicked_away,
    "both needling options carry the precaution, not only one": _both_carry,
    "INR value and date must be entered again before the first session": _inr_again,
    "midwife or maternity doctor named": _maternity,
    "plan rejects the listed points unless overridden with a reason": _rejects_listed,
    "values result puts no needling on top for these weights": _no_needling_first,
    "relative's story is not used as evidence": _hearsay,
    "point picker greys out the cast region and says why": _cast_greyed,
    "replacement points are marked as practitioner's choice, not as trial-tested": _replacements,
    "first review no later than two weeks": _within_two_weeks,
    "staying active is listed as its own option": _staying_active,
    "goal written in the person's words": _own_words,
    "review point and stop rule set before the first session": _review_set,
    "dry needling shown but cannot be planned by this user": _not_this_user,
    "numbers identical to C16 to the last digit": _same_numbers,
    "fit score differs and the page shows which weight made the difference": _which_weight,
    "comparison carries the banner: these trials did not study people like you": _banner,
    "helper and person are recorded as two people; consent is the person's": _two_people,
    "time of stop, answers that caused it, text shown, acknowledgement": _stop_kept,
    "handover sent or given": _kept(log=[{"kind": "handover", "at": "2026-11-02", "by": "R. R."}]),
    "INR, date, pressure time, bruise check": _kept(course=_session(
        inr=2.4, inr_date="2026-11-01", pressure_minutes=3, bruise_checked="yes")),
    "gestation at each session, position, consent for pregnancy": _kept(course=_session(
        gestation_weeks=24, position="left_side", consent="needling in pregnancy, given")),
    "fear level before and after; any faint as adverse event": _kept(course={
        **_session(fear_before=8, fear_after=3),
        "event": [{"kind": "faint", "date": "2026-11-02", "over": "yes", "seen_by": "Dr A"}]}),
    "limit with end date; asked again at each visit": _kept(course=_session(
        covered="cast, left lower leg", covered_until="2026-12-01")),
    "date of onset": _kept(examination={"onset": "2026-10-28"}),
    "evidence version, seed, choice, reason for choice, who took part": _choice_kept,
    "both weight sets if changed in one sitting": _kept(log=[
        {"kind": "values", "value": "pain 40, function 40, soreness 10, visits 10"},
        {"kind": "values", "value": "pain 10, function 10, soreness 70, visits 10"}]),
    "referral offered yes/no": _kept(log=[{"kind": "referral", "value": "yes"}]),
    "which answers came from the helper": _kept(examination={
        "helper": "Neighbour", "helper_answers": ["medicines", "conditions"]}),
}  # fmt: skip
