"""The database backend (`ENGINE`): django-tenants', asking the context which schema is meant.

It remembers no tenant. Each statement carries its path, see `statements`, and `connection.tenant`
and its like are django-tenants' names for `tenancy.context`.
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
from .prefix import Carried
from .texts import TextErrorWrapper

if is_psycopg3:
    raise ImproperlyConfigured("tenantry.postgres works with psycopg2; remove psycopg.")
if getattr(settings, "PUBLIC_SCHEMA_NAME", PUBLIC) != PUBLIC:
    raise ImproperlyConfigured("tenantry.postgres knows the shared schema as `public`.")

logging.getLogger("django.db.backends").addFilter(add_schema)

_PUBLIC_TENANT = base.FakeTenant(PUBLIC)
# Two names of one zone, the second a usual default of servers.
_UTC = {"UTC", "Etc/UTC"}
_DIRECT_HINT = (
    "This statement refuses a transaction and needs a connection of its own. Behind a pooler, say "
    "where the server itself is: DATABASE_DIRECT_URL, or DIRECT in DATABASES."
)


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]
    """django-tenants' connection without a memory: the tenant is the context's, always.

    It reads of its entry in DATABASES, beside what Django's own reads:
    CONN_MAX_TENANTS: after how many distinct tenants a connection closes between requests.
    STATEMENT_TIMEOUT: milliseconds each statement may take.
    IDLE_IN_TRANSACTION_TIMEOUT: milliseconds between two statements of a transaction; then the
        server ends the connection.
    SLOW_STATEMENT: milliseconds after which a statement is logged.
    DIRECT: HOST, PORT, USER, PASSWORD and OPTIONS of a way past the pooler.
    """

    SchemaEditorClass = DatabaseSchemaEditor
    client_class = DatabaseClient
    creation_class = DatabaseCreation
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Past django-tenants' constructor, which would go to `public`: opening a connection must
        # not end the tenant of the code that opens it.
        super(base.DatabaseWrapper, self).__init__(*args, **kwargs)
        # The first query may be a tenant's, whose alias names its schema.
        self.alias: str = str(self.alias)
        self._carried_for_now: dict[str, str] = {}
        if self.settings_dict.get("SLOW_STATEMENT"):
            self.execute_wrappers.append(log_if_slow)

    @cached_property
    def wrap_database_errors(self) -> TextErrorWrapper:
        """What each call of psycopg2 runs in."""
        return TextErrorWrapper(self)

    # --- The tenant: django-tenants' names for the context ---

    # They can be deleted because `mock.patch.object` does that.

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

    def set_tenant(self, tenant: Tenant, include_public: bool = True) -> None:
        replace_tenant(tenant, include_public=include_public)
        if "django.contrib.contenttypes" in getattr(settings, "TENANT_APPS", ()):
            # As django-tenants does: Django keeps their ids for all tenants at once.
            base.ContentType.objects.clear_cache()
        if base.EXTRA_SET_TENANT_METHOD:
            base.EXTRA_SET_TENANT_METHOD(self, tenant)

    def _handle_search_path(self, cursor: Any = None) -> None:
        """django-tenants sends its SET here; the cursors of this backend need none."""

    def on_commit(self, func: Callable[[], Any], robust: bool = False) -> None:
        """Call `func` after the commit, for the tenant for which it was handed over.

        Where its transaction was read-only, so is what it does.
        """
        if callable(func):
            func = CommitCallback(func)
        super().on_commit(func, robust)

    # --- The connection: nothing is set on its session ---

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg2 needs for a connection whose cursors carry the tenant."""
        params: dict[str, Any] = super().get_connection_params()
        return {**params, "connection_factory": TenantConnection}

    def get_new_connection(self, conn_params: dict[str, Any]) -> TenantConnection:
        """Open a connection and tell it what its statements carry."""
        connection: TenantConnection = super().get_new_connection(conn_params)
        connection.served = set()
        connection.connect_directly = self._connect_directly
        return connection

    def _configure_connection(self, connection: TenantConnection) -> bool:
        """Django would set the time zone and the role on the session; the statements carry both.

        Django calls this for each new connection, and commits where the answer is True.
        """
        self._tell(connection)
        return False

    def _configure_timezone(self, connection: TenantConnection) -> bool:
        """Django calls this when the settings of the time zone have changed."""
        self._tell(connection)
        return False

    @contextmanager
    def carrying(self, **parameters: str) -> Iterator[None]:
        """Let the block's statements carry these parameters of PostgreSQL, whatever the settings.

        So do connections that are opened in the block, also after a fork.
        """
        before = self._carried_for_now
        self._carry_for_now({**before, **parameters})
        try:
            yield
        finally:
            self._carry_for_now(before)

    def _carry_for_now(self, parameters: dict[str, str]) -> None:
        self._carried_for_now = parameters
        if self.connection is not None:
            # Not asked again: a transaction under way has set the zone that it carries.
            self._tell_all(self.connection, self.connection.carried.settings.get("timezone"))

    def _tell(self, connection: TenantConnection) -> None:
        self._tell_all(connection, self._time_zone_to_carry(connection))

    def _tell_all(self, connection: TenantConnection, time_zone: str | None) -> None:
        carried = {
            "role": self.settings_dict["OPTIONS"].get("assume_role"),
            "timezone": time_zone,
            "statement_timeout": self.settings_dict.get("STATEMENT_TIMEOUT"),
            "idle_in_transaction_session_timeout": self.settings_dict.get(
                "IDLE_IN_TRANSACTION_TIMEOUT"
            ),
            **self._carried_for_now,
        }
        connection.carried = Carried(
            {name: str(value) for name, value in carried.items() if value},
            base.EXTRA_SEARCH_PATHS,
        )

    def _time_zone_to_carry(self, connection: TenantConnection) -> str | None:
        """Return Django's time zone, in which it reads all times, where the server has another.

        What psycopg2 knows of the server's zone includes what a transaction under way has set.
        """
        zones = {self.timezone_name, connection.info.parameter_status("TimeZone")}
        return None if len(zones) == 1 or zones == _UTC else self.timezone_name

    def _set_autocommit(self, autocommit: bool) -> None:
        """Begin or end transactions, with the isolation level of OPTIONS only inside of them.

        psycopg2 sends a session-level SET where the level is set while autocommit is switched.
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
        """Return a connection past the pooler, for the one statement that needs it."""
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

        PostgreSQL keeps in the memory of a session what it learnt about each schema's tables and
        never gives it back; only closing does.
        """
        super().close_if_unusable_or_obsolete()
        limit = self.settings_dict.get("CONN_MAX_TENANTS")
        if (
            limit
            and self.connection is not None
            and not self.in_atomic_block
            # Also not in a transaction that raw SQL has begun.
            and self.connection.info.transaction_status == extensions.TRANSACTION_STATUS_IDLE
            and len(self.connection.served) >= limit
        ):
            self.close()

    def chunked_cursor(self) -> Any:
        """Return a server-side cursor inside a transaction, and an ordinary one outside.

        Outside it would have to be WITH HOLD, which stays on a session that a pooler gives to
        somebody else; so `iterator()` holds all rows of the answer in memory there.
        """
        return self.cursor() if self.get_autocommit() else super().chunked_cursor()
