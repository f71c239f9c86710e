from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from shared_apps.pages.navigation import NavigationEntry


class OrdersConfig(AppConfig):
    name = "tenant_apps.orders"
    label = "tenantry_orders"
    verbose_name = "Orders"
    api_links = {"orders": "order-list", "priced_orders": "order-priced"}
    navigation = (
        NavigationEntry(_("Orders"), "orders", icon="orders", order=20),
        NavigationEntry(_("My priced orders"), "orders-priced", icon="money", order=25),
    )

    def ready(self) -> None:
        from . import openapi  # noqa: F401, PLC0415 (registers itself; needs loaded models)
