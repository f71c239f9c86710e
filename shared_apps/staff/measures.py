"""What each organization's schema takes of the disk, and whether it is still like the template.

Measured by a command or an action, and kept: a page that shows 2,000 of them asks one table.
"""

from collections.abc import Collection

from django.utils import timezone

from shared_apps.organizations.models import Organization
from tenantry.fleet.status import Condition, condition_of, drifts, sizes

from .models import SchemaMeasure

_BATCH = 500  # rows a statement


def sizes_refresh(organizations: Collection[Organization]) -> None:
    """Measure those organizations' schemas: the catalog is asked once."""
    size_of = sizes()
    now = timezone.now()
    SchemaMeasure.objects.bulk_create(
        (
            SchemaMeasure(
                organization=organization,
                bytes=size_of.get(organization.schema_name, 0),
                measured_at=now,
            )
            for organization in organizations
        ),
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["organization"],
        update_fields=["bytes", "measured_at"],
    )


def drift_refresh(organizations: Collection[Organization]) -> list[str]:
    """Compare the schemas of organizations that were measured with the template.

    Reads each schema's catalog: some milliseconds each. One that failed or is behind is not
    compared, since it should not be like the template.

    Returns:
        The schemas that differ.
    """
    found = list(drifts([organization.schema_name for organization in organizations]))
    now = timezone.now()
    SchemaMeasure.objects.bulk_update(
        (
            SchemaMeasure(
                organization=organization,
                differences="\n".join(differences),
                compared_at=now if condition_of(state) is Condition.OK else None,
            )
            for organization, (state, differences) in zip(organizations, found, strict=True)
        ),
        ["differences", "compared_at"],
        batch_size=_BATCH,
    )
    return [state.schema_name for state, differences in found if differences]
