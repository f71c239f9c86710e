"""delete_tenant: refused, see `tenancy.refused`."""

from tenantry.refused import RefusedCommand


class Command(RefusedCommand):
    """django-tenants' own would go past provisioning."""

    help = instead = "Organizations are never deleted; staff archive them in the admin."
