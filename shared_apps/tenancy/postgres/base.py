"""The database backend (`ENGINE`): django-tenants', asking the context which schema is meant."""

from typing import Any

from django_tenants.postgresql_backend import base

from ..context import (
    NamedTenant,
    Tenant,
    active_tenant,
    public_is_visible,
    replace_tenant,
    tenant_context,
)
from ..names import PUBLIC


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """django-tenants' connection without a memory: the tenant is the context's, always."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # django-tenants' constructor goes to `public`; a new connection must not end the tenant
        # of the code that opens it.
        with tenant_context(active_tenant()):
            super().__init__(*args, **kwargs)
        # The first query may be a tenant's, whose alias names its schema.
        self.alias: str = str(self.alias)

    @property
    def tenant(self) -> Tenant:
        return active_tenant() or NamedTenant(PUBLIC)

    @tenant.setter
    def tenant(self, value: Tenant | None) -> None:
        """django-tenants' constructor assigns None; opening a connection changes no tenant."""

    @property
    def schema_name(self) -> str:
        return self.tenant.schema_name

    @schema_name.setter
    def schema_name(self, value: str | None) -> None:
        """See `tenant`."""

    @property
    def include_public_schema(self) -> bool:
        return public_is_visible()

    def set_tenant(self, tenant: Tenant, include_public: bool = True) -> None:
        replace_tenant(tenant, include_public=include_public)

    def set_schema(self, schema_name: str, include_public: bool = True, **_: Any) -> None:
        replace_tenant(NamedTenant(schema_name), include_public=include_public)

    def set_schema_to_public(self) -> None:
        replace_tenant(None)
