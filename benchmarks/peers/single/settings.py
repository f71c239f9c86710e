"""(c) This project's own code on one schema, without tenancy.

It has Django's PostgreSQL backend with a fixed search_path, and no guard in router and models.
Authentication and roles stay.
"""

from config.settings import *  # noqa: F403
from config.settings import DATABASES, INSTALLED_APPS

DATABASES["default"] |= {
    "ENGINE": "django.db.backends.postgresql",
    "OPTIONS": {"options": "-c search_path=bench1,public"},
}
TENANT_ROLES = False  # Django's backend has none.
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]  # Without it django-tenants fails.
# After the base of tenants' models is defined, and before the models are created.
_position = INSTALLED_APPS.index("tenantry") + 1
INSTALLED_APPS.insert(_position, "benchmarks.peers.single")
