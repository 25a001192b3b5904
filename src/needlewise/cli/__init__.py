"""The command line. Exit codes: 0 a comparison, 3 a stop, 2 bad input, 1 a fault of ours."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

# The matrices here are small: one thread is faster than waking several. Set before NumPy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import typer

from needlewise.cli import course as course_commands
from needlewise.cli import nma as nma_command
from needlewise.cli.course import planned, reviewed
from needlewise.cli.parts import (
    BAD_INPUT,
    FAULT,
    INTERRUPTED,
    STOP,
    AsJson,
    Force,
    Html,
    Ids,
    JsonSchema,
    Pdf,
    TopicName,
    out,
    writable,
)
from needlewise.errors import InputError

if TYPE_CHECKING:
    from needlewise.choice import Comparison
    from needlewise.topic import Topic

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None,
    help="Dry needling, acupuncture, both or neither for back pain, on the trials' own numbers. "
    "It informs and compares; it does not diagnose or prescribe.",
)  # fmt: skip
topic_app = typer.Typer(no_args_is_help=True, help="The content the numbers come from.")
evidence_app = typer.Typer(no_args_is_help=True, help="The trials behind the numbers.")
person_app = typer.Typer(no_args_is_help=True, help="What can be asked of a person.")
cases_app = typer.Typer(no_args_is_help=True, help="Invented people the program must do right by.")
app.add_typer(topic_app, name="topic")
app.add_typer(evidence_app, name="evidence")
app.add_typer(person_app, name="person")
app.add_typer(cases_app, name="cases")


def _compared(topic: Topic, path: Path, rank: str | None) -> Comparison:
    from needlewise.choice import Values, compare
    from needlewise.outlook import look_ahead
    from needlewise.person import Person

    person = Person.from_file(path, topic)
    values = Values.ranking(*rank.split(",")) if rank else None
    return compare(look_ahead(topic, None, person), values)


@app.command()
def compare(
    person: Annotated[Path | None, typer.Argument(help="A person's answers, TOML or JSON.")] = None,
    rank: Annotated[
        str | None, typer.Option(help="What matters, most first: pain,lasting,visits.")
    ] = None,
    as_json: AsJson = False,
    html: Html = None,
    pdf: Pdf = None,
    ids: Ids = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Print the long background sections too.")
    ] = False,
    json_schema: JsonSchema = False,
    force: Force = False,
    topic: TopicName = "low-back-pain",
) -> None:
    """Compare the options for one person."""
    from needlewise import report
    from needlewise.report.files import write

    if json_schema:
        from needlewise.report.as_json import schema

        out(schema())
        return
    if person is None:
        raise InputError("Give a file with a person's answers, or make one with needlewise ask.")
    writable(html, pdf, force=force)
    from needlewise.topic import load_topic

    comparison = _compared(load_topic(topic), person, rank)
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    shown = (
        report.json(comparison)
        if as_json
        else report.text(comparison, ids=ids, colour=colour, fold=not (everything or ids))
    )
    files = {
        path: made(comparison)
        for path, made in ((html, report.html_bytes), (pdf, report.pdf_bytes))
        if path is not None
    }
    for path, content in files.items():  # only when all are made is any written
        write(path, content, force=force)
    out(shown)
    if not comparison.outlook.triage.comparison_shown:
        raise typer.Exit(STOP)
    if comparison.fit is None and not as_json:
        out("\nTo see what fits you: needlewise compare ... --rank pain,lasting,visits\n")


@app.command()
def explain(
    number: Annotated[str, typer.Argument(help="A number's id, as --ids prints it.")],
    person: Annotated[Path | None, typer.Argument(help="The person it was shown to.")] = None,
    rank: Annotated[str | None, typer.Option(help="The ranking it was shown under.")] = None,
    course: Annotated[Path | None, typer.Option(help="The course it was shown for.")] = None,
    on: Annotated[str | None, typer.Option(help="The day of that review, 2026-11-05.")] = None,
    examination: Annotated[
        Path | None, typer.Option(help="The examination of the plan it was shown on.")
    ] = None,
    option: Annotated[str | None, typer.Option(help="The option of that plan.")] = None,
    edits: Annotated[Path | None, typer.Option(help="The edits of that plan.")] = None,
    topic: TopicName = "low-back-pain",
) -> None:
    """Where a number comes from: formula, inputs, rows, weights, sources, assumptions."""
    from needlewise.report.explain import explain_number
    from needlewise.topic import load_topic

    if course is not None:
        from needlewise.report.explain_review import explain_review

        out(explain_review(reviewed(load_topic(topic), course, person, on), number))
        return
    path = person or Path("examples/office_worker.toml")
    if examination is not None:
        from needlewise.report.explain_plan import explain_plan

        if option is None:
            raise InputError("Name the option of the plan: --option dry-needling, for example.")
        found = planned(load_topic(topic), path, examination, option, edits)
        out(explain_plan(found, number))
        return
    out(explain_number(_compared(load_topic(topic), path, rank), number))


app.command()(course_commands.plan)
app.command()(course_commands.review)
app.command()(nma_command.nma)


@app.command()
def ask(
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the answers go.")],
    force: Force = False,
    topic: TopicName = "low-back-pain",
) -> None:
    """Ask a person in the terminal and write the answers, readable by you alone."""
    from needlewise import person as people
    from needlewise.report.files import PRIVATE, check, write
    from needlewise.topic import load_topic

    check(output, force=force)
    answers = people.ask(load_topic(topic), _read, lambda text: out(text + "\n"))
    write(output, people.to_toml(answers).encode(), force=force, mode=PRIVATE)
    out(f"\nWritten to {output}. Next: needlewise compare {output}\n")


def _read(prompt: str) -> str:
    out(prompt)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


@app.command()
def claims(
    sentence: Annotated[str | None, typer.Argument(help="Something you heard.")] = None,
    ids: Ids = False,
    topic: TopicName = "low-back-pain",
) -> None:
    """What the evidence says of what you may have heard; it is never guessed."""
    from needlewise.report import terminal
    from needlewise.report.claims import answered
    from needlewise.topic import load_topic

    out(terminal.section_text(answered(load_topic(topic), sentence), ids=ids))


@app.command()
def ipdas(topic: TopicName = "low-back-pain") -> None:
    """The standards for patient decision aids: what is met, what is not, what needs people."""
    from needlewise.report.ipdas import ipdas_text
    from needlewise.topic import load_topic

    out(ipdas_text(load_topic(topic)))


@app.command()
def reading(
    person: Annotated[Path | None, typer.Argument(help="A person whose page is read.")] = None,
    topic: TopicName = "low-back-pain",
) -> None:
    """How hard the patient texts are to read: the files, or one person's page by section."""
    from needlewise.report.reading import reading_text
    from needlewise.report.view import document
    from needlewise.topic import load_topic

    pack = load_topic(topic)
    page = None if person is None else document(_compared(pack, person, None))
    out(reading_text(pack, page))


