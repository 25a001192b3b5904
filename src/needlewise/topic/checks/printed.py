"""A report as plain text, at most 80 columns wide but for what cannot be broken."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator

from needlewise.topic.checks.cells import shows
from needlewise.topic.checks.finding import Finding, Report
from needlewise.topic.checks.questions import WAITING

WIDTH = 80
LONGEST_VALUE = 60
LEAST_VALUE = 30
LONGEST = 500


def format_report(report: Report) -> str:
    """Counts first, then errors, open questions, rules that wait, and notes by kind."""
    waiting = [f for f in report.only("open") if f.check == WAITING]
    questions = [f for f in report.only("open") if f.check != WAITING]
    notes = report.only("note")
    lines = [f"{printable(report.topic)}: {report.tables} tables, {report.rows:,} rows", ""]
    counts = {
        "errors": len(report.errors),
        "open questions": len(questions),
        "rules that wait for a clinician": len(waiting),
        "notes": len(notes),
    }
    lines += [f"{count:6,}  {what}" for what, count in counts.items()]
    if report.errors:
        lines += ["", "ERRORS: to be corrected before the topic is used"]
        lines += [sentence(f) for f in report.errors]
    if questions:
        lines += ["", "OPEN: known questions, named in open_questions.csv"]
        lines += [asked(f) for f in questions]
    if waiting:
        lines += ["", "OPEN: rules that wait for a clinician", *grouped_rules(waiting)]
    if notes:
        lines += ["", "NOTES: nothing to be done before use", *grouped_notes(notes)]
    verdict = "The topic can be used." if report.passed else "The topic cannot be used as it is."
    return "\n".join([*lines, "", verdict]) + "\n"


def sentence(finding: Finding) -> str:
    """`file:line column: what is wrong ('value'). What to do.`"""
    value = f" ('{printable(finding.value)}')" if finding.value else ""
    return wrap(f"{finding.place}: {printable(finding.wrong, LONGEST)}{value}. {finding.do}")


def asked(finding: Finding) -> str:
    """`file:line column ('value'): the question Meanwhile: what is done.`"""
    value = f" ('{printable(finding.value)}')" if finding.value else ""
    return wrap(f"{finding.place}{value}: {finding.wrong} Meanwhile: {finding.do}")


def grouped_rules(findings: Iterable[Finding]) -> Iterator[str]:
    """By file, then by the wording of the rule, with the lines where it stands."""
    files: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        files[finding.file][finding.value].append(finding.line)
    for file, rules in files.items():
        yield f"{file}: {sum(map(len, rules.values()))} waiting"
        for rule, lines in rules.items():
            where = "line" if len(lines) == 1 else "lines"
            yield wrap(f"  {where} {', '.join(map(str, lines))}: {printable(rule, LONGEST)}")


def grouped_notes(notes: Iterable[Finding]) -> Iterator[str]:
    """By kind, with what to do said once."""
    kinds: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in notes:
        kinds[finding.wrong.partition(", also in")[0], finding.do].append(finding)
    for (kind, do), findings in kinds.items():
        yield wrap(f"{kind} ({len(findings)}). {do}")
        for finding in findings:
            _, _, more = finding.wrong.partition(", also in")
            count = f" (and{more})" if more else ""
            start = escaped(f"  {finding.place}{count}: ")
            yield start + printable(finding.value, max(LEAST_VALUE, WIDTH - len(start) - 3))


def printable(text: str, longest: int = LONGEST_VALUE) -> str:
    """Words of a file that cannot act on the terminal, cut where they are long."""
    return escaped(text if len(text) <= longest else text[:longest] + "...")


def escaped(text: str) -> str:
    return "".join(c if shows(c) else f"\\u{ord(c):04x}" for c in text)


def wrap(text: str) -> str:
    return textwrap.fill(
        escaped(text),
        WIDTH,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
