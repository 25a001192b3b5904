"""What the commands share: exit codes, options given everywhere, and showing a page."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from needlewise.errors import InputError

if TYPE_CHECKING:
    from needlewise.report.document import Document

STOP, BAD_INPUT, FAULT, INTERRUPTED = 3, 2, 1, 130

TopicName = Annotated[str, typer.Option("--topic", help="A shipped topic's name or a folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonSchema = Annotated[
    bool, typer.Option("--json-schema", help="Print the schema of --json and stop.")
]
Html = Annotated[Path | None, typer.Option(help="Also write a web page file.")]
Pdf = Annotated[Path | None, typer.Option(help="Also write a PDF.")]
Ids = Annotated[bool, typer.Option("--ids", help="Print each number's id.")]
Force = Annotated[bool, typer.Option("--force", help="Write over files that are there.")]
PersonFile = Annotated[Path, typer.Argument(help="A person's answers, TOML or JSON.")]


def out(text: str) -> None:
    """Print as UTF-8 whatever the terminal's own encoding."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.flush()


def writable(html: Path | None, pdf: Path | None, *, force: bool) -> None:
    """Whether the files asked for can be written, before any work is done."""
    from needlewise.report.files import check

    for path in (html, pdf):
        if path is not None:
            check(path, force=force)
    if html is not None and pdf is not None and html.resolve() == pdf.resolve():
        raise InputError(f"{html} cannot be both the web page and the PDF; give two names.")


def show_page(
    page: Document | None, json: str | None, html: Path | None, pdf: Path | None, *, ids: bool,
    force: bool, whole: Document | None = None,
) -> None:  # fmt: skip
    """A page in the terminal or as JSON, and as the files asked for: all are made, or none.

    `whole` is the page for the files, where they hold more than the terminal; `page` may be None
    where JSON is shown and it is not needed for them.
    """
    from needlewise.report import terminal
    from needlewise.report.as_html import html as page_of
    from needlewise.report.as_pdf import pdf_bytes
    from needlewise.report.files import write

    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    shown = json if json is not None else ""
    if json is None and page is not None:
        shown = terminal.text(page, ids=ids, colour=colour)
    files, filed = {}, whole or page
    if html is not None and filed is not None:
        files[html] = page_of(filed).encode()
    if pdf is not None and filed is not None:
        files[pdf] = pdf_bytes(filed)
    for path, content in files.items():
        write(path, content, force=force)
    out(shown)