@topic_app.command("check")
def topic_check(
    folder: Annotated[Path | None, typer.Argument(help="A topic folder.")] = None,
) -> None:
    """Check every table of a topic and say what is wrong and what to do."""
    from needlewise.topic.check import check_topic, format_report
    from needlewise.topic.pack import TOPICS

    found = check_topic(folder or TOPICS / "low_back_pain")
    out(format_report(found))
    if not found.passed:
        raise typer.Exit(BAD_INPUT)


@evidence_app.command("list")
def evidence_list(
    outcome: Annotated[str, typer.Option(help="For example pain or disability.")] = "pain",
    everyone: Annotated[
        bool, typer.Option("--all-conditions", help="Trials in all conditions.")
    ] = False,
    topic: TopicName = "low-back-pain",
) -> None:
    """Which rows are used, which are not, and why."""
    from needlewise.report.evidence import evidence_text
    from needlewise.topic import load_topic

    out(evidence_text(load_topic(topic), outcome, everyone=everyone))


@evidence_app.command("effects")
def evidence_effects(
    outcome: Annotated[str, typer.Option(help="pain or disability.")] = "pain",
    everyone: Annotated[
        bool, typer.Option("--all-conditions", help="Trials in all conditions.")
    ] = False,
    sensitivity: Annotated[bool, typer.Option(help="Also the standard sensitivity runs.")] = False,
    topic: TopicName = "low-back-pain",
) -> None:
    """The posterior of every option and sham, what may be shown, and the engine's error."""
    from needlewise.report.evidence import effects_text
    from needlewise.topic import load_topic

    out(effects_text(load_topic(topic), outcome, everyone=everyone, sensitivity=sensitivity))


