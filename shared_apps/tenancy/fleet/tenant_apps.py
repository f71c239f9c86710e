"""Which apps have their tables in the tenants' schemas."""

from collections.abc import Iterator

from django.apps import AppConfig, apps
from django.conf import settings


def tenant_app_configs() -> Iterator[AppConfig]:
    """Yield what TENANT_APPS names, by the app's name or by that of its configuration."""
    for app_config in apps.get_app_configs():
        path = f"{type(app_config).__module__}.{type(app_config).__qualname__}"
        if {app_config.name, path}.intersection(settings.TENANT_APPS):
            yield app_config
