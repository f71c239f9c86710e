from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "tenant_apps.orders"
    label = "tenantry_orders"
    verbose_name = "Orders"
    api_links = {"orders": "order-list", "priced_orders": "order-priced"}
    home_links = {"My priced orders": "order-priced"}

    def ready(self) -> None:
        from . import openapi  # noqa: F401, PLC0415 (registers itself; needs loaded models)
