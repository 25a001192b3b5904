"""`needlewise nma`: any network meta-analysis from a table of trials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from needlewise.cli.parts import AsJson, Force, Html, Pdf, out, show_page, writable
from needlewise.errors import InputError

if TYPE_CHECKING:
    from needlewise.report.nma.drawing import Drawing


def nma(
    file: Annotated[Path, typer.Argument(help="Trials as CSV or Parquet, in any usual layout.")],
    measure: Annotated[
        str | None, typer.Option(help="MD, SMD, ROM, OR, RR, RD, IRR, HR or GEN; default: by file.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Compare with this option; default: placebo or control.")
    ] = None,
    model: Annotated[str, typer.Option(help="random or common effects.")] = "random",
    tau: Annotated[str, typer.Option(help="bayes, reml, ml, dl or pm.")] = "bayes",
    test: Annotated[
        str, typer.Option(help="Intervals without bayes: wald, t, hartung-knapp.")
    ] = "wald",
    likelihood: Annotated[
        str, typer.Option(help="normal, or counts (binomial, Poisson; no zero-cell rule).")
    ] = "normal",
    tau_prior: Annotated[
        str | None, typer.Option(help='Prior of tau, such as "half-normal(0.5)".')
    ] = None,
    effect_sd: Annotated[
        float | None, typer.Option(help="SD of the normal prior of each effect.")
    ] = None,
    components: Annotated[
        str | None, typer.Option(help='What parts an option into components, such as "+".')
    ] = None,
    inactive: Annotated[str | None, typer.Option(help="The component without effect.")] = None,
    interaction: Annotated[
        list[str] | None, typer.Option(help='Components with an effect together: "A*B".')
    ] = None,
    covariate: Annotated[
        list[str] | None, typer.Option(help="A column that moves the effects; may be repeated.")
    ] = None,
    slopes: Annotated[
        str, typer.Option(help="shared (one slope a covariate) or own (one an option).")
    ] = "shared",
    inconsistency: Annotated[
        bool, typer.Option("--inconsistency", help="Designs deviate with an SD of their own.")
    ] = False,
    classes: Annotated[
        str | None, typer.Option(help="A column with the class of each option.")
    ] = None,
    class_prior: Annotated[
        str | None, typer.Option(help="Prior of the SD within classes; default: tau's.")
    ] = None,
    better: Annotated[str, typer.Option(help="Is lower or higher better?")] = "lower",
    increment: Annotated[float, typer.Option(help="Added to cells because of a zero.")] = 0.5,
    increment_for: Annotated[
        str, typer.Option(help="trial, cell or network: which cells get it.")
    ] = "trial",
    inconsistent: Annotated[
        bool, typer.Option("--inconsistent", help="Use multi-arm contrasts that contradict.")
    ] = False,
    as_json: AsJson = False,
    html: Html = None,
    pdf: Pdf = None,
    figures: Annotated[Path | None, typer.Option(help="A folder for pictures (SVG, PNG).")] = None,
    force: Force = False,
) -> None:
    """Any network meta-analysis: what all trials of a table say together, and how sure it is."""
    from needlewise.evidence.tables import read_network
    from needlewise.report.nma.as_json import nma_json
    from needlewise.report.nma.page import drawings, nma_document
    from needlewise.synthesis.nma import fit

    writable(html, pdf, force=force)
    if better not in {"lower", "higher"}:
        raise InputError(f"--better takes lower or higher, not '{better}'.")
    covariates = covariate or []
    trials = read_network(
        file, measure, reference=reference, covariates=covariates, classes=classes,
        increment=increment, increment_for=increment_for, inconsistent=inconsistent,
    )  # fmt: skip
    found = fit(
        trials, model=model, tau=tau, test=test, likelihood=likelihood, components=components,
        inactive=inactive, interactions=interaction or [], covariates=covariates, slopes=slopes,
        tau_prior=tau_prior, effect_sd=effect_sd, inconsistency=inconsistency,
        classes=classes is not None, class_prior=class_prior,
    )  # fmt: skip
    whole = nma_document(found, better=better) if html is not None or pdf is not None else None
    pictures = _pictures(figures, drawings(found, better) if figures is not None else {}, force)
    page = nma_document(found, better=better, whole=False)
    show_page(page, nma_json(found, better=better) if as_json else None, html, pdf,
              ids=False, force=force, whole=whole)  # fmt: skip
    for path, drawn in pictures:
        drawn.save(path, force=force)
    if pictures and not as_json:
        out(f"\n{len(pictures)} pictures in {figures}\n")


def _pictures(
    folder: Path | None, made: dict[str, Drawing], force: bool
) -> list[tuple[Path, Drawing]]:
    """Where each picture goes; the folder is made. Raises InputError before anything is written."""
    from needlewise.report.files import check

    if folder is None:
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror or error}.") from None
    found = [(folder / f"{n}.{kind}", d) for n, d in made.items() for kind in ("svg", "png")]
    for path, _ in found:
        check(path, force=force)
    return found
