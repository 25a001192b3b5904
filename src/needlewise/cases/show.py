"""What a page must show: a word of the cases' vocabulary -> how it is known in the page's words."""

from __future__ import annotations

import re

from needlewise.cases.detector import Detector, first_sentence, has, has_all

NUMBER = r"\d[\d,]*(?:\.\d+)?"
RANGE = rf"(?:\(-?{NUMBER}(?: less| more| fewer)? to -?{NUMBER}(?: less| more| fewer)?\)|" \
        rf"\({NUMBER} (?:less|more|fewer) to (?:none|no different)\)|" \
        rf"\((?:none|no different) to {NUMBER} (?:less|more|fewer)\)|" \
        rf"range is {NUMBER} to {NUMBER}|between {NUMBER} and {NUMBER})"  # fmt: skip
COUNT = rf"{NUMBER}(?: {RANGE})? of 100\b"
SEEN_BY = r"(?:doctor|clinician|clinic|hospital|midwife|maternity|specialist|emergency department)"
SOON = r"(?:today|same day|tomorrow|within \w+ (?:hours?|days?)|coming days|in hours)"
PAIR = r"(?:no needling|dry needling|acupuncture|electroacupuncture)"


def emergency_now(text: str) -> str:
    """The first sentence of the page sends for emergency help, in one short line."""
    line = first_sentence(text)
    found = has(r"\bemergency (?:help|care|number|department|service)")(line)
    urges = has(r"\b(?:now|at once|right away|immediately)\b")(line)
    return found if urges and len(line.split()) <= 45 else ""


def urgent_medical_review(text: str) -> str:
    """Who to see and how soon, before the list of symptoms that holds for everybody."""
    before = re.split(r"get help at once if|note for the receiving", text, maxsplit=1)[0]
    return has(
        rf"(?:{SEEN_BY}[^.?]{{0,60}}{SOON}|{SOON}[^.?]{{0,60}}{SEEN_BY})"
    )(before)  # fmt: skip


def no_needling_option(text: str) -> str:
    """No needling has rows of its own with figures, about as many as any other option."""
    row = (
        r"\b{}(?:, (?:pain|disability), week [\d.]+)?:? (?:at the end of a course: )?"
        r"(?:\d|expected pain \d|what the others are|0 from needles|you carry on|open to you)"
    )

    def rows(option: str) -> int:
        own = text if option != "acupuncture" else text.replace("electroacupuncture", "")
        return len(re.findall(row.format(option), own))

    own, others = rows("no needling"), [rows("dry needling"), rows("acupuncture")]
    found = has(row.format("no needling"))(text)
    return found if own >= 2 and own >= 0.8 * max(others) else ""


def absolute_numbers(text: str) -> str:
    """People of one denominator for two rows or more: of 100 better, or harms per course."""
    if re.search(r"\b1 in \d", text):
        return ""
    better = re.findall(rf"\b{COUNT} better", text)
    if len(better) >= 2:
        return str(better[0])
    harms = has(
        rf"per course.*of 100\b.*(?:between {NUMBER} and {NUMBER}|{NUMBER} {RANGE})"
    )(text)  # fmt: skip
    return "unwanted effects of 100, per course" if harms else ""


def uncertainty_range(text: str) -> str:
    """Numbers with their ranges, not one alone but throughout."""
    found = re.findall(RANGE, text)
    return str(found[0]) if len(found) >= 6 else ""


def text_alternative(text: str) -> str:
    """The numbers of every picture as words and as a table; or, after a stop, the promise of it."""
    said = has(
        r"same (?:numbers?|content|words)[^.]{0,50}(?:as|in) (?:words|text)[^.]{0,20} table"
        r"|content is the same in every form"
    )(text)  # fmt: skip
    counts = has(rf"\b{COUNT} better")(text)
    levels = has(rf"expected pain\b.*\b{NUMBER} {RANGE}")(text)
    return said or (counts if counts and levels else "")


