"""Lets django-tenants' `with tenant:`, `schema_context` and `tenant_context` use our context.

The originals store the previous tenant on an object that threads share, so that a thread can get
the tenant of another.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from importlib import import_module
from typing import Any

from django.conf import settings
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
from tenantry.patches import BACKEND, TENANT_MODEL, require


def _enter(self: Any) -> None:
    with _entering(self):
        _connection(self).set_schema(self.schema_name)


def _enter_tenant(self: Any) -> None:
    with _entering(self):
        _connection(self).set_tenant(self.tenant)


def _enter_model(self: Any) -> Any:
    with _entering(self):
        self.activate()
    return self


@contextmanager
def _entering(entry: Any) -> Iterator[None]:
    """Enter a level, and leave it if the block raises: an invalid tenant must not stay active."""
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


require(BACKEND)
for manager, enter in ((schema_context, _enter), (tenant_context, _enter_tenant)):
    manager.__enter__ = enter
    manager.__exit__ = _leave
    # Each call of a decorated function enters its own context manager.
    manager._recreate_cm = copy


@receiver(class_prepared)
def patch_tenant_model(sender: type[Model], **_: object) -> None:
    """Replace `with tenant:` when the project's tenant model is loaded."""
    if sender._meta.label_lower == getattr(settings, "TENANT_MODEL", "").lower():
        _patch_mixin()


def _patch_mixin() -> None:
    require(TENANT_MODEL)
    mixin = import_module("django_tenants.models").TenantMixin
    mixin.__enter__ = _enter_model
    mixin.__exit__ = _leave


# If `default` has another backend, this module can be imported after the models.
if hasattr(sys.modules.get("django_tenants.models"), "TenantMixin"):
    _patch_mixin()
