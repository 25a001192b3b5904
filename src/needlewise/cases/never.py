"""What a page must never show, where a case says so: a word -> how it is known in the words."""

from __future__ import annotations

import re

from needlewise.cases.detector import Detector, around, has
from needlewise.cases.show import COUNT, NUMBER, RANGE

_OPTION = r"(?:no needling|dry needling|electroacupuncture|acupuncture|needling)"
_MEDICINE = r"(?:medicines?|medication|blood thinners?|warfarin|aspirin|tablets?|pills?|dose)"
_DISEASE = (
    r"(?:cauda equina|fracture|broken (?:bone|back)|cancer|tumou?r|infection|spinal stenosis|"
    r"stenosis|aneurysm|blood clot|slipped disc|disc hernia|sciatica|arthritis|inflammatory)"
)

comparison = has(
    rf"\b{COUNT}|\bpoints of (?:100|24)\b|\bexpected pain\b|\bcomes? out ahead\b"
    rf"|\b{_OPTION} (?:probably )?(?:eased pain|helped) (?:more|less)|\bcannot be told apart\b"
    rf"|\bunwanted effects? per course|\b{NUMBER} {RANGE}"
)
_relative = re.compile(
    rf"{NUMBER} ?(?:%|per ?cent) (?:less|more|lower|higher|better|fewer|reduction|increase)"
    r"|\b(?:twice|half|double|three times|\d+ times) (?:as|more|less|the) \w+"
    r"|\b(?:odds|risk|hazard|rate) ratio\b|\brelative risk\b"
)
_absolute = re.compile(r"\bof 1(?:00|,000|0,000|,000,000)\b")
_threshold = re.compile(rf"(?:at least|a fall of) {NUMBER} ?%")


def relative_only(text: str) -> str:
    """A relative effect with no absolute number near it; the threshold of "better" is none."""
    kept = _threshold.sub(" ", text)
    for match in _relative.finditer(kept):
        near = kept[max(match.start() - 160, 0) : match.end() + 160]
        if not _absolute.search(near):
            return around(kept, match)
    return ""


def single_number(text: str) -> str:
    """A chance, an expected pain or an effect that stands without its range.

    Ranges are blanked first; what must have had one is then looked for without.
    """
    marked = re.sub(rf"{RANGE}", "(~)", text)
    chance = re.search(
        rf"\b{NUMBER} of 100 (?:better|clearly better)\b(?!.{{0,60}}\(~\))", marked
    )  # fmt: skip
    effect = re.search(
        rf"(?<![\d.,%])(?<!of )\b{NUMBER} (?:less|more|fewer)\b(?! ?\(~\))(?! than)", marked
    )
    when = r"(?:at|after) (?:the end of a course|\d+ (?:weeks|months))"
    at = r"at (?:the end of a course|\d+ (?:weeks|months))"
    level = re.search(
        rf"\b(?:{when}: {NUMBER}|(?<!to ){NUMBER} {at})(?![\d.])(?! ?\(~\))(?! less| more)", marked
    )
    for match in (chance, effect, level):
        if match:
            return around(marked, match)
    return ""


def stop_medicine_advice(text: str) -> str:
    """Advice to leave a medicine; a sentence that forbids it is none."""
    kept = re.sub(r"\b(?:do not|don't|never|without)\b[^.;]*", " ", text)
    return has(
        r"\b(?:stop|pause|skip|halve|reduce|lower|change|leave out|come off)"
        rf"(?: (?:taking|using|your|the|any|this|all))* {_MEDICINE}\b"
    )(kept)


def reassurance(text: str) -> str:
    """Words that play a risk down; on a page that stops, also that back pain mostly eases."""
    found = has(
        r"\bnothing (?:to worry|serious)|\b(?:do not|don't|no need to) (?:worry|be alarmed)"
        r"|\bharmless\b|\brisk[- ]free|\b(?:perfectly|completely|entirely|quite|very) safe\b"
        r"|\bno risk\b|\bonly a (?:small|tiny|slight) risk"
        r"|\b(?:needling|needles|acupuncture|treatment|this|it) (?:is|are) safe\b"
        r"|\bprobably (?:nothing|fine)\b|\brest assured|\brarely (?:serious|dangerous)"
    )(text)
    if not found and not comparison(text):
        found = has(r"\b(?:back pain|backs) (?:often |mostly |usually )?eases? (?:by|on|within)")(
            text
        )
    return found


