"""Pictures of the evidence: forest plots and networks, each with its text and its numbers.

The renderer takes a second or two to start, so a site draws them once per content version.
"""

from needlewise.report.figures.drawing import Figure
from needlewise.report.figures.forest import forest, forest_png, forest_svg
from needlewise.report.figures.network_graph import network_graph, network_svg

__all__ = ["Figure", "forest", "forest_png", "forest_svg", "network_graph", "network_svg"]
