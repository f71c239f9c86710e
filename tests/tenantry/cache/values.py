"""Values of acme, of globex and of the shared cache."""

from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache

from tenantry.context import tenant_context

OWNERS = ("acme", "globex", None)  # None: the shared cache.


def of(owner: str | None) -> BaseCache:
    return caches["default" if owner else "shared"]


def fill() -> None:
    for number, owner in enumerate(OWNERS):
        with tenant_context(owner):
            of(owner).set_many({"key": number, "other": number})


def seen(owner: str | None) -> list[dict[str, Any]]:
    """Return the values of an owner, by version."""
    with tenant_context(owner):
        return [of(owner).get_many(["key", "other", "new"], version=n) for n in (0, 1, 2)]


def clear(owner: str | None) -> None:
    with tenant_context(owner):
        of(owner).clear()
