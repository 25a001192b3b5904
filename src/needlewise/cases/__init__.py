"""Invented people the program must do right by, and what each channel must and must not show."""

from needlewise.cases.diff import diff_cases
from needlewise.cases.run import Result, run_cases

__all__ = ["Result", "diff_cases", "run_cases"]
