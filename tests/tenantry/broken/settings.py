"""A project with every error that the system checks find."""

from tests.settings import *  # noqa: F403

HERE = "tests.tenantry.broken"

SHARED_APPS = [*SHARED_APPS, f"{HERE}.office", "django.contrib.sites"]  # noqa: F405
TENANT_APPS = [  # type: ignore[assignment, unused-ignore]
    *TENANT_APPS,  # noqa: F405
    f"{HERE}.shop",
    f"{HERE}.library",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.auth",
    "django.contrib.sites",
    "shared_apps.audit",
]
INSTALLED_APPS = [
    *INSTALLED_APPS,  # noqa: F405
    f"{HERE}.office",
    f"{HERE}.shop",
    f"{HERE}.library",
    f"{HERE}.lost",
    "django.contrib.sites",
]
TENANCY_UNGUARDED_APPS = [f"{HERE}.library"]

AUTH_USER_MODEL = "shop.Customer"
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"  # noqa: F405
DATABASE_ROUTERS = DATABASE_ROUTERS[::-1]  # noqa: F405
WITHOUT_TENANT = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
CACHES = {"default": WITHOUT_TENANT, "template_fragments": WITHOUT_TENANT, "shared": WITHOUT_TENANT}
STORAGES = {**STORAGES, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}  # noqa: F405
