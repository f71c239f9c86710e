"""Checks that each model is in the right schema: the tenants' or `public`."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db.models import Model
from django.db.models.manager import BaseManager

from tenantry.guard.origin import is_tenant_model
from tenantry.guard.queryset import TenantQuerySet
from tenantry.tenant_apps import is_unguarded, private_app_configs, tenant_app_configs


@register
def check_tenant_models(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Find models of tenant apps without the guard.

    Apps that are also in SHARED_APPS are skipped: most of them are third-party apps.
    """
    return [
        Error(
            f"{model._meta.label} is in the tenants' schemas and is not a TenantModel: "
            "its objects and querysets can be used in another tenant.",
            hint="Inherit tenantry.models.TenantModel. Add a third-party app to "
            "TENANCY_UNGUARDED_APPS.",
            obj=model,
            id="tenancy.E001",
        )
        for model in _models(private_app_configs(), app_configs)
        if not is_tenant_model(model) and not is_unguarded(model)
    ]


@register
def check_shared_models(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    private = private_app_configs()
    shared = (app for app in apps.get_app_configs() if app not in private)
    return [
        Error(
            f"{model._meta.label} is a TenantModel in an app that is not in TENANT_APPS, or also "
            "in SHARED_APPS: its table is in `public`.",
            hint=f"Move it to a tenant app, or put {model._meta.app_config.name!r} in TENANT_APPS "
            "only.",
            obj=model,
            id="tenancy.E002",
        )
        for model in _models(shared, app_configs)
        if is_tenant_model(model)
    ]


@register
def check_user_and_tenant_models(**_: Any) -> list[CheckMessage]:
    labels = {app.label for app in tenant_app_configs()}
    return [
        Error(
            f"{name} = {model!r} is in the tenants' schemas: "
            "it is read before the tenant is known.",
            hint="Move it to an app that is in SHARED_APPS only.",
            id="tenancy.E003",
        )
        for name in ("AUTH_USER_MODEL", "TENANT_MODEL")
        if (model := getattr(settings, name)).partition(".")[0] in labels
    ]


@register
def check_managers(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Find managers of tenant models without the guard, such as those of third-party apps."""
    return [
        Error(
            f"{model._meta.label}.{name} returns querysets that can be used in another tenant.",
            hint="Derive its manager from TenantManager and its querysets from TenantQuerySet, "
            "both in tenantry.guard.queryset. Add a third-party app to TENANCY_UNGUARDED_APPS.",
            obj=model,
            id="tenancy.E014",
        )
        for model in _models(tenant_app_configs(), app_configs)
        if is_tenant_model(model)
        for name in dir(model)
        if _returns_unguarded_querysets(model, name)
    ]


def _returns_unguarded_querysets(model: type[Model], name: str) -> bool:
    manager: Any = None
    with suppress(Exception):  # Reading an attribute can raise any error.
        manager = getattr(model, name)
    if not isinstance(manager, BaseManager) or is_unguarded(type(manager)):
        return False
    with suppress(Exception):  # Some querysets need an active tenant.
        return not isinstance(manager.get_queryset(), TenantQuerySet)
    return not issubclass(manager._queryset_class, TenantQuerySet)  # type: ignore[attr-defined]


def _models(apps_to_check: Iterable[AppConfig], app_configs: Any) -> Iterator[type[Model]]:
    """Yield the models of the apps; with `app_configs`, of those apps only."""
    for app in apps_to_check:
        if app_configs is None or app in app_configs:
            yield from app.get_models()
