"""All settings of the service, a block for each subject.

To change a value of a machine, set its environment variable; the README lists them. Your own apps
and settings are in config/custom.py. Defaults are secure: only development sets DEBUG.
"""

from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config.custom import EXTRA_SHARED_APPS, EXTRA_TENANT_APPS
from config.environment import database, env, flag, is_random, networks, number, words
from config.logging import logging_settings
from config.mail import TIMEOUT, mail_settings, public_url, sender
from tenantry import __version__

# Makes `ModelAdmin[Organization]` and the like valid at runtime.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Service: environment variables ---

DEBUG = flag("DEBUG", default=False)
# Signs sessions and links. To replace the key, move the old one to SECRET_KEY_FALLBACKS. In
# development `make` creates one.
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = words("SECRET_KEY_FALLBACKS")
if not all(map(is_random, (SECRET_KEY, *SECRET_KEY_FALLBACKS))):
    raise ImproperlyConfigured(
        "Set SECRET_KEY, and each of SECRET_KEY_FALLBACKS, to at least 50 random characters: "
        "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
ALLOWED_HOSTS = words("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")

API_TOKEN_LIFETIME_HOURS = number("API_TOKEN_LIFETIME_HOURS", default=24 * 30, minimum=1)
SUPPORT_SESSION_MINUTES = number("SUPPORT_SESSION_MINUTES", default=30, minimum=1)

# --- Limits: environment variables ---

# Requests per minute, 0 for no limit; beyond it 429. A request counts for its user and their
# organization. A sign-in, right or wrong, counts for the account and the address; so does a mail
# that a visitor can have sent, such as that of a new password. An invitation counts for the
# organization and the account.
THROTTLES = {
    "user": number("THROTTLE_USER", default=1_200),
    "organization": number("THROTTLE_ORGANIZATION", default=6_000),
    "sign_in_account": number("THROTTLE_SIGN_IN_ACCOUNT", default=20),
    "sign_in_address": number("THROTTLE_SIGN_IN_ADDRESS", default=60),
    "invitations": number("THROTTLE_INVITATIONS", default=20),
    "second_factor": number("THROTTLE_SECOND_FACTOR", default=5),  # Wrong codes of a user.
    "mail_account": number("THROTTLE_MAIL_ACCOUNT", default=2),
    "mail_address": number("THROTTLE_MAIL_ADDRESS", default=20),
}

# Bytes of a body, and of a form with files; beyond it 413. Parsing JSON takes up to 0.4 s per MB.
MAX_BODY_SIZE = number("MAX_BODY_SIZE", default=262_144, minimum=1024)
MAX_UPLOAD_SIZE = number("MAX_UPLOAD_SIZE", default=26_214_400)
# Bytes of the text in a form with files. The form that confirms an import has 2 MB.
DATA_UPLOAD_MAX_MEMORY_SIZE = max(2_621_440, MAX_BODY_SIZE)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000  # An order of 500 lines has two for each.

# --- Apps: shared ones have tables in `public`, tenant apps in each schema ---

# The project and Unfold are before django_tenants: the first app with a command or template wins.
SHARED_APPS = [
    "tenantry",
    "shared_apps.api",
    "shared_apps.audit",
    "shared_apps.pages",
    "shared_apps.jobs",
    "shared_apps.jobs.mail",
    "shared_apps.users",
    "shared_apps.organizations",
    "shared_apps.access",
    "shared_apps.accounts",
    "shared_apps.webhooks",
    "shared_apps.members",
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
    # Without `allauth` itself, which has its templates: all pages are ours.
    "allauth.account",
    "allauth.mfa",
    "import_export",
    "django_htmx",
    *EXTRA_SHARED_APPS,
]
TENANT_APPS = [
    "shared_apps.people",
    "tenant_apps.items",
    "tenant_apps.orders",
    *EXTRA_TENANT_APPS,
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

TENANT_MODEL = "tenantry_organizations.Organization"
AUTH_USER_MODEL = "tenantry_users.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database: environment variables ---

if not env.str("DATABASE_URL", default=""):
    raise ImproperlyConfigured(
        "Set DATABASE_URL (postgres://user:password@host:port/name). "
        "Without it, `make run`, `make test` and `make manage` start their own PostgreSQL."
    )
_DATABASE = database("DATABASE_URL")
# An unreachable server is an error within seconds. The system's defaults are two minutes for a
# connection and two hours for a response. DATABASE_URL can override these:
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
        # A connection's memory grows with each tenant it serves; it is closed after this number.
        "CONN_MAX_TENANTS": number("CONN_MAX_TENANTS", default=1400),
        # Milliseconds, 0 for no limit. Slower statements than SLOW_STATEMENT are logged.
        "STATEMENT_TIMEOUT": number("STATEMENT_TIMEOUT", default=10_000),
        "IDLE_IN_TRANSACTION_TIMEOUT": number("IDLE_IN_TRANSACTION_TIMEOUT", default=60_000),
        "SLOW_STATEMENT": number("SLOW_STATEMENT", default=1000),
        # Behind a pooler: the server itself, for statements outside transactions (docs/engine.md).
        "DIRECT_CONNECTION": env.str("DATABASE_DIRECT_URL", default="")
        and database("DATABASE_DIRECT_URL"),
    }
}
# Statements of an organization run as its own PostgreSQL role (docs/isolation.md).
TENANT_ROLES = flag("TENANT_ROLES", default=True)
# 503 for an organization with a schema that lacks migrations (docs/runbook.md).
REQUIRE_MIGRATED_SCHEMA = flag("REQUIRE_MIGRATED_SCHEMA", default=False)

