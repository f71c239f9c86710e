"""The input and the result of a run."""

from dataclasses import dataclass, field

from django.apps import apps
from django.db.migrations.loader import AmbiguityError, MigrationLoader

from tenantry.errors import UnknownMigration

from .state import Key


@dataclass(frozen=True, slots=True)
class Target:
    """The migration that a run takes schemas to, as in Django's `migrate`.

    Attributes:
        app_label: only this app and its dependencies; all apps when None.
        migration_name: the name, or the start of it, to migrate to, forwards or backwards; `zero`
            unapplies all; the last one when None.
        fake: record the migrations without running them.
    """

    app_label: str | None = None
    migration_name: str | None = None
    fake: bool = False

    @property
    def is_everything(self) -> bool:
        return self.app_label is None

    def keys(self, loader: MigrationLoader) -> list[tuple[str, str | None]]:
        """Return the target's nodes in the loader's graph.

        Raises:
            UnknownMigration: no app or migration matches, or several migrations do.
        """
        if self.app_label is None:
            return list(loader.graph.leaf_nodes())
        self._check_app(self.app_label, loader)
        if self.migration_name is None:
            return list(loader.graph.leaf_nodes(self.app_label))
        if self.migration_name == "zero":
            return [(self.app_label, None)]
        return [self._find(self.app_label, self.migration_name, loader)]

    @staticmethod
    def _check_app(app_label: str, loader: MigrationLoader) -> None:
        try:
            apps.get_app_config(app_label)
        except LookupError as error:
            raise UnknownMigration(str(error)) from error
        if app_label not in loader.migrated_apps:
            raise UnknownMigration(f"App {app_label!r} does not have migrations.")

    @staticmethod
    def _find(app_label: str, prefix: str, loader: MigrationLoader) -> Key:
        try:
            key = (app_label, loader.get_migration_by_prefix(app_label, prefix).name)
        except AmbiguityError as error:
            raise UnknownMigration(
                f"Several migrations of {app_label} match {prefix!r}."
            ) from error
        except KeyError as error:
            raise UnknownMigration(f"No migration of {app_label} matches {prefix!r}.") from error
        if key not in loader.graph.nodes and key in loader.replacements:
            # A partly applied squashed migration is not in the graph; its last part is.
            return loader.replacements[key].replaces[-1]
        return key


@dataclass(frozen=True)
class Options:
    """The input of a run.

    Attributes:
        tenants: only these schemas; all when empty.
        only_failed: only schemas that failed in their last run.
        verify: read each schema and ignore the stored states.
        canary: migrate this many tenants first, and stop when one fails.
        jobs: worker processes.
        lock_timeout: seconds that a statement waits for a lock; 0 waits without limit.
        lock_retries: how often a schema is tried again after a lock timeout.
    """

    target: Target = field(default_factory=Target)
    tenants: tuple[str, ...] = ()
    only_failed: bool = False
    verify: bool = False
    canary: int = 0
    jobs: int = 1
    lock_timeout: float = 2.0
    lock_retries: int = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run in one schema.

    Attributes:
        migrations: how many migrations ran.
        error: the reason of a failure, in one line; None after success.
        blocked: the only reason is a lock timeout.
    """

    schema_name: str
    migrations: int = 0
    error: str | None = None
    blocked: bool = False


@dataclass
class Report:
    """The result of a run in all schemas.

    Attributes:
        total: tenants of this run.
        migrated: tenants in which migrations ran.
        unchanged: tenants without migrations to run.
        stopped: why the run ended before all tenants were started; None when all were.
    """

    total: int = 0
    migrated: int = 0
    unchanged: int = 0
    failures: list[Outcome] = field(default_factory=list)
    stopped: str | None = None
    seconds: float = 0.0

    @property
    def done(self) -> int:
        return self.migrated + self.unchanged + len(self.failures)

    @property
    def left(self) -> int:
        return self.total - self.done

    @property
    def succeeded(self) -> bool:
        return not self.failures and self.stopped is None

    def add(self, outcome: Outcome) -> None:
        if outcome.error is not None:
            self.failures.append(outcome)
        elif outcome.migrations:
            self.migrated += 1
        else:
            self.unchanged += 1
