"""psycopg2's connection with cursors that send the tenant's search_path."""

from collections.abc import Callable
from functools import cache
from typing import Any

from psycopg2 import extensions

from tenantry.context import current_level

from .cursor import TenantCursor
from .parameters import Parameters

_IDLE = extensions.TRANSACTION_STATUS_IDLE


class TenantConnection(extensions.connection):
    """A connection that stores no tenant. Each of its cursors is a `TenantCursor`.

    Attributes:
        schemas_used: the schemas of its statements, see CONN_MAX_TENANTS.
    """

    parameters: Parameters
    connect_directly: Callable[[str], extensions.connection]
    schemas_used: set[str]

    def cursor(
        self, name: Any = None, cursor_factory: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return a cursor of a class that inherits from `TenantCursor` too."""
        factory = _tenant_cursor(cursor_factory or self.cursor_factory)
        return super().cursor(name, factory, *args, **kwargs)

    def prefix(self) -> str:
        """Return the SQL to send before a statement of the active tenant."""
        level = current_level()
        schema = level.tenant.schema_name if level.tenant else None
        if schema:
            self.schemas_used.add(schema)
        own_transaction = self.autocommit and self.get_transaction_status() == _IDLE
        return self.parameters.prefix(
            schema,
            include_public=level.include_public,
            read_only=level.read_only,
            own_transaction=own_transaction,
        )

    def open_session(self) -> extensions.connection:
        """Return a new connection with the search_path as a startup option.

        For a statement that cannot run in a transaction, where SET LOCAL has no effect.
        """
        tenant, include_public, *_ = current_level()
        schema = tenant.schema_name if tenant else None
        return self.connect_directly(
            self.parameters.startup_options(schema, include_public=include_public)
        )


@cache
def _tenant_cursor(factory: type[extensions.cursor]) -> type[extensions.cursor]:
    if issubclass(factory, TenantCursor):
        return factory
    return type(f"Tenant{factory.__name__}", (TenantCursor, factory), {})
