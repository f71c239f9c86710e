"""What the fleet does when Django's `migrate` or django-tenants' `migrate_schemas` is used."""

from typing import Any

from django.apps import apps
from django.db.migrations import Migration
from django.db.models.signals import pre_migrate
from django.dispatch import receiver
from django_tenants.signals import schema_migrated, schema_pre_migration

from tenantry.names import TEMPLATE

from . import state, template
from .database_wide import settled


@receiver(pre_migrate, sender=apps.get_app_config("tenancy"), dispatch_uid="tenancy.run_once")
def run_database_wide_operations_once(plan: list[tuple[Migration, bool]], **_: Any) -> None:
    """Let Django's `migrate` run what belongs to the database in `public`, and nowhere else."""
    for migration, _backwards in plan:
        vars(migration)["operations"] = settled(migration)


@receiver(schema_pre_migration, dispatch_uid="tenancy.forget_before_migrate_schemas")
def forget_before_migrate_schemas(schema_name: str, **_: Any) -> None:
    """Make the state unknown while `migrate_schemas` works, in case it is killed or fails."""
    if state.table_exists():
        state.forget(schema_name)
        if schema_name == TEMPLATE:
            template.forget_unless_changed()


@receiver(schema_migrated, dispatch_uid="tenancy.refresh_after_migrate_schemas")
def refresh_after_migrate_schemas(schema_name: str, **_: Any) -> None:
    """Write down what `migrate_schemas` left."""
    if state.table_exists():
        state.refresh(schema_name)
        if schema_name == TEMPLATE:
            template.keep_if_forgotten()
