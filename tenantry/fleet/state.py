"""How far each schema is: a row per schema in `public`, and what it makes cheap to ask.

The truth is each schema's own django_migrations. The row is a cache of it, written in the
transaction that changes it: what a killed process leaves undone, it leaves undone in both.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import ProgrammingError, connection, models
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django_tenants.utils import get_tenant_model
from psycopg2 import errors

from tenantry.context import tenant_context
from tenantry.names import PUBLIC, TEMPLATE, quote_schema_name
from tenantry.schemas.catalog import relation_exists
from tenantry.tenant_apps import tenant_app_configs

from .target import Applied, Key


class SchemaState(models.Model):
    """What is known about one schema: a tenant's, the template's, or `public` itself.

    `status.schema_states` adds its `condition`.
    """

    schema_name = models.CharField(max_length=63, primary_key=True)
    applied = models.CharField(
        max_length=64, help_text="Hash over those of the code's migrations that are applied."
    )
    error = models.TextField(
        blank=True, help_text="Why the last attempt failed; empty if it did not."
    )
    attempts = models.PositiveIntegerField(default=0, help_text="Failed attempts in a row.")
    seconds = models.FloatField(null=True, help_text="How long the last migrations took.")
    migrated_at = models.DateTimeField(null=True, help_text="When migrations last ran.")

    structure = models.CharField(
        max_length=114,
        blank=True,
        db_default="",
        help_text="What the template held when its migrations had run; empty for all others.",
    )

    size = models.BigIntegerField(null=True, help_text="Bytes of its tables and indexes.")
    measured_at = models.DateTimeField(null=True, help_text="When the size was measured.")
    differences = models.TextField(
        blank=True, db_default="", help_text="How it differs from the template, a line each."
    )
    compared_at = models.DateTimeField(
        null=True, help_text="When it was compared with the template."
    )

    class Meta:
        ordering = ("schema_name",)

    def __str__(self) -> str:
        return self.schema_name


@cache
def migrations_of_code() -> dict[Key, Migration]:
    """Return every migration on disk, of shared and of tenant apps: each schema records both."""
    return dict(MigrationLoader(None).disk_migrations or {})


def digest(applied: Iterable[Key]) -> str:
    """Return the hash that tells sets of the code's migrations apart.

    Which apps are the tenants' is part of it: each schema records the migrations of shared apps,
    too, and has none of their tables.
    """
    known = sorted(migrations_of_code().keys() & set(applied))
    labels = sorted(app_config.label for app_config in tenant_app_configs())
    return hashlib.sha256("\n".join([*labels, *map(".".join, known)]).encode()).hexdigest()


@cache
def digest_of_code() -> str:
    """Return the hash of a schema that has everything."""
    return digest(migrations_of_code())


def pending() -> list[str]:
    """Return the schemas that are behind, unknown or failed, `public` and template included.

    One query, whatever the size of the fleet.
    """
    return _names("WHERE state.applied IS DISTINCT FROM %s OR state.error <> ''", digest_of_code())


def is_current(schema_name: str) -> bool:
    """Return whether the schema has all migrations and the last run found no fault with it."""
    return SchemaState.objects.filter(pk=schema_name, applied=digest_of_code(), error="").exists()


def failed() -> list[str]:
    """Return the schemas whose last attempt failed."""
    return _names("WHERE state.error <> ''")


def every_schema() -> list[str]:
    """Return `public`, the template and the schema of each tenant."""
    return _names()


def tenants() -> list[str]:
    """Return the schema of each tenant.

    Raises:
        ProgrammingError: when the database is new, and has no table that could say.
    """
    return [name for name in _read_names() if name not in (PUBLIC, TEMPLATE)]


def _names(where: str = "", *parameters: str) -> list[str]:
    try:
        return _read_names(where, *parameters)
    except ProgrammingError as error:
        if isinstance(error.__cause__, errors.UndefinedTable):
            return [PUBLIC, TEMPLATE]  # A new database: nothing of ours is there yet.
        raise


def _read_names(where: str = "", *parameters: str) -> list[str]:
    tenants = connection.ops.quote_name(get_tenant_model()._meta.db_table)
    sql = f"""
        SELECT fleet.schema_name
        FROM (SELECT schema_name FROM public.{tenants} UNION SELECT %s UNION SELECT %s) AS fleet
        LEFT JOIN public.tenancy_schemastate AS state USING (schema_name)
        {where}
        ORDER BY fleet.schema_name
    """  # noqa: S608 (the table's name is quoted)
    with connection.cursor() as cursor:
        cursor.execute(sql, [PUBLIC, TEMPLATE, *parameters])
        return [name for (name,) in cursor]


def migrations_table(schema_name: str) -> str:
    """Return the name of the schema's own django_migrations, as SQL spells it.

    By the search_path a schema without that table would show the one of `public`.
    """
    return f"{quote_schema_name(schema_name)}.django_migrations"


def has_migrations_table(schema_name: str) -> bool:
    """Return whether the schema has a django_migrations."""
    return relation_exists(migrations_table(schema_name))


def create_migrations_table(schema_name: str) -> None:
    """Create the schema's django_migrations where there is none."""
    with tenant_context(schema_name, include_public=False):
        MigrationRecorder(connection).ensure_schema()