# The guard comes first: Django uses the first router that decides.
DATABASE_ROUTERS = [
    "tenantry.guard.router.GuardRouter",
    "django_tenants.routers.TenantSyncRouter",
]

# --- Cache: REDIS_URL. `default` has separate values for each organization, `shared` does not ---

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL: use a URL with redis://, rediss:// or unix://.")
if REDIS_URL:
    # Seconds; a Redis that does not respond must not delay requests.
    _TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 1}
    # A list, since Django splits a string at commas, which a password can contain.
    _REDIS = {"LOCATION": [REDIS_URL], "OPTIONS": _TIMEOUTS}
    CACHES: dict[str, dict[str, Any]] = {
        "default": {"BACKEND": "tenantry.cache.TenantRedisCache", **_REDIS},
        "shared": {"BACKEND": "tenantry.cache.SharedRedisCache", **_REDIS},
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "tenantry.cache.TenantLocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 10_000},  # For all organizations together.
        },
        "shared": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "shared",
            "OPTIONS": {"MAX_ENTRIES": 50_000},
        },
    }
# Only used with a SESSION_ENGINE in the cache: sessions are read before a tenant is active.
SESSION_CACHE_ALIAS = "shared"

# --- Files: MEDIA_ROOT, with a folder for each organization ---

STORAGES = {
    "default": {"BACKEND": "tenantry.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "media"))
MEDIA_URL = "/api/media/"  # Under /api/, a token can read them too.

# --- Tasks in the background: environment variables ---

TASKS = {
    "default": {
        "BACKEND": "shared_apps.jobs.backend.JobsBackend",
        "QUEUES": ["default", "mail", "webhooks", "webhooks_slow"],
    }
}
# How many threads of a process a queue may have, so that what is slow leaves some to the others.
JOBS_QUEUE_THREADS = {"mail": 2, "webhooks": 2, "webhooks_slow": 1}
# Seconds. A task of a worker that dies is given to another one after the lease. A worker that is
# stopped lets its tasks end within the grace time. A lease of less than 5 seconds could end before
# its worker extends it.
JOBS_LEASE = number("JOBS_LEASE", default=60, minimum=5)
JOBS_GRACE = number("JOBS_GRACE", default=20)
# How many tasks of one organization run at the same time, of each queue, in all workers.
JOBS_PER_ORGANIZATION = number("JOBS_PER_ORGANIZATION", default=2, minimum=1)
# Days after which tasks that ended are deleted.
JOBS_KEEP_SUCCESSFUL = number("JOBS_KEEP_SUCCESSFUL", default=7)
JOBS_KEEP_FAILED = number("JOBS_KEEP_FAILED", default=30)

# --- Mail: environment variables; docs/mail.md shows the URLs ---

_IN_FILES = (BASE_DIR / ".data" / "mail").as_uri() if DEBUG else ""
_MAIL = mail_settings(env.str("EMAIL_URL", default="") or _IN_FILES)
DEFAULT_FROM_EMAIL = sender(env.str("DEFAULT_FROM_EMAIL", default=""), needed=_MAIL.leaves)
# Where people reach the service: links in mails begin with it.
PUBLIC_URL = public_url(
    env.str("PUBLIC_URL", default="http://127.0.0.1:8000" if DEBUG else ""), needed=_MAIL.leaves
)
EMAIL_BACKEND = _MAIL.backend
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.use_tls, _MAIL.use_ssl
EMAIL_TIMEOUT = TIMEOUT
EMAIL_FILE_PATH = _MAIL.folder
ANYMAIL = _MAIL.anymail

# --- Webhooks: environment variables ---

# Networks that webhooks may reach although they are not public, such as 10.1.0.0/16.
WEBHOOKS_ALLOWED_NETWORKS = networks("WEBHOOKS_ALLOWED_NETWORKS")

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
    "shared_apps.access.sessions.SessionUserMiddleware",
    "shared_apps.core.request.CurrentRequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "shared_apps.accounts.middleware.ReauthenticationMiddleware",
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
            # Adds the organization to every form with a CSRF token.
            "builtins": ["shared_apps.pages.templatetags.forms"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shared_apps.pages.context_processors.shell",
            ],
        },
    },
]
CSRF_FAILURE_VIEW = "shared_apps.core.pages.csrf_failure"

