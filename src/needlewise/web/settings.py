"""Settings of the site, from the environment. What is missing or cannot be is said at start-up.

NEEDLEWISE_SECRET_KEY   signs sessions; default: made once and kept in the data folder
NEEDLEWISE_DATA         folder of the database and the key, default ~/.local/share/needlewise
DATABASE_URL            postgres://user:password@host/name; default: SQLite in the data folder
NEEDLEWISE_HOSTS        names the site answers to, with commas; default: this machine alone
NEEDLEWISE_HTTPS        1 where visitors come over https (through a proxy); needed for other hosts
NEEDLEWISE_PROXY        1 where a proxy in front sets X-Forwarded-Proto and strips it from visitors
NEEDLEWISE_TOPIC        the topic's name or folder, default low-back-pain
NEEDLEWISE_PICTURES     start (default): evidence pictures are drawn before the site opens;
                        later: each when it is first asked for
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

HERE = Path(__file__).resolve().parent
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]


def _switch(name: str) -> bool:
    value = os.environ.get(name, "0").strip()
    if value not in {"0", "1", ""}:
        raise ImproperlyConfigured(f"{name} is {value!r} but must be 0 or 1.")
    return value == "1"


def _folder() -> Path:
    folder = Path(os.environ.get("NEEDLEWISE_DATA") or Path.home() / ".local/share/needlewise")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {folder} cannot be made ({error.strerror}); set NEEDLEWISE_DATA."
        ) from None
    return folder


def _secret_key(folder: Path) -> str:
    """The key given, else one made once; sessions outlive a restart only with the same key."""
    given = os.environ.get("NEEDLEWISE_SECRET_KEY", "")
    if given:
        if len(given) < 50 or len(set(given)) < 5:
            raise ImproperlyConfigured(
                "NEEDLEWISE_SECRET_KEY is too short or too plain; give 50 random characters."
            )
        return given
    path = folder / "secret-key"
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    try:
        key = path.read_text("utf-8").strip()
    except (OSError, ValueError):
        key = ""
    if len(key) < 50:
        raise ImproperlyConfigured(f"{path} holds no key; remove it and start again.")
    return key


def _database(folder: Path) -> dict[str, Any]:
    url = os.environ.get("DATABASE_URL", "")
    if url:
        if not url.startswith(("postgres://", "postgresql://")):
            raise ImproperlyConfigured(
                "DATABASE_URL must begin with postgres://; leave it out to use SQLite."
            )
        try:
            found = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
        except ValueError:
            found = {}
        if not found.get("NAME"):
            raise ImproperlyConfigured(
                "DATABASE_URL cannot be read; write postgres://user:password@host:port/name, "
                "with special characters of the password percent-encoded."
            )
        return found
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder / "site.sqlite3",
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # What is deleted is overwritten, so that no answer stays behind in a free page.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"
            ),
        },
    }


DATA = _folder()
SECRET_KEY = _secret_key(DATA)
DEBUG = False
ALLOWED_HOSTS = [h.strip() for h in os.environ.get("NEEDLEWISE_HOSTS", "").split(",") if h.strip()]
HTTPS = _switch("NEEDLEWISE_HTTPS")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("NEEDLEWISE_HOSTS must name the site's own hosts, not *.")
if set(ALLOWED_HOSTS) - set(LOOPBACK) and not HTTPS:
    raise ImproperlyConfigured(
        "NEEDLEWISE_HOSTS names other hosts than this machine: health answers need https. "
        "Set NEEDLEWISE_HTTPS=1 once a proxy with a certificate stands in front."
    )
ALLOWED_HOSTS = [*ALLOWED_HOSTS, *LOOPBACK]  # this machine asks for the site's health
PICTURES = os.environ.get("NEEDLEWISE_PICTURES", "start")
if PICTURES not in {"start", "later"}:
    raise ImproperlyConfigured(f"NEEDLEWISE_PICTURES is {PICTURES!r} but must be start or later.")
PICTURES_AT_START = PICTURES == "start"
TOPIC = os.environ.get("NEEDLEWISE_TOPIC", "low-back-pain")

ROOT_URLCONF = "needlewise.web.urls"
ASGI_APPLICATION = "needlewise.web.asgi.application"
INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "needlewise.web.aid",
]
# What guards an answer stands outside of all that can refuse a request.
MIDDLEWARE = [
    "needlewise.web.private.PrivateMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "needlewise.web.errors.NotAllowedMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "needlewise.web.context.site",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader"],
                )
            ],
        },
    }
]

DATABASES = {"default": _database(DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Answers live in the database for as long as the session, never in a cookie.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "needlewise"
SESSION_COOKIE_AGE = 2 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_AGE = None  # ends with the browser, as the session's does
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "needlewise.web.errors.csrf"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"  # with none at all forms would lose their origin
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if _switch("NEEDLEWISE_PROXY") else None
)
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [HERE / "static", HERE.parent / "report" / "assets"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = True
USE_TZ = True

# A log line never holds what a person typed: see `log.py`.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"()": "needlewise.web.log.WithoutValues"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain"},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # What a visitor sends wrongly is no fault of the site; django.request tells of the 4xx.
        "django.security": {"handlers": ["nowhere"], "propagate": False},
        "needlewise": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
