"""A small django-tenants project, like in its documentation."""

import os
from urllib.parse import unquote, urlsplit

_DATABASE = urlsplit(os.environ["DATABASE_URL"])

SECRET_KEY = "a-key-for-tests-only"
ALLOWED_HOSTS = [".example.com"]
DATABASES = {
    "default": {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": _DATABASE.path[1:],
        "USER": unquote(_DATABASE.username or ""),
        "PASSWORD": unquote(_DATABASE.password or ""),
        "HOST": _DATABASE.hostname,
        "PORT": _DATABASE.port,
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]

SHARED_APPS = [
    "django_tenants",
    "customers",
    "django.contrib.auth",
    "django.contrib.contenttypes",
]
TENANT_APPS = [
    "taggit",
    "notes",
]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]

TENANT_MODEL = "customers.Client"
TENANT_DOMAIN_MODEL = "customers.Domain"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]
ROOT_URLCONF = "project.urls"
USE_TZ = True
