"""Scores over time to a `Review`: what has changed, what may come, and what to do next."""

from needlewise.followup.course_record import CourseRecord
from needlewise.followup.record import Record
from needlewise.followup.review import Review, review

__all__ = ["CourseRecord", "Record", "Review", "review"]
