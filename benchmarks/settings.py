"""The service's settings as in production, on a database that the benchmarks make and drop."""

import os

os.environ.setdefault("SECRET_KEY", "benchmarks" * 6)
os.environ["DEBUG"] = "false"
os.environ["SECURE_SSL_REDIRECT"] = "false"

from config.settings import *  # noqa: F403
from config.settings import DATABASES

ALLOWED_HOSTS = ["testserver"]
DATABASES["default"]["NAME"] = f"tenantry_bench_{os.getpid()}"
