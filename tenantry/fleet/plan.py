"""Plans the migrations of a schema once, for all tenants with the same applied migrations.

Django's executor loads the graph and computes the model states again for each schema. They depend
on the applied migrations only.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeGuard

from django.contrib.contenttypes.management import inject_rename_contenttypes_operations
from django.db import connection, router, transaction
from django.db.migrations import AddField, Migration, SeparateDatabaseAndState
from django.db.migrations.exceptions import (
    InconsistentMigrationHistory,
    InvalidMigrationPlan,
    IrreversibleError,
)
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState, StateApps

from tenantry.context import active_tenant, tenant_context
from tenantry.roles import as_owner
from tenantry.tenant_apps import private_app_configs, tenant_app_configs

from .operations import PublicOperation, Step, runs_code, with_public_operations
from .options import Target
from .state import Applied, Key

PLANNING_ERRORS = (InconsistentMigrationHistory, InvalidMigrationPlan, IrreversibleError)
"""Django's errors when no plan leads from the applied migrations to the target."""


@dataclass(frozen=True)
class PlannedMigration:
    """A migration with its steps.

    Attributes:
        start: the migrations that are applied before it.
        added: migrations to record afterwards, in this order.
        removed: migrations to delete from the records afterwards.
    """

    migration: Migration
    backwards: bool
    steps: Sequence[Step]
    start: Applied
    added: Sequence[Key]
    removed: Sequence[Key]

    @property
    def end(self) -> Applied:
        return self.start.union(self.added).difference(self.removed)

    @property
    def atomic(self) -> bool:
        return self.migration.atomic

    def run(self, editor: Any) -> None:
        """Run all steps, without recording the migration."""
        for step in self.steps:
            # AddField sends several statements and reads nothing that they change: they can wait.
            adds_field = type(step.operation) is AddField and not self.backwards
            editor.send_batch(then_batch=adds_field and self.atomic)
            needs_transaction = step.own_transaction and not self.atomic
            with transaction.atomic() if needs_transaction else nullcontext():
                step.run(editor, backwards=self.backwards)
        # Run them now and not when the editor closes: the migration is recorded after them, in the
        # same transaction.
        editor.batching = self.atomic
        for sql in editor.deferred_sql:
            editor.execute(sql, None)
        editor.deferred_sql.clear()
        editor.send_batch()


@dataclass(frozen=True)
class Plan:
    """The migrations from one set of applied migrations to the target.

    Attributes:
        replacements: squashed migrations to record at the end, because all migrations that they
            replace are applied then.
    """

    migrations: Sequence[PlannedMigration]
    replacements: Sequence[Key]
    initial_state: ProjectState = field(repr=False)
    final_state: ProjectState = field(repr=False)

    @cached_property
    def recorded_tables(self) -> frozenset[str]:
        """The tenants' tables that the applied migrations created."""
        labels = {app_config.label for app_config in private_app_configs()}
        return frozenset(
            model._meta.db_table
            for model in render(self.initial_state).get_models(include_auto_created=True)
            if model._meta.app_label in labels and model._meta.managed and not model._meta.proxy
        )

    @cached_property
    def as_django_plan(self) -> list[tuple[Migration, bool]]:
        return [(planned.migration, planned.backwards) for planned in self.migrations]


class Plans:
    """The plans for one target, each made when the first schema needs it."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._plans: dict[Applied, Plan] = {}

    def starting_from(self, applied: Applied) -> Plan:
        """Return the plan for the active tenant, which has these migrations.

        Raises:
            InconsistentMigrationHistory: as Django's `migrate`.
            InvalidMigrationPlan: as Django's `migrate`.
            IrreversibleError: a migration on the path to the target cannot be undone.
            UnknownMigration: the target matches no migration.
        """
        if applied not in self._plans:
            self._plans[applied] = _make_plan(applied, self.target)
        return self._plans[applied]


def _make_plan(applied: Applied, target: Target) -> Plan:
    # Without `public`, Django does not read its django_migrations where the tenant has none.
    owner = as_owner(reason="The template has no role.")
    with owner, tenant_context(active_tenant(), include_public=False):
        executor: Any = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
        todo = executor.migration_plan(target.keys(executor.loader))
        if "contenttypes" in {app_config.label for app_config in tenant_app_configs()}:
            # Django's pre_migrate receiver adds operations, which are part of the plan.
            inject_rename_contenttypes_operations(plan=todo, using=connection.alias)
        order = [
            migration
            for migration, _ in executor.migration_plan(
                executor.loader.graph.leaf_nodes(), clean_start=True
            )
        ]
    directions = {backwards for _, backwards in todo}
    if len(directions) > 1:
        raise InvalidMigrationPlan("The target is forwards for some apps and backwards for others.")
    backwards = directions == {True}
    initial = executor._create_project_state(with_applied_migrations=True)
    wanted = {migration for migration, _ in todo}
    if backwards:
        steps, final = _steps_backwards(executor, order, wanted)
    else:
        steps, final = _steps_forwards(order, wanted, initial)
    if target.fake:
        steps = {}
    elif backwards:
        _check_reversible(wanted)
    migrations = []
    for migration in _in_order(todo, order):
        added, removed = _records(migration, backwards=backwards)
        planned = PlannedMigration(
            migration, backwards, steps.get(migration, ()), applied, added, removed
        )
        migrations.append(planned)
        applied = planned.end
    replacements = [
        key
        for key, migration in executor.loader.replacements.items()
        if key not in applied and applied.issuperset(migration.replaces)
    ]
    return Plan(migrations, replacements, initial, final)


def _in_order(todo: list[tuple[Migration, bool]], order: list[Migration]) -> Iterator[Migration]:
    """Yield the migrations in the order of Django's executor.

    Forwards, that is the order on an empty database; backwards, the order of the plan.
    """
    planned = dict(todo)
    if any(planned.values()):
        yield from planned
    else:
        yield from (migration for migration in order if migration in planned)


def _records(migration: Migration, *, backwards: bool) -> tuple[list[Key], list[Key]]:
    """Return the records that Django's executor adds and deletes for a migration."""
    key = (migration.app_label, migration.name)
    if backwards:
        return [], [*migration.replaces, key]
    return list(migration.replaces) or [key], []


