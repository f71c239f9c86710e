"""Checks of the settings that keep tenants apart."""

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Error,
    Warning,  # noqa: A004 (Django's name)
    register,
)
from django.core.files.storage import default_storage
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import FileField
from django.utils.module_loading import import_string
from django_tenants.postgresql_backend.base import DatabaseWrapper as DjangoTenantsWrapper
from django_tenants.utils import get_tenant_database_alias, get_tenant_model

from tenantry.cache import TenantKeys
from tenantry.guard.router import GuardRouter
from tenantry.postgres.base import DatabaseWrapper
from tenantry.storage import TenantFileSystemStorage
from tenantry.tenant_apps import shared_app_configs, tenant_app_configs

# The apps of Django 5.2 that cache rows in the process.
_SHARED_ONLY = {
    "django.contrib.auth": "a user object keeps its permissions when the tenant changes",
    "django.contrib.contenttypes": "Django caches the ids of content types for all tenants",
    "django.contrib.sessions": "a session is read before the tenant is known",
    "django.contrib.sites": "Django caches sites for all tenants",
}

# `{% cache %}` uses `template_fragments` wherever it is set.
_TENANT_CACHES = ("default", "template_fragments")


@register
def check_apps_are_listed(**_: Any) -> list[CheckMessage]:
    tenant_apps = set(tenant_app_configs())
    return [
        Error(
            f"{app.name} is installed, has models, and neither SHARED_APPS nor TENANT_APPS names "
            "it: its tables are not created.",
            hint="Add it to SHARED_APPS for one table in `public`, or to TENANT_APPS for one in "
            "each tenant's schema.",
            id="tenancy.E006",
        )
        for app in _apps_with_models()
        if app not in tenant_apps and app not in shared_app_configs()
    ]


@register
def check_shared_only_apps(**_: Any) -> list[CheckMessage]:
    return [
        Error(
            f"{app.name} is in TENANT_APPS: {_SHARED_ONLY[app.name]}.",
            hint="Put it in SHARED_APPS only, and drop its tables from the tenants' schemas.",
            id="tenancy.E007",
        )
        for app in tenant_app_configs()
        if app.name in _SHARED_ONLY
    ]


@register
def check_cache(**_: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The keys of CACHES[{alias!r}] do not contain the tenant: "
            "all tenants read the values of one tenant.",
            hint="Set its BACKEND to a class of tenantry.cache, or derive your class from "
            "tenantry.cache.TenantKeys.",
            id="tenancy.E008",
        )
        for alias in _TENANT_CACHES
        if alias in settings.CACHES
        and not issubclass(import_string(settings.CACHES[alias]["BACKEND"]), TenantKeys)
    ]


@register
def check_files(**_: Any) -> list[CheckMessage]:
    """Find storages of tenant models other than TenantFileSystemStorage.

    This is a warning only: another storage can use `tenant_folder()`.
    """
    storages = {"The default storage": default_storage} | {
        str(field): field.storage
        for app in tenant_app_configs()
        for model in app.get_models()
        for field in model._meta.local_fields
        if isinstance(field, FileField) and field.storage is not default_storage
    }
    return [
        Warning(
            f"{name} is not a TenantFileSystemStorage: two tenants' files of the same name can be "
            "one file.",
            hint="Use tenantry.storage.TenantFileSystemStorage, or derive from it.",
            id="tenancy.W005",
        )
        for name, storage in storages.items()
        if not isinstance(storage, TenantFileSystemStorage)
    ]


@register
def check_routers(**_: Any) -> list[CheckMessage]:
    """Find a router before the guard's: Django uses the first router that decides."""
    if router.routers and isinstance(router.routers[0], GuardRouter):
        return []
    name = f"{GuardRouter.__module__}.{GuardRouter.__qualname__}"
    return [
        Error(
            "GuardRouter is not the first of DATABASE_ROUTERS: "
            "objects can be used in another tenant.",
            hint=f"Put {name!r} first in DATABASE_ROUTERS.",
            id="tenancy.E009",
        )
    ]


@register
def check_engine(**_: Any) -> list[CheckMessage]:
    return [
        Error(
            f"The ENGINE of DATABASES[{alias!r}] does not set the tenant's search_path in each "
            "transaction.",
            hint="Set it to 'tenantry.postgres'.",
            id="tenancy.E010",
        )
        for alias in connections
        if alias == get_tenant_database_alias()
        or isinstance(connections[alias], DjangoTenantsWrapper)
        if not isinstance(connections[alias], DatabaseWrapper)
    ]


@register
def check_alias(**_: Any) -> list[CheckMessage]:
    """Find tenants in an alias other than `default`, which migrations and new schemas use."""
    used = {
        "TENANT_DB_ALIAS is": get_tenant_database_alias(),
        f"DATABASE_ROUTERS write {settings.TENANT_MODEL} to": router.db_for_write(
            get_tenant_model()
        ),
    }
    return [
        Error(
            f"{setting} {alias!r}, but the schemas of tenants are migrated and created in "
            f"{DEFAULT_DB_ALIAS!r}.",
            hint="In DATABASES, name the tenants' database 'default'. Remove TENANT_DB_ALIAS and "
            "routers that send the tenants' model to another database.",
            id="tenancy.E015",
        )
        for setting, alias in used.items()
        if alias != DEFAULT_DB_ALIAS
    ]


@register
def check_apps_in_both(**_: Any) -> list[CheckMessage]:
    tenant_apps = set(tenant_app_configs())
    return [
        Warning(
            f"SHARED_APPS and TENANT_APPS both name {app.name}: while no tenant is active, its "
            "models silently read and write `public`.",
            hint="Put it in one of them.",
            id="tenancy.W002",
        )
        for app in _apps_with_models()
        if app in tenant_apps and app in shared_app_configs() and app.name not in _SHARED_ONLY
    ]


def _apps_with_models() -> Iterator[AppConfig]:
    return (app for app in apps.get_app_configs() if any(app.get_models()))
