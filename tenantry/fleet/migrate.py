"""Migrating one schema.

`migrate_schema` takes it to the target with a transaction for each migration, as Django does.
`migrate_fresh` fills a new, empty schema inside the caller's transaction, so that it is there or it
is not. There deferred constraints are checked between migrations, or PostgreSQL would not alter a
table that has "pending trigger events". Indexes are not built concurrently: nothing uses the schema
yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import ProgrammingError, connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddIndex, Migration, RemoveIndex
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.signals import post_migrate, pre_migrate
from django.dispatch import Signal
from psycopg2 import errors

from tenantry.context import tenant_context
from tenantry.errors import (
    ConcurrentMigration,
    NonAtomicMigrationFailed,
    SchemaCreationFailed,
    TablesMissing,
)
from tenantry.names import TEMPLATE
from tenantry.tenant_apps import tenant_app_configs

from . import state
from .locks import Patience, is_blocked, lock_template, schema_key
from .plan import Plan, PlannedMigration, Plans, render
from .step import Step
from .target import Applied, Target

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it went for one schema.

    Attributes:
        migrations: how many ran.
        error: why it failed, in one line; None when it did not.
        blocked: it failed only because a lock could not be had in time.
    """

    schema_name: str
    migrations: int = 0
    error: str | None = None
    blocked: bool = False


def migrate_schema(schema_name: str, plans: Plans, patience: Patience, *, verify: bool) -> Outcome:
    """Take a schema to the plans' target; a failure is recorded and returned, not raised.

    Args:
        verify: whether to look for the tables of recorded migrations before others run. That is
            done anyway for the template, and for a schema that has nothing to run.

    Raises:
        Error: when the database cannot even record the failure.
    """
    try:
        with tenant_context(schema_name):
            migrations = _migrate_or_start(schema_name, plans, patience, verify=verify)
            return Outcome(schema_name, migrations)
    except Exception as error:  # noqa: BLE001 (one schema's failure is not the run's)
        blocked = is_blocked(error)
        message = f"{type(error).__name__}: {' '.join(str(error).split())}"
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    if not blocked:
        state.record_failure(schema_name, message)
    return Outcome(schema_name, error=message, blocked=blocked)


def _migrate_or_start(schema_name: str, plans: Plans, patience: Patience, *, verify: bool) -> int:
    try:
        return _migrate(schema_name, plans, patience, verify=verify)
    except ProgrammingError as error:
        missing = isinstance(error.__cause__, errors.UndefinedTable)
        if not missing or state.has_migrations_table(schema_name):
            raise
    state.create_migrations_table(schema_name)
    return _migrate(schema_name, plans, patience, verify=verify)


def _migrate(schema_name: str, plans: Plans, patience: Patience, *, verify: bool) -> int:
    started = perf_counter()
    verify = verify or schema_name == TEMPLATE
    plan: Plan | None = None
    position = 0
    while plan is None or position < len(plan.migrations):
        with connection.schema_editor(atomic=True) as editor:
            applied = _begin(schema_name, patience)
            if plan is None:
                plan = plans.starting_from(applied)
                if not plans.target.fake and (verify or not plan.migrations):
                    _check_tables(schema_name, plan)
                _send(pre_migrate, plan, plan.initial_state)
            if not plan.migrations:
                state.record(schema_name, applied.union(plan.replacements), added=plan.replacements)
                return 0
            migration = plan.migrations[position]
            if applied != migration.start:
                raise ConcurrentMigration("Something else migrated the schema during this run.")
            if migration.atomic:
                migration.run(editor)
                _finish(schema_name, plan, position, perf_counter() - started)
        if not migration.atomic:
            _run_outside_transaction(migration, patience)
            with connection.schema_editor(atomic=True):
                _finish(schema_name, plan, position, perf_counter() - started)
        position += 1
    return position


