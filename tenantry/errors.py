"""The engine's errors."""

from collections.abc import Sequence

from django.core.exceptions import BadRequest, ValidationError


class TenancyError(Exception):
    """Base class of the engine's errors."""


class InvalidSchemaName(TenancyError, ValidationError):
    """A name that cannot be the schema of a tenant; forms show it on the field."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="invalid_schema_name")

    def __str__(self) -> str:
        return str(self.message)


class SchemaExists(TenancyError):
    """A schema of that name is already in the database."""


class SchemaMissing(TenancyError):
    """The active tenant has no schema in this database.

    SET LOCAL accepts a path with a schema that does not exist, and what is then created lands in
    `public`.
    """

    def __init__(self, schema_name: str) -> None:
        super().__init__(f"The database has no schema {schema_name!r} that this login may use.")


class UnstorableText(TenancyError, ValueError, BadRequest):
    """A statement's parameter holds a NUL, or half of a surrogate pair.

    Such text comes from outside, so Django answers 400; forms catch it as the ValueError that it
    is for psycopg2.
    """

    def __init__(self) -> None:
        super().__init__("Text must not contain NUL characters or lone surrogates.")


class NoTenantError(TenancyError):
    """Something that each tenant has of its own was used where no tenant is active.

    Args:
        what: what it is, as in `shop.Invoice is in the schemas of the tenants`.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"{self.what} and no tenant is active: use `with tenant_context(organization):`."


class CrossTenantError(TenancyError):
    """Something of one tenant was used in another.

    Args:
        what: the object, as in `shop.Invoice 5`, or the query.
        origin: the schema it comes from.
        used: the schema it was used in.
    """

    def __init__(self, what: str, origin: str, used: str) -> None:
        super().__init__(what, origin, used)
        self.what, self.origin, self.used = what, origin, used

    def __str__(self) -> str:
        return f"{self.what} comes from {self.origin} and was used in {self.used}."


class CopyDiffers(TenancyError):
    """The copy of a schema is not like its source.

    Args:
        differences: a line for each, as `catalog.differences` words them.
    """

    def __init__(self, differences: list[str]) -> None:
        super().__init__("The copy differs from its source: " + "; ".join(differences))
        self.differences = differences


class TableNamesTaken(TenancyError):
    """`public` has tables called like those of the tenants.

    Args:
        names: what they are called.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self.names = names

    def __str__(self) -> str:
        moves = " ".join(f'ALTER TABLE public."{name}" SET SCHEMA aside;' for name in self.names)
        return (
            f"`public` has {', '.join(self.names)}, the names of tables that each tenant has of "
            f"its own. Move them out of `public` first: CREATE SCHEMA aside; {moves} "
            "(docs/runbook.md, Moving an app to the tenants)"
        )


class TablesMissing(TenancyError):
    """A schema records migrations of which it lacks the tables.

    Args:
        names: what the tables are called.
    """

    def __init__(self, schema_name: str, names: Sequence[str]) -> None:
        super().__init__(schema_name, names)
        self.schema_name, self.names = schema_name, names

    def __str__(self) -> str:
        return (
            f"The schema {self.schema_name!r} has no {', '.join(self.names)}, although their "
            "migrations are recorded: restore what was dropped, or see docs/runbook.md, "
            "Moving an app to the tenants."
        )


class UnknownMigration(TenancyError):
    """A target that names no migration, or several."""


class RunInProgress(TenancyError):
    """Another run is migrating this database."""


class ConcurrentMigration(TenancyError):
    """Something else migrated a schema between two migrations of this run."""


class UnknownTenant(TenancyError):
    """A schema that no tenant has."""


class PublicFailed(TenancyError):
    """`public` could not be migrated; it comes first, and backwards last."""


class TemplateFailed(TenancyError):
    """The template schema could not be migrated, so no tenant was touched."""


class DatabaseWideStatement(TenancyError):
    """A migration of a tenant app makes what the whole database has once.

    Args:
        statement: how its SQL begins, as in `CREATE ROLE`.
        migration: which one it is.
    """

    def __init__(self, statement: str, migration: str) -> None:
        super().__init__(
            f"{migration} has {' '.join(statement.split()).upper()}, which is for the whole "
            "database and not for each tenant: put it into a migration of a shared app."
        )


class WorkersDied(TenancyError):
    """Every worker process died before the schemas were done."""


class MigrationFailed(TenancyError):
    """A migration failed.

    Args:
        migration: its name, as in `shop.0002_color`.
        reason: what went wrong.
    """

    def __init__(self, migration: str, reason: Exception) -> None:
        super().__init__(migration, reason)
        self.migration, self.reason = migration, reason


class SchemaCreationFailed(MigrationFailed):
    """A migration failed in the one transaction that creates a new schema."""

    def __str__(self) -> str:
        reason = " ".join(str(self.reason).split())
        return (
            f"The migration {self.migration} failed in the one transaction that creates a schema: "
            f"{reason}"
        )


class NonAtomicMigrationFailed(MigrationFailed):
    """A migration that is not atomic failed; its first steps stay applied."""

    def __str__(self) -> str:
        return (
            f"The migration {self.migration} is not atomic and may be partly applied: "
            f"{type(self.reason).__name__}: {self.reason}"
        )


class TooManyLocks(TenancyError):
    """The server has no room for the locks of another schema's tables."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL's table of locks is full: create fewer tenants at once, or raise its "
            "max_locks_per_transaction. `check --database default` says what a tenant takes."
        )
