"""`Outlook` and `Values` to a `Comparison`: verdicts, fit, and what would change the answer."""

from needlewise.choice.compare import Comparison, compare
from needlewise.choice.values import Values

__all__ = ["Comparison", "Values", "compare"]
