"""create_missing_schemas: refused, see `tenancy.refused`."""

from tenantry.refused import RefusedCommand


class Command(RefusedCommand):
    """django-tenants' own would go past provisioning."""

    help = instead = "`create_tenant` makes organization and schema together: none can be missing."
