"""Migrating a new, empty schema inside the caller's transaction, so that it is there or it is not.

Django and the fleet's runs commit after each migration. What that does on the way is done here in
other ways: deferred constraints are checked between migrations, or PostgreSQL would refuse to
alter a table that has "pending trigger events"; and indexes that are to be built concurrently are
built plainly, since nobody uses the schema yet.
"""

from collections.abc import Iterable
from functools import lru_cache
from time import perf_counter

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddIndex, Migration, RemoveIndex
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models.signals import pre_migrate

from tenantry.context import tenant_context
from tenantry.errors import MigrationRefused

from . import records
from .migrate import finish, send
from .plan import Plan, PlannedMigration, Plans
from .state import migrations_of_code
from .step import Step
from .target import Target

_PLAIN: dict[type[Operation], type[AddIndex | RemoveIndex]] = {
    AddIndexConcurrently: AddIndex,
    RemoveIndexConcurrently: RemoveIndex,
}

_DEFERRED = """
    SELECT string_agg(format('%I.%I', current_schema(), conname), ', ')
    FROM pg_depend JOIN pg_constraint ON conrelid = objid
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = current_schema()::regnamespace
        AND classid = 'pg_class'::regclass AND condeferred
"""


def tenant_specific() -> list[str]:
    """Return the migrations that say of themselves that they differ between tenants.

    Such a `Migration` has the class attribute `tenant_specific = True`, because it reads the
    schema's name, for instance: what it did to one schema is not what it would do to another.
    """
    return _tenant_specific(_classes())


def migrate_fresh(schema_name: str) -> None:
    """Run every migration in an empty schema and record it, inside the caller's transaction.

    Raises:
        MigrationRefused: naming the migration that failed.
    """
    started = perf_counter()
    records.create(schema_name)
    with tenant_context(schema_name):
        plan = _plan(_classes())
        send(pre_migrate, plan, plan.initial_state)
        for position, migration in enumerate(plan.migrations):
            try:
                _run(migration)
            except Exception as error:
                raise MigrationRefused(str(migration.migration), error) from error
            finish(schema_name, plan, position, perf_counter() - started)


def _classes() -> frozenset[type[Migration]]:
    return frozenset(map(type, migrations_of_code().values()))


@lru_cache(maxsize=1)
def _tenant_specific(code: Iterable[type[Migration]]) -> list[str]:
    # From the graph, where a squashed migration has taken the place of what it replaces.
    nodes = MigrationLoader(None).graph.nodes.values()
    return sorted(str(each) for each in nodes if getattr(each, "tenant_specific", False))


@lru_cache(maxsize=1)
def _plan(code: Iterable[type[Migration]]) -> Plan:
    return Plans(Target()).starting_from(frozenset())


def _run(migration: PlannedMigration) -> None:
    with connection.schema_editor(atomic=True) as editor:
        for step in migration.steps:
            _run_step(step, editor)
            if not migration.atomic:
                _check_deferred_constraints()
    _check_deferred_constraints()


def _run_step(step: Step, editor: BaseDatabaseSchemaEditor) -> None:
    plain = _PLAIN.get(type(step.operation))
    if plain:
        plain.database_forwards(step.operation, step.app_label, editor, step.before, step.after)
    else:
        step.run(editor, backwards=False)


def _check_deferred_constraints() -> None:
    """Check what waits for the commit, and let the same constraints wait from here on."""
    with connection.cursor() as cursor:
        cursor.execute(_DEFERRED)
        (names,) = cursor.fetchone()
        if names:
            cursor.execute(f"SET CONSTRAINTS {names} IMMEDIATE")
            cursor.execute(f"SET CONSTRAINTS {names} DEFERRED")
