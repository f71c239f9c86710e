"""The service's settings with what only tests want: a key, and a hasher that is not slow."""

import os

os.environ.setdefault("SECRET_KEY", "tests-" * 10)
os.environ["DEBUG"] = "false"
# Tests speak plain HTTP; production's redirect has a test of its own.
os.environ.setdefault("SECURE_SSL_REDIRECT", "false")

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
