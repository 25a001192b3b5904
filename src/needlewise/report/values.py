"""What matters to the person: the fit, and what would change it. Then what to do next."""

from __future__ import annotations

from needlewise.choice.criteria import criterion
from needlewise.choice.fit import CLEAR, CLOSE, Fit
from needlewise.report.document import Bars, Block, Bullets, Callout, Num, Paragraph, Section, Text
from needlewise.report.numbers import hundred, largest_remainder
from needlewise.report.words import Words, joined, sentence


def values(words: Words) -> Section:
    fit = words.comparison.fit
    if fit is None:
        return Section("values", "What matters to you", (Paragraph((words["values.none"],)),))
    return Section("values", "What matters to you", tuple(_fit_blocks(words, fit)))


def _label(words: Words, name: str) -> str:
    own = words.comparison.outlook.person.own_label
    if name == "own" and own:
        return own
    return str(criterion(words.comparison.outlook, name)["label"]).lower()


def shares_of_100(fit: Fit) -> dict[str, int]:
    """Shares as whole counts of 100."""
    counts = largest_remainder([fit.shares[o] for o in fit.options], 100)
    return dict(zip(fit.options, counts, strict=True))


def weights_of_100(fit: Fit) -> dict[str, int]:
    """Weights as whole counts of 100."""
    counts = largest_remainder(list(fit.weights.values()), 100)
    return dict(zip(fit.weights, counts, strict=True))


def _fit_blocks(words: Words, fit: Fit) -> list[Block]:
    left_out = [_left_out(words, o, why) for o, why in fit.left_out.items()]
    if not fit.options:
        return [
            Paragraph((words["values.alone"],), "lead"),
            Bullets(tuple(left_out), "What takes no part"),
        ]
    counts = shares_of_100(fit)
    ahead = joined(
        [words.say("values.ahead", words.short(o), Num(str(counts[o]), f"fit.{o}"))
         for o in fit.options]
    )  # fmt: skip
    told = ", ".join(f"{_label(words, c)} {w}" for c, w in weights_of_100(fit).items())
    blocks: list[Block] = [
        Paragraph(sentence(words.say("values.result", ahead)), "lead"),
        Paragraph((_verdict(words, fit),)),
        Bars(
            "fit",
            words["table.ahead"],
            tuple(_bar(words, fit, o, counts[o]) for o in fit.options),
        ),
        Paragraph(words.say("values.weights", told), "small"),
    ]
    blocks.append(Bullets(tuple(left_out + _changes(words, fit)), words["table.beside_fit"]))
    if fit.verdict == CLOSE:
        blocks.append(Paragraph((words["values.short_trial"],)))
    return blocks


def _bar(words: Words, fit: Fit, option: str, count: int) -> tuple[str, str, int, int, int, Text]:
    low, high = hundred(fit.low[option]), hundred(fit.high[option])
    shown = f"{count}" if low == high == count else f"{count} ({low} to {high})"
    number = Num(shown, f"fit.{option}")
    return option, words.option(option), count, low, high, (number, " of 100")


def _verdict(words: Words, fit: Fit) -> str:
    if fit.overturned_by:
        return words["values.overturned"].format(", ".join(fit.overturned_by))
    if fit.leader is None:
        return words["values.close"]
    key = "values.clear" if fit.verdict == CLEAR else "values.leaning"
    return words[key].format(words.short(fit.leader), _certainty(words, fit.leader))


def _certainty(words: Words, option: str) -> str:
    """Certainty behind the option that is ahead; no needling rests on that of the others."""
    outlook = words.comparison.outlook
    primary = words.topic.settings["primary"]
    options = [option] if words.topic.option(option).components else list(outlook.triage.options)
    cells = [outlook.cell(o, primary["outcome"], float(primary["week"])) for o in options]
    return next((c.certainty.level for c in cells if c.certainty is not None), "not known")


def _left_out(words: Words, option: str, why: str) -> Text:
    key = "values.cannot" if why == "cannot be compared" else "values.not_open"
    return words.say(key, words.option(option))


def _changes(words: Words, fit: Fit) -> list[Text]:
    found: list[Text] = []
    now = weights_of_100(fit)
    for flip in fit.flips[:1]:
        found.append(
            words.say(
                "values.flip",
                _label(words, flip.criterion),
                Num(str(hundred(flip.needed)), f"flip.{flip.criterion}"),
                Num(str(now[flip.criterion]), f"flip.{flip.criterion}"),
                words.short(flip.ahead),
            )
        )
    if not fit.flips:
        found.append((words["values.no_flip"],))
    for option, name in fit.learn:
        found.append(words.say("values.learn", _label(words, name), words.short(option)))
    for option, name, matters in fit.unknown:
        if matters:
            found.append(
                words.say("values.unknown_matters", _label(words, name), words.short(option))
            )
    return found


def next_steps(words: Words) -> Section:
    """Questions for the visit, review and stop rule, safety net."""
    triage = words.comparison.outlook.triage
    questions = [words[f"next.q_{k}"] for k in ("training", "plan", "stop", "risk", "other")]
    blocks: list[Block] = []
    if triage.ask_clinician:
        asked = tuple((q,) for q in triage.ask_clinician)
        blocks.append(Bullets(asked, words["next.ask_first"]))
    blocks += [
        Bullets(tuple((q,) for q in questions), words["next.ask"]),
        Paragraph((words["next.review"],)),
        Paragraph((words["next.right"],)),
    ]
    if triage.safety_net:
        first, *rest = triage.safety_net
        blocks.append(Callout("safety", first, tuple((s,) for s in rest)))
    goals = [g for g in words.comparison.outlook.person.goals or () if g]
    if goals:
        blocks.insert(0, Bullets(tuple((g,) for g in goals), "Your own goals"))
    blocks.append(Paragraph((words["next.informs"],), "small"))
    return Section("next", "Next", tuple(blocks))
