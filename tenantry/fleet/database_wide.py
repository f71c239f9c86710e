"""Operations of tenant apps on what the whole database has once: they run in `public` alone.

An extension that a tenant's migration makes would land in the schema that is migrated first, where
no other tenant finds it; a role or a publication cannot be made twice; and the row of a content
type, which is renamed with its model, is in `public`.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from copy import copy
from typing import Any

import sqlparse
from django.contrib.contenttypes.management import RenameContentType
from django.contrib.postgres.operations import CreateExtension
from django.db import connection
from django.db.migrations import Migration, RenameModel, RunSQL, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from psycopg2.sql import Composable

from tenantry.context import active_schema
from tenantry.errors import DatabaseWideStatement
from tenantry.names import PUBLIC
from tenantry.tenant_apps import tenant_app_configs

# Django's operations ask the router for an app, and in `public` those of tenants do nothing.
_SHARED_APP = "tenancy"

_OBJECT = re.compile(
    r"""(?:CREATE|ALTER|DROP|COMMENT\s+ON)\s+(?:OR\s+REPLACE\s+)?(?:TRUSTED\s+)?(?:PROCEDURAL\s+)?
    (?:ACCESS\s+METHOD|DATABASE|EVENT\s+TRIGGER|EXTENSION|FOREIGN\s+DATA\s+WRAPPER|GROUP|LANGUAGE
      |PUBLICATION|ROLE|SCHEMA|SERVER|SUBSCRIPTION|SYSTEM|TABLESPACE|USER)\b""",
    re.VERBOSE | re.IGNORECASE,
)


class Once(Operation):
    """An operation of a tenant app that runs in `public`, and does nothing in the tenants."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        alike = ("atomic", "category", "elidable", "reduces_to_sql", "reversible")
        vars(self).update({name: getattr(operation, name) for name in alike})

    @property
    def runs_here(self) -> bool:
        """Whether no tenant is active."""
        return active_schema() in (None, PUBLIC)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        self.operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, *rest: Any) -> None:
        if self.runs_here:
            self.operation.database_forwards(_SHARED_APP, *rest)

    def database_backwards(self, app_label: str, *rest: Any) -> None:
        if self.runs_here:
            self.operation.database_backwards(_SHARED_APP, *rest)

    def describe(self) -> str:
        return self.operation.describe()


class _RenameContentType(RenameContentType):
    def _rename(self, apps: Any, *rest: Any) -> None:
        with suppress(LookupError):  # Before the first migration of contenttypes.
            super()._rename(apps, *rest)  # type: ignore[misc]


def settled(migration: Migration) -> list[Operation]:
    """Return a migration's operations, of which those on the whole database run once.

    Raises:
        DatabaseWideStatement: when one would have to run in `public` and in each tenant.
    """
    labels = {app_config.label for app_config in tenant_app_configs()}
    if migration.app_label not in labels:
        return list(migration.operations)
    operations = list(_settled(migration.operations, migration))
    return operations if "contenttypes" in labels else list(_renaming(operations, migration))


def refuse_in_tenant(app_label: str, execute: Any, sql: Any, *rest: Any) -> Any:
    """Wrap the execution of what an operation's own code sends in a tenant's schema.

    Raises:
        DatabaseWideStatement: when it changes what the whole database has once.
    """
    text = sql.as_string(connection.connection) if isinstance(sql, Composable) else sql
    if found := next(filter(None, map(_OBJECT.match, _statements([text]))), None):
        raise DatabaseWideStatement(found[0], f"A migration of {app_label}")
    return execute(sql, *rest)


def _settled(operations: Iterable[Operation], migration: Migration) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            separate = copy(operation)  # Its class has one for all.
            separate.database_operations = list(_settled(operation.database_operations, migration))
            yield separate
        elif _is_database_wide(operation, migration):
            yield Once(operation)
        else:
            yield operation


def _is_database_wide(operation: Operation, migration: Migration) -> bool:
    if not isinstance(operation, RunSQL):
        return isinstance(operation, CreateExtension)
    statements = list(_statements([operation.sql, operation.reverse_sql]))
    objects = list(filter(None, map(_OBJECT.match, statements)))
    if objects and len(objects) < len(statements):
        raise DatabaseWideStatement(objects[0][0], str(migration))
    return bool(objects)


def _statements(sql: Iterable[Any]) -> list[str]:
    """Return the statements in what RunSQL and cursors take; none where no word of them matters."""
    parts = [part for each in sql for part in (each if isinstance(each, list | tuple) else [each])]
    texts = [str(part[0] if isinstance(part, list | tuple) else part or "") for part in parts]
    if not any(map(_OBJECT.search, texts)):
        return []
    statements = [each for text in texts for each in sqlparse.split(text)]
    return list(filter(None, (_bare(statement) for statement in statements)))


def _bare(statement: str) -> str:
    return str(sqlparse.format(statement, strip_comments=True)).strip("; \n")


def _renaming(operations: Iterable[Operation], migration: Migration) -> Iterator[Operation]:
    """Yield after each renaming of a model that of its content type, as Django itself does."""
    for operation in operations:
        if isinstance(operation, Once) and isinstance(operation.operation, _RenameContentType):
            continue  # Of an earlier call.
        yield operation
        if isinstance(operation, RenameModel):
            old, new = operation.old_name_lower, operation.new_name_lower
            yield Once(_RenameContentType(migration.app_label, old, new))
