from django.apps import AppConfig

from .imports import import_without_tenant


class TenancyConfig(AppConfig):
    name = "shared_apps.tenancy"
    verbose_name = "Tenancy"

    def ready(self) -> None:
        from . import checks  # noqa: F401, PLC0415 (needs the models, as the next)
        from .fleet import receivers  # noqa: F401, PLC0415

        import_without_tenant()
