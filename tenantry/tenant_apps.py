"""Which apps have their tables in the tenants' schemas."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models import Model


def tenant_app_configs() -> tuple[AppConfig, ...]:
    """Return the apps of TENANT_APPS, which contains names of apps or of their AppConfigs."""
    return _named(tuple(apps.get_app_configs()), tuple(settings.TENANT_APPS))


def shared_app_configs() -> tuple[AppConfig, ...]:
    """Return the apps of SHARED_APPS. An app can be in both lists."""
    return _named(tuple(apps.get_app_configs()), tuple(settings.SHARED_APPS))


def private_app_configs() -> tuple[AppConfig, ...]:
    """Return the apps with tables only in the tenants' schemas, not in `public`."""
    shared = shared_app_configs()
    return tuple(app_config for app_config in tenant_app_configs() if app_config not in shared)


def models_with_tables(app_configs: Iterable[AppConfig]) -> Iterator[type[Model]]:
    """Yield the models of these apps, also of many-to-many fields, but no proxies."""
    for app_config in app_configs:
        for model in app_config.get_models(include_auto_created=True):
            if not model._meta.proxy:
                yield model


def is_unguarded(defined: type) -> bool:
    """Return whether a class belongs to an app of TENANCY_UNGUARDED_APPS.

    These are third-party apps with tables in the tenants' schemas, which have no guard.
    """
    app_config = apps.get_containing_app_config(defined.__module__)
    names = tuple(getattr(settings, "TENANCY_UNGUARDED_APPS", ()))
    return app_config in _named(tuple(apps.get_app_configs()), names)


@lru_cache(maxsize=3)  # A run calls it twice for each tenant, and the checks once more.
def _named(app_configs: tuple[AppConfig, ...], names: tuple[str, ...]) -> tuple[AppConfig, ...]:
    return tuple(each for each in app_configs if {each.name, _path(each)}.intersection(names))


def _path(app_config: AppConfig) -> str:
    return f"{type(app_config).__module__}.{type(app_config).__qualname__}"
