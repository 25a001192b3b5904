"""Known questions about single cells, and rules that no clinician has confirmed yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from needlewise.topic.checks.finding import Finding, error
from needlewise.topic.checks.reading import Draft
from needlewise.topic.pack import Row, Table, listed

QUESTIONS = "open_questions"
WAITING = "clinician"  # the check name of rules that wait for a clinician
RULE = "rule:"


def with_questions(draft: Draft, findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, with those a known question names turned from error to open.

    A question speaks of one check in one cell with one value: whatever else is or becomes wrong
    there stays an error, and so does a question whose row, value or fault is no longer there
    (the last is said only where nothing else is wrong that may have kept a check from looking).
    """
    asked: dict[tuple[str, int, str, str], Row] = {}
    faults = {fault(f) for f in findings if f.severity == "error"}
    answered: list[Finding] = []
    for question in draft.rows(QUESTIONS):
        row = asked_about(draft, question)
        if isinstance(row, Finding):
            yield row
            continue
        if row is None:
            continue
        about = (row.file, row.line, question["column"], question["check"])
        if question["check"] and about not in faults:
            wrong = f"no check '{question['check']}' finds a fault in that cell any longer"
            answered.append(error(question, "check", "question", wrong, "Delete the question."))
        elif question["check"]:
            asked[about] = question
        else:
            yield opened(error(row, question["column"], "asked", "", ""), question)
    for finding in findings:
        known = asked.get(fault(finding)) if finding.severity == "error" else None
        yield opened(finding, known) if known else finding
    if faults <= set(asked):
        yield from answered


def fault(finding: Finding) -> tuple[str, int, str, str]:
    return finding.file, finding.line, finding.column, finding.check


def opened(finding: Finding, question: Row) -> Finding:
    return replace(finding, severity="open", wrong=question["question"], do=question["meanwhile"])


def asked_about(draft: Draft, question: Row) -> Row | Finding | None:
    """The one row a question names; a finding where it names none, None where nobody can tell."""
    table, column = question["table"], question["column"]
    if table not in draft.whole:
        if table in draft.schema.tables:
            return None  # the table itself is what is wrong, and said elsewhere
        return error(question, "table", "question", "is no table", "Correct the name.")
    cells = [part.partition("=") for part in listed(question["row"], "; ")]
    columns = draft.schema.tables[table].columns
    for name in [column, *(name for name, *_ in cells)]:
        if name not in columns:
            where = "column" if name == column else "row"
            wrong = f"{table}.csv has no column '{name}'"
            return error(question, where, "question", wrong, "Correct the name.")
    rows = [row for row in draft.rows(table) if all(row[name] == value for name, _, value in cells)]
    if len(rows) != 1:
        wrong = f"fits {len(rows)} rows of {table}.csv, it must fit one"
        return error(question, "row", "question", wrong, "Name the row by more or other columns.")
    if rows[0][column] != question["value"]:
        wrong = f"the cell at {rows[0].place} now reads '{rows[0][column]}'"
        return error(question, "value", "question", wrong, "Ask anew, or delete the question.")
    return rows[0]


def rules_waiting(draft: Draft) -> Iterator[Finding]:
    """Every row whose source begins `rule:`, in whatever table it stands."""
    for table in draft.tables.values():
        if "source" not in table.columns:
            continue
        for row in table:
            if row["source"].startswith(RULE):
                wrong = "waits for a clinician"
                do = "A clinician confirms, changes or removes it."
                waiting = error(row, "source", WAITING, wrong, do)
                yield replace(waiting, severity="open")


INTRO = """# Questions about the evidence

Two lists of what is known to be doubtful in the content of a topic. Both are printed as
"open" by `needlewise topic check`: they do not stop a comparison, and nobody should forget them.

## Questions about single cells

Each question is a row of `open_questions.csv` in the topic folder. It names one cell by table
and row, what it reads, and which check found it ("asked by hand" where no check can). If the
cell changes, or another fault appears in it, the check reports an error again. No value was
changed because of a question. This page is written from that table and a test holds them equal.
"""

CLINICIAN = """
## Rules that wait for a clinician

Where the sources are silent, differ, or are coarser than what a person may answer, a rule of our
own stands in the topic's tables. Every row of the topic's rule tables whose source begins with
`rule:` is listed by `needlewise topic check` as open, counted and grouped by file, until a
clinician has confirmed, changed or removed it. A rule that is confirmed gets the name of who
confirmed it, and the date, as its source.
"""


def questions_page(questions: Table) -> str:
    """`docs/evidence-questions.md`, from the rows of `open_questions.csv`."""
    by_table: dict[str, list[Row]] = defaultdict(list)
    for row in questions:
        by_table[row["table"]].append(row)
    lines = [INTRO, f"{len(questions)} questions are open."]
    for table, rows in by_table.items():
        lines += ["", f"### {table}.csv", ""]
        for row in rows:
            cell = row["row"].replace("; ", ", ")
            value = f"reads `{row['value']}`" if row["value"] else "is empty"
            found = f"check: {row['check']}" if row["check"] else "asked by hand"
            lines += [
                f"* **{cell}**: column `{row['column']}` {value} ({found})",
                f"  * Question: {row['question']}",
                f"  * Meanwhile: {row['meanwhile']}",
            ]
    return "\n".join(lines) + "\n" + CLINICIAN
