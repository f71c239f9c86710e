"""How far the organizations' schemas are, as the admin shows it: all it knows of migrations."""

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
    """Add `condition`, `trouble`, `size` and `compared_at` of each schema, in the same query."""
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
    """How the organizations' schemas are.

    Attributes:
        count: how many are in which condition.
        compared_since: when the one compared longest ago was compared with the template.
        uncompared: how many never were, of those that should be like it.
    """

    count: dict[str, int]
    compared_since: datetime | None
    uncompared: int


def fleet_condition() -> FleetCondition:
    """Return how all organizations' schemas are, by one query."""
    rows = list(
        with_state(Organization.objects.order_by())
        .values("condition")
        .annotate(count=Count("pk"), compared=Count("compared_at"), since=Min("compared_at"))
    )
    alike = [row for row in rows if row["condition"] in (Condition.OK, Condition.DRIFTED)]
    return FleetCondition(
        count={row["condition"]: row["count"] for row in rows},
        compared_since=min((row["since"] for row in alike if row["since"]), default=None),
        uncompared=sum(row["count"] - row["compared"] for row in alike),
    )


def migrate(organizations: Iterable[Organization]) -> Report:
    """Bring those organizations' schemas to what the code needs.

    Raises:
        DomainError: when no run can begin: another one is on its way, say.
    """
    chosen = list(organizations)
    options = Options(tenants=tuple(organization.schema_name for organization in chosen))
    try:
        report = Run(options, _refuse_public, NoProgress()).execute()
    except TenancyError as error:
        raise DomainError("migration_refused", str(error)) from error
    error_of = {failure.schema_name: failure.error for failure in report.failures}
    for organization in chosen:
        record(
            AuditAction.ORGANIZATION_MIGRATED,
            organization=organization,
            error=error_of.get(organization.schema_name, ""),
        )
    return report


def _refuse_public() -> None:
    raise DomainError("public_behind", "Shared migrations are missing: run `manage.py migrate`.")
