from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "shared_apps.access"
    label = "tenantry_access"
    verbose_name = "Access"

    def ready(self) -> None:
        from . import openapi, records, services  # noqa: F401, PLC0415 (register; need models)
