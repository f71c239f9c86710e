"""psycopg2's connection with cursors that send the tenant's search_path."""

from collections.abc import Callable
from contextlib import closing
from functools import cache
from typing import Any

import psycopg2
from psycopg2 import extensions

from tenantry import roles
from tenantry.context import current_level
from tenantry.errors import RoleMissing

from .cursor import TenantCursor
from .named import NamedTenantCursor
from .parameters import Parameters

_IDLE = extensions.TRANSACTION_STATUS_IDLE
# The role of the login: https://www.postgresql.org/docs/current/sql-set-role.html
_NO_ROLE = "none"
# PostgreSQL rejects all statements of a failed transaction. After a ROLLBACK TO in the same message
# it rejects this name, which CREATE ROLE does not accept.
_NO_EXISTING_ROLE = "pg_no_role"
_ROLE = """
    SET LOCAL role = %s;
    SELECT role FROM public.tenancy_schemastate WHERE schema_name = %s AND role <> ''
"""
_NO_LARGE_OBJECT = (
    "In a tenant, lobject() is not available: it sends no role. Use the functions of SQL, such as "
    "lo_get() and lo_from_bytea()."
)


class TenantConnection(extensions.connection):
    """A connection that stores no tenant. Each of its cursors is a `TenantCursor`.

    Attributes:
        schemas_used: the schemas of its statements, see CONN_MAX_TENANTS.
        new_roles: by schema, in a transaction that gives roles to schemas; else None.
    """

    parameters: Parameters
    new_roles: dict[str, str] | None = None
    connect_directly: Callable[[str], extensions.connection]
    schemas_used: set[str]

    def cursor(
        self, name: Any = None, cursor_factory: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Return a cursor of a class that inherits from `TenantCursor` too."""
        base = TenantCursor if name is None else NamedTenantCursor
        factory = _tenant_cursor(base, cursor_factory or self.cursor_factory)
        return super().cursor(name, factory, *args, **kwargs)

    def lobject(self, *args: Any, **kwargs: Any) -> Any:
        """Open a large object as the owner.

        Its methods send no SQL, so they have the role of an earlier statement.

        Raises:
            NotSupportedError: statements have the role of a tenant.
        """
        if roles.acts_as_tenant():
            raise psycopg2.NotSupportedError(_NO_LARGE_OBJECT)
        if not self.autocommit:
            with closing(extensions.cursor(self)) as cursor:
                cursor.execute(self.prefix())
        return super().lobject(*args, **kwargs)

    def prefix(self) -> str:
        """Return the SQL to send before a statement of the active tenant."""
        level = current_level()
        schema = level.tenant.schema_name if level.tenant else None
        if schema:
            self.schemas_used.add(schema)
        own_transaction = self.autocommit and self.get_transaction_status() == _IDLE
        return self.parameters.prefix(
            schema,
            role=self._role(schema, own_transaction=own_transaction) if roles.are_used() else None,
            include_public=level.include_public,
            read_only=level.read_only,
            own_transaction=own_transaction,
        )

    def _role(self, schema: str | None, *, own_transaction: bool) -> str | None:
        if schema and not roles.acts_as_owner():
            return self.role_of(schema)
        # An earlier statement of the transaction can have set a tenant's role.
        return None if own_transaction else self._owner()

    def _owner(self) -> str:
        """Return the role of OPTIONS["assume_role"], else the login's."""
        return self.parameters.values.get("role", _NO_ROLE)

    def role_of(self, schema: str) -> str:
        """Return the role of a tenant, read once for each process.

        Raises:
            RoleMissing: the tenant has none.
        """
        new = self.new_roles
        role = roles.known_role(schema) if new is None else new.get(schema)
        if role is None:
            if self.get_transaction_status() == extensions.TRANSACTION_STATUS_INERROR:
                return _NO_EXISTING_ROLE  # It cannot be read now.
            role = self._read_role(schema)
            self.remember_role(schema, role)
        return role

    def remember_role(self, schema: str, role: str) -> None:
        """Keep a role that was read: for the process, or for a transaction that gives roles."""
        if self.new_roles is None:
            roles.remember_role(schema, role)
        else:
            self.new_roles[schema] = role

    def _read_role(self, schema: str) -> str:
        with closing(extensions.cursor(self)) as cursor:
            cursor.execute(_ROLE, [self._owner(), schema])
            row = cursor.fetchone()
        if row is None:
            raise RoleMissing(schema)
        role: str = row[0]
        return role

    def commit(self) -> None:
        super().commit()
        self.new_roles = None

    def rollback(self) -> None:
        super().rollback()
        self.new_roles = None

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
def _tenant_cursor(
    base: type[TenantCursor], factory: type[extensions.cursor]
) -> type[extensions.cursor]:
    if issubclass(factory, base):
        return factory
    return type(f"Tenant{factory.__name__}", (base, factory), {})
