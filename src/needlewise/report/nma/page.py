"""A fitted network as a page: what it says, how sure that is, and what was done to get it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import starmap
from typing import TYPE_CHECKING

from needlewise.report.document import Document, Paragraph, Picture, Section, Table
from needlewise.report.nma import more_pictures, over_time, pictures
from needlewise.report.nma.agreement import agreement, trial_by_trial
from needlewise.report.nma.answer import answer
from needlewise.report.nma.cells import interval, measure
from needlewise.report.nma.done import done, read
from needlewise.report.nma.drawing import Drawing
from needlewise.report.nma.sure import certainty_section
from needlewise.synthesis.nma import Fit, plain
from needlewise.synthesis.nma.certainty import Ratings, certainty

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_PAIRS, FEW = 15, 4
PICTURED = {"shares": "contributions", "heat": "net-heat"}  # methods that a picture brings


def nma_document(
    fit: Fit, *, better: str = "lower", whole: bool = True, important: float | None = None,
    ratings: Ratings | DataFrame | None = None, known: Mapping[str, int] | None = None,
    without_each: DataFrame | None = None,
) -> Document:  # fmt: skip
    """The page of a fit; not `whole`, for a terminal: without pictures, pairs only of a few.

    With `important` also the certainty of each effect, whose arguments it, `ratings` and `known`
    are; `without_each`: effects without each trial, as `leave_one_out` has them.
    """
    trials = fit.trials
    checked = plain(fit)
    made = _drawn(fit, checked, better) if whole else {}
    sections = [answer(fit, better)]
    if important is not None:
        found = certainty(checked, important=important, ratings=ratings, known=known)
        sections.append(certainty_section(fit, found, important, better))
    sections.append(read(fit))
    if whole:
        pictured = tuple(starmap(_picture, made.items()))
        sections.append(Section("pictures", "Pictures", pictured))
    if whole or len(trials.options) <= FEW:
        sections.append(_league(fit))
    also = [name for name, picture in PICTURED.items() if picture in made]
    also += [] if important is None else ["certainty"]
    sections += [agreement(checked), trial_by_trial(checked, without_each), done(fit, also)]
    told = pictures.many(len(trials.trials), "trial")
    title = f"Network meta-analysis: {len(trials.options)} options, {told}"
    facts = (
        ("Made", "by needlewise, a general network meta-analysis; it says nothing of needles"),
        ("Measure", measure(trials)),
    )
    return Document(title, (), tuple(sections), facts)


def drawings(fit: Fit, better: str) -> dict[str, Drawing]:
    """All pictures of a fit by their file names; of large networks those that can be read."""
    return _drawn(fit, plain(fit), better)


def _drawn(fit: Fit, checked: Fit, better: str) -> dict[str, Drawing]:
    """The pictures; what an effect is made of and net heat are of the plain network."""
    options, reference = fit.trials.options, fit.trials.reference
    found = {"network": pictures.network_graph(fit.trials), "forest": pictures.forest(fit)}
    if len(options) <= pictures.MOST_HEAT:
        found["league"] = pictures.league_heat_map(fit, better=better)
        found["ranks"] = pictures.rankogram(fit, better=better)
    found["funnel"] = pictures.funnel(fit)
    if fit.design.weeks and len(options) <= over_time.MOST_PANELS:
        found["over-time"] = over_time.effects_over_time(fit)
    if fit.model == "random":
        found["heterogeneity"] = pictures.heterogeneity(fit)
    if len(options) <= more_pictures.MOST_SHARED:
        if len(options) > 2 and fit.design.names == options[1:]:
            best = next(o for o in fit.ranks(better=better)["option"] if o != reference)
            found["contributions"] = more_pictures.contributions_heat(checked)
            found["contribution-bars"] = more_pictures.contribution_bars(checked, best)
        found["net-heat"] = more_pictures.net_heat_map(checked)
    return found


def _picture(name: str, drawn: Drawing) -> Picture:
    return Picture(f"figure-{name}", "", drawn.svg, drawn.text, "picture.css")


def _league(fit: Fit) -> Section:
    options = fit.trials.options
    if len(options) > MOST_PAIRS:
        told = f"{len(options)} options make {len(options) * (len(options) - 1) // 2} pairs; they "
        return Section("league", "All pairs", (Paragraph((told + "are in the JSON.",)),))
    rows = tuple(
        ((row.option,), (row.against,),
         interval(fit, row.estimate, row.low, row.high, f"nma.{row.option}.{row.against}"))
        for row in fit.league().itertuples()
    )  # fmt: skip
    table = Table("Each pair", ("Option", "Against", pictures.heading(fit.trials)), rows)
    return Section("league", "All pairs", (table,))
