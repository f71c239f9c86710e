"""Which tenants may work now. The app with the tenants announces them: this app imports none above.

Tasks of all others wait.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

_active: list[Callable[[], QuerySet[Any]]] = []


def announce_active_tenants(active: Callable[[], QuerySet[Any]]) -> None:
    """Set which tenants may work: rows with a `schema_name`."""
    _active[:] = [active]


def active_tenants() -> QuerySet[Any]:
    return _active[0]()