@person_app.command("fields")
def person_fields(topic: TopicName = "low-back-pain") -> None:
    """Every field of a person's file, its values, and why it is asked."""
    from needlewise.report.evidence import fields_text
    from needlewise.topic import load_topic

    out(fields_text(load_topic(topic)))


@cases_app.command("run")
def cases_run(
    file: Annotated[Path | None, typer.Argument(help="A cases file; default: the topic's.")] = None,
    topic: TopicName = "low-back-pain",
) -> None:
    """Run invented people through every channel and check what must and must never show."""
    from needlewise.cases import run_cases
    from needlewise.topic import load_topic

    result = run_cases(load_topic(topic), file, workers=os.cpu_count() or 1)
    out(result.text)
    if not result.passed:
        raise typer.Exit(FAULT)


@app.command()
def calibrate(topic: TopicName = "low-back-pain") -> None:
    """How the outlook does: predicted against observed responders, and simulated people."""
    from needlewise.report.calibration import calibration_text
    from needlewise.topic import load_topic

    out(calibration_text(load_topic(topic)))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes that serve.", min=1, max=64)] = 1,
) -> None:
    """Serve the decision aid as a web site."""
    from needlewise.web.serve import serve as run

    run(host, port, workers)


@cases_app.command("diff")
def cases_diff(
    folder: Annotated[Path, typer.Argument(help="A topic folder with changed rules.")],
    cases: Annotated[Path | None, typer.Option(help="A cases file; default: the topic's.")] = None,
    topic: TopicName = "low-back-pain",
) -> None:
    """Which invented people changed rules would treat differently, and how."""
    from needlewise.cases import diff_cases
    from needlewise.topic import load_topic

    out(diff_cases(load_topic(topic), load_topic(folder), cases))


def main() -> None:
    """Entry point: one sentence for what a user can mend, never a traceback."""
    try:
        code = app(prog_name="needlewise", standalone_mode=False) or 0
        if code == INTERRUPTED:  # as the parser reports Ctrl-C
            raise KeyboardInterrupt
        sys.exit(code)
    except InputError as error:
        _fail(str(error), BAD_INPUT)
    except (KeyboardInterrupt, EOFError, typer.Abort):
        _fail("Stopped; nothing was written.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if hasattr(error, "format_message"):  # a wrong option or argument, as the parser says it
            said = str(error.format_message())
            if said.startswith("Usage:"):  # no command at all: the help, as it is
                sys.stderr.write(f"{said}\n")
                sys.exit(BAD_INPUT)
            said = " ".join(said.split()).rstrip(".")
            _fail(f"{said}; needlewise --help tells what can be given.", BAD_INPUT)
        if os.environ.get("NEEDLEWISE_DEBUG"):
            raise
        if "--topic" in sys.argv:
            _fail("This topic folder cannot be used; needlewise topic check says why.", BAD_INPUT)
        _fail(f"Something went wrong inside needlewise ({type(error).__name__}: {error}).", FAULT)


def _fail(sentence: str, code: int) -> None:
    """One line, without what a file's own names could do to a terminal."""
    from needlewise.report.terminal import clean

    sys.stdout.flush()
    over = "\r\x1b[K" if sys.stderr.isatty() else ""  # over a line of progress
    sys.stderr.write(f"{over}needlewise: {clean(sentence)}\n")
    sys.exit(code)
