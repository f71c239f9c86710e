"""create_tenant_superuser: refused, see `tenancy.refused`."""

from tenantry.refused import RefusedCommand


class Command(RefusedCommand):
    """django-tenants' own would go past provisioning."""

    help = instead = "Users live in `public`: use `create_user --staff`, or `createsuperuser`."
