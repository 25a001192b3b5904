"""A log line says what went wrong and where, and never what a person typed.

Messages of exceptions and the values of variables may hold answers, so only an exception's type
and the places it came through are written.
"""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime

OWN = ("needlewise", "uvicorn")


class WithoutValues(logging.Formatter):
    """One line: time, level, logger, message; of an exception its type and its places."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        # Other libraries put paths, names or values into their messages: those are left out.
        own = record.name.startswith(OWN)
        message = record.getMessage() if own else f"status {getattr(record, 'status_code', '-')}"
        line = f"{time} {record.levelname} {record.name}: {' '.join(message.split())}"
        if record.exc_info and record.exc_info[0] is not None:
            places = [
                f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
            line += f" {record.exc_info[0].__name__} at {' > '.join(places[-8:])}"
        return line
