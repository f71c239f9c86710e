"""What PostgreSQL holds, and has room for; run by `check --database default` and `migrate`."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Tags,
    Warning,  # noqa: A004 (Django's name)
    register,
)
from django.db import DEFAULT_DB_ALIAS, connection

from ..catalog import read_catalog, read_sql
from ..fleet import state
from ..fleet.tenant_apps import tenant_app_configs
from ..names import PUBLIC, TEMPLATE

AT_ONCE = 8
"""Tenants that a server should be able to create at the same time."""

_LOCKS = read_sql("locks")


@register(Tags.database)
def check_locks(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Warn where PostgreSQL's table of locks is too small for the tenants' many tables.

    A transaction holds the locks of all that it creates until it ends.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    ((needed, per_transaction, processes),) = read_catalog(TEMPLATE, _LOCKS)
    room = per_transaction * processes
    if needed * AT_ONCE <= room:
        return []
    return [
        Warning(
            f"Creating a tenant takes some {needed:,} locks and PostgreSQL has room for {room:,}: "
            f"with {room // needed + 1} at once, creations fail for 'out of shared memory'.",
            hint=(
                "Set max_locks_per_transaction in postgresql.conf to at least "
                f"{-(-needed * AT_ONCE // processes)}, and restart the server; "
                f"it is {per_transaction}."
            ),
            id="tenancy.W001",
        )
    ]


@register(Tags.database)
def check_public(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Find tables of tenant apps in `public`, where whoever names no schema reads them.

    No error, or `migrate` could not run the migration that moves their rows.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    private = (app for app in tenant_app_configs() if app.name not in settings.SHARED_APPS)
    found = _found(_tables(private), [PUBLIC])
    return [
        Warning(
            f"`public` has the tenant table {table}: raw SQL without a tenant reads and writes it.",
            hint=f'Move its rows to the tenants, then DROP TABLE public."{table}".',
            id="tenancy.W003",
        )
        for _, table in found
    ]


@register(Tags.database)
def check_schemas(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Find tables of shared apps in schemas of tenants: there they hide those of `public`."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    tenant_apps = set(tenant_app_configs())
    shared = _tables(app for app in apps.get_app_configs() if app not in tenant_apps)
    found = _found(shared, [name for name in state.every_schema() if name != PUBLIC])
    return [
        Warning(
            f"The schema {schema} has the shared table {table}, which hides that of `public` "
            "whenever the tenant is active.",
            hint=f'DROP TABLE "{schema}"."{table}", once its rows are where they belong.',
            id="tenancy.W004",
        )
        for schema, table in found
    ]


def _tables(where: Iterable[AppConfig]) -> list[str]:
    return [
        model._meta.db_table
        for app in where
        for model in app.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    ]


def _found(tables: list[str], schemas: list[str]) -> list[tuple[str, str]]:
    """Return schema and table of those that the database has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables "
            "WHERE tablename = ANY(%s) AND schemaname = ANY(%s) ORDER BY 1, 2",
            [tables, schemas],
        )
        return list(cursor.fetchall())
