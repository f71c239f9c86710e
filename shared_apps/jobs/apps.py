from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "shared_apps.jobs"
    label = "tenantry_jobs"
    verbose_name = "Background tasks"

    def ready(self) -> None:
        from .checks import check_platform  # noqa: PLC0415 (needs loaded models)

        checks.register(check_platform)
        autodiscover_modules("tasks")
