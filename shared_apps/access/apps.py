from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from shared_apps.pages.navigation import NavigationEntry


class AccessConfig(AppConfig):
    name = "shared_apps.access"
    label = "tenantry_access"
    verbose_name = "Access"
    navigation = (
        NavigationEntry(_("Home"), "home", "home", order=0, needs_organization=False),
        NavigationEntry(_("Organization"), "organization", "organization", order=90),
    )

    def ready(self) -> None:
        from . import openapi, records, services  # noqa: F401, PLC0415 (register; need models)
