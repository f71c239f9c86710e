from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WebhooksConfig(AppConfig):
    name = "shared_apps.webhooks"
    label = "tenantry_webhooks"
    verbose_name = "Webhooks"

    def ready(self) -> None:
        from . import members  # noqa: F401, PLC0415 (connects a receiver; needs loaded models)

        autodiscover_modules("events")
