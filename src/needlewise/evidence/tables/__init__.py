"""Anybody's trials, from a file or DataFrame, to `Trials`: contrasts with their covariances."""

from needlewise.evidence.tables.adjust import Adjust
from needlewise.evidence.tables.read import read_network
from needlewise.evidence.tables.trials import Arms, Trial, Trials

__all__ = ["Adjust", "Arms", "Trial", "Trials", "read_network"]
