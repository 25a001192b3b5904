"""Answers in, triage out: what to do first, which options stand open, and why."""

from needlewise.person.ask import Question, ask, questions, to_toml
from needlewise.person.instruments import score_lines
from needlewise.person.intake import describe_fields, no_answers, safety_fields
from needlewise.person.person import Person
from needlewise.person.rulebook import load_rules
from needlewise.person.triage import Constraint, OptionStatus, Reason, Triage, triage

__all__ = [
    "Constraint",
    "OptionStatus",
    "Person",
    "Question",
    "Reason",
    "Triage",
    "ask",
    "describe_fields",
    "load_rules",
    "no_answers",
    "questions",
    "safety_fields",
    "score_lines",
    "to_toml",
    "triage",
]
