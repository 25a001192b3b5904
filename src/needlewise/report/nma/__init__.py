"""Any network meta-analysis in words, tables and pictures."""

from needlewise.report.nma.drawing import Drawing
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
    "forest",
    "funnel",
    "heterogeneity",
    "league_heat_map",
    "network_graph",
    "rankogram",
]
