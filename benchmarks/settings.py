"""The settings of production, on a database that the benchmarks create and drop."""

import os

os.environ.setdefault("SECRET_KEY", "benchmarks" * 6)
os.environ["DEBUG"] = "false"
os.environ["SECURE_SSL_REDIRECT"] = "false"
os.environ["ALLOWED_HOSTS"] = "testserver"

from config.settings import *  # noqa: F403
from config.settings import DATABASES, THROTTLES

# Child processes of a benchmark read the database and the migrations from the environment.
DATABASES["default"]["NAME"] = os.environ.setdefault(
    "BENCH_DATABASE", f"tenantry_bench_{os.getpid()}"
)
if "BENCH_MIGRATIONS" in os.environ:
    MIGRATION_MODULES = {"tenantry_items": os.environ["BENCH_MIGRATIONS"]}
# The peers: Django's backend with a fixed search_path, and django-tenants' backend.
DATABASES["plain"] = {
    **DATABASES["default"],
    "ENGINE": "django.db.backends.postgresql",
    "OPTIONS": {"options": "-c search_path=bench1,public"},
}
DATABASES["stock"] = {**DATABASES["default"], "ENGINE": "django_tenants.postgresql_backend"}
# The peers have no timeouts and no log of slow statements, so these are off here.
DATABASES["unlimited"] = {
    **DATABASES["default"],
    **dict.fromkeys(("STATEMENT_TIMEOUT", "IDLE_IN_TRANSACTION_TIMEOUT", "SLOW_STATEMENT"), 0),
}

# Throttles count requests as always, without reaching a limit.
THROTTLES = dict.fromkeys(THROTTLES, 1_000_000_000)
LOGGING = {"version": 1, "disable_existing_loggers": True}
WHITENOISE_AUTOREFRESH = True  # No collectstatic before benchmarks.
