from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from shared_apps.pages.navigation import NavigationEntry


class ItemsConfig(AppConfig):
    name = "tenant_apps.items"
    label = "tenantry_items"
    verbose_name = "Items"
    api_links = {"items": "item-list"}
    navigation = (NavigationEntry(_("Items"), "items", icon="items", order=30),)
