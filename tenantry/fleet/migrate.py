"""Migrates one schema.

`migrate_schema` runs each migration in its own transaction, as Django does. `migrate_fresh` runs
all migrations of a new schema in the caller's transaction, so a failure leaves no schema. For that
it checks deferred constraints between migrations, since PostgreSQL does not alter a table with
"pending trigger events". It builds no index concurrently: the schema has no users yet.
"""

from collections.abc import Iterable
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
from tenantry.roles import are_used, as_owner
from tenantry.tenant_apps import tenant_app_configs

from . import state
from .locks import LockPolicy, is_lock_timeout, lock_template, schema_key
from .operations import Step
from .options import Outcome, Target
from .plan import Plan, PlannedMigration, Plans, render
from .roles import restrict_functions
from .state import Applied

_NOT_CONCURRENT: dict[type[Operation], type[AddIndex | RemoveIndex]] = {
    AddIndexConcurrently: AddIndex,
    RemoveIndexConcurrently: RemoveIndex,
}

_DEFERRED_CONSTRAINTS = """
    SELECT string_agg(format('%I.%I', current_schema(), conname), ', ')
    FROM pg_depend JOIN pg_constraint ON conrelid = objid
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = current_schema()::regnamespace
        AND classid = 'pg_class'::regclass AND condeferred
"""


@as_owner(reason="Only the owner can change tables.")
def migrate_schema(schema_name: str, plans: Plans, locks: LockPolicy, *, verify: bool) -> Outcome:
    """Migrate a schema to the target of the plans. A failure is stored and returned, not raised.

    Args:
        verify: first check that the tables of recorded migrations exist. The template, and schemas
            without migrations to run, are always checked.

    Raises:
        Error: the database cannot store the failure.
    """
    try:
        with tenant_context(schema_name):
            migrations = _migrate_with_records(schema_name, plans, locks, verify=verify)
            return Outcome(schema_name, migrations)
    except Exception as error:  # noqa: BLE001 (the run continues with other schemas)
        blocked = is_lock_timeout(error)
        message = f"{type(error).__name__}: {' '.join(str(error).split())}"
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    if not blocked:
        state.record_failure(schema_name, message)
    return Outcome(schema_name, error=message, blocked=blocked)


def _migrate_with_records(
    schema_name: str, plans: Plans, locks: LockPolicy, *, verify: bool
) -> int:
    """Migrate, after creating django_migrations where it is missing."""
    try:
        return _migrate(schema_name, plans, locks, verify=verify)
    except ProgrammingError as error:
        missing = isinstance(error.__cause__, errors.UndefinedTable)
        if not missing or state.has_migrations_table(schema_name):
            raise
    state.create_migrations_table(schema_name)
    return _migrate(schema_name, plans, locks, verify=verify)


def _migrate(schema_name: str, plans: Plans, locks: LockPolicy, *, verify: bool) -> int:
    started = perf_counter()
    verify = verify or schema_name == TEMPLATE
    plan: Plan | None = None
    position = 0
    while plan is None or position < len(plan.migrations):
        with connection.schema_editor(atomic=True) as editor:
            applied = _lock_and_read_applied(schema_name, locks)
            if plan is None:
                plan = plans.starting_from(applied)
                if not plans.target.fake and (verify or not plan.migrations):
                    _check_tables(schema_name, plan)
                _send_signal(pre_migrate, plan, plan.initial_state)
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
            _run_outside_transaction(migration, locks)
            with connection.schema_editor(atomic=True):
                _finish(schema_name, plan, position, perf_counter() - started)
        position += 1
    return position


def _lock_and_read_applied(schema_name: str, locks: LockPolicy) -> Applied:
    """Lock the schema and return its applied migrations, with one message to the server.

    The lock keeps other runs away until the transaction ends, even if this run has lost its own
    lock.
    """
    if schema_name == TEMPLATE:
        lock_template(shared=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL lock_timeout = %s; SELECT pg_advisory_xact_lock(%s, %s); "  # noqa: S608 (quoted)
            f"SELECT app, name FROM {state.migrations_table(schema_name)}",
            [locks.timeout_parameter, *schema_key(schema_name)],
        )
        return frozenset(cursor.fetchall())


def _check_tables(schema_name: str, plan: Plan) -> None:
    """Check that the tables of the recorded migrations exist.

    A table is missing when it was dropped by hand, or when its app was a shared one before: every
    schema records the migrations of shared apps too.

    Raises:
        TablesMissing: a table does not exist.
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


def _run_outside_transaction(migration: PlannedMigration, locks: LockPolicy) -> None:
    try:
        with (
            locks.outside_transactions(),
            connection.schema_editor(atomic=False) as editor,
        ):
            migration.run(editor)
    except Exception as error:
        raise NonAtomicMigrationFailed(str(migration.migration), error) from error


def _finish(schema_name: str, plan: Plan, position: int, seconds: float) -> None:
    """Record a migration; after the last one, send `post_migrate`."""
    migration = plan.migrations[position]
    added, applied = migration.added, migration.end
    if position == len(plan.migrations) - 1:
        _send_signal(post_migrate, plan, plan.final_state)
        if are_used():
            restrict_functions(schema_name)
        added = [*added, *plan.replacements]
        applied = applied.union(plan.replacements)
    state.record(schema_name, applied, added=added, removed=migration.removed, seconds=seconds)


def _send_signal(signal: Signal, plan: Plan, models: ProjectState) -> None:
    """Send a signal for the tenant apps; Django sends it for shared apps in `public`."""
    for app_config in tenant_app_configs():
        if app_config.models_module is not None and signal.has_listeners(app_config):
            signal.send(
                sender=app_config,
                app_config=app_config,
                verbosity=0,
                interactive=False,
                using=connection.alias,
                apps=render(models),
                plan=plan.as_django_plan,
            )


def tenant_specific() -> list[str]:
    """Return the migrations with different results in different tenants.

    Their class has the attribute `tenant_specific = True`, for example because they read the
    schema's name.
    """
    return _tenant_specific(_classes())


@as_owner(reason="Only the owner can change tables.")
def migrate_fresh(schema_name: str) -> None:
    """Run and record every migration in an empty schema, inside the caller's transaction.

    Raises:
        SchemaCreationFailed: a migration failed.
    """
    started = perf_counter()
    state.create_migrations_table(schema_name)
    with tenant_context(schema_name):
        plan = _fresh_plan(_classes())
        _send_signal(pre_migrate, plan, plan.initial_state)
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
    # In the graph a squashed migration replaces the migrations that it contains.
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
    plain = _NOT_CONCURRENT.get(type(step.operation))
    if plain:
        plain.database_forwards(step.operation, step.app_label, editor, step.before, step.after)
    else:
        step.run(editor, backwards=False)


def _check_deferred_constraints() -> None:
    """Check the deferred constraints now, then defer them again."""
    with connection.cursor() as cursor:
        cursor.execute(_DEFERRED_CONSTRAINTS)
        (names,) = cursor.fetchone()
        if names:
            cursor.execute(f"SET CONSTRAINTS {names} IMMEDIATE")  # noqa: S608 (quoted)
            cursor.execute(f"SET CONSTRAINTS {names} DEFERRED")  # noqa: S608 (quoted)
