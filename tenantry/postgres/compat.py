"""django-tenants' `with tenant:`, `schema_context` and `tenant_context`, made to use the context.

Its own keep the tenant to go back to on an object that threads share, and swap tenants between
them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from django.db import connections
from django.db.models import Model
from django.db.models.signals import class_prepared
from django.dispatch import receiver
from django_tenants.utils import (
    get_tenant_database_alias,
    schema_context,
    tenant_context,
)

from tenantry.context import current_level, enter_level, leave_level, public_is_visible


def _enter(self: Any) -> None:
    with _level_begun(self):
        _connection(self).set_schema(self.schema_name)


def _enter_tenant(self: Any) -> None:
    with _level_begun(self):
        _connection(self).set_tenant(self.tenant)


def _enter_model(self: Any) -> Any:
    with _level_begun(self):
        self.activate()
    return self


@contextmanager
def _level_begun(entry: Any) -> Iterator[None]:
    """Begin a level, which ends where its tenant is refused."""
    enter_level(entry, current_level().given, include_public=public_is_visible())
    try:
        yield
    except BaseException:
        leave_level(entry)
        raise


def _leave(self: Any, *_: object) -> None:
    leave_level(self)
    connection = _connection(self)
    # For EXTRA_SET_TENANT_METHOD.
    connection.set_tenant(connection.tenant, connection.include_public_schema)


def _connection(entry: Any) -> Any:
    return connections[getattr(entry, "database", None) or get_tenant_database_alias()]


for manager, enter in ((schema_context, _enter), (tenant_context, _enter_tenant)):
    manager.__enter__ = enter
    manager.__exit__ = _leave
    # A decorated function enters one of its own each time it is called.
    manager._recreate_cm = copy


@receiver(class_prepared)
def mend_tenant_model(sender: type[Model], **_: object) -> None:
    """Mend django-tenants' TenantMixin, which cannot be imported before the models are."""
    for base in sender.__mro__:
        if "_previous_tenant" in vars(base):
            base.__enter__ = _enter_model  # type: ignore[attr-defined]
            base.__exit__ = _leave  # type: ignore[attr-defined]