SHOW: dict[str, Detector] = {
    "emergency_now": Detector(
        emergency_now,
        "please stop here first what to do now get emergency help now: call your local emergency "
        "number. a scan may be needed.",
        "please stop here first what to do now see a doctor this week. if it gets worse, get "
        "emergency help now.",
    ),
    "urgent_medical_review": Detector(
        urgent_medical_review,
        "what to do now be seen by a doctor within two days, before any needling.",
        "what to do now stop and ask. get help at once if you have fever: see a doctor the same "
        "day.",
    ),
    "why_stopped": Detector(
        has(r"why (?:this|it|we) ?stopped(?! ask a| note for)[ :.-]+[a-z][^.?]{20,}"
            r"|why stopped: [^.?]{20,}"),
        "why this stopped numbness between the legs can mean that nerves are under pressure.",
        "why this stopped ask a clinician what is behind it?",
    ),
    "handover_note": Detector(
        has(r"note for the (?:receiving )?(?:clinician|doctor|team).{0,300}person: .{0,2000}"
            r"not a diagnosis"),
        "note for the receiving clinician asks for assessment today. person: 38 years. back pain: "
        "9 of 10. it is not a diagnosis and was not checked.",
        "show the note to the people who help you. this is not a diagnosis.",
    ),
    "safety_net": Detector(
        has(r"get help at once if.{0,400}(?:numb|bladder|fever|chest pain|weak).{0,600}"
            r"(?:call|see a doctor|go to)"),
        "get help at once if any of these comes up: numbness between your legs: call your local "
        "emergency number",
        "get help at once if you like.",
    ),
    "precaution_reason": Detector(
        has(r"what in your answers counts here[ :.-]+(?!no needling: open)[a-z][^.]{15,}\."
            r"|precaution reason: [^.]{15,}"),
        "your limits what in your answers counts here a blood thinner makes bleeding last longer.",
        "your limits what in your answers counts here no needling: open to you. dry needling.",
    ),
    "ask_clinician": Detector(
        has(r"\bask (?:a |your |the )?(?:clinician|doctor|midwife|specialist|prescriber|nurse)"
            r"(?: first| about this)?[ :.-]+[^?]{0,200}(?:\?|please ask: \w)"
            rf"|\b(?:does|do|has|is|may)\b[^.?]{{0,80}}\b{SEEN_BY}\b[^.?]{{0,60}}\?"),
        "ask a clinician what is behind the trouble in both legs?",
        "questions for your visit when would we stop?",
    ),
    "no_needling_option": Detector(
        no_needling_option,
        "no needling 24 of 100 better. dry needling 59 of 100 better. what is done no needling: "
        "you carry on with what you do now.",
        "dry needling 59 of 100 better. acupuncture 54 of 100 better than no needling.",
    ),
    "natural_course": Detector(
        has(rf"\bno needling\b(?:,[^.:;]{{0,40}})?:? (?:at the end of a course: )?"
            rf"(?:{COUNT} better|expected pain {NUMBER}|{NUMBER} \()"
            r"|\beases? (?:slowly|by itself|by themselves|on (?:its|their) own)"
            r"|\beases? within weeks"),
        "no needling at the end of a course: 5.4 (4.1 to 6.8)",
        "dry needling at the end of a course: 3.8 (1.8 to 5.7)",
    ),
    "absolute_numbers": Detector(
        absolute_numbers,
        "no needling 24 of 100 better, 76 not. acupuncture 54 of 100 better, 46 not.",
        "acupuncture makes it 30 % more likely. 1 in 4 get better.",
    ),
    "uncertainty_range": Detector(
        uncertainty_range,
        "4 (2 to 6) 5 (3 to 7) the range is 5 to 54 of 100. 6 (4 to 8) 7 (5 to 9) between 1 and 3",
        "the range is 5 to 54 of 100. expected pain 5.4, 3.8, 4 and 4.3; see section 2 (a to c)",
    ),
    "certainty_grade": Detector(
        has(r"\b(?:very low|low|moderate|high): [a-z][^.]{10,}\."),
        "after 3 months: low: nobody rated the quality of these trials here.",
        "the certainty is low. how sure we can be, from high to very low, with the main reason.",
    ),
    "population_gap": Detector(
        has(r"numbers may not (?:hold|fit|apply)|did not study people (?:just )?like you"
            r"|hardly or never in these trials|hardly been studied in"
            r"|left such people out"),
        "you are pregnant. few trials studied pregnant people, so the numbers may not hold for "
        "you.",
        "these numbers are for people like you. few trials are large.",
    ),
    "no_subgroup_evidence": Detector(
        has(r"(?:trials' average|average of (?:the|\d+) trials)[^.]*\.? ?[^.]*"
            r"(?:nothing about you|not made for you|no figure for people just like you)"
            r"|no trial of people like you could be used"),
        "they are the trials' average, from 16 trials. nothing about you beyond your pain changes "
        "them.",
        "these numbers are made for people like you.",
    ),
    "indirect_evidence": Detector(
        has(r"(?:compared|set against each other|comparison is|evidence is)[^.]{0,80}\bindirect"
            r"|\bindirect(?:ly)?\b(?! evidence: not)[^.;]{0,80}"
            r"(?:compar|assum|through|against|side by side)"
            r"|no trial (?:has )?(?:compared|set)[^.]{0,60}(?:side by side|against each other|"
            r"directly)"),
        "dry needling and acupuncture are compared indirectly, through trials against usual care; "
        "this assumes that the trials are alike.",
        "indirectness: some concerns; imprecision: no concerns.",
    ),
    "values_result": Detector(
        has(rf"\bcomes? out ahead in {NUMBER}(?: {RANGE})? of 100"),
        "given your weights, no needling comes out ahead in 46 of 100.",
        "you have not said what matters to you, so no fit is shown.",
    ),
    "tie": Detector(
        has(r"cannot be told apart|\ba close call\b|too close to call"),
        "dry needling and acupuncture cannot be told apart on this evidence.",
        "acupuncture and no needling were about the same.",
    ),
    "sources_and_date": Detector(
        has_all(r"\bsources\b", r"(?:searched until|search date)[: ]+\d{4}-\d\d-\d\d",
                r"next (?:review|update)(?: due)?[: ]+\d{4}-\d\d-\d\d",
                r"(?:paid for by|funding|who paid)[: ]+\w"),
        "sources haake 2007. paid for by: none received trials searched until: 2026-11-22 next "
        "review due: 2027-05-22",
        "sources haake 2007. trials searched until: not stated. next review due: 2027-05-22",
    ),
    "harms_row": Detector(
        has_all(
            rf"unwanted effect.{{0,400}}of 100\b.{{0,300}}"
            rf"(?:between {NUMBER} and {NUMBER}|{NUMBER} {RANGE})",
            rf"of 1(?:0,000|,000,000)\b.{{0,300}}(?:between {NUMBER} and|{NUMBER} {RANGE}"
            rf"|could be up to {NUMBER})",
        ),
        "unwanted effect bruise, of 100 dry needling: between 5 and 45. collapsed lung, of "
        "1,000,000 acupuncture: 7.1 (0.8 to 34)",
        "unwanted effect bruise, of 100 dry needling: no rate known. collapsed lung: rare.",
    ),
    "evidence_on_precaution": Detector(
        has(r"(?:known|found) about (?:this|these|the other) (?:limit|risk)s?\b: \w"
            r"|no figures for (?:these|the other) limits|how large the risk is, is not known"),
        "what is known about this limit: 1 moderate bleed in 3974 treatments.",
        "how it works is not known for sure. a rate of none seen is not a risk of zero.",
    ),
    "crisis_help": Detector(
        has_all(r"\bcrisis (?:line|contact|team)|\bhelpline",
                r"\ba person should take over|\bstay with someone|\btalk to a person"),
        "a crisis line is open day and night. a person should take over from here.",
        "get emergency help now: call your local emergency number.",
    ),
    "do_not_change_medicine": Detector(
        has(r"\b(?:do not|don't|never) (?:stop|change)[^.]{0,30}\b(?:medicine|tablet|dose)"),
        "do not stop or change any medicine unless the person who prescribed it says so.",
        "stop your medicine before the visit.",
    ),
    "review_or_stop": Detector(
        has_all(r"\breview (?:date|point)|\blook back together",
                r"\bstop rule|\bwould make you stop|\bwhen would we stop"),
        "agree on a review date and a stop rule before the first visit.",
        "next review due: 2027-05-22. when would we stop?",
    ),
    "progress_with_error": Detector(
        has_all(r"measurement error|error of the (?:scale|score)",
                r"smallest (?:meaningful|important|detectable)? ?change|smallest change that"),
        "your score went from 12 to 11. the measurement error is 2, the smallest meaningful change "
        "4.",
        "your score went from 12 to 11.",
    ),
    "no_attribution": Detector(
        has(r"(?:cannot|can not|can't|nobody can) (?:say|tell|know|be put down|be sure|prove)"
            r"[^.]{0,80}\b(?:treatment|needling|needles?)"
            r"|one person's (?:change|course|scores?) (?:proves?|shows?) (?:no|nothing)"),
        "one person's change cannot be put down to the treatment alone.",
        "we cannot know which people get better, only about how many.",
    ),
    "text_alternative": Detector(
        text_alternative,
        "every picture stands beside the same numbers as words and as a table.",
        "expected pain over time, as a picture.",
    ),
    "right_to_stop": Detector(
        has(r"\byou (?:can|may)(?: say no or)? (?:stop|take back your consent) at any time"),
        "you can stop at any time, also in the middle of a visit.",
        "when would we stop?",
    ),
}  # fmt: skip
