from django.apps import AppConfig


class ItemsConfig(AppConfig):
    name = "tenant_apps.items"
    verbose_name = "Items"
