from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "shared_apps.organizations"
    label = "tenantry_organizations"
    verbose_name = "Organizations"

    def ready(self) -> None:
        from . import owners  # noqa: F401, PLC0415 (connects a receiver; needs loaded models)
