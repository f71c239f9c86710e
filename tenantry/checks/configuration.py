"""Whether the settings keep tenants apart."""

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

# Of Django 5.2's own apps no other keeps rows in a process.
_OF_EVERYBODY = {
    "django.contrib.auth": "a user object keeps its permissions when the tenant changes",
    "django.contrib.contenttypes": "Django keeps the ids of content types for all tenants at once",
    "django.contrib.sessions": "a session is read before any tenant is known",
    "django.contrib.sites": "Django keeps the sites that it has read for all tenants at once",
}

# `{% cache %}` takes the second, which nobody names, wherever it is set.
_CACHES_OF_TENANTS = ("default", "template_fragments")


@register
def check_apps_have_a_place(**_: Any) -> list[CheckMessage]:
    """Find apps whose models get no table, because neither list names them."""
    tenant_apps = set(tenant_app_configs())
    return [
        Error(
            f"{app.name} is installed, has models, and neither SHARED_APPS nor TENANT_APPS names "
            "it: its tables are made nowhere.",
            hint="Name it in SHARED_APPS for a table in `public`, in TENANT_APPS for one each.",
            id="tenancy.E006",
        )
        for app in _apps_with_models()
        if app not in tenant_apps and app not in shared_app_configs()
    ]


@register
def check_apps_of_everybody(**_: Any) -> list[CheckMessage]:
    """Find apps in the schemas of the tenants of which Django keeps rows for all tenants."""
    return [
        Error(
            f"{app.name} is in TENANT_APPS: {_OF_EVERYBODY[app.name]}.",
            hint="Name it in SHARED_APPS alone, and drop its tables from the tenants' schemas.",
            id="tenancy.E007",
        )
        for app in tenant_app_configs()
        if app.name in _OF_EVERYBODY
    ]


@register
def check_cache(**_: Any) -> list[CheckMessage]:
    """Find a cache, used by who names none, in which two tenants' values have one key."""
    return [
        Error(
            f"The keys of CACHES[{alias!r}] do not carry the tenant: "
            "what is kept for one is given to all.",
            hint="Set its BACKEND to a class of tenantry.cache for tenants, or "
            "derive yours from TenantKeys there.",
            id="tenancy.E008",
        )
        for alias in _CACHES_OF_TENANTS
        if alias in settings.CACHES
        and not issubclass(import_string(settings.CACHES[alias]["BACKEND"]), TenantKeys)
    ]


@register
def check_files(**_: Any) -> list[CheckMessage]:
    """Find storages of tenants that nobody has seen to keep their files apart.

    No error: a storage elsewhere may well ask `tenant_folder()`.
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
            f"{name} is not known to keep files in a folder for each tenant: "
            "two tenants' files of one name may be one.",
            hint="Use tenantry.storage.TenantFileSystemStorage, or derive from it.",
            id="tenancy.W005",
        )
        for name, storage in storages.items()
        if not isinstance(storage, TenantFileSystemStorage)
    ]


@register
def check_routers(**_: Any) -> list[CheckMessage]:
    """Find whatever answers before the guard: Django asks no further router then."""
    if router.routers and isinstance(router.routers[0], GuardRouter):
        return []
    name = f"{GuardRouter.__module__}.{GuardRouter.__qualname__}"
    return [
        Error(
            "GuardRouter is not the first of DATABASE_ROUTERS: "
            "objects can be used in another tenant.",
            hint=f"Begin DATABASE_ROUTERS with {name!r}.",
            id="tenancy.E009",
        )
    ]


@register
def check_engine(**_: Any) -> list[CheckMessage]:
    """Find a database of tenants behind an engine that does not send the tenant along."""
    return [
        Error(
            f"The ENGINE of DATABASES[{alias!r}] does not send the tenant along with statements.",
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
    """Find tenants in another alias than `default`, the one that migrations and new schemas use."""
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
            hint="In DATABASES, name the tenants' database 'default'. Remove TENANT_DB_ALIAS, and "
            "let no router send the tenants' model elsewhere.",
            id="tenancy.E015",
        )
        for setting, alias in used.items()
        if alias != DEFAULT_DB_ALIAS
    ]


@register
def check_apps_in_both(**_: Any) -> list[CheckMessage]:
    """Find apps with tables in `public` and in each schema: a query decides by who is active."""
    tenant_apps = set(tenant_app_configs())
    return [
        Warning(
            f"SHARED_APPS and TENANT_APPS both name {app.name}: where no tenant is active, its "
            "models silently read and write `public`.",
            hint="Name it in one of them.",
            id="tenancy.W002",
        )
        for app in _apps_with_models()
        if app in tenant_apps and app in shared_app_configs() and app.name not in _OF_EVERYBODY
    ]


def _apps_with_models() -> Iterator[AppConfig]:
    return (app for app in apps.get_app_configs() if any(app.get_models()))
