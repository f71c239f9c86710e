"""The settings of the service, with a key and a fast password hasher for tests."""

import os

os.environ.setdefault("SECRET_KEY", "tests-" * 10)
os.environ["DEBUG"] = "false"
# Tests must not empty a developer's cache; the proofs start their own Redis.
os.environ["REDIS_URL"] = ""
# Tests must not send mail; Django replaces the backend, but not in other processes.
os.environ["EMAIL_URL"] = os.environ["DEFAULT_FROM_EMAIL"] = ""
os.environ["PUBLIC_URL"] = "https://tenantry.example"
# Tests use plain HTTP; the redirect of production has its own test.
os.environ.setdefault("SECURE_SSL_REDIRECT", "false")

os.environ.setdefault("TENANT_ROLES", "true")
# Tests of the admin sign in with the password alone.
os.environ.setdefault("STAFF_SECOND_FACTOR", "false")

# Tests of the engine set their own timeouts.
os.environ.setdefault("STATEMENT_TIMEOUT", "0")
os.environ.setdefault("IDLE_IN_TRANSACTION_TIMEOUT", "0")

from config.settings import *  # noqa: F403

WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True  # No collectstatic before tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Models with fields and relations that the service does not have.
TENANT_APPS = [*TENANT_APPS, "tests.tenantry.guard_app"]  # noqa: F405
SHARED_APPS = [*SHARED_APPS, "tests.tenantry.guard_shared"]  # noqa: F405
INSTALLED_APPS = [
    *INSTALLED_APPS,  # noqa: F405
    "tests.tenantry.guard_app",
    "tests.tenantry.guard_shared",
]
