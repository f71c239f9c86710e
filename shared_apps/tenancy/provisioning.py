"""How a tenant's schema comes to be: inside the caller's transaction, wholly or not at all."""

from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import ProgrammingError
from psycopg2 import errors

from .context import tenant_context
from .errors import SchemaExists
from .fleet import state
from .fleet.locks import lock_template
from .names import quote_schema_name


def create_schema(schema_name: str) -> None:
    """Create a schema with the tables of the tenant apps and their recorded migrations.

    PostgreSQL's DDL is transactional: whatever fails or kills the process, nothing is left.

    Raises:
        InvalidSchemaName: when no tenant may be called so.
        SchemaExists: when the database has a schema of that name.
    """
    with transaction.atomic():
        lock_template(shared=True)
        _create_empty_schema(schema_name)
        with tenant_context(schema_name, include_public=False):
            MigrationExecutor(connection).recorder.ensure_schema()
        with tenant_context(schema_name):
            executor = MigrationExecutor(connection)
            executor.migrate(executor.loader.graph.leaf_nodes())
        state.refresh(schema_name)


def _create_empty_schema(schema_name: str) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {quote_schema_name(schema_name)}")
    except ProgrammingError as error:
        if isinstance(error.__cause__, errors.DuplicateSchema):
            raise SchemaExists(f"The schema {schema_name!r} already exists.") from error
        raise
