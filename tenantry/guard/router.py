"""The database router, which Django calls before it reads or writes a tenant model."""

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
    """Let `dumpdata` and `loaddata` include all models of the search_path, and raise for others.

    Django leaves out models that the database does not migrate, without an error.
    """
    token = _fixtures.set(True)
    try:
        yield
    finally:
        _fixtures.reset(token)


class GuardRouter:
    """Raises for tenant models without a tenant, and for objects in a tenant other than their own.

    It returns None for shared models, except for the engine's own: these are read from the tenants'
    database, since a replica can lag. It must be first in DATABASE_ROUTERS: Django uses the first
    result that is not None.
    """

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
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
        """Return True in `fixture_mode` if the model's table is in the search_path."""
        if model is None or not _fixtures.get() or db != get_tenant_database_alias():
            return None
        if is_tenant_model(model):
            require_tenant(model)
        return True

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> None:
        """Check that two objects belong to one tenant.

        With an object of a shared model, the other must belong to the active tenant: for
        `user.orders.add(order)` this is the only check, and it writes to the active tenant.
        """
        tenants = [obj for obj in (obj1, obj2) if is_tenant_model(obj.__class__)]
        if len(tenants) == 1:
            check_belongs_here(tenants[0])
        elif tenants:
            # The error names the object that does not belong to the active tenant.
            here, there = sorted(tenants, key=lambda obj: origin_of(obj) != active_schema())
            check_same(origin_of(there), origin_of(here), there)
