"""Copies a schema with generated statements, then compares the copy with its source.

The statements name no schema: they run with search_path set to the target, so all tenants share
them. Citus needs one DDL statement in each message, and identity columns inside CREATE TABLE.
"""

import re
from dataclasses import dataclass
from graphlib import CycleError
from typing import Any

from tenantry.context import tenant_context
from tenantry.errors import CopyDiffers
from tenantry.names import check_schema_name
from tenantry.postgres.pinned import pinned_search_path
from tenantry.schemas.catalog import (
    ANY_SCHEMA,
    SchemaDescription,
    describe_schema,
    description_differences,
    read_catalog,
    unusual_privileges,
)
from tenantry.sql import read_sql

from . import ddl, rows

_DEPENDENCIES = read_sql("dependencies")
_HAS_MIGRATIONS = "SELECT to_regclass('django_migrations') IS NOT NULL"
_APPLIED = "SELECT app, name FROM django_migrations"
_VERSION = """
    SELECT
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        current_schema()::regnamespace::oid, count(*), max(id), max(applied)
    FROM django_migrations
"""

# By the source's name: its version and the statements.
_copies: dict[str, tuple[Any, "Copy"]] = {}


@dataclass(frozen=True)
class Copy:
    """The statements that copy one schema, with `ANY_SCHEMA` in place of the copy's name.

    Args:
        source: the structure of the source.
        applied: the migrations that the source records, as app and name.
        creation: statements to run before the rows are inserted.
        rows: copies the rows that the source has at that time.
        additions: statements to run after the rows, such as indexes.
        uncopyable: objects that the statements do not copy, with the reason; usually empty.
    """

    source: SchemaDescription
    applied: frozenset[tuple[str, str]]
    creation: tuple[str, ...]
    rows: rows.RowCopy
    additions: tuple[str, ...]
    uncopyable: tuple[str, ...]

    def build(self, target: str) -> None:
        """Build the copy in the empty schema `target`, with the rows that the source has now.

        The caller opens a transaction, so that an error leaves nothing behind, and locks the source
        against migrations.

        Raises:
            InvalidSchemaName: the target is not a valid name for a tenant's schema.
            CopyDiffers: the copy differs from the source.
        """
        check_schema_name(target)
        with tenant_context(target), pinned_search_path() as cursor:
            for statement in self.creation:
                cursor.execute(statement.replace(ANY_SCHEMA, target))
            self.rows.run(cursor)
            for statement in self.additions:
                cursor.execute(statement.replace(ANY_SCHEMA, target))
        if different := description_differences(self.source, describe_schema(target)):
            raise CopyDiffers(different)


def copy_statements(source: str) -> Copy:
    """Return the statements that copy `source`, cached until it records another migration.

    A schema without recorded migrations is read each time.
    """
    version = _version(source)
    cached = _copies.get(source)
    if version and cached and cached[0] == version:
        return cached[1]
    copy = _read(source, records_migrations=version is not None)
    _copies[source] = (version, copy)
    return copy


def _version(source: str) -> tuple[Any, ...] | None:
    """Return a value that changes with each migration; None if the source records none."""
    ((records_migrations,),) = read_catalog(source, _HAS_MIGRATIONS)
    return read_catalog(source, _VERSION)[0] if records_migrations else None


def _read(source: str, *, records_migrations: bool) -> Copy:
    description = describe_schema(source)
    neutral = description.renamed(ANY_SCHEMA)
    reasons = [f"{entry}: objects of this kind are not copied" for entry in ddl.unknown(neutral)]
    reasons += [f"{subject}: privileges are not copied" for subject in unusual_privileges(source)]
    reasons += [
        f"{entry}: contains the schema's name where it cannot be replaced"
        for entry in neutral.objects
        if re.search(rf"\b{source}\b", entry.definition)
    ]
    try:
        ordered = ddl.in_order(neutral, read_catalog(source, _DEPENDENCIES))
    except CycleError as error:
        ordered = []
        reasons.append(f"{', '.join(sorted(set(error.args[1])))}: depend on each other")
    return Copy(
        source=description,
        applied=frozenset(read_catalog(source, _APPLIED) if records_migrations else ()),
        creation=ddl.creation(neutral, ordered),
        rows=rows.row_copy(description),
        additions=ddl.additions(neutral, ordered),
        uncopyable=tuple(reasons),
    )
