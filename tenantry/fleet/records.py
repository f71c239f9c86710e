"""Each schema's own django_migrations: the truth about what is applied to it.

It is named with its schema, since by the search_path a schema that has none would show `public`'s.
"""

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tenantry.context import tenant_context
from tenantry.names import quote_schema_name
from tenantry.schemas.catalog import relation_exists

from .target import Applied


def table(schema_name: str) -> str:
    """Return the table's name as SQL spells it."""
    return f"{quote_schema_name(schema_name)}.django_migrations"


def exists(schema_name: str) -> bool:
    """Return whether the schema has the table."""
    return relation_exists(table(schema_name))


def create(schema_name: str) -> None:
    """Give the schema the table, where it has none."""
    with tenant_context(schema_name, include_public=False):
        MigrationRecorder(connection).ensure_schema()


def read(schema_name: str) -> Applied:
    """Return what is applied.

    Raises:
        ProgrammingError: when the schema has no such table.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name FROM {table(schema_name)}")  # noqa: S608 (quoted)
        return frozenset(cursor.fetchall())
