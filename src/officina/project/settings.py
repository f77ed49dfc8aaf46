"""Settings: SQLite in OFFICINA_HOME unless OFFICINA_DATABASE_URL points to PostgreSQL."""

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlparse

HOME = Path(
    os.environ.get("OFFICINA_HOME")
    or Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "officina"
).resolve()


def _secret() -> str:
    """A key of this installation's own, made at the first start and readable by its owner only."""
    given = os.environ.get("OFFICINA_SECRET_KEY")
    if given:
        return given
    file = HOME / "secret_key"
    if not file.exists():
        HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = HOME / f".secret_key.{os.getpid()}"
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(60))
        try:
            os.link(made, file)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return file.read_text()


def _database() -> dict[str, object]:
    url = os.environ.get("OFFICINA_DATABASE_URL", "")
    if not url:
        HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": HOME / "officina.sqlite3",
            # Closing the last connection empties the log of writes into the file and waits for the disk: not at the end of every page.
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "cached_statements": 512,
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-64000; "
                "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON;",
            },
        }
    parts = urlparse(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise SystemExit(f"OFFICINA_DATABASE_URL: expected postgresql://…, got {parts.scheme}://…")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "officina.base.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"server_side_binding": True, **query},
    }


def _seconds(name: str, default: int) -> int:
    given = os.environ.get(name, "").strip() or str(default)
    if not (given.isascii() and given.isdigit() and 0 < int(given) < 10**6):
        raise ValueError(f"{name}: expected a number of seconds above 0, got {given!r}")
    return int(given)


DRUG_SOURCES = os.environ.get("OFFICINA_DRUG_SOURCES", "")
"""The house's own addresses and limits of the official lists; the shipped ones hold for what it does not name."""
SECRET_KEY = _secret()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("OFFICINA_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("OFFICINA_ORIGINS", "").split(",") if o]
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "base.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "django_htmx",
    "officina.base",
    "officina.drugs",
    "officina.patients",
    "officina.inventory",
    "officina.prescriptions",
    "officina.screening",
    "officina.dispensing",
    "officina.web",
    "officina.project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "officina.web.shell.Door",
]

ROOT_URLCONF = "officina.project.urls"
WSGI_APPLICATION = "officina.project.wsgi.application"
_WEB = Path(__file__).resolve().parent.parent / "web"
TEMPLATES: list[dict[str, object]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [_WEB / "templates", *sorted(_WEB.glob("*/templates"))],
        "OPTIONS": {"environment": "officina.project.jinja.environment"},
    }
]

# A field is drawn by the same kind of template as its page: Django's own take four times as long.
FORM_RENDERER = "django.forms.renderers.Jinja2"

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SESSION_ENGINE = "officina.web.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = False
_HTTPS = os.environ.get("OFFICINA_HTTPS") == "1"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
if _HTTPS:
    # A neighbour on a sister host, or a page read over plain HTTP, cannot set a cookie of these names.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
PROXIES = frozenset(filter(None, os.environ.get("OFFICINA_PROXIES", "").replace(" ", "").split(",")))
"""Addresses of proxies whose word on where a request came from is taken."""
SECURE_SSL_REDIRECT = False
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

IDLE_LOCK_SECONDS = _seconds("OFFICINA_IDLE_LOCK_SECONDS", 600)
SILENCED_SYSTEM_CHECKS = ["models.W042"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "officina.project.discretion.Discreet",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("OFFICINA_LOG", "WARNING")},
}