def _steps_forwards(
    order: list[Migration], todo: set[Migration], state: ProjectState
) -> tuple[dict[Migration, Sequence[Step]], ProjectState]:
    steps: dict[Migration, Sequence[Step]] = {}
    for migration in order:
        if migration in todo:
            steps[migration], state = _walk(with_public_operations(migration), migration, state)
    return steps, state


def _steps_backwards(
    executor: Any, order: list[Migration], todo: set[Migration]
) -> tuple[dict[Migration, Sequence[Step]], ProjectState]:
    """Compute the states forwards, then reverse the steps of each migration."""
    applied = executor.loader.applied_migrations
    steps: dict[Migration, Sequence[Step]] = {}
    state = executor._create_project_state()
    final = executor._create_project_state()
    for migration in order:
        if migration in todo:
            forwards, state = _walk(with_public_operations(migration), migration, state)
            steps[migration] = forwards[::-1]
        elif (migration.app_label, migration.name) in applied:
            state = migration.mutate_state(state)
            final = migration.mutate_state(final, preserve=False)
    return steps, final


def _check_reversible(migrations: Iterable[Migration]) -> None:
    for migration in migrations:
        for operation in migration.operations:
            if not operation.reversible:
                raise IrreversibleError(f"Operation {operation} in {migration} is not reversible")


def _walk(
    operations: Iterable[Operation],
    migration: Migration,
    state: ProjectState,
    *,
    own_transaction: bool | None = None,
) -> tuple[list[Step], ProjectState]:
    """Return the operations' steps and the state after them; `state` is not changed."""
    app_label = migration.app_label
    steps: list[Step] = []
    for operation in operations:
        atomic = bool(operation.atomic) if own_transaction is None else own_transaction
        if _is_separate(operation):
            # Its own method would clone the whole state for each schema.
            inner, _ = _walk(
                operation.database_operations, migration, state, own_transaction=atomic
            )
            steps += inner
            after = state.clone()
            operation.state_forwards(app_label, after)
        elif _skips_schema(operation, app_label):
            after = state.clone()
            operation.state_forwards(app_label, after)
        else:
            if runs_code(operation):
                render(state)
            state.apps  # noqa: B018 (rendered once, then cloned, as in Django)
            after = state.clone()
            operation.state_forwards(app_label, after)
            steps.append(Step(app_label, operation, state, after, atomic))
        state = after
    return steps, state


def _is_separate(operation: Operation) -> TypeGuard[SeparateDatabaseAndState]:
    own = (type(operation).database_forwards, type(operation).database_backwards)
    separate = SeparateDatabaseAndState
    return own == (separate.database_forwards, separate.database_backwards)


def _skips_schema(operation: Operation, app_label: str) -> bool:
    """Return whether it does nothing here: it runs in `public`, or the router excludes its app."""
    if isinstance(operation, PublicOperation):
        return not operation.runs_here
    if not type(operation).__module__.startswith("django."):
        return False
    hints = getattr(operation, "hints", {})
    return not router.allow_migrate(connection.alias, app_label, **hints)


def render(state: ProjectState) -> StateApps:
    """Return the state's models with all their relations.

    A state with delayed models would be rendered again for each RunPython in each schema.
    """
    state.clear_delayed_apps_cache()
    state.is_delayed = False
    return state.apps
