"""All settings of the service.

Each value that differs between machines comes from the environment; the README lists them.
Secure by default: only development turns DEBUG on.
"""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
import structlog
from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.core.checks.security.base import (
    SECRET_KEY_INSECURE_PREFIX,
    SECRET_KEY_MIN_LENGTH,
    SECRET_KEY_MIN_UNIQUE_CHARACTERS,
)
from django.core.exceptions import ImproperlyConfigured

from shared_apps.core.request_logs import without_traceback_of_client_errors
from tenantry import __version__
from tenantry.logs import add_schema, indent
from tenantry.postgres.logs import traceback_without_rows, without_rows

# Lets `ModelAdmin[Organization]` and its like be written at runtime, too.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent


class Environment(environ.FileAwareEnv):  # type: ignore[misc]
    """NAME_FILE, naming a file with the value, works for each NAME."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{var}_FILE cannot be read: {error}.") from error


env = Environment()


def flag(name: str, *, default: bool) -> bool:
    """Read a yes or no; a typo must not switch TLS off."""
    value = env.str(name, default=str(default)).strip().lower()
    if value not in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
        raise ImproperlyConfigured(f"{name}={value} is neither true nor false.")
    return value in {"true", "1", "yes", "on"}


def number(name: str, *, default: int) -> int:
    """Read a whole number, 0 or more."""
    value = env.str(name, default=str(default)).strip()
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name}={value} is no whole number.")
    return int(value)


def words(name: str) -> list[str]:
    """Read a list of words with commas between them; none by default."""
    return [word.strip() for word in env.str(name, default="").split(",") if word.strip()]


def database(name: str) -> dict[str, Any]:
    """Read where a database is."""
    with suppress(ValueError):  # Its text may hold a part of the password.
        if env.str(name).startswith(("postgres://", "postgresql://")):
            return dict(env.db_url(name, engine="tenantry.postgres"))
    raise ImproperlyConfigured(
        f"{name} is no URL like postgres://user:password@host:port/name; "
        "percent-encode what is no letter or digit in the user and the password."
    )


def is_random(key: str) -> bool:
    """Return whether a key is as Django's check security.W009 wants it."""
    return (
        len(key) >= SECRET_KEY_MIN_LENGTH
        and len(set(key)) >= SECRET_KEY_MIN_UNIQUE_CHARACTERS
        and not key.startswith(SECRET_KEY_INSECURE_PREFIX)
    )


# --- The service ---

DEBUG = flag("DEBUG", default=False)
# Sessions and links are signed with these, also in development: `make` makes a key by itself.
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = words("SECRET_KEY_FALLBACKS")
if not all(map(is_random, (SECRET_KEY, *SECRET_KEY_FALLBACKS))):
    raise ImproperlyConfigured(
        "Set SECRET_KEY, and each of SECRET_KEY_FALLBACKS, to at least 50 random characters: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(50))' prints some."
    )
ALLOWED_HOSTS = words("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")

# A token issued today works this long, in hours.
API_TOKEN_LIFETIME_HOURS = number("API_TOKEN_LIFETIME_HOURS", default=24 * 30)

# A support session lets staff into an organization this long, in minutes.
SUPPORT_SESSION_MINUTES = number("SUPPORT_SESSION_MINUTES", default=30)

# How many a minute there may be, 0 for any number; more are answered with 429. A request counts for
# its user and their organization, a sign-in, right or wrong, for the account and the address.
THROTTLES = {
    "user": number("THROTTLE_USER", default=1_200),
    "organization": number("THROTTLE_ORGANIZATION", default=6_000),
    "sign_in_account": number("THROTTLE_SIGN_IN_ACCOUNT", default=20),
    "sign_in_address": number("THROTTLE_SIGN_IN_ADDRESS", default=60),
}

# Bytes of a body, and of a form with files; more is answered with 413. Reading JSON takes up to
# 0.4 s for each megabyte.
MAX_BODY_SIZE = number("MAX_BODY_SIZE", default=262_144)
# Of the text in a form with files. A form that confirms an import has 2 MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = max(2_621_440, MAX_BODY_SIZE)
MAX_UPLOAD_SIZE = number("MAX_UPLOAD_SIZE", default=26_214_400)

# --- Apps: shared ones live in `public`, tenant ones in each organization's schema ---

