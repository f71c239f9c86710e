"""The state of each schema, a row in `public`: a cache of its django_migrations.

One transaction writes both, so a killed process leaves both unchanged.
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
from tenantry.roles import as_owner
from tenantry.schemas.catalog import relation_exists
from tenantry.tenant_apps import tenant_app_configs

Key = tuple[str, str]
"""App label and name of a migration."""

Applied = frozenset[Key]
"""The migrations that are applied to a schema."""


class SchemaState(models.Model):
    """The state of a schema: a tenant's, the template's, or `public`.

    `status.schema_states` adds its `condition`.
    """

    schema_name = models.CharField(max_length=63, primary_key=True)
    role = models.CharField(
        max_length=63,
        blank=True,
        db_default="",
        help_text="The role of its statements (TENANT_ROLES); empty for shared schemas.",
    )
    applied = models.CharField(
        max_length=64, help_text="Hash of the migrations in the code that are applied."
    )
    error = models.TextField(
        blank=True, help_text="Why the last attempt failed; empty after success."
    )
    attempts = models.PositiveIntegerField(default=0, help_text="Failed attempts in a row.")
    seconds = models.FloatField(null=True, help_text="Duration of the last migrations.")
    migrated_at = models.DateTimeField(null=True, help_text="When migrations last ran.")

    structure = models.CharField(
        max_length=114,
        blank=True,
        db_default="",
        help_text="Fingerprints of the template after its migrations; empty for other schemas.",
    )

    size = models.BigIntegerField(null=True, help_text="Size of its tables and indexes in bytes.")
    measured_at = models.DateTimeField(null=True, help_text="When the size was measured.")
    differences = models.TextField(
        blank=True, db_default="", help_text="Differences from the template, one in each line."
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
    """Return every migration on disk; each schema records those of shared apps too."""
    return dict(MigrationLoader(None).disk_migrations or {})


def digest(applied: Iterable[Key]) -> str:
    """Return a hash of the applied migrations that the code contains.

    The labels of the tenant apps are part of it. Each schema also records the migrations of shared
    apps, so when an app moves to the tenants its records stay and its tables are missing.
    """
    known = sorted(migrations_of_code().keys() & set(applied))
    labels = sorted(app_config.label for app_config in tenant_app_configs())
    return hashlib.sha256("\n".join([*labels, *map(".".join, known)]).encode()).hexdigest()


@cache
def digest_of_code() -> str:
    return digest(migrations_of_code())


def pending() -> list[str]:
    """Return the schemas that are behind, unknown or failed, with one query.

    `public` and the template are included.
    """
    return _names("WHERE state.applied IS DISTINCT FROM %s OR state.error <> ''", digest_of_code())


def is_current(schema_name: str) -> bool:
    """Return whether the schema has all migrations and its last run succeeded."""
    return SchemaState.objects.filter(pk=schema_name, applied=digest_of_code(), error="").exists()


def failed() -> list[str]:
    return _names("WHERE state.error <> ''")


def every_schema() -> list[str]:
    """Return `public`, the template and each tenant's schema."""
    return _names()


def tenants() -> list[str]:
    """Return each tenant's schema.

    Raises:
        ProgrammingError: the database is new and has no table of tenants.
    """
    return [name for name in _read_names() if name not in (PUBLIC, TEMPLATE)]


def _names(where: str = "", *parameters: str) -> list[str]:
    try:
        return _read_names(where, *parameters)
    except ProgrammingError as error:
        if isinstance(error.__cause__, errors.UndefinedTable):
            return [PUBLIC, TEMPLATE]  # A new database has no table of tenants.
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
    """Return the quoted name of the schema's django_migrations.

    It names the schema, since search_path would find the table of `public` where a tenant has none.
    """
    return f"{quote_schema_name(schema_name)}.django_migrations"


def has_migrations_table(schema_name: str) -> bool:
    return relation_exists(migrations_table(schema_name))


def create_migrations_table(schema_name: str) -> None:
    owner = as_owner(reason="Only the owner can create tables.")
    with owner, tenant_context(schema_name, include_public=False):
        MigrationRecorder(connection).ensure_schema()


def read_applied(schema_name: str) -> Applied:
    """Return the records of the schema's django_migrations.

    Raises:
        ProgrammingError: the schema has no such table.
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
    """Update the schema's django_migrations and its state with one statement.

    Args:
        applied: the migrations that are applied afterwards.
        added: migrations to record, in this order.
        removed: migrations to delete from the records.
        seconds: duration; None where no migration ran.
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
        cursor.execute(changing + UPSERT, parameters)  # noqa: S608 (the table is quoted)


def refresh(schema_name: str) -> None:
    """Write the state from the schema's django_migrations."""
    record(schema_name, read_applied(schema_name))


def clear(schema_name: str) -> None:
    """Make the state unknown, before other code migrates the schema."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.tenancy_schemastate SET applied = '' WHERE schema_name = %s",
            [schema_name],
        )


def table_exists() -> bool:
    """Return whether `public` has the table of states; its first migration creates it."""
    return relation_exists("public.tenancy_schemastate")


def record_failure(schema_name: str, error: str) -> None:
    """Store the error of a schema; `applied` stays as it was."""
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


# Schemas and digests that the code can serve, as read from django_migrations.
_can_serve: set[tuple[str, str | None]] = set()


def can_serve(schema_name: str, digest: str | None) -> bool:
    """Return whether the schema has all migrations of the tenant apps in this process.

    During a deployment, old code serves tenants that already have migrations of the new code. The
    digest differs then, so django_migrations is read once.

    Args:
        digest: the digest in the schema's state; None without a state.
    """
    if digest == digest_of_code() or (schema_name, digest) in _can_serve:
        return True
    if not _has_all_migrations(schema_name):
        return False
    _can_serve.add((schema_name, digest))
    return True


def _has_all_migrations(schema_name: str) -> bool:
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
