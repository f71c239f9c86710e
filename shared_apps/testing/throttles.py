"""Each test starts with empty throttle counters."""

import pytest
from django.core.cache import caches

from shared_apps.core.counters import memory


@pytest.fixture(autouse=True)
def empty_counters() -> None:
    """Reset the counters, so that a test is never throttled for what another test sent."""
    caches["shared"].clear()
    memory.forget()
