"""Checks of the database; run by `check --database default` and `migrate`."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.core.checks import (
    CheckMessage,
    Error,
    Tags,
    Warning,  # noqa: A004 (Django's name)
    register,
)
from django.db import DEFAULT_DB_ALIAS, connection

from tenantry.errors import TableNamesTaken
from tenantry.fleet import state
from tenantry.fleet.reserved import taken_names
from tenantry.names import PUBLIC, TEMPLATE
from tenantry.schemas.catalog import read_catalog
from tenantry.sql import read_sql
from tenantry.tenant_apps import models_with_tables, tenant_app_configs

CONCURRENT_CREATIONS = 8
"""Tenants that a server should be able to create at the same time."""

_LOCKS = read_sql("locks")


@register(Tags.database)
def check_locks(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Find a lock table too small to create several tenants at the same time.

    A transaction holds a lock on each object that it creates until it ends.
    """
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    ((needed, per_transaction, processes),) = read_catalog(TEMPLATE, _LOCKS)
    room = per_transaction * processes
    if needed * CONCURRENT_CREATIONS <= room:
        return []
    return [
        Warning(
            f"Creating a tenant takes about {needed:,} locks and PostgreSQL has space for "
            f"{room:,}: {room // needed + 1} creations at the same time fail with 'out of shared "
            "memory'.",
            hint=(
                "Set max_locks_per_transaction in postgresql.conf to at least "
                f"{-(-needed * CONCURRENT_CREATIONS // processes)} and restart the server; "
                f"it is {per_transaction} now."
            ),
            id="tenancy.W001",
        )
    ]


@register(Tags.database)
def check_public(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    taken = taken_names()
    return [Error(str(TableNamesTaken(taken)), id="tenancy.E011")] if taken else []


@register(Tags.database)
def check_schemas(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    tenant_apps = set(tenant_app_configs())
    shared = (app for app in apps.get_app_configs() if app not in tenant_apps)
    tables = [model._meta.db_table for model in models_with_tables(shared) if model._meta.managed]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables "
            "WHERE tablename = ANY(%s) AND schemaname = ANY(%s) ORDER BY 1, 2",
            [tables, [name for name in state.every_schema() if name != PUBLIC]],
        )
        found = cursor.fetchall()
    return [
        Warning(
            f"The schema {schema} has the shared table {table}, which hides that of `public` "
            "while the tenant is active.",
            hint=f'Move its rows to `public`, then DROP TABLE "{schema}"."{table}".',
            id="tenancy.W004",
        )
        for schema, table in found
    ]


@register(Tags.database)
def check_extensions(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname, extname FROM pg_extension JOIN pg_namespace AS schema "
            "ON schema.oid = extnamespace WHERE nspname = ANY(%s) ORDER BY 1, 2",
            [[name for name in state.every_schema() if name != PUBLIC]],
        )
        found = cursor.fetchall()
    return [
        Warning(
            f"The extension {extension} is in the schema {schema}: no other tenant can use it.",
            hint=f'ALTER EXTENSION "{extension}" SET SCHEMA public.',
            id="tenancy.W006",
        )
        for schema, extension in found
    ]
