"""Resets throttle counters before each test."""

import pytest
from django.core.cache import caches

from shared_apps.core.counters import memory


@pytest.fixture(autouse=True)
def empty_counters() -> None:
    """Reset the counters, so that requests of other tests do not count."""
    caches["shared"].clear()
    memory.clear()
