"""Creates a tenant's schema inside the caller's transaction."""

import logging
from dataclasses import dataclass
from time import perf_counter

from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction
from psycopg2 import errors

from tenantry.errors import CopyDiffers, SchemaExists, TablesMissing, TenancyError, TooManyLocks
from tenantry.fleet import roles, state, template
from tenantry.fleet.locks import lock_template
from tenantry.fleet.migrate import migrate_fresh, tenant_specific
from tenantry.fleet.reserved import require_no_taken_names, reserved_tables
from tenantry.names import TEMPLATE, quote_schema_name
from tenantry.roles import are_used, as_owner
from tenantry.schemas.copy import Copy, copy_statements

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Provisioned:
    """How a schema was created.

    Attributes:
        migrated_because: why migrations built it; empty for a copy of the template.
        seconds: duration.
    """

    migrated_because: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        if self.migrated_because:
            return f"built by migrations, because {'; '.join(self.migrated_because)}"
        return "copied from the template"


def create_schema(schema_name: str) -> Provisioned:
    """Create a schema with the tables of the tenant apps and their recorded migrations.

    It copies the template and compares the copy with it. Where a copy cannot be exact, it runs the
    migrations. Both happen in one transaction, so a failure or a killed process leaves nothing.

    Raises:
        TableNamesTaken: `public` has a table or view with the name of a tenant table.
        InvalidSchemaName: the name is not valid for a tenant's schema.
        TablesMissing: the template lacks tables of migrations that it records.
        SchemaExists: the database has a schema of that name.
        SchemaCreationFailed: the migrations build the schema, and one of them failed.
        TooManyLocks: the server has no space for the locks of the new tables.
    """
    started = perf_counter()
    require_no_taken_names()
    try:
        with as_owner(reason="A tenant's role cannot create tables."):
            reasons = _copy_template(schema_name)
            if reasons:
                logger.warning(
                    "Migrations build the schema %s, because %s.", schema_name, "; ".join(reasons)
                )
                _migrate(schema_name)
    except OperationalError as error:
        if isinstance(error.__cause__, errors.OutOfMemory):
            raise TooManyLocks from error
        raise
    return Provisioned(tuple(reasons), perf_counter() - started)


def _copy_template(schema_name: str) -> list[str]:
    """Create the schema as a copy; if that is not possible, create nothing and return why."""
    started = perf_counter()
    try:
        with transaction.atomic():
            lock_template(shared=True)
            copy = copy_statements(TEMPLATE)
            if reasons := _reasons_to_migrate(copy):
                return reasons
            _create_empty_schema(schema_name)
            copy.build(schema_name)
            if are_used():
                roles.restrict_functions(schema_name)
            state.record(schema_name, copy.applied, seconds=perf_counter() - started)
    except Exception as error:
        is_final = isinstance(error, TenancyError) and not isinstance(error, CopyDiffers)
        if is_final or _is_server_failure(error):
            raise
        logger.warning("The template could not be copied to %s", schema_name, exc_info=True)
        return [_in_one_line(error)]
    return []


def _is_server_failure(error: Exception) -> bool:
    """Return whether migrations would fail as well: a lost connection, a lock, a full disk.

    psycopg2 also raises OperationalError for a statement that exceeds a limit (class 54) and for an
    object in the wrong state (55000); only the copy may have caused these:
    https://www.postgresql.org/docs/current/errcodes-appendix.html.
    """
    code = getattr(error.__cause__, "pgcode", None) or ""
    return isinstance(error, OperationalError) and code[:2] != "54" and code != "55000"


def _in_one_line(error: Exception) -> str:
    message = " ".join(str(error).split())
    if isinstance(error, CopyDiffers | DatabaseError):
        return message
    return f"the copy failed: {type(error).__name__}: {message}"


def _reasons_to_migrate(copy: Copy) -> list[str]:
    if specific := tenant_specific():
        return [f"{name} is tenant-specific" for name in specific]
    if not copy.applied:
        return ["there is no template yet (`migrate` creates it)"]
    if state.digest(copy.applied) != state.digest_of_code():
        return ["the template lacks migrations (`migrate` runs them)"]
    missing = reserved_tables().difference(copy.source.relations)
    # In an up-to-date template, a missing table belongs to a model without a migration.
    if missing and not state.is_current(TEMPLATE):
        raise TablesMissing(TEMPLATE, sorted(missing))
    if template.is_changed(copy.source):
        return [template.CHANGED]
    return [f"the template cannot be copied: {reason}" for reason in copy.uncopyable]


def _migrate(schema_name: str) -> None:
    with transaction.atomic():
        lock_template(shared=True)
        _create_empty_schema(schema_name)
        migrate_fresh(schema_name)


def _create_empty_schema(schema_name: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {quote_schema_name(schema_name)}")  # noqa: S608 (quoted)
    except ProgrammingError as error:
        if isinstance(error.__cause__, errors.DuplicateSchema):
            raise SchemaExists(f"The schema {schema_name!r} already exists.") from error
        raise
    if are_used():
        roles.give_role(schema_name)
