"""rename_schema: refused, see `tenancy.refused`."""

from tenantry.refused import RefusedCommand


class Command(RefusedCommand):
    """django-tenants' own would go past provisioning."""

    help = instead = "A schema keeps its name; the organization's name can be changed in the admin."
