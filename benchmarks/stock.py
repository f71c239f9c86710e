"""The settings of the peer: django-tenants' own backend and router, on the same database.

Its executor `multiprocessing` has two processes by default.
"""

from django.apps import AppConfig

from .settings import *  # noqa: F403
from .settings import DATABASES, SHARED_APPS, TENANT_APPS


class TenancyModels(AppConfig):
    """The engine without its receivers, which update states while `migrate_schemas` runs."""

    name = "tenantry"


DATABASES = {"default": DATABASES["stock"]}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
SHARED_APPS = [
    f"{__name__}.TenancyModels" if app == TenancyModels.name else app for app in SHARED_APPS
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]
