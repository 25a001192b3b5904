"""`needlewise nma`: any network meta-analysis from a table of trials."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from needlewise.cli.parts import AsJson, Force, Html, Pdf, out, show_page, writable
from needlewise.errors import InputError

if TYPE_CHECKING:
    from pandas import DataFrame

    from needlewise.report.nma.drawing import Drawing
    from needlewise.synthesis.nma import Fit


def nma(
    file: Annotated[Path, typer.Argument(help="Trials as CSV or Parquet, in any usual layout.")],
    measure: Annotated[
        str | None,
        typer.Option(help="MD, SMD, ROM, OR, RR, RD, IRR, HR or GEN; default: by file."),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(help="Compare with this option; default: placebo or control."),
    ] = None,
    category: Annotated[
        list[str] | None,
        typer.Option(help="A column of an ordered category, lowest first; may be repeated."),
    ] = None,
    weeks: Annotated[
        str | None,
        typer.Option(help="A column of weeks, where trials have results at several."),
    ] = None,
    week: Annotated[
        float | None,
        typer.Option(help="The week to analyse; default: the one most trials report."),
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(help="A column of weights, above 0 to 1, of trials that count for less."),
    ] = None,
    bias: Annotated[
        str | None,
        typer.Option(help="A column of biases against the reference that are taken off."),
    ] = None,
    bias_sd: Annotated[
        str | None,
        typer.Option(help="A column with the SD of each bias."),
    ] = None,
    increment: Annotated[float, typer.Option(help="Added to cells because of a zero.")] = 0.5,
    increment_for: Annotated[
        str,
        typer.Option(help="trial, cell or network: which cells get it."),
    ] = "trial",
    inconsistent: Annotated[
        bool,
        typer.Option("--inconsistent", help="Use multi-arm contrasts that contradict."),
    ] = False,
    model: Annotated[str, typer.Option(help="random or common effects.")] = "random",
    tau: Annotated[str, typer.Option(help="bayes, reml, ml, dl or pm.")] = "bayes",
    test: Annotated[
        str,
        typer.Option(help="Intervals without bayes: wald, t, hartung-knapp."),
    ] = "wald",
    likelihood: Annotated[
        str,
        typer.Option(help="normal, counts (no zero-cell rule), mantel-haenszel or hypergeometric."),
    ] = "normal",
    components: Annotated[
        str | None,
        typer.Option(help='What parts an option into components, such as "+".'),
    ] = None,
    component_column: Annotated[
        list[str] | None,
        typer.Option(help="A column with 1 where an arm has that component; may be repeated."),
    ] = None,
    inactive: Annotated[str | None, typer.Option(help="The component without effect.")] = None,
    interaction: Annotated[
        list[str] | None,
        typer.Option(help='Components with an effect together: "A*B".'),
    ] = None,
    covariate: Annotated[
        list[str] | None,
        typer.Option(help="A column that moves the effects; may be repeated."),
    ] = None,
    slopes: Annotated[
        str,
        typer.Option(help="shared (one slope a covariate) or own (one an option)."),
    ] = "shared",
    baseline: Annotated[
        bool,
        typer.Option("--baseline", help="Effects move with the trial's own baseline (counts)."),
    ] = False,
    horizons: Annotated[
        str | None,
        typer.Option(help='Weeks between which effects move, such as "6,13,26,52".'),
    ] = None,
    inconsistency: Annotated[
        bool,
        typer.Option("--inconsistency", help="Designs deviate with an SD of their own."),
    ] = False,
    classes: Annotated[
        str | None,
        typer.Option(help="A column with the class of each option."),
    ] = None,
    tau_prior: Annotated[
        str | None,
        typer.Option(help='Prior of tau, such as "half-normal(0.5)".'),
    ] = None,
    effect_sd: Annotated[
        float | None,
        typer.Option(help="SD of the normal prior of each effect."),
    ] = None,
    class_prior: Annotated[
        str | None,
        typer.Option(help="Prior of the SD within classes; default: tau's."),
    ] = None,
    drift: Annotated[
        float | None,
        typer.Option(help="Prior SD of how far an effect moves when time doubles."),
    ] = None,
    better: Annotated[str, typer.Option(help="Is lower or higher better?")] = "lower",
    at: Annotated[
        list[str] | None,
        typer.Option(help="Effects where a covariate has a value: NAME=VALUE; may be repeated."),
    ] = None,
    important: Annotated[
        float | None,
        typer.Option(help="Smallest difference worth having (a ratio as 1.25): adds certainty."),
    ] = None,
    ratings: Annotated[
        Path | None,
        typer.Option(help="A table of trials' bias and indirectness: low, some or high."),
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option(
            help="How many trials of an option are known, OPTION=NUMBER; may be repeated."
        ),
    ] = None,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="Also the effects without each trial.")
    ] = False,
    as_json: AsJson = False,
    html: Html = None,
    pdf: Pdf = None,
    figures: Annotated[Path | None, typer.Option(help="A folder for pictures (SVG, PNG).")] = None,
    force: Force = False,
) -> None:
    """Any network meta-analysis: what all trials of a table say together, and how sure it is."""
    from needlewise.evidence.tables import Adjust, read_network
    from needlewise.evidence.tables.ratings import read_ratings
    from needlewise.report.nma.as_json import nma_json
    from needlewise.report.nma.page import drawings, nma_document
    from needlewise.synthesis.nma import fit

    writable(html, pdf, force=force)
    if better not in {"lower", "higher"}:
        raise InputError(f"--better takes lower or higher, not '{better}'.")
    rated = read_ratings(ratings) if ratings is not None else None
    if rated is not None and important is None:
        raise InputError("--ratings needs --important: certainty depends on what is worth having.")
    if known and important is None:
        raise InputError("--known needs --important: certainty depends on what is worth having.")
    counted = {option: round(n) for option, n in _values(known or [], "--known").items()}
    covariates, columns = covariate or [], component_column or []
    model_of: dict[str, Any] = {
        "model": model, "tau": tau, "test": test, "likelihood": likelihood,
        "components": "+" if columns and components is None else components,
        "inactive": inactive, "interactions": interaction or [], "covariates": covariates,
        "slopes": slopes, "tau_prior": tau_prior, "effect_sd": effect_sd,
        "inconsistency": inconsistency, "classes": classes is not None,
        "class_prior": class_prior, "baseline": baseline, "drift": drift,
        "horizons": _numbers(horizons) if horizons is not None else None,
    }  # fmt: skip
    places = _values(at or [], "--at")
    stage = Stages()
    stage(f"Reading {file}")
    trials = read_network(
        file, measure, reference=reference, covariates=covariates, classes=classes,
        component_columns=columns, categories=category or [], increment=increment,
        increment_for=increment_for, inconsistent=inconsistent, weeks=weeks, week=week,
        adjust=Adjust(weight, bias, bias_sd),
    )  # fmt: skip
    worth = None if important is None else _on_scale(important, ratio=trials.is_ratio)
    stage(f"Fitting {len(trials.trials)} trials of {len(trials.options)} options")
    found = fit(trials, **model_of).at(**places)
    less = _without_each(found, model_of, stage) if leave_one_out else None
    made: dict[str, Drawing] = {}
    if figures is not None:
        stage("Drawing pictures")
        made = drawings(found, better)
    pictures = _pictures(figures, made, force)
    stage("Checking how the trials agree")
    asked: dict[str, Any] = {
        "better": better, "important": worth, "ratings": rated, "known": counted or None,
        "without_each": less,
    }  # fmt: skip
    files = html is not None or pdf is not None
    whole = nma_document(found, **asked) if files else None
    page = None if as_json else nma_document(found, whole=False, **asked)
    told = nma_json(found, **asked) if as_json else None
    stage("")
    show_page(page, told, html, pdf, ids=False, force=force, whole=whole)
    for path, drawn in pictures:
        drawn.save(path, force=force)
    if pictures and not as_json:
        out(f"\n{len(pictures)} pictures in {figures}\n")


def _without_each(found: Fit, model: dict[str, Any], stage: Stages) -> DataFrame:
    """Effects without each trial: at once where the model allows it, else refitted."""
    from needlewise.synthesis.nma.influence import leave_one_out
    from needlewise.synthesis.nma.many import refit_without_each

    if found.is_plain:
        stage("Leaving out each trial")
        return leave_one_out(found)
    count = len(found.trials.trials)

    def progress(done: int) -> None:
        stage(f"Fitting again without each trial, {done} of {count}")

    return refit_without_each(found.trials, progress=progress, **model)


class Stages:
    """Says on a terminal what is being done, in one line that is gone at the end."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()

    def __call__(self, name: str) -> None:
        if self.shown:
            sys.stderr.write(f"\r\x1b[K{name}{' ... (Ctrl-C stops)' if name else ''}")
            sys.stderr.flush()


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"--horizons takes weeks as 6,13,26, not '{text}'.") from None


def _values(pairs: Sequence[str], option: str) -> dict[str, float]:
    """NAME=VALUE, as typed for an option, to numbers."""
    found = {}
    for pair in pairs:
        name, _, value = pair.rpartition("=")
        try:
            found[name] = float(value)
        except ValueError:
            name = ""
        if not name or not math.isfinite(found[name]):
            raise InputError(f"{option} takes NAME=VALUE, such as age=60, not '{pair}'.")
    return found


def _on_scale(important: float, *, ratio: bool) -> float:
    """A difference as the model has it: of a ratio the logarithm, whichever way it is written."""
    if not ratio:
        return important
    if not important > 0 or important == 1 or not math.isfinite(important):
        raise InputError(f"--important takes a ratio such as 1.25 or 0.8, not {important:g}.")
    return abs(math.log(important))


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
