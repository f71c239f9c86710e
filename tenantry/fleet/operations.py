"""How operations of migrations run: most in each tenant's schema, database-wide ones in `public`.

An extension, a role or a publication exists once in a database. An extension would land in the
schema that is migrated first, where other tenants cannot use it. A second role or publication of
the same name is an error. A renamed model's content type is one row in `public`.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlparse
from django.contrib.contenttypes.management import RenameContentType
from django.contrib.postgres.operations import CreateExtension
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import (
    Migration,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from psycopg2.sql import Composable

from tenantry.context import active_schema
from tenantry.errors import DatabaseWideStatement
from tenantry.names import PUBLIC
from tenantry.tenant_apps import tenant_app_configs

# Django's operations ask the router about an app. In `public` it skips those of tenant apps.
_SHARED_APP = "tenancy"

_OBJECT = re.compile(
    r"""(?:CREATE|ALTER|DROP|COMMENT\s+ON)\s+(?:OR\s+REPLACE\s+)?(?:TRUSTED\s+)?(?:PROCEDURAL\s+)?
    (?:ACCESS\s+METHOD|DATABASE|EVENT\s+TRIGGER|EXTENSION|FOREIGN\s+DATA\s+WRAPPER|GROUP|LANGUAGE
      |PUBLICATION|ROLE|SCHEMA|SERVER|SUBSCRIPTION|SYSTEM|TABLESPACE|USER)\b""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Step:
    """An operation with the model states before and after it, in forwards direction."""

    app_label: str
    operation: Operation
    before: ProjectState
    after: ProjectState
    own_transaction: bool

    def run(self, editor: BaseDatabaseSchemaEditor, *, backwards: bool) -> None:
        _clear_content_type_cache(self.after if backwards else self.before)
        checked = connection.execute_wrapper(partial(reject_database_wide_sql, self.app_label))
        with checked if runs_code(self.operation) else nullcontext():
            if backwards:
                self.operation.database_backwards(self.app_label, editor, self.after, self.before)
            else:
                self.operation.database_forwards(self.app_label, editor, self.before, self.after)


def runs_code(operation: Operation) -> bool:
    """Return whether it can run any code: RunPython and operations of third parties."""
    return isinstance(operation, RunPython) or not type(operation).__module__.startswith("django.")


def _clear_content_type_cache(state: ProjectState) -> None:
    """Clear the cache of the state's ContentType: tenants can have different ids for one model."""
    if ("contenttypes", "contenttype") in state.models:
        state.apps.get_model("contenttypes", "ContentType").objects.clear_cache()


def reject_database_wide_sql(app_label: str, execute: Any, sql: Any, *rest: Any) -> Any:
    """An execute wrapper for code of operations that run in a tenant's schema.

    Raises:
        DatabaseWideStatement: the statement changes an object of the whole database.
    """
    text = sql.as_string(connection.connection) if isinstance(sql, Composable) else sql
    if found := next(filter(None, map(_OBJECT.match, _statements([text]))), None):
        raise DatabaseWideStatement(found[0], f"A migration of {app_label}")
    return execute(sql, *rest)


class PublicOperation(Operation):
    """An operation of a tenant app that runs in `public` and does nothing in tenants."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        copied = ("atomic", "category", "elidable", "reduces_to_sql", "reversible")
        vars(self).update({name: getattr(operation, name) for name in copied})

    @property
    def runs_here(self) -> bool:
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


def with_public_operations(migration: Migration) -> list[Operation]:
    """Return a migration's operations, the database-wide ones wrapped in PublicOperation.

    Raises:
        DatabaseWideStatement: a RunSQL has statements for `public` and for each tenant.
    """
    labels = {app_config.label for app_config in tenant_app_configs()}
    if migration.app_label not in labels:
        return list(migration.operations)
    operations = list(_wrapped(migration.operations, migration))
    if "contenttypes" in labels:
        return operations
    return list(_with_content_types_renamed(operations, migration))


def _wrapped(operations: Iterable[Operation], migration: Migration) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            separate = copy(operation)  # All instances of the migration's class share it.
            separate.database_operations = list(_wrapped(operation.database_operations, migration))
            yield separate
        elif _is_database_wide(operation, migration):
            yield PublicOperation(operation)
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
    """Return the statements in arguments of RunSQL or of a cursor.

    The list is empty where no text matches `_OBJECT`, which spares sqlparse.
    """
    parts = [part for each in sql for part in (each if isinstance(each, list | tuple) else [each])]
    texts = [str(part[0] if isinstance(part, list | tuple) else part or "") for part in parts]
    if not any(map(_OBJECT.search, texts)):
        return []
    statements = [each for text in texts for each in sqlparse.split(text)]
    return list(filter(None, (_without_comments(statement) for statement in statements)))


def _without_comments(statement: str) -> str:
    return str(sqlparse.format(statement, strip_comments=True)).strip("; \n")


def _with_content_types_renamed(
    operations: Iterable[Operation], migration: Migration
) -> Iterator[Operation]:
    """Yield the operations; after each RenameModel, the rename of its content type as in Django."""
    for operation in operations:
        if isinstance(operation, PublicOperation) and isinstance(
            operation.operation, _RenameContentType
        ):
            continue  # From an earlier call.
        yield operation
        if isinstance(operation, RenameModel):
            old, new = operation.old_name_lower, operation.new_name_lower
            yield PublicOperation(_RenameContentType(migration.app_label, old, new))