# --- Accounts and sign-in ---

# Who may create an account: `open`, any visitor; `invited`, a person with an invitation; `closed`,
# only staff and commands.
SIGN_UP = env.str("SIGN_UP", default="invited")
if SIGN_UP not in {"open", "invited", "closed"}:
    raise ImproperlyConfigured(f"SIGN_UP={SIGN_UP}: use open, invited or closed.")
PASSWORD_RESET_TIMEOUT = 3600  # seconds

# Django's default tries a cookie first, which is slower.
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
# allauth runs the stages of a sign-in and the second factor. Its table of addresses contains those
# that are not verified; the user's own field is not allauth's, which would make it lower case.
ACCOUNT_ADAPTER = "shared_apps.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_REAUTHENTICATION_METHODS = ("password", "mfa")
# Staff without a second factor cannot use the admin until they add one.
STAFF_SECOND_FACTOR = flag("STAFF_SECOND_FACTOR", default=not DEBUG)
ACCOUNT_USER_DISPLAY = "shared_apps.accounts.second_factor.adapter.display_name"
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False  # THROTTLES has ours.
MFA_ADAPTER = "shared_apps.accounts.second_factor.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_FORMS = {
    "authenticate": "shared_apps.accounts.second_factor.forms.AuthenticateForm",
    "reauthenticate": "shared_apps.accounts.second_factor.forms.ReauthenticateForm",
    "activate_totp": "shared_apps.accounts.second_factor.forms.ActivateAppForm",
    "authenticate_webauthn": "shared_apps.accounts.second_factor.passkeys.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": (
        "shared_apps.accounts.second_factor.passkeys.ReauthenticatePasskeyForm"
    ),
    "login_webauthn": "shared_apps.accounts.second_factor.passkeys.SignInPasskeyForm",
    "add_webauthn": "shared_apps.accounts.second_factor.passkeys.AddPasskeyForm",
    "edit_webauthn": "shared_apps.accounts.second_factor.passkeys.RenamePasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TRUST_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # Codes of 30 seconds before and after now, for clocks that differ.
MFA_TRUST_COOKIE_NAME, DEVICE_COOKIE_NAME = "trusted", "device"
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # An index on lower(email) makes the email unique; the check does not see it.
    "security.W003",  # The check does not see that CsrfMiddleware is a subclass of Django's.
]

# --- TLS, cookies and proxies: environment variables; only development works without TLS ---

SECURE_SSL_REDIRECT = flag("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_HSTS_SECONDS = number("SECURE_HSTS_SECONDS", default=0 if DEBUG else 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=not DEBUG)
SECURE_HSTS_PRELOAD = flag("SECURE_HSTS_PRELOAD", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
if not DEBUG:
    # Browsers accept a __Host- cookie only over TLS, and from no other subdomain (RFC 6265bis).
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    MFA_TRUST_COOKIE_NAME, DEVICE_COOKIE_NAME = "__Host-trusted", "__Host-device"
BEHIND_TLS_PROXY = flag("BEHIND_TLS_PROXY", default=False)
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Each proxy appends the address of its client to X-Forwarded-For. Earlier ones can be forged.
TRUSTED_PROXIES = number("TRUSTED_PROXIES", default=int(BEHIND_TLS_PROXY))

# --- Content-Security-Policy: pages load only files of this host, and no inline script or style ---

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Icons of Swagger and Unfold.
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Admin: its title and colours ---

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

# --- API ---

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
    "DESCRIPTION": "Read and change the data of your organization. Your sign-in decides which one.",
    "VERSION": __version__,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": ["shared_apps.access.authentication.CallerAuthentication"],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    # Names of enums that several responses have.
    "ENUM_NAME_OVERRIDES": {
        "OrganizationStatusEnum": "shared_apps.organizations.models.Organization.Status",
        "RoleEnum": "shared_apps.organizations.roles.Role",
        "KeyRoleEnum": "shared_apps.access.token_serializers.KEY_ROLES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "shared_apps.access.openapi.document_organization",
        "shared_apps.api.openapi.document_errors",
    ],
}

# --- Logs, to stderr: environment variables; config/logging.py has the rest ---

LOG_FORMAT = env.str("LOG_FORMAT", default="line" if DEBUG else "json")
if LOG_FORMAT not in {"line", "json"}:
    raise ImproperlyConfigured(f"LOG_FORMAT={LOG_FORMAT}: use line or json.")

# A line for each request, not only for errors. It makes a fast request 10 % slower. A proxy can
# write such a log too, but without organization and user.
LOG_REQUESTS = flag("LOG_REQUESTS", default=False)

LOGGING = logging_settings(log_format=LOG_FORMAT, log_requests=LOG_REQUESTS, debug=DEBUG)

# --- Language, time, static files ---

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_ROOT = BASE_DIR / "static" / "root"  # robots.txt, favicon.ico and the like.

# --- Your own settings, which replace those above ---

from config.custom import *  # noqa: E402, F403
