"""The settings of the peer: django-tenants as it comes, on the same database and connection.

Its own backend and router, and nothing of the engine's in a statement's way. Its executor
`multiprocessing` takes two processes where the settings say nothing.
"""

from django.apps import AppConfig

from .settings import *  # noqa: F403
from .settings import DATABASES, SHARED_APPS, TENANT_APPS


class TenancyModels(AppConfig):
    """The engine without what it does while `migrate_schemas` works: keep its own states true."""

    name = "tenantry"


DATABASES = {"default": DATABASES["stock"]}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
SHARED_APPS = [
    f"{__name__}.TenancyModels" if app == TenancyModels.name else app for app in SHARED_APPS
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]
