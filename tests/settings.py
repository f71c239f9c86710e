"""The service's settings with what only tests want: a key, and a hasher that is not slow."""

import os

os.environ.setdefault("SECRET_KEY", "tests-" * 10)
os.environ["DEBUG"] = "false"
os.environ["REDIS_URL"] = (
    ""  # Nobody's cache is emptied by tests; the proofs have one of their own.
)
# Tests speak plain HTTP; production's redirect has a test of its own.
os.environ.setdefault("SECURE_SSL_REDIRECT", "false")

# What the statements of the engine's tests carry is theirs alone.
os.environ.setdefault("STATEMENT_TIMEOUT", "0")
os.environ.setdefault("IDLE_IN_TRANSACTION_TIMEOUT", "0")

from config.settings import *  # noqa: F403

WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True  # No collectstatic before tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Models of shapes that the service's own do not have.
TENANT_APPS = [*TENANT_APPS, "tests.tenantry.guard_app"]  # noqa: F405
SHARED_APPS = [*SHARED_APPS, "tests.tenantry.guard_shared"]  # noqa: F405
INSTALLED_APPS = [
    *INSTALLED_APPS,  # noqa: F405
    "tests.tenantry.guard_app",
    "tests.tenantry.guard_shared",
]
