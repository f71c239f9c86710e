"""psycopg2's connection, whose cursors all carry the tenant."""

from collections.abc import Callable
from functools import cache
from typing import Any

from psycopg2 import extensions

from tenantry.context import current_level

from .cursor import TenantCursor
from .prefix import Carried

_IDLE = extensions.TRANSACTION_STATUS_IDLE


class TenantConnection(extensions.connection):
    """A connection that hands out cursors which carry the tenant, whatever their class.

    It keeps no tenant. `served` counts the schemas it was used for, because PostgreSQL keeps
    the catalog of each in the memory of the session; nothing is decided by it but when to close.
    """

    carried: Carried
    connect_directly: Callable[[str], extensions.connection]
    served: set[str]

    def cursor(
        self, name: Any = None, cursor_factory: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return a cursor; one of another class than ours gets ours in front of it."""
        factory = _carrying(cursor_factory or self.cursor_factory)
        return super().cursor(name, factory, *args, **kwargs)

    def prefix(self) -> str:
        """Return what a statement sent now carries.

        Raises:
            InvalidSchemaName: when the active tenant's schema cannot be called so.
        """
        level = current_level()
        schema = level.tenant.schema_name if level.tenant else None
        if schema:
            self.served.add(schema)
        alone = self.autocommit and self.get_transaction_status() == _IDLE
        return self.carried.prefix(
            schema, include_public=level.include_public, read_only=level.read_only, alone=alone
        )

    def open_session(self) -> extensions.connection:
        """Return a connection of its own with the path as a startup option.

        For the one statement that refuses a transaction, and so cannot get the path by SET LOCAL.
        """
        tenant, include_public, *_ = current_level()
        schema = tenant.schema_name if tenant else None
        return self.connect_directly(
            self.carried.startup_options(schema, include_public=include_public)
        )


@cache
def _carrying(factory: type[extensions.cursor]) -> type[extensions.cursor]:
    if issubclass(factory, TenantCursor):
        return factory
    return type(f"Tenant{factory.__name__}", (TenantCursor, factory), {})
