"""Visits that are over are deleted, not only expired: at start-up and every half minute."""

from __future__ import annotations

import logging
import threading

from django.contrib.sessions.models import Session
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

EVERY = 30.0  # seconds
log = logging.getLogger("needlewise.sweep")


def sweep() -> None:
    """Delete what has expired; on SQLite also empty the write-ahead log, which holds old pages."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def start_sweeping() -> threading.Thread:
    """Sweep now and from now on, in a thread that ends with the server."""
    thread = threading.Thread(target=_sweep_on, name="sweep", daemon=True)
    thread.start()
    return thread


def _sweep_on() -> None:
    pause = threading.Event()
    while True:
        try:
            sweep()
        except DatabaseError:  # busy or away: the next round tries again
            log.warning("the database could not be swept; trying again in half a minute")
        finally:
            close_old_connections()
        pause.wait(EVERY)
