"""Any result to words, tables, icons, charts: terminal, JSON, HTML and PDF from one document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from needlewise.choice import Comparison


def text(comparison: Comparison, *, ids: bool = False, colour: bool = False) -> str:
    """The comparison as plain text for a terminal."""
    from needlewise.report import terminal
    from needlewise.report.view import document

    return terminal.text(document(comparison), ids=ids, colour=colour)


def json(comparison: Comparison) -> str:
    """The comparison as JSON text."""
    from needlewise.report.as_json import to_json

    return to_json(comparison)


def html(comparison: Comparison, path: str | Path, *, force: bool = False) -> None:
    """Write the comparison as one web page file; raises InputError where the file exists."""
    from needlewise.report.as_html import html as render
    from needlewise.report.files import write
    from needlewise.report.view import document

    write(path, render(document(comparison)).encode(), force=force)


def pdf(comparison: Comparison, path: str | Path, *, force: bool = False) -> None:
    """Write the comparison as a tagged PDF (PDF/UA-1); raises InputError where the file exists."""
    from needlewise.report.as_pdf import pdf_bytes
    from needlewise.report.files import write
    from needlewise.report.view import document

    write(path, pdf_bytes(document(comparison)), force=force)
