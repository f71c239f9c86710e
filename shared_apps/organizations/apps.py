from django.apps import AppConfig

from shared_apps.core.patches import SERVICE
from shared_apps.jobs.tenants import announce_active_tenants
from tenantry.patches import require


class OrganizationsConfig(AppConfig):
    name = "shared_apps.organizations"
    label = "tenantry_organizations"
    verbose_name = "Organizations"

    def ready(self) -> None:
        from . import owners  # noqa: F401, PLC0415 (connects a receiver; needs loaded models)
        from .models import Organization  # noqa: PLC0415 (as above)

        announce_active_tenants(
            lambda: Organization.objects.filter(status=Organization.Status.ACTIVE)
        )

        require(SERVICE)