# Ours and Unfold stand before django_tenants, whose commands and admin templates of the same
# names would win otherwise.
SHARED_APPS = [
    "tenantry",
    "shared_apps.api",
    "shared_apps.audit",
    "shared_apps.users",
    "shared_apps.organizations",
    "shared_apps.access",
    "shared_apps.staff",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "shared_apps.staff.apps.StaffAdminConfig",
    "django_tenants",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
]
TENANT_APPS = [
    "tenant_apps.items",
    "tenant_apps.orders",
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

TENANT_MODEL = "tenantry_organizations.Organization"
AUTH_USER_MODEL = "tenantry_users.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- The database ---

if not env.str("DATABASE_URL", default=""):
    raise ImproperlyConfigured(
        "Set DATABASE_URL (postgres://user:password@host:port/name). "
        "`make run`, `make test` and `make manage` start a PostgreSQL of their own without it."
    )
_DATABASE = database("DATABASE_URL")
# A server that is gone from the network is noticed in seconds, where the system's own patience is
# two minutes for a connection and two hours for an answer. DATABASE_URL may say otherwise:
# https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-PARAMKEYWORDS
_NETWORK = {
    "connect_timeout": 5,  # seconds, as are the next two
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "tcp_user_timeout": 30_000,  # milliseconds
}
DATABASES = {
    "default": {
        **_DATABASE,
        "OPTIONS": {**_NETWORK, **_DATABASE.get("OPTIONS", {})},
        "CONN_MAX_AGE": number("CONN_MAX_AGE", default=600),  # seconds
        # A connection's memory grows with the tenants it has served: after these it is closed.
        "CONN_MAX_TENANTS": number("CONN_MAX_TENANTS", default=1400),
        # Milliseconds; 0: no limit.
        "STATEMENT_TIMEOUT": number("STATEMENT_TIMEOUT", default=10_000),
        "IDLE_IN_TRANSACTION_TIMEOUT": number("IDLE_IN_TRANSACTION_TIMEOUT", default=60_000),
        "SLOW_STATEMENT": number("SLOW_STATEMENT", default=1000),  # is logged; 0: none is
        # Past a pooler, for the few statements that run in no transaction (docs/engine.md).
        "DIRECT": env.str("DATABASE_DIRECT_URL", default="") and database("DATABASE_DIRECT_URL"),
    }
}
# Whether a request to an organization whose schema lacks migrations that this code needs is
# answered with 503 (docs/runbook.md).
REFUSE_TENANTS_BEHIND = flag("REFUSE_TENANTS_BEHIND", default=False)

# The guard answers first: Django asks no further once a router has answered.
DATABASE_ROUTERS = [
    "tenantry.guard.router.GuardRouter",
    "django_tenants.routers.TenantSyncRouter",
]

# --- The cache: each organization finds its own values, `shared` has one set for all ---

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL begins with redis://, rediss:// or unix://.")
if REDIS_URL:
    # A list, since Django cuts a string at commas, a password's too.
    # A Redis that does not answer delays no request for long.
    _PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 1}  # seconds
    _REDIS = {"LOCATION": [REDIS_URL], "OPTIONS": _PATIENCE}
    CACHES: dict[str, dict[str, Any]] = {
        "default": {"BACKEND": "tenantry.cache.TenantRedisCache", **_REDIS},
        "shared": {"BACKEND": "tenantry.cache.SharedRedisCache", **_REDIS},
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "tenantry.cache.TenantLocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 10_000},  # Of all organizations together.
        },
        "shared": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "shared",
            "OPTIONS": {"MAX_ENTRIES": 50_000},
        },
    }
# For projects that keep sessions in the cache: a session is read before the tenant is known.
SESSION_CACHE_ALIAS = "shared"

# --- Files: each organization has a folder ---

