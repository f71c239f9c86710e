"""The migration state of organizations' schemas, for the admin."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Organization
from tenantry.errors import TenancyError
from tenantry.fleet.options import Options, Report
from tenantry.fleet.output import NoProgress
from tenantry.fleet.run import Run
from tenantry.fleet.status import Condition, schema_states

Organizations = QuerySet[Organization, Any]

LABELS = {
    Condition.OK: "success",
    Condition.BEHIND: "warning",
    Condition.FAILED: "danger",
    Condition.DRIFTED: "danger",
}


def with_state(organizations: Organizations) -> Organizations:
    """Annotate `condition`, `trouble`, `size` and `compared_at` of each schema."""
    state = schema_states().filter(pk=OuterRef("schema_name"))
    empty = Value("", output_field=TextField())
    return organizations.annotate(  # type: ignore[no-any-return]
        condition=Coalesce(Subquery(state.values("condition")), Value(Condition.BEHIND)),
        trouble=Coalesce(Subquery(state.values("trouble")), empty),
        size=Subquery(state.values("size")),
        compared_at=Subquery(state.values("compared_at")),
    )


@dataclass(frozen=True, slots=True)
class FleetCondition:
    """The state of all schemas.

    Attributes:
        count: the number of schemas by condition.
        compared_since: the time of the oldest comparison with the template.
        uncompared: the number of migrated schemas that were never compared.
    """

    count: dict[str, int]
    compared_since: datetime | None
    uncompared: int


def fleet_condition() -> FleetCondition:
    rows = list(
        with_state(Organization.objects.order_by())
        .values("condition")
        .annotate(count=Count("pk"), compared=Count("compared_at"), since=Min("compared_at"))
    )
    migrated = [row for row in rows if row["condition"] in (Condition.OK, Condition.DRIFTED)]
    return FleetCondition(
        count={row["condition"]: row["count"] for row in rows},
        compared_since=min((row["since"] for row in migrated if row["since"]), default=None),
        uncompared=sum(row["count"] - row["compared"] for row in migrated),
    )


def migrate(organizations: Iterable[Organization]) -> Report:
    """Migrate the schemas of these organizations.

    Raises:
        DomainError: the run cannot start, for example because another run is active.
    """
    chosen = list(organizations)
    options = Options(tenants=tuple(organization.schema_name for organization in chosen))
    try:
        report = Run(options, _reject_public, NoProgress()).execute()
    except TenancyError as error:
        raise DomainError("migration_failed", str(error)) from error
    error_of = {failure.schema_name: failure.error for failure in report.failures}
    for organization in chosen:
        record(
            AuditAction.ORGANIZATION_MIGRATED,
            organization=organization,
            error=error_of.get(organization.schema_name, ""),
        )
    return report


def _reject_public() -> None:
    raise DomainError(
        "public_behind", "Shared migrations are missing. Run `manage.py migrate` first."
    )
