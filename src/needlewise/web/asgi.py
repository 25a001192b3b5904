"""The site for an ASGI server: `uvicorn needlewise.web.asgi:application`."""

from __future__ import annotations

import os
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "needlewise.web.settings")

from django.core.asgi import get_asgi_application

# Static files are small and come from memory or disk at once: read in one go they are fine.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

application = get_asgi_application()


def _open() -> None:
    """Fit the networks and start to sweep; the site's own modules load only with settings read."""
    from needlewise.web.aid.evidence import warm
    from needlewise.web.aid.sweep import start_sweeping

    warm()
    start_sweeping()


_open()