NEVER: dict[str, Detector] = {
    "comparison": Detector(
        comparison,
        "acupuncture 54 of 100 better, 46 not",
        "nothing about choosing a treatment is shown. back pain: 9 of 10.",
    ),
    "ranking": Detector(
        has(rf"\b(?:best|top|first|better|right|preferred) (?:choice|option|pick)\b"
            rf"|\b{_OPTION} (?:is|comes out|works|scores) (?:the )?(?:best|first|top|superior)\b"
            r"|\bwe (?:recommend|suggest|advise)\b|\brecommended (?:for you|option|choice)"
            r"|\bthe winner\b|\bwins\b|\branked (?:first|1|by)|\bnumber one\b|#1\b"
            rf"|\b{_OPTION} \(recommended\)|\b1\. {_OPTION}\b"),
        "the best choice for you is acupuncture",
        "acupuncture comes out ahead in 54 of 100. guideline: bmj rapid recommendation. --rank "
        "pain,visits",
    ),
    "booking": Detector(
        has(r"\bbook (?:now|online|here|a|an|your|this)\b|\bbooking\b"
            r"|\b(?:make|arrange|schedule|reserve) (?:an?|your) "
            r"(?:appointment|session|course|visit)\b(?! with (?:a|your) doctor)"
            r"|\bstart (?:your|the) (?:plan|course)\b"),
        "book a session of dry needling",
        "do not wait for an appointment. bring the note to your visit.",
    ),
    "reassurance": Detector(
        reassurance,
        "most new back pain eases by itself, so there is nothing to worry about",
        "numbness between the legs can mean that nerves are under pressure. a rate of none seen is "
        "not a risk of zero.",
    ),
    "relative_only": Detector(
        relative_only,
        "acupuncture makes improvement 30 % more likely than care alone",
        "clearly better means at least 30 % less pain than now. bruises: 50 % more, 6 against 4 "
        "of 100.",
    ),
    "single_number": Detector(
        single_number,
        "acupuncture 54 of 100 better, 46 not. expected pain after 3 months: 3.9",
        "54 of 100 better, 46 not the range is 18 to 88 of 100. after 3 months: 3.9 (2.1 to 5.6). "
        "15 less (21 less to 8 less)",
    ),
    "stop_medicine_advice": Detector(
        stop_medicine_advice,
        "stop your blood thinner two days before the visit",
        "do not stop or change any medicine unless the person who prescribed it says so.",
    ),
    "personal_precision": Detector(
        has(r"\byour (?:own |personal |individual )?(?:chance|chances|risk|odds|probability|"
            r"likelihood)\b(?: of [\w ]{1,40})? (?:is|are|:|=)"
            r"|\byou have an? \d[\d.]* ?(?:%|in |of )"
            r"|\byou (?:will|are going to) (?:have|get|be|feel) (?:\d|better|pain)"
            r"|\bmade for you alone|\bcalculated for you\b"),
        "your chance of getting better is 54 of 100",
        "of 100 people like you 54 get better. no chance can be given for you.",
    ),
    "pressure": Detector(
        has(r"\byou (?:should|must|need to|ought to) (?:choose|try|have|get|start|take) "
            rf"(?:the |a |some )?(?:course|session|treatment|{_OPTION})"
            r"|\b(?:act|decide|choose) (?:now|today|soon)\b|\bdo(?: not|n't) miss\b|\bhurry\b"
            r"|\bwhy wait\b|\blast chance\b|\bonly today\b|\blimited (?:time|places|offer)"
            r"|\bmost people choose\b|\bsmart choice\b|!(?: |$)(?=\w{0}$)"),
        "you should try acupuncture; decide now",
        "you can choose again at any time. do not wait for an appointment. see your doctor.",
    ),
    "diagnosis": Detector(
        has(r"\byou (?:have|are suffering from|suffer from|have got) (?:an? )?(?:\w+ )?"
            rf"{_DISEASE}\b"
            r"|\byour diagnosis\b|\bdiagnosis: |\byou have been diagnosed"
            rf"|\b(?:this|it) is (?:an? |clearly )?(?:\w+ )?{_DISEASE}\b"),
        "you have cauda equina syndrome",
        "numbness can mean that nerves are under pressure. you have leg pain. it is not a "
        "diagnosis.",
    ),
    "cure_claim": Detector(
        has(r"\bcures?\b|\bcured\b|\bdetox\w*|\bfix(?:es)? (?:your|the|it|pain|back)|\bguarantee\w*"
            r"|\bmiracle|\bpain[- ]free\b|\bgets? rid of\b|\bhealed\b|\bpermanent(?:ly)? "
            r"(?:relief|gone|better)|\bflush(?:es)? (?:out )?toxins"),
        "acupuncture cures back pain, guaranteed",
        "it is said to balance the body. how it works is not known for sure.",
    ),
    "cause_claim": Detector(
        has(rf"\b(?:{_OPTION}|the treatment|the needles?|it) (?:has |have )?"
            r"(?:worked|failed|helped|not worked|cured)(?: for)? you\b"
            r"|\bthanks to (?:the )?(?:needl|treatment|acupuncture|dry)"
            r"|\b(?:because of|due to) the (?:needl|treatment)"
            r"|\byou (?:improved|got better|got worse) because"),
        "the treatment worked for you",
        "acupuncture eased pain more than no needling. you may get better because of time.",
    ),
}  # fmt: skip
