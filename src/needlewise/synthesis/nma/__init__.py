"""Any network meta-analysis: `fit` takes `Trials` to a `Fit`, exactly and fast."""

from needlewise.synthesis.nma.fit import Fit
from needlewise.synthesis.nma.model import fit, plain
from needlewise.synthesis.nma.priors import TauPrior

__all__ = ["Fit", "TauPrior", "fit", "plain"]
