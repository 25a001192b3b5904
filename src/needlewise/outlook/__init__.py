"""`Effects` and a `Person` to an `Outlook`: course, prediction, harms, burden."""

from needlewise.outlook.cells import Cell
from needlewise.outlook.look_ahead import Outlook, look_ahead
from needlewise.outlook.prediction import Estimate

__all__ = ["Cell", "Estimate", "Outlook", "look_ahead"]
