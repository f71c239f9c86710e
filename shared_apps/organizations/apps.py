from django.apps import AppConfig

from shared_apps.core.patches import SERVICE
from tenantry.patches import require


class OrganizationsConfig(AppConfig):
    name = "shared_apps.organizations"
    label = "tenantry_organizations"
    verbose_name = "Organizations"

    def ready(self) -> None:
        from . import owners  # noqa: F401, PLC0415 (connects a receiver; needs loaded models)

        require(SERVICE)
