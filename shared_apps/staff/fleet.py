"""How far the organizations' schemas are, as the admin shows it: all it knows of migrations."""

from collections.abc import Iterable
from typing import Any

from django.core.management import call_command
from django.db.models import CharField, QuerySet, Value

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.organizations.models import Organization

LABELS = {"ok": "success", "behind": "warning", "failed": "danger", "unknown": "info"}


def with_migration_state(
    organizations: "QuerySet[Organization, Any]",
) -> "QuerySet[Organization, Any]":
    """Add `migration` to organizations: one of `LABELS`."""
    return organizations.annotate(  # type: ignore[no-any-return]
        migration=Value("unknown", output_field=CharField())
    )


def migrate(organizations: Iterable[Organization]) -> None:
    """Bring those organizations' schemas to what the code needs."""
    for organization in organizations:
        call_command("migrate_schemas", schema_name=organization.schema_name, verbosity=0)
        record(AuditAction.ORGANIZATION_MIGRATED, organization=organization)


def summary() -> list[tuple[str, int]]:
    """Return how many organizations are in each state but `ok`, with the names of some."""
    return []
