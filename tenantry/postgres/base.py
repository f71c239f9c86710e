"""The database backend (`ENGINE`): django-tenants' backend, with the tenant in the context.

It stores no tenant: each statement is sent with its search_path, see `prefix`. `connection.tenant`
and similar attributes of django-tenants read and write `tenantry.context`.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import psycopg2
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql.psycopg_any import is_psycopg3
from django_tenants.postgresql_backend import base
from psycopg2 import extensions

from tenantry.context import Tenant, active_schema, current_level, public_is_visible, replace_tenant
from tenantry.names import PUBLIC

from . import compat  # noqa: F401 (replaces functions of django-tenants)
from .client import DatabaseClient, direct_settings
from .commit import CommitCallback
from .connection import TenantConnection
from .creation import DatabaseCreation
from .editor import DatabaseSchemaEditor
from .introspection import DatabaseIntrospection
from .logs import add_schema, log_if_slow
from .operations import DatabaseOperations
from .parameters import Parameters
from .texts import TextErrorWrapper

if is_psycopg3:
    raise ImproperlyConfigured("tenantry.postgres works with psycopg2; remove psycopg.")
if getattr(settings, "PUBLIC_SCHEMA_NAME", PUBLIC) != PUBLIC:
    raise ImproperlyConfigured("PUBLIC_SCHEMA_NAME: tenantry.postgres only works with public.")

logging.getLogger("django.db.backends").addFilter(add_schema)

_PUBLIC_TENANT = base.FakeTenant(PUBLIC)
# Two names of one time zone; the second is a common default of servers.
_UTC = {"UTC", "Etc/UTC"}
_DIRECT_HINT = (
    "This statement cannot run in a transaction and needs its own connection. Behind a "
    "pooler, set DIRECT_CONNECTION in DATABASES to the address of the server itself."
)


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """django-tenants' connection, with the tenant of `tenantry.context`.

    In addition to Django's settings, its entry in DATABASES has:
    CONN_MAX_TENANTS: after this number of tenants a connection closes between requests.
    STATEMENT_TIMEOUT: maximum milliseconds of a statement.
    IDLE_IN_TRANSACTION_TIMEOUT: maximum milliseconds between two statements of a transaction;
        then the server ends the connection.
    SLOW_STATEMENT: minimum milliseconds of a statement that is logged.
    DIRECT_CONNECTION: HOST, PORT, USER, PASSWORD and OPTIONS of the server itself, where HOST is a
        pooler.
    """

    SchemaEditorClass = DatabaseSchemaEditor
    client_class = DatabaseClient
    creation_class = DatabaseCreation
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Not django-tenants' constructor: it activates `public`, and a new connection must not
        # change the tenant of the code that opens it.
        super(base.DatabaseWrapper, self).__init__(*args, **kwargs)
        # The alias of a tenant's query contains the schema as well.
        self.alias: str = str(self.alias)
        self._overridden_parameters: dict[str, str] = {}
        if self.settings_dict.get("SLOW_STATEMENT"):
            self.execute_wrappers.append(log_if_slow)

    @cached_property
    def wrap_database_errors(self) -> TextErrorWrapper:
        return TextErrorWrapper(self)

    # --- The tenant: django-tenants' attributes, stored in the context ---

    # The deleters are for `mock.patch.object`.

    @property
    def tenant(self) -> Tenant:
        return current_level().given or _PUBLIC_TENANT

    @tenant.setter
    def tenant(self, tenant: Tenant | None) -> None:
        replace_tenant(tenant)

    @tenant.deleter
    def tenant(self) -> None:
        replace_tenant(None)

    @property
    def schema_name(self) -> str:
        return active_schema() or PUBLIC

    @schema_name.setter
    def schema_name(self, name: str) -> None:
        replace_tenant(base.FakeTenant(name), include_public=public_is_visible())

    @schema_name.deleter
    def schema_name(self) -> None:
        replace_tenant(None)

    @property
    def include_public_schema(self) -> bool:
        return public_is_visible()

    @include_public_schema.setter
    def include_public_schema(self, visible: bool) -> None:
        replace_tenant(current_level().given, include_public=visible)

    @include_public_schema.deleter
    def include_public_schema(self) -> None:
        replace_tenant(current_level().given)

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)
        if self.connection.new_roles:
            self.connection.new_roles.clear()

    def set_tenant(self, tenant: Tenant, include_public: bool = True) -> None:
        replace_tenant(tenant, include_public=include_public)
        if "django.contrib.contenttypes" in getattr(settings, "TENANT_APPS", ()):
            # As in django-tenants: Django caches the ids, which differ between tenants.
            base.ContentType.objects.clear_cache()
        if base.EXTRA_SET_TENANT_METHOD:
            base.EXTRA_SET_TENANT_METHOD(self, tenant)

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Nothing: django-tenants sends its SET here, and our cursors send a prefix instead."""

    def on_commit(self, func: Callable[[], Any], robust: bool = False) -> None:
        """Call `func` after the commit, with the tenant, role and read-only state of now."""
        if callable(func):
            func = CommitCallback(func)
        super().on_commit(func, robust)

    # --- The connection: nothing is set on its session ---

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        return {**params, "connection_factory": TenantConnection}

    def get_new_connection(self, conn_params: dict[str, Any]) -> TenantConnection:
        connection: TenantConnection = super().get_new_connection(conn_params)
        connection.schemas_used = set()
        connection.connect_directly = self._connect_directly
        return connection

    def _configure_connection(self, connection: TenantConnection) -> bool:
        """Set time zone and role for each statement, where Django sets them on the session.

        Django calls this for each new connection, and commits if the result is True.
        """
        return self._configure_timezone(connection)

    def _configure_timezone(self, connection: TenantConnection) -> bool:
        """Django also calls this when the time zone in the settings has changed."""
        self._apply_parameters(connection, self._time_zone_to_send(connection))
        return False

    @contextmanager
    def override_parameters(self, **parameters: str) -> Iterator[None]:
        """Send these parameters of PostgreSQL with each statement of the block.

        They replace those of the settings, also in connections that are opened in the block or
        after a fork in it.
        """
        before = self._overridden_parameters
        self._override({**before, **parameters})
        try:
            yield
        finally:
            self._override(before)

    def _override(self, parameters: dict[str, str]) -> None:
        self._overridden_parameters = parameters
        if self.connection is not None:
            # The server's zone is not read again: an open transaction has changed it by SET LOCAL.
            time_zone = self.connection.parameters.values.get("timezone")
            self._apply_parameters(self.connection, time_zone)

    def _apply_parameters(self, connection: TenantConnection, time_zone: str | None) -> None:
        values = {
            "role": self.settings_dict["OPTIONS"].get("assume_role"),
            "timezone": time_zone,
            "statement_timeout": self.settings_dict.get("STATEMENT_TIMEOUT"),
            "idle_in_transaction_session_timeout": self.settings_dict.get(
                "IDLE_IN_TRANSACTION_TIMEOUT"
            ),
            **self._overridden_parameters,
        }
        connection.parameters = Parameters(
            {name: str(value) for name, value in values.items() if value},
            base.EXTRA_SEARCH_PATHS,
        )

    def _time_zone_to_send(self, connection: TenantConnection) -> str | None:
        """Return Django's time zone if the session has another. Django reads all times in its own.

        psycopg2 reports the session's zone, which includes a SET LOCAL of an open transaction.
        """
        zones = {self.timezone_name, connection.info.parameter_status("TimeZone")}
        return None if len(zones) == 1 or zones == _UTC else self.timezone_name

    def _set_autocommit(self, autocommit: bool) -> None:
        """Use the isolation level of OPTIONS only in transactions.

        psycopg2 sends a SET for the session if a level is set when autocommit changes.
        """
        if autocommit:
            self._set_isolation_level(None)
        super()._set_autocommit(autocommit)
        if not autocommit:
            self._set_isolation_level(self.isolation_level)

    def _set_isolation_level(self, level: int | None) -> None:
        if "isolation_level" in self.settings_dict["OPTIONS"]:
            self.connection.isolation_level = level

    def _connect_directly(self, startup_options: str) -> extensions.connection:
        direct = direct_settings(self.settings_dict)
        params = type(self)(direct, self.alias).get_connection_params()
        params["connection_factory"] = extensions.connection
        params["options"] = f"{params.get('options', '')} {startup_options}"
        try:
            session: extensions.connection = psycopg2.connect(**params)
        except psycopg2.OperationalError as error:
            error.args = (f"{error}HINT:  {_DIRECT_HINT}\n",)
            raise
        session.autocommit = True
        return session

    def close_if_unusable_or_obsolete(self) -> None:
        """Close between requests as Django does, and after CONN_MAX_TENANTS tenants.

        PostgreSQL caches the catalog of each schema in the memory of a session, and frees it only
        when the session ends.
        """
        super().close_if_unusable_or_obsolete()
        limit = self.settings_dict.get("CONN_MAX_TENANTS")
        if (
            limit
            and self.connection is not None
            and not self.in_atomic_block
            # Not in a transaction of raw SQL either.
            and self.connection.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE
            and len(self.connection.schemas_used) >= limit
        ):
            self.close()

    def chunked_cursor(self) -> Any:
        """Return a server-side cursor in a transaction, and a client-side cursor outside.

        Outside of one it would need WITH HOLD and stay on the session, which a pooler gives to
        other clients. So there `iterator()` reads all rows into memory.
        """
        return self.cursor() if self.get_autocommit() else super().chunked_cursor()
