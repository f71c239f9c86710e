from django.apps import AppConfig


class ItemsConfig(AppConfig):
    name = "tenant_apps.items"
    label = "tenantry_items"
    verbose_name = "Items"
    api_links = {"items": "item-list"}