def _begin(schema_name: str, patience: Patience) -> Applied:
    """Lock the schema and return what is applied to it, in one message.

    The lock makes what is read true until the transaction ends, even for a run that lost its own.
    """
    if schema_name == TEMPLATE:
        lock_template(shared=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL lock_timeout = %s; SELECT pg_advisory_xact_lock(%s, %s); "  # noqa: S608
            f"SELECT app, name FROM {state.migrations_table(schema_name)}",
            [patience.as_parameter, *schema_key(schema_name)],
        )
        return frozenset(cursor.fetchall())


def _check_tables(schema_name: str, plan: Plan) -> None:
    """Look for the tables of the migrations that are recorded.

    That is so where something was dropped by hand, and where an app was a shared one before: every
    schema records the migrations of those, too.

    Raises:
        TablesMissing: when one is not.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(name ORDER BY name) FROM unnest(%s::text[]) AS name "
            "WHERE to_regclass(format('%%I.%%I', %s, name)) IS NULL",
            [sorted(plan.recorded_tables), schema_name],
        )
        (missing,) = cursor.fetchone()
    if missing:
        raise TablesMissing(schema_name, missing)


def _run_outside_transaction(migration: PlannedMigration, patience: Patience) -> None:
    try:
        with (
            patience.outside_transactions(),
            connection.schema_editor(atomic=False) as editor,
        ):
            migration.run(editor)
    except Exception as error:
        raise NonAtomicMigrationFailed(str(migration.migration), error) from error


def _finish(schema_name: str, plan: Plan, position: int, seconds: float) -> None:
    """Record a migration; with the last one, tell the tenant apps."""
    migration = plan.migrations[position]
    added, applied = migration.added, migration.end
    if position == len(plan.migrations) - 1:
        _send(post_migrate, plan, plan.final_state)
        added = [*added, *plan.replacements]
        applied = applied.union(plan.replacements)
    state.record(schema_name, applied, added=added, removed=migration.removed, seconds=seconds)


def _send(signal: Signal, plan: Plan, models: ProjectState) -> None:
    """Tell the tenant apps' receivers: `public` is the shared apps' business."""
    for app_config in tenant_app_configs():
        if app_config.models_module is not None and signal.has_listeners(app_config):
            signal.send(
                sender=app_config,
                app_config=app_config,
                verbosity=0,
                interactive=False,
                using=connection.alias,
                apps=render(models),
                plan=plan.as_django_has_it,
            )


def tenant_specific() -> list[str]:
    """Return the migrations that say of themselves that they differ between tenants.

    Such a `Migration` has the class attribute `tenant_specific = True`, because it reads the
    schema's name, for instance: what it did to one schema is not what it would do to another.
    """
    return _tenant_specific(_classes())


def migrate_fresh(schema_name: str) -> None:
    """Run every migration in an empty schema and record it, inside the caller's transaction.

    Raises:
        SchemaCreationFailed: naming the migration that failed.
    """
    started = perf_counter()
    state.create_migrations_table(schema_name)
    with tenant_context(schema_name):
        plan = _fresh_plan(_classes())
        _send(pre_migrate, plan, plan.initial_state)
        for position, migration in enumerate(plan.migrations):
            try:
                _run_fresh(migration)
            except Exception as error:
                raise SchemaCreationFailed(str(migration.migration), error) from error
            _finish(schema_name, plan, position, perf_counter() - started)


def _classes() -> frozenset[type[Migration]]:
    return frozenset(map(type, state.migrations_of_code().values()))


@lru_cache(maxsize=1)
def _tenant_specific(code: Iterable[type[Migration]]) -> list[str]:
    # From the graph, where a squashed migration has taken the place of what it replaces.
    nodes = MigrationLoader(None).graph.nodes.values()
    return sorted(str(each) for each in nodes if getattr(each, "tenant_specific", False))


@lru_cache(maxsize=1)
def _fresh_plan(code: Iterable[type[Migration]]) -> Plan:
    return Plans(Target()).starting_from(frozenset())


def _run_fresh(migration: PlannedMigration) -> None:
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
