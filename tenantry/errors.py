from collections.abc import Sequence

from django.core.exceptions import BadRequest, ValidationError


class TenancyError(Exception):
    """Base class of all errors of the engine."""


class InvalidSchemaName(TenancyError, ValidationError):
    """A name that is not valid for a tenant's schema. Forms show the error on the field."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="invalid_schema_name")

    def __str__(self) -> str:
        return str(self.message)


class SchemaExists(TenancyError):
    pass


class SchemaMissing(TenancyError):
    """The active tenant has no schema in this database.

    SET LOCAL accepts a search_path with a missing schema, and CREATE TABLE would then use `public`.
    """

    def __init__(self, schema_name: str) -> None:
        super().__init__(f"The database has no schema {schema_name!r} that this role may use.")


class RoleMissing(TenancyError):
    """The active tenant has no PostgreSQL role, which TENANT_ROLES requires."""

    def __init__(self, schema_name: str) -> None:
        super().__init__(
            f"The tenant {schema_name!r} has no PostgreSQL role. Run `manage.py enforce_wall`."
        )


class UnstorableText(TenancyError, ValueError, BadRequest):
    """A parameter of a statement contains a NUL or a lone surrogate.

    Such text comes from a request, so Django responds with 400. Forms catch it as a ValueError,
    which psycopg2 raises.
    """

    def __init__(self) -> None:
        super().__init__("Text must not contain NUL characters or lone surrogates.")


class SeveralStatements(TenancyError):
    """A string for the active tenant is not one statement, or the statement changes the role.

    SQL injection often ends the statement that it is in and begins another.
    """

    def __init__(self) -> None:
        super().__init__(
            "In a tenant, a string contains only one statement, which is not DO, DISCARD, RESET "
            "ALL, SET ROLE or SET SESSION AUTHORIZATION. Send the statements one by one, or use "
            "`with several_statements(reason=...):` of tenantry.statements."
        )


class CodeAtCommit(TenancyError):
    """A tenant's statement leaves code for COMMIT, which can have the role of the owner by then."""


class NoTenantError(TenancyError):
    """Data of a tenant was used without an active tenant.

    Args:
        subject: the start of the message, as in `shop.Invoice is in the schemas of the tenants`.
    """

    def __init__(self, subject: str) -> None:
        super().__init__(subject)
        self.subject = subject

    def __str__(self) -> str:
        return f"{self.subject} and no tenant is active: use `with tenant_context(tenant):`."


class CrossTenantError(TenancyError):
    """An object or query (as in `shop.Invoice 5`) of one schema was used in another."""

    def __init__(self, subject: str, origin: str, used: str) -> None:
        super().__init__(subject, origin, used)
        self.subject, self.origin, self.used = subject, origin, used

    def __str__(self) -> str:
        return f"{self.subject} comes from {self.origin} and was used in {self.used}."


class CopyDiffers(TenancyError):
    """The copy of a schema differs from its source, see `catalog.differences`."""

    def __init__(self, differences: list[str]) -> None:
        super().__init__("The copy differs from its source: " + "; ".join(differences))
        self.differences = differences


_RECREATE = (
    "If their app has moved to TENANT_APPS, then run `migrate_tenants APP zero --fake` and "
    "`migrate_tenants APP`"
)


class TableNamesTaken(TenancyError):
    """`public` has tables with the names of tenants' tables."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        self.names = names

    def __str__(self) -> str:
        moves = " ".join(f'ALTER TABLE public."{name}" SET SCHEMA aside;' for name in self.names)
        return (
            f"`public` has {', '.join(self.names)}, which are names of tables in each tenant's "
            f"schema. Move them out of `public` first: CREATE SCHEMA aside; {moves} "
            f"{_RECREATE}, and copy the rows."
        )


class TablesMissing(TenancyError):
    """A schema has records of migrations but not their tables."""

    def __init__(self, schema_name: str, names: Sequence[str]) -> None:
        super().__init__(schema_name, names)
        self.schema_name, self.names = schema_name, names

    def __str__(self) -> str:
        return (
            f"The schema {self.schema_name!r} has no {', '.join(self.names)}, although their "
            f"migrations are recorded: restore what was dropped. {_RECREATE}."
        )


class UnknownMigration(TenancyError):
    """The target matches no migration, or several."""


class RunInProgress(TenancyError):
    """Another run of `migrate` or `migrate_tenants` is migrating this database."""


class ConcurrentMigration(TenancyError):
    """Another process migrated a schema between two migrations of this run."""


class UnknownTenant(TenancyError):
    pass


class PublicFailed(TenancyError):
    """`public` could not be migrated. It is the first schema, and the last one backwards."""


class TemplateFailed(TenancyError):
    """The template could not be migrated, so no tenant was migrated."""


class DatabaseWideStatement(TenancyError):
    """A migration of a tenant app has a statement for the whole database, as CREATE ROLE."""

    def __init__(self, statement: str, migration: str) -> None:
        super().__init__(
            f"{migration} has {' '.join(statement.split()).upper()}, which is for the whole "
            "database and not for each tenant: put it into a migration of a shared app."
        )


class WorkersDied(TenancyError):
    pass


class MigrationFailed(TenancyError):
    def __init__(self, migration: str, reason: Exception) -> None:
        super().__init__(migration, reason)
        self.migration, self.reason = migration, reason


class SchemaCreationFailed(MigrationFailed):
    """A migration failed in the one transaction that creates a schema."""

    def __str__(self) -> str:
        reason = " ".join(str(self.reason).split())
        return (
            f"The migration {self.migration} failed in the one transaction that creates a schema: "
            f"{reason}"
        )


class NonAtomicMigrationFailed(MigrationFailed):
    """A migration that is not atomic failed: its first operations may be applied."""

    def __str__(self) -> str:
        return (
            f"The migration {self.migration} is not atomic and may be partly applied: "
            f"{type(self.reason).__name__}: {self.reason}"
        )


class TooManyLocks(TenancyError):
    """The server's table of locks is too small for the tables of another schema."""

    def __init__(self) -> None:
        super().__init__(
            "PostgreSQL's table of locks is full: create fewer tenants at the same time, or "
            "increase max_locks_per_transaction. `check --database default` shows how many a "
            "tenant needs."
        )
