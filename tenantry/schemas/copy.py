"""Copies a schema: the statements that build the copy, and the comparison with its source.

Every statement stands alone and is sent alone, without the name of its schema: it runs with
search_path set to the target, so that one text serves all tenants. Identity is inline in
CREATE TABLE. Citus needs both.
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
    read_sql,
)

from . import ddl, rows

_DEPENDENCIES = read_sql("dependencies")
_PRIVILEGES = read_sql("privileges")
_HAS_MIGRATIONS = "SELECT to_regclass('django_migrations') IS NOT NULL"
_APPLIED = "SELECT app, name FROM django_migrations"
_VERSION = """
    SELECT
        (SELECT oid FROM pg_database WHERE datname = current_database()),
        current_schema()::regnamespace::oid, count(*), max(id), max(applied)
    FROM django_migrations
"""

# By the name of the source: its version, and what it was copied with.
_copies: dict[str, tuple[Any, "Copy"]] = {}


@dataclass(frozen=True)
class Copy:
    """The statements that copy one schema, with `ANY_SCHEMA` where a text names the copy.

    Args:
        source: the structure of the copied schema.
        applied: the migrations that it records, as app and name.
        creation: statements that create what rows need.
        rows: copies the rows; each copy asks again which tables hold some.
        additions: statements that add what is better added after the rows.
        uncopyable: what the statements leave out, with the reason; usually nothing.
    """

    source: SchemaDescription
    applied: frozenset[tuple[str, str]]
    creation: tuple[str, ...]
    rows: rows.RowCopy
    additions: tuple[str, ...]
    uncopyable: tuple[str, ...]

    def build(self, target: str) -> None:
        """Build the copy, with the rows that the source has now, in the empty schema `target`.

        Call it inside a transaction, so that what it raises leaves nothing behind, and keep
        migrations away from the source meanwhile.

        Raises:
            InvalidSchemaName: when no tenant may be called like the target.
            CopyDiffers: when the result is not exactly like the source.
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


def copy_schema(source: str, target: str) -> None:
    """Copy the schema `source`: see `Copy.build`."""
    copy_statements(source).build(target)


def uncopyable(source: str) -> list[str]:
    """Return what `copy_schema` cannot copy exactly, with the reason."""
    return list(copy_statements(source).uncopyable)


def copy_statements(source: str) -> Copy:
    """Return the statements that copy `source`; kept until it records another migration.

    A schema without recorded migrations is read each time.
    """
    version = _version(source)
    kept = _copies.get(source)
    if version and kept and kept[0] == version:
        return kept[1]
    copy = _read(source, records_migrations=version is not None)
    _copies[source] = (version, copy)
    return copy


def _version(source: str) -> tuple[Any, ...] | None:
    """Return what changes with each migration of the source, None if it records none."""
    ((records_migrations,),) = read_catalog(source, _HAS_MIGRATIONS)
    return read_catalog(source, _VERSION)[0] if records_migrations else None


def _read(source: str, *, records_migrations: bool) -> Copy:
    description = describe_schema(source)
    neutral = description.renamed(ANY_SCHEMA)
    reasons = [f"{entry}: of a kind that is not copied" for entry in ddl.unknown(neutral)]
    reasons += [
        f"{subject}: privileges are not copied" for (subject,) in read_catalog(source, _PRIVILEGES)
    ]
    reasons += [
        f"{entry}: names its schema where it cannot be replaced"
        for entry in neutral.objects
        if re.search(rf"\b{source}\b", entry.definition)
    ]
    try:
        ordered = ddl.in_order(neutral, read_catalog(source, _DEPENDENCIES))
    except CycleError as error:
        ordered = []
        reasons.append(f"{', '.join(sorted(set(error.args[1])))}: need each other")
    return Copy(
        source=description,
        applied=frozenset(read_catalog(source, _APPLIED) if records_migrations else ()),
        creation=ddl.creation(neutral, ordered),
        rows=rows.row_copy(description),
        additions=ddl.additions(neutral, ordered),
        uncopyable=tuple(reasons),
    )
