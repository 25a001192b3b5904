"""`needlewise topic check`: is a topic folder fit to compute from, and what is still open?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from needlewise.topic.checks.addresses import check_addresses
from needlewise.topic.checks.cells import check_tables
from needlewise.topic.checks.counts import check_context, check_events, check_harms
from needlewise.topic.checks.direction import check_directions
from needlewise.topic.checks.finding import ORDER, Finding, Report
from needlewise.topic.checks.printed import format_report
from needlewise.topic.checks.questions import rules_waiting, with_questions
from needlewise.topic.checks.reading import Draft, read_draft
from needlewise.topic.checks.results import check_arm_results, check_contrasts
from needlewise.topic.checks.rows import check_rows
from needlewise.topic.checks.settings import check_settings
from needlewise.topic.checks.trials import check_needling, check_trials
from needlewise.topic.pack import TOPICS

__all__ = ["Finding", "Report", "check_draft", "check_topic", "format_report"]

CHECKS: tuple[Callable[[Draft], Iterator[Finding]], ...] = (
    check_tables,  # first: it tells which tables are whole
    check_rows,
    check_trials,
    check_needling,
    check_arm_results,
    check_contrasts,
    check_directions,
    check_events,
    check_harms,
    check_context,
    check_settings,
    check_addresses,
)


def check_topic(folder: str | Path = "low-back-pain") -> Report:
    """Check a topic by name (shipped with needlewise) or folder; `passed` says if it may be used.

    Every fault becomes a finding, also a file that cannot be read. Raises InputError only where
    there is no topic folder at all.
    """
    path = Path(folder)
    if not path.is_dir() and isinstance(folder, str) and "/" not in folder:
        path = TOPICS / folder.replace("-", "_")
    return check_draft(read_draft(path))


def check_draft(draft: Draft) -> Report:
    """The checks alone, on a folder already read."""
    draft.whole.clear()
    found = list(draft.findings)
    for check in CHECKS:
        found.extend(check(draft))
    findings = [*first_of_each_cell(with_questions(draft, found)), *rules_waiting(draft)]
    findings.sort(key=lambda f: (ORDER[f.severity], f.file, f.line, f.column, f.check, f.value))
    rows = sum(len(table) for table in draft.tables.values())
    topic = str(draft.part("title") or draft.folder.name)
    return Report(topic, len(draft.tables), rows, tuple(findings))


def first_of_each_cell(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Only the first error of a cell: what is no number need not also be out of range."""
    seen: set[tuple[str, int, str]] = set()
    for finding in findings:
        cell = (finding.file, finding.line, finding.column)
        if finding.severity == "error" and finding.column:
            if cell in seen:
                continue
            seen.add(cell)
        yield finding
