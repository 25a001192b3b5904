"""Any network meta-analysis in words, tables and pictures."""

from needlewise.report.nma.drawing import Drawing
from needlewise.report.nma.more_pictures import (
    contribution_bars,
    contributions_heat,
    net_heat_map,
)
from needlewise.report.nma.over_time import effects_over_time
from needlewise.report.nma.pictures import (
    forest,
    funnel,
    heterogeneity,
    league_heat_map,
    network_graph,
    rankogram,
)

__all__ = [
    "Drawing",
    "contribution_bars",
    "contributions_heat",
    "effects_over_time",
    "forest",
    "funnel",
    "heterogeneity",
    "league_heat_map",
    "net_heat_map",
    "network_graph",
    "rankogram",
]
