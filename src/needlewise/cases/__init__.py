"""Invented people the program must do right by, and what each channel must and must not show."""

from needlewise.cases.run import Result, run_cases

__all__ = ["Result", "run_cases"]
