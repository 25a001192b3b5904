"""Who the numbers are for, and the answer in words."""

from __future__ import annotations

from needlewise.choice.verdict import NO_FIGURE as NOT_KNOWN
from needlewise.choice.verdict import Verdict
from needlewise.person import score_lines
from needlewise.report.document import (
    Block,
    Bullets,
    Callout,
    Num,
    Paragraph,
    Section,
    Text,
    line,
    plain,
)
from needlewise.report.words import Words, joined, missing, sentence


def who(words: Words) -> Section:
    """One sentence: who these numbers are for and how they were made."""
    outlook = words.comparison.outlook
    person, subject = outlook.person, outlook.subject
    parts = ["lower back pain"]
    if subject.population is not None:
        parts.append(subject.audience.name)
    if person.pain_nrs is not None:
        parts.append(f"pain {person.pain_nrs:g} of 10 now")
    trials = own_trials(words)
    blocks: list[Block] = [
        *(Callout("warning", t, ()) for t in _banner(words)),
        Paragraph(words.say("who.lead", ", ".join(parts)), "lead"),
        Paragraph((words["who_more.decision"],)),
        Paragraph(
            words.say("who.average", Num(str(len(trials)), "trials.pain"))
            if trials else (words["who.average_none"],)
        ),
    ]  # fmt: skip
    blocks += [Callout("note", text, ()) for text in _gaps(words)]
    scored = score_lines(words.topic, person)
    if scored:
        blocks.append(Bullets(tuple((text,) for text in scored), words["who.scores"]))
    blocks += [
        Paragraph((text,), "small") for text in outlook.triage.messages.get("text_alternative", ())
    ]
    return Section("who", words["section.who"], tuple(blocks))


def own_trials(words: Words) -> tuple[str, ...]:
    """Studies in the network of pain for people like this person."""
    outlook = words.comparison.outlook
    effects = outlook.base.effects("pain", outlook.subject.audience)
    return tuple(s.id for s in effects.network.studies) if effects else ()


def _banner(words: Words) -> list[str]:
    triage = words.comparison.outlook.triage
    return list(triage.text) if triage.outcome == "refer_routine" else []


def _gaps(words: Words) -> list[str]:
    outlook = words.comparison.outlook
    subject, notes = outlook.subject, outlook.notes
    found = []
    if subject.population is None:
        found.append(words["who.gap_unknown_time"])
    elif subject.population in {"acute", "subacute"}:
        found.append(words[f"who.gap_{subject.population}"])
    named = {"pregnancy": "pregnancy", "older-adults": "older", "radicular": "radicular"}
    found += [words[f"who.gap_{named[c]}"] for c in subject.conditions if c in named]
    reasons = {r.id for r in outlook.triage.reasons}
    if "stenosis" in reasons:
        found.append(words["who.gap_stenosis"])
    if subject.pain is None:
        found.append(words["who.no_pain"])
    if "few-like-you" in notes:
        found.append(words["who.few_like_you"])
    if "sources-disagree" in notes:
        found.append(words["who.disagree"].format(", ".join(notes["sources-disagree"])))
    if outlook.course is not None and not any(outlook.spreads.values()):
        found.append(words["who.course_mean"])
    if "course-assumed" in notes:
        found.append(words["who.course_assumed"])
    return found


def answer(words: Words) -> Section:
    """The verdicts in words: pain at each horizon, then function at the primary one."""
    blocks: list[Block] = []
    for week in words.weeks:
        blocks.append(Paragraph(_horizon(words, "pain", week), "lead" if not blocks else "normal"))
    primary = float(words.topic.settings["primary"]["week"])
    blocks.append(Paragraph(_function(words, primary)))
    if any(v.word != NOT_KNOWN for v in words.comparison.between):
        blocks.append(Paragraph((words["verdict.indirect"],)))
    if any(o.parts for o in words.topic.options):
        blocks.append(Paragraph((words["verdict.both"],)))
    return Section("answer", "The answer in words", tuple(blocks))


def _horizon(words: Words, outcome: str, week: float) -> Text:
    """One paragraph: each option against no needling, then the options against each other."""
    comparison = words.comparison
    clauses: list[Text] = []
    silent: dict[str, list[str]] = {}
    for option in words.topic.options:
        if not option.components:
            continue
        verdict = comparison.verdict(option.id, outcome, week)
        cell = comparison.outlook.cell(option.id, outcome, week)
        if verdict.word != NOT_KNOWN:
            clauses.append(_against_none(words, verdict))
        elif not option.parts:
            silent.setdefault(plain(missing(cell.why)), []).append(words.short(option.id))
    sentences = [sentence(line(f"{words.horizon(week)}, {{}}", c)) for c in clauses[:1]]
    sentences += [sentence(c) for c in clauses[1:]]
    sentences += [sentence(_pair(words, v)) for v in comparison.between if _told(v, outcome, week)]
    for why, options in silent.items():
        names = " and ".join([", ".join(options[:-1]), options[-1]] if options[1:] else options)
        start = "" if clauses else f"{words.horizon(week)}, "
        sentences.append(sentence((f"{start}{names}: {why}",)))
        clauses = clauses or [()]
    return joined(sentences, " ") if len(sentences) < 2 else _spaced(sentences)


def _spaced(sentences: list[Text]) -> Text:
    found: list[str | Num] = []
    for k, text in enumerate(sentences):
        found.extend([" "] if k else [])
        found.extend(text)
    return tuple(found)


def clause(words: Words, verdict: Verdict) -> Text:
    """A verdict against no needling in words, or why there is none."""
    cell = words.comparison.outlook.cell(verdict.option, verdict.outcome, verdict.week)
    if verdict.word == NOT_KNOWN:
        return missing(cell.why)
    key = f"verdict.{verdict.word.replace(' ', '-')}"
    text: Text = words.say(key, words.short(verdict.option))
    if verdict.trials == 1:
        text = words.say("verdict.one_trial", text)
    if verdict.evidence == "other-people":
        text = words.say("verdict.only_others", text, cell.audience)
    return text


def _against_none(words: Words, verdict: Verdict) -> Text:
    cell = words.comparison.outlook.cell(verdict.option, verdict.outcome, verdict.week)
    text = clause(words, verdict)
    people: str | Num = (
        Num(f"{cell.people:,}", f"people.{cell.key}") if cell.people else "an unknown number of"
    )
    if verdict.trials == 1:
        return words.say("verdict.behind_one", text, people, verdict.certainty)
    trials = Num(str(verdict.trials), f"trials.{cell.key}")
    return words.say("verdict.behind", text, trials, people, verdict.certainty)


def _told(verdict: Verdict, outcome: str, week: float) -> bool:
    return (
        verdict.outcome == outcome
        and verdict.week == week
        and verdict.word != NOT_KNOWN
        and verdict.evidence == "own"
    )


def _pair(words: Words, verdict: Verdict) -> Text:
    key = f"verdict.pair_{verdict.word.replace(' ', '-')}"
    return words.say(key, words.short(verdict.option), words.short(verdict.against))


def _function(words: Words, week: float) -> Text:
    text = _horizon(words, "disability", week)
    return line("Doing daily things: {}", _retold(text))


def _retold(text: Text) -> Text:
    swaps = (("eased pain more", "helped more"), ("eased pain less", "helped less"),
             ("for pain", "for daily things"))  # fmt: skip
    found: list[str | Num] = []
    for part in text:
        if isinstance(part, str):
            for old, new in swaps:
                part = part.replace(old, new)
        found.append(part)
    return tuple(found)