STORAGES = {
    "default": {"BACKEND": "tenantry.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "media"))
MEDIA_URL = "/api/media/"  # Under /api/ a token opens them as well.

# --- Middleware and URLs ---

MIDDLEWARE = [
    "shared_apps.core.request_logs.RequestMiddleware",
    "shared_apps.core.health.HealthMiddleware",
    "shared_apps.core.headers.HeaderSizeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shared_apps.core.csp.PolicyMiddleware",
    "shared_apps.core.bodies.BodyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "shared_apps.core.bodies.CsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shared_apps.core.request.OriginMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "shared_apps.access.middleware.ActiveOrganizationMiddleware",
    "shared_apps.staff.middleware.SupportSessionMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # Puts the organization into every form that has a CSRF token.
            "builtins": ["shared_apps.access.templatetags.forms"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
CSRF_FAILURE_VIEW = "shared_apps.core.pages.csrf_failure"

# --- Signing in ---

# By default a cookie comes first, for which each request makes two storages.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTHENTICATION_BACKENDS = ["shared_apps.access.backends.ThrottledBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "shared_apps.users.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # The email is unique through an index on lower(email), which it cannot see.
    "security.W003",  # It looks for Django's CSRF middleware by name; ours is a subclass of it.
]

# --- Transport: everything over TLS outside development ---

SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_HSTS_SECONDS = number("SECURE_HSTS_SECONDS", default=0 if DEBUG else 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=not DEBUG)
SECURE_HSTS_PRELOAD = flag("SECURE_HSTS_PRELOAD", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
if not DEBUG:
    # Browsers take a __Host- cookie over TLS alone, and from no other subdomain (RFC 6265bis).
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
BEHIND_TLS_PROXY = flag("BEHIND_TLS_PROXY", default=False)
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Each appends to X-Forwarded-For whom it answers; what stands before that is the caller's claim.
TRUSTED_PROXIES = number("TRUSTED_PROXIES", default=int(BEHIND_TLS_PROXY))

# --- What a page may load and run: what comes from here, and no script inside of HTML ---

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Swagger's and Unfold's icons.
        "style-src": [SELF, UNSAFE_INLINE],  # Unfold's colours, and widths of bars.
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- The admin ---

UNFOLD = {
    "SITE_TITLE": "Tenantry",
    "SITE_HEADER": "Tenantry",
    "SITE_SYMBOL": "domain",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "shared_apps.staff.site.icon"}
    ],
    "STYLES": ["shared_apps.staff.site.stylesheet"],
    "SCRIPTS": ["shared_apps.staff.site.script"],
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 240)",
            "100": "oklch(93.6% .03 240)",
            "200": "oklch(88.5% .06 240)",
            "300": "oklch(80.8% .1 240)",
            "400": "oklch(74% .12 240)",
            "500": "oklch(67% .14 240)",
            "600": "oklch(50% .13 240)",
            "700": "oklch(43% .11 240)",
            "800": "oklch(37% .09 240)",
            "900": "oklch(31% .07 240)",
            "950": "oklch(24% .05 240)",
        },
    },
}

# --- The API ---

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["shared_apps.access.authentication.CallerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["shared_apps.access.permissions.RoleAllows"],
    "DEFAULT_PAGINATION_CLASS": "shared_apps.api.pagination.PagePagination",
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "shared_apps.api.filters.BoundedSearchFilter",
        "shared_apps.api.filters.TotalOrderingFilter",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "shared_apps.api.handler.exception_handler",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "shared_apps.api.negotiation.ContentNegotiation",
    "DEFAULT_RENDERER_CLASSES": [
        "shared_apps.api.renderers.JSONRenderer",
        "shared_apps.api.browsable.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "shared_apps.api.parsers.JSONParser",
        "shared_apps.api.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tenantry",
    "DESCRIPTION": "The data of your organization, which depends on your account.",
    "VERSION": __version__,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": ["shared_apps.access.authentication.CallerAuthentication"],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "shared_apps.access.openapi.document_organization",
        "shared_apps.api.openapi.document_errors",
    ],
}

# --- Logs: to stderr, where whatever runs the service collects them ---

LOG_FORMAT = env.str("LOG_FORMAT", default="line" if DEBUG else "json")
if LOG_FORMAT not in {"line", "json"}:
    raise ImproperlyConfigured(f"LOG_FORMAT={LOG_FORMAT} is neither line nor json.")

# A line for each answer; without it, only for errors. It costs a tenth of a
# quick request, and a proxy in front has such a log, of all but organization and user.
LOG_REQUESTS = flag("LOG_REQUESTS", default=False)

structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
# What each line gets, whether structlog or logging made it.
_ADDED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    add_schema,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    # Of what comes by `extra` nothing else is written: Django adds whole requests.
    structlog.stdlib.ExtraAdder(allow=["status_code", "milliseconds"]),
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    without_traceback_of_client_errors,
    without_rows,
    structlog.processors.ExceptionRenderer(traceback_without_rows),
]
_RENDERED: dict[str, list[Any]] = {
    "json": [structlog.processors.JSONRenderer()],
    "line": [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # Tracebacks are text by then.
        ),
        indent,
    ],
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"server": {"()": "shared_apps.core.request_logs.ServerFilter"}},
    "formatters": {
        name: {"()": structlog.stdlib.ProcessorFormatter, "processors": [*_ADDED, *rendered]}
        for name, rendered in _RENDERED.items()
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Named alone, it loses Django's own handlers, which print in development and mail no admin.
        "django": {"level": "INFO" if DEBUG else "WARNING"},
        "django.server": {"handlers": ["stderr"], "filters": ["server"], "propagate": False},
        # A client error has its line by then; this is the traceback of a server error.
        "django.request": {"level": "ERROR" if LOG_REQUESTS else "WARNING"},
    },
}

# --- Language, time, static files ---

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_ROOT = BASE_DIR / "static" / "root"  # What browsers and robots ask for at /.