def read_applied(schema_name: str) -> Applied:
    """Return what is applied, as the schema's django_migrations has it.

    Raises:
        ProgrammingError: when the schema has no such table.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name FROM {migrations_table(schema_name)}")  # noqa: S608 (quoted)
        return frozenset(cursor.fetchall())


UPSERT = """
    INSERT INTO public.tenancy_schemastate AS state
        (schema_name, applied, error, attempts, seconds, migrated_at)
    VALUES (%s, %s, '', 0, %s, CASE WHEN %s THEN now() END)
    ON CONFLICT (schema_name) DO UPDATE SET
        applied = excluded.applied,
        error = '',
        attempts = 0,
        seconds = coalesce(excluded.seconds, state.seconds),
        migrated_at = coalesce(excluded.migrated_at, state.migrated_at)
"""


def record(
    schema_name: str,
    applied: Applied,
    *,
    added: Sequence[Key] = (),
    removed: Sequence[Key] = (),
    seconds: float | None = None,
) -> None:
    """Write what changed into the schema's django_migrations, and the state, as one statement.

    Args:
        applied: what django_migrations says afterwards.
        added: migrations to record, in this order.
        removed: migrations whose records go.
        seconds: how long it took, None where no migration ran.
    """
    table = migrations_table(schema_name)
    changes: list[str] = []
    parameters: list[Any] = []
    if added:
        rows = ", ".join(["(%s, %s, now())"] * len(added))
        changes.append(f"added AS (INSERT INTO {table} (app, name, applied) VALUES {rows})")  # noqa: S608
        parameters += [part for key in added for part in key]
    if removed:
        changes.append(f"removed AS (DELETE FROM {table} WHERE (app, name) IN %s)")  # noqa: S608
        parameters.append(tuple(removed))
    parameters += [schema_name, digest(applied), seconds, seconds is not None]
    changing = f"WITH {', '.join(changes)}" if changes else ""
    with connection.cursor() as cursor:
        cursor.execute(changing + UPSERT, parameters)


def refresh(schema_name: str) -> None:
    """Write the state anew from the schema's own django_migrations."""
    record(schema_name, read_applied(schema_name))


def forget(schema_name: str) -> None:
    """Make the state unknown, before something else changes the schema."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenancy_schemastate SET applied = '' WHERE schema_name = %s",
            [schema_name],
        )


def table_exists() -> bool:
    """Return whether `public` has the states yet: its own first migration makes them."""
    return relation_exists("public.tenancy_schemastate")


def record_failure(schema_name: str, error: str) -> None:
    """Write why a schema could not be migrated; how far it is stays as it was."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO public.tenancy_schemastate AS state
                (schema_name, applied, error, attempts)
            VALUES (%s, '', %s, 1)
            ON CONFLICT (schema_name) DO UPDATE SET
                error = excluded.error, attempts = state.attempts + 1
            """,
            [schema_name, error],
        )


# What was read once from a schema's own django_migrations and found to be enough.
_enough: set[tuple[str, str | None]] = set()


def can_serve(schema_name: str, digest: str | None) -> bool:
    """Return whether the schema has every migration that this process's tenant apps need.

    It may well have more: while a deployment goes on, the old code still serves tenants that the
    new code's run has been to. Then the state cannot tell, and the schema is read, once.

    Args:
        digest: what the state says of the schema; None when there is none.
    """
    if digest == digest_of_code() or (schema_name, digest) in _enough:
        return True
    enough = _has_all(schema_name)
    if enough:
        _enough.add((schema_name, digest))
    return enough


def _has_all(schema_name: str) -> bool:
    try:
        applied = read_applied(schema_name)
    except ProgrammingError:
        return False
    labels = {app_config.label for app_config in tenant_app_configs()}
    return all(
        key in applied or (migration.replaces and applied.issuperset(migration.replaces))
        for key, migration in migrations_of_code().items()
        if key[0] in labels
    )
