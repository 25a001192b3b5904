"""`Network` to `Effects`: the exact Gaussian posterior, sensitivity runs and certainty."""

from needlewise.synthesis.effects import Effects
from needlewise.synthesis.synthesise import synthesise

__all__ = ["Effects", "synthesise"]
