"""Whether each model is where it belongs: in the schemas of the tenants, or in `public`."""

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
    """Find the models of tenant apps that nothing guards against use in another tenant.

    Apps that SHARED_APPS names as well have tables in `public`, too, and mostly other authors.
    """
    return [
        Error(
            f"{model._meta.label} is in the schemas of the tenants and is no TenantModel: "
            "its objects and querysets can be used in another tenant.",
            hint="Inherit tenantry.models.TenantModel. Name an app of another author in "
            "TENANCY_UNGUARDED_APPS.",
            obj=model,
            id="tenancy.E001",
        )
        for model in _models(private_app_configs(), app_configs)
        if not is_tenant_model(model) and not is_unguarded(model)
    ]


@register
def check_shared_models(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Find tenant models with a table in `public`, which all tenants would share."""
    private = private_app_configs()
    shared = (app for app in apps.get_app_configs() if app not in private)
    return [
        Error(
            f"{model._meta.label} is a TenantModel in an app that TENANT_APPS does not name, or "
            "SHARED_APPS as well: its table is in `public`.",
            hint=f"Move it to a tenant app, or name {model._meta.app_config.name!r} in TENANT_APPS "
            "and not in SHARED_APPS.",
            obj=model,
            id="tenancy.E002",
        )
        for model in _models(shared, app_configs)
        if is_tenant_model(model)
    ]


@register
def check_models_of_everybody(**_: Any) -> list[CheckMessage]:
    """Find users or tenants in the schemas of the tenants: who is calling decides the schema."""
    labels = {app.label for app in tenant_app_configs()}
    return [
        Error(
            f"{name} = {model!r} is in the schemas of the tenants: "
            "it is asked for before any tenant is known.",
            hint="Move it to an app that SHARED_APPS alone names.",
            id="tenancy.E003",
        )
        for name in ("AUTH_USER_MODEL", "TENANT_MODEL")
        if (model := getattr(settings, name)).partition(".")[0] in labels
    ]


@register
def check_managers(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Find managers of tenant models past the guard: those of libraries, and of get_queryset()."""
    return [
        Error(
            f"{model._meta.label}.{name} makes querysets that can be used in another tenant.",
            hint="Derive its manager from TenantManager, and its querysets from TenantQuerySet, of "
            "tenantry.guard.queryset. Name an app of another author in TENANCY_UNGUARDED_APPS.",
            obj=model,
            id="tenancy.E014",
        )
        for model in _models(tenant_app_configs(), app_configs)
        if is_tenant_model(model)
        for name in dir(model)
        if _makes_loose_querysets(model, name)
    ]


def _makes_loose_querysets(model: type[Model], name: str) -> bool:
    manager: Any = None
    with suppress(Exception):  # Attributes may do anything when asked.
        manager = getattr(model, name)
    if not isinstance(manager, BaseManager) or is_unguarded(type(manager)):
        return False
    with suppress(Exception):  # Some querysets need a tenant.
        return not isinstance(manager.get_queryset(), TenantQuerySet)
    return not issubclass(manager._queryset_class, TenantQuerySet)  # type: ignore[attr-defined]


def _models(where: Iterable[AppConfig], app_configs: Any) -> Iterator[type[Model]]:
    """Yield the models of these apps, as far as the caller of the check asks for them."""
    for app in where:
        if app_configs is None or app in app_configs:
            yield from app.get_models()
