"""The one table: a word of the vocabulary -> its detector."""

from needlewise.cases.never import NEVER
from needlewise.cases.show import SHOW

__all__ = ["NEVER", "SHOW"]
