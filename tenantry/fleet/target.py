"""Where a run takes the schemas to: all the way, or to one app's migration."""

from dataclasses import dataclass

from django.apps import apps
from django.db.migrations.loader import AmbiguityError, MigrationLoader

from tenantry.errors import UnknownMigration

Key = tuple[str, str]
"""App label and name of a migration."""

Applied = frozenset[Key]
"""The migrations that are applied to a schema."""


@dataclass(frozen=True, slots=True)
class Target:
    """What Django's `migrate` takes as `app_label` and `migration_name`.

    Attributes:
        app_label: only this app and what it depends on; every app when None.
        migration_name: the (beginning of the) name to go forwards or backwards to; `zero`
            unapplies all; the last when None.
        fake: record the migrations without running them.
    """

    app_label: str | None = None
    migration_name: str | None = None
    fake: bool = False

    @property
    def is_everything(self) -> bool:
        """Whether a schema that reached it has all that the code on disk needs."""
        return self.app_label is None

    def keys(self, loader: MigrationLoader) -> list[tuple[str, str | None]]:
        """Return the nodes of the loader's graph that the target means.

        Raises:
            UnknownMigration: when there is no such app or migration, or several.
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
            # Partly applied, a squashed migration is not in the graph; its last part is.
            return loader.replacements[key].replaces[-1]
        return key
