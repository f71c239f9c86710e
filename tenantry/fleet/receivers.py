"""Keeps the states true when Django's `migrate` or django-tenants' `migrate_schemas` runs."""

from typing import Any

from django.apps import apps
from django.db.migrations import Migration
from django.db.models.signals import pre_migrate
from django.dispatch import receiver
from django_tenants.signals import schema_migrated, schema_pre_migration

from tenantry.names import TEMPLATE

from . import state, template
from .operations import with_public_operations


@receiver(pre_migrate, sender=apps.get_app_config("tenancy"), dispatch_uid="tenancy.run_once")
def run_database_wide_operations_once(plan: list[tuple[Migration, bool]], **_: Any) -> None:
    """Make Django's `migrate` run database-wide operations of tenant apps in `public` only."""
    for migration, _backwards in plan:
        vars(migration)["operations"] = with_public_operations(migration)


@receiver(schema_pre_migration, dispatch_uid="tenancy.clear_before_migrate_schemas")
def clear_before_migrate_schemas(schema_name: str, **_: Any) -> None:
    """Make the state unknown first: `migrate_schemas` can fail or be killed."""
    if state.table_exists():
        state.clear(schema_name)
        if schema_name == TEMPLATE:
            template.clear_unless_changed()


@receiver(schema_migrated, dispatch_uid="tenancy.refresh_after_migrate_schemas")
def refresh_after_migrate_schemas(schema_name: str, **_: Any) -> None:
    if state.table_exists():
        state.refresh(schema_name)
        if schema_name == TEMPLATE:
            template.store_if_cleared()
