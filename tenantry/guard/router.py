"""The router: Django asks it before it touches a tenant model, mostly with the object at hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import Model
from django_tenants.utils import get_tenant_database_alias

from tenantry.context import active_schema

from .origin import (
    TenantAlias,
    check_belongs_here,
    check_same,
    is_tenant_model,
    origin_of,
    require_tenant,
)

_fixtures: ContextVar[bool] = ContextVar("tenancy_fixtures", default=False)


@contextmanager
def fixture_mode() -> Iterator[None]:
    """Dump and load rows of every model that can be reached; raise for other models.

    Without it Django leaves out the rows of models that may not be migrated, without an error.
    """
    token = _fixtures.set(True)
    try:
        yield
    finally:
        _fixtures.reset(token)


class GuardRouter:
    """Raises for tenant models without a tenant, and for objects in a tenant other than their own.

    It returns None for shared models, except the engine's own: those are in the database of the
    tenants, where no replica lags. It must be first in DATABASE_ROUTERS: Django stops at the first
    router that answers.
    """

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """Return the alias of the tenants' database, naming the active schema.

        Raises:
            NoTenantError: for a tenant model when no tenant is active.
            CrossTenantError: when the object in the hints comes from another tenant.
        """
        if not is_tenant_model(model):
            return get_tenant_database_alias() if model._meta.app_label == "tenancy" else None
        schema = require_tenant(model)
        instance = hints.get("instance")
        if instance is not None:
            check_belongs_here(instance)
        return TenantAlias(get_tenant_database_alias(), schema)

    db_for_write = db_for_read

    def allow_migrate(
        self, db: str, app_label: str, model: type[Model] | None = None, **hints: Any
    ) -> bool | None:
        """Say, while fixtures move, that the search_path reaches the model.

        Raises:
            NoTenantError: for a tenant model when no tenant is active.
        """
        if model is None or not _fixtures.get() or db != get_tenant_database_alias():
            return None
        if is_tenant_model(model):
            require_tenant(model)
        return True

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> None:
        """Raise if the objects are of two tenants, or the tenant's object is not of the active one.

        For `user.orders.add(order)` this is the only check, and it writes into the active tenant.

        Raises:
            NoTenantError: when one is of a shared model and no tenant is active.
            CrossTenantError: when they come from two tenants, or the only one that comes from
                any is not of the active one.
        """
        tenants = [obj for obj in (obj1, obj2) if is_tenant_model(obj.__class__)]
        if len(tenants) == 1:
            check_belongs_here(tenants[0])
        elif tenants:
            # The error names the one that is not of the active tenant.
            here, there = sorted(tenants, key=lambda obj: origin_of(obj) != active_schema())
            check_same(origin_of(there), origin_of(here), there)
