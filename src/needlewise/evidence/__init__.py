"""Trial rows to a `Network`: scales, standard errors, contrasts to arms, and which trials enter."""

from needlewise.evidence.inclusion import Audience, audience_all, audience_default
from needlewise.evidence.network import ArmSeries, Network, Study, Unused, build_network

__all__ = [
    "ArmSeries",
    "Audience",
    "Network",
    "Study",
    "Unused",
    "audience_all",
    "audience_default",
    "build_network",
]
