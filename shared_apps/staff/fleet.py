"""How far the organizations' schemas are, as the admin shows it: all it knows of migrations."""

from collections.abc import Iterable
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from shared_apps.api.errors import DomainError
from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.organizations.models import Organization
from shared_apps.tenancy.errors import TenancyError
from shared_apps.tenancy.fleet.options import Options, Report
from shared_apps.tenancy.fleet.progress import Silence
from shared_apps.tenancy.fleet.run import Run
from shared_apps.tenancy.fleet.state import SchemaState, digest_of_code
from shared_apps.tenancy.fleet.status import Condition

Organizations = QuerySet[Organization, Any]

LABELS = {
    Condition.OK: "success",
    Condition.BEHIND: "warning",
    Condition.FAILED: "danger",
    Condition.DRIFTED: "danger",
}


def with_condition(organizations: Organizations) -> Organizations:
    """Add `condition` to organizations, and in `trouble` what is wrong, in the same query.

    Whether a schema is like the template is as `refresh_sizes` found it last.
    """
    state = SchemaState.objects.filter(pk=OuterRef("schema_name"))
    empty = Value("", output_field=TextField())
    return organizations.annotate(  # type: ignore[no-any-return]
        error=Coalesce(Subquery(state.values("error")), empty),
        differences=Coalesce(F("measure__differences"), empty),
        applied=Coalesce(Subquery(state.values("applied")), Value("")),
        condition=Case(
            When(~Q(error=""), then=Value(Condition.FAILED)),
            When(~Q(applied=digest_of_code()), then=Value(Condition.BEHIND)),
            When(~Q(differences=""), then=Value(Condition.DRIFTED)),
            default=Value(Condition.OK),
            output_field=CharField(),
        ),
        trouble=Case(When(~Q(error=""), then="error"), default="differences"),
    )


def count_by_condition() -> dict[str, int]:
    """Return how many organizations are in which condition."""
    organizations = with_condition(Organization.objects.order_by())
    return dict(organizations.values_list("condition").annotate(Count("pk")))


def migrate(organizations: Iterable[Organization]) -> Report:
    """Bring those organizations' schemas to what the code needs.

    Raises:
        DomainError: when no run can begin: another one is on its way, say.
    """
    chosen = list(organizations)
    options = Options(tenants=tuple(organization.schema_name for organization in chosen))
    try:
        report = Run(options, _refuse_public, Silence()).execute()
    except TenancyError as error:
        raise DomainError("migration_refused", str(error)) from error
    for organization in chosen:
        record(AuditAction.ORGANIZATION_MIGRATED, organization=organization)
    return report


def _refuse_public() -> None:
    raise DomainError("public_behind", "Shared migrations are missing: run `manage.py migrate`.")
