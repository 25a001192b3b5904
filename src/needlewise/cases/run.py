"""`run_cases`: every case and variant through the program, and a report for the terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from needlewise.cases import channels
from needlewise.cases.checks import REFUSED, WORDS_OF_PAGES, Seen, check
from needlewise.cases.detectors import NEVER, SHOW
from needlewise.cases.file import Case, CaseFile, Variant, changed, read_cases
from needlewise.cases.finding import ERROR, HOLDS, SHORT, UNCHECKED, Finding, error, judged, short
from needlewise.cases.shown import Shown, as_a_case_means, show, without_field
from needlewise.errors import InputError
from needlewise.person import Person
from needlewise.topic import Topic, load_topic

WIDTH = 80


@dataclass(frozen=True)
class Outcome:
    """How one case or variant went."""

    id: str
    title: str
    findings: tuple[Finding, ...]

    def count(self, state: str) -> int:
        return sum(finding.state == state for finding in self.findings)

    @property
    def state(self) -> str:
        for state in (ERROR, SHORT):
            if self.count(state):
                return state
        return "pass" if self.count(HOLDS) else UNCHECKED


@dataclass(frozen=True)
class Result:
    """All outcomes in file order.

    `text` is the report for the terminal, `passed` whether nothing fell short and no key was
    unknown; sentences that nothing here checks are listed and are neither.
    """

    outcomes: tuple[Outcome, ...]
    passed: bool
    text: str


def run_cases(topic: Topic, file: Path | None = None, *, workers: int = 1) -> Result:
    """Run a file of cases (default: the topic's own `cases.json`).

    Args:
        workers: how many processes share the work. More than one reads the topic again from its
            folder in each, and needs a main module that can be imported.

    Raises InputError where the file is no file of cases.
    """
    cases = read_cases(file or topic.folder / "cases.json")
    outcomes = [*_header(cases)]
    for found in _met(topic, cases.cases, min(workers, len(cases.cases))):
        outcomes.extend(found)
    passed = not any(o.state in {SHORT, ERROR} for o in outcomes)
    return Result(tuple(outcomes), passed, _report(cases, outcomes))


def _met(topic: Topic, cases: tuple[Case, ...], workers: int) -> Iterator[tuple[Outcome, ...]]:
    """Every case with its variants, in file order."""
    if workers < 2:
        yield from (_case(topic, case) for case in cases)
        return
    # A process that has drawn a PDF has threads of its own: new ones start afresh.
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(_case_of, repeat(topic.folder), cases)


def _case_of(folder: Path, case: Case) -> tuple[Outcome, ...]:
    return _case(_topic_of(folder), case)


@cache
def _topic_of(folder: Path) -> Topic:
    """The topic, read once in each process, so that its fits are shared by the cases there."""
    return load_topic(folder)


def _header(cases: CaseFile) -> Iterator[Outcome]:
    """Keys and words of the file that nobody here can check."""
    findings = [error(key, "this key is not known") for key in cases.unknown]
    for kind, table in (("show", SHOW), ("never_show", NEVER)):
        unknown = [word for word in cases.words.get(kind, ()) if word not in table]
        findings += [error(f"vocabulary.{kind}", f"no detector for {word}") for word in unknown]
    if findings:
        yield Outcome("file", cases.path.name, tuple(findings))


def _case(topic: Topic, case: Case) -> tuple[Outcome, ...]:
    unknown = [error(key, "this key is not known") for key in case.unknown]
    weights = case.intake.get("weights")
    base, findings = _meet(topic, case.intake, case.expect, weights, None)
    variants = [_variant(topic, case, variant, base, weights) for variant in case.variants]
    return (Outcome(case.id, case.title, (*unknown, *findings)), *variants)


def _variant(
    topic: Topic, case: Case, variant: Variant, base: Shown | None, weights: object
) -> Outcome:
    unknown = [error(key, "this key is not known") for key in variant.unknown]
    answers = changed(case.intake, variant.change, f"case {case.id}{variant.id}")
    if "input" in variant.then:
        findings = _refused(topic, case, variant, answers)
    else:
        _, findings = _meet(topic, answers, variant.then, weights, base)
    told = ", ".join(variant.change)
    return Outcome(f"{case.id}{variant.id}", told, (*unknown, *findings))


def _meet(
    topic: Topic, answers: Mapping[str, Any], expected: Mapping[str, Any], weights: object,
    base: Shown | None,
) -> tuple[Shown | None, list[Finding]]:  # fmt: skip
    """Take answers through the program and check what is shown."""
    try:
        shown = show(topic, answers, weights)
    except InputError as problem:
        return None, [short("intake", "answers that can be used", str(problem))]
    # Pages are looked at in full where words are asked for, else in the two quick channels.
    full = base is None or not WORDS_OF_PAGES.isdisjoint(expected)
    looked_at = tuple(
        channel for channel in (channels.ALL if full else channels.QUICK)
        if channel != channels.PDF or channels.can_read_pdf()
    )  # fmt: skip
    seen = Seen(
        topic, shown, base, looked_at, answers, weights,
        lambda other: show(topic, other, weights),
    )  # fmt: skip
    return shown, check(seen, expected)


def _refused(
    topic: Topic, case: Case, variant: Variant, answers: Mapping[str, Any]
) -> list[Finding]:
    """The answer is refused by name, and nothing else with it."""
    if variant.then["input"] != REFUSED:
        return [error("input", f"'{variant.then['input']}' is not known")]
    others = [error(key, "cannot be checked where the input is refused")
              for key in variant.then if key not in {"input", "note"}]  # fmt: skip
    try:
        Person.from_mapping(as_a_case_means(topic, answers), topic)
    except InputError as refusal:
        told = str(refusal)
    else:
        return [*others, short("input", "a refusal", "the answers were taken")]
    named = all(path in told for path in variant.change)
    plain = "\n" not in told and "Traceback" not in told and told.endswith(".")
    kept, before = dict(answers), dict(case.intake)
    for path in variant.change:
        kept, before = without_field(kept, path), without_field(before, path)
    return [
        *others,
        judged("input", named and plain, f"one sentence on {', '.join(variant.change)}", told),
        _kept(topic, kept, before),
    ]


def _kept(topic: Topic, kept: Mapping[str, Any], before: Mapping[str, Any]) -> Finding:
    try:
        persons = [
            Person.from_mapping(as_a_case_means(topic, answers), topic)
            for answers in (kept, before)
        ]
    except InputError as problem:
        return short("input", "the other answers kept", str(problem))
    good = persons[0].canonical == persons[1].canonical
    return judged("input", good, "the other answers kept", "other answers changed")


def _report(cases: CaseFile, outcomes: list[Outcome]) -> str:
    lines = [f"Cases of {cases.path.name}: {len(cases.cases)} people and their variants", ""]
    for outcome in outcomes:
        lines.append(_line(outcome))
    for outcome in outcomes:
        lines.extend(_told(outcome))
    return "\n".join([*lines, "", *_closing(outcomes)]) + "\n"


def _line(outcome: Outcome) -> str:
    """Id, how it went, and how many checks held."""
    head = f"{outcome.id:<6} {outcome.state:<14}{outcome.count(HOLDS):3} hold  "
    room = WIDTH - len(head) - 1
    return f"{head} {textwrap.shorten(outcome.title, room, placeholder=' ...')}".rstrip()


def _told(outcome: Outcome) -> Iterator[str]:
    """Each shortfall: where, what was expected, what was found."""
    wrong = [f for f in outcome.findings if f.state in {SHORT, ERROR}]
    if wrong:
        yield ""
        yield f"{outcome.id}: {outcome.title}"[:WIDTH]
    for finding in wrong:
        where = f" [{', '.join(finding.channels)}]" if finding.channels else ""
        expected = f" expected {finding.expected};" if finding.expected else ""
        said = "found" if finding.state == SHORT else "error:"
        text = f"{finding.key}{where}:{expected} {said} {finding.found}"
        yield from textwrap.wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _closing(outcomes: list[Outcome]) -> Iterator[str]:
    states = Counter(outcome.state for outcome in outcomes)
    checks = {state: sum(o.count(state) for o in outcomes) for state in (HOLDS, SHORT)}
    if not channels.can_read_pdf():
        yield "The PDF was not looked at: its words can be read only where pypdf is installed."
    yield (
        f"Cases and variants: {states['pass']} pass, {states[SHORT]} fall short, "
        f"{states[UNCHECKED]} not checked, {states[ERROR]} in error."
    )  # fmt: skip
    open_ = [f"{o.id}: {f.found}" for o in outcomes for f in o.findings if f.state == UNCHECKED]
    if open_:
        yield f"Not checked, as nothing here knows how: {len(open_)} sentences."
        for text in open_:
            yield from textwrap.wrap(text, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    wrong = states[SHORT] + states[ERROR]
    yield (
        f"All {checks[HOLDS]} expectations that can be checked hold."
        if not wrong
        else f"{checks[SHORT]} of {checks[SHORT] + checks[HOLDS]} expectations fall short."
    )
