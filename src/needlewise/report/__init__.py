"""Any result to words, tables, icons, charts: terminal, JSON, HTML and PDF from one document."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from needlewise.choice import Comparison

PICTURES = (
    "contribution_bars", "contributions_heat", "effects_over_time", "forest", "funnel",
    "heterogeneity",
    "league_heat_map", "net_heat_map", "network_graph", "rankogram",
)  # fmt: skip


def text(
    comparison: Comparison, *, ids: bool = False, colour: bool = False, fold: bool = False
) -> str:
    """The comparison as plain text for a terminal; `fold` leaves out the long background."""
    from needlewise.report import terminal
    from needlewise.report.view import document

    said = comparison.outlook.topic.texts["wording"]["about"]["folded"] if fold else ""
    return terminal.text(document(comparison), ids=ids, colour=colour, fold=said)


def json(comparison: Comparison) -> str:
    """The comparison as JSON text."""
    from needlewise.report.as_json import to_json

    return to_json(comparison)


def html_bytes(comparison: Comparison) -> bytes:
    """The comparison as one web page file, UTF-8."""
    from needlewise.report.as_html import html as render
    from needlewise.report.view import document

    return render(document(comparison)).encode()


def pdf_bytes(comparison: Comparison) -> bytes:
    """The comparison as a tagged PDF (PDF/UA-1)."""
    from needlewise.report import as_pdf
    from needlewise.report.view import document

    return as_pdf.pdf_bytes(document(comparison))


def html(comparison: Comparison, path: str | Path, *, force: bool = False) -> None:
    """Write the web page file; raises InputError where the file exists."""
    from needlewise.report.files import write

    write(path, html_bytes(comparison), force=force)


def pdf(comparison: Comparison, path: str | Path, *, force: bool = False) -> None:
    """Write the PDF; raises InputError where the file exists."""
    from needlewise.report.files import write

    write(path, pdf_bytes(comparison), force=force)


def __getattr__(name: str) -> Any:
    """Pictures of any network: forest, network_graph, league_heat_map, rankogram, funnel, ..."""
    if name in PICTURES:
        return getattr(import_module("needlewise.report.nma"), name)
    raise AttributeError(f"needlewise.report has no {name}")
