"""clone_tenant: refused, see `tenancy.refused`."""

from tenantry.refused import RefusedCommand


class Command(RefusedCommand):
    """django-tenants' own would go past provisioning."""

    help = instead = "Tenants are not cloned; `create_tenant` makes a new one."
