"""`needlewise serve`: the site on this machine, set up and swept before it opens."""

from __future__ import annotations

import os
import socket

from needlewise.errors import InputError
from needlewise.topic import load_topic

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def serve(host: str, port: int, workers: int) -> None:
    """Make the database and the static files ready and serve until stopped.

    Raises InputError where the site cannot be set up.
    """
    try:
        import django
        import uvicorn
        from django.conf import settings
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import call_command
        from django.db import DatabaseError
    except ImportError:
        raise InputError(
            "The site needs needlewise[web]; `make serve` installs it, or pip install it."
        ) from None
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "needlewise.web.settings")
    if host not in LOOPBACK and os.environ.get("NEEDLEWISE_HTTPS") != "1":
        raise InputError(
            f"{host} can be reached from outside, and health answers need https: put a proxy with "
            "a certificate in front and set NEEDLEWISE_HTTPS=1 and NEEDLEWISE_HOSTS."
        )
    os.umask(0o077)  # the database and its log are for their owner alone
    try:
        socket.create_server((host, port), family=_family(host)).close()
    except OSError as error:
        raise InputError(
            f"{host} cannot be listened at on port {port} ({error.strerror}); give another --port "
            "or --host."
        ) from None
    try:
        django.setup()
        load_topic(settings.TOPIC)
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
    except ImproperlyConfigured as error:
        raise InputError(" ".join(str(error).split())) from None
    except DatabaseError as error:
        where = (
            "DATABASE_URL"
            if "DATABASE_URL" in os.environ
            else settings.DATABASES["default"]["NAME"]
        )
        said = " ".join(str(error).split()).rstrip(".?")
        raise InputError(f"The database of {where} cannot be used: {said}.") from None
    except OSError as error:
        raise InputError(
            f"{error.filename or settings.DATA} cannot be written ({error.strerror}); "
            "mend it or set NEEDLEWISE_DATA."
        ) from None
    if settings.PICTURES_AT_START:
        from needlewise.web.aid.evidence import draw_all

        print(
            "Drawing the evidence pictures (once for each version of the content) ...", flush=True
        )
        draw_all()
    shown = f"[{host}]" if ":" in host else host
    print(f"needlewise is at http://{shown}:{port} (Ctrl-C stops it)", flush=True)
    uvicorn.run(
        "needlewise.web.asgi:application", host=host, port=port, workers=workers,
        access_log=False, log_config=None, server_header=False, date_header=False, lifespan="off",
    )  # fmt: skip


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
