"""What each organization's schema takes of the disk, and whether it is still like the template.

Measured by a command or an action, and kept: a page that shows 2,000 of them asks one table.
"""

from collections.abc import Collection
from pathlib import Path

from django.db import connection

from shared_apps.organizations.models import Organization
from shared_apps.tenancy.fleet.status import drifts

from .models import SchemaMeasure

_SQL = (Path(__file__).parent / "sql" / "measure.sql").read_text()


def sizes_refresh(schema_names: Collection[str] | None = None) -> int:
    """Measure those organizations' schemas, or all, by one query.

    Returns:
        How many were measured.
    """
    names = None if schema_names is None else list(schema_names)
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"names": names})
        return cursor.rowcount  # type: ignore[no-any-return]


def drift_refresh(organizations: Collection[Organization]) -> list[str]:
    """Compare the schemas of organizations that were measured with the template.

    Reads each schema's catalog: some milliseconds each.

    Returns:
        The schemas that differ.
    """
    found = list(drifts([organization.schema_name for organization in organizations]))
    SchemaMeasure.objects.bulk_update(
        (
            SchemaMeasure(organization=organization, differences="\n".join(differences))
            for organization, (_, differences) in zip(organizations, found, strict=True)
        ),
        ["differences"],
        batch_size=500,
    )
    return [state.schema_name for state, differences in found if differences]
