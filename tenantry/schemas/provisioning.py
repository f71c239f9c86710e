"""How a tenant's schema comes to be: inside the caller's transaction, wholly or not at all."""

import logging
from dataclasses import dataclass
from time import perf_counter

from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction
from psycopg2 import errors

from tenantry.errors import CopyDiffers, SchemaExists, TablesMissing, TenancyError, TooManyLocks
from tenantry.fleet import state, template
from tenantry.fleet.locks import lock_template
from tenantry.fleet.migrate import migrate_fresh, tenant_specific
from tenantry.fleet.reserved import require_no_taken_names, reserved_tables
from tenantry.names import TEMPLATE, quote_schema_name

from .copy import Copy, copy_statements

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Provisioned:
    """How a schema was made.

    Attributes:
        migrated_because: why migrations built it; empty when it is a copy of the template.
        seconds: how long it took.
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
        TableNamesTaken: when a tenant's query could read a table of `public`.
        InvalidSchemaName: when no tenant may be called so.
        TablesMissing: when the template lacks tables of migrations that it records.
        SchemaExists: when the database has a schema of that name.
        SchemaCreationFailed: when the migrations have to build it, and one of them cannot.
        TooManyLocks: when the server has no room for the locks of so many new tables.
    """
    started = perf_counter()
    require_no_taken_names()
    try:
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
    """Create the schema as a copy and return nothing; or leave nothing, and return why."""
    started = perf_counter()
    try:
        with transaction.atomic():
            lock_template(shared=True)
            copy = copy_statements(TEMPLATE)
            if reasons := _reasons_to_migrate(copy):
                return reasons
            _create_empty_schema(schema_name)
            copy.build(schema_name)
            state.record(schema_name, copy.applied, seconds=perf_counter() - started)
    except Exception as error:
        is_refused = isinstance(error, TenancyError) and not isinstance(error, CopyDiffers)
        if is_refused or _is_the_servers(error):
            raise
        logger.warning("The template could not be copied to %s", schema_name, exc_info=True)
        return [_in_one_line(error)]
    return []


def _is_the_servers(error: Exception) -> bool:
    """Return whether migrations would meet it again: a lost connection, a lock, a full disk.

    psycopg2 counts among those what one statement asks too much of (class 54), and an object that
    is not in the state it needs: https://www.postgresql.org/docs/current/errcodes-appendix.html.
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
        return ["there is no template yet (`migrate` makes it)"]
    if state.digest(copy.applied) != state.digest_of_code():
        return ["the template lacks migrations (`migrate` runs them)"]
    missing = reserved_tables().difference(copy.source.relations)
    # In a template that is up to date, it is a model without a migration yet.
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
            cursor.execute(f"CREATE SCHEMA {quote_schema_name(schema_name)}")
    except ProgrammingError as error:
        if isinstance(error.__cause__, errors.DuplicateSchema):
            raise SchemaExists(f"The schema {schema_name!r} already exists.") from error
        raise
