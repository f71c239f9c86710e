"""With TENANT_ROLES, PostgreSQL runs the statements of a tenant as the tenant's own role.

The role may use the tenant's schema and no other. `as_owner` leaves the role and keeps the tenant;
`tenant_context(None)` leaves both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from tenantry.context import active_schema

_owner: ContextVar[bool] = ContextVar("tenancy_as_owner", default=False)

# By schema. Only committed roles are here; a connection has those of its open transaction.
_known: dict[str, str] = {}


@cache  # Each statement asks.
def are_used() -> bool:
    return bool(getattr(settings, "TENANT_ROLES", False))


@receiver(setting_changed)
def _read_setting_again(setting: str, **_: Any) -> None:
    """Tests change settings."""
    if setting == "TENANT_ROLES":
        are_used.cache_clear()


@contextmanager
def as_owner(*, reason: str) -> Iterator[None]:
    """Run the statements of the block as the owner of all schemas, with or without a tenant.

    Without TENANT_ROLES it changes nothing.

    Args:
        reason: why the tenant's role is not enough, for readers of the code.

    Raises:
        ValueError: the reason is empty.
    """
    if not reason.strip():
        raise ValueError("as_owner() needs a reason.")
    with acting_as_owner(True):
        yield


@contextmanager
def acting_as_owner(value: bool) -> Iterator[None]:
    """Restore what `acts_as_owner` returned, as in a callback that runs later."""
    token = _owner.set(value)
    try:
        yield
    finally:
        _owner.reset(token)


def acts_as_owner() -> bool:
    return _owner.get()


def acts_as_tenant() -> bool:
    """Return whether the next statement has the role of the active tenant."""
    return are_used() and active_schema() is not None and not acts_as_owner()


def remember_role(schema_name: str, role: str) -> None:
    """Keep a committed role of a schema for this process, so that no query looks for it."""
    _known[schema_name] = role


def known_role(schema_name: str) -> str | None:
    return _known.get(schema_name)


def forget_role(schema_name: str) -> None:
    """Read the schema's role again with its next statement."""
    _known.pop(schema_name, None)
