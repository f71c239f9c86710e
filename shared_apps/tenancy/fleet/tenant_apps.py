"""Which apps have their tables in the tenants' schemas."""

from functools import lru_cache

from django.apps import AppConfig, apps
from django.conf import settings


def tenant_app_configs() -> tuple[AppConfig, ...]:
    """Return what TENANT_APPS names, by the app's name or by that of its configuration."""
    return _named(tuple(apps.get_app_configs()), tuple(settings.TENANT_APPS))


@lru_cache(maxsize=1)  # A run asks twice for each tenant.
def _named(app_configs: tuple[AppConfig, ...], names: tuple[str, ...]) -> tuple[AppConfig, ...]:
    return tuple(each for each in app_configs if {each.name, _path(each)}.intersection(names))


def _path(app_config: AppConfig) -> str:
    return f"{type(app_config).__module__}.{type(app_config).__qualname__}"
